#!/usr/bin/env python3
"""A server of many manners, for what asks over HTTP.

  http_server.py FOLDER

Writes FOLDER/ports (NAME=PORT a line, `ready` last) and serves until its input ends:
  http     as the paths below say; /health and its like tell the text of FOLDER/version
  second   the same, with the text of FOLDER/version.second
  tls      the same over TLS, with a certificate of its own (FOLDER/certificate.pem)
  hang     accepts, and never answers
  garbage  answers what is no HTTP
  closed   a port on which nobody listens
Requests that are no GET stand in FOLDER/requests, a line each: METHOD PATH BODY.

SPDX-License-Identifier: Apache-2.0
"""
import http.server
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time

FOLDER = sys.argv[1]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    version_file = "version"
    asked = 0

    def log_message(self, *arguments):
        pass

    def version(self):
        with open(os.path.join(FOLDER, self.version_file), encoding="utf-8") as file:
            return file.read().strip()

    def answer(self, status, body, kind="application/json", **headers):
        bytes_ = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(bytes_)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(bytes_)

    def slowly(self):
        self.send_response(200)
        self.end_headers()
        for _ in range(600):
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.05)

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.command != "GET":
            with open(os.path.join(FOLDER, "requests"), "a", encoding="utf-8") as file:
                file.write(f"{self.command} {self.path} {body.decode()}\n")
        path = self.path.split("?")[0]
        if path == "/health":
            self.answer(200, json.dumps({"status": "ok", "version": self.version(), "ready": True, "none": None,
                                         "app": {"name": "shop", "builds": [{"id": 7}, {"id": 8}]}}))
        elif path == "/text":
            self.answer(200, self.version() + "\n", "text/plain")
        elif path == "/header":
            self.answer(204, "", X_App_Version=self.version())
        elif path == "/wrong":
            self.answer(200, "{\"version\": ")
        elif path == "/big":
            self.answer(200, b"x" * (10 * 1024 * 1024), "text/plain")
        elif path == "/slow":
            self.slowly()
        elif path == "/loop":
            self.answer(302, "", Location="/loop")
        elif path == "/redirect":
            self.answer(302, "", Location="/health")
        elif path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"half")
            self.close_connection = True
        elif path == "/recovering":  # twice busy, then well
            Handler.asked += 1
            self.answer(204 if Handler.asked > 2 else 503, "")
        elif path == "/page":  # 200, or what FOLDER/page says
            try:
                with open(os.path.join(FOLDER, "page"), encoding="utf-8") as file:
                    self.answer(int(file.read()), "a page", "text/plain")
            except FileNotFoundError:
                self.answer(200, "a page", "text/plain")
        elif path.startswith("/status/"):
            self.answer(int(path[len("/status/"):]), "{}")
        elif path == "/echo":
            self.answer(200, json.dumps({"method": self.command, "body": body.decode(),
                                         "headers": {name.lower(): value for name, value in self.headers.items()}}))
        else:
            self.answer(404, "{\"message\": \"no such thing\"}")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = serve


class Second(Handler):
    version_file = "version.second"


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


def listen():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(16)
    return listener


def start(target, *arguments):
    threading.Thread(target=target, args=arguments, daemon=True).start()


def serve_garbage(listener):
    while True:
        connection, _ = listener.accept()
        connection.recv(1000)
        connection.sendall(b"SSH-2.0-nobody\r\n")
        connection.close()


def main():
    ports = {}
    for name, handler in (("http", Handler), ("second", Second), ("tls", Handler)):
        server = Server(("127.0.0.1", 0), handler)
        if name == "tls":
            key, certificate = os.path.join(FOLDER, "key.pem"), os.path.join(FOLDER, "certificate.pem")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                            "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                            "-keyout", key, "-out", certificate], check=True, stderr=subprocess.DEVNULL)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        ports[name] = server.server_address[1]
        start(server.serve_forever)
    hanging, garbage, closed = listen(), listen(), listen()
    start(serve_garbage, garbage)
    ports |= {"hang": hanging.getsockname()[1], "garbage": garbage.getsockname()[1], "closed": closed.getsockname()[1]}
    closed.close()
    for name in ("version", "version.second"):
        path = os.path.join(FOLDER, name)
        if not os.path.exists(path):
            with open(path, "w", encoding="utf-8") as file:
                file.write("1.0.0\n")
    with open(os.path.join(FOLDER, "ports.new"), "w", encoding="utf-8") as file:
        file.write("".join(f"{name}={port}\n" for name, port in ports.items()) + "ready\n")
    os.rename(os.path.join(FOLDER, "ports.new"), os.path.join(FOLDER, "ports"))
    sys.stdin.read()


main()

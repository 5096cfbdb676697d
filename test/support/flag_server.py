#!/usr/bin/env python3
"""Feature flag services in the shapes of their documented HTTP interfaces, for `tminus flag`.

  flag_server.py FOLDER

These are imitations: paths, members and headers are those of the documents of Unleash (Admin API), Flagsmith (Admin
API) and LaunchDarkly (REST API v2, semantic patch), and nothing else of them is there. Each wants its own form of
Authorization with the token `hush`. FOLDER/manner may say `deaf` (a set answers 200 and changes nothing), `refuse`
(403) or `broken` (no JSON). Each request is a line of FOLDER/requests. Writes FOLDER/port; ends with its input.

SPDX-License-Identifier: Apache-2.0
"""
import http.server
import json
import os
import re
import sys
import threading

FOLDER = sys.argv[1]
STATE = {"unleash": False, "flagsmith": False, "launchdarkly": False}


def manner():
    try:
        with open(os.path.join(FOLDER, "manner"), encoding="utf-8") as file:
            return file.read().strip()
    except FileNotFoundError:
        return ""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, document):
        body = b"<html>" if manner() == "broken" else b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def may(self, wanted):
        if self.headers.get("Authorization") == wanted:
            return True
        self.answer(401, {"message": "no"})
        return False

    def put(self, service, value):
        if manner() == "refuse":
            return self.answer(403, {"message": "you may not"})
        if manner() != "deaf":
            STATE[service] = value
        return self.answer(200, None if service == "unleash" else {})

    def unleash(self, what):
        if not self.may("hush"):
            return None
        if self.command == "GET" and not what:
            return self.answer(200, {"name": "production", "enabled": STATE["unleash"], "strategies": []})
        if self.command == "POST" and what in ("/on", "/off"):
            return self.put("unleash", what == "/on")
        return self.answer(404, {})

    def flagsmith(self, number, query, body):
        if not self.may("Token hush"):
            return None
        if self.command == "GET" and query == "feature_name=new_checkout":
            state = {"id": 42, "enabled": STATE["flagsmith"], "feature": 7, "feature_segment": None}
            return self.answer(200, {"count": 1, "next": None, "previous": None, "results": [state]})
        if self.command == "GET":
            return self.answer(200, {"count": 0, "results": []})
        if self.command == "PATCH" and number == "42":
            return self.put("flagsmith", json.loads(body)["enabled"])
        return self.answer(404, {})

    def launchdarkly(self, query, body):
        if not self.may("hush"):
            return None
        if self.command == "GET" and query == "env=production":
            return self.answer(200, {"key": "new-checkout", "environments": {"production": {"on": STATE["launchdarkly"]}}})
        if self.command == "PATCH" and "domain-model=launchdarkly.semanticpatch" in self.headers["Content-Type"]:
            patch = json.loads(body)
            kinds = {"turnFlagOn": True, "turnFlagOff": False}
            if patch["environmentKey"] == "production":
                return self.put("launchdarkly", kinds[patch["instructions"][0]["kind"]])
        return self.answer(400, {"message": "no such patch"})

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        with open(os.path.join(FOLDER, "requests"), "a", encoding="utf-8") as file:
            file.write(f"{self.command} {self.path} {body}\n")
        path, _, query = self.path.partition("?")
        if match := re.fullmatch(r"/api/admin/projects/default/features/new-checkout/environments/production(/\w+)?", path):
            self.unleash(match.group(1) or "")
        elif match := re.fullmatch(r"/api/v1/environments/KEY/featurestates/(?:(\d+)/)?", path):
            self.flagsmith(match.group(1), query, body)
        elif path == "/api/v2/flags/shop/new-checkout":
            self.launchdarkly(query, body)
        else:
            self.answer(404, {"message": "no such flag"})

    do_GET = do_POST = do_PUT = do_PATCH = serve


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
with open(os.path.join(FOLDER, "port.new"), "w", encoding="utf-8") as port:
    port.write(str(server.server_address[1]))
os.rename(os.path.join(FOLDER, "port.new"), os.path.join(FOLDER, "port"))
sys.stdin.read()

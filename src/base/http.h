/*
 * HTTP: one request, bounded in time, size and redirects, through the poll loop.
 *
 * Certificates and names of servers are always verified. A status of any kind is an answer, and so
 * is that nobody answers: why not has a name. Values of secret headers are never printed, and a
 * request that has any follows no redirect, for it would take them elsewhere.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_HTTP_H
#define BASE_HTTP_H

#include "base/error.h"
#include "base/memory.h"
#include "base/secret.h"
#include "base/wait.h"
#include <stddef.h>
#include <stdint.h>

#define HTTP_BODY_MAX ((size_t)1024 * 1024)
#define HTTP_TIMEOUT_MS 10000
#define HTTP_REDIRECTS_MAX 5

struct http_header {
    const char *name;
    const char *value;
    const struct secret *secret; // instead of `value`
};

struct http_request {
    const char *method;       // "GET"; NULL: connect, and say nothing
    const struct secret *url; // "http://…" or "https://…"
    const struct http_header *headers;
    size_t n_headers;
    const char *body; // NULL: none
    size_t body_len;
    int64_t timeout_ms;  // of all; 0: HTTP_TIMEOUT_MS
    size_t body_max;     // bytes of the answer; 0: HTTP_BODY_MAX
    int64_t redirects;   // followed at most
    const char *ca;      // file of certificates beside the system's; NULL
    const char *address; // connect here whatever the URL's host resolves to; NULL
    bool is_direct;      // through no proxy
    struct wait *wait;
};

enum http_outcome {
    HTTP_ANSWERED,
    HTTP_NO_NAME,     // the host has no address
    HTTP_REFUSED,     // nobody listens there
    HTTP_UNREACHABLE, // no way there, or the connection was cut
    HTTP_TLS,         // the certificate or the handshake is not to be trusted
    HTTP_TIMEOUT,
    HTTP_TOO_LARGE, // the answer is larger than `body_max`
    HTTP_REDIRECTS, // more than may be followed
    HTTP_MALFORMED, // what came is no HTTP
    HTTP_OUTCOME_COUNT
};

struct http_response {
    enum http_outcome outcome;
    const char *why; // for people: "http://host/: refused the connection"; NULL when it answered
    int status;      // 0: none came
    struct http_header *headers; // of the last answer
    size_t n_headers;
    char *body; // NUL-terminated
    size_t body_len;
    const char *address; // that answered: "127.0.0.1"; NULL
    int64_t redirects;   // followed
    int64_t took_ms;
};

// Fails on an interruption, for a URL that is none (ERROR_INPUT), and without the library.
MUST_CHECK bool http_ask(TALLOC_CTX *mem, const struct http_request *request,
                         struct http_response *out, struct error *err);

const char *http_outcome_name(enum http_outcome outcome); // "refused"
// The value of the last header of this name, whatever its case; NULL: there is none.
const char *http_header_value(const struct http_response *response, const char *name);

#endif

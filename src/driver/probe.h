/*
 * Probes: one question to what runs outside the database, and its answer.
 *
 * Asking changes nothing. That a check fails is an answer, and so is that nobody can say: why has a
 * name (refused, no_name, tls, timeout …) and a sentence.
 *
 * Only main.c names implementations. test/contract/ runs one suite on each of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_PROBE_H
#define DRIVER_PROBE_H

#include "change/config.h"
#include "driver/engine.h"

#define PROBE_BODY_MAX ((size_t)1024 * 1024)

enum probe_status { PROBE_PASS, PROBE_FAIL, PROBE_UNKNOWN };

struct probe_answer {
    enum probe_status status;
    const char *cause;    // "answered"; what kept it from answering: "refused" "no_name" "tls"
                          // "timeout" "unreachable" "too_large" "redirects" "malformed" "not_run"
                          // "not_allowed"
    const char *expected; // for people
    const char *observed; // the value: a version, a status, a number; NULL: none came
    const char *text;     // one sentence
    int64_t took_ms;
};

struct probe_request {
    const struct config_health *check;
    const char *address;      // "127.0.0.1:8081" for {address}; NULL: there is none
    const char *slot;         // for {slot}; NULL
    const char *version;      // for {version}; NULL
    const char *folder;       // that relative paths start in
    const struct secret *url; // of the database, for sql; NULL
    bool allow_superuser;
    const struct engine_driver *const *engines;
    struct wait *wait;
};

struct probe_driver {
    const char *name; // "http"
    enum health_kind kind;
    bool asks_version; // it asks those that expect {version}
    // Fails on an interruption, and for a check that cannot be asked whatever the world is like
    // (ERROR_CONFIG, ERROR_INPUT).
    bool (*ask)(TALLOC_CTX *mem, const struct probe_request *request, struct probe_answer *out,
                struct error *err);
};

extern const struct probe_driver probe_http;
extern const struct probe_driver probe_version;
extern const struct probe_driver probe_tcp;
extern const struct probe_driver probe_command;
extern const struct probe_driver probe_sql;

// Ask with the driver for the check's kind. `drivers` is main.c's NULL-terminated table.
MUST_CHECK bool probe_ask(TALLOC_CTX *mem, const struct probe_driver *const *drivers,
                          const struct probe_request *request, struct probe_answer *out,
                          struct error *err);

const char *probe_status_name(enum probe_status status); // "PASS"
// `text` with {address}, {slot} and {version} put in. ERROR_CONFIG: one of them is not known here.
MUST_CHECK bool probe_fill(TALLOC_CTX *mem, const struct probe_request *request, const char *text,
                           const char **out, struct error *err);
// Does the check name {address}, so that each address is asked?
bool probe_asks_addresses(const struct config_health *check);

#endif

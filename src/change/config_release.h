/*
 * Configuration of what lies outside the database: releases, what is asked of a slot,
 * flags, who is told.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_CONFIG_RELEASE_H
#define CHANGE_CONFIG_RELEASE_H

#include "base/secret.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tolerance_kind { TOLERANCE_EXACT, TOLERANCE_ABSOLUTE, TOLERANCE_SHARE, TOLERANCE_LEARNED };
struct tolerance {
    enum tolerance_kind kind;
    double value; // absolute, or a share (0.01 is 1 %)
};

// expect: {below: 5} is value < 5, {above: 5} is value > 5; {between: [1, 5]} is 1 ≤ value ≤ 5:
// both bounds, inclusive.
struct config_expectation {
    bool has_below, has_above, has_equals;
    bool is_inclusive;
    double below, above;
    const char *equals; // as text
};

struct config_release {   // release: {deploy: [./deploy.sh, "{slot}", "{version}"]}
    const char *strategy; // NULL: not given
    const char **build;
    size_t n_build;
    const char **deploy;
    size_t n_deploy;
    bool is_shell;
    const char **environment; // names of variables that its commands get, beside the usual ones
    size_t n_environment;
    const char *artifact; // file that the build makes; NULL: `digest` says
    const char **digest;  // command that prints its SHA-256
    size_t n_digest;
    const char *provenance;  // in-toto statement of it; NULL
    const char *verified_in; // environment whose release it must be; NULL
    bool has_tag;            // a flight tags the version
    int64_t timeout_ms;      // of one command; default 30 min
    int64_t ready_ms;        // that a slot may take to answer; default 2 min
};

// A JSON path or a header, and what it must be; a header that is sent.
struct config_member {
    const char *name;
    const char *value;
    const struct secret *secret; // of a header that is sent
};

enum health_kind { HEALTH_NONE, HEALTH_HTTP, HEALTH_TCP, HEALTH_SQL, HEALTH_COMMAND };

struct config_health { // health: [{name: api, http: "http://{address}/health", expect: {…}}]
    const char *name;
    enum health_kind kind;
    const char *http;
    const char *tcp; // "HOST:PORT"
    const char *sql;
    const char **command;
    size_t n_command;
    bool is_shell;
    const char *database; // of several, for `sql`; NULL: the only one
    const char *ca;       // file of certificates
    struct config_member *headers;
    size_t n_headers;
    int64_t timeout_ms; // default 5 s
    bool is_critical;   // default true
    const char **tags;
    size_t n_tags;
    // expect:
    int64_t status; // 0: any from 200 to 299
    struct config_member *json;
    size_t n_json;
    struct config_member *header;
    size_t n_header;
    const char *body; // stands in it
    const char *text; // all of it
    int64_t exit;
    const char *output;              // stands in it
    struct config_expectation value; // of `sql`
    size_t line, column;
};

struct config_flag { // flags: {new_inbox: {kind: file, path: flags.yaml, key: features.inbox}}
    const char *name;
    const char *kind; // "command" "file" "sql" "unleash" "flagsmith" "launchdarkly"
    const char *key;  // of the service or in the file
    const char *path;
    const char *url;
    const struct secret *token;
    const char *project;
    const char *environment; // the service's own name of it
    const char *ca;
    const char *database;       // of several, for sql; NULL: the first
    const char *only_when_zero; // invariant of kind zero; NULL: it waits for nothing
    const char **on;            // command, or one statement
    size_t n_on;
    const char **off;
    size_t n_off;
    const char **show;
    size_t n_show;
    int64_t timeout_ms; // default 5 s
};

struct config_notify { // notify: [{kind: webhook, url: "${HOOK}"}, {kind: file, path: calls.jsonl}]
    const char *kind;  // "file" "webhook"; "slack" "command": nobody sends to them yet
    const char *path;
    const struct secret *url;
    struct config_member *headers; // that are sent
    size_t n_headers;
    const char *ca;     // file of certificates
    int64_t timeout_ms; // of one attempt; default 5 s
};

struct config_maintenance { // maintenance: {enable: [./page, on], disable: [./page, off], …}
    const char **enable;    // commands; none: there is no maintenance
    size_t n_enable;
    const char **disable;
    size_t n_disable;
    bool is_shell;
    const char **environment; // names of variables that its commands get, beside the usual ones
    size_t n_environment;
    struct config_health *check; // passes while maintenance is on, and fails while it is off
    size_t n_check;
    int64_t for_ms;     // how long it may stay on; default 30 min
    int64_t timeout_ms; // of one command; default 1 min
    int64_t ready_ms;   // that what is seen from outside may take; default 30 s
    bool in_flight;     // a flight enables it before its migrations
};

// Does it ask which version answers: is {version} in what is expected?
bool config_health_asks_version(const struct config_health *health);

#endif

/*
 * Poll: the decision over all gates, for one plan.
 *
 * It reads the journal and that of staging, the place of backups, effects files, git, the clock,
 * what tminus.yaml names, and the server. It changes nothing and writes one event, `polled`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHECK_POLL_H
#define CHECK_POLL_H

#include "check/poll_report.h"
#include "driver/backup.h"
#include "driver/flag.h"
#include "journal/journal.h"
#include "plan/plan.h"
#include "proof/target.h"

// Where the same change was tried before.
struct poll_staging {
    const char *name;        // of the environment; NULL: there is none
    struct journal *journal; // NULL: it could not be opened
    const char *unknown;     // why; NULL
};

struct poll_request {
    const struct plan *plan;     // its lines that only read were asked just now
    const struct change *change; // what is pending, as the plan was made of
    const struct target *target; // open for reading
    struct journal *journal;     // of the environment
    struct poll_staging staging;
    const struct config *config;
    const struct config_environment *environment; // NULL: none is configured
    const char *environment_name;
    const char *database;                       // of several; NULL: the only one
    const struct secret *url;                   // of the target
    const struct backup_driver *const *backups; // all there are, NULL-terminated
    const struct flag_driver *const *flags;     // likewise
    const struct engine_driver *const *engines; // likewise
    const char *options, *paths; // of command lines: "--env production", "db/migrations", or ""
    int64_t now_ms;              // wall clock
};

// What cannot be read makes its gate UNKNOWN; fails when the journal cannot be read or written, and
// when tminus.yaml names a gate that does not exist. What `out` points to is `mem`'s.
MUST_CHECK bool poll_run(TALLOC_CTX *mem, const struct poll_request *request,
                         struct poll_report *out, struct error *err);

#endif

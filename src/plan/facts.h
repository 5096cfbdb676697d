/*
 * Facts: everything that a plan is made of, read elsewhere.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PLAN_FACTS_H
#define PLAN_FACTS_H

#include "plan/plan.h"
#include "proof/trace.h"

// How the project's own language is asked a question.
enum plan_console { CONSOLE_CLIENT, CONSOLE_RAILS, CONSOLE_DJANGO };

struct plan_facts {
    const struct change *change; // pending migrations; what is context is left out
    const struct assessment *assessment;
    const struct schema *schema;         // before the change, with sizes where they are known
    const struct invariants *invariants; // derived and the user's
    const struct trace *trace;           // of the derivation
    const struct config *config;
    const struct config_environment *environment; // NULL: none
    const struct calibration *calibration;        // what rehearsals measured; NULL
    struct plan_target target;
    const char *title, *version, *previous;
    const char *options;        // of every tminus command: "--env production", or ""
    const char *assess_options; // of tminus assess, which connects to nothing by URL
    const char *paths;          // of tminus commands that need migrations: "db/migrations", or ""
    const char *url;            // of other commands, for the shell: "\"$DATABASE_URL\""
    const char *client;         // asks one query behind it: "psql -d shop -Xc"; NULL: none is here
    const char *folder;         // of the migrations, for the shell; NULL: not known
    bool is_after_release;      // of the migrations behind the release alone, which is out
    bool has_undo_log;          // `tminus migrate` keeps before-images
    bool runs_migrations;       // `tminus migrate` writes this layout's record on this engine
    enum plan_console console;
    const char *made_at;
    const char *const *effects_sha256; // of the file beside each of `change`; NULL: there is none
    const json_t *gates, *commands;    // as tminus.yaml has them; NULL: none are configured
    const struct plan_rollback *rehearsed; // what a rehearsal of just these migrations showed; NULL
};

struct plan *plan_make(TALLOC_CTX *mem, const struct plan_facts *facts);

#endif

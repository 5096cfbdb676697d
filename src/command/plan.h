/*
 * What plan gathers before it writes: the change, the database where there is one, and the words of
 * the command lines.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_PLAN_H
#define COMMAND_PLAN_H

#include "command/assess.h"
#include "command/inspection.h"
#include "plan/facts.h"

struct plan_request {
    struct assess_request assess; // options, paths, --base, --schema, --sizes, --findings, …
    const char *database;         // --database
    const char *title;            // --title
    const char *output;           // --output
    const char *check_path;       // --check PLANFILE
    bool is_check;
    bool is_offline;
    bool needs_database; // one that is configured is asked, or it fails
    bool is_ascii;
};

struct plan_input {
    struct plan_facts facts;
    struct inspection *inspection; // NULL: no database is asked
    const struct change *whole;    // with what is applied; NULL: no database is asked
    struct invariants invariants;
    struct trace *trace;
    const char **notes;
    size_t n_notes;
};

// Everything lives under `mem`.
MUST_CHECK bool plan_gather(TALLOC_CTX *mem, const struct program *program,
                            const struct plan_request *request, struct plan_input *out,
                            struct error *err);

// --- command/plan_work.c: the plan of what is asked for: made now, or that of `check_path`, of
// this database (ERROR_IDENTITY) and of these migrations (ERROR_INPUT). Nothing is observed yet.
MUST_CHECK bool plan_work(TALLOC_CTX *mem, const struct program *program,
                          const struct plan_request *request, struct plan_input *input,
                          struct plan **out, struct error *err);
// Its lines that only read, where there is a database.
MUST_CHECK bool plan_ask(TALLOC_CTX *mem, const struct plan_input *input, struct plan *plan,
                         struct error *err);

// --- command/plan_covered.c: what the digest covers beside the lines. `raw`: with `${NAME}` as it
// is written. Fills members of `facts`, whose change is there.
MUST_CHECK bool plan_cover(TALLOC_CTX *mem, const struct config *raw, const char *environment,
                           struct plan_facts *facts, struct error *err);
// Of the effects file beside a migration; NULL: there is none.
MUST_CHECK bool plan_effects_digest(TALLOC_CTX *mem, const struct migration *migration,
                                    const char **out, struct error *err);

// --- command/plan_rehearsal.c: the way back as the last rehearsal of just these migrations showed
// it; NULL: there was none.
MUST_CHECK bool plan_find_rehearsal(TALLOC_CTX *mem, const struct inspection *inspection,
                                    const struct change *change, struct plan_rollback **out,
                                    struct error *err);

// --- command/plan_evidence.c: run the lines that only read, those of before the change, or those
// of after it when all migrations of the plan are recorded. ERROR_INPUT: the database rejects a
// query that a person wrote.
MUST_CHECK bool plan_look(TALLOC_CTX *mem, struct inspection *inspection, struct plan *plan,
                          const struct change *change, struct error *err);

// --- command/plan_file.c: a plan that was written before. ERROR_INPUT: it was edited.
MUST_CHECK bool plan_file_read(TALLOC_CTX *mem, const char *path, struct plan **out,
                               struct error *err);
// What is not given on the command line is what the plan was made for.
void plan_file_request(TALLOC_CTX *mem, const struct plan *plan, struct plan_request *request);
// Is it of this database (ERROR_IDENTITY) and of these migrations, byte for byte (ERROR_INPUT)?
MUST_CHECK bool plan_file_check(const struct plan *plan, const struct plan_input *input,
                                struct error *err);
// What the migrations are judged to be now.
void plan_take_assessment(struct plan *plan, struct plan *fresh);

// --- command/plan_commands.c: refuse a plan whose commands are not here. `is_strict`: also those
// that tminus wrote itself; else they are noted.
MUST_CHECK bool plan_commands_check(TALLOC_CTX *mem, struct plan *plan, bool is_strict,
                                    struct error *err);

#endif

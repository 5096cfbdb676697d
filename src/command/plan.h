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
    bool is_ascii;
};

struct plan_input {
    struct plan_facts facts;
    struct inspection *inspection; // NULL: no database is asked
    struct invariants invariants;
    struct trace *trace;
    const char **notes;
    size_t n_notes;
};

// Everything lives under `mem`.
MUST_CHECK bool plan_gather(TALLOC_CTX *mem, const struct program *program,
                            const struct plan_request *request, struct plan_input *out,
                            struct error *err);

// --- command/plan_commands.c: refuse a plan whose commands are not here. `is_strict`: also those
// that tminus wrote itself; else they are noted.
MUST_CHECK bool plan_commands_check(TALLOC_CTX *mem, struct plan *plan, bool is_strict,
                                    struct error *err);
bool plan_command_is_here(const char *name);

#endif

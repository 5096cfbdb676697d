/*
 * Command runs: a change that the project's own tool makes on the copy, because its migrations are
 * no SQL files (Alembic, Django, Rails, knex …).
 *
 * The tool gets the copy's address as TMINUS_DATABASE_URL and DATABASE_URL. What it did is read
 * from the scratch server's log, as far as that tells: statements and their time, no locks.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_COMMAND_RUN_H
#define REHEARSAL_COMMAND_RUN_H

#include "rehearsal/copies.h"

// Statements that are told one by one; the others are summed up.
#define COMMAND_STATEMENTS_MAX 1000
#define COMMAND_OUTPUT_MAX ((size_t)64 * 1024)

struct command_output {
    const char *text;    // what it wrote, the end of it; secrets masked
    const char *unknown; // why its statements are not known; NULL: they are
    int64_t statements;  // that it sent, those that only read too; -1: not known
};

// Tables in which tools note what is applied: no data of anybody. `schema`: "public", "main".
struct name *command_records(TALLOC_CTX *mem, const char *schema, size_t *n);

// Runs `rehearsal.up` (or `down`) of the settings on `copies->work`. A command that fails, lasts
// too long or sends nothing to the copy is an answer, in `run->state`; without a command it is
// RUN_NOT_TRIED. This fails when the command cannot be started, and on an interruption. The copies
// were made with `is_logged`.
MUST_CHECK bool command_run(TALLOC_CTX *mem, const struct copies *copies, bool is_down,
                            struct measured_run *run, struct command_output *output,
                            struct error *err);

#endif

/*
 * Mirror, inside: what sqlite_mirror.c and sqlite_scan.c share.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_SQLITE_MIRROR_STATE_H
#define STATEMENT_SQLITE_MIRROR_STATE_H

#include "statement/sqlite_mirror.h"
#include <sqlite3.h>

enum mirror_task { TASK_JUDGE, TASK_APPLY, TASK_ASK };

struct sqlite_mirror {
    sqlite3 *db;
    enum mirror_task task;
    bool is_trial;
    size_t calls;
    size_t steps;
    TALLOC_CTX *mem;                    // of the judgement being made
    struct sqlite_judgement *judgement; // NULL outside
};

// What the authorizer lets through from now on; its counters begin anew.
void sqlite_mirror_begin(struct sqlite_mirror *mirror, enum mirror_task task);
// One statement of a script: SQLite's code.
int sqlite_mirror_run(struct sqlite_mirror *mirror, const char *sql, size_t len);
// Statements of ours.
bool sqlite_mirror_execute(struct sqlite_mirror *mirror, const char *sql);

#endif

/*
 * Mirror: which tables a query goes through from end to end, by the program that SQLite makes of
 * it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "statement/sqlite_mirror_state.h"

#define CURSORS_MAX 256

// Open cursors of a program, by number.
struct cursors {
    struct {
        int root;
        bool is_rewound;
    } list[CURSORS_MAX];
    int scanned[CURSORS_MAX]; // root pages
    size_t n;
    bool has_scan; // rewinding alone is none: rowid < 3 begins at the start too
};

static void add_scanned(struct cursors *cursors, int root)
{
    for (size_t i = 0; i < cursors->n; i++)
        if (cursors->scanned[i] == root)
            return;
    if (cursors->n < CURSORS_MAX)
        cursors->scanned[cursors->n++] = root;
}

// One instruction of EXPLAIN. Source: opcode.html.
static void note_instruction(struct cursors *cursors, const char *opcode, int p1, int p2)
{
    if (strcmp(opcode, "Clear") == 0)
        add_scanned(cursors, p1);
    if (p1 < 0 || p1 >= CURSORS_MAX)
        return;
    bool steps = cursors->has_scan && (strcmp(opcode, "Next") == 0 || strcmp(opcode, "Prev") == 0);
    if (text_starts_with(opcode, "Open")) {
        bool is_stored = strcmp(opcode, "OpenRead") == 0 || strcmp(opcode, "OpenWrite") == 0;
        cursors->list[p1].root = is_stored ? p2 : 0;
        cursors->list[p1].is_rewound = false;
    } else if (strcmp(opcode, "Rewind") == 0 || strcmp(opcode, "Last") == 0) {
        cursors->list[p1].is_rewound = true;
    } else if ((steps && cursors->list[p1].is_rewound) || strcmp(opcode, "Count") == 0) {
        if (cursors->list[p1].root > 0)
            add_scanned(cursors, cursors->list[p1].root);
    }
}

static const char *table_at(TALLOC_CTX *mem, struct sqlite_mirror *mirror, int root)
{
    sqlite3_stmt *statement = NULL;
    const char *table = NULL;

    sqlite_mirror_begin(mirror, TASK_ASK);
    if (sqlite3_prepare_v2(mirror->db,
                           "SELECT tbl_name FROM main.sqlite_master WHERE rootpage = ?1", -1,
                           &statement, NULL) == SQLITE_OK) {
        sqlite3_bind_int(statement, 1, root);
        if (sqlite3_step(statement) == SQLITE_ROW)
            table = mem_strdup(mem, (const char *)sqlite3_column_text(statement, 0));
    }
    sqlite3_finalize(statement);
    return table;
}

// Does the planner say SCAN anywhere, or SEARCH without an index (max() of a plain column)?
static bool plan_has_scan(struct sqlite_mirror *mirror, const char *sql)
{
    SCRATCH(tmp);
    sqlite3_stmt *statement = NULL;
    bool has_scan = false;

    sqlite_mirror_begin(mirror, TASK_ASK);
    if (sqlite3_prepare_v2(mirror->db, mem_printf(tmp, "EXPLAIN QUERY PLAN %s", sql), -1,
                           &statement, NULL) == SQLITE_OK)
        while (sqlite3_step(statement) == SQLITE_ROW) {
            const char *detail = (const char *)sqlite3_column_text(statement, 3);
            has_scan |= text_starts_with(detail, "SCAN ") ||
                        (text_starts_with(detail, "SEARCH ") && !strstr(detail, " USING "));
        }
    sqlite3_finalize(statement);
    return has_scan;
}

struct name *sqlite_mirror_scans(TALLOC_CTX *mem, struct sqlite_mirror *mirror, const char *sql,
                                 size_t *n)
{
    SCRATCH(tmp);
    struct cursors *cursors = mem_new(tmp, struct cursors);
    sqlite3_stmt *statement = NULL;
    struct name *scans = NULL;

    *n = 0;
    cursors->has_scan = plan_has_scan(mirror, sql);
    sqlite_mirror_begin(mirror, TASK_ASK);
    if (sqlite3_prepare_v2(mirror->db, mem_printf(tmp, "EXPLAIN %s", sql), -1, &statement, NULL) ==
        SQLITE_OK)
        while (sqlite3_step(statement) == SQLITE_ROW)
            note_instruction(cursors, (const char *)sqlite3_column_text(statement, 1),
                             sqlite3_column_int(statement, 2), sqlite3_column_int(statement, 3));
    sqlite3_finalize(statement);
    for (size_t i = 0; i < cursors->n; i++) {
        const char *table = table_at(mem, mirror, cursors->scanned[i]);
        bool is_known = !table;
        for (size_t s = 0; s < *n; s++)
            is_known |= table && strcmp(scans[s].name, table) == 0;
        if (!is_known)
            *mem_append(mem, scans, *n) = (struct name){.name = table};
    }
    return scans;
}

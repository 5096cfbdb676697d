/*
 * Measuring a run on SQLite: rows that each statement wrote, and the tables that it went through,
 * wrote anew or indexed.
 *
 * Rows come from the library's preupdate hook, triggers and cascades included. What a statement
 * goes through is read off its program (EXPLAIN), by root pages; what it did to the schema off
 * sqlite_schema. The hook makes SQLite go row by row where it would clear or copy a whole table: it
 * is left out there, and changes are counted instead, so that the time is that of production.
 *
 * One writer has the whole database: locks are told as analysis/effects.h says.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define SQLITE_ENABLE_PREUPDATE_HOOK // as the library is built
#include "driver/engine/sqlite/run_measure.h"
#include "base/text.h"
#include <ctype.h>

struct object { // of sqlite_schema
    const char *type, *name, *table, *sql;
    int64_t root;
};

struct objects {
    struct object *list;
    size_t n;
};

struct table {        // that was there before the run
    const char *name; // then
    const char *now;  // NULL: it is gone
    int64_t root;
    // Of the statement that is measured.
    bool is_read, is_scanned, is_written, is_rewritten, is_indexed, is_defined;
    struct engine_written written;
};

struct measure {
    struct engine *engine;
    const struct engine_run_request *request;
    struct table *tables;
    size_t n_tables;
    TALLOC_CTX *of_schema;  // owns `objects`
    struct objects objects; // before the statement
    bool is_stale;          // a statement may have changed the schema since
    // Of the statement.
    char word[16];
    const char *counted; // the table whose rows sqlite3_changes counts; NULL: the hook does
    int64_t changes;
    bool is_vacuum;
    bool is_checked; // ALTER TABLE asks quick_check whether each row keeps a new CHECK or NOT NULL
};

static struct table *find_table(struct measure *measure, const char *now)
{
    for (size_t i = 0; i < measure->n_tables; i++) {
        struct table *table = &measure->tables[i];
        if (table->now != NULL && text_equal_nocase(table->now, now))
            return table;
    }
    return NULL;
}

static const struct object *find_root(const struct measure *measure, int64_t root)
{
    for (size_t i = 0; i < measure->objects.n; i++) {
        if (measure->objects.list[i].root == root)
            return &measure->objects.list[i];
    }
    return NULL;
}

static bool is_word(const struct measure *measure, const char *word)
{
    return strcmp(measure->word, word) == 0;
}

static bool is_definition(const struct measure *measure)
{
    return is_word(measure, "alter") || is_word(measure, "create") || is_word(measure, "drop");
}

// --- the schema

static bool read_objects(TALLOC_CTX *mem, struct engine *engine, struct objects *out,
                         struct error *err)
{
    SCRATCH(tmp);
    struct cursor *cursor;
    struct objects objects = {0};
    bool has_row = true;
    TRY(cursor_make(tmp, engine,
                    "SELECT type, name, tbl_name, sql, rootpage FROM main.sqlite_schema "
                    "WHERE tbl_name NOT IN " INDEX_TABLES,
                    &cursor, err));
    while (has_row) {
        TRY(cursor_step(engine, cursor, &has_row, err));
        if (has_row)
            *mem_append(mem, objects.list, objects.n) = (struct object){
                .type = mem_strdup(mem, cursor_text(cursor, 0)),
                .name = mem_strdup(mem, cursor_text(cursor, 1)),
                .table = mem_strdup(mem, cursor_text(cursor, 2)),
                .sql = mem_strdup(mem, cursor_text(cursor, 3)),
                .root = sqlite3_column_int64(cursor->statement, 4),
            };
    }
    *out = objects;
    return true;
}

static bool refresh(struct measure *measure, struct error *err)
{
    struct objects objects;
    if (!measure->is_stale)
        return true;
    TALLOC_CTX *mem = talloc_new(measure);
    if (!read_objects(mem, measure->engine, &objects, err)) {
        talloc_free(mem);
        return false;
    }
    talloc_free(measure->of_schema);
    measure->of_schema = mem;
    measure->objects = objects;
    measure->is_stale = false;
    return true;
}

static int measure_close(struct measure *measure)
{
    sqlite3_preupdate_hook(measure->engine->handle, NULL, NULL);
    return 0;
}

bool measure_open(TALLOC_CTX *mem, struct engine *engine, const struct engine_run_request *request,
                  struct measure **out, struct error *err)
{
    SCRATCH(tmp);
    struct measure *measure = mem_new(tmp, struct measure);
    *measure = (struct measure){.engine = engine, .request = request, .is_stale = true};
    talloc_set_destructor(measure, measure_close);
    TRY(refresh(measure, err));
    for (size_t i = 0; i < measure->objects.n; i++) {
        const struct object *object = &measure->objects.list[i];
        if (strcmp(object->type, "table") != 0 || text_starts_with(object->name, "sqlite_") ||
            text_starts_with(object->name, "tminus_"))
            continue;
        const char *name = mem_strdup(measure, object->name);
        *mem_append(measure, measure->tables, measure->n_tables) =
            (struct table){.name = name, .now = name, .root = object->root};
    }
    *out = talloc_steal(mem, measure);
    return true;
}

// --- before: the program

static void on_row(void *context, sqlite3 *db, int operation, const char *database,
                   const char *name, sqlite3_int64 old_row, sqlite3_int64 new_row)
{
    struct measure *measure = context;
    (void)db;
    (void)old_row;
    (void)new_row;
    struct table *table = strcmp(database, "main") == 0 ? find_table(measure, name) : NULL;
    if (table == NULL)
        return;
    table->written.inserted += operation == SQLITE_INSERT;
    table->written.updated += operation == SQLITE_UPDATE;
    table->written.deleted += operation == SQLITE_DELETE;
}

struct operation {
    const char *code;
    int64_t address, p1, p2, p3, p5;
};

#define CURSORS_MAX 256
#define P2_IS_REGISTER 0x10 // of OpenWrite. Source: OPFLAG_P2ISREG in sqliteInt.h

// What the cursors of a program stand on; beyond so many, nothing is told.
struct program {
    struct measure *measure;
    struct table *of[CURSORS_MAX];
    bool is_inner; // of a trigger or a foreign key's action: it may not run
};

static struct table *table_of_root(struct measure *measure, int64_t root, bool *is_index)
{
    const struct object *object = find_root(measure, root);
    *is_index = object != NULL && strcmp(object->type, "index") == 0;
    return object == NULL || root == 0 ? NULL : find_table(measure, object->table);
}

static void take_open(struct program *program, const struct operation *operation)
{
    bool is_index;
    // Of a table that the statement itself makes, the root is known only when it runs.
    bool is_made = (operation->p5 & P2_IS_REGISTER) != 0;
    struct table *table = operation->p3 == 0 && !is_made
                              ? table_of_root(program->measure, operation->p2, &is_index)
                              : NULL;
    if (operation->p1 < 0 || operation->p1 >= CURSORS_MAX)
        return;
    program->of[operation->p1] = table;
    if (table == NULL)
        return;
    table->is_read = true;
    table->is_written |= strcmp(operation->code, "OpenWrite") == 0 && !is_index;
}

static void take_clear(struct program *program, const struct operation *operation)
{
    bool is_index;
    struct measure *measure = program->measure;
    struct table *table = table_of_root(measure, operation->p1, &is_index);
    if (table == NULL)
        return;
    if (!is_index)
        measure->counted = table->now;
    table->is_written = true;
    table->is_indexed |= is_index && is_word(measure, "reindex");
}

static void take_operation(struct program *program, const struct operation *operation)
{
    struct measure *measure = program->measure;
    struct table *table =
        operation->p1 >= 0 && operation->p1 < CURSORS_MAX ? program->of[operation->p1] : NULL;
    if (strcmp(operation->code, "OpenRead") == 0 || strcmp(operation->code, "OpenWrite") == 0)
        take_open(program, operation);
    else if (strcmp(operation->code, "Clear") == 0)
        take_clear(program, operation);
    else if (strcmp(operation->code, "Vacuum") == 0)
        measure->is_vacuum = true;
    else if (strcmp(operation->code, "VFilter") == 0)
        measure->is_checked |= is_word(measure, "alter");
    else if (table == NULL)
        return;
    else if (strcmp(operation->code, "Rewind") == 0 || strcmp(operation->code, "Last") == 0)
        table->is_scanned = true;
    else if (strcmp(operation->code, "Insert") == 0)
        table->is_rewritten |= is_word(measure, "alter");
    else if (strcmp(operation->code, "RowCell") == 0)
        measure->counted = table->now; // rows are copied as they are stored
}

static bool is_explained(const struct measure *measure)
{
    static const char *const words[] = {"alter",   "create",  "drop",   "reindex",
                                        "analyze", "vacuum",  "insert", "update",
                                        "delete",  "replace", "with"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (is_word(measure, words[i]))
            return true;
    }
    return false;
}

// A statement that is wrong says so when it is run.
static void read_program(struct measure *measure, const char *sql)
{
    SCRATCH(tmp);
    sqlite3_stmt *statement;
    struct program program = {.measure = measure};
    const char *explain = mem_printf(tmp, "EXPLAIN %s", sql);
    if (!is_explained(measure) ||
        sqlite3_prepare_v2(measure->engine->handle, explain, -1, &statement, NULL) != SQLITE_OK)
        return;
    cursor_wrap(tmp, statement);
    for (bool is_first = true; sqlite3_step(statement) == SQLITE_ROW; is_first = false) {
        const struct operation operation = {
            .address = sqlite3_column_int64(statement, 0),
            .code = (const char *)sqlite3_column_text(statement, 1),
            .p1 = sqlite3_column_int64(statement, 2),
            .p2 = sqlite3_column_int64(statement, 3),
            .p3 = sqlite3_column_int64(statement, 4),
            .p5 = sqlite3_column_int64(statement, 6),
        };
        program.is_inner |= operation.address == 0 && !is_first;
        if (!program.is_inner)
            take_operation(&program, &operation);
    }
}

static void read_word(struct measure *measure, const char *sql)
{
    size_t n = 0;
    while (n + 1 < sizeof measure->word && isalpha((unsigned char)sql[n])) {
        measure->word[n] = (char)tolower((unsigned char)sql[n]);
        n++;
    }
    measure->word[n] = '\0';
}

bool measure_begin(struct measure *measure, const char *sql, struct error *err)
{
    struct guard *guard = &measure->engine->guard;
    struct guard before = *guard;
    TRY(refresh(measure, err));
    for (size_t i = 0; i < measure->n_tables; i++) {
        const struct table *table = &measure->tables[i];
        measure->tables[i] =
            (struct table){.name = table->name, .now = table->now, .root = table->root};
    }
    measure->counted = NULL;
    measure->is_vacuum = measure->is_checked = false;
    read_word(measure, sql);
    read_program(measure, sql);
    *guard = before; // what the authorizer refused is said when the statement is run
    measure->changes = sqlite3_total_changes64(measure->engine->handle);
    if (measure->counted == NULL)
        sqlite3_preupdate_hook(measure->engine->handle, on_row, measure);
    return true;
}

// --- after

static const struct object *find_object(const struct objects *objects, const struct object *like)
{
    for (size_t i = 0; i < objects->n; i++) {
        const struct object *object = &objects->list[i];
        if (strcmp(object->type, like->type) == 0 && strcmp(object->name, like->name) == 0)
            return object;
    }
    return NULL;
}

// Its definition, or that of an index or trigger of it, is another one now.
static void take_changed(struct measure *measure, const struct object *before,
                         const struct object *now)
{
    const struct object *either = before != NULL ? before : now;
    struct table *table = find_table(measure, either->table);
    if (table == NULL || text_starts_with(either->name, "sqlite_"))
        return;
    bool is_same = before != NULL && now != NULL && strcmp(before->sql, now->sql) == 0;
    // DROP TRIGGER and DROP INDEX name no table.
    bool is_own = now != NULL || strcmp(before->type, "table") == 0;
    table->is_defined |= !is_same && is_own && is_definition(measure);
    table->is_scanned |= !is_same && measure->is_checked;
    bool is_new_index = before == NULL && strcmp(now->type, "index") == 0;
    table->is_indexed |= is_new_index && table->now == table->name;
    table->is_rewritten |= measure->is_vacuum && strcmp(either->type, "table") == 0;
}

static const struct object *find_renamed(const struct objects *objects, int64_t root)
{
    for (size_t i = 0; i < objects->n; i++) {
        if (objects->list[i].root == root && strcmp(objects->list[i].type, "table") == 0)
            return &objects->list[i];
    }
    return NULL;
}

// A table is known by its name; one that was renamed by its root page.
static void follow(struct measure *measure, const struct objects *now)
{
    for (size_t i = 0; i < measure->n_tables; i++) {
        struct table *table = &measure->tables[i];
        if (table->now == NULL)
            continue;
        const struct object *same =
            find_object(now, &(struct object){.type = "table", .name = table->now});
        const struct object *renamed =
            is_word(measure, "alter") ? find_renamed(now, table->root) : NULL;
        if (same != NULL)
            table->root = same->root;
        else
            table->now = renamed ? mem_strdup(measure, renamed->name) : NULL;
    }
}

static bool compare_schemas(struct measure *measure, struct error *err)
{
    SCRATCH(tmp);
    struct objects before = measure->objects;
    talloc_steal(tmp, measure->of_schema);
    measure->of_schema = NULL;
    measure->is_stale = true;
    TRY(refresh(measure, err));
    for (size_t i = 0; i < before.n; i++)
        take_changed(measure, &before.list[i], find_object(&measure->objects, &before.list[i]));
    for (size_t i = 0; i < measure->objects.n; i++) {
        if (find_object(&before, &measure->objects.list[i]) == NULL)
            take_changed(measure, NULL, &measure->objects.list[i]);
    }
    return true;
}

static void count_changes(struct measure *measure)
{
    struct table *table = measure->counted ? find_table(measure, measure->counted) : NULL;
    int64_t rows = sqlite3_total_changes64(measure->engine->handle) - measure->changes;
    if (table == NULL)
        return;
    if (is_word(measure, "delete"))
        table->written.deleted += rows;
    else
        table->written.inserted += rows;
}

// --- the report

struct report {
    TALLOC_CTX *mem;
    struct engine_measured measured;
    struct engine_lock *locks;
    struct engine_written *written;
};

static void tell_table(struct report *report, struct table *table)
{
    struct engine_measured *measured = &report->measured;
    struct engine_written *written = &table->written;
    bool has_rows = written->inserted + written->updated + written->deleted > 0;
    bool is_defined = table->is_defined || table->is_rewritten || table->is_indexed;
    if (is_defined || table->is_written || table->is_read || has_rows)
        *mem_append(report->mem, report->locks, measured->n_locks) =
            (struct engine_lock){.relation = table->name,
                                 .mode = is_defined                      ? "AccessExclusiveLock"
                                         : table->is_written || has_rows ? "RowExclusiveLock"
                                                                         : "AccessShareLock"};
    if (table->is_rewritten)
        *mem_append(report->mem, measured->rewrites, measured->n_rewrites) = table->name;
    if (table->is_scanned && !table->is_rewritten)
        *mem_append(report->mem, measured->scans, measured->n_scans) = table->name;
    if (table->is_indexed)
        *mem_append(report->mem, measured->index_builds, measured->n_index_builds) = table->name;
    written->table = (struct name){.name = table->name};
    if (has_rows)
        *mem_append(report->mem, report->written, measured->n_written) = *written;
}

bool measure_end(struct measure *measure, size_t start, size_t len, int64_t took_us,
                 struct error *err)
{
    SCRATCH(tmp);
    struct report report = {.mem = tmp};
    sqlite3_preupdate_hook(measure->engine->handle, NULL, NULL);
    count_changes(measure);
    bool may_change_schema = !is_word(measure, "insert") && !is_word(measure, "update") &&
                             !is_word(measure, "delete") && !is_word(measure, "replace") &&
                             !is_word(measure, "with") && !is_word(measure, "select");
    if (may_change_schema)
        TRY(compare_schemas(measure, err));
    for (size_t i = 0; i < measure->n_tables; i++)
        tell_table(&report, &measure->tables[i]);
    if (may_change_schema)
        follow(measure, &measure->objects);
    report.measured.start = start;
    report.measured.end = start + len;
    report.measured.took_us = took_us;
    report.measured.wal_bytes = -1;
    report.measured.locks = report.locks;
    report.measured.written = report.written;
    measure->request->measured(measure->request->measured_context, &report.measured);
    return true;
}

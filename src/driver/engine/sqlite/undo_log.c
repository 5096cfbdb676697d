/*
 * Undo logs that a database holds: taking data back to one, listing and dropping them.
 *
 * All of it happens in one transaction. Foreign keys are not enforced meanwhile, so nothing
 * cascades, and are checked at the end; triggers of users are dropped and made again.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "driver/engine/sqlite/undo_pack.h"
#include "driver/engine/sqlite/undo_rows.h"
#include "driver/engine/undo.h"
#include <inttypes.h>

struct rollback {
    TALLOC_CTX *mem;
    struct engine *engine;
    const char *id;
    struct undo_table *tables;
    size_t n_tables;
    char *triggers; // SQL that makes them again
    int64_t rows;
};

struct found_log {
    bool is_there, is_ended;
    const char *rolled_back_at; // NULL: not yet
};

static char *one_text(TALLOC_CTX *mem, struct engine *engine, const char *sql, bool *has_row,
                      struct error *err)
{
    SCRATCH(tmp);
    struct cursor *cursor;
    *has_row = false;
    if (!cursor_make(tmp, engine, sql, &cursor, err) || !cursor_step(engine, cursor, has_row, err))
        return NULL;
    return mem_strdup(mem, *has_row ? cursor_text(cursor, 0) : "");
}

static bool look(TALLOC_CTX *mem, struct engine *engine, const char *id, struct found_log *out,
                 struct error *err)
{
    SCRATCH(tmp);
    struct cursor *cursor;
    bool has_row;
    *out = (struct found_log){0};
    if (one_text(tmp, engine, "SELECT 1 FROM sqlite_schema WHERE name = 'tminus_undo_log'",
                 &has_row, err) == NULL)
        return false;
    if (!has_row)
        return true;
    TRY(cursor_make(tmp, engine,
                    mem_printf(tmp,
                               "SELECT rolled_back_at, ended_at FROM tminus_undo_log WHERE id = "
                               "'%s'",
                               id),
                    &cursor, err));
    TRY(cursor_step(engine, cursor, &out->is_there, err));
    if (!out->is_there)
        return true;
    out->is_ended = sqlite3_column_type(cursor->statement, 1) != SQLITE_NULL;
    if (sqlite3_column_type(cursor->statement, 0) != SQLITE_NULL)
        out->rolled_back_at = mem_strdup(mem, cursor_text(cursor, 0));
    return true;
}

// The difference is taken at the migration's end; without it nothing tells who wrote what.
static bool check_ended(const struct rollback *back, const struct found_log *log, struct error *err)
{
    if (log->is_ended)
        return true;
    error_set(err, ERROR_INPUT,
              "undo log '%s' was not ended, because its migration stopped half-way without a "
              "transaction",
              back->id);
    return error_hint(err, "the tables as they were before it are kept: tminus_undo_%s_1_before, …",
                      back->id);
}

static bool read_columns(struct rollback *back, struct undo_table *table, struct error *err)
{
    SCRATCH(tmp);
    struct cursor *cursor;
    TRY(cursor_make(tmp, back->engine,
                    mem_printf(tmp,
                               "SELECT name, key_position, is_rowid, is_lost FROM "
                               "tminus_undo_column WHERE log = '%s' AND n = %" PRId64
                               " ORDER BY place",
                               back->id, table->n),
                    &cursor, err));
    for (bool has_row;;) {
        TRY(cursor_step(back->engine, cursor, &has_row, err));
        if (!has_row)
            return true;
        *mem_append(back->mem, table->columns, table->n_columns) = (struct undo_column){
            .name = mem_strdup(back->mem, cursor_text(cursor, 0)),
            .key_position = sqlite3_column_int(cursor->statement, 1),
            .is_rowid = sqlite3_column_int(cursor->statement, 2) != 0,
            .is_lost = sqlite3_column_int(cursor->statement, 3) != 0,
        };
        table->key_is_rowid |= table->columns[table->n_columns - 1].is_rowid;
    }
}

static const char *nullable_text(TALLOC_CTX *mem, struct cursor *cursor, int column)
{
    return sqlite3_column_type(cursor->statement, column) == SQLITE_NULL
               ? NULL
               : mem_strdup(mem, cursor_text(cursor, column));
}

static bool read_tables(struct rollback *back, struct error *err)
{
    SCRATCH(tmp);
    struct cursor *cursor;
    TRY(cursor_make(tmp, back->engine,
                    mem_printf(tmp,
                               "SELECT n, name, kept, moved_to, shape, shape_then FROM "
                               "tminus_undo_table WHERE log = '%s' "
                               "ORDER BY n",
                               back->id),
                    &cursor, err));
    for (bool has_row;;) {
        TRY(cursor_step(back->engine, cursor, &has_row, err));
        if (!has_row)
            return true;
        struct undo_table *table = mem_append(back->mem, back->tables, back->n_tables);
        table->log = back->id;
        table->n = sqlite3_column_int64(cursor->statement, 0);
        table->name = mem_strdup(back->mem, cursor_text(cursor, 1));
        table->kept = (enum undo_kept)sqlite3_column_int(cursor->statement, 2);
        table->moved_to = nullable_text(back->mem, cursor, 3);
        table->shape = nullable_text(back->mem, cursor, 4);
        table->shape_then = nullable_text(back->mem, cursor, 5);
        TRY(read_columns(back, table, err));
    }
}

// --- the schema

static bool is_there(const struct undo_table *now, const struct undo_column *column)
{
    for (size_t i = 0; i < now->n_columns; i++)
        if (strcmp(now->columns[i].name, column->name) == 0)
            return true;
    return column->is_rowid && now->n_columns > 0;
}

static const char *joined(TALLOC_CTX *mem, const char *list, const char *item)
{
    return list == NULL ? item : mem_printf(mem, "%s, %s", list, item);
}

static const char *missing_columns(TALLOC_CTX *mem, const struct undo_table *table,
                                   const struct undo_table *now)
{
    const char *missing = NULL;
    for (size_t i = 0; i < table->n_columns; i++)
        if (!is_there(now, &table->columns[i]))
            missing =
                joined(mem, missing,
                       mem_printf(mem, "column %s of %s", table->columns[i].name, table->name));
    return missing;
}

// Of columns that the migration did not drop: RENAME COLUMN leaves each where it is.
static bool is_in_order(const struct undo_table *table, const struct undo_table *now)
{
    size_t at = 0;
    for (size_t i = 0; i < table->n_columns; i++) {
        if (table->columns[i].is_rowid)
            continue;
        while (at < now->n_columns && strcmp(now->columns[at].name, table->columns[i].name) != 0)
            at++;
        if (at++ == now->n_columns)
            return false;
    }
    return true;
}

static bool is_moved(const struct undo_table *table)
{
    return table->shape != NULL && table->shape_then != NULL &&
           strncmp(table->shape_then, table->shape, strlen(table->shape)) != 0;
}

// Do names of the table that is there mean what they did? NULL: they do.
static bool find_renamed(TALLOC_CTX *mem, const struct rollback *back,
                         const struct undo_table *table, const struct undo_table *now,
                         const char **out, struct error *err)
{
    struct undo_table other = {0};
    bool has_row;
    *out = NULL;
    if (table->moved_to != NULL)
        TRY(undo_table_read(mem, back->engine, table->moved_to, &other, err));
    if (other.n_columns > 0) {
        *out = mem_printf(mem, "table %s (it is %s now, and another has its name)", table->name,
                          table->moved_to);
        return true;
    }
    const char *shape = one_text(mem, back->engine,
                                 mem_printf(mem,
                                            "SELECT " UNDO_SHAPE " FROM sqlite_schema t WHERE "
                                            "t.type = 'table' AND lower(t.name) = lower(%s)",
                                            undo_quote_text(mem, table->name)),
                                 &has_row, err);
    TRY(shape != NULL);
    if ((is_moved(table) && strcmp(shape, table->shape_then) == 0) ||
        (table->kept != KEPT_COPY && !is_in_order(table, now)))
        *out = mem_printf(mem, "columns of %s (others have their names)", table->name);
    return true;
}

static bool find_missing(TALLOC_CTX *mem, const struct rollback *back, const char **out,
                         struct error *err)
{
    SCRATCH(tmp);
    const char *missing = NULL;
    for (size_t i = 0; i < back->n_tables; i++) {
        const struct undo_table *table = &back->tables[i];
        struct undo_table now;
        const char *what;
        TRY(undo_table_read(tmp, back->engine, table->name, &now, err));
        what = now.n_columns == 0 ? mem_printf(tmp, "table %s", table->name)
                                  : missing_columns(tmp, table, &now);
        if (what == NULL)
            TRY(find_renamed(tmp, back, table, &now, &what, err));
        if (what != NULL)
            missing = joined(tmp, missing, what);
    }
    *out = mem_strdup(mem, missing);
    return true;
}

static const char *find_moved(TALLOC_CTX *mem, const struct rollback *back)
{
    const char *moved = NULL;
    for (size_t i = 0; i < back->n_tables; i++)
        if (is_moved(&back->tables[i]))
            moved = joined(mem, moved, back->tables[i].name);
    return mem_strdup(mem, moved);
}

// --- rows

static bool tell(struct rollback *back, const struct undo_table *table, engine_undo_conflict *each,
                 void *context, int64_t *n, struct error *err)
{
    SCRATCH(tmp);
    struct cursor *cursor;
    const char *prefix = undo_table_prefix(tmp, table);
    const struct name name = {.name = table->name};
    TRY(cursor_make(tmp, back->engine,
                    mem_printf(tmp,
                               "SELECT %s, a.answer FROM %s_answer a JOIN %s l ON l.rowid = a.row "
                               "WHERE a.answer NOT IN ('same', 'insert', 'update') ORDER BY a.row",
                               undo_table_key_text(tmp, table), prefix, prefix),
                    &cursor, err));
    for (bool has_row;;) {
        TRY(cursor_step(back->engine, cursor, &has_row, err));
        if (!has_row)
            return true;
        (*n)++;
        if (each != NULL)
            each(context, name, cursor_text(cursor, 0), cursor_text(cursor, 1));
    }
}

// --- triggers and foreign keys

static bool drop_triggers(struct rollback *back, const char *table, struct error *err)
{
    SCRATCH(tmp);
    struct cursor *cursor;
    char *drops = talloc_strdup(tmp, "");
    TRY(cursor_make(tmp, back->engine,
                    mem_printf(tmp,
                               "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND "
                               "lower(tbl_name) = lower(%s) ORDER BY rowid",
                               undo_quote_text(tmp, table)),
                    &cursor, err));
    for (bool has_row;;) {
        TRY(cursor_step(back->engine, cursor, &has_row, err));
        if (!has_row)
            break;
        drops = talloc_asprintf_append(drops, "DROP TRIGGER main.%s;\n",
                                       undo_quote_name(tmp, cursor_text(cursor, 0)));
        back->triggers = talloc_asprintf_append(back->triggers, "%s;\n", cursor_text(cursor, 1));
    }
    TALLOC_FREE(cursor);
    return sqlite_execute_long(back->engine, drops, err);
}

static bool count_orphans(struct rollback *back, int64_t *out, struct error *err)
{
    SCRATCH(tmp);
    struct cursor *cursor;
    bool has_row;
    TRY(cursor_make(tmp, back->engine, "SELECT count(*) FROM pragma_foreign_key_check", &cursor,
                    err));
    TRY(cursor_step(back->engine, cursor, &has_row, err));
    *out = sqlite3_column_int64(cursor->statement, 0);
    return true;
}

static bool read_defaults(struct rollback *back, struct undo_table *table, struct error *err)
{
    SCRATCH(tmp);
    for (size_t i = 0; i < table->n_columns; i++) {
        struct undo_column *column = &table->columns[i];
        bool has_row;
        if (!column->is_lost)
            continue;
        column->made = one_text(back->mem, back->engine,
                                mem_printf(tmp,
                                           "SELECT coalesce(dflt_value, 'NULL') FROM "
                                           "pragma_table_info(%s) WHERE lower(name) = lower(%s)",
                                           undo_quote_text(tmp, table->name),
                                           undo_quote_text(tmp, column->name)),
                                &has_row, err);
        if (column->made == NULL)
            return false;
    }
    return true;
}

static bool write_all(struct rollback *back, struct error *err)
{
    SCRATCH(tmp);
    int64_t orphans_before;
    int64_t orphans_after;
    TRY(count_orphans(back, &orphans_before, err));
    for (size_t i = 0; i < back->n_tables; i++) {
        TRY(drop_triggers(back, back->tables[i].name, err));
        TRY(read_defaults(back, &back->tables[i], err));
        if (back->tables[i].kept == KEPT_PACKED)
            TRY(undo_unpack(back->engine, &back->tables[i],
                            undo_table_prefix(tmp, &back->tables[i]), err));
        TRY(undo_rows_judge(back->engine, &back->tables[i], err));
        TRY(undo_rows_write(back->engine, &back->tables[i], &back->rows, err));
    }
    TRY(sqlite_execute_long(back->engine, back->triggers, err));
    TRY(count_orphans(back, &orphans_after, err));
    if (orphans_after > orphans_before)
        return error_set(err, ERROR_DATABASE,
                         "%" PRId64 " rows would refer to rows that are not there (PRAGMA "
                         "foreign_key_check)",
                         orphans_after - orphans_before);
    return sqlite_execute_long(
        back->engine,
        mem_printf(tmp,
                   "UPDATE tminus_undo_log SET rolled_back_at = datetime('now') WHERE id = '%s'",
                   back->id),
        err);
}

static bool go_back(struct rollback *back, engine_undo_conflict *each, void *context, int64_t *n,
                    struct error *err)
{
    SCRATCH(tmp);
    struct found_log log;
    const char *missing;
    TRY(look(tmp, back->engine, back->id, &log, err));
    if (!log.is_there)
        return undo_fail_unknown(back->id, err);
    if (log.rolled_back_at != NULL)
        return undo_fail_done(back->id, log.rolled_back_at, err);
    TRY(check_ended(back, &log, err));
    TRY(read_tables(back, err));
    TRY(find_missing(tmp, back, &missing, err));
    if (missing != NULL)
        return undo_fail_missing(back->id, missing, err);
    TRY(write_all(back, err));
    for (size_t i = 0; i < back->n_tables; i++) {
        const char *prefix = undo_table_prefix(tmp, &back->tables[i]);
        bool is_packed = back->tables[i].kept == KEPT_PACKED;
        TRY(tell(back, &back->tables[i], each, context, n, err));
        TRY(sqlite_execute_long(
            back->engine,
            mem_printf(tmp,
                       is_packed ? "DROP TABLE %s_answer; DELETE FROM %s" : "DROP TABLE %s_answer",
                       prefix, prefix),
            err));
    }
    return sqlite_execute_long(back->engine, "COMMIT", err);
}

bool sqlite_undo_roll_back(TALLOC_CTX *mem, struct engine *engine,
                           const struct engine_undo_back *request, struct engine_undo_result *out,
                           struct error *err)
{
    SCRATCH(tmp);
    struct rollback back = {.mem = tmp, .engine = engine, .id = request->id};
    int64_t conflicts = 0;
    int64_t begun_ms = clock_monotonic_ms();
    (void)mem;
    back.triggers = talloc_strdup(tmp, "");
    TRY(undo_id_check(request->id, err));
    TRY(sqlite_execute(engine, "BEGIN IMMEDIATE", err));
    if (!go_back(&back, request->each, request->context, &conflicts, err)) {
        sqlite3_exec(engine->handle, "ROLLBACK", NULL, NULL, NULL);
        return error_wrap(err, "nothing was taken back");
    }
    *out = (struct engine_undo_result){
        .rows = back.rows,
        .conflicts = conflicts,
        .run = {.attempts = 1, .took_ms = clock_monotonic_ms() - begun_ms},
    };
    return true;
}

// --- what there is

static bool read_size(struct rollback *back, struct engine_undo_log *log, struct error *err)
{
    SCRATCH(tmp);
    for (size_t i = 0; i < back->n_tables; i++) {
        struct cursor *cursor;
        bool has_row;
        bool is_packed = back->tables[i].kept == KEPT_PACKED;
        const char *name = mem_printf(tmp, "%s%s", undo_table_prefix(tmp, &back->tables[i]),
                                      is_packed ? "_packed" : "");
        TRY(cursor_make(tmp, back->engine,
                        mem_printf(tmp,
                                   "SELECT (SELECT %s FROM %s), (SELECT total(pgsize) FROM dbstat "
                                   "WHERE name = '%s' AND aggregate = 1)",
                                   is_packed ? "total(n_rows)" : "count(*)", name, name),
                        &cursor, err));
        TRY(cursor_step(back->engine, cursor, &has_row, err));
        log->rows += sqlite3_column_int64(cursor->statement, 0);
        log->bytes += sqlite3_column_int64(cursor->statement, 1);
    }
    return true;
}

bool sqlite_undo_list(TALLOC_CTX *mem, struct engine *engine, bool has_sizes,
                      struct engine_undo_log **out, size_t *n, struct error *err)
{
    SCRATCH(tmp);
    struct cursor *cursor;
    struct engine_undo_log *logs = NULL;
    size_t n_logs = 0;
    bool has_row;
    if (one_text(tmp, engine, "SELECT 1 FROM sqlite_schema WHERE name = 'tminus_undo_log'",
                 &has_row, err) == NULL)
        return false;
    if (has_row) {
        TRY(cursor_make(
            tmp, engine,
            "SELECT id, CAST(strftime('%s', made_at) AS INTEGER) * 1000, ended_at IS NOT "
            "NULL, rolled_back_at IS NOT NULL FROM tminus_undo_log ORDER BY made_at, "
            "id",
            &cursor, err));
        for (;;) {
            TRY(cursor_step(engine, cursor, &has_row, err));
            if (!has_row)
                break;
            struct engine_undo_log *log = mem_append(mem, logs, n_logs);
            log->id = mem_strdup(mem, cursor_text(cursor, 0));
            log->made_ms = sqlite3_column_int64(cursor->statement, 1);
            log->is_ended = sqlite3_column_int(cursor->statement, 2) != 0;
            log->is_rolled_back = sqlite3_column_int(cursor->statement, 3) != 0;
            struct rollback back = {.mem = tmp, .engine = engine, .id = log->id};
            log->rows = log->bytes = has_sizes ? 0 : -1;
            if (!has_sizes)
                continue;
            TRY(read_tables(&back, err));
            TRY(read_size(&back, log, err));
        }
    }
    *out = logs;
    *n = n_logs;
    return true;
}

bool sqlite_undo_look(TALLOC_CTX *mem, struct engine *engine, const char *id,
                      struct engine_undo_state *out, struct error *err)
{
    SCRATCH(tmp);
    struct rollback back = {.mem = tmp, .engine = engine, .id = id};
    struct found_log log;
    const char *missing = NULL;
    TRY(undo_id_check(id, err));
    TRY(look(tmp, engine, id, &log, err));
    if (log.is_there) {
        TRY(read_tables(&back, err));
        TRY(find_missing(mem, &back, &missing, err));
    }
    *out = (struct engine_undo_state){.is_there = log.is_there,
                                      .is_ended = log.is_ended,
                                      .is_rolled_back = log.rolled_back_at != NULL,
                                      .missing = missing,
                                      .moved = find_moved(mem, &back)};
    return true;
}

static bool drop(struct rollback *back, struct error *err)
{
    SCRATCH(tmp);
    struct found_log log;
    TRY(look(tmp, back->engine, back->id, &log, err));
    if (!log.is_there)
        return undo_fail_unknown(back->id, err);
    TRY(read_tables(back, err));
    for (size_t i = 0; i < back->n_tables; i++) {
        const char *prefix = undo_table_prefix(tmp, &back->tables[i]);
        TRY(sqlite_execute_long(
            back->engine,
            mem_printf(tmp,
                       "DROP TRIGGER IF EXISTS %1$s_keys; DROP TABLE %1$s; DROP "
                       "TABLE %1$s_key; DROP TABLE IF EXISTS %1$s_before; "
                       "DROP TABLE IF EXISTS %1$s_packed;",
                       prefix),
            err));
    }
    return sqlite_execute_long(back->engine,
                               mem_printf(tmp,
                                          "DELETE FROM tminus_undo_column WHERE log = '%1$s';"
                                          "DELETE FROM tminus_undo_table WHERE log = '%1$s';"
                                          "DELETE FROM tminus_undo_log WHERE id = '%1$s'; COMMIT",
                                          back->id),
                               err);
}

bool sqlite_undo_drop(struct engine *engine, const char *id, struct error *err)
{
    SCRATCH(tmp);
    struct rollback back = {.mem = tmp, .engine = engine, .id = id};
    TRY(undo_id_check(id, err));
    TRY(sqlite_execute(engine, "BEGIN IMMEDIATE", err));
    if (drop(&back, err))
        return true;
    sqlite3_exec(engine->handle, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

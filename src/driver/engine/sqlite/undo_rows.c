/*
 * Rows of a table back to what an undo log has of them: what became of each is decided for all
 * before any is written.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/sqlite/undo_rows.h"

// All columns `which` are so; "1" where there are none.
static const char *each_is(TALLOC_CTX *mem, const struct undo_table *table, enum undo_columns which,
                           const char *pattern)
{
    const char *text = undo_table_text(mem, table, which, pattern, " AND ");
    return *text != '\0' ? text : "1";
}

#define ANSWER_BESIDE "differs from the copy beside what comes back"

// Of a copy. Rows of a table that was made anew are not there (has_after: NULL), and values of a
// column that was, are NULL or its default. Whoever wrote what else differs is not known; nor is,
// in a table without a key, which row is which.
static const char *copied_sql(TALLOC_CTX *mem, const struct undo_table *table, const char *is_back,
                              const char *is_left)
{
    bool has_lost = *undo_table_text(mem, table, COLUMNS_LOST, "%c", "") != '\0';
    const char *is_fresh =
        each_is(mem, table, COLUMNS_LOST,
                "(t.%c IS NULL OR t.%c IS (%m) OR " UNDO_SAME("t.%c", "l.%o") ")");
    const char *is_untouched =
        table->key_is_rowid ? each_is(mem, table, COLUMNS_STAYED, UNDO_SAME("l.%o", "l.%n")) : "1";
    return mem_printf(mem,
                      "CASE WHEN t.tminus_is_there IS NULL THEN CASE WHEN l.has_after IS %s THEN "
                      "'is gone' ELSE 'insert' END WHEN %s THEN 'same' WHEN l.has_after = 0 THEN "
                      "'is there again' WHEN l.has_after AND %s AND %s AND %s THEN 'update' WHEN "
                      "l.has_after AND %s AND %s AND %s THEN '" ANSWER_BESIDE "' ELSE "
                      "'differs from the copy' END",
                      table->key_is_rowid ? "NOT NULL" : "1", is_back, is_left, is_fresh,
                      is_untouched, has_lost ? "1" : "0", is_fresh, is_untouched);
}

static const char *logged_sql(TALLOC_CTX *mem, const struct undo_table *table, const char *is_back,
                              const char *is_left)
{
    return mem_printf(
        mem,
        "CASE WHEN EXISTS (SELECT 1 FROM %s_key k WHERE %s) THEN 'its key was updated' "
        "WHEN t.tminus_is_there IS NULL THEN CASE WHEN l.has_after THEN 'is gone' ELSE "
        "'insert' END WHEN %s THEN 'same' WHEN NOT l.has_after THEN 'is there again' "
        "WHEN %s THEN 'update' ELSE 'changed since' END",
        undo_table_prefix(mem, table),
        undo_table_text(mem, table, COLUMNS_KEY, "k.%o IS l.%o", " AND "), is_back, is_left);
}

// What became of a row of the log is decided for all of them before any is written.
bool undo_rows_judge(struct engine *engine, const struct undo_table *table, struct error *err)
{
    SCRATCH(tmp);
    const char *prefix = undo_table_prefix(tmp, table);
    const char *is_left =
        each_is(tmp, table, COLUMNS_STAYED,
                "(" UNDO_SAME("l.%o", "l.%n") " OR " UNDO_SAME("t.%c", "l.%n") ")");
    const char *is_back =
        mem_printf(tmp, "%s AND %s",
                   each_is(tmp, table, COLUMNS_STAYED,
                           "((l.has_after AND " UNDO_SAME("l.%o", "l.%n") ") OR " UNDO_SAME(
                               "t.%c", "l.%o") ")"),
                   each_is(tmp, table, COLUMNS_LOST, UNDO_SAME("t.%c", "l.%o")));
    const char *answer = table->kept == KEPT_COPY ? copied_sql(tmp, table, is_back, is_left)
                                                  : logged_sql(tmp, table, is_back, is_left);
    return sqlite_execute_long(
        engine,
        mem_printf(tmp,
                   "CREATE TABLE %s_answer AS SELECT l.rowid AS row, %s AS answer FROM %s l LEFT "
                   "JOIN (SELECT 1 AS tminus_is_there, %s FROM main.%s) t ON %s;\n"
                   "CREATE INDEX %s_answers ON %s_answer (answer);\n",
                   prefix, answer, prefix, undo_table_text(tmp, table, COLUMNS_ALL, "%c", ", "),
                   undo_quote_name(tmp, table->name),
                   undo_table_text(tmp, table, COLUMNS_KEY, "t.%c = l.%o", " AND "), prefix,
                   prefix),
        err);
}

// "main.t" or a copy of rows of it.
static char *update_sql(TALLOC_CTX *mem, const struct undo_table *table, const char *target)
{
    SCRATCH(tmp);
    const char *prefix = undo_table_prefix(tmp, table);
    const char *left = undo_table_text(
        tmp, table, COLUMNS_STAYED,
        "%c = CASE WHEN " UNDO_SAME("l.%o", "l.%n") " THEN t.%c ELSE l.%o END", ", ");
    const char *lost = undo_table_text(tmp, table, COLUMNS_LOST, "%c = l.%o", ", ");
    return mem_printf(
        mem,
        "UPDATE OR ABORT %s AS t SET %s%s%s FROM %s_answer a JOIN %s l ON l.rowid = a.row WHERE "
        "a.answer = 'update' AND %s",
        target, left, *left && *lost ? ", " : "", lost, prefix, prefix,
        undo_table_text(tmp, table, COLUMNS_KEY, "t.%c = l.%o", " AND "));
}

// Their unique values are in each other's way (pos = pos + 1): the rows are taken out, written, and
// put back. No trigger fires and nothing cascades meanwhile.
static bool rewrite_rows(struct engine *engine, const struct undo_table *table, int64_t *n_rows,
                         struct error *err)
{
    SCRATCH(tmp);
    struct undo_table now;
    const char *prefix = undo_table_prefix(tmp, table);
    const char *name = undo_quote_name(tmp, table->name);
    TRY(undo_table_read(tmp, engine, table->name, &now, err));
    const char *columns = undo_table_text(tmp, &now, COLUMNS_ALL, "%c", ", ");
    const char *parked = mem_printf(tmp, "%s_parked", prefix);
    const char *is_key = undo_table_text(tmp, table, COLUMNS_KEY, "t.%c = l.%o", " AND ");
    TRY(sqlite_execute_long(
        engine,
        mem_printf(tmp,
                   "CREATE TABLE %1$s AS SELECT %2$s FROM %3$s_answer a JOIN %3$s l ON l.rowid = "
                   "a.row JOIN main.%4$s t ON %5$s WHERE a.answer = 'update';\n"
                   "CREATE INDEX %1$s_key ON %1$s (%6$s);\n",
                   parked, undo_table_text(tmp, &now, COLUMNS_ALL, "t.%c AS %c", ", "), prefix,
                   name, is_key, undo_table_text(tmp, table, COLUMNS_KEY, "%c", ", ")),
        err));
    TRY(sqlite_execute_long(engine, update_sql(tmp, table, parked), err));
    *n_rows += sqlite3_changes64(engine->handle);
    return sqlite_execute_long(
        engine,
        mem_printf(tmp,
                   "DELETE FROM main.%1$s AS t WHERE EXISTS (SELECT 1 FROM %2$s l WHERE %3$s);\n"
                   "INSERT OR ABORT INTO main.%1$s (%4$s) SELECT %4$s FROM %2$s;\nDROP TABLE %2$s;",
                   name, parked, undo_table_text(tmp, table, COLUMNS_KEY, "t.%c = l.%c", " AND "),
                   columns),
        err);
}

static bool update_rows(struct engine *engine, const struct undo_table *table, int64_t *n_rows,
                        struct error *err)
{
    SCRATCH(tmp);
    const char *target = mem_printf(tmp, "main.%s", undo_quote_name(tmp, table->name));
    if (sqlite_execute_long(engine, update_sql(tmp, table, target), err)) {
        *n_rows += sqlite3_changes64(engine->handle);
        return true;
    }
    if (sqlite3_extended_errcode(engine->handle) != SQLITE_CONSTRAINT_UNIQUE)
        return false;
    *err = (struct error){0};
    return rewrite_rows(engine, table, n_rows, err);
}

// Of rows that others changed elsewhere, the columns that were dropped.
static bool write_lost(struct engine *engine, const struct undo_table *table, int64_t *n_rows,
                       struct error *err)
{
    SCRATCH(tmp);
    const char *prefix = undo_table_prefix(tmp, table);
    const char *set = undo_table_text(tmp, table, COLUMNS_LOST, "%c = l.%o", ", ");
    if (table->kept != KEPT_COPY || set[0] == '\0')
        return true;
    TRY(sqlite_execute_long(
        engine,
        mem_printf(tmp,
                   "UPDATE OR ABORT main.%s AS t SET %s FROM %s_answer a JOIN %s l ON l.rowid = "
                   "a.row WHERE a.answer = '" ANSWER_BESIDE "' AND %s",
                   undo_quote_name(tmp, table->name), set, prefix, prefix,
                   undo_table_text(tmp, table, COLUMNS_KEY, "t.%c = l.%o", " AND ")),
        err));
    *n_rows += sqlite3_changes64(engine->handle);
    return true;
}

bool undo_rows_write(struct engine *engine, const struct undo_table *table, int64_t *n_rows,
                     struct error *err)
{
    SCRATCH(tmp);
    const char *prefix = undo_table_prefix(tmp, table);
    const char *name = undo_quote_name(tmp, table->name);
    TRY(update_rows(engine, table, n_rows, err));
    TRY(write_lost(engine, table, n_rows, err));
    TRY(sqlite_execute_long(
        engine,
        mem_printf(
            tmp,
            "INSERT OR ABORT INTO main.%s (%s) SELECT %s FROM %s_answer a JOIN %s l ON l.rowid = "
            "a.row WHERE a.answer = 'insert'",
            name, undo_table_text(tmp, table, COLUMNS_ALL, "%c", ", "),
            undo_table_text(tmp, table, COLUMNS_ALL, "l.%o", ", "), prefix, prefix),
        err));
    *n_rows += sqlite3_changes64(engine->handle);
    return true;
}

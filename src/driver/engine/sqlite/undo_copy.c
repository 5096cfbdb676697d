/*
 * Undo logs of tables that are rewritten: what became of the rows of the copy until the migration's
 * end.
 *
 * Without that nobody knows of a row that is missing when the data goes back, or of a NULL, whether
 * the migration left it so or somebody else since. Which columns are left shows behind the
 * migration only, so it is looked up where the machine is (a function) and not written down before.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/sqlite/undo_copy.h"
#include "base/error.h"

struct completing {
    struct engine *engine;
    const char *log;
    int64_t n;
    const char *name; // of the table, quoted
    char *sets, *key, *lost;
    bool has_table, has_key;
};

static const char columns_sql[] =
    "SELECT t.name, c.place, c.name, c.key_position > 0, l.name IS NOT NULL, CASE WHEN c.is_rowid "
    "THEN l.name IS NOT NULL AND NOT l.wr ELSE EXISTS (SELECT 1 FROM pragma_table_xinfo(t.name) x "
    "WHERE x.name = c.name AND x.hidden = 0) END FROM tminus_undo_table t JOIN tminus_undo_column "
    "c "
    "ON c.log = t.log AND c.n = t.n LEFT JOIN pragma_table_list l ON l.schema = 'main' AND l.type "
    "= "
    "'table' AND lower(l.name) = lower(t.name) WHERE t.log = '%s' AND t.n = %lld ORDER BY c.place";

static void take_column(struct completing *completing, struct cursor *cursor)
{
    SCRATCH(tmp);
    int place = sqlite3_column_int(cursor->statement, 1);
    const char *column = undo_quote_name(tmp, cursor_text(cursor, 2));
    bool is_key = sqlite3_column_int(cursor->statement, 3) != 0;
    bool is_there = sqlite3_column_int(cursor->statement, 5) != 0;
    completing->has_table = sqlite3_column_int(cursor->statement, 4) != 0;
    completing->has_key &= !is_key || is_there;
    if (is_there)
        completing->sets = talloc_asprintf_append(completing->sets, ", n_%d = t.%s", place, column);
    else
        completing->lost =
            talloc_asprintf_append(completing->lost, "%s%d", *completing->lost ? ", " : "", place);
    if (is_key)
        completing->key = talloc_asprintf_append(completing->key, "%st.%s = l.o_%d",
                                                 *completing->key ? " AND " : "", column, place);
}

static bool read_columns(TALLOC_CTX *mem, struct completing *completing, struct error *err)
{
    struct cursor *cursor;
    TRY(cursor_make(mem, completing->engine,
                    mem_printf(mem, columns_sql, completing->log, (long long)completing->n),
                    &cursor, err));
    for (bool has_row;;) {
        TRY(cursor_step(completing->engine, cursor, &has_row, err));
        if (!has_row)
            return true;
        completing->name = undo_quote_name(mem, cursor_text(cursor, 0));
        take_column(completing, cursor);
    }
}

// A table that is not there any more leaves its rows as they are: nothing is known of them.
static bool complete(struct completing *completing, struct error *err)
{
    SCRATCH(tmp);
    completing->sets = talloc_strdup(tmp, "");
    completing->key = talloc_strdup(tmp, "");
    completing->lost = talloc_strdup(tmp, "");
    completing->has_key = true;
    TRY(read_columns(tmp, completing, err));
    if (!completing->has_table)
        return true;
    const char *kept =
        mem_printf(tmp, "tminus_undo_%s_%lld", completing->log, (long long)completing->n);
    const char *rows =
        completing->has_key
            ? mem_printf(tmp,
                         "UPDATE %s SET has_after = 0; UPDATE %s AS l SET has_after = 1%s FROM "
                         "main.%s AS t WHERE %s;",
                         kept, kept, completing->sets, completing->name, completing->key)
            : mem_printf(tmp, "UPDATE %s SET has_after = 1;", kept);
    return sqlite_execute_long(
        completing->engine,
        mem_printf(tmp,
                   "%s UPDATE tminus_undo_column SET is_lost = 1 WHERE log = '%s' AND n = %lld "
                   "AND (place IN (%s) OR %d);",
                   rows, completing->log, (long long)completing->n, completing->lost,
                   !completing->has_key),
        err);
}

static void on_call(sqlite3_context *context, int n, sqlite3_value **values)
{
    struct error err;
    struct completing completing = {
        .engine = sqlite3_user_data(context),
        .log = (const char *)sqlite3_value_text(values[0]),
        .n = sqlite3_value_int64(values[1]),
    };
    (void)n;
    if (!complete(&completing, &err))
        sqlite3_result_error(context, err.message, -1);
}

bool undo_copy_install(struct engine *engine, struct error *err)
{
    return sqlite3_create_function_v2(engine->handle, UNDO_COMPLETE, 2,
                                      SQLITE_UTF8 | SQLITE_DIRECTONLY, engine, on_call, NULL, NULL,
                                      NULL) == SQLITE_OK ||
           sqlite_fail(engine, err, ERROR_INTERNAL, "undo log");
}

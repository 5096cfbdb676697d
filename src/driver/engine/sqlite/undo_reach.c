/*
 * Which other tables lose rows or values when one is written: by its triggers, and by theirs.
 *
 * SQLite knows: it compiles the programs of triggers into the statement that fires them, and asks
 * the authorizer for each table that they write.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/sqlite/undo_reach.h"
#include "base/text.h"

static bool is_ours(const char *name)
{
    return strncmp(name, "tminus_", 7) == 0 || strncmp(name, "sqlite_", 7) == 0;
}

bool undo_reach_has(const struct undo_reach *reach, const char *name)
{
    for (size_t i = 0; i < reach->n_names; i++)
        if (text_equal_nocase(reach->names[i], name))
            return true;
    return false;
}

struct access {
    struct undo_reach *reach;
    TALLOC_CTX *mem;
    char *inserted; // names, quoted, separated by commas
};

static int on_access(void *context, int action, const char *name, const char *column,
                     const char *database, const char *trigger)
{
    struct access *access = context;
    struct undo_reach *reach = access->reach;
    (void)column;
    if (trigger == NULL || database == NULL || strcmp(database, "main") != 0)
        return SQLITE_OK;
    if (action == SQLITE_INSERT)
        access->inserted =
            talloc_asprintf_append(access->inserted, ", %s", undo_quote_text(access->mem, name));
    if ((action == SQLITE_UPDATE || action == SQLITE_DELETE) && !is_ours(name) &&
        !undo_reach_has(reach, name))
        *mem_append(reach->mem, reach->names, reach->n_names) = mem_strdup(reach->mem, name);
    return SQLITE_OK;
}

// Compiled alone. What does not compile fails in the migration, too.
static bool compile(struct engine *engine, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    bool is_done = sqlite3_prepare_v2(engine->handle, sql, -1, &statement, NULL) == SQLITE_OK;
    sqlite3_finalize(statement);
    return is_done;
}

// Rows go into full-text tables, and out of them, by INSERT.
static bool find_virtual(const struct access *access, struct engine *engine, struct error *err)
{
    SCRATCH(tmp);
    struct cursor *cursor;
    char *names = talloc_strdup(tmp, access->inserted);
    bool has_row;
    for (size_t i = 0; i < access->reach->n_names; i++)
        names =
            talloc_asprintf_append(names, ", %s", undo_quote_text(tmp, access->reach->names[i]));
    TRY(cursor_make(tmp, engine,
                    mem_printf(tmp,
                               "SELECT 1 FROM pragma_table_list WHERE schema = 'main' AND type = "
                               "'virtual' AND name COLLATE NOCASE IN (NULL%s)",
                               names),
                    &cursor, err));
    TRY(cursor_step(engine, cursor, &has_row, err));
    access->reach->has_virtual |= has_row;
    return true;
}

// How many of them compile; what they write, into `access`.
static size_t compile_all(struct access *access, struct engine *engine,
                          const char *const *statements, size_t n)
{
    size_t n_compiled = 0;
    sqlite3_set_authorizer(engine->handle, on_access, access);
    for (size_t i = 0; i < n; i++)
        n_compiled += compile(engine, statements[i]);
    guard_install(engine);
    return n_compiled;
}

bool undo_reach_add(struct undo_reach *reach, struct engine *engine, const struct undo_table *table,
                    bool *is_known, struct error *err)
{
    SCRATCH(tmp);
    struct access access = {.reach = reach, .mem = tmp, .inserted = talloc_strdup(tmp, "")};
    const char *name = undo_quote_name(tmp, table->name);
    const char *sets = undo_table_text(tmp, table, COLUMNS_DATA, "%c = %c", ", ");
    const char *const statements[] = {
        mem_printf(tmp, "UPDATE main.%s SET %s", name, sets),
        mem_printf(tmp, "DELETE FROM main.%s", name),
        mem_printf(tmp, "INSERT INTO main.%s DEFAULT VALUES", name),
    };
    bool is_compiled =
        compile_all(&access, engine, statements, COUNT_OF(statements)) == COUNT_OF(statements);
    TRY(find_virtual(&access, engine, err));
    *is_known = is_compiled && !reach->has_virtual;
    return true;
}

static bool view_columns(TALLOC_CTX *mem, struct engine *engine, const char *view, char **names,
                         char **sets, struct error *err)
{
    SCRATCH(tmp);
    struct cursor *cursor;
    *names = talloc_strdup(mem, "");
    *sets = talloc_strdup(mem, "");
    TRY(cursor_make(
        tmp, engine,
        mem_printf(tmp, "SELECT name FROM pragma_table_info(%s)", undo_quote_text(tmp, view)),
        &cursor, err));
    for (bool has_row;;) {
        TRY(cursor_step(engine, cursor, &has_row, err));
        if (!has_row)
            return true;
        const char *between = **names ? ", " : "";
        const char *name = undo_quote_name(tmp, cursor_text(cursor, 0));
        *names = talloc_asprintf_append(*names, "%s%s", between, name);
        *sets = talloc_asprintf_append(*sets, "%s%s = %s", between, name, name);
    }
}

bool undo_reach_add_view(struct undo_reach *reach, struct engine *engine, const char *view,
                         bool *is_known, struct error *err)
{
    SCRATCH(tmp);
    struct access access = {.reach = reach, .mem = tmp, .inserted = talloc_strdup(tmp, "")};
    const char *name = undo_quote_name(tmp, view);
    char *names, *sets;
    TRY(view_columns(tmp, engine, view, &names, &sets, err));
    const char *const statements[] = {
        mem_printf(tmp, "UPDATE main.%s SET %s", name, sets),
        mem_printf(tmp, "DELETE FROM main.%s", name),
        mem_printf(tmp, "INSERT INTO main.%s (%s) SELECT %s FROM main.%s", name, names, names,
                   name),
    };
    // What it has no trigger for cannot be written, and does not compile.
    bool is_compiled = compile_all(&access, engine, statements, COUNT_OF(statements)) > 0;
    TRY(find_virtual(&access, engine, err));
    *is_known = is_compiled && !reach->has_virtual;
    return true;
}

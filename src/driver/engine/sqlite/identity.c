/*
 * Identity of an SQLite database: a stored id, and the path.
 *
 * An SQLite file has no system identifier. `tminus migrate` stores a random id in the table
 * tminus_identity, in the transaction of its first record; a baseline only reads, so a database
 * that tminus never migrated has none, and its path is all that is known. A copy of the file has
 * the same id and another path.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/sqlite/sqlite.h"
#include <inttypes.h>

static bool read_text(TALLOC_CTX *mem, struct engine *engine, const char *sql, const char **out,
                      struct error *err)
{
    SCRATCH(tmp);
    struct cursor *cursor;
    bool has_row;
    TRY(cursor_make(tmp, engine, sql, &cursor, err));
    TRY(cursor_step(engine, cursor, &has_row, err));
    *out = has_row ? mem_strdup(mem, cursor_text(cursor, 0)) : NULL;
    return true;
}

bool sqlite_identity(TALLOC_CTX *mem, struct engine *engine, struct engine_identity *out,
                     struct error *err)
{
    SCRATCH(tmp);
    const char *table = NULL;
    const char *id = NULL;
    const char *pages = NULL;
    TRY(read_text(tmp, engine,
                  "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = '" TABLE_IDENTITY
                  "'",
                  &table, err));
    if (table != NULL)
        TRY(read_text(mem, engine, "SELECT id FROM " TABLE_IDENTITY " LIMIT 1", &id, err));
    TRY(read_text(tmp, engine, "PRAGMA page_count", &pages, err));
    *out = (struct engine_identity){
        .engine = "sqlite",
        .system = id,
        .database = mem_strdup(mem, engine->path),
        .version = sqlite3_libversion(),
        .text = mem_printf(mem, "SQLite database %s (%s pages, %s%s)", engine->path, pages,
                           id ? "id " : "no id stored yet", id ? id : ""),
    };
    return true;
}

/*
 * Digest of an SQLite schema: SHA-256 over a canonical text of sqlite_schema.
 *
 * SQLite keeps the text of each CREATE as it was written, and ALTER TABLE rewrites objects of it:
 * after a rename and back, `emails` has become `"emails"`. So the text is cut into tokens: blanks,
 * comments, quotes of names and the case of words do not count, constants do. Names of tables and
 * columns are added as they are, because programs see their case. Page layout, statistics,
 * sqlite_sequence and our own tables do not count.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/digest.h"
#include "base/text.h"
#include "driver/engine/sqlite/sqlite.h"
#include "statement/lexer.h"
#include <xxhash.h>

static char *token_text(TALLOC_CTX *mem, const struct lexer *lexer, struct token token)
{
    if (token.kind == TOKEN_WORD || token.kind == TOKEN_IDENTIFIER)
        return mem_printf(mem, "w%s", text_lower(mem, token_value(mem, lexer, token)));
    return mem_printf(mem, "=%.*s", (int)token.len, lexer->text + token.offset);
}

static void write_sql(FILE *out, const char *sql)
{
    SCRATCH(tmp);
    struct lexer lexer = lexer_make(DIALECT_SQLITE, sql, 0, strlen(sql));
    for (;;) {
        struct token token = lexer_next(&lexer);
        if (token.kind == TOKEN_END)
            return;
        fprintf(out, "%s%c", token_text(tmp, &lexer, token), '\0');
    }
}

// Of a CREATE TABLE, whatever the order of what stands between its commas.
static uint64_t hash_unordered(const char *sql)
{
    SCRATCH(tmp);
    struct lexer lexer = lexer_make(DIALECT_SQLITE, sql, 0, strlen(sql));
    uint64_t around = 0, piece = 0, pieces = 0;
    for (int depth = 0;;) {
        struct token token = lexer_next(&lexer);
        if (token.kind == TOKEN_END)
            return XXH3_64bits_withSeed(&pieces, sizeof pieces, around);
        depth -= token.kind == TOKEN_CLOSE;
        if ((depth == 1 && token.kind == TOKEN_COMMA) ||
            (depth == 0 && token.kind == TOKEN_CLOSE)) {
            pieces += XXH3_64bits(&piece, sizeof piece);
            piece = 0;
        } else {
            uint64_t *into = depth == 0 ? &around : &piece;
            const char *text = token_text(tmp, &lexer, token);
            *into = XXH3_64bits_withSeed(text, strlen(text) + 1, *into);
        }
        depth += token.kind == TOKEN_OPEN;
    }
}

// `*names`: a hash of theirs in any order.
static bool write_columns(FILE *out, struct engine *engine, const char *table, uint64_t *names,
                          struct error *err)
{
    SCRATCH(tmp);
    struct cursor *cursor;
    bool has_row = true;
    TRY(cursor_make(tmp, engine, "SELECT name FROM pragma_table_xinfo(?1, 'main') ORDER BY cid",
                    &cursor, err));
    sqlite3_bind_text(cursor->statement, 1, table, -1, SQLITE_TRANSIENT);
    while (has_row) {
        TRY(cursor_step(engine, cursor, &has_row, err));
        if (!has_row)
            break;
        fprintf(out, "c%s%c", cursor_text(cursor, 0), '\0');
        *names += XXH3_64bits(cursor_text(cursor, 0), strlen(cursor_text(cursor, 0)) + 1);
    }
    return true;
}

struct digesting {
    TALLOC_CTX *mem;
    FILE *out;
    char *text; // what `out` holds, once it is flushed
    size_t len;
    size_t start;                   // of the object that is being written
    struct schema_objects *objects; // NULL: not asked for
};

// `unordered` 0: it is no table.
static void end_object(struct digesting *digesting, const char *name, uint64_t unordered)
{
    fputc('\n', digesting->out);
    fflush(digesting->out);
    if (digesting->objects != NULL) {
        uint64_t hash =
            XXH3_64bits(digesting->text + digesting->start, digesting->len - digesting->start);
        schema_objects_add(digesting->mem, digesting->objects, name, hash,
                           unordered == 0 ? hash : unordered);
    }
    digesting->start = digesting->len;
}

// A virtual table's module may be missing here; its columns are in its text.
static bool is_plain_table(struct cursor *cursor)
{
    return strcmp(cursor_text(cursor, 0), "table") == 0 &&
           sqlite3_column_int(cursor->statement, 4) != 0;
}

static bool write_schema(struct digesting *digesting, struct engine *engine, struct error *err)
{
    FILE *out = digesting->out;
    SCRATCH(tmp);
    struct cursor *cursor;
    TRY(cursor_make(tmp, engine,
                    "SELECT type, name, tbl_name, sql, rootpage FROM main.sqlite_schema "
                    "WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
                    "AND tbl_name NOT IN " OUR_TABLES " AND tbl_name NOT IN " INDEX_TABLES
                    " AND tbl_name NOT GLOB '" UNDO_TABLES "' AND name NOT GLOB '" UNDO_TABLES
                    "' ORDER BY type, name",
                    &cursor, err));
    for (;;) {
        bool has_row;
        TRY(cursor_step(engine, cursor, &has_row, err));
        if (!has_row)
            return true;
        fprintf(out, "%s%c%s%c%s%c", cursor_text(cursor, 0), '\0', cursor_text(cursor, 1), '\0',
                cursor_text(cursor, 2), '\0');
        uint64_t unordered = 0;
        if (is_plain_table(cursor)) {
            TRY(write_columns(out, engine, cursor_text(cursor, 1), &unordered, err));
            unordered += hash_unordered(cursor_text(cursor, 3));
        }
        write_sql(out, cursor_text(cursor, 3));
        end_object(digesting, cursor_text(cursor, 1), unordered);
    }
}

static bool read_digest(TALLOC_CTX *mem, struct engine *engine, char hex[65],
                        struct schema_objects *objects, struct error *err)
{
    struct digesting digesting = {.mem = mem, .objects = objects};
    digesting.out = open_memstream(&digesting.text, &digesting.len);
    bool is_written = write_schema(&digesting, engine, err);
    fclose(digesting.out);
    if (is_written) {
        struct digest_text digest = digest_of(digesting.text, digesting.len);
        memcpy(hex, digest.hex, sizeof digest.hex);
    }
    free(digesting.text);
    return is_written;
}

bool sqlite_catalog_digest(struct engine *engine, char hex[65], struct error *err)
{
    return read_digest(NULL, engine, hex, NULL, err);
}

bool sqlite_catalog_objects(TALLOC_CTX *mem, struct engine *engine, char hex[65],
                            struct schema_objects *out, struct error *err)
{
    *out = (struct schema_objects){0};
    TRY(read_digest(mem, engine, hex, out, err));
    schema_objects_end(out);
    return true;
}

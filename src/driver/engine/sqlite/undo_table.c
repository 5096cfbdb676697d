/*
 * A table of an undo log: its columns, its key, and SQL made of them.
 *
 * The key is the primary key where its columns are not NULL, else the rowid.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/sqlite/undo_table.h"
#include "base/text.h"

static const char *const rowid_names[] = {"rowid", "_rowid_", "oid"};

char *undo_table_prefix(TALLOC_CTX *mem, const struct undo_table *table)
{
    return mem_printf(mem, "tminus_undo_%s_%lld", table->log, (long long)table->n);
}

char *undo_quote_name(TALLOC_CTX *mem, const char *name)
{
    return text_enclosed(mem, name, '"', "\"");
}

char *undo_quote_text(TALLOC_CTX *mem, const char *text)
{
    return text_enclosed(mem, text, '\'', "'");
}

static bool has_column(const struct undo_table *table, const char *name)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (text_equal_nocase(table->columns[i].name, name))
            return true;
    return false;
}

// Rows without a usable key are known by their rowid, under a name that no column has taken.
static void use_rowid(TALLOC_CTX *mem, struct undo_table *table)
{
    const char *name = NULL;
    for (size_t i = 0; i < COUNT_OF(rowid_names) && name == NULL; i++)
        name = has_column(table, rowid_names[i]) ? NULL : rowid_names[i];
    for (size_t i = 0; i < table->n_columns; i++)
        table->columns[i].key_position = 0;
    if (name == NULL)
        return;
    *mem_append(mem, table->columns, table->n_columns) =
        (struct undo_column){.name = name, .key_position = 1, .is_rowid = true};
    table->key_is_rowid = table->is_key_order = true;
}

bool undo_table_read(TALLOC_CTX *mem, struct engine *engine, const char *name,
                     struct undo_table *out, struct error *err)
{
    SCRATCH(tmp);
    struct cursor *cursor;
    struct undo_table table = {.name = mem_strdup(mem, name)};
    bool is_key_known = true;
    bool is_integer = false;
    size_t n_key = 0;
    bool has_key_index = false;
    // hidden: 2 and 3 are generated columns. INTEGER PRIMARY KEY DESC has an index, and is no
    // rowid.
    const char *sql = mem_printf(
        tmp,
        "SELECT c.name, c.pk, c.\"notnull\" OR t.wr, upper(c.type) = 'INTEGER' AND NOT t.wr, "
        "EXISTS "
        "(SELECT 1 FROM pragma_index_list(t.name) i WHERE i.origin = 'pk') FROM "
        "pragma_table_list t JOIN pragma_table_xinfo(t.name) c WHERE t.schema = 'main' AND t.type "
        "= 'table' AND lower(t.name) = lower(%s) AND c.hidden = 0 ORDER BY c.cid",
        undo_quote_text(tmp, name));
    TRY(cursor_make(tmp, engine, sql, &cursor, err));
    for (bool has_row;;) {
        TRY(cursor_step(engine, cursor, &has_row, err));
        if (!has_row)
            break;
        int position = sqlite3_column_int(cursor->statement, 1);
        *mem_append(mem, table.columns, table.n_columns) = (struct undo_column){
            .name = mem_strdup(mem, cursor_text(cursor, 0)), .key_position = position};
        n_key += position > 0;
        is_key_known &= position == 0 || sqlite3_column_int(cursor->statement, 2) != 0;
        is_integer |= position > 0 && sqlite3_column_int(cursor->statement, 3) != 0;
        has_key_index = sqlite3_column_int(cursor->statement, 4) != 0;
    }
    table.is_key_order = n_key == 1 && is_integer && !has_key_index;
    if (table.n_columns > 0 && (n_key == 0 || (!is_key_known && !(n_key == 1 && is_integer))))
        use_rowid(mem, &table);
    *out = table;
    return true;
}

static bool is_named(const char *column, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text_equal_nocase(names[i], column))
            return true;
    return false;
}

bool undo_table_narrow(TALLOC_CTX *mem, struct undo_table *table, const char *const *names,
                       size_t n)
{
    struct undo_column *columns = NULL;
    size_t n_columns = 0;
    size_t n_named = 0;
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct undo_column *column = &table->columns[i];
        bool is_key = column->key_position > 0;
        if (!is_key && !is_named(column->name, names, n))
            continue;
        n_named += !is_key;
        *mem_append(mem, columns, n_columns) = *column;
    }
    table->columns = columns;
    table->n_columns = n_columns;
    return n_named == n;
}

static char *expand(TALLOC_CTX *mem, const char *pattern, const struct undo_column *column,
                    size_t place)
{
    SCRATCH(tmp);
    const char *name = undo_quote_name(tmp, column->name);
    char *text = talloc_strdup(mem, "");
    for (const char *at = pattern; *at != '\0'; at++) {
        if (at[0] == '%' && at[1] == 'c')
            text = talloc_strdup_append(text, name);
        else if (at[0] == '%' && (at[1] == 'o' || at[1] == 'n'))
            text = talloc_asprintf_append(text, "%c_%zu", at[1], place);
        else if (at[0] == '%' && at[1] == 'm')
            text = talloc_strdup_append(text, column->made != NULL ? column->made : "NULL");
        else {
            text = talloc_strndup_append(text, at, 1);
            continue;
        }
        at++;
    }
    return text;
}

static bool is_one(const struct undo_column *column, enum undo_columns which)
{
    switch (which) {
    case COLUMNS_ALL: return true;
    case COLUMNS_KEY: return column->key_position > 0;
    case COLUMNS_NOT_KEY: return column->key_position == 0;
    case COLUMNS_DATA: return !column->is_rowid;
    case COLUMNS_LOST: return !column->is_rowid && column->is_lost;
    case COLUMNS_STAYED: return !column->is_rowid && !column->is_lost;
    }
    bug("undo table: columns %d", (int)which);
}

char *undo_table_text(TALLOC_CTX *mem, const struct undo_table *table, enum undo_columns which,
                      const char *pattern, const char *between)
{
    SCRATCH(tmp);
    char *text = talloc_strdup(mem, "");
    bool is_first = true;
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct undo_column *column = &table->columns[i];
        if (!is_one(column, which))
            continue;
        text = talloc_asprintf_append(text, "%s%s", is_first ? "" : between,
                                      expand(tmp, pattern, column, i + 1));
        is_first = false;
    }
    return text;
}

char *undo_table_key_text(TALLOC_CTX *mem, const struct undo_table *table)
{
    SCRATCH(tmp);
    char *text = talloc_strdup(mem, "");
    for (int position = 1; position <= (int)table->n_columns; position++) {
        for (size_t i = 0; i < table->n_columns; i++) {
            if (table->columns[i].key_position != position)
                continue;
            const char *name = mem_printf(tmp, "%s=", table->columns[i].name);
            text = talloc_asprintf_append(text, "%s%s || quote(l.o_%zu)",
                                          position > 1 ? " || ', ' || " : "",
                                          undo_quote_text(tmp, name), i + 1);
        }
    }
    return text;
}

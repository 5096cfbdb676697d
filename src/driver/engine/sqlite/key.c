/*
 * Keys of SQLite tables: the declared primary key, else the rowid, else none (a view, a table whose
 * columns hide all three names of the rowid).
 *
 * SQLite lets primary keys of rowid tables be NULL, and two such rows may be equal: the rowid is
 * added to the image where a key column is NULL, so that the image stays unique.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/sqlite/key.h"
#include "base/text.h"

#define IMAGE_NUMBER_SIZE 9    // tag and 8 bytes
#define TAG_ROWID 'r'          // the others are SQLite's type codes, 1 to 5
#define KEY_TEXT_BYTES_MAX 200 // of one value, for people

static bool find_table(struct engine *engine, const struct engine_fingerprint_request *request,
                       bool *is_view, struct error *err)
{
    SCRATCH(tmp);
    struct cursor *cursor;
    bool has_row;
    const char *schema = request->table.schema;
    if (schema != NULL && !text_equal_nocase(schema, "main"))
        return error_set(err, ERROR_UNKNOWN, "no such schema: '%s' (SQLite has 'main')", schema);
    TRY(cursor_make(tmp, engine,
                    "SELECT type = 'view' FROM main.sqlite_schema WHERE type IN ('table', 'view') "
                    "AND name = ?1 COLLATE NOCASE",
                    &cursor, err));
    sqlite3_bind_text(cursor->statement, 1, request->table.name, -1, SQLITE_STATIC);
    TRY(cursor_step(engine, cursor, &has_row, err));
    if (!has_row)
        return error_set(err, ERROR_UNKNOWN, "no such table: '%s'", request->table.name);
    *is_view = sqlite3_column_int(cursor->statement, 0) != 0;
    return true;
}

static const struct table_column *find_column(const struct table_columns *columns, const char *name)
{
    for (size_t i = 0; i < columns->n_all; i++) {
        if (text_equal_nocase(columns->all[i].name, name))
            return &columns->all[i];
    }
    return NULL;
}

static bool choose_columns(TALLOC_CTX *mem, const struct engine_fingerprint_request *request,
                           struct table_columns *columns, struct error *err)
{
    if (request->columns == NULL) {
        columns->list = columns->all;
        columns->n = columns->n_all;
        return true;
    }
    columns->list = mem_array(mem, struct table_column, request->n_columns);
    columns->n = request->n_columns;
    for (size_t i = 0; i < request->n_columns; i++) {
        const struct table_column *column = find_column(columns, request->columns[i]);
        if (column == NULL)
            return error_set(err, ERROR_UNKNOWN, "table '%s' has no column '%s'",
                             request->table.name, request->columns[i]);
        columns->list[i] = *column;
    }
    return true;
}

bool table_columns_read(TALLOC_CTX *mem, struct engine *engine,
                        const struct engine_fingerprint_request *request, struct table_columns *out,
                        struct error *err)
{
    SCRATCH(tmp);
    struct cursor *cursor;
    bool has_row;
    *out = (struct table_columns){0};
    TRY(find_table(engine, request, &out->is_view, err));
    TRY(cursor_make(tmp, engine,
                    "SELECT name, type, pk FROM pragma_table_xinfo(?1, 'main') WHERE hidden <> 1 "
                    "ORDER BY cid",
                    &cursor, err));
    sqlite3_bind_text(cursor->statement, 1, request->table.name, -1, SQLITE_STATIC);
    for (;;) {
        TRY(cursor_step(engine, cursor, &has_row, err));
        if (!has_row)
            return choose_columns(mem, request, out, err);
        struct table_column *column = mem_append(mem, out->all, out->n_all);
        column->name = mem_strdup(mem, cursor_text(cursor, 0));
        column->type = mem_strdup(mem, cursor_text(cursor, 1));
        column->key_position = sqlite3_column_int(cursor->statement, 2);
    }
}

// The name of the rowid that no column hides, if the table has a rowid.
static const char *find_rowid(struct engine *engine, const struct table_columns *columns,
                              const char *table)
{
    static const char *const names[] = {"rowid", "_rowid_", "oid"};
    // Some builds give a view a rowid that is always NULL.
    for (size_t i = 0; i < COUNT_OF(names) && !columns->is_view; i++) {
        if (find_column(columns, names[i]) != NULL)
            continue;
        char *sql = sqlite3_mprintf("SELECT %s FROM main.\"%w\"", names[i], table);
        sqlite3_stmt *statement = NULL;
        int rc = sqlite3_prepare_v2(engine->handle, sql, -1, &statement, NULL);
        sqlite3_finalize(statement);
        sqlite3_free(sql);
        return rc == SQLITE_OK ? names[i] : NULL;
    }
    return NULL;
}

static bool read_encoding(struct engine *engine, struct table_key *key, struct error *err)
{
    SCRATCH(tmp);
    struct cursor *cursor;
    bool has_row;
    TRY(cursor_make(tmp, engine, "PRAGMA encoding", &cursor, err));
    TRY(cursor_step(engine, cursor, &has_row, err));
    key->is_utf8 = strcmp(cursor_text(cursor, 0), "UTF-8") == 0;
    return true;
}

static bool choose_key(TALLOC_CTX *mem, const struct engine_fingerprint_request *request,
                       struct table_key *key, struct error *err)
{
    const struct table_columns *columns = &key->columns;
    for (size_t i = 0; i < request->n_key; i++) {
        if (find_column(columns, request->key[i]) == NULL)
            return error_set(err, ERROR_UNKNOWN, "table '%s' has no column '%s' for its key",
                             request->table.name, request->key[i]);
        *mem_append(mem, key->names, key->n) = mem_strdup(mem, request->key[i]);
    }
    if (request->n_key > 0)
        return true;
    for (int position = 1; position <= (int)columns->n_all; position++) {
        for (size_t i = 0; i < columns->n_all; i++) {
            if (columns->all[i].key_position == position)
                *mem_append(mem, key->names, key->n) = columns->all[i].name;
        }
    }
    return true;
}

static void choose_places(TALLOC_CTX *mem, struct table_key *key)
{
    int next = (int)key->columns.n;
    key->places = mem_array(mem, int, key->n);
    for (size_t i = 0; i < key->n; i++) {
        key->places[i] = -1;
        // Where a value stands for a column, the key is read beside it.
        for (size_t j = key->value != NULL; j < key->columns.n && key->places[i] < 0; j++) {
            if (text_equal_nocase(key->columns.list[j].name, key->names[i]))
                key->places[i] = (int)j;
        }
        if (key->places[i] < 0)
            key->places[i] = next++;
    }
    key->rowid_place = key->rowid ? next++ : -1;
    key->n_values = (size_t)next;
}

bool table_key_make(TALLOC_CTX *mem, struct engine *engine,
                    const struct engine_fingerprint_request *request,
                    const struct table_columns *columns, struct table_key **out, struct error *err)
{
    struct table_key *key = mem_new(mem, struct table_key);
    key->columns = *columns;
    key->table = request->table.name;
    key->where = request->where;
    key->value = request->value;
    key->image = mem_array(key, uint8_t, IMAGE_NUMBER_SIZE);
    TRY(choose_key(key, request, key, err));
    TRY(read_encoding(engine, key, err));
    key->rowid = find_rowid(engine, columns, request->table.name);
    choose_places(key, key);
    *out = key;
    return true;
}

bool table_key_is_rowid(const struct table_key *key)
{
    return key->n == 0 && key->rowid != NULL;
}

bool table_key_is_known(const struct table_key *key)
{
    return key->n > 0 || key->rowid != NULL;
}

static void write_name(FILE *out, const char *name)
{
    char *quoted = sqlite3_mprintf("\"%w\"", name);
    fputs(quoted, out);
    sqlite3_free(quoted);
}

char *table_key_select(TALLOC_CTX *mem, const struct table_key *key, const char *function)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    fprintf(out, "SELECT %s%s", function, *function ? "(" : "");
    for (size_t i = 0; i < key->columns.n; i++) {
        fputs(i ? ", " : "", out);
        if (i == 0 && key->value != NULL)
            fprintf(out, "(%s)", key->value);
        else
            write_name(out, key->columns.list[i].name);
    }
    for (size_t i = 0; i < key->n; i++) {
        if (key->places[i] < (int)key->columns.n)
            continue;
        fputs(key->places[i] > 0 ? ", " : "", out);
        write_name(out, key->names[i]);
    }
    if (key->rowid_place >= 0)
        fprintf(out, "%s%s", key->rowid_place > 0 ? ", " : "", key->rowid);
    fprintf(out, "%s FROM main.", *function ? ")" : "");
    write_name(out, key->table);
    fputs(" NOT INDEXED", out);
    if (key->where != NULL)
        fprintf(out, " WHERE %s", key->where);
    fclose(out);
    char *sql = mem_strdup(mem, text);
    free(text);
    return sql;
}

static uint8_t *image_room(struct table_key *key, size_t more)
{
    size_t room = talloc_get_size(key->image);
    if (key->image_len + more > room) {
        size_t wanted = (key->image_len + more) * 2;
        key->image = mem_checked(talloc_realloc_size(key, key->image, wanted));
    }
    uint8_t *at = key->image + key->image_len;
    key->image_len += more;
    return at;
}

static void add_number(struct table_key *key, int tag, const void *bytes)
{
    uint8_t *at = image_room(key, IMAGE_NUMBER_SIZE);
    at[0] = (uint8_t)tag;
    memcpy(at + 1, bytes, sizeof(int64_t));
}

static void add_bytes(struct table_key *key, int tag, const void *bytes, size_t len)
{
    uint64_t length = len;
    add_number(key, tag, &length);
    if (len > 0)
        memcpy(image_room(key, len), bytes, len);
}

// sqlite3_value_text would copy every text to put a NUL behind it.
const void *table_key_bytes(const struct table_key *key, sqlite3_value *value, int type)
{
    bool is_converted = type == SQLITE_TEXT && !key->is_utf8;
    const void *bytes =
        is_converted ? (const void *)sqlite3_value_text(value) : sqlite3_value_blob(value);
    return bytes ? bytes : "";
}

static void add_value(struct table_key *key, sqlite3_value *value)
{
    int type = sqlite3_value_type(value);
    if (type == SQLITE_INTEGER) {
        sqlite3_int64 number = sqlite3_value_int64(value);
        add_number(key, type, &number);
    } else if (type == SQLITE_FLOAT) {
        double number = sqlite3_value_double(value);
        add_number(key, type, &number);
    } else if (type == SQLITE_NULL) {
        *image_room(key, 1) = SQLITE_NULL;
    } else {
        const void *bytes = table_key_bytes(key, value, type);
        add_bytes(key, type, bytes, (size_t)sqlite3_value_bytes(value));
    }
}

static bool has_rowid_in_image(const struct table_key *key, sqlite3_value **row)
{
    if (key->rowid_place < 0)
        return false;
    for (size_t i = 0; i < key->n; i++) {
        if (sqlite3_value_type(row[key->places[i]]) == SQLITE_NULL)
            return true;
    }
    return key->n == 0;
}

void table_key_read(struct table_key *key, sqlite3_value **row)
{
    key->image_len = 0;
    for (size_t i = 0; i < key->n; i++)
        add_value(key, row[key->places[i]]);
    if (has_rowid_in_image(key, row)) {
        sqlite3_int64 rowid = sqlite3_value_int64(row[key->rowid_place]);
        add_number(key, TAG_ROWID, &rowid);
    }
}

// --- text for people: once a row, so without a stream

static void put_bytes(struct table_key *key, const char *bytes, size_t len)
{
    if (key->text_len + len + 1 > talloc_get_size(key->text)) {
        size_t wanted = (key->text_len + len + 1) * 2;
        key->text = mem_checked(talloc_realloc_size(key, key->text, wanted));
    }
    memcpy(key->text + key->text_len, bytes, len);
    key->text_len += len;
    key->text[key->text_len] = '\0';
}

static void put(struct table_key *key, const char *text)
{
    put_bytes(key, text, strlen(text));
}

static void put_hex(struct table_key *key, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char digits[3];
        snprintf(digits, sizeof digits, "%02x", bytes[i]);
        put(key, digits);
    }
}

// Not in the middle of a UTF-8 character.
static size_t cut_text(const char *text, size_t len)
{
    if (len <= KEY_TEXT_BYTES_MAX)
        return len;
    size_t cut = KEY_TEXT_BYTES_MAX;
    while (cut > 0 && ((unsigned char)text[cut] & 0xc0) == 0x80)
        cut--;
    return cut;
}

static void put_value(struct table_key *key, sqlite3_value *value)
{
    int type = sqlite3_value_type(value);
    if (type == SQLITE_NULL) {
        put(key, "NULL");
        return;
    }
    if (type != SQLITE_TEXT && type != SQLITE_BLOB) {
        put(key, (const char *)sqlite3_value_text(value));
        return;
    }
    const char *bytes = table_key_bytes(key, value, type);
    size_t len = (size_t)sqlite3_value_bytes(value);
    size_t shown = type == SQLITE_TEXT        ? cut_text(bytes, len)
                   : len > KEY_TEXT_BYTES_MAX ? KEY_TEXT_BYTES_MAX
                                              : len;
    put(key, type == SQLITE_TEXT ? "'" : "x'");
    if (type == SQLITE_TEXT)
        put_bytes(key, bytes, shown);
    else
        put_hex(key, (const uint8_t *)bytes, shown);
    put(key, shown < len ? "…'" : "'");
}

const char *table_key_text(struct table_key *key, sqlite3_value **row)
{
    key->text_len = 0;
    put(key, "");
    for (size_t i = 0; i < key->n; i++) {
        put(key, i ? ", " : "");
        put(key, key->names[i]);
        put(key, "=");
        put_value(key, row[key->places[i]]);
    }
    if (has_rowid_in_image(key, row)) {
        put(key, key->n ? ", " : "");
        put(key, key->rowid);
        put(key, "=");
        put_value(key, row[key->rowid_place]);
    }
    return key->text;
}

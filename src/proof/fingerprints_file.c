/*
 * Fingerprints as a file of JSON.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "proof/fingerprints.h"
#include <stdlib.h>

#define FORMAT_NAME "tminus/fingerprints/1"

// --- writing

static void put_sum(json_t *object, const char *name, const struct engine_sum *sum)
{
    char hex[2 * sizeof sum->bytes + 1];
    for (size_t i = 0; i < sizeof sum->bytes; i++)
        snprintf(hex + 2 * i, 3, "%02x", sum->bytes[i]);
    json_put_text(object, name, hex);
}

static json_t *column_to_json(const struct engine_column_print *column)
{
    json_t *object = json_object();
    json_put_text(object, "column", column->column);
    json_put_text(object, "type", column->type);
    put_sum(object, "sum", &column->sum);
    json_put_integer(object, "nulls", column->nulls);
    if (column->unknown != NULL)
        json_put_text(object, "unknown", column->unknown);
    return object;
}

static json_t *table_to_json(const struct table_fingerprint *table)
{
    json_t *object = json_object();
    json_put_text(object, "schema", table->table.schema);
    json_put_text(object, "table", table->table.name);
    if (table->print == NULL) {
        json_put_text(object, "unknown", table->unknown);
        return object;
    }
    json_put_integer(object, "rows", table->rows);
    json_put_text(object, "method", table->print->method);
    json_put_bool(object, "has_key", table->print->has_key);
    put_sum(object, "sum", &table->print->sum);
    json_t *columns = json_put_array(object, "columns");
    for (size_t i = 0; i < table->print->n_columns; i++)
        json_array_append_new(columns, column_to_json(&table->print->columns[i]));
    return object;
}

bool fingerprints_write(const struct fingerprints *prints, const char *path, struct error *err)
{
    SCRATCH(tmp);
    json_auto_t *document = json_object();
    json_put_text(document, "schema", FORMAT_NAME);
    json_put_text(document, "engine", prints->engine);
    json_put_text(document, "system", prints->system);
    json_put_text(document, "database", prints->database);
    json_put_text(document, "instant", prints->instant);
    json_put_text(document, "digest", prints->digest);
    json_put_text(document, "taken_at", clock_format(prints->taken_ms).text);
    json_t *tables = json_put_array(document, "tables");
    for (size_t i = 0; i < prints->n_tables; i++)
        json_array_append_new(tables, table_to_json(&prints->tables[i]));
    const char *text = json_canonical(tmp, document);
    return file_write(path, text, strlen(text), 0600, err);
}

// --- reading

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool get_sum(const json_t *object, struct engine_sum *out)
{
    const char *hex = json_get_text(object, "sum");
    if (hex == NULL || strlen(hex) != 2 * sizeof out->bytes)
        return false;
    for (size_t i = 0; i < sizeof out->bytes; i++) {
        int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out->bytes[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

static bool column_from_json(TALLOC_CTX *mem, const json_t *object, struct engine_column_print *out)
{
    const char *column = json_get_text(object, "column"), *type = json_get_text(object, "type");
    if (column == NULL || type == NULL || !get_sum(object, &out->sum))
        return false;
    out->column = mem_strdup(mem, column);
    out->type = mem_strdup(mem, type);
    out->nulls = json_get_integer(object, "nulls", 0);
    out->unknown = mem_strdup(mem, json_get_text(object, "unknown"));
    return true;
}

static bool print_from_json(TALLOC_CTX *mem, const json_t *object, struct engine_fingerprint *out)
{
    const json_t *columns = json_object_get(object, "columns");
    const char *method = json_get_text(object, "method");
    out->rows = json_get_integer(object, "rows", -1);
    if (method == NULL || out->rows < 0 || !json_is_array(columns) || !get_sum(object, &out->sum))
        return false;
    out->method = mem_strdup(mem, method);
    out->has_key = json_is_true(json_object_get(object, "has_key"));
    for (size_t i = 0; i < json_array_size(columns); i++) {
        struct engine_column_print *column = mem_append(mem, out->columns, out->n_columns);
        *column = (struct engine_column_print){0};
        if (!column_from_json(mem, json_array_get(columns, i), column))
            return false;
    }
    return true;
}

static bool table_from_json(TALLOC_CTX *mem, const json_t *object, struct table_fingerprint *out)
{
    const char *name = json_get_text(object, "table");
    if (name == NULL)
        return false;
    out->table =
        (struct name){mem_strdup(mem, json_get_text(object, "schema")), mem_strdup(mem, name)};
    out->unknown = mem_strdup(mem, json_get_text(object, "unknown"));
    if (out->unknown != NULL)
        return true;
    struct engine_fingerprint *print = mem_new(mem, struct engine_fingerprint);
    out->print = print;
    bool is_read = print_from_json(mem, object, print);
    out->rows = print->rows;
    return is_read;
}

static bool tables_from_json(struct fingerprints *prints, const json_t *tables)
{
    if (!json_is_array(tables))
        return false;
    for (size_t i = 0; i < json_array_size(tables); i++) {
        struct table_fingerprint *table = mem_append(prints, prints->tables, prints->n_tables);
        *table = (struct table_fingerprint){0};
        if (!table_from_json(prints, json_array_get(tables, i), table))
            return false;
        prints->rows += table->rows;
    }
    return true;
}

bool fingerprints_read(TALLOC_CTX *mem, const char *path, struct fingerprints **out,
                       struct error *err)
{
    SCRATCH(tmp);
    char *text;
    size_t len;
    json_auto_t *document = NULL;
    struct error ignored;
    TRY(file_read(tmp, path, FILE_SIZE_MAX, &text, &len, err));
    TRY(json_read(path, text, len, &document, err));

    const char *format = json_get_text(document, "schema");
    const char *taken = json_get_text(document, "taken_at");
    struct fingerprints *prints = mem_new(mem, struct fingerprints);
    if (format == NULL || strcmp(format, FORMAT_NAME) != 0 || taken == NULL ||
        !clock_parse(taken, &prints->taken_ms, &ignored) ||
        !tables_from_json(prints, json_object_get(document, "tables")))
        return error_set(err, ERROR_INPUT, "%s: no fingerprints of this version of tminus", path);
    prints->engine = mem_strdup(prints, json_get_text(document, "engine"));
    prints->system = mem_strdup(prints, json_get_text(document, "system"));
    prints->database = mem_strdup(prints, json_get_text(document, "database"));
    prints->instant = mem_strdup(prints, json_get_text(document, "instant"));
    prints->digest = mem_strdup(prints, json_get_text(document, "digest"));
    *out = prints;
    return true;
}

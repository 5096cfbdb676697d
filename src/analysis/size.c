/*
 * Sizes: reading of --sizes, and what counts as small and large.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/size.h"
#include "base/quantity.h"
#include "base/yaml.h"
#include <math.h>
#include <stdlib.h>

static bool read_failed(struct error *err, const char *path, const struct yaml *node,
                        const char *what)
{
    return error_set(err, ERROR_INPUT, "%s:%zu:%zu: %s", path, node->line, node->column, what);
}

static bool read_pace(const char *path, const struct yaml *node, double *out, struct error *err)
{
    char *end;
    if (node->kind != YAML_SCALAR)
        return read_failed(err, path, node, "a number is needed here");
    double pace = strtod(node->text, &end);
    if (end == node->text || *end != '\0' || !isfinite(pace) || pace < 0)
        return read_failed(err, path, node, "writes per second are a number from 0 on");
    *out = pace;
    return true;
}

static bool read_figure(const char *path, const struct yaml *node, bool is_bytes, int64_t *out,
                        struct error *err)
{
    struct error cause;
    if (node->kind != YAML_SCALAR)
        return read_failed(err, path, node, "a number is needed here");
    bool is_read = is_bytes ? quantity_read_size(node->text, out, &cause)
                            : quantity_read_integer(node->text, out, &cause);
    if (!is_read)
        return read_failed(err, path, node, cause.message);
    if (*out < 0)
        return read_failed(err, path, node, "a size is never negative");
    return true;
}

static bool read_table(const char *path, const struct yaml *node, struct table_size *size,
                       struct error *err)
{
    if (node->kind != YAML_MAP)
        return read_failed(err, path, node, "a table needs {rows: N, bytes: N}");
    for (size_t i = 0; i < node->n; i++) {
        const struct yaml_entry *entry = &node->entries[i];
        if (strcmp(entry->key, "writes_per_second") == 0) {
            TRY(read_pace(path, entry->value, &size->writes_per_second, err));
            continue;
        }
        bool is_bytes = strcmp(entry->key, "bytes") == 0;
        if (!is_bytes && strcmp(entry->key, "rows") != 0)
            return error_set(
                err, ERROR_INPUT,
                "%s:%zu:%zu: unknown key '%s', known are rows, bytes, writes_per_second", path,
                entry->key_line, entry->key_column, entry->key);
        TRY(read_figure(path, entry->value, is_bytes, is_bytes ? &size->bytes : &size->rows, err));
    }
    return true;
}

static struct name table_name(TALLOC_CTX *mem, const char *key)
{
    const char *dot = strchr(key, '.');
    if (dot == NULL)
        return (struct name){.name = mem_strdup(mem, key)};
    return (struct name){.schema = mem_strndup(mem, key, (size_t)(dot - key)),
                         .name = mem_strdup(mem, dot + 1)};
}

bool sizes_read(TALLOC_CTX *mem, const char *path, const char *text, size_t len, struct sizes **out,
                struct error *err)
{
    SCRATCH(tmp);
    struct yaml *document;
    if (!yaml_read(tmp, path, text, len, &document, err)) {
        err->code = ERROR_INPUT;
        return false;
    }
    if (document->kind != YAML_MAP)
        return read_failed(err, path, document, "a map of tables is needed");
    struct sizes *sizes = mem_new(tmp, struct sizes);
    for (size_t i = 0; i < document->n; i++) {
        struct table_size *size = mem_append(sizes, sizes->list, sizes->n);
        *size = (struct table_size){.rows = -1, .bytes = -1, .writes_per_second = -1};
        size->table = table_name(sizes, document->entries[i].key);
        TRY(read_table(path, document->entries[i].value, size, err));
    }
    *out = talloc_steal(mem, sizes);
    return true;
}

void sizes_apply(const struct sizes *sizes, struct schema *schema)
{
    for (size_t i = 0; i < sizes->n; i++) {
        struct schema_relation *relation = schema_find(schema, sizes->list[i].table);
        if (relation == NULL)
            continue;
        relation->rows = sizes->list[i].rows;
        relation->bytes = sizes->list[i].bytes;
        relation->writes_per_second = sizes->list[i].writes_per_second;
    }
}

enum size_class size_class(const struct schema_relation *relation)
{
    if (relation == NULL || (relation->rows < 0 && relation->bytes < 0))
        return SIZE_UNKNOWN;
    if (relation->rows >= SIZE_ROWS_LARGE || relation->bytes >= SIZE_BYTES_LARGE)
        return SIZE_LARGE;
    if (relation->rows <= SIZE_ROWS_SMALL && relation->bytes <= SIZE_BYTES_SMALL)
        return SIZE_SMALL;
    return SIZE_MEDIUM;
}

char *size_text(TALLOC_CTX *mem, const struct schema_relation *relation)
{
    SCRATCH(tmp);
    if (size_class(relation) == SIZE_UNKNOWN)
        return mem_strdup(mem, "size not known");
    const char *rows = relation->rows < 0 ? NULL : quantity_count(tmp, relation->rows);
    const char *bytes = relation->bytes < 0 ? NULL : quantity_size(tmp, relation->bytes);
    if (rows == NULL)
        return mem_strdup(mem, bytes);
    if (bytes == NULL)
        return mem_printf(mem, "%s rows", rows);
    return mem_printf(mem, "%s rows, %s", rows, bytes);
}

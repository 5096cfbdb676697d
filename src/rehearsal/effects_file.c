/*
 * Effects files, read: every key has its place, and one that is not known is refused.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/digest.h"
#include "base/file.h"
#include "base/quantity.h"
#include "base/text.h"
#include "rehearsal/effects_file_parts.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define KEYS_MAX 16 // of one map

struct file_reading {
    TALLOC_CTX *mem;
    const char *path;
};

// A key of a map, and who reads its value into `target`.
struct file_key {
    const char *name;
    bool (*read)(const struct file_reading *reading, const struct yaml *value, void *target,
                 struct error *err);
    size_t offset;
};

char *effects_file_digest(TALLOC_CTX *mem, const struct migration_text *text)
{
    return text->path == NULL
               ? NULL
               : mem_strdup(mem, digest_of(text->text + text->start, text->end - text->start).hex);
}

const struct approved_table *effects_file_table(const struct effects_file *file, const char *name)
{
    for (size_t i = 0; i < file->n_tables; i++)
        if (strcmp(file->tables[i].name, name) == 0)
            return &file->tables[i];
    return NULL;
}

const struct approved_column *approved_table_column(const struct approved_table *table,
                                                    const char *name)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}

// --- failures

static bool fail(const struct file_reading *reading, const struct yaml *node, struct error *err,
                 const char *what)
{
    return error_set(err, ERROR_INPUT, "%s:%zu:%zu: expected %s", reading->path, node->line,
                     node->column, what);
}

static bool fail_key(const struct file_reading *reading, const struct yaml_entry *entry,
                     const struct file_key *keys, size_t n, struct error *err)
{
    const char *names[KEYS_MAX];
    for (size_t i = 0; i < n; i++)
        names[i] = keys[i].name;
    const char *nearest = text_nearest(entry->key, names, n);
    error_set(err, ERROR_INPUT, "%s:%zu:%zu: unknown key '%s'", reading->path, entry->key_line,
              entry->key_column, entry->key);
    return nearest == NULL ? error_hint(err, "tminus rehearse --write makes the file anew")
                           : error_hint(err, "did you mean '%s'?", nearest);
}

static bool read_map(const struct file_reading *reading, const struct yaml *node,
                     const struct file_key *keys, size_t n, void *target, struct error *err)
{
    if (node->kind != YAML_MAP)
        return fail(reading, node, err, "keys and values");
    for (size_t i = 0; i < node->n; i++) {
        const struct yaml_entry *entry = &node->entries[i];
        size_t k = 0;
        while (k < n && strcmp(keys[k].name, entry->key) != 0)
            k++;
        if (k == n)
            return fail_key(reading, entry, keys, n, err);
        TRY(keys[k].read(reading, entry->value, (char *)target + keys[k].offset, err));
    }
    return true;
}

// --- scalars

static bool is_null(const struct yaml *node)
{
    return node->kind == YAML_SCALAR && !node->is_quoted &&
           (node->text[0] == '\0' || strcmp(node->text, "null") == 0 ||
            strcmp(node->text, "~") == 0);
}

static bool read_text(const struct file_reading *reading, const struct yaml *node, void *target,
                      struct error *err)
{
    if (node->kind != YAML_SCALAR)
        return fail(reading, node, err, "a text");
    *(const char **)target = is_null(node) ? NULL : node->text;
    return true;
}

static bool read_digest(const struct file_reading *reading, const struct yaml *node, void *target,
                        struct error *err)
{
    bool is_none = node->kind == YAML_SCALAR && strcmp(node->text, "none") == 0;
    if (node->kind != YAML_SCALAR ||
        (!is_none && (strlen(node->text) != DIGEST_TEXT_SIZE - 1 ||
                      strspn(node->text, "0123456789abcdef") != DIGEST_TEXT_SIZE - 1)))
        return fail(reading, node, err, "a SHA-256 of 64 hexadecimal digits, or none");
    *(const char **)target = is_none ? NULL : node->text;
    return true;
}

static bool read_flag(const struct file_reading *reading, const struct yaml *node, void *target,
                      struct error *err)
{
    if (node->kind != YAML_SCALAR ||
        (strcmp(node->text, "true") != 0 && strcmp(node->text, "false") != 0))
        return fail(reading, node, err, "true or false");
    *(bool *)target = strcmp(node->text, "true") == 0;
    return true;
}

static bool read_count(const struct file_reading *reading, const struct yaml *node, void *target,
                       struct error *err)
{
    struct error why;
    if (node->kind != YAML_SCALAR || !quantity_read_integer(node->text, (int64_t *)target, &why) ||
        *(int64_t *)target < 0)
        return fail(reading, node, err, "a number of rows");
    return true;
}

static bool read_state(const struct file_reading *reading, const struct yaml *node, void *target,
                       struct error *err)
{
    if (node->kind != YAML_SCALAR ||
        (strcmp(node->text, "new") != 0 && strcmp(node->text, "dropped") != 0))
        return fail(reading, node, err, "new or dropped");
    *(const char **)target = node->text;
    return true;
}

static bool read_share(const struct file_reading *reading, const struct yaml *node, double *out,
                       struct error *err)
{
    struct error why;
    if (node->kind != YAML_SCALAR || !quantity_read_share(node->text, out, &why) || !isfinite(*out))
        return fail(reading, node, err, "a share as 12.5%");
    return true;
}

static bool read_tolerance(const struct file_reading *reading, const struct yaml *node,
                           void *target, struct error *err)
{
    struct tolerance *tolerance = mem_new(reading->mem, struct tolerance);
    struct error why;
    int64_t rows;
    if (node->kind != YAML_SCALAR)
        return fail(reading, node, err, "exact, a number of rows, or a share as 5%");
    if (text_ends_with(node->text, "%")) {
        tolerance->kind = TOLERANCE_SHARE;
        TRY(read_share(reading, node, &tolerance->value, err));
    } else if (strcmp(node->text, "exact") != 0) {
        if (!quantity_read_integer(node->text, &rows, &why) || rows < 0)
            return fail(reading, node, err, "exact, a number of rows, or a share as 5%");
        tolerance->kind = TOLERANCE_ABSOLUTE;
        tolerance->value = (double)rows;
    }
    *(const struct tolerance **)target = tolerance;
    return true;
}

// --- numbers and pairs

static bool read_number_share(const struct file_reading *reading, const struct yaml *node,
                              void *target, struct error *err)
{
    struct approved_number *number = target;
    number->has_share = true;
    return read_share(reading, node, &number->share, err);
}

static bool read_number(const struct file_reading *reading, const struct yaml *node, void *target,
                        struct error *err)
{
    static const struct file_key keys[] = {
        {"rows", read_count, offsetof(struct approved_number, rows)},
        {"share", read_number_share, 0},
    };
    struct approved_number *number = target;
    number->line = node->line;
    return read_map(reading, node, keys, COUNT_OF(keys), number, err);
}

static bool read_pair_share(const struct file_reading *reading, const struct yaml *node,
                            void *target, struct error *err)
{
    return read_number_share(reading, node, target, err);
}

static bool read_pair(const struct file_reading *reading, const struct yaml *node,
                      struct approved_pair *pair, struct error *err)
{
    static const struct file_key keys[] = {
        {"from", read_text, offsetof(struct approved_pair, from)},
        {"to", read_text, offsetof(struct approved_pair, to)},
        {"rows", read_count, offsetof(struct approved_pair, rows.rows)},
        {"share", read_pair_share, offsetof(struct approved_pair, rows)},
    };
    pair->rows.line = node->line;
    TRY(read_map(reading, node, keys, COUNT_OF(keys), pair, err));
    if (yaml_get(node, "from") == NULL || yaml_get(node, "to") == NULL)
        return fail(reading, node, err, "from, to and rows");
    return true;
}

static bool read_pairs(const struct file_reading *reading, const struct yaml *node, void *target,
                       struct error *err)
{
    struct approved_column *column = target;
    column->has_any_pairs = node->kind == YAML_SCALAR && strcmp(node->text, "any") == 0;
    if (column->has_any_pairs)
        return true;
    if (node->kind != YAML_LIST)
        return fail(reading, node, err, "a list of {from, to, rows, share}, or any");
    for (size_t i = 0; i < node->n; i++)
        TRY(read_pair(reading, node->items[i],
                      mem_append(reading->mem, column->pairs, column->n_pairs), err));
    return true;
}

// --- columns and tables

static bool read_column(const struct file_reading *reading, const struct yaml *node,
                        struct approved_column *column, struct error *err)
{
    static const struct file_key keys[] = {
        {"note", read_text, offsetof(struct approved_column, note)},
        {"tolerance", read_tolerance, offsetof(struct approved_column, tolerance)},
        {"state", read_state, offsetof(struct approved_column, state)},
        {"was", read_text, offsetof(struct approved_column, was)},
        {"unknown", read_text, offsetof(struct approved_column, unknown)},
        {"changed", read_number, offsetof(struct approved_column, changed)},
        {"to_null", read_number, offsetof(struct approved_column, to_null)},
        {"from_null", read_number, offsetof(struct approved_column, from_null)},
        {"masked", read_flag, offsetof(struct approved_column, is_masked)},
        {"pairs", read_pairs, 0},
        {"other_pairs", read_flag, offsetof(struct approved_column, has_other_pairs)},
    };
    static_assert(COUNT_OF(keys) <= KEYS_MAX, "fail_key has no room");
    return read_map(reading, node, keys, COUNT_OF(keys), column, err);
}

static bool read_columns(const struct file_reading *reading, const struct yaml *node, void *target,
                         struct error *err)
{
    struct approved_table *table = target;
    if (node->kind != YAML_MAP)
        return fail(reading, node, err, "columns by name");
    for (size_t i = 0; i < node->n; i++) {
        struct approved_column *column = mem_append(reading->mem, table->columns, table->n_columns);
        column->name = node->entries[i].key;
        column->line = node->entries[i].key_line;
        TRY(read_column(reading, node->entries[i].value, column, err));
    }
    return true;
}

static bool read_table(const struct file_reading *reading, const struct yaml *node,
                       struct approved_table *table, struct error *err)
{
    static const struct file_key keys[] = {
        {"note", read_text, offsetof(struct approved_table, note)},
        {"tolerance", read_tolerance, offsetof(struct approved_table, tolerance)},
        {"state", read_state, offsetof(struct approved_table, state)},
        {"was", read_text, offsetof(struct approved_table, was)},
        {"unknown", read_text, offsetof(struct approved_table, unknown)},
        {"rows", read_count, offsetof(struct approved_table, rows)},
        {"added", read_number, offsetof(struct approved_table, added)},
        {"removed", read_number, offsetof(struct approved_table, removed)},
        {"changed", read_number, offsetof(struct approved_table, changed)},
        {"doubled", read_number, offsetof(struct approved_table, doubled)},
        {"columns", read_columns, 0},
    };
    static_assert(COUNT_OF(keys) <= KEYS_MAX, "fail_key has no room");
    return read_map(reading, node, keys, COUNT_OF(keys), table, err);
}

static bool read_tables(const struct file_reading *reading, const struct yaml *node, void *target,
                        struct error *err)
{
    struct effects_file *file = target;
    if (node->kind != YAML_MAP)
        return fail(reading, node, err, "tables by name");
    for (size_t i = 0; i < node->n; i++) {
        struct approved_table *table = mem_append(reading->mem, file->tables, file->n_tables);
        table->name = node->entries[i].key;
        table->line = node->entries[i].key_line;
        TRY(read_table(reading, node->entries[i].value, table, err));
    }
    return true;
}

// --- the schema

static bool read_objects(const struct file_reading *reading, const struct yaml *node,
                         struct effects_file *file, const char *what, struct error *err)
{
    if (node->kind != YAML_LIST)
        return fail(reading, node, err, "a list of objects");
    for (size_t i = 0; i < node->n; i++) {
        struct approved_object *object = mem_append(reading->mem, file->objects, file->n_objects);
        object->what = what;
        object->line = node->items[i]->line;
        TRY(read_text(reading, node->items[i], &object->object, err));
        if (object->object == NULL)
            return fail(reading, node->items[i], err, "the name of an object");
    }
    return true;
}

static bool read_added(const struct file_reading *reading, const struct yaml *node, void *target,
                       struct error *err)
{
    return read_objects(reading, node, target, "added", err);
}

static bool read_changed(const struct file_reading *reading, const struct yaml *node, void *target,
                         struct error *err)
{
    return read_objects(reading, node, target, "changed", err);
}

static bool read_removed(const struct file_reading *reading, const struct yaml *node, void *target,
                         struct error *err)
{
    return read_objects(reading, node, target, "removed", err);
}

static bool read_schema(const struct file_reading *reading, const struct yaml *node, void *target,
                        struct error *err)
{
    static const struct file_key keys[] = {
        {"added", read_added, 0}, {"changed", read_changed, 0}, {"removed", read_removed, 0}};
    return read_map(reading, node, keys, COUNT_OF(keys), target, err);
}

// --- the whole

static bool read_format(const struct file_reading *reading, const struct yaml *node, void *target,
                        struct error *err)
{
    int64_t format = 0;
    (void)target;
    TRY(read_count(reading, node, &format, err));
    if (format == EFFECTS_FILE_FORMAT)
        return true;
    error_set(err, ERROR_INPUT, "%s:%zu:%zu: effects file of format %lld, this tminus reads %d",
              reading->path, node->line, node->column, (long long)format, EFFECTS_FILE_FORMAT);
    return error_hint(err, "rehearse again with --write, or use the tminus that wrote it");
}

static bool read_whole(const struct file_reading *reading, const struct yaml *document,
                       struct effects_file *file, struct error *err)
{
    static const struct file_key keys[] = {
        {"effects", read_format, 0},
        {"up", read_digest, offsetof(struct effects_file, up)},
        {"down", read_digest, offsetof(struct effects_file, down)},
        {"note", read_text, offsetof(struct effects_file, note)},
        {"tolerance", read_tolerance, offsetof(struct effects_file, tolerance)},
        {"tables", read_tables, 0},
        {"schema", read_schema, 0},
    };
    static const char *const required[] = {"effects", "up", "down", "tables"};
    TRY(read_map(reading, document, keys, COUNT_OF(keys), file, err));
    for (size_t i = 0; i < COUNT_OF(required); i++)
        if (yaml_get(document, required[i]) == NULL) {
            error_set(err, ERROR_INPUT, "%s:1:1: no '%s': it is no effects file", reading->path,
                      required[i]);
            return error_hint(err, "tminus rehearse --write makes it anew");
        }
    return true;
}

bool effects_file_read(TALLOC_CTX *mem, const char *path, struct effects_file **out,
                       struct error *err)
{
    SCRATCH(tmp);
    struct effects_file *file = mem_new(tmp, struct effects_file);
    const struct file_reading reading = {.mem = file, .path = mem_strdup(file, path)};
    struct yaml *document;
    char *text;
    size_t len;
    file->path = reading.path;
    TRY(file_read(tmp, path, FILE_SIZE_MAX, &text, &len, err));
    if (!yaml_read(file, path, text, len, &document, err)) {
        err->code = ERROR_INPUT;
        return false;
    }
    TRY(read_whole(&reading, document, file, err));
    *out = talloc_steal(mem, file);
    return true;
}

/*
 * Configuration reading: walk a document by the table of keys, note every problem with its place.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/config_reading.h"
#include "base/quantity.h"
#include "base/text.h"
#include <stdarg.h>

void config_problem(struct config_reading *reading, size_t line, size_t column, const char *hint,
                    const char *format, ...)
{
    if (reading->problems.n == CONFIG_PROBLEMS_MAX)
        return;
    char text[700];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    struct config_problem *problem =
        mem_append(reading->mem, reading->problems.list, reading->problems.n);
    problem->line = line;
    problem->column = column;
    problem->message =
        mem_printf(reading->mem, "%s:%zu:%zu: %s", reading->path, line, column, text);
    problem->hint = mem_strdup(reading->mem, hint == NULL ? "" : hint);
}

void config_expected(struct config_reading *reading, const struct yaml *node, const char *what)
{
    static const char *const kinds[] = {
        [YAML_SCALAR] = "a value", [YAML_LIST] = "a list", [YAML_MAP] = "a map"};
    if (node->kind == YAML_SCALAR)
        config_problem(reading, node->line, node->column, NULL, "expected %s, found '%s'", what,
                       node->text);
    else
        config_problem(reading, node->line, node->column, NULL, "expected %s, found %s", what,
                       kinds[node->kind]);
}

static const struct config_key *find_key(const struct config_map *map, const char *name)
{
    for (size_t i = 0; i < map->n_keys; i++)
        if (strcmp(map->keys[i].name, name) == 0)
            return &map->keys[i];
    return NULL;
}

static void refuse_key(struct config_reading *reading, const struct config_map *map,
                       const struct yaml_entry *entry)
{
    SCRATCH(tmp);
    const char **names = mem_array(tmp, const char *, map->n_keys);
    char *list = mem_strdup(tmp, "");
    for (size_t i = 0; i < map->n_keys; i++) {
        names[i] = map->keys[i].name;
        list = mem_printf(tmp, "%s%s%s", list, i == 0 ? "" : ", ", names[i]);
    }
    const char *nearest = text_nearest(entry->key, names, map->n_keys);
    char *hint = nearest != NULL ? mem_printf(tmp, "did you mean '%s'?", nearest)
                                 : mem_printf(tmp, "%s has the keys %s", map->what, list);
    config_problem(reading, entry->key_line, entry->key_column, hint, "unknown key '%s' in %s",
                   entry->key, map->what);
}

// --- values that go into a struct

static void read_secret(struct config_reading *reading, const struct yaml *node, void *at)
{
    const char *text = config_scalar(reading, node, "a text");
    if (text != NULL)
        *(struct secret **)at = secret_make(reading->mem, text);
}

static void read_choice(struct config_reading *reading, const struct config_key *key,
                        const struct yaml *node, const char **out)
{
    SCRATCH(tmp);
    size_t n = 0;
    char *list = mem_strdup(tmp, "");
    for (; key->choices[n] != NULL; n++)
        list = mem_printf(tmp, "%s%s%s", list, n == 0 ? "" : ", ", key->choices[n]);
    char *what = mem_printf(tmp, "one of %s", list);
    const char *text = config_scalar(reading, node, what);
    if (text == NULL)
        return;
    for (size_t i = 0; i < n; i++)
        if (strcmp(text, key->choices[i]) == 0) {
            *out = key->choices[i];
            return;
        }
    if (!config_is_open(text))
        config_expected(reading, node, what);
}

static void read_bool(struct config_reading *reading, const struct yaml *node, bool *out)
{
    const char *text = config_scalar(reading, node, "true or false");
    if (text == NULL || config_is_open(text))
        return;
    if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0) {
        config_expected(reading, node, "true or false");
        return;
    }
    *out = strcmp(text, "true") == 0;
}

// Durations, shares and integers: quantity's own reader, its message with our place.
static void read_quantity(struct config_reading *reading, const struct config_key *key,
                          const struct yaml *node, void *out)
{
    struct error err = {0};
    const char *what = key->shape == KEY_DURATION ? "a duration as 90s, 5m, 1h, 7d"
                       : key->shape == KEY_SHARE  ? "a share as 1%"
                                                  : "a whole number";
    const char *text = config_scalar(reading, node, what);
    if (text == NULL || config_is_open(text))
        return;
    bool is_read = key->shape == KEY_DURATION ? quantity_read_duration(text, out, &err)
                   : key->shape == KEY_SHARE  ? quantity_read_share(text, out, &err)
                                              : quantity_read_integer(text, out, &err);
    if (!is_read)
        config_expected(reading, node, what);
}

static void read_text(struct config_reading *reading, const struct yaml *node, const char **out)
{
    const char *text = config_scalar(reading, node, "a text");
    if (text != NULL)
        *out = text;
}

// --- arrays of structs

// Arrays of any element type are grown through one pointer; `element` counts in bytes.
static void *array_add(struct config_reading *reading, void *target, const struct config_key *key)
{
    if (target == NULL || key->offset == KEY_NOWHERE)
        return NULL;
    void **array = (void **)((char *)target + key->offset);
    size_t *n = (size_t *)((char *)target + key->count);
    *array = mem_grow(reading->mem, *array, (*n)++, key->map->size);
    return (char *)*array + (*n - 1) * key->map->size;
}

static void read_element(struct config_reading *reading, const struct config_key *key,
                         const struct yaml *node, void *element)
{
    if (element != NULL && key->map->begin != NULL)
        key->map->begin(reading, node, element);
    config_read_map(reading, node, key->map, element);
    if (element != NULL && key->map->end != NULL)
        key->map->end(reading, node, element);
}

static void read_list(struct config_reading *reading, const struct config_key *key,
                      const struct yaml *node, void *target)
{
    if (node->kind != YAML_LIST) {
        config_expected(reading, node, "a list");
        return;
    }
    for (size_t i = 0; i < node->n; i++)
        read_element(reading, key, node->items[i], array_add(reading, target, key));
}

static void read_named(struct config_reading *reading, const struct config_key *key,
                       const struct yaml *node, void *target)
{
    if (node->kind != YAML_MAP) {
        config_expected(reading, node, "a map of names");
        return;
    }
    for (size_t i = 0; i < node->n; i++) {
        void *element = array_add(reading, target, key);
        if (element != NULL)
            *(const char **)((char *)element + key->map->name_offset) = node->entries[i].key;
        read_element(reading, key, node->entries[i].value, element);
    }
}

// --- one key

static void read_value(struct config_reading *reading, const struct config_key *key,
                       const struct yaml *node, void *target)
{
    bool is_stored = target != NULL && key->offset != KEY_NOWHERE;
    void *at = is_stored ? (char *)target + key->offset : NULL;
    reading->is_shown = key->is_shown;
    switch (key->shape) {
    case KEY_MAP: config_read_map(reading, node, key->map, at); return;
    case KEY_LIST: read_list(reading, key, node, target); return;
    case KEY_NAMED: read_named(reading, key, node, target); return;
    case KEY_CUSTOM: key->parse(reading, node, at); return;
    case KEY_TEXT: read_text(reading, node, is_stored ? at : &(const char *){NULL}); return;
    case KEY_SECRET: read_secret(reading, node, is_stored ? at : &(struct secret *){NULL}); return;
    case KEY_BOOL: read_bool(reading, node, is_stored ? at : &(bool){false}); return;
    case KEY_CHOICE:
        read_choice(reading, key, node, is_stored ? at : &(const char *){NULL});
        return;
    case KEY_INTEGER:
    case KEY_DURATION: read_quantity(reading, key, node, is_stored ? at : &(int64_t){0}); return;
    case KEY_SHARE: read_quantity(reading, key, node, is_stored ? at : &(double){0}); return;
    case KEY_TEXTS:
        config_read_texts(reading, node, is_stored ? at : &(const char **){NULL},
                          is_stored ? (size_t *)((char *)target + key->count) : &(size_t){0});
        return;
    case KEY_COMMAND:
        if (!is_stored || node->kind != YAML_LIST || node->n == 0)
            config_check_value(reading, key, node);
        else
            config_read_texts(reading, node, at, (size_t *)((char *)target + key->count));
        return;
    case KEY_SHARES:
    case KEY_THRESHOLD:
    case KEY_ANY: config_check_value(reading, key, node); return;
    }
}

void config_read_map(struct config_reading *reading, const struct yaml *node,
                     const struct config_map *map, void *target)
{
    if (node->kind != YAML_MAP) {
        SCRATCH(tmp);
        config_expected(reading, node, mem_printf(tmp, "%s as a map of keys", map->what));
        return;
    }
    for (size_t i = 0; i < node->n; i++) {
        const struct config_key *key = find_key(map, node->entries[i].key);
        if (key == NULL)
            refuse_key(reading, map, &node->entries[i]);
        else
            read_value(reading, key, node->entries[i].value, target);
    }
    for (size_t i = 0; i < map->n_keys; i++)
        if (map->keys[i].is_required && yaml_get(node, map->keys[i].name) == NULL)
            config_problem(reading, node->line, node->column, NULL, "'%s' is missing in %s",
                           map->keys[i].name, map->what);
}

/*
 * PostgreSQL's names and types as plain data.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/postgres_tree.h"

#include "base/text.h"
#include "statement/postgres_reading.h"
#include "statement/type_name.h"

static const char *node_string(const Node *node)
{
    return node != NULL && IsA(node, String) ? ((const String *)node)->sval : NULL;
}

struct name name_of_range(struct reading *reading, const RangeVar *range)
{
    return (struct name){.schema = mem_strdup(reading->mem, range->schemaname),
                         .name = mem_strdup(reading->mem, range->relname)};
}

struct name name_of_list(struct reading *reading, const List *names)
{
    int n = list_length(names);
    struct name name = {0};
    if (n > 0)
        name.name = mem_strdup(reading->mem, node_string(list_nth(names, n - 1)));
    if (n > 1)
        name.schema = mem_strdup(reading->mem, node_string(list_nth(names, n - 2)));
    return name;
}

struct name name_of_object(struct reading *reading, const Node *object)
{
    if (object == NULL)
        return (struct name){0};
    if (IsA(object, List))
        return name_of_list(reading, (const List *)object);
    if (IsA(object, TypeName))
        return name_of_list(reading, ((const TypeName *)object)->names);
    if (IsA(object, ObjectWithArgs))
        return name_of_list(reading, ((const ObjectWithArgs *)object)->objname);
    if (IsA(object, RangeVar))
        return name_of_range(reading, (const RangeVar *)object);
    return (struct name){.name = mem_strdup(reading->mem, node_string(object))};
}

const char **strings_of_list(struct reading *reading, const List *strings, size_t *n)
{
    *n = (size_t)list_length(strings);
    if (*n == 0)
        return NULL;
    const char **out = mem_array(reading->mem, const char *, *n);
    for (size_t i = 0; i < *n; i++)
        out[i] = mem_strdup(reading->mem, node_string(list_nth(strings, (int)i)));
    return out;
}

static void type_mods_read(const TypeName *type, struct type_name *out)
{
    // The first of an interval is a mask of its fields, not a length.
    int skipped = strcmp(out->name, "interval") == 0 ? 1 : 0;
    for (int i = skipped; i < list_length(type->typmods) && out->n_mods < COUNT_OF(out->mods);
         i++) {
        const Node *mod = list_nth(type->typmods, i);
        if (!IsA(mod, A_Const) || !IsA(&((const A_Const *)mod)->val.node, Integer))
            return;
        out->mods[out->n_mods++] = ((const A_Const *)mod)->val.ival.ival;
    }
}

void type_read(struct reading *reading, const TypeName *type, struct type_name *out)
{
    struct name name = name_of_list(reading, type->names);
    *out = (struct type_name){.schema = name.schema, .name = name.name};
    type_mods_read(type, out);
    out->is_array = type->arrayBounds != NIL;
    out->text = type_name_text(reading->mem, out);
}

const char *strings_join(struct reading *reading, const char *const *strings, size_t n,
                         const char *separator)
{
    size_t separator_len = strlen(separator);
    size_t len = 0;
    for (size_t i = 0; i < n; i++)
        len += strlen(strings[i]) + separator_len;
    if (n == 0)
        return NULL;
    char *joined = mem_array(reading->mem, char, len + 1);
    char *end = joined;
    for (size_t i = 0; i < n; i++) {
        end = mempcpy(end, separator, i == 0 ? 0 : separator_len);
        end = mempcpy(end, strings[i], strlen(strings[i]));
    }
    return joined;
}

const char *option_names(struct reading *reading, const List *options)
{
    const char **names = NULL;
    size_t n = 0;
    ListCell *cell;
    foreach (cell, options)
        *mem_append(reading->tmp, names, n) = ((DefElem *)lfirst(cell))->defname;
    return strings_join(reading, names, n, ",");
}

void setting_add(struct reading *reading, struct action *action, const char *name,
                 const char *value)
{
    *mem_append(reading->mem, action->settings, action->n_settings) = (struct setting){
        .name = mem_strdup(reading->mem, name), .value = mem_strdup(reading->mem, value)};
}

static const char *setting_text(struct reading *reading, const Node *value)
{
    if (value == NULL)
        return "true"; // (autovacuum_enabled) is on
    switch (nodeTag(value)) {
    case T_Integer: return mem_printf(reading->tmp, "%d", intVal(value));
    case T_Float: return ((const Float *)value)->fval;
    case T_Boolean: return boolVal(value) ? "true" : "false";
    case T_String: return strVal(value);
    case T_TypeName: return name_of_object(reading, value).name;
    default: return NULL;
    }
}

void settings_read(struct reading *reading, const List *options, bool is_reset,
                   struct action *action)
{
    ListCell *cell;
    foreach (cell, options) {
        const DefElem *option = lfirst(cell);
        const char *name = option->defname;
        if (option->defnamespace != NULL)
            name = mem_printf(reading->tmp, "%s.%s", option->defnamespace, name);
        setting_add(reading, action, name, is_reset ? NULL : setting_text(reading, option->arg));
    }
}

const DefElem *option_find(const List *options, const char *name)
{
    ListCell *cell;
    foreach (cell, options) {
        const DefElem *option = lfirst(cell);
        if (strcmp(option->defname, name) == 0)
            return option;
    }
    return NULL;
}

// Off are "false", "off" and 0, as defGetBoolean has it; an option without value is on.
bool option_is_on(const List *options, const char *name)
{
    const DefElem *option = option_find(options, name);
    if (option == NULL || option->arg == NULL)
        return option != NULL;
    if (IsA(option->arg, Integer))
        return ((const Integer *)option->arg)->ival != 0;
    if (IsA(option->arg, Boolean))
        return ((const Boolean *)option->arg)->boolval;
    const char *word = node_string(option->arg);
    return !text_equal_nocase(word, "off") && !text_equal_nocase(word, "false");
}

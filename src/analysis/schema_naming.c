/*
 * Naming: the names that PostgreSQL makes up for indexes, constraints and sequences.
 *
 * Follows makeObjectName, ChooseRelationName, ChooseConstraintName and ChooseIndexColumnNames of
 * PostgreSQL 15, so that a later statement that uses such a name finds its object.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/schema_edit.h"

#include <ctype.h>

enum { NAME_BYTES_MAX = 63 }; // NAMEDATALEN - 1

// Length of `text` cut to at most `len` bytes without splitting a character.
static size_t text_clip(const char *text, size_t len)
{
    if (strlen(text) <= len)
        return strlen(text);
    while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    return len;
}

static char *naming_make(TALLOC_CTX *mem, const char *first, const char *second, const char *label)
{
    size_t overhead = (label ? strlen(label) + 1 : 0) + (second ? 1 : 0);
    size_t first_len = strlen(first);
    size_t second_len = second ? strlen(second) : 0;
    while (first_len + second_len > NAME_BYTES_MAX - overhead) {
        if (first_len > second_len)
            first_len--;
        else
            second_len--;
    }
    first_len = text_clip(first, first_len);
    second_len = second ? text_clip(second, second_len) : 0;
    return mem_printf(mem, "%.*s%s%.*s%s%s", (int)first_len, first, second ? "_" : "",
                      (int)second_len, second ? second : "", label ? "_" : "", label ? label : "");
}

// A constraint of that name on any table of the schema: PostgreSQL keeps made-up names apart there.
static bool constraint_exists(const struct schema *schema, const char *schema_name,
                              const char *name)
{
    if (!schema_may_have_constraint(schema, name))
        return false;
    for (struct schema_relation *r = schema_next(schema, NULL); r; r = schema_next(schema, r)) {
        if (r->n_constraints && schema_same(schema, r->name.schema, schema_name) &&
            schema_find_constraint(r, name))
            return true;
    }
    return false;
}

char *naming_relation(const struct schema *schema, struct name first, const char *second,
                      const char *label, bool is_constraint)
{
    for (int i = 0;; i++) {
        SCRATCH(tmp);
        char *numbered = i ? mem_printf(tmp, "%s%d", label, i) : mem_strdup(tmp, label);
        char *name = naming_make(tmp, first.name, second, numbered);
        if (!name_table_find(&schema->relations, (struct name){first.schema, name}) &&
            !(is_constraint && constraint_exists(schema, first.schema, name)))
            return talloc_steal(schema->pool, name);
    }
}

char *naming_constraint(const struct schema *schema, const struct schema_relation *relation,
                        const char *second, const char *label)
{
    for (int i = 0;; i++) {
        SCRATCH(tmp);
        char *numbered = i ? mem_printf(tmp, "%s%d", label, i) : mem_strdup(tmp, label);
        char *name = naming_make(tmp, relation->name.name, second, numbered);
        // `relation` may be under construction, not yet in the table of names.
        if (!constraint_exists(schema, relation->name.schema, name) &&
            !schema_find_constraint(relation, name))
            return talloc_steal(schema->pool, name);
    }
}

char *naming_columns(TALLOC_CTX *mem, const char *const *columns, size_t n)
{
    char *joined = mem_strdup(mem, "");
    for (size_t i = 0; i < n && strlen(joined) < NAME_BYTES_MAX; i++)
        joined = mem_printf(mem, "%s%s%s", joined, i ? "_" : "", columns[i]);
    return joined;
}

// FigureColname for the common case: a call is named by its function, anything else "expr".
static char *expression_name(TALLOC_CTX *mem, const struct expression *expression)
{
    const char *text = expression->text ? expression->text : "";
    while (*text == '(' || isspace((unsigned char)*text))
        text++;
    size_t len = 0;
    while (isalnum((unsigned char)text[len]) || text[len] == '_')
        len++;
    size_t blank = len;
    while (isspace((unsigned char)text[blank]))
        blank++;
    if (len == 0 || text[blank] != '(')
        return mem_strdup(mem, "expr");
    char *name = mem_strndup(mem, text, len);
    for (char *c = name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return name;
}

static char *column_name(TALLOC_CTX *mem, const struct schema_index *index, size_t place)
{
    if (place >= index->n_columns)
        return mem_strdup(mem, index->includes[place - index->n_columns]);
    const struct index_column *column = &index->columns[place];
    return column->column ? mem_strdup(mem, column->column)
                          : expression_name(mem, column->expression);
}

char *naming_index_columns(TALLOC_CTX *mem, const struct schema_index *index)
{
    size_t n = index->n_columns + index->n_includes;
    const char **names = mem_array(mem, const char *, n ? n : 1);
    for (size_t i = 0; i < n; i++) {
        char *base = column_name(mem, index, i);
        names[i] = base;
        for (size_t k = 0, number = 1; k < i; k++) {
            if (strcmp(names[k], names[i]) == 0) {
                names[i] = mem_printf(mem, "%s%zu", base, number++);
                k = (size_t)-1; // compare again from the first
            }
        }
    }
    return naming_columns(mem, names, n);
}

char *naming_exclusion(TALLOC_CTX *mem, const struct constraint *constraint)
{
    struct schema_index index = {.n_columns = constraint->n_excluded,
                                 .includes = constraint->includes,
                                 .n_includes = constraint->n_includes};
    index.columns = mem_array(mem, struct index_column, constraint->n_excluded + 1);
    for (size_t i = 0; i < constraint->n_excluded; i++)
        index.columns[i] = constraint->excluded[i].column;
    return naming_index_columns(mem, &index);
}

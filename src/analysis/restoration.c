/*
 * Restoration: comparison of two schemas, relation by relation.
 *
 * Constraints and indexes are compared by what they mean, not by their names alone: a name that the
 * server made depends on the order of creation.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/restoration.h"
#include "analysis/printed_sql.h"
#include <ctype.h>
#include <stdarg.h>

struct comparison {
    TALLOC_CTX *mem;
    const struct schema *target;
    const struct schema *actual;
    struct restoration *out;
};

static void differs(struct comparison *comparison, const char *format, ...) PRINTF_LIKE(2, 3);

static void differs(struct comparison *comparison, const char *format, ...)
{
    struct restoration *out = comparison->out;
    va_list arguments;
    va_start(arguments, format);
    *mem_append(out, out->differences, out->n) = talloc_vasprintf(out, format, arguments);
    va_end(arguments);
}

static const char *name_of(const struct comparison *comparison, struct name name)
{
    return schema_name_text(comparison->mem, comparison->target, name);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static const char *skip_blanks(const char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    return text;
}

// Equal but for blanks and the case of letters outside of quotes.
static bool same_sql_span(const char *a, size_t n_a, const char *b, size_t n_b)
{
    const char *end_a = a + n_a, *end_b = b + n_b;
    bool is_quoted = false;
    for (;;) {
        if (!is_quoted) {
            a = skip_blanks(a);
            b = skip_blanks(b);
        }
        if (a >= end_a || b >= end_b)
            return a >= end_a && b >= end_b;
        bool same = is_quoted ? *a == *b : tolower((unsigned char)*a) == tolower((unsigned char)*b);
        if (!same)
            return false;
        if (*a == '\'')
            is_quoted = !is_quoted;
        a++;
        b++;
    }
}

// What a live catalog has was printed by the server.
static bool same_sql(const struct comparison *comparison, const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return same_sql_span(a, strlen(a), b, strlen(b)) ||
           (schema_is_live(comparison->target) && printed_sql_same(a, b));
}

// The literal of "'x'::text" without its cast; everything else whole.
static size_t uncast_length(const char *text)
{
    size_t len = strlen(text);
    const char *quote = strrchr(text, '\'');
    bool is_cast = text[0] == '\'' && quote > text && strncmp(quote + 1, "::", 2) == 0;
    return is_cast ? (size_t)(quote + 1 - text) : len;
}

static bool same_default(const struct comparison *comparison, const char *a, const char *b)
{
    return same_sql_span(a, uncast_length(a), b, uncast_length(b)) || same_sql(comparison, a, b);
}

static bool same_words(const char *const *a, size_t n_a, const char *const *b, size_t n_b)
{
    bool same = n_a == n_b;
    for (size_t i = 0; same && i < n_a; i++)
        same = strcmp(a[i], b[i]) == 0;
    return same;
}

// A serial column is an integer with a default.
static const struct {
    const char *name, *base, *text;
} serials[] = {
    {"serial", "int4", "integer"},       {"serial4", "int4", "integer"},
    {"bigserial", "int8", "bigint"},     {"serial8", "int8", "bigint"},
    {"smallserial", "int2", "smallint"}, {"serial2", "int2", "smallint"},
};

static const char *type_base(const struct type_name *type)
{
    for (size_t i = 0; i < COUNT_OF(serials); i++) {
        if (type->name != NULL && strcmp(type->name, serials[i].name) == 0)
            return serials[i].base;
    }
    return type->name;
}

static const char *type_words(const struct type_name *type)
{
    for (size_t i = 0; i < COUNT_OF(serials); i++) {
        if (type->name != NULL && strcmp(type->name, serials[i].name) == 0)
            return serials[i].text;
    }
    return type->text;
}

static bool same_type(const struct type_name *a, const struct type_name *b)
{
    bool same = same_text(type_base(a), type_base(b)) && a->is_array == b->is_array &&
                a->n_mods == b->n_mods;
    for (size_t i = 0; same && i < a->n_mods; i++)
        same = a->mods[i] == b->mods[i];
    return same;
}

static void compare_column(struct comparison *comparison, const char *table,
                           const struct schema_column *target, const struct schema_column *actual)
{
    if (!same_type(&target->type, &actual->type))
        differs(comparison, "column %s.%s is %s, was %s", table, target->name,
                type_words(&actual->type), type_words(&target->type));
    if (target->is_not_null != actual->is_not_null)
        differs(comparison, "column %s.%s %s NOT NULL", table, target->name,
                target->is_not_null ? "is no longer" : "became");
    if (target->has_default != actual->has_default)
        differs(comparison, "column %s.%s %s", table, target->name,
                target->has_default ? "has lost its default" : "has a default that it had not");
    else if (target->default_text != NULL && actual->default_text != NULL &&
             !same_default(comparison, target->default_text, actual->default_text))
        differs(comparison, "the default of %s.%s is %s, was %s", table, target->name,
                actual->default_text, target->default_text);
    if (target->is_generated != actual->is_generated || target->is_identity != actual->is_identity)
        differs(comparison, "column %s.%s is filled in another way", table, target->name);
}

static void compare_columns(struct comparison *comparison, const char *table,
                            const struct schema_relation *target,
                            const struct schema_relation *actual)
{
    for (size_t i = 0; i < target->n_columns; i++) {
        const struct schema_column *other = schema_find_column(actual, target->columns[i].name);
        if (other == NULL)
            differs(comparison, "column %s.%s is missing", table, target->columns[i].name);
        else
            compare_column(comparison, table, &target->columns[i], other);
    }
    for (size_t i = 0; i < actual->n_columns; i++) {
        if (schema_find_column(target, actual->columns[i].name) == NULL)
            differs(comparison, "column %s.%s is left over", table, actual->columns[i].name);
    }
}

static bool same_constraint(const struct comparison *comparison, const struct schema_constraint *a,
                            const struct schema_constraint *b)
{
    return a->kind == b->kind && same_words(a->columns, a->n_columns, b->columns, b->n_columns) &&
           same_text(a->references.name, b->references.name) &&
           same_sql(comparison, a->check_text, b->check_text) &&
           same_text(a->on_delete, b->on_delete) && a->is_valid == b->is_valid;
}

static bool has_constraint(const struct comparison *comparison,
                           const struct schema_relation *relation,
                           const struct schema_constraint *constraint)
{
    for (size_t i = 0; i < relation->n_constraints; i++) {
        if (same_constraint(comparison, &relation->constraints[i], constraint))
            return true;
    }
    return false;
}

static const char *constraint_words(const struct comparison *comparison,
                                    const struct schema_constraint *constraint)
{
    static const char *const kinds[] = {"CHECK",  "NOT NULL",    "primary key",
                                        "UNIQUE", "foreign key", "EXCLUDE"};
    const char *kind = kinds[constraint->kind];
    return constraint->name == NULL
               ? kind
               : mem_printf(comparison->mem, "%s '%s'", kind, constraint->name);
}

static void compare_constraints(struct comparison *comparison, const char *table,
                                const struct schema_relation *target,
                                const struct schema_relation *actual)
{
    for (size_t i = 0; i < target->n_constraints; i++) {
        if (!has_constraint(comparison, actual, &target->constraints[i]))
            differs(comparison, "%s of %s is missing or another one",
                    constraint_words(comparison, &target->constraints[i]), table);
    }
    for (size_t i = 0; i < actual->n_constraints; i++) {
        if (!has_constraint(comparison, target, &actual->constraints[i]))
            differs(comparison, "%s of %s was not there",
                    constraint_words(comparison, &actual->constraints[i]), table);
    }
}

static bool same_index(const struct comparison *comparison, const struct schema_index *a,
                       const struct schema_index *b)
{
    bool same = a->n_columns == b->n_columns && a->is_unique == b->is_unique &&
                a->is_primary == b->is_primary && same_text(a->method, b->method) &&
                same_sql(comparison, a->predicate_text, b->predicate_text);
    for (size_t i = 0; same && i < a->n_columns; i++) {
        const struct index_column *x = &a->columns[i], *y = &b->columns[i];
        same =
            same_text(x->column, y->column) && (x->expression == NULL) == (y->expression == NULL);
        if (same && x->expression != NULL)
            same = same_sql(comparison, x->expression->text, y->expression->text);
    }
    return same;
}

static bool has_index(const struct comparison *comparison, const struct schema_relation *relation,
                      const struct schema_index *index)
{
    for (size_t i = 0; i < relation->n_indexes; i++) {
        if (same_index(comparison, &relation->indexes[i], index))
            return true;
    }
    return false;
}

static void compare_indexes(struct comparison *comparison, const char *table,
                            const struct schema_relation *target,
                            const struct schema_relation *actual)
{
    for (size_t i = 0; i < target->n_indexes; i++) {
        if (!has_index(comparison, actual, &target->indexes[i]))
            differs(comparison, "index '%s' of %s is missing or another one",
                    target->indexes[i].name, table);
    }
    for (size_t i = 0; i < actual->n_indexes; i++) {
        if (!has_index(comparison, target, &actual->indexes[i]))
            differs(comparison, "index '%s' of %s was not there", actual->indexes[i].name, table);
    }
}

static const struct schema_trigger *find_trigger(const struct schema_relation *relation,
                                                 const char *name)
{
    for (size_t i = 0; i < relation->n_triggers; i++) {
        if (strcmp(relation->triggers[i].name, name) == 0)
            return &relation->triggers[i];
    }
    return NULL;
}

static void compare_triggers(struct comparison *comparison, const char *table,
                             const struct schema_relation *target,
                             const struct schema_relation *actual)
{
    for (size_t i = 0; i < target->n_triggers; i++) {
        const struct schema_trigger *trigger = &target->triggers[i];
        const struct schema_trigger *other = find_trigger(actual, trigger->name);
        if (other == NULL)
            differs(comparison, "trigger '%s' of %s is missing", trigger->name, table);
        else if (!same_text(other->function, trigger->function))
            differs(comparison, "trigger '%s' of %s calls another function", trigger->name, table);
    }
    for (size_t i = 0; i < actual->n_triggers; i++) {
        if (find_trigger(target, actual->triggers[i].name) == NULL)
            differs(comparison, "trigger '%s' of %s is left over", actual->triggers[i].name, table);
    }
}

static void compare_relation(struct comparison *comparison, const struct schema_relation *target,
                             const struct schema_relation *actual)
{
    const char *table = name_of(comparison, target->name);
    if (target->kind != actual->kind) {
        differs(comparison, "%s is another kind of relation", table);
        return;
    }
    compare_columns(comparison, table, target, actual);
    compare_constraints(comparison, table, target, actual);
    compare_indexes(comparison, table, target, actual);
    compare_triggers(comparison, table, target, actual);
}

// Indexes and the sequences of columns are compared with their tables.
static bool stands_alone(const struct schema_relation *relation)
{
    return relation->kind != RELATION_INDEX &&
           !(relation->kind == RELATION_SEQUENCE && relation->owned_by.name != NULL);
}

struct restoration *restoration_compare(TALLOC_CTX *mem, const struct schema *target,
                                        const struct schema *actual)
{
    SCRATCH(tmp);
    struct comparison comparison = {
        .mem = tmp, .target = target, .actual = actual, .out = mem_new(mem, struct restoration)};
    for (const struct schema_relation *r = schema_next_changed(target, actual, NULL); r != NULL;
         r = schema_next_changed(target, actual, r)) {
        const struct schema_relation *other = schema_find(actual, r->name);
        if (!stands_alone(r))
            continue;
        if (other == NULL)
            differs(&comparison, "%s is missing", name_of(&comparison, r->name));
        else
            compare_relation(&comparison, r, other);
    }
    for (const struct schema_relation *r = schema_next_changed(actual, target, NULL); r != NULL;
         r = schema_next_changed(actual, target, r)) {
        if (stands_alone(r) && schema_find(target, r->name) == NULL)
            differs(&comparison, "%s is left over", name_of(&comparison, r->name));
    }
    return comparison.out;
}

/*
 * Restoration: comparison of two schemas, relation by relation.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/restoration_comparison.h"
#include "base/text.h"

static const char *name_of(const struct comparison *comparison, struct name name)
{
    return schema_name_text(comparison->mem, comparison->target, name);
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
        if (type->name != NULL && text_equal(type->name, serials[i].name))
            return serials[i].base;
    }
    return type->name;
}

static const char *type_words(const struct type_name *type)
{
    for (size_t i = 0; i < COUNT_OF(serials); i++) {
        if (type->name != NULL && text_equal(type->name, serials[i].name))
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

static const char *shown_collation(const char *collation)
{
    return collation == NULL ? "default" : collation;
}

static void compare_column(struct comparison *comparison, const char *table,
                           const struct schema_column *target, const struct schema_column *actual)
{
    bool has_types = target->type.name != NULL && actual->type.name != NULL; // of a query unknown
    if (has_types && !same_type(&target->type, &actual->type))
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
    if (target->is_generated != actual->is_generated ||
        target->is_identity != actual->is_identity ||
        target->is_identity_always != actual->is_identity_always ||
        (target->generated_text != NULL && actual->generated_text != NULL &&
         !same_sql(comparison, target->generated_text, actual->generated_text)))
        differs(comparison, "column %s.%s is filled in another way", table, target->name);
    if (!same_text(target->collation, actual->collation))
        differs(comparison, "column %s.%s is collated by %s, was by %s", table, target->name,
                shown_collation(actual->collation), shown_collation(target->collation));
    if (!same_text(target->owned_sequence, actual->owned_sequence))
        differs(comparison, "the sequence of %s.%s is %s, was %s", table, target->name,
                actual->owned_sequence == NULL ? "none" : actual->owned_sequence,
                target->owned_sequence == NULL ? "none" : target->owned_sequence);
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

// --- the whole

static bool same_names(const struct name *a, size_t n_a, const struct name *b, size_t n_b)
{
    bool same = n_a == n_b;
    for (size_t i = 0; same && i < n_a; i++)
        same = name_equals(a[i], b[i], false);
    return same;
}

static bool same_values(const struct partition_value *a, const struct partition_value *b, size_t n)
{
    bool same = (a == NULL) == (b == NULL);
    for (size_t i = 0; same && a != NULL && i < n; i++)
        same = a[i].limit == b[i].limit && (a[i].constant == NULL || b[i].constant == NULL ||
                                            strcmp(a[i].constant, b[i].constant) == 0);
    return same;
}

static bool same_bound(const struct partition_bound *a, const struct partition_bound *b)
{
    if (a == NULL || b == NULL)
        return true; // none, which is_partition tells, or not known
    return a->strategy == b->strategy && a->n_values == b->n_values && a->modulus == b->modulus &&
           a->remainder == b->remainder && same_values(a->values, b->values, a->n_values) &&
           same_values(a->to, b->to, a->n_values);
}

static void compare_place(struct comparison *comparison, const char *table,
                          const struct schema_relation *target,
                          const struct schema_relation *actual)
{
    if (target->is_unlogged != actual->is_unlogged)
        differs(comparison, "%s %s UNLOGGED", table,
                target->is_unlogged ? "is no longer" : "became");
    if (!same_names(target->parents, target->n_parents, actual->parents, actual->n_parents) ||
        target->is_partition != actual->is_partition)
        differs(comparison, "%s has other parents", table);
    else if (!same_bound(target->bound, actual->bound))
        differs(comparison, "%s is the partition of other rows", table);
    if (target->definition != NULL && actual->definition != NULL &&
        !same_sql(comparison, target->definition, actual->definition))
        differs(comparison, "the query of %s is another one", table);
}

static bool has_other_order(const struct schema_relation *target,
                            const struct schema_relation *actual)
{
    bool same = target->n_columns == actual->n_columns;
    for (size_t i = 0; same && i < target->n_columns; i++)
        same = text_equal(target->columns[i].name, actual->columns[i].name);
    return !same;
}

static void compare_relation(struct comparison *comparison, const struct schema_relation *target,
                             const struct schema_relation *actual)
{
    const char *table = name_of(comparison, target->name);
    size_t n_before = comparison->out->n;
    if (target->kind != actual->kind) {
        differs(comparison, "%s is another kind of relation", table);
        return;
    }
    compare_columns(comparison, table, target, actual);
    compare_constraints(comparison, table, target, actual);
    compare_indexes(comparison, table, target, actual);
    compare_triggers(comparison, table, target, actual);
    compare_members(comparison, table, target, actual);
    compare_properties(comparison, table, target, actual);
    compare_place(comparison, table, target, actual);
    if (comparison->out->n == n_before && has_other_order(target, actual))
        *mem_append(comparison->out, comparison->out->reordered, comparison->out->n_reordered) =
            talloc_strdup(comparison->out, table);
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
    SCRATCH_PACKED(tmp);
    struct comparison comparison = {
        .mem = tmp, .target = target, .actual = actual, .out = mem_new(mem, struct restoration)};
    for (const struct schema_relation *r = schema_next_changed(target, actual, NULL); r != NULL;
         r = schema_next_changed(target, actual, r)) {
        const struct schema_relation *other = schema_find(actual, r->name);
        if (!stands_alone(r) && other != NULL)
            compare_properties(&comparison, name_of(&comparison, r->name), r, other);
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
    compare_named(&comparison);
    compare_publications(&comparison);
    return comparison.out;
}

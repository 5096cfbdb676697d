/*
 * Bounds and columns of a partition that contradict its parent and the partitions that are there.
 *
 * Values are compared where their text tells: integers, dates and timestamps of one form, equal
 * texts. Anything else is not known, and nothing is said.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/definition_refusal.h"
#include "analysis/schema_edit.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

enum order { ORDER_BELOW, ORDER_SAME, ORDER_ABOVE, ORDER_UNKNOWN };

#define TIME_LENGTH 19 // 2024-01-31 12:00:00

// --- values

static enum order order_of(int sign)
{
    return sign < 0 ? ORDER_BELOW : sign > 0 ? ORDER_ABOVE : ORDER_SAME;
}

static bool integer_of(const char *text, long long *out)
{
    char *end;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return end != text && *end == '\0' && errno == 0;
}

static bool has_form(const char *text, const char *form)
{
    size_t i = 0;
    for (; text[i] != '\0' && form[i] != '\0'; i++) {
        if (form[i] == '9' ? !isdigit((unsigned char)text[i]) : form[i] != text[i])
            return false;
    }
    return text[i] == '\0' && form[i] == '\0';
}

static bool is_date(const char *text)
{
    return has_form(text, "9999-99-99");
}

static bool is_moment(const char *text)
{
    return is_date(text) || has_form(text, "9999-99-99 99:99:99");
}

// A date is its midnight.
static enum order moments_order(const char *a, const char *b)
{
    static const char midnight[] = "0000-00-00 00:00:00";
    char left[TIME_LENGTH + 1], right[TIME_LENGTH + 1];
    memcpy(left, midnight, sizeof(left));
    memcpy(right, midnight, sizeof(right));
    memcpy(left, a, strlen(a));
    memcpy(right, b, strlen(b));
    return order_of(strcmp(left, right));
}

static enum order constants_order(const struct type_name *type, const char *a, const char *b)
{
    static const char *const integers[] = {"int2", "int4", "int8"};
    static const char *const times[] = {"timestamp", "timestamptz"};
    static const char *const texts[] = {"text", "varchar"};
    long long left, right;
    if (type->name == NULL || type->is_array)
        return ORDER_UNKNOWN;
    if (word_in(type->name, integers, COUNT_OF(integers)))
        return integer_of(a, &left) && integer_of(b, &right)
                   ? order_of((left > right) - (left < right))
                   : ORDER_UNKNOWN;
    if (strcmp(type->name, "date") == 0)
        return is_date(a) && is_date(b) ? order_of(strcmp(a, b)) : ORDER_UNKNOWN;
    if (word_in(type->name, times, COUNT_OF(times)))
        return is_moment(a) && is_moment(b) ? moments_order(a, b) : ORDER_UNKNOWN;
    // Which text is first its collation decides.
    return word_in(type->name, texts, COUNT_OF(texts)) && strcmp(a, b) == 0 ? ORDER_SAME
                                                                            : ORDER_UNKNOWN;
}

static int limit_rank(enum partition_limit limit)
{
    return limit == LIMIT_MINVALUE ? -1 : limit == LIMIT_MAXVALUE ? 1 : 0;
}

static enum order values_order(const struct type_name *type, const struct partition_value *a,
                               const struct partition_value *b)
{
    int left = limit_rank(a->limit), right = limit_rank(b->limit);
    if (left != 0 || right != 0)
        return order_of(left - right);
    if (a->limit == LIMIT_NULL || b->limit == LIMIT_NULL)
        return a->limit == b->limit ? ORDER_SAME : ORDER_UNKNOWN;
    return a->constant == NULL || b->constant == NULL
               ? ORDER_UNKNOWN
               : constants_order(type, a->constant, b->constant);
}

// --- bounds

struct bounds {
    const struct schema_relation *parent;
    const struct partition_bound *bound;
};

static const struct type_name *key_type(const struct schema_relation *parent, size_t i)
{
    const char *column = parent->partition_key->columns[i].column;
    const struct schema_column *known = column == NULL ? NULL : schema_find_column(parent, column);
    return known == NULL ? NULL : &known->type;
}

static enum order rows_order(const struct schema_relation *parent, const struct partition_value *a,
                             const struct partition_value *b, size_t n)
{
    enum order order = ORDER_SAME;
    for (size_t i = 0; order == ORDER_SAME && i < n; i++) {
        const struct type_name *type = key_type(parent, i);
        order = type == NULL ? ORDER_UNKNOWN : values_order(type, &a[i], &b[i]);
        // What stands behind MINVALUE and MAXVALUE does not count.
        if (order == ORDER_SAME && limit_rank(a[i].limit) != 0)
            break;
    }
    return order;
}

static bool hashes_overlap(const struct partition_bound *a, const struct partition_bound *b)
{
    int large = a->modulus > b->modulus ? a->modulus : b->modulus;
    int small = a->modulus > b->modulus ? b->modulus : a->modulus;
    return small > 0 && large % small == 0 && a->remainder % small == b->remainder % small;
}

static bool lists_overlap(const struct bounds *new, const struct partition_bound *old)
{
    const struct type_name *type = key_type(new->parent, 0);
    for (size_t i = 0; type != NULL && i < new->bound->n_values; i++) {
        for (size_t k = 0; k < old->n_values; k++) {
            if (values_order(type, &new->bound->values[i], &old->values[k]) == ORDER_SAME)
                return true;
        }
    }
    return false;
}

static bool bounds_overlap(const struct bounds *new, const struct partition_bound *old)
{
    const struct partition_bound *bound = new->bound;
    if (old->strategy != bound->strategy)
        return false;
    if (bound->strategy == PARTITION_HASH)
        return hashes_overlap(bound, old);
    if (bound->strategy == PARTITION_LIST)
        return lists_overlap(new, old);
    return old->n_values == bound->n_values &&
           rows_order(new->parent, bound->values, old->to, old->n_values) == ORDER_BELOW &&
           rows_order(new->parent, old->values, bound->to, old->n_values) == ORDER_BELOW;
}

// By the bound alone.
static const char *own_refusal(const struct bounds *new)
{
    const struct partition_key *key = new->parent->partition_key;
    const struct partition_bound *bound = new->bound;
    if (bound->strategy != key->strategy)
        return "FOR VALUES is of another kind than its PARTITION BY";
    if (bound->strategy != PARTITION_RANGE)
        return NULL;
    if (bound->n_values != key->n_columns)
        return "FOR VALUES has not as many values as its partition key has columns";
    enum order order = rows_order(new->parent, bound->values, bound->to, bound->n_values);
    return order == ORDER_SAME || order == ORDER_ABOVE ? "no value is in FROM … TO" : NULL;
}

static const char *taken_refusal(const struct rule_place *place, const struct bounds *new,
                                 const struct action *action)
{
    SCRATCH(tmp);
    struct relation_list below = schema_descendants(tmp, place->before, new->parent);
    for (size_t i = 1; i < below.n; i++) {
        const struct schema_relation *old = below.list[i];
        if (!old->is_partition || old->n_parents == 0 ||
            !name_may_equal(old->parents[0], new->parent->name) ||
            schema_doubts_relation(place->before, old))
            continue;
        const char *name = place_name(place, old->name);
        if (action->is_default_partition && old->is_default_partition)
            return mem_printf(place->mem, "it has a default partition already: %s", name);
        if (new->bound != NULL && old->bound != NULL &&
            !old->is_default_partition &&bounds_overlap(new, old->bound))
            return mem_printf(place->mem, "values of it are those of partition %s", name);
    }
    return NULL;
}

const char *bound_refusal(const struct rule_place *place, const struct schema_relation *parent,
                          const struct action *action)
{
    bool is_bound = action->bound != NULL && !action->is_default_partition;
    struct bounds new = {parent, is_bound ? action->bound : NULL};
    if (parent->kind != RELATION_PARTITIONED || parent->partition_key == NULL)
        return NULL;
    if (action->is_default_partition && parent->partition_key->strategy == PARTITION_HASH)
        return "what is partitioned by HASH has no default partition";
    const char *why = is_bound ? own_refusal(&new) : NULL;
    return why != NULL ? why : taken_refusal(place, &new, action);
}

// --- columns

static const char *plain_type(const struct type_name *type)
{
    static const char *const serials[][2] = {
        {"serial", "int4"}, {"bigserial", "int8"}, {"smallserial", "int2"}};
    for (size_t i = 0; i < COUNT_OF(serials); i++) {
        if (strcmp(type->name, serials[i][0]) == 0)
            return serials[i][1];
    }
    return type->name;
}

static bool types_differ(const struct type_name *a, const struct type_name *b)
{
    if (a->name == NULL || b->name == NULL)
        return false;
    return strcmp(plain_type(a), plain_type(b)) != 0 || a->is_array != b->is_array ||
           (strcmp(a->name, "varchar") == 0 &&
            (a->n_mods != b->n_mods || (a->n_mods > 0 && a->mods[0] != b->mods[0])));
}

static const char *column_refusal(const struct rule_place *place,
                                  const struct schema_relation *child,
                                  const struct schema_column *column)
{
    const struct schema_column *own = schema_find_column(child, column->name);
    const char *name = place_name(place, child->name);
    if (own == NULL)
        return mem_printf(place->mem, "%s lacks column %s", name, column->name);
    if (types_differ(&own->type, &column->type))
        return mem_printf(place->mem, "%s.%s is %s, and %s in its parent", name, column->name,
                          own->type.text, column->type.text);
    return column->is_not_null && !own->is_not_null
               ? mem_printf(place->mem, "%s.%s must be NOT NULL as in its parent", name,
                            column->name)
               : NULL;
}

static const char *check_refusal(const struct rule_place *place,
                                 const struct schema_relation *parent,
                                 const struct schema_relation *child)
{
    for (size_t i = 0; i < parent->n_constraints; i++) {
        const struct schema_constraint *check = &parent->constraints[i];
        if (check->kind == CONSTRAINT_CHECK && !check->is_no_inherit && check->name != NULL &&
            schema_find_constraint(child, check->name) == NULL)
            return mem_printf(place->mem, "%s lacks the CHECK %s of its parent",
                              place_name(place, child->name), check->name);
    }
    return NULL;
}

const char *shape_refusal(const struct rule_place *place, const struct schema_relation *parent,
                          const struct schema_relation *child)
{
    const char *why = NULL;
    if (!relation_is_table(child) || parent->n_columns == 0 || child->n_columns == 0 ||
        child->n_parents > 0 || parent->n_parents > 0)
        return NULL;
    for (size_t i = 0; why == NULL && i < parent->n_columns; i++)
        why = column_refusal(place, child, &parent->columns[i]);
    for (size_t i = 0; why == NULL && i < child->n_columns; i++) {
        if (schema_find_column(parent, child->columns[i].name) == NULL)
            why = mem_printf(place->mem, "%s has a column that its parent has not: %s",
                             place_name(place, child->name), child->columns[i].name);
    }
    return why != NULL ? why : check_refusal(place, parent, child);
}

/*
 * ALTER COLUMN TYPE: whether the heap is written anew, which indexes are built again, which checks
 * and foreign keys are looked at again, and who is locked for it.
 *
 * The session's time zone is taken to be UTC: there timestamp and timestamptz are the same bytes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/effects_postgres.h"

#include <ctype.h>
#include <strings.h>

enum { DOMAIN_DEPTH_MAX = 16, PG_UTC_SHORTCUT = 12 };

static bool type_is(const struct type_name *type, const char *name)
{
    return type->name && strcmp(type->name, name) == 0;
}

static bool is_one_of(const struct type_name *type, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (type_is(type, names[i]))
            return true;
    }
    return false;
}

// The type below a domain; `constrained` tells whether a constraint was passed on the way.
static struct type_name base_type(const struct schema *schema, struct type_name type,
                                  bool *constrained)
{
    *constrained = false;
    for (int depth = 0; depth < DOMAIN_DEPTH_MAX; depth++) {
        const struct schema_type *domain =
            schema_find_type(schema, (struct name){type.schema, type.name});
        if (!domain || domain->object != OBJECT_DOMAIN)
            break;
        *constrained |= domain->has_constraint;
        type = domain->base;
    }
    return type;
}

bool type_is_constrained(const struct schema *schema, const struct type_name *type)
{
    bool constrained;
    base_type(schema, *type, &constrained);
    return constrained && !type->is_array;
}

// A limit that is not written is the widest.
static int mod_of(const struct type_name *type, size_t which, int missing)
{
    return type->n_mods > which ? type->mods[which] : missing;
}

// Both are of the type that `from` and `to` name: does the modifier take something away?
static bool modifier_rewrites(const struct type_name *from, const struct type_name *to)
{
    static const char *const lengths[] = {"varchar", "varbit"};
    static const char *const precisions[] = {"timestamp", "timestamptz", "time", "timetz",
                                             "interval"};
    enum { UNLIMITED = 1 << 30, MICROSECONDS = 6 };
    if (is_one_of(to, lengths, COUNT_OF(lengths)))
        return mod_of(to, 0, UNLIMITED) < mod_of(from, 0, UNLIMITED);
    if (is_one_of(to, precisions, COUNT_OF(precisions)))
        return mod_of(to, 0, MICROSECONDS) < mod_of(from, 0, MICROSECONDS);
    if (type_is(to, "numeric")) {
        if (!to->n_mods)
            return false;
        return !from->n_mods || mod_of(to, 1, 0) != mod_of(from, 1, 0) ||
               to->mods[0] < from->mods[0];
    }
    if (!to->n_mods)
        return false;
    return from->n_mods != to->n_mods ||
           memcmp(from->mods, to->mods, sizeof(int) * to->n_mods) != 0;
}

// Source: pg_cast where castmethod = 'b' on PostgreSQL 15; citext from its extension. A length of
// the new type has to be checked all the same.
static bool is_binary_coercible(const struct type_name *from, const struct type_name *to)
{
    static const char *const pairs[][2] = {
        {"int4", "oid"},       {"oid", "int4"},       {"text", "varchar"},  {"varchar", "text"},
        {"text", "bpchar"},    {"varchar", "bpchar"}, {"xml", "text"},      {"xml", "varchar"},
        {"cidr", "inet"},      {"bit", "varbit"},     {"varbit", "bit"},    {"citext", "text"},
        {"citext", "varchar"}, {"text", "citext"},    {"varchar", "citext"}};
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        if (type_is(from, pairs[i][0]) && type_is(to, pairs[i][1]))
            return true;
    }
    return false;
}

static bool is_timestamp_pair(const struct type_name *from, const struct type_name *to)
{
    return (type_is(from, "timestamp") && type_is(to, "timestamptz")) ||
           (type_is(from, "timestamptz") && type_is(to, "timestamp"));
}

// Does a value of the old type have to be written anew to become one of the new?
static bool type_change_rewrites(const struct schema *schema, const struct type_name *old_type,
                                 const struct type_name *new_type)
{
    bool was_constrained, is_constrained;
    struct type_name from = base_type(schema, *old_type, &was_constrained);
    struct type_name to = base_type(schema, *new_type, &is_constrained);
    if (!from.name || !to.name || !old_type->name)
        return true; // not known
    if (is_constrained && !type_is(old_type, new_type->name))
        return true;
    bool leaves_domain = strcmp(from.name, old_type->name) != 0;
    if (leaves_domain && !type_is(old_type, new_type->name))
        from.n_mods = 0; // a domain's own length or precision is not looked at (measured)
    bool is_same = strcmp(from.name, to.name) == 0;
    if (from.is_array || to.is_array) // element by element, even where elements need no change
        return !is_same || from.is_array != to.is_array || from.n_mods != to.n_mods ||
               memcmp(from.mods, to.mods, sizeof(from.mods)) != 0;
    if (is_same)
        return modifier_rewrites(&from, &to);
    if (is_timestamp_pair(&from, &to))
        return mod_of(&to, 0, 6) < mod_of(&from, 0, 6);
    if (!is_binary_coercible(&from, &to))
        return true;
    if (type_is(&from, "varchar") && type_is(&to, "varchar"))
        return modifier_rewrites(&from, &to);
    return to.n_mods > 0;
}

// Is the comparison of the new type the old one's, so that indexes and foreign keys stay true?
static bool comparison_stays(const struct schema *schema, const struct type_name *old_type,
                             const struct type_name *new_type)
{
    static const char *const texts[] = {"text", "varchar"};
    bool constrained;
    struct type_name from = base_type(schema, *old_type, &constrained);
    struct type_name to = base_type(schema, *new_type, &constrained);
    if (!from.name || !to.name)
        return false;
    if (strcmp(from.name, to.name) == 0)
        return from.is_array == to.is_array;
    return is_one_of(&from, texts, COUNT_OF(texts)) && is_one_of(&to, texts, COUNT_OF(texts));
}

// USING that says only what would happen anyway: `col`, `(col)`, `col::newtype`, `CAST(col AS …)`.
static bool using_is_plain(const struct action *action)
{
    const struct expression *expression = action->using_expr;
    if (!expression)
        return true;
    if (expression->n_functions || expression->n_relations || expression->n_columns != 1 ||
        strcmp(expression->columns[0], action->column) != 0 || !expression->text)
        return false;
    SCRATCH(tmp);
    char *text = mem_array(tmp, char, strlen(expression->text) + 1);
    size_t len = 0;
    for (const char *c = expression->text; *c; c++) {
        if (!isspace((unsigned char)*c) && !strchr("()\"", *c))
            text[len++] = (char)tolower((unsigned char)*c);
    }
    if (strncmp(text, "cast", 4) == 0 && strcmp(text, action->column) != 0)
        return strncmp(text + 4, action->column, strlen(action->column)) == 0;
    size_t column = strlen(action->column);
    if (strncasecmp(text, action->column, column) != 0)
        return false;
    const char *rest = text + column;
    if (*rest == '\0')
        return true;
    return strncmp(rest, "::", 2) == 0 && !strpbrk(rest + 2, "+-*/|:'<>=");
}

static void lock_references(struct prediction *p, const struct schema_relation *relation,
                            bool rechecks)
{
    const char *column = p->action->column;
    for (size_t i = 0; i < relation->n_constraints; i++) {
        const struct schema_constraint *c = &relation->constraints[i];
        if (c->kind != CONSTRAINT_FOREIGN_KEY || !constraint_uses(p->schema, c, column))
            continue;
        predict_lock_referenced(p, c->references, LOCK_ACCESS_EXCLUSIVE);
        if (rechecks && c->is_valid)
            predict_check_reference(p, relation->name, c->references);
    }
    struct relation_list others = schema_referencing(p->tmp, p->schema, relation->name);
    for (size_t i = 0; i < others.n; i++) {
        for (size_t k = 0; k < others.list[i]->n_constraints; k++) {
            const struct schema_constraint *c = &others.list[i]->constraints[k];
            if (!constraint_references(p->schema, c, relation->name, column))
                continue;
            predict_lock(p, others.list[i], LOCK_ACCESS_EXCLUSIVE);
            if (rechecks && c->is_valid)
                predict_check_reference(p, others.list[i]->name, relation->name);
        }
    }
}

// The index is dropped and made again; whether it must be built depends on what is in it.
static void predict_renewed_indexes(struct prediction *p, const struct schema_relation *relation,
                                    bool comparison_changes)
{
    for (size_t i = 0; i < relation->n_indexes; i++) {
        const struct schema_index *index = &relation->indexes[i];
        if (!index_uses(p->schema, index, p->action->column))
            continue;
        predict_lock_index(p, relation, index, LOCK_ACCESS_EXCLUSIVE);
        if (comparison_changes || index->predicate_text || index->n_expression_columns) {
            predict_index_build(p, relation);
            predict_scan(p, relation);
        }
    }
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

// A change that may make other values of the old ones, silently.
static bool loses_values(const struct prediction *p, const struct type_name *from)
{
    static const char *const floats[] = {"float8", "float4", "numeric"};
    static const char *const whole[] = {"int8", "int4", "int2"};
    static const char *const times[] = {"timestamp", "timestamptz"};
    static const char *const parts[] = {"date", "time", "timetz"};
    const struct type_name *to = &p->action->definition->type;
    if (!using_is_plain(p->action))
        return true;
    if (!from->name || !to->name || from->is_array || to->is_array)
        return false;
    if (is_one_of(from, floats, COUNT_OF(floats)) && is_one_of(to, whole, COUNT_OF(whole)))
        return true;
    if (is_one_of(from, times, COUNT_OF(times)) && is_one_of(to, parts, COUNT_OF(parts)))
        return true;
    if (is_one_of(from, floats, COUNT_OF(floats)) && type_is(to, "float4"))
        return !type_is(from, "float4");
    if (type_is(from, "numeric") && type_is(to, "numeric") && to->n_mods)
        return !from->n_mods || mod_of(to, 1, 0) < mod_of(from, 1, 0);
    bool both_times =
        is_one_of(from, times, COUNT_OF(times)) && is_one_of(to, times, COUNT_OF(times));
    return both_times && mod_of(to, 0, 6) < mod_of(from, 0, 6);
}

static bool needs_rewrite(const struct prediction *p, const struct schema_column *column)
{
    const struct type_name *to = &p->action->definition->type;
    if (!using_is_plain(p->action) || type_change_rewrites(p->schema, &column->type, to))
        return true;
    return p->pg_version < PG_UTC_SHORTCUT && is_timestamp_pair(&column->type, to);
}

static void predict_known(struct prediction *p, const struct schema_relation *relation,
                          const struct schema_column *column)
{
    const struct column *definition = p->action->definition;
    bool rewrites = needs_rewrite(p, column);
    bool stays = comparison_stays(p->schema, &column->type, &definition->type);
    if (rewrites)
        predict_whole_rewrite(p, relation);
    predict_renewed_indexes(
        p, relation, rewrites || !stays || !same_text(column->collation, definition->collation));
    for (size_t i = 0; i < relation->n_constraints; i++) {
        const struct schema_constraint *c = &relation->constraints[i];
        if (c->kind == CONSTRAINT_CHECK && c->is_valid &&
            constraint_uses(p->schema, c, column->name))
            predict_scan(p, relation);
    }
    lock_references(p, relation, rewrites || !stays);
    struct relation_list sequences = {0};
    if (column->is_identity)
        sequences = schema_sequences(p->tmp, p->schema, relation->name, column->name);
    for (size_t i = 0; i < sequences.n; i++)
        predict_lock(p, sequences.list[i], LOCK_SHARE_ROW_EXCLUSIVE);
    if (loses_values(p, &column->type))
        predict_destroy(p, relation->name, column->name, "values");
}

void predict_alter_type(struct prediction *p)
{
    struct relation_list list = predict_lock_targets(p, LOCK_ACCESS_EXCLUSIVE);
    if (!list.n) {
        predict_rewrite_name(p, p->action->relation);
        if (!using_is_plain(p->action))
            predict_destroy(p, p->action->relation, p->action->column, "values");
    }
    struct schema_column unknown = {.name = p->action->column};
    for (size_t i = 0; i < list.n; i++) {
        const struct schema_column *column = schema_find_column(list.list[i], p->action->column);
        predict_known(p, list.list[i], column ? column : &unknown);
    }
}

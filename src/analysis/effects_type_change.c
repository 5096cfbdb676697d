/*
 * ALTER COLUMN TYPE: whether the heap is written anew, which indexes are built again, which checks
 * and foreign keys are looked at again, and who is locked for it.
 *
 * The session's time zone is taken to be UTC: there timestamp and timestamptz are the same bytes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/effects_postgres.h"
#include "base/text.h"

#include <ctype.h>
#include <strings.h>

enum { DOMAIN_DEPTH_MAX = 16 };

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

bool type_rests_on(const struct schema *schema, struct type_name type, struct name base)
{
    for (int depth = 0; type.name && depth < DOMAIN_DEPTH_MAX; depth++) {
        if (schema_same(schema, type.name, base.name))
            return true;
        const struct schema_type *domain =
            schema_find_type(schema, (struct name){type.schema, type.name});
        if (!domain || domain->object != OBJECT_DOMAIN)
            return false;
        type = domain->base;
    }
    return false;
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

static enum postgres_form form_of_modifier(const struct type_name *from, const struct type_name *to)
{
    if (type_is(from, "bpchar") || type_is(to, "bpchar"))
        return from->n_mods == to->n_mods && mod_of(from, 0, 1) == mod_of(to, 0, 1)
                   ? FORM_TYPE_SAME
                   : FORM_TYPE_CHARACTER;
    if (modifier_rewrites(from, to))
        return FORM_TYPE_NARROWER;
    bool is_same =
        from->n_mods == to->n_mods && memcmp(from->mods, to->mods, sizeof(from->mods)) == 0;
    return is_same ? FORM_TYPE_SAME : FORM_TYPE_WIDER;
}

static bool is_text(const struct type_name *type)
{
    return type_is(type, "varchar") || type_is(type, "text");
}

static enum postgres_form form_of_pair(const struct type_name *from, const struct type_name *to)
{
    if (is_timestamp_pair(from, to))
        return mod_of(to, 0, 6) < mod_of(from, 0, 6) ? FORM_TYPE_NARROWER : FORM_TYPE_TIMESTAMP;
    if (type_is(from, "bpchar") || type_is(to, "bpchar"))
        return FORM_TYPE_CHARACTER;
    if (!is_binary_coercible(from, to))
        return FORM_TYPE_CAST;
    if (to->n_mods > 0)
        return FORM_TYPE_NARROWER;
    return is_text(from) && is_text(to) ? FORM_TYPE_WIDER : FORM_TYPE_COERCIBLE;
}

// What kind of change it is: that decides whether every row is written anew.
static enum postgres_form form_of_change(const struct schema *schema,
                                         const struct type_name *old_type,
                                         const struct type_name *new_type)
{
    bool was_constrained, is_constrained;
    struct type_name from = base_type(schema, *old_type, &was_constrained);
    struct type_name to = base_type(schema, *new_type, &is_constrained);
    if (!from.name || !to.name || !old_type->name)
        return FORM_TYPE_UNKNOWN;
    bool stays_domain = type_is(old_type, new_type->name);
    if (is_constrained && !stays_domain)
        return FORM_TYPE_CONSTRAINED_DOMAIN;
    if (strcmp(from.name, old_type->name) != 0 && !stays_domain)
        from.n_mods = 0; // a domain's own length or precision is not looked at (measured)
    bool is_same = strcmp(from.name, to.name) == 0;
    if (from.is_array || to.is_array) // element by element, even where elements need no change
        return is_same && from.is_array == to.is_array && from.n_mods == to.n_mods &&
                       memcmp(from.mods, to.mods, sizeof(from.mods)) == 0
                   ? FORM_TYPE_SAME
                   : FORM_TYPE_ARRAY;
    enum postgres_form form = is_same ? form_of_modifier(&from, &to) : form_of_pair(&from, &to);
    bool is_as_stored = form == FORM_TYPE_SAME || form == FORM_TYPE_WIDER;
    return is_as_stored && !stays_domain &&
                   (strcmp(from.name, old_type->name) != 0 || strcmp(to.name, new_type->name) != 0)
               ? FORM_TYPE_DOMAIN
               : form;
}

// Is the comparison of the new type the old one's, so that indexes and foreign keys stay true?
static bool comparison_stays(const struct schema *schema, const struct type_name *old_type,
                             const struct type_name *new_type)
{
    static const char *const texts[] = {"text", "varchar"}; // one operator class each
    static const char *const nets[] = {"cidr", "inet"};
    bool constrained;
    struct type_name from = base_type(schema, *old_type, &constrained);
    struct type_name to = base_type(schema, *new_type, &constrained);
    if (!from.name || !to.name)
        return false;
    if (strcmp(from.name, to.name) == 0)
        return from.is_array == to.is_array;
    return (is_one_of(&from, texts, COUNT_OF(texts)) && is_one_of(&to, texts, COUNT_OF(texts))) ||
           (is_one_of(&from, nets, COUNT_OF(nets)) && is_one_of(&to, nets, COUNT_OF(nets)));
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

static bool is_linked(const struct prediction *p, const struct schema_relation *relation)
{
    for (size_t i = 0; i < relation->n_constraints; i++) {
        if (relation->constraints[i].kind == CONSTRAINT_FOREIGN_KEY &&
            constraint_uses(p->schema, &relation->constraints[i], p->action->column))
            return true;
    }
    struct relation_list others = schema_referencing(p->tmp, p->schema, relation->name);
    for (size_t i = 0; i < others.n; i++) {
        for (size_t k = 0; k < others.list[i]->n_constraints; k++) {
            if (constraint_references(p->schema, &others.list[i]->constraints[k], relation->name,
                                      p->action->column))
                return true;
        }
    }
    return false;
}

// Foreign keys on the column, of the table and to it, are made again; checked when need be.
static void predict_references(struct prediction *p, const struct schema_relation *relation,
                               bool rechecks)
{
    if (!is_linked(p, relation))
        return;
    const struct postgres_fact *plain = predict_form(p, FORM_TYPE_LINKED);
    const struct postgres_fact *checked =
        rechecks ? predict_form(p, FORM_TYPE_LINKED_CHECKED) : plain;
    for (size_t i = 0; i < relation->n_constraints; i++) {
        const struct schema_constraint *c = &relation->constraints[i];
        if (c->kind != CONSTRAINT_FOREIGN_KEY || !constraint_uses(p->schema, c, p->action->column))
            continue;
        predict_role_referenced(p, c->is_valid ? checked : plain, c->references);
        predict_role_work(p, c->is_valid ? checked : plain, ROLE_TABLE, relation);
    }
    struct relation_list others = schema_referencing(p->tmp, p->schema, relation->name);
    for (size_t i = 0; i < others.n; i++) {
        for (size_t k = 0; k < others.list[i]->n_constraints; k++) {
            const struct schema_constraint *c = &others.list[i]->constraints[k];
            if (!constraint_references(p->schema, c, relation->name, p->action->column))
                continue;
            predict_role(p, c->is_valid ? checked : plain, ROLE_REFERENCING, others.list[i]);
            predict_role_work(p, c->is_valid ? checked : plain, ROLE_TABLE, relation);
        }
    }
}

// Made with the parent's index of a partitioned table, that of a partition is always built.
static bool is_made_by_parent(const struct prediction *p, const struct schema_relation *relation,
                              const struct schema_index *index)
{
    const struct schema_relation *parent =
        relation->is_partition ? schema_find(p->schema, relation->parents[0]) : NULL;
    for (size_t i = 0; parent && i < parent->n_indexes; i++) {
        if (schema_index_twin(p->schema, relation, &parent->indexes[i]) == index)
            return true;
    }
    return false;
}

// The index is dropped and made again; whether it must be built depends on what is in it.
static void predict_renewed_indexes(struct prediction *p, const struct postgres_fact *fact,
                                    const struct schema_relation *relation, bool is_rebuilt)
{
    for (size_t i = 0; i < relation->n_indexes; i++) {
        const struct schema_index *index = &relation->indexes[i];
        if (!index_uses(p->schema, index, p->action->column))
            continue;
        predict_role_index(p, fact, ROLE_INDEX, relation, index);
        if (!is_rebuilt && !index->predicate_text && !index->n_expression_columns &&
            !is_made_by_parent(p, relation, index))
            continue;
        const struct postgres_fact *built = predict_form(p, FORM_TYPE_INDEX_BUILT);
        predict_role_index(p, built, ROLE_INDEX, relation, index);
        predict_role_work(p, built, ROLE_TABLE, relation);
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

static const struct postgres_fact *fact_of_change(struct prediction *p,
                                                  const struct schema_column *column)
{
    enum postgres_form form =
        using_is_plain(p->action)
            ? form_of_change(p->schema, &column->type, &p->action->definition->type)
            : FORM_TYPE_USING;
    return predict_form(p, form);
}

static void predict_checks(struct prediction *p, enum fact_role role,
                           const struct schema_relation *relation)
{
    for (size_t i = 0; i < relation->n_constraints; i++) {
        const struct schema_constraint *c = &relation->constraints[i];
        if (c->kind == CONSTRAINT_CHECK && c->is_valid &&
            constraint_uses(p->schema, c, p->action->column))
            predict_role(p, predict_form(p, FORM_TYPE_CHECK), role, relation);
    }
}

static void predict_known(struct prediction *p, enum fact_role role,
                          const struct schema_relation *relation,
                          const struct schema_column *column)
{
    const struct column *definition = p->action->definition;
    const struct postgres_fact *fact = fact_of_change(p, column);
    bool rewrites = postgres_fact_effect(fact, role)->work & WORK_REWRITE;
    bool stays = comparison_stays(p->schema, &column->type, &definition->type) &&
                 same_text(column->collation, definition->collation);
    predict_role(p, fact, role, relation);
    predict_renewed_indexes(p, fact, relation, !rewrites && !stays);
    predict_checks(p, role, relation);
    predict_references(p, relation,
                       rewrites || !comparison_stays(p->schema, &column->type, &definition->type));
    if (column->is_identity)
        predict_role_sequences(p, predict_form(p, FORM_TYPE_IDENTITY), relation, column->name);
    if (loses_values(p, &column->type))
        predict_destroy(p, relation->name, column->name, "values");
}

static bool is_rewritten(const struct prediction *p, const struct schema_relation *relation)
{
    SCRATCH(tmp);
    const char *name = schema_name_text(tmp, p->schema, relation->name);
    return word_in(name, p->effects->rewrites, p->effects->n_rewrites);
}

// Keys on a column whose type changes are made again with the table, and checked when anything else
// in the statement writes it anew (measured on PostgreSQL 15).
void predict_rewritten_references(struct prediction *p)
{
    struct relation_list list = schema_targets(p->tmp, p->schema, p->action);
    for (size_t i = 0; i < list.n; i++) {
        if (is_rewritten(p, list.list[i]))
            predict_references(p, list.list[i], true);
    }
}

void predict_alter_type(struct prediction *p)
{
    struct relation_list list = schema_targets(p->tmp, p->schema, p->action);
    struct schema_column unknown = {.name = p->action->column};
    if (!list.n) {
        predict_role_name(p, fact_of_change(p, &unknown), ROLE_TABLE, p->action->relation);
        if (!using_is_plain(p->action))
            predict_destroy(p, p->action->relation, p->action->column, "values");
    }
    for (size_t i = 0; i < list.n; i++) {
        const struct schema_column *column = schema_find_column(list.list[i], p->action->column);
        predict_known(p, target_role(list, i), list.list[i], column ? column : &unknown);
    }
}

/*
 * Rules on partitions and inheritance: rows that leave a table with the child that holds them, and
 * rows that stand where a bound does not allow them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/question.h"
#include "statement/quoting.h"

// A later statement puts the child under a parent again, or drops it (and is told as that).
static bool comes_back(const struct rule_place *place, struct name child)
{
    for (size_t i = place->index + 1; i < place->script->n_statements; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct action *action = &statement->actions[j];
            if ((action->kind == ACTION_ATTACH_PARTITION && name_may_equal(action->other, child)) ||
                ((action->kind == ACTION_INHERIT || action->kind == ACTION_DROP) &&
                 name_may_equal(action->relation, child)))
                return true;
        }
    }
    return false;
}

static void child_leaves(struct rule_place *place, const struct action *action)
{
    bool is_partition = action->kind == ACTION_DETACH_PARTITION;
    if (!is_partition && action->kind != ACTION_NO_INHERIT)
        return;
    struct name child = is_partition ? action->other : action->relation;
    struct name parent = is_partition ? action->relation : action->other;
    const struct schema_relation *relation = schema_find(place->before, child);
    if (place_is_new(place, child) || place_has_no_rows(place, child) || comes_back(place, child))
        return;
    rule_report(place, "rows of %s are no rows of %s any more (%s)", place_name(place, child),
                place_name(place, parent), size_text(place->mem, relation));
}

static void check_child_leaves(struct rule_place *place)
{
    place_each_action(place, child_leaves);
}

// --- bounds as conditions

// The parts of the parent's key as the rows of another table have them.
struct bounded {
    struct asking *asking; // of the table whose rows are held against the bound
    const struct schema_relation *parent;
    const char **terms;
    size_t n;
};

static void terms_read(struct bounded *bounded)
{
    TALLOC_CTX *mem = bounded->asking->place->mem;
    const struct partition_key *key = bounded->parent->partition_key;
    bounded->terms = mem_array(mem, const char *, key->n_columns);
    for (bounded->n = 0; bounded->n < key->n_columns; bounded->n++) {
        const struct index_column *column = &key->columns[bounded->n];
        bounded->terms[bounded->n] = column->column != NULL
                                         ? ask_name(bounded->asking, column->column)
                                         : mem_printf(mem, "(%s)", column->expression->text);
    }
}

// "(a, b)" of the first `n`; one alone without parentheses.
static const char *row_text(TALLOC_CTX *mem, const char *const *terms, size_t n)
{
    return n == 1 ? terms[0] : mem_printf(mem, "(%s)", words_join(mem, terms, n));
}

// The rows above FROM or below TO. MINVALUE and MAXVALUE end the comparison: what stands behind
// them does not count. Source: PostgreSQL 15 manual, CREATE TABLE, PARTITION OF.
static const char *limit_text(const struct bounded *bounded, const struct partition_value *values,
                              bool is_from)
{
    TALLOC_CTX *mem = bounded->asking->place->mem;
    const char **texts = mem_array(mem, const char *, bounded->n);
    size_t n = 0;
    while (n < bounded->n && values[n].limit == LIMIT_VALUE) {
        texts[n] = values[n].text;
        n++;
    }
    bool is_open = n < bounded->n; // the values end early: with the lowest or the highest
    bool ends_low = is_open && values[n].limit == LIMIT_MINVALUE;
    if (n == 0)
        return ends_low == is_from ? "true" : "false";
    const char *operator= is_from ? (is_open && !ends_low ? ">" : ">=")
                                  : (is_open && !ends_low ? "<=" : "<");
    return mem_printf(mem, "%s %s %s", row_text(mem, bounded->terms, n), operator,
                      row_text(mem, texts, n));
}

static const char *range_text(const struct bounded *bounded, const struct partition_bound *bound)
{
    TALLOC_CTX *mem = bounded->asking->place->mem;
    const char *text = "";
    for (size_t i = 0; i < bounded->n; i++)
        text = mem_printf(mem, "%s%s IS NOT NULL AND ", text, bounded->terms[i]);
    return mem_printf(mem, "%s%s AND %s", text, limit_text(bounded, bound->values, true),
                      limit_text(bounded, bound->to, false));
}

static const char *list_text(const struct bounded *bounded, const struct partition_bound *bound)
{
    TALLOC_CTX *mem = bounded->asking->place->mem;
    const char *list = NULL, *term = bounded->terms[0];
    bool takes_null = false;
    for (size_t i = 0; i < bound->n_values; i++) {
        if (bound->values[i].limit == LIMIT_NULL)
            takes_null = true;
        else
            list = list == NULL ? bound->values[i].text
                                : mem_printf(mem, "%s, %s", list, bound->values[i].text);
    }
    if (list == NULL)
        return mem_printf(mem, "%s IS NULL", term);
    return takes_null ? mem_printf(mem, "(%s IS NULL OR %s IN (%s))", term, term, list)
                      : mem_printf(mem, "%s IS NOT NULL AND %s IN (%s)", term, term, list);
}

// True for the rows that the bound takes, false for all others; NULL: not known.
static const char *bound_text(const struct bounded *bounded, const struct partition_bound *bound)
{
    TALLOC_CTX *mem = bounded->asking->place->mem;
    if (bound->strategy != bounded->parent->partition_key->strategy || bounded->n == 0)
        return NULL;
    if (bound->strategy == PARTITION_LIST)
        return list_text(bounded, bound);
    if (bound->strategy == PARTITION_RANGE)
        return bound->n_values == bounded->n ? range_text(bounded, bound) : NULL;
    const char *parent = quoting_relation(mem, DIALECT_POSTGRES, bounded->parent->name);
    return mem_printf(mem, "satisfies_hash_partition(%s::regclass, %d, %d, %s)",
                      quoting_text(mem, parent), bound->modulus, bound->remainder,
                      words_join(mem, bounded->terms, bounded->n));
}

// Of DEFAULT: what one of the partitions takes that are there.
static const char *siblings_text(const struct bounded *bounded)
{
    const struct rule_place *place = bounded->asking->place;
    const char *text = NULL;
    for (const struct schema_relation *r = schema_next(place->before, NULL); r != NULL;
         r = schema_next(place->before, r)) {
        if (!r->is_partition || r->n_parents == 0 ||
            !name_may_equal(r->parents[0], bounded->parent->name))
            continue;
        const char *one = r->bound == NULL ? NULL : bound_text(bounded, r->bound);
        if (one == NULL)
            return NULL;
        text = text == NULL ? mem_printf(place->mem, "(%s)", one)
                            : mem_printf(place->mem, "%s OR (%s)", text, one);
    }
    return text;
}

// --- rows that a bound does not allow

// A valid CHECK on the key, and no row is looked at, or the statement fails in any case.
static bool is_proven(const struct schema_relation *table, const struct partition_key *key)
{
    for (size_t i = 0; i < table->n_constraints; i++) {
        const struct schema_constraint *check = &table->constraints[i];
        size_t n = 0;
        for (size_t j = 0; j < key->n_columns; j++)
            n += key->columns[j].column != NULL &&
                 word_in(key->columns[j].column, check->check_columns, check->n_check_columns);
        if (check->kind == CONSTRAINT_CHECK && check->is_valid && n == key->n_columns)
            return true;
    }
    return false;
}

static void ask_bounded(struct bounded *bounded, const char *condition)
{
    const struct partition_key *key = bounded->parent->partition_key;
    for (size_t i = 0; i < key->n_columns; i++) {
        if (key->columns[i].column != NULL)
            ask_needs_columns(bounded->asking, &key->columns[i].column, 1);
        else
            ask_needs_columns(bounded->asking, key->columns[i].expression->columns,
                              key->columns[i].expression->n_columns);
    }
    if (key->strategy == PARTITION_HASH)
        ask_needs_table(bounded->asking, bounded->parent->name, NULL, 0);
    ask_rows(bounded->asking, ask_table(bounded->asking), condition);
}

static void report_attached(struct rule_place *place, const struct action *action,
                            const struct schema_relation *parent)
{
    const struct schema_relation *child = schema_find(place->before, action->other);
    if (place_has_no_rows(place, action->other) ||
        (child != NULL && is_proven(child, parent->partition_key)))
        return;
    struct asking asking = ask(place, action, action->other);
    struct bounded bounded = {.asking = &asking, .parent = parent};
    terms_read(&bounded);
    const char *taken = action->is_default_partition || action->bound == NULL
                            ? siblings_text(&bounded)
                            : bound_text(&bounded, action->bound);
    if (action->is_default_partition && taken == NULL)
        return; // no other partition: it takes every row
    if (taken != NULL)
        ask_bounded(&bounded, action->is_default_partition
                                  ? taken
                                  : mem_printf(place->mem, "NOT (%s)", taken));
    const char *name = place_name(place, action->other);
    ask_report(&asking, place->rule->severity,
               mem_printf(place->mem, "every row of %s is within its bounds", name),
               "fails when a row of %s is outside of the bounds that it gets in %s", name,
               place_name(place, parent->name));
}

static const struct schema_relation *find_default(const struct rule_place *place,
                                                  const struct schema_relation *parent)
{
    for (const struct schema_relation *r = schema_next(place->before, NULL); r != NULL;
         r = schema_next(place->before, r)) {
        if (r->is_default_partition && r->n_parents > 0 &&
            name_may_equal(r->parents[0], parent->name))
            return r;
    }
    return NULL;
}

// Rows that the new partition must take stand in the default one.
static void report_default(struct rule_place *place, const struct action *action,
                           const struct schema_relation *parent)
{
    const struct schema_relation *rest = find_default(place, parent);
    if (action->is_default_partition || action->bound == NULL || rest == NULL ||
        place_has_no_rows(place, rest->name) || is_proven(rest, parent->partition_key))
        return;
    struct asking asking = ask(place, action, rest->name);
    struct bounded bounded = {.asking = &asking, .parent = parent};
    terms_read(&bounded);
    const char *taken = bound_text(&bounded, action->bound);
    if (taken != NULL)
        ask_bounded(&bounded, taken);
    const char *name = place_name(place, rest->name);
    ask_report(&asking, place->rule->severity,
               mem_printf(place->mem, "no row of %s belongs into the new partition", name),
               "fails when a row of the default partition %s belongs into the new one", name);
}

static void bound_may_fail(struct rule_place *place, const struct action *action)
{
    bool attaches = action->kind == ACTION_ATTACH_PARTITION;
    if (!attaches && (action->kind != ACTION_CREATE_TABLE || action->partition_of.name == NULL))
        return;
    struct name name = attaches ? action->relation : action->partition_of;
    const struct schema_relation *parent = schema_find(place->before, name);
    if (parent == NULL || parent->partition_key == NULL)
        return;
    if (attaches)
        report_attached(place, action, parent);
    report_default(place, action, parent);
}

static void check_partition_bound_may_fail(struct rule_place *place)
{
    place_each_action(place, bound_may_fail);
}

// --- rows

const struct rule rule_partition_detached = {
    .id = "partition-detached",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "DETACH PARTITION or NO INHERIT of a table that has rows",
    .why = "Queries of the parent do not see its rows any more, sums and foreign keys to it "
           "change, and no error says so.",
    .safe_form = "prove that nobody asks the parent for these rows, keep the table, note how many "
                 "rows left",
    .source = "PostgreSQL 15 manual, Table Partitioning",
    .kinds = {ACTION_DETACH_PARTITION, ACTION_NO_INHERIT},
    .check = check_child_leaves,
};

const struct rule rule_partition_bound_may_fail = {
    .id = "partition-bound-may-fail",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ATTACH PARTITION of a table whose rows were never held against the bound, or a new "
               "partition beside a default one that may have its rows",
    .why =
        "One row outside of the bound, or one in the default partition that belongs into the new "
        "one, makes it fail, in production only.",
    .safe_form = "count those rows first; move them, or add a CHECK of the bound NOT VALID and "
                 "VALIDATE it before",
    .source = "PostgreSQL 15 manual, ALTER TABLE, ATTACH PARTITION",
    .kinds = {ACTION_ATTACH_PARTITION, ACTION_CREATE_TABLE},
    .check = check_partition_bound_may_fail,
};

/*
 * Rules on the second table: one that a statement does not alter and locks all the same, because a
 * foreign key comes or goes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/lock_place.h"
#include "analysis/schema_edit.h"

// --- a new table's foreign keys

static void add_reference(struct rule_place *place, const struct constraint *constraint,
                          const char **list, size_t *n)
{
    if (constraint->kind != CONSTRAINT_FOREIGN_KEY || !place_is_old(place, constraint->references))
        return;
    const char *name = place_name(place, constraint->references);
    const struct effect_lock *lock = effects_lock_on(place_effects(place), name);
    if (lock != NULL && lock->mode == LOCK_SHARE_ROW_EXCLUSIVE && !word_in(name, list, *n))
        list[(*n)++] = name;
}

static const char **references(struct rule_place *place, const struct action *action, size_t *n)
{
    size_t room = action->n_constraints;
    for (size_t i = 0; i < action->n_columns; i++)
        room += action->columns[i].n_constraints;
    const char **list = mem_array(place->mem, const char *, room + 1);
    *n = 0;
    for (size_t i = 0; i < action->n_columns; i++) {
        for (size_t k = 0; k < action->columns[i].n_constraints; k++)
            add_reference(place, &action->columns[i].constraints[k], list, n);
    }
    for (size_t i = 0; i < action->n_constraints; i++)
        add_reference(place, &action->constraints[i], list, n);
    return list;
}

// The first of them that is worth a word decides how bad it is.
static bool weigh_waits(const struct rule_place *place, const char **tables, size_t n,
                        enum severity unknown, enum severity *severity)
{
    bool is_told = false;
    *severity = SEVERITY_NOTE;
    for (size_t i = 0; i < n; i++) {
        enum severity one;
        if (!place_weigh_wait(place, relation_name(place, tables[i]), unknown, &one))
            continue;
        *severity = !is_told || one > *severity ? one : *severity;
        is_told = true;
    }
    return is_told;
}

static void create_table(struct rule_place *place, const struct action *action)
{
    size_t n;
    enum severity severity;
    if (action->kind != ACTION_CREATE_TABLE)
        return;
    const char **tables = references(place, action, &n);
    if (!weigh_waits(place, tables, n, SEVERITY_NOTE, &severity))
        return;
    rule_report_as(place, severity, NULL,
                   "no writes to %s until the transaction that creates %s ends: a foreign key "
                   "locks what it refers to",
                   words_shorten(place->mem, tables, n), place_name(place, action->relation));
}

static void check_fk_in_create_table(struct rule_place *place)
{
    place_each_action(place, create_table);
}

// --- a foreign key that goes

// The tables beyond `action`'s own that are locked because a foreign key between them goes.
static const char **linked_tables(const struct rule_place *place, const struct action *action,
                                  size_t *n)
{
    size_t n_others, n_linked = 0;
    const char **others =
        place_other_tables(place, LOCK_ACCESS_EXCLUSIVE, action->relation, &n_others);
    for (size_t i = 0; i < n_others; i++) {
        struct name other = relation_name(place, others[i]);
        bool is_named = false; // by another action of the statement
        for (size_t k = 0; k < place->statement->n_actions; k++)
            is_named |= name_may_equal(place->statement->actions[k].relation, other);
        if (!is_named && place_are_linked(place, action->relation, other))
            others[n_linked++] = others[i];
    }
    *n = n_linked;
    return others;
}

// Does the key go with the action?
static bool goes(const struct rule_place *place, const struct action *action,
                 const struct schema_constraint *key)
{
    return key->kind == CONSTRAINT_FOREIGN_KEY && key->name != NULL &&
           (action->kind == ACTION_DROP || (action->kind == ACTION_DROP_COLUMN &&
                                            constraint_uses(place->before, key, action->column)));
}

static bool any_goes(const struct rule_place *place, struct name table,
                     const struct schema_constraint *key)
{
    for (size_t i = 0; i < place->statement->n_actions; i++) {
        const struct action *action = &place->statement->actions[i];
        if (name_may_equal(action->relation, table) && goes(place, action, key))
            return true;
    }
    return false;
}

// DROP CONSTRAINT for each foreign key of `table` that goes, one by one; NULL: none is known.
static const char *drop_keys(const struct rule_place *place, struct name table)
{
    const struct schema_relation *relation = schema_find(place->before, table);
    const char *text = NULL;
    for (size_t i = 0; relation != NULL && i < relation->n_constraints; i++) {
        if (any_goes(place, table, &relation->constraints[i]))
            text = mem_printf(place->mem, "%s\nALTER TABLE %s DROP CONSTRAINT %s;",
                              text == NULL ? "" : text, place_sql_table(place, table),
                              place_sql_name(place, relation->constraints[i].name));
    }
    return text;
}

static const char *first_alone(const struct rule_place *place, struct name table)
{
    const char *drops = drop_keys(place, table);
    if (drops == NULL)
        return "SET lock_timeout = '2s'; this statement alone in its transaction; try again when "
               "it fails";
    return mem_printf(place->mem,
                      "-- before it, each in its own transaction, tried again when it fails:\n"
                      "SET lock_timeout = '2s';%s",
                      drops);
}

static bool drops_key(const struct action *action)
{
    return (action->kind == ACTION_DROP && action->object == OBJECT_TABLE) ||
           action->kind == ACTION_DROP_COLUMN || action->kind == ACTION_DROP_CONSTRAINT;
}

// An earlier action of the statement has told it.
static bool is_told(const struct rule_place *place, const struct action *action)
{
    for (const struct action *a = place->statement->actions; a < action; a++) {
        if (drops_key(a) && name_may_equal(a->relation, action->relation))
            return true;
    }
    return false;
}

static void key_gone(struct rule_place *place, const struct action *action)
{
    const struct schema_relation *own =
        drops_key(action) ? schema_find(place->before, action->relation) : NULL;
    size_t n;
    enum severity severity;
    if (own == NULL || schema_is_new(place->before, own) || is_told(place, action))
        return;
    const char **tables = linked_tables(place, action, &n);
    if (!weigh_waits(place, tables, n, SEVERITY_WARN, &severity))
        return;
    rule_report_as(place, severity, first_alone(place, action->relation),
                   "locks %s too: nobody reads or writes there until the transaction ends, because "
                   "a foreign key with %s goes",
                   words_shorten(place->mem, tables, n), place_name(place, action->relation));
}

static void check_drop_cascades_lock_to_referenced(struct rule_place *place)
{
    place_each_action(place, key_gone);
}

// --- rows

const struct rule rule_fk_in_create_table = {
    .id = "fk-in-create-table",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "CREATE TABLE with a foreign key to a table that is in use",
    .why = "SHARE ROW EXCLUSIVE on the table that it refers to: short, but it waits for every "
           "writer, writers wait behind it, and it is held until the transaction ends.",
    .safe_form = "SET lock_timeout = '2s' before it, and nothing long behind it in the "
                 "transaction",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_CREATE_TABLE},
    .check = check_fk_in_create_table,
};

const struct rule rule_drop_cascades_lock_to_referenced = {
    .id = "drop-cascades-lock-to-referenced",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "DROP of a table, column or constraint that takes a foreign key with it",
    .why = "ACCESS EXCLUSIVE on the other table of the foreign key too: it waits for its readers, "
           "and everybody waits behind it.",
    .safe_form = "drop the foreign key first, alone in its transaction, with lock_timeout and "
                 "tries",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_DROP, ACTION_DROP_COLUMN, ACTION_DROP_CONSTRAINT},
    .check = check_drop_cascades_lock_to_referenced,
};

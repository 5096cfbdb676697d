/*
 * Rules on scans: every row is read, or an index built, under a lock that others wait for.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/lock_place.h"

// "nobody reads or writes TABLE while WHAT (size)", with the safe form of the action.
// A partitioned table takes over the keys that its partitions have (measured on PostgreSQL 15).
static const char *scan_form(struct rule_place *place, const struct action *action)
{
    const char *form = place_safe_form(place, action);
    const struct schema_relation *table = schema_find(place->before, action->relation);
    bool is_key = action->kind == ACTION_ADD_CONSTRAINT &&
                  (action->constraint->kind == CONSTRAINT_PRIMARY_KEY ||
                   action->constraint->kind == CONSTRAINT_UNIQUE);
    if (form != NULL || !is_key || table == NULL || table->kind != RELATION_PARTITIONED)
        return form;
    return "on each partition: a unique index CONCURRENTLY, then the key by USING INDEX; then the "
           "key on the parent, which takes them over";
}

static void report_scan(struct rule_place *place, const struct action *action, const char *what)
{
    const char *size;
    enum severity severity = place_weigh(place, action->relation, &size);
    rule_report_as(place, severity, scan_form(place, action),
                   "nobody reads or writes %s while %s (%s)", place_name(place, action->relation),
                   what, size);
}

static const char *columns_text(const struct rule_place *place, const struct constraint *constraint)
{
    return words_join(place->mem, constraint->columns, constraint->n_columns);
}

// --- NOT NULL and CHECK

static void set_not_null(struct rule_place *place, const struct action *action)
{
    if (action->kind == ACTION_SET_NOT_NULL && place_is_old(place, action->relation) &&
        place_scans(place, action->relation) && !place_repeats(place, action))
        report_scan(place, action,
                    mem_printf(place->mem, "it is searched for NULLs in %s", action->column));
}

static void check_set_not_null_scan(struct rule_place *place)
{
    place_each_action(place, set_not_null);
}

static void check_add(struct rule_place *place, const struct action *action)
{
    if (action->kind == ACTION_ADD_CONSTRAINT && action->constraint->kind == CONSTRAINT_CHECK &&
        !action->constraint->is_not_valid && place_is_old(place, action->relation) &&
        !place_partition_refuses(place, action))
        report_scan(place, action, "every row is checked");
}

static void check_check_add_scan(struct rule_place *place)
{
    place_each_action(place, check_add);
}

// --- what is written at a new column

static const struct constraint *inline_constraint(const struct rule_place *place,
                                                  const struct action *action, unsigned kinds)
{
    if (action->kind != ACTION_ADD_COLUMN || !place_is_old(place, action->relation) ||
        !place_scans(place, action->relation)) // IF NOT EXISTS, and it does
        return NULL;
    for (size_t i = 0; i < action->definition->n_constraints; i++) {
        const struct constraint *constraint = &action->definition->constraints[i];
        if ((kinds >> (unsigned)constraint->kind & 1U) != 0 && !constraint->is_not_valid)
            return constraint;
    }
    return NULL;
}

static void inline_check(struct rule_place *place, const struct action *action)
{
    if (inline_constraint(place, action, 1U << CONSTRAINT_CHECK) != NULL)
        report_scan(place, action,
                    mem_printf(place->mem, "every row is checked, though %s is new in all of them",
                               action->definition->name));
}

static void check_column_with_inline_check(struct rule_place *place)
{
    place_each_action(place, inline_check);
}

static void inline_unique(struct rule_place *place, const struct action *action)
{
    unsigned keys = 1U << CONSTRAINT_UNIQUE | 1U << CONSTRAINT_PRIMARY_KEY;
    if (inline_constraint(place, action, keys) != NULL && !place_rewrites(place, action->relation))
        report_scan(place, action,
                    mem_printf(place->mem, "the index of the new column %s is built",
                               action->definition->name));
}

static void check_column_with_inline_unique(struct rule_place *place)
{
    place_each_action(place, inline_unique);
}

// Without a default every value is NULL, and nothing is looked up.
static void inline_reference(struct rule_place *place, const struct action *action)
{
    const struct constraint *key = inline_constraint(place, action, 1U << CONSTRAINT_FOREIGN_KEY);
    if (key == NULL || action->definition->default_value == NULL ||
        action->definition->default_value->is_null || place_rewrites(place, action->relation))
        return; // a rewrite is told as one
    const char *size;
    enum severity severity = place_weigh(place, action->relation, &size);
    rule_report_as(place, severity, place_safe_form(place, action),
                   "nobody reads or writes %s, and nobody writes to %s, while the default of %s is "
                   "looked up for every row (%s)",
                   place_name(place, action->relation), place_name(place, key->references),
                   action->definition->name, size);
}

static void check_column_with_inline_fk_and_default(struct rule_place *place)
{
    place_each_action(place, inline_reference);
}

// --- keys

static const struct constraint *added_key(const struct rule_place *place,
                                          const struct action *action, enum constraint_kind kind)
{
    if (action->kind != ACTION_ADD_CONSTRAINT || action->constraint->kind != kind ||
        !place_is_old(place, action->relation) || place_partition_refuses(place, action))
        return NULL;
    return action->constraint;
}

static void unique_constraint(struct rule_place *place, const struct action *action)
{
    const struct constraint *key = added_key(place, action, CONSTRAINT_UNIQUE);
    if (key != NULL && key->using_index == NULL)
        report_scan(
            place, action,
            mem_printf(place->mem, "the index of UNIQUE (%s) is built", columns_text(place, key)));
}

static void check_unique_constraint(struct rule_place *place)
{
    place_each_action(place, unique_constraint);
}

static void primary_key(struct rule_place *place, const struct action *action)
{
    const struct constraint *key = added_key(place, action, CONSTRAINT_PRIMARY_KEY);
    if (key == NULL || key->using_index != NULL)
        return;
    const struct schema_relation *relation = schema_find(place->before, action->relation);
    bool is_nullable = false;
    for (size_t i = 0; relation != NULL && i < key->n_columns; i++)
        is_nullable = is_nullable || !relation_proves_not_null(relation, key->columns[i]);
    report_scan(place, action,
                mem_printf(place->mem, "%sthe index of PRIMARY KEY (%s) is built",
                           is_nullable ? "it is searched for NULLs and " : "",
                           columns_text(place, key)));
}

static void check_primary_key_add(struct rule_place *place)
{
    place_each_action(place, primary_key);
}

static void key_using_index(struct rule_place *place, const struct action *action)
{
    const struct constraint *key = added_key(place, action, CONSTRAINT_PRIMARY_KEY);
    if (key == NULL || key->using_index == NULL || !place_scans(place, action->relation))
        return;
    struct schema_index *index;
    struct name name = {action->relation.schema, key->using_index};
    const struct schema_relation *table = schema_find_index(place->before, name, &index);
    const char *column = NULL;
    for (size_t i = 0; table != NULL && column == NULL && i < index->n_columns; i++) {
        if (index->columns[i].column != NULL &&
            !relation_proves_not_null(table, index->columns[i].column))
            column = index->columns[i].column;
    }
    report_scan(
        place, action,
        column == NULL
            ? "it is searched for NULLs in the key"
            : mem_printf(place->mem, "it is searched for NULLs in %s, which may be NULL", column));
}

static void check_pk_using_index_on_nullable(struct rule_place *place)
{
    place_each_action(place, key_using_index);
}

static void exclusion(struct rule_place *place, const struct action *action)
{
    if (added_key(place, action, CONSTRAINT_EXCLUDE) != NULL)
        report_scan(place, action, "the index of EXCLUDE is built and every row held against it");
}

static void check_exclusion_constraint(struct rule_place *place)
{
    place_each_action(place, exclusion);
}

// --- rows

const struct rule rule_set_not_null_scan = {
    .id = "set-not-null-scan",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "SET NOT NULL that no valid CHECK proves",
    .why = "ACCESS EXCLUSIVE while the whole table is searched for a NULL.",
    .safe_form = "ADD CONSTRAINT c CHECK (col IS NOT NULL) NOT VALID; VALIDATE CONSTRAINT "
                 "c in its own transaction; SET NOT NULL; DROP CONSTRAINT c",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_SET_NOT_NULL},
    .check = check_set_not_null_scan,
};

const struct rule rule_check_add_scan = {
    .id = "check-add-scan",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ADD CHECK that is checked at once",
    .why = "ACCESS EXCLUSIVE while every row is checked.",
    .safe_form = "ADD ... NOT VALID, then VALIDATE CONSTRAINT in its own transaction",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_ADD_CONSTRAINT},
    .check = check_check_add_scan,
};

const struct rule rule_column_with_inline_check = {
    .id = "column-with-inline-check",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ADD COLUMN with a CHECK",
    .why = "ACCESS EXCLUSIVE while every row is checked, even though the new column is NULL in all "
           "of them.",
    .safe_form =
        "ADD COLUMN, then ADD CONSTRAINT ... CHECK ... NOT VALID, then VALIDATE CONSTRAINT "
        "in its own transaction",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_ADD_COLUMN},
    .check = check_column_with_inline_check,
};

const struct rule rule_column_with_inline_unique = {
    .id = "column-with-inline-unique",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ADD COLUMN ... UNIQUE or PRIMARY KEY",
    .why = "ACCESS EXCLUSIVE until the index is built over all rows.",
    .safe_form = "ADD COLUMN; CREATE UNIQUE INDEX CONCURRENTLY; ADD CONSTRAINT ... USING INDEX",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_ADD_COLUMN},
    .check = check_column_with_inline_unique,
};

const struct rule rule_column_with_inline_fk_and_default = {
    .id = "column-with-inline-fk-and-default",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ADD COLUMN with a default and REFERENCES",
    .why = "ACCESS EXCLUSIVE on the table and SHARE ROW EXCLUSIVE on the other, while the default "
           "is looked up for every row; without a default nothing is.",
    .safe_form = "ADD COLUMN with the default, then ADD FOREIGN KEY ... NOT VALID, then VALIDATE "
                 "CONSTRAINT in its own transaction",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_ADD_COLUMN},
    .check = check_column_with_inline_fk_and_default,
};

const struct rule rule_unique_constraint = {
    .id = "unique-constraint",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ADD UNIQUE that builds its index",
    .why = "ACCESS EXCLUSIVE until the index is built.",
    .safe_form = "CREATE UNIQUE INDEX CONCURRENTLY, then ADD ... USING INDEX",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_ADD_CONSTRAINT},
    .check = check_unique_constraint,
};

const struct rule rule_primary_key_add = {
    .id = "primary-key-add",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ADD PRIMARY KEY that builds its index",
    .why = "ACCESS EXCLUSIVE until the index is built, and before that a search for NULLs in "
           "columns that may hold some.",
    .safe_form = "NOT NULL first, through a validated CHECK; CREATE UNIQUE INDEX CONCURRENTLY; ADD "
                 "PRIMARY KEY USING INDEX",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_ADD_CONSTRAINT},
    .check = check_primary_key_add,
};

const struct rule rule_pk_using_index_on_nullable = {
    .id = "pk-using-index-on-nullable",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ADD PRIMARY KEY USING INDEX over a column that may be NULL",
    .why = "The index is there, but ACCESS EXCLUSIVE is held while the whole table is searched for "
           "a NULL: the key makes its columns NOT NULL.",
    .safe_form = "SET NOT NULL first, through a validated CHECK; then ADD PRIMARY KEY USING INDEX",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_ADD_CONSTRAINT},
    .check = check_pk_using_index_on_nullable,
};

const struct rule rule_exclusion_constraint = {
    .id = "exclusion-constraint",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ADD EXCLUDE",
    .why = "ACCESS EXCLUSIVE until the index is built and every row held against it.",
    .safe_form = "there is no online way: when few use the table, or on a new table and a swap",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_ADD_CONSTRAINT},
    .check = check_exclusion_constraint,
};

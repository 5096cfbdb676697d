/*
 * Rules on tables that are dropped, renamed or replaced while others hang on them.
 *
 * A rebuild (CREATE new, copy, DROP old, RENAME new) keeps every row of the table itself; these
 * rules tell what it does to the rows and the foreign keys of the tables around it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/foreign_keys.h"

// --- SQLite: what DROP TABLE does to the children

static void report_child(struct rule_place *place, struct name table, const char *loss)
{
    const char *name = place_name(place, table);
    switch (foreign_keys_before(place, place->index).keys) {
    case FOREIGN_KEYS_OFF: return;
    case FOREIGN_KEYS_ON:
        rule_report_as(place, SEVERITY_STOP, NULL, "foreign keys are on: dropping %s %s", name,
                       loss);
        return;
    case FOREIGN_KEYS_STILL_ON:
        rule_report_as(
            place, SEVERITY_STOP, NULL,
            "PRAGMA foreign_keys = OFF does nothing inside the transaction: dropping %s %s", name,
            loss);
        return;
    case FOREIGN_KEYS_UNKNOWN:
        rule_report(place, "where foreign keys are on, dropping %s %s", name, loss);
        return;
    }
}

static void drop_deletes_children(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_DROP || action->object != OBJECT_TABLE ||
        place_is_new(place, action->relation))
        return;
    const struct schema_relation *table = schema_find(place->before, action->relation);
    const struct schema_relation *child = NULL;
    while (table != NULL && table->rows != 0 &&
           (child = schema_next(place->before, child)) != NULL) {
        bool has_rows =
            child->rows != 0 && (!schema_is_new(place->before, child) || child->is_filled);
        for (size_t i = 0; child != table && has_rows && i < child->n_constraints; i++) {
            const struct schema_constraint *key = &child->constraints[i];
            const char *loss = NULL;
            if (key->kind == CONSTRAINT_FOREIGN_KEY &&
                schema_find(place->before, key->references) == table)
                loss = foreign_key_loss(place, child, key);
            if (loss != NULL)
                report_child(place, table->name, loss);
        }
    }
}

static void check_drop_deletes_children(struct rule_place *place)
{
    place_each_action(place, drop_deletes_children);
}

// --- foreign keys that follow a rename

static bool has_legacy_rename(const struct rule_place *place, size_t end)
{
    for (size_t i = 0; i < end; i++) {
        const struct action *action = place->script->statements[i].actions;
        if (place->script->statements[i].n_actions > 0 && action->kind == ACTION_PRAGMA &&
            action->option != NULL && strcmp(action->member, "legacy_alter_table") == 0 &&
            !pragma_is_off(action->option))
            return true;
    }
    return false;
}

// Tables whose foreign key names `away`, which has no table any more or is not the one meant.
static void report_followers(struct rule_place *place, struct name table, struct name away)
{
    const struct schema_relation *left = schema_find(place->after, away);
    const struct schema_relation *again = schema_find(place->after, table);
    if (left != NULL && (again == NULL || again->kind == RELATION_VIEW))
        return; // it has another name now, and everybody knows it
    const struct schema_relation *child = NULL;
    while ((child = schema_next(place->after, child)) != NULL) {
        for (size_t i = 0; child != left && i < child->n_constraints; i++) {
            const struct schema_constraint *key = &child->constraints[i];
            if (key->kind != CONSTRAINT_FOREIGN_KEY || !name_may_equal(key->references, away))
                continue;
            rule_report(place, "the foreign key of %s follows %s to %s, %s",
                        place_name(place, child->name), place_name(place, table),
                        place_name(place, away),
                        left == NULL ? "which is dropped: it points nowhere"
                                     : "and not to the table that takes its name");
            break;
        }
    }
}

static void follow_rename(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_RENAME || action->object != OBJECT_TABLE ||
        has_legacy_rename(place, place->index))
        return;
    const struct schema_relation *table = schema_find(place->before, action->relation);
    if (table == NULL || (table->kind != RELATION_TABLE && table->kind != RELATION_PARTITIONED))
        return;
    report_followers(place, table->name, (struct name){table->name.schema, action->new_name});
}

static void check_foreign_key_follows_rename(struct rule_place *place)
{
    struct rule_place at = *place;
    for (size_t i = 0; i < place->script->n_statements; i++) {
        at.index = i;
        at.statement = &place->script->statements[i];
        place_each_action(&at, follow_rename);
    }
}

// --- SQLite: triggers that write a dropped column

static void check_drop_column_breaks_trigger(struct rule_place *place)
{
    const char *breaks = place->statement->breaks;
    if (breaks != NULL)
        rule_report(place, "it is dropped, and a trigger that writes it fails from then on: %s",
                    breaks);
}

// --- rows

const struct rule rule_drop_column_breaks_trigger = {
    .id = "drop-column-breaks-trigger",
    .severity = SEVERITY_STOP,
    .dialects = SQLITE,
    .in_downs = true,
    .summary = "DROP COLUMN of a column that a trigger sets or inserts",
    .why = "SQLite refuses a column that a trigger reads, but not one that it writes: the column "
           "goes, and every later statement that fires the trigger fails.",
    .safe_form = "drop the trigger first and create it again without the column",
    .source = "measured on SQLite 3.40",
    .kinds = {ACTION_DROP_COLUMN},
    .check = check_drop_column_breaks_trigger,
};

const struct rule rule_drop_deletes_children = {
    .id = "drop-deletes-children",
    .severity = SEVERITY_WARN,
    .dialects = SQLITE,
    .summary = "DROP TABLE of a table that others reference with ON DELETE CASCADE, SET NULL or "
               "SET DEFAULT, also in a rebuild",
    .why = "With foreign keys on, SQLite deletes the table's rows first, and the children's rows "
           "go or change without a word. It stops when foreign keys are on for sure, and when "
           "they are turned off inside a transaction, where that does nothing.",
    .safe_form = "PRAGMA foreign_keys = OFF before the transaction begins (tell the tool not "
                 "to open one), PRAGMA foreign_key_check before COMMIT",
    .source = "SQLite, Foreign Key Support, 5; measured on SQLite 3.40",
    .kinds = {ACTION_DROP},
    .check = check_drop_deletes_children,
};

const struct rule rule_foreign_key_follows_rename = {
    .id = "foreign-key-follows-rename",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES | SQLITE,
    .summary = "a table is renamed away and replaced or dropped while foreign keys still "
               "reference it",
    .why = "Foreign keys follow the table that is renamed, not the name: the children point at "
           "the old rows or nowhere, and new ones are refused.",
    .safe_form = "SQLite: fill the new table, drop the old one, rename the new one last; "
                 "PostgreSQL: drop the foreign key and add it to the new table",
    .source = "SQLite, ALTER TABLE RENAME (since 3.26); PostgreSQL 15; measured on both",
    .kinds = {ACTION_RENAME},
    .check_migration = check_foreign_key_follows_rename,
};

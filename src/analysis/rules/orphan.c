/*
 * Rules on what points nowhere after a script of SQLite: rows that nobody checked while foreign
 * keys were off, views that a rename under legacy_alter_table left behind.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/foreign_keys.h"
#include "analysis/table_copy.h"

// --- PRAGMA foreign_key_check

static bool has_foreign_key(const struct schema_relation *table)
{
    for (size_t i = 0; i < table->n_constraints; i++) {
        if (table->constraints[i].kind == CONSTRAINT_FOREIGN_KEY)
            return true;
    }
    return false;
}

// With foreign keys off it may leave a child without its parent.
static bool may_orphan(const struct rule_place *place, const struct action *action)
{
    bool is_query = action->kind == ACTION_QUERY && action->query != NULL;
    bool is_drop = action->kind == ACTION_DROP && action->object == OBJECT_TABLE;
    struct name name = is_query ? action->query->target : action->relation;
    const struct schema_relation *table =
        (is_query || is_drop) && name.name != NULL ? schema_find(place->before, name) : NULL;
    if (table == NULL)
        return false;
    if (is_drop)
        return table->is_referenced;
    switch ((int)action->query->verb) {
    case QUERY_DELETE: return table->is_referenced;
    case QUERY_UPDATE: return table->is_referenced || has_foreign_key(table);
    case QUERY_INSERT: return has_foreign_key(table) && !table->is_temporary;
    default: return false;
    }
}

static bool statement_may_orphan(const struct rule_place *place, const struct statement *statement)
{
    for (size_t i = 0; i < statement->n_actions; i++) {
        if (may_orphan(place, &statement->actions[i]))
            return true;
    }
    return false;
}

static bool is_foreign_key_check(const struct statement *statement)
{
    return statement->n_actions > 0 && statement->actions[0].kind == ACTION_PRAGMA &&
           strcmp(statement->actions[0].member, "foreign_key_check") == 0;
}

// It is asked, or this is not the last statement that makes it worth asking.
static bool is_checked_later(const struct rule_place *place)
{
    for (size_t i = place->index + 1; i < place->script->n_statements; i++) {
        const struct statement *statement = &place->script->statements[i];
        if (is_foreign_key_check(statement) || statement_may_orphan(place, statement))
            return true;
    }
    return false;
}

// The rebuild of a table that carries every row over leaves every child its parent.
static bool is_rebuild(const struct rule_place *place)
{
    const struct action *action = place->statement->actions;
    struct table_copy copy;
    return action->kind == ACTION_DROP &&
           table_copy_find(place->script, place->index, place->before, action->relation, &copy);
}

static void check_foreign_key_check_missing(struct rule_place *place)
{
    if (!statement_may_orphan(place, place->statement) || is_checked_later(place) ||
        foreign_keys_before(place, place->index).keys != FOREIGN_KEYS_OFF)
        return;
    const struct action *action = place->statement->actions;
    struct name name = action->kind == ACTION_QUERY ? action->query->target : action->relation;
    rule_report_as(place, is_rebuild(place) ? SEVERITY_NOTE : place->rule->severity, NULL,
                   "foreign keys are off, and nothing asks behind it which rows of or to %s point "
                   "nowhere",
                   place_name(place, name));
}

// --- PRAGMA legacy_alter_table

static bool is_legacy(const struct rule_place *place, size_t end)
{
    bool is_on = false;
    for (size_t i = 0; i < end; i++) {
        const struct statement *statement = &place->script->statements[i];
        const struct action *action = statement->actions;
        if (statement->n_actions > 0 && action->kind == ACTION_PRAGMA && action->option != NULL &&
            strcmp(action->member, "legacy_alter_table") == 0)
            is_on = !pragma_is_off(action->option);
    }
    return is_on;
}

static bool view_reads(const struct schema_relation *view, struct name name)
{
    for (size_t i = 0; view->kind == RELATION_VIEW && i < view->n_reads; i++) {
        if (name_may_equal(view->reads[i], name))
            return true;
    }
    return false;
}

static bool references(const struct schema_relation *table, struct name name)
{
    for (size_t i = 0; i < table->n_constraints; i++) {
        if (table->constraints[i].kind == CONSTRAINT_FOREIGN_KEY &&
            name_may_equal(table->constraints[i].references, name))
            return true;
    }
    return false;
}

static void leave_behind(struct rule_place *place, const struct action *action)
{
    bool keys_off = foreign_keys_before(place, place->index).keys == FOREIGN_KEYS_OFF;
    const struct schema_relation *table =
        action->kind == ACTION_RENAME ? schema_find(place->before, action->relation) : NULL;
    if (table == NULL || action->object != OBJECT_TABLE || !is_legacy(place, place->index) ||
        schema_find(place->after, table->name) != NULL)
        return;
    for (const struct schema_relation *r = schema_next(place->before, NULL); r != NULL;
         r = schema_next(place->before, r)) {
        bool is_view = view_reads(r, table->name);
        if (is_view || (keys_off && r != table && references(r, table->name)))
            rule_report(place,
                        "under legacy_alter_table %s %s goes on naming %s, which is %s from now "
                        "on: it fails",
                        is_view ? "view" : "the foreign key of", place_name(place, r->name),
                        place_name(place, table->name), action->new_name);
    }
}

static void check_legacy_alter_table(struct rule_place *place)
{
    struct rule_place at = *place;
    for (size_t i = 0; i < place->script->n_statements; i++) {
        at.index = i;
        at.statement = &place->script->statements[i];
        place_each_action(&at, leave_behind);
    }
}

// --- rows

const struct rule rule_foreign_key_check_missing = {
    .id = "foreign-key-check-missing",
    .severity = SEVERITY_WARN,
    .dialects = SQLITE,
    .in_downs = true,
    .summary =
        "rows change while foreign keys are off, and PRAGMA foreign_key_check does not follow",
    .why =
        "Turning foreign keys on again checks nothing: orphans stay until somebody stumbles over "
        "them. A note where a rebuild carries every row over.",
    .safe_form =
        "PRAGMA foreign_key_check before COMMIT; a row that it gives is an orphan: ROLLBACK",
    .source = "SQLite, ALTER TABLE, 7, step 10; PRAGMA foreign_key_check; measured on SQLite 3.40",
    .kinds = {ACTION_QUERY, ACTION_DROP},
    .check = check_foreign_key_check_missing,
};

const struct rule rule_legacy_alter_table = {
    .id = "legacy-alter-table",
    .severity = SEVERITY_STOP,
    .dialects = SQLITE,
    .summary = "a table is renamed under PRAGMA legacy_alter_table, and what names it stays behind",
    .why = "Views and the bodies of triggers keep the old name then, and with foreign keys off the "
           "foreign keys too: they fail when they are next used.",
    .safe_form = "PRAGMA legacy_alter_table = OFF before the rename",
    .source = "SQLite, PRAGMA legacy_alter_table; measured on SQLite 3.40",
    .kinds = {ACTION_RENAME},
    .check_migration = check_legacy_alter_table,
};

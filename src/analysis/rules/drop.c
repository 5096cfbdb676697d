/*
 * Rules on drops: tables, columns and schemas that go with what is in them.
 *
 * A drop whose name or place something new takes may be a rename in disguise: the rows stay behind
 * all the same.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"
#include "analysis/schema_edit.h"
#include "analysis/table_copy.h"
#include "statement/quoting.h"

static bool is_cascading(const struct action *action)
{
    return action->cascade &&
           (action->kind == ACTION_DROP || action->kind == ACTION_TRUNCATE ||
            action->kind == ACTION_DROP_COLUMN || action->kind == ACTION_DROP_CONSTRAINT);
}

static bool drops_table(const struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_DROP ||
        (action->object != OBJECT_TABLE && action->object != OBJECT_FOREIGN_TABLE) ||
        place_is_new(place, action->relation))
        return false;
    // IF EXISTS of what the whole known history does not have drops nothing.
    return !action->if_exists || !place->is_history_known ||
           schema_find(place->before, action->relation) != NULL;
}

// A later statement of the script makes an empty table of the same name.
static bool is_made_anew(const struct rule_place *place, const struct action *drop)
{
    for (size_t i = place->index + 1; i < place->script->n_statements; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct action *action = &statement->actions[j];
            if (action->kind == ACTION_CREATE_TABLE && !action->is_temporary &&
                name_may_equal(action->relation, drop->relation))
                return true;
        }
    }
    return false;
}

static void drop_table(struct rule_place *place, const struct action *action)
{
    if (!drops_table(place, action))
        return;
    struct table_copy copy;
    bool is_copied =
        table_copy_find(place->script, place->index, place->before, action->relation, &copy);
    if (is_copied ? copy.lost_column == NULL : is_made_anew(place, action))
        return; // every row and value was carried over; or drop-then-create says it
    if (is_copied) {
        rule_report_as(place, place_weigh_loss(place, action->relation), NULL,
                       "drops table %s; the copy of its rows in %s leaves out column %s",
                       place_name(place, action->relation), place_name(place, copy.target),
                       copy.lost_column);
        return;
    }
    rule_report_as(place, place_weigh_loss(place, action->relation), NULL,
                   "drops table %s with all its rows (%s)", place_name(place, action->relation),
                   size_text(place->mem, schema_find(place->before, action->relation)));
}

static void check_drop_table(struct rule_place *place)
{
    place_each_action(place, drop_table);
}

static void drop_then_create(struct rule_place *place, const struct action *action)
{
    struct table_copy copy;
    if (!drops_table(place, action) || !is_made_anew(place, action) ||
        table_copy_find(place->script, place->index, place->before, action->relation, &copy))
        return;
    rule_report_as(place, place_weigh_loss(place, action->relation), NULL,
                   "drops table %s with all its rows (%s), and the one that is made in its place "
                   "is empty",
                   place_name(place, action->relation),
                   size_text(place->mem, schema_find(place->before, action->relation)));
}

static void check_drop_then_create(struct rule_place *place)
{
    place_each_action(place, drop_then_create);
}

// --- columns

static bool types_equal(const struct type_name *a, const struct type_name *b)
{
    if (a->name == NULL || b->name == NULL || strcasecmp(a->name, b->name) != 0 ||
        a->is_array != b->is_array || a->n_mods != b->n_mods)
        return false;
    for (size_t i = 0; i < a->n_mods; i++) {
        if (a->mods[i] != b->mods[i])
            return false;
    }
    return true;
}

static bool query_copies(const struct query *query, struct name table, const char *from,
                         const char *to)
{
    if (query->verb != QUERY_UPDATE || !name_may_equal(query->target, table))
        return false;
    for (size_t i = 0; i < query->n_assignments; i++) {
        const struct assignment *set = &query->assignments[i];
        if (strcmp(set->column, to) == 0 && word_in(from, set->value.columns, set->value.n_columns))
            return true;
    }
    return false;
}

// An earlier statement of the script writes `to` from what stands in `from`.
static bool place_copies_column(const struct rule_place *place, struct name table, const char *from,
                                const char *to)
{
    for (size_t i = 0; i < place->index; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct query *query = statement->actions[j].query;
            if (statement->actions[j].kind == ACTION_QUERY && query != NULL &&
                query_copies(query, table, from, to))
                return true;
        }
    }
    return false;
}

// The column that the script adds to the same table, of the same type and with nothing in it.
static const struct column *added_for(const struct rule_place *place, const struct action *drop,
                                      const struct schema_column *dropped)
{
    for (size_t i = 0; i < place->script->n_statements; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct action *action = &statement->actions[j];
            const struct column *added = action->definition;
            if (action->kind == ACTION_ADD_COLUMN &&
                name_may_equal(action->relation, drop->relation) &&
                strcmp(added->name, dropped->name) != 0 && added->generated == NULL &&
                !added->is_identity && types_equal(&added->type, &dropped->type) &&
                !place_copies_column(place, drop->relation, dropped->name, added->name))
                return added;
        }
    }
    return NULL;
}

static bool drops_column(const struct rule_place *place, const struct action *action)
{
    return action->kind == ACTION_DROP_COLUMN && !place_is_new(place, action->relation) &&
           !place_adds_column(place, action->relation, action->column);
}

static const struct column *renamed_to(const struct rule_place *place, const struct action *action)
{
    const struct schema_relation *relation = schema_find(place->before, action->relation);
    const struct schema_column *column =
        relation == NULL ? NULL : schema_find_column(relation, action->column);
    return column == NULL || column->is_generated ? NULL : added_for(place, action, column);
}

static void rename_as_drop_add(struct rule_place *place, const struct action *action)
{
    const struct column *added = drops_column(place, action) ? renamed_to(place, action) : NULL;
    if (added == NULL)
        return;
    enum dialect dialect = place->script->dialect;
    struct name table = schema_resolve(place->before, action->relation);
    const char *name = quoting_relation(place->mem, dialect, table);
    const char *from = quoting_name(place->mem, dialect, action->column);
    const char *to = quoting_name(place->mem, dialect, added->name);
    rule_report_as(place, place_weigh_loss(place, action->relation),
                   mem_printf(place->mem,
                              "ALTER TABLE %s RENAME COLUMN %s TO %s; or, while the old release "
                              "runs, UPDATE %s SET %s = %s before the drop",
                              name, from, to, name, to, from),
                   "drops column %s.%s and every value in it, and nothing copies them to %s, added "
                   "with the same type (%s): if that is its new name, a rename keeps them",
                   place_name(place, action->relation), action->column, added->name,
                   added->type.text);
}

static void check_rename_as_drop_add(struct rule_place *place)
{
    place_each_action(place, rename_as_drop_add);
}

static void drop_column(struct rule_place *place, const struct action *action)
{
    if (!drops_column(place, action) || renamed_to(place, action) != NULL)
        return;
    const struct schema_relation *relation = schema_find(place->before, action->relation);
    const struct schema_column *column =
        relation == NULL ? NULL : schema_find_column(relation, action->column);
    if (relation != NULL && column == NULL && action->if_exists && relation->n_columns > 0)
        return;
    bool is_derived = column != NULL && column->is_generated;
    rule_report_as(place, is_derived ? SEVERITY_WARN : place_weigh_loss(place, action->relation),
                   NULL, "drops column %s.%s and %s", place_name(place, action->relation),
                   action->column, is_derived ? "its computed values" : "every value in it");
}

static void check_drop_column(struct rule_place *place)
{
    place_each_action(place, drop_column);
}

static void drop_schema(struct rule_place *place, const struct action *action)
{
    if (action->kind == ACTION_DROP &&
        (action->object == OBJECT_SCHEMA || action->object == OBJECT_DATABASE))
        rule_report(place, "drops %s %s%s", object_kind_name(action->object),
                    action->relation.name != NULL ? action->relation.name : action->member,
                    action->cascade ? " and everything in it" : "");
}

static void check_drop_schema(struct rule_place *place)
{
    place_each_action(place, drop_schema);
}

// What goes beside the named object, as far as the schema knows: "a, b and 3 more".
static const char *destroyed_text(const struct rule_place *place, const char *named)
{
    const struct effects *effects = place_effects(place);
    const char *text = NULL;
    size_t n = 0;
    for (size_t i = 0; i < effects->n_destroys; i++) {
        const struct effect_destroy *destroy = &effects->destroys[i];
        if (strcmp(destroy->object, named) == 0 || ++n > 3)
            continue;
        text = text == NULL
                   ? mem_printf(place->mem, "%s %s", destroy->what, destroy->object)
                   : mem_printf(place->mem, "%s, %s %s", text, destroy->what, destroy->object);
    }
    if (n > 3)
        text = mem_printf(place->mem, "%s and %zu more", text, n - 3);
    return text;
}

// Effects name a table as the others know it: by the name that this migration took from it.
static const char *name_of_effects(const struct rule_place *place, const struct action *action,
                                   const char *name)
{
    const struct schema_relation *relation =
        action->relation.name == NULL ? NULL : schema_find(place->before, action->relation);
    bool is_renamed = relation != NULL && relation->renamed_in != NULL &&
                      strcmp(relation->renamed_in, place->migration->path) == 0;
    return is_renamed ? place_name(place, relation->name_before) : name;
}

// Does dropping it take this foreign key of another table along?
static bool takes_key(const struct rule_place *place, const struct action *action,
                      const struct schema_constraint *key)
{
    const struct schema_relation *table = schema_find(place->before, action->relation);
    if (!constraint_references(place->before, key, table->name,
                               action->kind == ACTION_DROP_COLUMN ? action->column : NULL))
        return false;
    if (action->kind != ACTION_DROP_CONSTRAINT)
        return true;
    const struct schema_constraint *gone = schema_find_constraint(table, action->member);
    bool stands = gone != NULL && gone->n_columns == key->n_referenced;
    for (size_t i = 0; stands && i < key->n_referenced; i++)
        stands = word_in(key->referenced[i], gone->columns, gone->n_columns);
    return stands;
}

// The foreign keys of other tables that go along: "foreign key k of t, "; "": none.
static const char *keys_taken(const struct rule_place *place, const struct action *action)
{
    SCRATCH(tmp);
    const struct schema_relation *table =
        action->relation.name == NULL ? NULL : schema_find(place->before, action->relation);
    const char *text = "";
    if (table == NULL || action->kind == ACTION_TRUNCATE || !relation_is_table(table) ||
        !schema_may_be_used(place->before, table))
        return text;
    struct relation_list others = schema_referencing(tmp, place->before, table->name);
    for (size_t i = 0; i < others.n; i++) {
        for (size_t k = 0; k < others.list[i]->n_constraints; k++) {
            const struct schema_constraint *key = &others.list[i]->constraints[k];
            if (!others.list[i]->is_partition && key->kind == CONSTRAINT_FOREIGN_KEY &&
                takes_key(place, action, key))
                text = mem_printf(place->mem, "%sforeign key %s of %s, ", text, key->name,
                                  place_name(place, others.list[i]->name));
        }
    }
    return text;
}

// TRUNCATE of all that loses its rows by name; NULL: not all of it is known.
static const char *truncate_hint(const struct rule_place *place, const struct action *action,
                                 const char *name)
{
    const struct effects *effects = place_effects(place);
    const char *tables = NULL;
    for (size_t i = 0; action->kind == ACTION_TRUNCATE && i < effects->n_destroys; i++) {
        const struct effect_destroy *destroy = &effects->destroys[i];
        if (strcmp(destroy->what, "rows") == 0 && strcmp(destroy->object, name) != 0)
            tables =
                mem_printf(place->mem, "%s, %s", tables == NULL ? name : tables, destroy->object);
    }
    return tables == NULL
               ? NULL
               : mem_printf(place->mem, "TRUNCATE %s; -- each by its name, where it may be emptied",
                            tables);
}

static void cascade(struct rule_place *place, const struct action *action)
{
    if (!is_cascading(action) || action->object == OBJECT_SCHEMA ||
        (action->relation.name != NULL && place_is_new(place, action->relation)))
        return;
    const char *verb = action->kind == ACTION_TRUNCATE ? "TRUNCATE" : "DROP";
    const char *name = action->relation.name != NULL ? place_name(place, action->relation) : "it";
    const char *known = destroyed_text(place, name_of_effects(place, action, name));
    const char *keys = keys_taken(place, action);
    if (known == NULL && keys[0] != '\0')
        known = "and whatever else depends on it";
    if (known == NULL)
        rule_report(place, "%s … CASCADE on %s takes with it whatever depends on it", verb, name);
    else
        rule_report_as(place, place->rule->severity, truncate_hint(place, action, name),
                       "%s … CASCADE on %s takes with it: %s%s", verb, name, keys, known);
}

static void check_cascade(struct rule_place *place)
{
    place_each_action(place, cascade);
}

// --- rows

const struct rule rule_drop_table = {
    .id = "drop-table",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES | SQLITE,
    .summary = "DROP TABLE of a table that was there before the migration",
    .why = "Every row of it is gone when the migration commits, and no down brings rows "
           "back.",
    .safe_form = "prove that it is empty or backed up, rename it first and drop it a "
                 "release later",
    .source = "PostgreSQL 15 manual, DROP TABLE",
    .kinds = {ACTION_DROP},
    .check = check_drop_table,
};

const struct rule rule_drop_column = {
    .id = "drop-column",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES | SQLITE,
    .summary = "DROP COLUMN of a column that was there before the migration",
    .why = "Every value of it is gone when the migration commits; a down can add the "
           "column again, not its values.",
    .safe_form = "prove that nothing reads it and that it is empty or copied, stop writing "
                 "it a release before",
    .source = "PostgreSQL 15 manual, ALTER TABLE",
    .kinds = {ACTION_DROP_COLUMN},
    .check = check_drop_column,
};

const struct rule rule_drop_then_create = {
    .id = "drop-then-create",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES | SQLITE,
    .summary = "DROP TABLE, and CREATE TABLE of the same name in the same migration",
    .why = "The new table stands where the old one stood, so nothing fails, and its rows are gone.",
    .safe_form = "alter the table into its new form; or copy the rows to a new table, compare, and "
                 "swap the names",
    .source = "PostgreSQL 15 manual, DROP TABLE; SQLite, ALTER TABLE, 7",
    .kinds = {ACTION_DROP},
    .check = check_drop_then_create,
};

const struct rule rule_rename_as_drop_add = {
    .id = "rename-as-drop-add",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES | SQLITE,
    .summary = "DROP COLUMN beside ADD COLUMN of the same type, and nothing copies the values",
    .why = "Tools that compare two schemas write a rename so: the column has its new name, and its "
           "values are gone.",
    .safe_form = "RENAME COLUMN; or add the new one, copy, and drop the old one a release later",
    .source = "PostgreSQL 15 manual, ALTER TABLE",
    .kinds = {ACTION_DROP_COLUMN},
    .check = check_rename_as_drop_add,
};

const struct rule rule_drop_schema = {
    .id = "drop-schema",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES,
    .summary = "DROP SCHEMA or DROP DATABASE",
    .why = "Everything in it goes at once, also what nobody thought of.",
    .safe_form = "drop the tables one by one, each proven empty or backed up",
    .source = "PostgreSQL 15 manual, DROP SCHEMA",
    .kinds = {ACTION_DROP},
    .check = check_drop_schema,
};

const struct rule rule_cascade = {
    .id = "cascade",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "DROP or TRUNCATE with CASCADE",
    .why = "What goes is decided by what happens to depend on it in production, not by "
           "what the script names.",
    .safe_form = "name each dependent object in its own DROP and leave CASCADE out",
    .source = "PostgreSQL 15 manual, Dependency Tracking",
    .kinds = {ACTION_DROP, ACTION_DROP_COLUMN, ACTION_DROP_CONSTRAINT, ACTION_TRUNCATE},
    .check = check_cascade,
};

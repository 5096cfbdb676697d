/*
 * Rules on how tables live afterwards: keys, indexes, statistics, vacuum.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/question.h"
#include "statement/quoting.h"

// --- tables without a key

static bool needs_key(const struct schema_relation *relation)
{
    if (relation->is_temporary || relation->is_unlogged || relation->is_partition ||
        relation->n_parents > 0 || relation->n_columns == 0)
        return false;
    for (size_t i = 0; i < relation->n_constraints; i++) {
        enum constraint_kind kind = relation->constraints[i].kind;
        if (kind == CONSTRAINT_PRIMARY_KEY || kind == CONSTRAINT_UNIQUE)
            return false;
    }
    for (size_t i = 0; i < relation->n_indexes; i++) {
        if (relation->indexes[i].is_unique && relation->indexes[i].predicate_text == NULL)
            return false;
    }
    return true;
}

static void check_no_primary_key(struct rule_place *place)
{
    for (size_t i = 0; i < place->script->n_statements; i++) {
        place->statement = &place->script->statements[i];
        for (size_t j = 0; j < place->statement->n_actions; j++) {
            const struct action *action = &place->statement->actions[j];
            bool is_made = action->kind == ACTION_CREATE_TABLE && action->n_parents == 0 &&
                           !action->is_temporary;
            const struct schema_relation *relation =
                is_made ? schema_find(place->after, action->relation) : NULL;
            if (relation != NULL && schema_is_new(place->after, relation) &&
                !schema_doubts_relation(place->after, relation) &&
                (relation->kind == RELATION_TABLE || relation->kind == RELATION_PARTITIONED) &&
                needs_key(relation))
                rule_report(place, "no key tells the rows of %s apart",
                            schema_name_text(place->mem, place->after, relation->name));
        }
    }
}

// --- indexes that exist twice

static bool is_plain(const struct schema_index *index)
{
    for (size_t i = 0; i < index->n_columns; i++) {
        if (index->columns[i].column == NULL)
            return false;
    }
    return index->is_valid && index->predicate_text == NULL && index->n_columns > 0;
}

static bool is_same_choice(const char *a, const char *b)
{
    return (a == NULL && b == NULL) || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

// The columns of `asked` are the first ones of `index`.
static bool begins_with(const struct schema_index *index, const struct index_definition *asked)
{
    if (asked->n_columns > index->n_columns)
        return false;
    for (size_t i = 0; i < asked->n_columns; i++) {
        const struct index_column *a = &asked->columns[i], *b = &index->columns[i];
        if (a->column == NULL || strcmp(a->column, b->column) != 0 ||
            !is_same_choice(a->opclass, b->opclass) || !is_same_choice(a->collation, b->collation))
            return false;
    }
    return true;
}

// Dropped by a later statement: one takes the other's place.
static bool is_dropped_later(const struct rule_place *place, const char *index)
{
    for (size_t i = place->index + 1; i < place->script->n_statements; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct action *action = &statement->actions[j];
            bool drops = action->kind == ACTION_DROP && action->object == OBJECT_INDEX &&
                         action->relation.name != NULL && strcmp(action->relation.name, index) == 0;
            bool drops_key = action->kind == ACTION_DROP_CONSTRAINT && action->member != NULL &&
                             strcmp(action->member, index) == 0;
            if (drops || drops_key)
                return true;
        }
    }
    return false;
}

static void duplicate_index(struct rule_place *place, const struct action *action)
{
    const struct index_definition *asked = action->index;
    const struct schema_relation *table =
        action->kind == ACTION_CREATE_INDEX ? schema_find(place->before, action->relation) : NULL;
    if (table == NULL || asked->predicate != NULL || asked->n_includes > 0)
        return;
    for (size_t i = 0; i < table->n_indexes; i++) {
        const struct schema_index *index = &table->indexes[i];
        bool is_whole = index->n_columns == asked->n_columns;
        if (!is_plain(index) || strcmp(index->method, asked->method) != 0 ||
            !begins_with(index, asked) || (asked->is_unique && !(is_whole && index->is_unique)) ||
            index->name == NULL || (asked->name != NULL && strcmp(asked->name, index->name) == 0) ||
            is_dropped_later(place, index->name) ||
            (!is_whole && strcmp(index->method, "btree") != 0))
            continue;
        rule_report_as(place, is_whole ? SEVERITY_WARN : SEVERITY_NOTE, NULL,
                       is_whole ? "index %s of %s has the same columns already"
                                : "index %s of %s begins with the same columns: it serves the same "
                                  "queries",
                       index->name, place_name(place, action->relation));
        return;
    }
}

static void check_duplicate_index(struct rule_place *place)
{
    place_each_action(place, duplicate_index);
}

static void low_value_index(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_CREATE_INDEX || action->index->n_columns != 1 ||
        action->index->predicate != NULL || action->index->is_unique ||
        action->index->columns[0].column == NULL || strcmp(action->index->method, "btree") != 0)
        return;
    const struct schema_relation *table = schema_find(place->before, action->relation);
    const struct schema_column *column =
        table == NULL ? NULL : schema_find_column(table, action->index->columns[0].column);
    bool is_flag =
        column != NULL && column->type.name != NULL && strcmp(column->type.name, "bool") == 0;
    if (is_flag)
        rule_report(place,
                    "%s.%s has two values: the planner reads the table rather than an index of "
                    "half its rows",
                    place_name(place, action->relation), column->name);
}

static void check_low_value_index(struct rule_place *place)
{
    place_each_action(place, low_value_index);
}

// --- foreign keys without an index

// An index that begins with one of the columns finds the few rows that refer to a key.
static bool has_index_on(const struct schema_relation *relation, const char *const *columns,
                         size_t n)
{
    for (size_t i = 0; i < relation->n_indexes; i++) {
        const struct schema_index *index = &relation->indexes[i];
        if (index->is_valid && index->n_columns > 0 && index->columns[0].column != NULL &&
            word_in(index->columns[0].column, columns, n))
            return true;
    }
    for (size_t i = 0; i < relation->n_constraints; i++) {
        const struct schema_constraint *key = &relation->constraints[i];
        bool is_key = key->kind == CONSTRAINT_PRIMARY_KEY || key->kind == CONSTRAINT_UNIQUE;
        if (is_key && key->n_columns > 0 && word_in(key->columns[0], columns, n))
            return true;
    }
    return false;
}

static void fk_without_index(struct rule_place *place, struct name table,
                             const struct constraint *constraint)
{
    const struct schema_relation *relation =
        constraint->kind == CONSTRAINT_FOREIGN_KEY ? schema_find(place->after, table) : NULL;
    if (relation == NULL || constraint->n_columns == 0 ||
        schema_doubts_relation(place->after, relation) ||
        has_index_on(relation, constraint->columns, constraint->n_columns))
        return;
    bool acts = constraint->on_delete != NULL && strcmp(constraint->on_delete, "RESTRICT") != 0;
    const char *list = words_join(place->mem, constraint->columns, constraint->n_columns);
    const char *name = schema_name_text(place->mem, place->after, relation->name);
    rule_report_as(place, place->rule->severity,
                   mem_printf(place->mem, "CREATE INDEX CONCURRENTLY ON %s (%s)", name, list),
                   "no index of %s begins with (%s): each %s of %s reads it whole", name, list,
                   acts ? "DELETE" : "DELETE or UPDATE of the key",
                   schema_name_text(place->mem, place->after, constraint->references));
}

static void fks_of_column(struct rule_place *place, struct name table, const struct column *column)
{
    for (size_t i = 0; i < column->n_constraints; i++)
        fk_without_index(place, table, &column->constraints[i]);
}

static void check_fk_without_index(struct rule_place *place)
{
    for (size_t i = 0; i < place->script->n_statements; i++) {
        place->statement = &place->script->statements[i];
        for (size_t j = 0; j < place->statement->n_actions; j++) {
            const struct action *action = &place->statement->actions[j];
            if (action->kind == ACTION_ADD_CONSTRAINT)
                fk_without_index(place, action->relation, action->constraint);
            if (action->kind == ACTION_ADD_COLUMN)
                fks_of_column(place, action->relation, action->definition);
            if (action->kind != ACTION_CREATE_TABLE)
                continue;
            for (size_t k = 0; k < action->n_constraints; k++)
                fk_without_index(place, action->relation, &action->constraints[k]);
            for (size_t k = 0; k < action->n_columns; k++)
                fks_of_column(place, action->relation, &action->columns[k]);
        }
    }
}

// --- indexes that queries use

// What begins with the same column at the end serves most of its queries.
static bool is_replaced(const struct rule_place *place, const struct schema_relation *table,
                        const struct schema_index *index)
{
    const struct schema_relation *end = schema_find(place->after, table->name);
    const char *column = index->n_columns > 0 ? index->columns[0].column : NULL;
    return end == NULL || (column != NULL && (schema_find_column(end, column) == NULL ||
                                              has_index_on(end, &column, 1)));
}

static void drop_index(struct rule_place *place, const struct action *action)
{
    struct schema_index *index;
    const struct schema_relation *table =
        schema_find_index(place->before, action->relation, &index);
    if (table != NULL ? !index->is_valid || is_replaced(place, table, index)
                      : schema_find(place->after, action->relation) != NULL)
        return;
    struct asking asking = ask(place, action, table != NULL ? table->name : action->relation);
    const char *name = place_name(place, action->relation);
    asking.question.sql = mem_printf(
        place->mem,
        "SELECT coalesce(sum(idx_scan), 0) FROM pg_catalog.pg_stat_user_indexes WHERE indexrelid = "
        "pg_catalog.to_regclass(%s)",
        quoting_text(place->mem,
                     quoting_relation(place->mem, DIALECT_POSTGRES,
                                      schema_resolve(place->before, action->relation))));
    ask_report(&asking, place->rule->severity,
               mem_printf(place->mem, "no query has used index %s", name),
               "queries that use index %s read the whole table from now on", name);
}

static void check_drop_index_in_use(struct rule_place *place)
{
    for (size_t i = 0; i < place->script->n_statements; i++) {
        place->statement = &place->script->statements[i];
        for (size_t j = 0; j < place->statement->n_actions; j++) {
            const struct action *action = &place->statement->actions[j];
            if (action->kind == ACTION_DROP && action->object == OBJECT_INDEX &&
                schema_find_index(place->after, action->relation, &(struct schema_index *){0}) ==
                    NULL)
                drop_index(place, action);
        }
    }
}

// --- statistics and vacuum

static bool is_analyzed_later(const struct rule_place *place, struct name table)
{
    for (size_t i = place->index + 1; i < place->script->n_statements; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct action *action = &statement->actions[j];
            bool analyzes = action->kind == ACTION_ANALYZE ||
                            (action->kind == ACTION_VACUUM && action->option != NULL &&
                             strstr(action->option, "analyze") != NULL);
            if (analyzes &&
                (action->relation.name == NULL || name_may_equal(action->relation, table)))
                return true;
        }
    }
    return false;
}

static void stats_lost(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_ALTER_TYPE || place_is_new(place, action->relation) ||
        size_class(schema_find(place->before, action->relation)) == SIZE_SMALL ||
        place_repeats(place, action) || place_has_no_rows(place, action->relation) ||
        place_adds_column(place, action->relation, action->column) ||
        is_analyzed_later(place, action->relation))
        return;
    // Its safe form is not to do it: type-change-rewrite says so, and that ANALYZE belongs to it.
    if (place_rewrites(place, action->relation))
        return;
    const char *table = place_name(place, action->relation);
    rule_report_as(place, place->rule->severity, mem_printf(place->mem, "ANALYZE %s", table),
                   "the statistics of %s.%s are gone until the next ANALYZE", table,
                   action->column);
}

static void check_stats_lost(struct rule_place *place)
{
    place_each_action(place, stats_lost);
}

// The value written behind `name` in the statement, "false", "0", …; NULL: it is not there.
static const char *written_value(TALLOC_CTX *mem, const char *sql, const char *name)
{
    const char *at = strcasestr(sql, name);
    if (at == NULL)
        return NULL;
    at += strlen(name);
    at += strspn(at, " \t\n='");
    return mem_strndup(mem, at, strcspn(at, " \t\n',)"));
}

static void check_autovacuum_off(struct rule_place *place)
{
    static const char *const off[] = {"false", "off", "0", "no"};
    const char *sql = place->statement->sql;
    for (size_t i = 0; i < place->statement->n_actions; i++) {
        const struct action *action = &place->statement->actions[i];
        if (action->kind != ACTION_SET_OPTIONS && action->kind != ACTION_CREATE_TABLE)
            continue;
        const char *value = written_value(place->mem, sql, "autovacuum_enabled");
        if (value != NULL && strcasestr(sql, "reset") == NULL &&
            word_in(value, off, COUNT_OF(off))) {
            rule_report(place, "nothing vacuums or analyzes %s any more",
                        place_name(place, action->relation));
            return;
        }
    }
}

// --- rows

const struct rule rule_no_primary_key = {
    .id = "no-primary-key",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "a new table has neither primary key nor unique index at the end of its migration",
    .why =
        "Its rows cannot be told apart: no UPDATE or DELETE by logical replication, no backfill by "
        "ranges of a key, no comparison row by row.",
    .safe_form = "a primary key",
    .source = "PostgreSQL 15 manual, Logical Replication, Publication",
    .kinds = {ACTION_CREATE_TABLE},
    .check_migration = check_no_primary_key,
};

const struct rule rule_duplicate_index = {
    .id = "duplicate-index",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "an index on columns that another index of the table has or begins with",
    .why = "Every write keeps it up to date, and no query needs it.",
    .safe_form = "leave it out, or drop the other one in the same change",
    .source = "PostgreSQL 15 manual, Multicolumn Indexes",
    .kinds = {ACTION_CREATE_INDEX},
    .check = check_duplicate_index,
};

const struct rule rule_low_value_index = {
    .id = "low-value-index",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "an index on a boolean column alone",
    .why = "It costs every write, and the planner uses it only for a value that is rare.",
    .safe_form = "a partial index: WHERE with the rare value",
    .source = "PostgreSQL 15 manual, Partial Indexes",
    .kinds = {ACTION_CREATE_INDEX},
    .check = check_low_value_index,
};

const struct rule rule_fk_without_index = {
    .id = "fk-without-index",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "a foreign key whose columns no index begins with",
    .why =
        "PostgreSQL indexes the referenced side only: each row that is deleted there, or whose key "
        "changes, reads the referencing table from end to end.",
    .safe_form = "CREATE INDEX CONCURRENTLY on the referencing columns",
    .source = "PostgreSQL 15 manual, Foreign Keys",
    .kinds = {ACTION_ADD_CONSTRAINT, ACTION_ADD_COLUMN, ACTION_CREATE_TABLE},
    .check_migration = check_fk_without_index,
};

const struct rule rule_drop_index_in_use = {
    .id = "drop-index-in-use",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary =
        "DROP INDEX of an index that queries may use; its question asks the server's counters",
    .why = "Queries that used it read the whole table, and under load that is an outage.",
    .safe_form =
        "look at idx_scan of pg_stat_user_indexes on the primary and on every replica first",
    .source = "PostgreSQL 15 manual, pg_stat_all_indexes",
    .kinds = {ACTION_DROP},
    .check_migration = check_drop_index_in_use,
};

const struct rule rule_stats_lost = {
    .id = "stats-lost",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "ALTER COLUMN TYPE that leaves the rows as they are, without an ANALYZE after it",
    .why =
        "The column's statistics are removed: until autovacuum comes by, plans are made blindly.",
    .safe_form = "ANALYZE of the table at the end",
    .source =
        "measured on PostgreSQL 15: pg_stats has no row of it, also for varchar(20) to varchar",
    .kinds = {ACTION_ALTER_TYPE},
    .check = check_stats_lost,
};

const struct rule rule_autovacuum_off = {
    .id = "autovacuum-off",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "autovacuum_enabled = false on a table",
    .why = "Dead rows pile up and statistics grow old, until the server must vacuum against "
           "wraparound "
           "at a time that nobody chose.",
    .safe_form = "leave it on; a lower autovacuum_vacuum_scale_factor suits busy tables",
    .source = "PostgreSQL 15 manual, Storage Parameters",
    .kinds = {ACTION_SET_OPTIONS, ACTION_CREATE_TABLE},
    .check = check_autovacuum_off,
};

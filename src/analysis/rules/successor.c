/*
 * Rule on what a table lacks that takes the name and the rows of another: keys, constraints,
 * defaults, indexes, triggers.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"
#include "base/text.h"

#define LOSSES_TOLD 4

// A table of before and the other table that has its name after.
struct succession {
    struct rule_place *place;
    const struct schema_relation *was, *is;
    bool is_restated; // SQLite, and its columns were written out: that is how SQLite drops a rule
    enum severity worst;
    char *text;
    size_t n;
};

static void add_loss(struct succession *s, enum severity severity, const char *what, const char *of)
{
    s->worst = s->n == 0 || severity > s->worst ? severity : s->worst;
    if (++s->n > LOSSES_TOLD)
        return;
    TALLOC_CTX *mem = s->place->mem;
    const char *item = of == NULL ? what : mem_printf(mem, "%s %s", what, of);
    s->text = s->text == NULL ? mem_strdup(mem, item) : mem_printf(mem, "%s, %s", s->text, item);
}

static const char *list_text(TALLOC_CTX *mem, const char *const *columns, size_t n)
{
    char *text = mem_strdup(mem, "(");
    for (size_t i = 0; i < n; i++)
        text = mem_printf(mem, "%s%s%s", text, i > 0 ? ", " : "", columns[i]);
    return mem_printf(mem, "%s)", text);
}

// The column of that name which the successor has; NULL: it has none.
static const struct schema_column *kept_column(const struct succession *s, const char *name)
{
    return name == NULL ? NULL : schema_find_column(s->is, name);
}

// The columns as the successor writes them; NULL: one of them is gone, and what stood on it goes
// too.
static const char **kept_columns(const struct succession *s, const char *const *columns, size_t n)
{
    const char **kept = mem_array(s->place->mem, const char *, n);
    for (size_t i = 0; i < n; i++) {
        const struct schema_column *column = kept_column(s, columns[i]);
        if (column == NULL)
            return NULL;
        kept[i] = column->name;
    }
    return kept;
}

static bool has_kind(const struct schema_relation *relation, enum constraint_kind kind)
{
    for (size_t i = 0; i < relation->n_constraints; i++) {
        if (relation->constraints[i].kind == kind)
            return true;
    }
    return false;
}

static bool has_like(const struct schema_relation *relation, enum constraint_kind kind,
                     const char *const *columns, size_t n)
{
    for (size_t i = 0; i < relation->n_constraints; i++) {
        const struct schema_constraint *c = &relation->constraints[i];
        bool is_check = kind == CONSTRAINT_CHECK;
        if (c->kind == kind &&
            words_are_same(is_check ? c->check_columns : c->columns,
                           is_check ? c->n_check_columns : c->n_columns, columns, n))
            return true;
    }
    return false;
}

static void compare_constraint(struct succession *s, const struct schema_constraint *was)
{
    TALLOC_CTX *mem = s->place->mem;
    bool is_check = was->kind == CONSTRAINT_CHECK;
    const char *const *columns = is_check ? was->check_columns : was->columns;
    size_t n = is_check ? was->n_check_columns : was->n_columns;
    const char **kept = kept_columns(s, columns, n);
    const char *list = list_text(mem, columns, n);
    bool has_key = kept != NULL && relation_has_key(s->is, kept, n);
    if (was->kind == CONSTRAINT_PRIMARY_KEY && !has_key && !has_kind(s->is, was->kind))
        add_loss(s, SEVERITY_STOP, "its primary key", list);
    else if (was->kind == CONSTRAINT_UNIQUE && kept != NULL && !has_key)
        add_loss(s, s->is_restated ? SEVERITY_WARN : SEVERITY_STOP, "UNIQUE", list);
    else if (was->kind == CONSTRAINT_FOREIGN_KEY && kept != NULL &&
             !has_like(s->is, was->kind, kept, n))
        add_loss(s, SEVERITY_WARN, "the foreign key", list);
    else if (is_check && kept != NULL && !has_like(s->is, was->kind, kept, n))
        add_loss(s, s->is_restated ? SEVERITY_NOTE : SEVERITY_WARN, "CHECK", list);
    else if (was->kind == CONSTRAINT_EXCLUDE && kept != NULL && !has_kind(s->is, was->kind))
        add_loss(s, SEVERITY_STOP, "EXCLUDE", list);
}

static bool is_of_key(const struct schema_relation *relation, const struct schema_index *index)
{
    for (size_t i = 0; i < relation->n_constraints; i++) {
        const char *of = relation->constraints[i].index;
        if (of != NULL && strcmp(of, index->name) == 0)
            return true;
    }
    return index->is_primary;
}

static bool serves_as(const struct succession *s, const struct schema_index *is,
                      const struct schema_index *was)
{
    bool same = is->n_columns >= was->n_columns && is->is_unique >= was->is_unique &&
                (is->predicate_text == NULL) == (was->predicate_text == NULL) &&
                (!was->is_unique || is->n_columns == was->n_columns);
    for (size_t i = 0; same && i < was->n_columns; i++) {
        const char *a = was->columns[i].column, *b = is->columns[i].column;
        same = a == NULL ? b == NULL : b != NULL && kept_column(s, a) == kept_column(s, b);
    }
    return same;
}

static void compare_index(struct succession *s, const struct schema_index *was)
{
    if (is_of_key(s->was, was) || !was->is_valid)
        return;
    for (size_t i = 0; i < was->n_columns; i++) {
        if (was->columns[i].column != NULL && kept_column(s, was->columns[i].column) == NULL)
            return;
    }
    for (size_t i = 0; i < s->is->n_indexes; i++) {
        if (serves_as(s, &s->is->indexes[i], was))
            return;
    }
    add_loss(s, was->is_unique ? SEVERITY_STOP : SEVERITY_WARN,
             was->is_unique ? "the unique index" : "the index", was->name);
}

static bool is_in_primary_key(const struct schema_relation *relation, const char *column)
{
    for (size_t i = 0; i < relation->n_constraints; i++) {
        const struct schema_constraint *key = &relation->constraints[i];
        if (key->kind == CONSTRAINT_PRIMARY_KEY && word_in(column, key->columns, key->n_columns))
            return true;
    }
    return false;
}

// Deleted ids come back without AUTOINCREMENT; another collation finds, sorts and holds apart
// others.
static void compare_sqlite_column(struct succession *s, const struct schema_column *was,
                                  const struct schema_column *is)
{
    if (was->is_identity && !is->is_identity)
        add_loss(s, SEVERITY_WARN, "AUTOINCREMENT of", was->name);
    if (was->collation != NULL && !text_equal_nocase(was->collation, "BINARY") &&
        (is->collation == NULL || !text_equal_nocase(is->collation, was->collation)))
        add_loss(s, SEVERITY_WARN, mem_printf(s->place->mem, "COLLATE %s of", was->collation),
                 was->name);
}

static bool is_strict(const struct schema_relation *relation)
{
    return relation->options != NULL && strstr(relation->options, "STRICT") != NULL;
}

static void compare_column(struct succession *s, const struct schema_column *was)
{
    const struct schema_column *is = kept_column(s, was->name);
    enum severity severity = s->is_restated ? SEVERITY_NOTE : SEVERITY_WARN;
    if (is == NULL)
        return;
    if (was->is_not_null && !relation_proves_not_null(s->is, is->name) &&
        !is_in_primary_key(s->was, was->name))
        add_loss(s, severity, "NOT NULL of", was->name);
    if (s->place->script->dialect == DIALECT_SQLITE) {
        compare_sqlite_column(s, was, is);
        if (was->is_identity)
            return;
    }
    bool fills = is->has_default || is->is_identity || is->is_generated;
    if ((was->has_default || was->is_identity) && !fills)
        add_loss(s, severity, was->is_identity ? "the identity of" : "the default of", was->name);
}

static void compare_trigger(struct succession *s, const struct schema_trigger *was)
{
    for (size_t i = 0; i < s->is->n_triggers; i++) {
        if (strcmp(s->is->triggers[i].name, was->name) == 0)
            return;
    }
    add_loss(s, SEVERITY_WARN, "the trigger", was->name);
}

static void compare(struct succession *s)
{
    if (is_strict(s->was) && !is_strict(s->is))
        add_loss(s, SEVERITY_WARN, "STRICT", NULL);
    for (size_t i = 0; i < s->was->n_constraints; i++)
        compare_constraint(s, &s->was->constraints[i]);
    for (size_t i = 0; i < s->was->n_indexes; i++)
        compare_index(s, &s->was->indexes[i]);
    for (size_t i = 0; i < s->was->n_columns; i++)
        compare_column(s, &s->was->columns[i]);
    for (size_t i = 0; i < s->was->n_triggers; i++)
        compare_trigger(s, &s->was->triggers[i]);
}

// --- who succeeds

static bool is_table(const struct schema_relation *relation)
{
    return relation != NULL &&
           (relation->kind == RELATION_TABLE || relation->kind == RELATION_PARTITIONED);
}

// Not the table of before under its own name, perhaps renamed there and back.
static bool is_another(const struct rule_place *place, const struct schema_relation *is,
                       struct name name)
{
    bool was_renamed = is->renamed_in != NULL && is->name_before.name != NULL &&
                       strcmp(is->renamed_in, place->migration->path) == 0;
    return schema_is_new(place->after, is) ||
           (was_renamed && !name_may_equal(is->name_before, name));
}

static bool is_filled(const struct rule_place *place, struct name table)
{
    for (size_t i = place->index; i < place->script->n_statements; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct query *query = statement->actions[j].query;
            if (statement->actions[j].kind == ACTION_QUERY && query != NULL &&
                query->verb == QUERY_INSERT && query->n_reads > 0 &&
                name_may_equal(query->target, table))
                return true;
        }
    }
    return false;
}

static bool is_written_out(const struct rule_place *place, struct name table)
{
    for (size_t i = 0; i < place->script->n_statements; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            if (statement->actions[j].kind == ACTION_CREATE_TABLE &&
                name_may_equal(statement->actions[j].relation, table))
                return true;
        }
    }
    return false;
}

// The name that this action gives to a table; name NULL: none.
static struct name name_given(const struct rule_place *place, const struct action *action)
{
    if (action->kind == ACTION_RENAME && action->object == OBJECT_TABLE)
        return (struct name){action->relation.schema, action->new_name};
    bool creates = action->kind == ACTION_CREATE_TABLE_AS ||
                   (action->kind == ACTION_CREATE_TABLE && is_filled(place, action->relation));
    return creates ? action->relation : (struct name){0};
}

static void succeed(struct rule_place *place, const struct action *action)
{
    struct name name = name_given(place, action);
    if (name.name == NULL)
        return;
    struct succession s = {.place = place,
                           .was = schema_find(place->before, name),
                           .is = schema_find(place->after, name)};
    if (!is_table(s.was) || !is_table(s.is) || s.is->n_columns == 0 ||
        !is_another(place, s.is, s.was->name))
        return;
    s.is_restated =
        place->script->dialect == DIALECT_SQLITE && is_written_out(place, action->relation);
    compare(&s);
    if (s.n > LOSSES_TOLD)
        s.text = mem_printf(place->mem, "%s and %zu more", s.text, s.n - LOSSES_TOLD);
    if (s.n > 0)
        rule_report_as(
            place, s.worst,
            place->script->dialect == DIALECT_SQLITE
                ? "write the definition out, and every index and trigger again"
                : "make it by CREATE TABLE new (LIKE old INCLUDING ALL), then its foreign keys and "
                  "triggers",
            "the table that takes the name %s comes without %s", place_name(place, name), s.text);
}

static void check_replaced_table_loses_constraints(struct rule_place *place)
{
    struct rule_place at = *place;
    for (size_t i = 0; i < place->script->n_statements; i++) {
        at.index = i;
        at.statement = &place->script->statements[i];
        place_each_action(&at, succeed);
    }
}

// --- rows

const struct rule rule_replaced_table_loses_constraints = {
    .id = "replaced-table-loses-constraints",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "a table is replaced by a copy that lacks its keys, constraints, defaults, indexes "
               "or triggers, in SQLite COLLATE, STRICT or AUTOINCREMENT",
    .why = "Nothing fails: duplicates, orphans and NULLs come in from now on. It stops for a lost "
           "primary key or uniqueness.",
    .safe_form = "PostgreSQL: CREATE TABLE new (LIKE old INCLUDING ALL), then its foreign keys and "
                 "triggers; SQLite: write the definition out, and every index and trigger again",
    .source = "PostgreSQL 15 manual, CREATE TABLE AS, CREATE TABLE; SQLite, CREATE TABLE",
    .kinds = {ACTION_RENAME, ACTION_CREATE_TABLE, ACTION_CREATE_TABLE_AS},
    .check_migration = check_replaced_table_loses_constraints,
};

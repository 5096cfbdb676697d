/*
 * Rules on CHECK, FOREIGN KEY, EXCLUDE and domains: held against rows that nobody ever checked,
 * they fail in production only.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/question.h"
#include "base/text.h"

// VALIDATE looks at the rows as ADD would have: the constraint that it names, as it was written.
static struct constraint validated(const struct rule_place *place, const struct action *action,
                                   struct expression *check)
{
    const struct schema_relation *relation = schema_find(place->before, action->relation);
    const struct schema_constraint *known =
        relation == NULL ? NULL : schema_find_constraint(relation, action->member);
    if (known == NULL || known->is_valid)
        return (struct constraint){.is_not_valid = true};
    *check = (struct expression){.text = known->check_text,
                                 .columns = known->check_columns,
                                 .n_columns = known->n_check_columns};
    return (struct constraint){.kind = known->kind,
                               .name = known->name,
                               .columns = known->columns,
                               .n_columns = known->n_columns,
                               .check = known->check_text == NULL ? NULL : check,
                               .references = known->references,
                               .referenced = known->referenced,
                               .n_referenced = known->n_referenced,
                               .is_match_full = known->is_match_full};
}

// The constraint that the action holds against the rows that are there; one NOT VALID: none.
static struct constraint enforced(const struct rule_place *place, const struct action *action,
                                  struct expression *check)
{
    if (action->relation.name == NULL || place_has_no_rows(place, action->relation))
        return (struct constraint){.is_not_valid = true};
    if (action->kind == ACTION_ADD_CONSTRAINT)
        return *action->constraint;
    if (action->kind == ACTION_VALIDATE_CONSTRAINT)
        return validated(place, action, check);
    return (struct constraint){.is_not_valid = true};
}

static void check_may_fail(struct rule_place *place, const struct action *action)
{
    struct expression expression;
    struct constraint constraint = enforced(place, action, &expression);
    if (constraint.is_not_valid || constraint.kind != CONSTRAINT_CHECK ||
        constraint.check == NULL || place_partition_refuses(place, action))
        return;
    const struct expression *check = constraint.check;
    if (place_columns_are_empty(place, action->relation, check->columns, check->n_columns))
        return;
    struct asking asking = ask(place, action, action->relation);
    ask_needs_columns(&asking, check->columns, check->n_columns);
    // NULL passes a CHECK, and NOT (NULL) is not counted.
    ask_rows(&asking, constraint.is_no_inherit ? ask_table_alone(&asking) : ask_table(&asking),
             mem_printf(place->mem, "NOT (%s)", check->text));
    const char *name = place_name(place, action->relation);
    const char *text = text_shorten(place->mem, check->text, strlen(check->text), 60);
    ask_report(&asking, place->rule->severity,
               mem_printf(place->mem, "every row of %s keeps to CHECK (%s)", name, text),
               "fails when a row of %s breaks CHECK (%s)", name, text);
}

static void check_check_may_fail(struct rule_place *place)
{
    place_each_action(place, check_may_fail);
}

// The columns that a foreign key points at: those written, or else the parent's primary key.
static bool find_referenced(const struct rule_place *place, struct constraint *key)
{
    const struct schema_relation *parent = schema_find(place->before, key->references);
    for (size_t i = 0; key->n_referenced == 0 && parent != NULL && i < parent->n_constraints; i++) {
        if (parent->constraints[i].kind == CONSTRAINT_PRIMARY_KEY) {
            key->referenced = parent->constraints[i].columns;
            key->n_referenced = parent->constraints[i].n_columns;
        }
    }
    return key->n_columns > 0 && key->n_columns == key->n_referenced;
}

// MATCH SIMPLE lets a row with any NULL pass, MATCH FULL only one that is NULL throughout.
static const char *has_value(const struct asking *asking, const struct constraint *key)
{
    TALLOC_CTX *mem = asking->place->mem;
    bool is_full = key->is_match_full && key->n_columns > 1;
    const char *text = "";
    for (size_t i = 0; i < key->n_columns; i++) {
        if (!is_full && asking->relation != NULL &&
            relation_proves_not_null(asking->relation, key->columns[i]))
            continue;
        text = mem_printf(mem, "%s%sc.%s IS NOT NULL", text,
                          text[0] == '\0' ? "" : (is_full ? " OR " : " AND "),
                          ask_name(asking, key->columns[i]));
    }
    if (text[0] == '\0')
        return text;
    return is_full ? mem_printf(mem, "(%s) AND ", text) : mem_printf(mem, "%s AND ", text);
}

static void ask_orphans(struct asking *asking, const struct constraint *key)
{
    TALLOC_CTX *mem = asking->place->mem;
    const struct asking parent = {.place = asking->place,
                                  .relation = schema_find(asking->place->before, key->references),
                                  .table = schema_resolve(asking->place->before, key->references)};
    const char *match = "";
    for (size_t i = 0; i < key->n_columns; i++)
        match = mem_printf(mem, "%s%sp.%s = c.%s", match, i > 0 ? " AND " : "",
                           ask_name(asking, key->referenced[i]), ask_name(asking, key->columns[i]));
    ask_rows(asking, mem_printf(mem, "%s AS c", ask_table_alone(asking)),
             mem_printf(mem, "%sNOT EXISTS (SELECT 1 FROM %s AS p WHERE %s)",
                        has_value(asking, key), ask_table_alone(&parent), match));
}

static void fk_may_fail(struct rule_place *place, const struct action *action)
{
    struct expression unused;
    struct constraint key = enforced(place, action, &unused);
    if (key.is_not_valid || key.kind != CONSTRAINT_FOREIGN_KEY ||
        place_columns_are_empty(place, action->relation, key.columns, key.n_columns))
        return;
    struct asking asking = ask(place, action, action->relation);
    ask_needs_columns(&asking, key.columns, key.n_columns);
    if (find_referenced(place, &key)) {
        ask_needs_table(&asking, key.references, key.referenced, key.n_referenced);
        ask_orphans(&asking, &key);
    }
    const char *child = place_name(place, action->relation);
    const char *parent = place_name(place, key.references);
    const char *columns = words_join(place->mem, key.columns, key.n_columns);
    ask_report(&asking, place->rule->severity,
               mem_printf(place->mem, "every row of %s points at a row of %s by (%s)", child,
                          parent, columns),
               "fails when (%s) of a row of %s points at no row of %s", columns, child, parent);
}

static void check_fk_may_fail(struct rule_place *place)
{
    place_each_action(place, fk_may_fail);
}

// --- exclusion

// A column or expression of one side of the pair.
static const char *side(const struct asking *asking, const struct index_column *column, size_t i)
{
    TALLOC_CTX *mem = asking->place->mem;
    const char *value = column->column != NULL ? ask_name(asking, column->column)
                                               : mem_printf(mem, "(%s)", column->expression->text);
    if (column->collation != NULL)
        value = mem_printf(mem, "%s COLLATE %s", value, ask_name(asking, column->collation));
    return mem_printf(mem, "%s AS k%zu", value, i + 1);
}

// Pairs of rows for which every operator is true; with a NULL none is.
static void ask_conflicts(struct asking *asking, const struct constraint *constraint)
{
    TALLOC_CTX *mem = asking->place->mem;
    const char *sides = "", *match = "";
    for (size_t i = 0; i < constraint->n_excluded; i++) {
        const struct exclude_element *element = &constraint->excluded[i];
        sides = mem_printf(mem, "%s, %s", sides, side(asking, &element->column, i));
        match = mem_printf(mem, "%s AND a.k%zu %s b.k%zu", match, i + 1, element->operator, i + 1);
        if (element->column.column != NULL)
            ask_needs_columns(asking, &element->column.column, 1);
        else
            ask_needs_columns(asking, element->column.expression->columns,
                              element->column.expression->n_columns);
    }
    const char *where = "";
    if (constraint->predicate != NULL) {
        where = mem_printf(mem, " WHERE %s", constraint->predicate->text);
        ask_needs_columns(asking, constraint->predicate->columns, constraint->predicate->n_columns);
    }
    const char *rest =
        mem_printf(mem, "FROM rows AS a JOIN rows AS b ON a.place < b.place%s", match);
    const char *rows = mem_printf(mem, "WITH rows AS (SELECT ctid AS place%s FROM %s%s)", sides,
                                  ask_table_alone(asking), where);
    asking->question.sql = mem_printf(mem, "%s SELECT count(*) %s", rows, rest);
    ask_decision(asking, rows, rest);
    asking->question.samples = mem_printf(mem, "%s SELECT a.k1, b.k1 %s LIMIT 5", rows, rest);
}

static void exclusion_may_fail(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_ADD_CONSTRAINT || action->constraint->kind != CONSTRAINT_EXCLUDE ||
        place_has_no_rows(place, action->relation) ||
        place_columns_are_empty(place, action->relation, action->constraint->columns,
                                action->constraint->n_columns))
        return;
    struct asking asking = ask(place, action, action->relation);
    const char *table = place_name(place, action->relation);
    ask_conflicts(&asking, action->constraint);
    ask_report(&asking, place->rule->severity,
               mem_printf(place->mem, "no two rows of %s exclude each other", table),
               "fails when two rows of %s exclude each other", table);
}

static void check_exclusion_may_fail(struct rule_place *place)
{
    place_each_action(place, exclusion_may_fail);
}

// --- domains

// The values of every column of the domain, under the name VALUE, as its constraint reads them.
static const char *uses_of(struct asking *asking, struct name domain)
{
    const struct rule_place *place = asking->place;
    const char *uses = NULL;
    for (const struct schema_relation *r = schema_next(place->before, NULL); r != NULL;
         r = schema_next(place->before, r)) {
        for (size_t i = 0; (r->kind == RELATION_TABLE || r->kind == RELATION_PARTITIONED) &&
                           !r->is_partition && i < r->n_columns;
             i++) {
            const struct schema_column *column = &r->columns[i];
            if (column->type.name == NULL || column->type.is_array ||
                !name_may_equal((struct name){column->type.schema, column->type.name}, domain) ||
                place_has_no_rows(place, r->name))
                continue;
            const struct asking use = {.place = asking->place, .relation = r, .table = r->name};
            ask_needs_table(asking, r->name, (const char *const *)&column->name, 1);
            uses = mem_printf(place->mem, "%s%sSELECT %s AS value FROM %s",
                              uses == NULL ? "" : uses, uses == NULL ? "" : " UNION ALL ",
                              ask_name(&use, column->name), ask_table(&use));
        }
    }
    return uses;
}

static void domain_may_fail(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_ALTER_DOMAIN || action->option == NULL)
        return;
    bool sets_not_null = strcmp(action->option, "set not null") == 0;
    const struct constraint *added = action->constraint;
    if (!sets_not_null && (added == NULL || added->check == NULL || added->is_not_valid))
        return;
    const char *condition =
        sets_not_null ? "value IS NULL" : mem_printf(place->mem, "NOT (%s)", added->check->text);
    struct asking asking = {.place = place, .action = action, .is_moot = place->is_down};
    const char *uses = uses_of(&asking, action->relation);
    if (uses == NULL)
        return;
    const char *rest = mem_printf(place->mem, "FROM (%s) AS uses WHERE %s", uses, condition);
    asking.question.sql = mem_printf(place->mem, "SELECT count(*) %s", rest);
    ask_decision(&asking, "", rest);
    asking.question.samples = mem_printf(place->mem, "SELECT value %s LIMIT 5", rest);
    const char *name = place_name(place, action->relation);
    const char *what =
        sets_not_null ? "NOT NULL" : mem_printf(place->mem, "CHECK (%s)", added->check->text);
    ask_report(&asking, place->rule->severity,
               mem_printf(place->mem, "every value of domain %s keeps to %s", name, what),
               "fails when a value of domain %s breaks %s", name, what);
}

static void check_domain_may_fail(struct rule_place *place)
{
    place_each_action(place, domain_may_fail);
}

// --- rows

const struct rule rule_check_may_fail = {
    .id = "check-may-fail",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ADD CHECK on a table whose rows were never checked",
    .why = "One row that breaks it makes it fail, in production only.",
    .safe_form = "count the rows that break it first; add it NOT VALID, mend, VALIDATE",
    .source = "PostgreSQL 15 manual, ALTER TABLE",
    .kinds = {ACTION_ADD_CONSTRAINT, ACTION_VALIDATE_CONSTRAINT},
    .check = check_check_may_fail,
};

const struct rule rule_fk_may_fail = {
    .id = "fk-may-fail",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ADD FOREIGN KEY on columns whose values were never checked",
    .why = "One orphan makes it fail, in production only.",
    .safe_form = "count the orphans first; add it NOT VALID, mend, VALIDATE",
    .source = "PostgreSQL 15 manual, ALTER TABLE",
    .kinds = {ACTION_ADD_CONSTRAINT, ACTION_VALIDATE_CONSTRAINT},
    .check = check_fk_may_fail,
};

const struct rule rule_exclusion_may_fail = {
    .id = "exclusion-may-fail",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ADD EXCLUDE on a table whose rows were never compared",
    .why = "Two rows that exclude each other make it fail, in production only.",
    .safe_form = "count the pairs first, and part them",
    .source = "PostgreSQL 15 manual, Exclusion Constraints",
    .kinds = {ACTION_ADD_CONSTRAINT},
    .check = check_exclusion_may_fail,
};

const struct rule rule_domain_may_fail = {
    .id = "domain-may-fail",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ALTER DOMAIN adds a CHECK or NOT NULL, and columns of that domain hold values",
    .why = "One value in any column of it makes it fail, in production only.",
    .safe_form = "count the values that break it in each column first; add it NOT VALID, mend, "
                 "VALIDATE",
    .source = "PostgreSQL 15 manual, ALTER DOMAIN",
    .kinds = {ACTION_ALTER_DOMAIN},
    .check = check_domain_may_fail,
};

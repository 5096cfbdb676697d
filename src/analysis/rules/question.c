/*
 * Questions: the parts that all of them are put together from.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/question.h"
#include "statement/quoting.h"
#include <stdarg.h>

static enum dialect dialect_of(const struct asking *asking)
{
    return asking->place->script->dialect;
}

// Earlier actions of the same statement come before, too.
static bool is_touched(const struct asking *asking, struct name table, const char *const *columns,
                       size_t n)
{
    SCRATCH(tmp);
    const struct rule_place *place = asking->place;
    struct touched within = {0};
    const struct statement *statement = place->statement;
    for (size_t i = 0; i < statement->n_actions && &statement->actions[i] != asking->action; i++)
        touched_add(tmp, &within, &statement->actions[i]);
    return touched_has(place->touched, table, columns, n) ||
           (asking->action != NULL && touched_has(&within, table, columns, n));
}

void ask_needs_table(struct asking *asking, struct name table, const char *const *columns, size_t n)
{
    const struct rule_place *place = asking->place;
    struct name resolved = schema_resolve(place->before, table);
    const struct schema_relation *relation = schema_find(place->start, resolved);
    const struct schema_relation *now = schema_find(place->before, resolved);
    // A table that no earlier migration made is unknown, not new.
    asking->is_moot = asking->is_moot || is_touched(asking, resolved, columns, n) ||
                      (relation == NULL && now != NULL && now->created_in != NULL);
    for (size_t i = 0; i < n; i++) {
        if ((relation != NULL && schema_find_column(relation, columns[i]) == NULL && now != NULL &&
             schema_find_column(now, columns[i]) != NULL) ||
            place_adds_column(place, table, columns[i]))
            asking->is_moot = true;
    }
}

void ask_needs_rows(struct asking *asking, struct name table)
{
    const struct schema_relation *relation = schema_find(asking->place->before, table);
    size_t n = relation == NULL ? 0 : relation->n_columns;
    const char **columns = mem_array(asking->place->mem, const char *, n);
    for (size_t i = 0; i < n; i++)
        columns[i] = relation->columns[i].name;
    ask_needs_table(asking, table, columns, n);
}

void ask_needs_columns(struct asking *asking, const char *const *columns, size_t n)
{
    ask_needs_table(asking, asking->table, columns, n);
}

struct asking ask(struct rule_place *place, const struct action *action, struct name table)
{
    struct asking asking = {
        .place = place,
        .action = action,
        .relation = schema_find(place->before, table),
        .table = schema_resolve(place->before, table),
        .is_moot = place->is_down,
    };
    ask_needs_table(&asking, table, NULL, 0);
    return asking;
}

const char *ask_name(const struct asking *asking, const char *column)
{
    return quoting_name(asking->place->mem, dialect_of(asking), column);
}

const char *ask_table(const struct asking *asking)
{
    return quoting_relation(asking->place->mem, dialect_of(asking), asking->table);
}

const char *ask_table_alone(const struct asking *asking)
{
    const struct schema_relation *relation = asking->relation;
    bool is_parent = relation != NULL && relation->kind == RELATION_TABLE && relation->has_children;
    return mem_printf(asking->place->mem, "%s%s", is_parent ? "ONLY " : "", ask_table(asking));
}

const char *ask_list(const struct asking *asking, const char *prefix, const char *const *names,
                     size_t n)
{
    char *list = mem_strdup(asking->place->mem, "");
    for (size_t i = 0; i < n; i++)
        list = mem_printf(asking->place->mem, "%s%s%s%s", list, i > 0 ? ", " : "", prefix,
                          ask_name(asking, names[i]));
    return list;
}

// What names a row: primary key or place in the table.
static const char *ask_key(const struct asking *asking)
{
    const struct schema_relation *relation = asking->relation;
    for (size_t i = 0; relation != NULL && i < relation->n_constraints; i++) {
        const struct schema_constraint *key = &relation->constraints[i];
        if (key->kind == CONSTRAINT_PRIMARY_KEY && key->n_columns > 0)
            return ask_list(asking, "", key->columns, key->n_columns);
    }
    return dialect_of(asking) == DIALECT_SQLITE ? "rowid" : "ctid";
}

void ask_decision(struct asking *asking, const char *with, const char *rest)
{
    asking->question.decision =
        mem_printf(asking->place->mem, "%s%sSELECT count(*) FROM (SELECT 1 %s LIMIT 1) AS found",
                   with, with[0] == '\0' ? "" : " ", rest);
}

void ask_rows(struct asking *asking, const char *from, const char *condition)
{
    TALLOC_CTX *mem = asking->place->mem;
    asking->question.sql = mem_printf(mem, "SELECT count(*) FROM %s WHERE %s", from, condition);
    ask_decision(asking, "", mem_printf(mem, "FROM %s WHERE %s", from, condition));
    asking->question.samples =
        mem_printf(mem, "SELECT %s FROM %s WHERE %s LIMIT 5", ask_key(asking), from, condition);
}

void ask_report(struct asking *asking, enum severity severity, const char *title,
                const char *format, ...)
{
    struct rule_place *place = asking->place;
    va_list arguments;
    va_start(arguments, format);
    const char *message = talloc_vasprintf(place->mem, format, arguments);
    va_end(arguments);
    asking->question.title = title;
    bool has_query = asking->question.sql != NULL;
    const char *hint = asking->hint != NULL ? asking->hint : place->rule->safe_form;
    if (has_query && (asking->question.loses || asking->hint != NULL))
        hint = mem_printf(place->mem, "%s; ask first:\n%s", hint, asking->question.sql);
    else if (has_query)
        hint = mem_printf(place->mem, "ask first:\n%s", asking->question.sql);
    rule_report_asking(place, severity, hint,
                       has_query && !asking->is_moot ? &asking->question : NULL, message);
}

/*
 * Rules on rows that are moved: copied to take a table's place, archived and deleted, written by
 * position.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"
#include "base/text.h"
#include <ctype.h>

// --- copies that leave rows out

// UNION, INTERSECT and EXCEPT make one of equal rows, or leave some out; UNION ALL keeps all.
static bool keeps_all(const char *sql)
{
    if (strcasestr(sql, "intersect") != NULL || strcasestr(sql, "except") != NULL)
        return false;
    const char *at = sql;
    while ((at = strcasestr(at, "union")) != NULL) {
        at += strlen("union");
        at += strspn(at, " \t\r\n");
        if (strncasecmp(at, "all", strlen("all")) != 0)
            return false;
    }
    return true;
}

static const char *left_out(const struct rule_place *place, const struct query *query,
                            enum severity *severity)
{
    *severity = SEVERITY_STOP;
    if (query->has_limit)
        return "rows past its LIMIT";
    if (query->has_group_by)
        return "all but one row of each group";
    if (query->has_distinct)
        return "all but one of rows that DISTINCT takes for equal";
    if (query->has_set_operation && !keeps_all(place->statement->sql))
        return "rows that UNION, INTERSECT or EXCEPT takes for equal";
    *severity = SEVERITY_WARN;
    return query->where != NULL && !query->where->is_true ? "rows that its WHERE does not name"
                                                          : NULL;
}

static void report_left_out(struct rule_place *place, const struct query *query, struct name copy)
{
    const struct name *replaced = place_copy_replaces(place, query, copy);
    enum severity severity;
    const char *rows = left_out(place, query, &severity);
    if (replaced == NULL || rows == NULL || place_is_new(place, *replaced))
        return;
    rule_report_as(place, severity, NULL, "%s takes the place of %s, but %s never reach it",
                   place_name(place, copy), place_name(place, *replaced), rows);
}

static void insert_leaves_out(struct rule_place *place, const struct query *query)
{
    if (query->verb == QUERY_INSERT && !query->has_values)
        report_left_out(place, query, query->target);
}

static void create_leaves_out(struct rule_place *place, const struct action *action)
{
    if (action->kind == ACTION_CREATE_TABLE_AS && action->query != NULL && !action->is_temporary &&
        action->object != OBJECT_MATERIALIZED_VIEW)
        report_left_out(place, action->query, action->relation);
}

static void check_copy_leaves_rows_out(struct rule_place *place)
{
    place_each_query(place, insert_leaves_out);
    place_each_action(place, create_leaves_out);
}

// --- rows that are deleted here and inserted there

static bool same_text(const char *a, const char *b)
{
    for (;; a++, b++) {
        a += strspn(a, " \t\r\n");
        b += strspn(b, " \t\r\n");
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (*a == '\0')
            return true;
    }
}

static void move_in_one(struct rule_place *place, const struct query *query)
{
    for (size_t i = 0; query->verb == QUERY_INSERT && i < query->n_inner; i++) {
        const struct query *gone = query->inner[i];
        bool is_filtered = query->has_limit || query->has_distinct ||
                           (query->where != NULL && !query->where->is_true);
        if (gone->verb == QUERY_DELETE && is_filtered && gone->has_returning)
            rule_report_as(place, SEVERITY_STOP, NULL,
                           "rows deleted from %s reach %s only if they pass its WHERE, DISTINCT or "
                           "LIMIT: the others are gone",
                           place_name(place, gone->target), place_name(place, query->target));
    }
}

static bool asks_for(const struct query *gone, struct name table)
{
    for (size_t i = 0; i < gone->n_reads; i++) {
        if (name_may_equal(gone->reads[i], table))
            return true;
    }
    return false;
}

enum match { MATCH_NONE, MATCH_SAME, MATCH_OTHER_ROWS, MATCH_FEWER_ROWS };

// Does `copy` carry over the rows that `gone` deletes?
static enum match match_copy(const struct query *copy, const struct query *gone)
{
    if (copy->verb != QUERY_INSERT || copy->n_reads != 1 || copy->has_group_by ||
        !name_may_equal(copy->reads[0], gone->target) || name_may_equal(copy->target, gone->target))
        return MATCH_NONE;
    if (asks_for(gone, copy->target))
        return MATCH_SAME;
    if (copy->has_limit || copy->has_distinct)
        return MATCH_FEWER_ROWS;
    return copy->where == NULL || same_text(copy->where->text, gone->where->text)
               ? MATCH_SAME
               : MATCH_OTHER_ROWS;
}

static void move_in_two(struct rule_place *place, const struct query *gone)
{
    const struct query *copy = NULL;
    enum match worst = MATCH_NONE;
    if (gone->verb != QUERY_DELETE || gone->where == NULL || gone->where->is_true ||
        place_is_new(place, gone->target))
        return;
    for (size_t i = 0; i < place->index; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct query *query = statement->actions[j].query;
            enum match match = query == NULL ? MATCH_NONE : match_copy(query, gone);
            if (match == MATCH_SAME)
                return;
            copy = match > worst ? query : copy;
            worst = match > worst ? match : worst;
        }
    }
    if (copy == NULL)
        return;
    const char *from = place_name(place, gone->target), *to = place_name(place, copy->target);
    if (worst == MATCH_FEWER_ROWS)
        rule_report_as(
            place, SEVERITY_STOP, NULL,
            "the copy of these rows of %s in %s has a LIMIT or DISTINCT that the DELETE has "
            "not",
            from, to);
    else
        rule_report(place, "deletes rows of %s by another condition than it copied them to %s by",
                    from, to);
}

static void check_move_loses_rows(struct rule_place *place)
{
    place_each_query(place, move_in_one);
    place_each_query(place, move_in_two);
}

// --- values by position

struct columns {
    const char **names;
    size_t n;
};

static struct columns columns_of(TALLOC_CTX *mem, const struct schema_relation *relation)
{
    struct columns out = {0};
    for (size_t i = 0; i < relation->n_columns; i++) {
        if (!relation->columns[i].is_generated)
            *mem_append(mem, out.names, out.n) = relation->columns[i].name;
    }
    return out;
}

static bool reads_star(const struct query *query)
{
    return query->n_outputs == 1 && query->outputs[0].n_columns == 1 &&
           strcmp(query->outputs[0].columns[0], "*") == 0;
}

// The first column that gets the values of another, which stands elsewhere in both lists.
static void report_swap(struct rule_place *place, struct name from, struct name to,
                        const struct columns *read, const struct columns *written)
{
    for (size_t i = 0; i < read->n && i < written->n; i++) {
        if (text_equal_nocase(read->names[i], written->names[i]) ||
            !word_in(read->names[i], written->names, written->n) ||
            !word_in(written->names[i], read->names, read->n))
            continue;
        rule_report(place, "SELECT * puts %s.%s into %s.%s: the columns stand in another order",
                    place_name(place, from), read->names[i], place_name(place, to),
                    written->names[i]);
        return;
    }
}

static void star_by_position(struct rule_place *place, const struct query *query)
{
    if (query->verb != QUERY_INSERT || query->has_values || query->n_reads != 1 ||
        !reads_star(query))
        return;
    const struct schema_relation *from = schema_find(place->before, query->reads[0]);
    const struct schema_relation *to = schema_find(place->before, query->target);
    if (from == NULL || to == NULL)
        return;
    struct columns read = columns_of(place->mem, from);
    struct columns written = query->n_columns > 0
                                 ? (struct columns){query->columns, query->n_columns}
                                 : columns_of(place->mem, to);
    report_swap(place, from->name, to->name, &read, &written);
}

static void check_values_by_position(struct rule_place *place)
{
    place_each_query(place, star_by_position);
}

// --- rows

const struct rule rule_copy_leaves_rows_out = {
    .id = "copy-leaves-rows-out",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES | SQLITE,
    .summary = "a copy that takes a table's place is made with LIMIT, DISTINCT, GROUP BY, UNION or "
               "WHERE",
    .why = "The rows that are left out are missing from now on under the table's name. A WHERE "
           "says so, and warns.",
    .safe_form = "copy every row, compare the counts, then delete what must go, by name",
    .source = "PostgreSQL 15 manual, SELECT; SQLite, SELECT",
    .kinds = {ACTION_QUERY, ACTION_CREATE_TABLE_AS},
    .check = check_copy_leaves_rows_out,
};

const struct rule rule_move_loses_rows = {
    .id = "move-loses-rows",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "rows are deleted here and inserted there by two different conditions",
    .why = "What is deleted and not inserted is gone. It stops when the copy has a LIMIT or "
           "DISTINCT, and when the rows of WITH ... DELETE are filtered again.",
    .safe_form = "WITH gone AS (DELETE ... RETURNING *) INSERT ... SELECT * FROM gone; or delete "
                 "only what arrived: WHERE id IN (SELECT id FROM the copy)",
    .source = "PostgreSQL 15 manual, Data-Modifying Statements in WITH",
    .kinds = {ACTION_QUERY},
    .check = check_move_loses_rows,
};

const struct rule rule_values_by_position = {
    .id = "values-by-position",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES | SQLITE,
    .summary = "INSERT ... SELECT * into a table whose columns stand in another order",
    .why = "Values go by position and not by name: two columns of one type are exchanged without "
           "an error.",
    .safe_form = "name the columns on both sides",
    .source = "PostgreSQL 15 manual, INSERT; SQLite, INSERT",
    .kinds = {ACTION_QUERY},
    .check = check_values_by_position,
};

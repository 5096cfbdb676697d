/*
 * Rules on rows that meet several partners, and on rows that come in twice.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/join.h"
#include "analysis/rules/question.h"
#include "statement/lexer.h"

// --- several partners

// What names a row of the target: its primary key, or its place.
static const char *row_of(const struct asking *asking, const char *alias)
{
    TALLOC_CTX *mem = asking->place->mem;
    const char *prefix = mem_printf(mem, "%s.", ask_name(asking, alias));
    const struct schema_relation *relation = asking->relation;
    for (size_t i = 0; relation != NULL && i < relation->n_constraints; i++) {
        const struct schema_constraint *key = &relation->constraints[i];
        if (key->kind == CONSTRAINT_PRIMARY_KEY && key->n_columns > 0)
            return ask_list(asking, prefix, key->columns, key->n_columns);
    }
    bool is_sqlite = asking->place->script->dialect == DIALECT_SQLITE;
    return mem_printf(mem, "%s%s", prefix, is_sqlite ? "rowid" : "ctid");
}

// Rows of the target that the join meets more than once; `from` follows its name.
static void ask_met_twice(struct asking *asking, const struct query *query, const char *from)
{
    TALLOC_CTX *mem = asking->place->mem;
    bool has_alias = query->target_alias != NULL;
    const char *row = row_of(asking, has_alias ? query->target_alias : asking->table.name);
    const char *rest = mem_printf(
        mem, "FROM %s%s%s%s GROUP BY %s HAVING count(*) > 1", ask_table(asking),
        has_alias ? " AS " : "", has_alias ? ask_name(asking, query->target_alias) : "", from, row);
    asking->question.sql = mem_printf(mem, "SELECT count(*) FROM (SELECT 1 %s) AS doubled", rest);
    ask_decision(asking, "", rest);
    asking->question.samples = mem_printf(mem, "SELECT %s %s LIMIT 5", row, rest);
    ask_needs_rows(asking, asking->table);
    for (size_t i = 0; i < query->n_reads; i++)
        ask_needs_rows(asking, query->reads[i]);
}

static const char *trimmed(TALLOC_CTX *mem, const char *text)
{
    size_t end = strlen(text);
    text += strspn(text, " \t\r\n");
    end = strlen(text);
    while (end > 0 && strchr(" \t\r\n", text[end - 1]) != NULL)
        end--;
    return mem_strndup(mem, text, end);
}

// The joined table whose rows no key keeps to one for each row of the target; NULL: none.
static const struct name *find_ambiguous(const struct rule_place *place, const struct query *query,
                                         const char *from, const struct name *tables, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct schema_relation *relation = schema_find(place->before, tables[i]);
        if (relation == NULL || name_may_equal(tables[i], query->target) ||
            !relation_is_table(relation))
            continue;
        struct joined_table joined = join_read(place, from, tables[i]);
        if (joined.alias != NULL && !relation_has_key(relation, joined.columns, joined.n_columns))
            return &tables[i];
    }
    return NULL;
}

static void update_join(struct rule_place *place, const struct query *query)
{
    static const char *const begins[] = {"from", NULL};
    static const char *const ends[] = {"returning", NULL};
    if (query->verb != QUERY_UPDATE || query->n_inner_joined == 0 ||
        place_is_new(place, query->target))
        return;
    const char *from = join_text(place, begins, ends);
    const struct name *joined =
        from == NULL
            ? NULL
            : find_ambiguous(place, query, from, query->inner_joined, query->n_inner_joined);
    if (joined == NULL)
        return;
    struct asking asking = ask(place, NULL, query->target);
    ask_met_twice(&asking, query, mem_printf(place->mem, ", %s", trimmed(place->mem, from)));
    asking.question.loses = true;
    const char *table = place_name(place, query->target);
    ask_report(
        &asking, place->rule->severity,
        mem_printf(place->mem, "no row of %s meets two of %s", table, place_name(place, *joined)),
        "no key of %s makes its row the only one for a row of %s: with two, either may win",
        place_name(place, *joined), table);
}

static void check_update_join_not_unique(struct rule_place *place)
{
    place_each_query(place, update_join);
}

// WHEN MATCHED AND …: not every row that is met is changed.
static bool has_condition(const struct rule_place *place)
{
    const char *sql = place->statement->sql;
    struct lexer lexer = lexer_make(place->script->dialect, sql, 0, strlen(sql));
    bool is_matched = false;
    for (struct token token = lexer_next(&lexer); token.kind != TOKEN_END;
         token = lexer_next(&lexer)) {
        if (is_matched && token_is(&lexer, token, "and"))
            return true;
        is_matched = token_is(&lexer, token, "matched");
    }
    return false;
}

static void merge_source(struct rule_place *place, const struct query *query)
{
    static const char *const begins[] = {"using", NULL};
    static const char *const ends[] = {"when", NULL};
    const char *from = query->verb == QUERY_MERGE ? join_text(place, begins, ends) : NULL;
    const struct name *source =
        from == NULL ? NULL : find_ambiguous(place, query, from, query->reads, query->n_reads);
    if (source == NULL)
        return;
    bool changes = query->n_assignments > 0 || query->merge_deletes;
    struct asking asking = ask(place, NULL, query->target);
    if (changes && !has_condition(place))
        ask_met_twice(&asking, query,
                      mem_printf(place->mem, " JOIN %s", trimmed(place->mem, from)));
    const char *table = place_name(place, query->target);
    ask_report(
        &asking, place->rule->severity,
        mem_printf(place->mem, "no row of %s meets two of %s", table, place_name(place, *source)),
        "no key of %s makes its row the only one for a row of %s: with two, %s",
        place_name(place, *source), table, changes ? "MERGE fails" : "both are inserted");
}

static void check_merge_source_not_unique(struct rule_place *place)
{
    place_each_query(place, merge_source);
}

// --- an INSERT that may run again

static bool reads_target(const struct query *query)
{
    for (size_t i = 0; i < query->n_reads; i++) {
        if (name_may_equal(query->reads[i], query->target))
            return true;
    }
    return false;
}

// What an INSERT gives the column is another value each time.
static bool is_new_each_time(const struct expression *value)
{
    static const char *const makers[] = {"nextval",          "gen_random_uuid", "uuid_generate_v1",
                                         "uuid_generate_v4", "random",          "clock_timestamp"};
    for (size_t i = 0; i < value->n_functions; i++) {
        if (word_in(value->functions[i].name, makers, COUNT_OF(makers)))
            return true;
    }
    return false;
}

// The columns that a second run would give the same values again.
static const char **repeated_columns(const struct rule_place *place,
                                     const struct schema_relation *table, const struct query *query,
                                     size_t *n)
{
    size_t n_given = query->n_columns > 0 ? query->n_columns : table->n_columns;
    const char **columns = mem_array(place->mem, const char *, n_given);
    *n = 0;
    for (size_t i = 0; i < n_given; i++) {
        if (i >= query->n_outputs || !is_new_each_time(&query->outputs[i]))
            columns[(*n)++] = query->n_columns > 0 ? query->columns[i] : table->columns[i].name;
    }
    return columns;
}

static void insert_again(struct rule_place *place, const struct query *query)
{
    const struct schema_relation *table =
        query->target.name == NULL ? NULL : schema_find(place->before, query->target);
    if (query->verb != QUERY_INSERT || query->conflict != CONFLICT_NONE || reads_target(query) ||
        table == NULL || table->n_columns == 0 || place_is_new(place, query->target))
        return;
    size_t n;
    const char **columns = repeated_columns(place, table, query, &n);
    if (relation_has_key(table, columns, n))
        return;
    bool copies = !query->has_values && !query->has_default_values && query->n_reads > 0;
    const char *name = place_name(place, query->target);
    if (!place->in_transaction && place->script->n_statements > 1)
        rule_report(place,
                    "when a statement behind it fails and the migration runs again, these rows are "
                    "in %s twice: no key keeps them out",
                    name);
    else if (copies)
        rule_report_as(place, SEVERITY_NOTE, NULL,
                       "rows of %s that are in %s already arrive a second time: no key keeps them "
                       "out",
                       place_name(place, query->reads[0]), name);
}

static void check_insert_not_rerunnable(struct rule_place *place)
{
    place_each_query(place, insert_again);
}

// --- rows

const struct rule rule_update_join_not_unique = {
    .id = "update-join-not-unique",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "UPDATE ... FROM a table that no key makes unique for the joined row",
    .why = "When two rows match, one of them wins, and nothing says which.",
    .safe_form = "join by a primary key or unique column, or aggregate the other side to "
                 "one row first",
    .source = "PostgreSQL 15 manual, UPDATE, Notes",
    .kinds = {ACTION_QUERY},
    .check = check_update_join_not_unique,
};

const struct rule rule_merge_source_not_unique = {
    .id = "merge-source-not-unique",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "MERGE ... USING a table that no key makes unique for the joined row",
    .why = "Two rows of the source for one of the target: MERGE fails where it updates or deletes, "
           "and inserts both where there is none.",
    .safe_form =
        "join by a primary key or unique column, or USING (SELECT DISTINCT ON ...) one row",
    .source = "PostgreSQL 15 manual, MERGE; measured on PostgreSQL 15",
    .kinds = {ACTION_QUERY},
    .check = check_merge_source_not_unique,
};

const struct rule rule_insert_not_rerunnable = {
    .id = "insert-not-rerunnable",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "INSERT outside a transaction into a table in which no key keeps the rows out a "
               "second time",
    .why = "Outside a transaction a migration that fails half way is run again, and what it had "
           "inserted is inserted twice.",
    .safe_form = "INSERT ... SELECT ... WHERE NOT EXISTS, a unique key and ON CONFLICT DO NOTHING, "
                 "or a transaction",
    .source = "PostgreSQL 15 manual, INSERT",
    .kinds = {ACTION_QUERY},
    .check = check_insert_not_rerunnable,
};

/*
 * What the SQLite reader says of queries: expressions, reads, joins, assignments, conflicts.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sqlite_read.h"

#include "base/text.h"
#include "statement/sqlite_action.h"
#include "statement/sqlite_query.h"
#include <sqlite3.h>

static const char schema[] =
    "CREATE TABLE emails (id INTEGER PRIMARY KEY, category TEXT, sender TEXT, n INTEGER);"
    "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, \"from\" TEXT);"
    "CREATE TABLE map (old TEXT, new TEXT);"
    "CREATE VIEW brief AS SELECT id FROM emails WHERE category = 'brief';";

static struct query *query_of(TALLOC_CTX *mem, const char *sql)
{
    struct action *action = last_action(mem, mem_printf(mem, "%s%s", schema, sql));
    assert_non_null(action->query);
    return action->query;
}

// --- expressions, by the WHERE of a SELECT

static const struct {
    const char *text;
    const char *columns;
    const char *functions;
    const char *relations;
    const char *proves_not_null;
} predicates[] = {
    {"category = 'x'", "category", "", "", NULL},
    {"emails.n > 1 AND main.emails.id < 3", "n id", "", "", NULL},
    {"lower(category) LIKE 'a%' ESCAPE '\\'", "category", "lower", "", NULL},
    {"id IN (SELECT id FROM users WHERE name = sender)", "id name sender", "", "users", NULL},
    {"n IN brief", "n", "", "brief", NULL},
    {"EXISTS (SELECT 1 FROM map m WHERE m.old = category)", "old category", "", "map", NULL},
    {"n BETWEEN 1 AND id AND sender NOT IN ('a', 'b')", "n id sender", "", "", NULL},
    {"sender IS NOT NULL", "sender", "", "", "sender"},
    {"(emails.sender IS NOT NULL)", "sender", "", "", "sender"},
    {"n > 0 AND sender NOTNULL", "n sender", "", "", "sender"},
    {"sender NOT NULL AND n IS NOT NULL", "sender n", "", "", "sender"},
    {"sender IS NOT NULL OR n = 1", "sender n", "", "", NULL},
    {"(sender IS NOT NULL OR n = 1) AND n > 2", "sender n", "", "", NULL},
    {"sender IS NULL", "sender", "", "", NULL},
    {"n IS NOT DISTINCT FROM id", "n id", "", "", NULL},
    {"CAST(n AS varchar(20)) = 'x' COLLATE NOCASE", "n", "", "", NULL},
    {"(n, id) = (1, 2)", "n id", "", "", NULL},
    {"CASE n WHEN 1 THEN id ELSE 0 END", "n id", "", "", NULL},
    {"category ->> '$.a' = -n", "category n", "", "", NULL},
    {"category = \"brief\"", "category", "", "", NULL}, // no such column: SQLite takes a string
    {"\"category\" = [sender]", "category sender", "", "", NULL},
    {"current_date > coalesce(sender, 'x')", "sender", "current_date coalesce", "", NULL},
};

static void test_expression__columns_functions_relations(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(predicates); i++) {
        SCRATCH(tmp);
        const char *sql = mem_printf(tmp, "SELECT * FROM emails WHERE %s", predicates[i].text);
        const struct expression *where = query_of(tmp, sql)->where;
        assert_string_equal(where->text, predicates[i].text);
        assert_string_equal(joined(tmp, where->columns, where->n_columns), predicates[i].columns);
        assert_string_equal(joined_names(tmp, where->functions, where->n_functions),
                            predicates[i].functions);
        assert_string_equal(joined_names(tmp, where->relations, where->n_relations),
                            predicates[i].relations);
        if (predicates[i].proves_not_null)
            assert_string_equal(where->proves_not_null, predicates[i].proves_not_null);
        else
            assert_null(where->proves_not_null);
    }
}

static const struct {
    const char *text;
    bool is_constant, is_null, is_case, has_else;
    const char *constant;
} values[] = {
    {"NULL", true, true, false, false, NULL},
    {"(null)", true, true, false, false, NULL},
    {"'it''s'", true, false, false, false, "it's"},
    {"-1.5", true, false, false, false, "-1.5"},
    {"(('x'))", true, false, false, false, "x"},
    {"CAST('7' AS INTEGER)", true, false, false, false, "7"},
    {"1 + 2", true, false, false, false, NULL},
    {"\"brief\"", true, false, false, false, "brief"},
    {"TRUE", true, false, false, false, "TRUE"},
    {"n", false, false, false, false, NULL},
    {"'a' || random()", false, false, false, false, NULL},
    {"?1", false, false, false, false, NULL},
    {"CASE WHEN n = 1 THEN 'a' END", false, false, true, false, NULL},
    {"CASE n WHEN 1 THEN 'a' ELSE 'b' END", false, false, true, true, NULL},
    {"(CASE WHEN n = 1 THEN CASE WHEN 1 THEN 2 ELSE 3 END END)", false, false, true, false, NULL},
    {"CASE WHEN n = 1 THEN 'a' ELSE 'b' END || 'c'", false, false, false, false, NULL},
};

static void test_expression__constants_and_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        SCRATCH(tmp);
        const char *sql = mem_printf(tmp, "UPDATE emails SET sender = %s, n = 1", values[i].text);
        const struct query *query = query_of(tmp, sql);
        const struct expression *value = &query->assignments[0].value;
        assert_int_equal(query->n_assignments, 2);
        assert_string_equal(value->text, values[i].text);
        assert_int_equal(value->is_constant, values[i].is_constant);
        assert_int_equal(value->is_null, values[i].is_null);
        assert_int_equal(value->is_case, values[i].is_case);
        assert_int_equal(value->has_else, values[i].has_else);
        if (values[i].constant)
            assert_string_equal(value->constant, values[i].constant);
        else
            assert_null(value->constant);
    }
}

static void test_where__that_keeps_every_row(void **state)
{
    static const struct {
        const char *where;
        bool is_true;
    } cases[] = {
        {"1", true},        {"1 = 1", true},     {"'a' = 'a'", true},  {"TRUE", true},
        {"NOT 0", true},    {"2 > 1 -- x", true}, {"0", false},         {"NULL", false},
        {"1 = 2", false},   {"'a'", false},      {"id = id", false},   {"random() <> 0", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        const char *sql = mem_printf(tmp, "DELETE FROM emails WHERE %s\n", cases[i].where);
        assert_int_equal(query_of(tmp, sql)->where->is_true, cases[i].is_true);
    }
}

// --- whole queries

static void test_update__from_joins_its_sources(void **state)
{
    SCRATCH(tmp);
    (void)state;
    const struct query *query =
        query_of(tmp, "UPDATE OR IGNORE emails AS e SET category = m.new, (sender, n) = ('x', 1)"
                      " FROM map m LEFT JOIN users u ON u.name = m.old"
                      " WHERE m.old = e.category RETURNING id");
    assert_int_equal(query->verb, QUERY_UPDATE);
    assert_string_equal(query->target.name, "emails");
    assert_string_equal(query->target_alias, "e");
    assert_int_equal(query->conflict, CONFLICT_NOTHING);
    assert_string_equal(joined_names(tmp, query->reads, query->n_reads), "map users");
    assert_string_equal(joined_names(tmp, query->inner_joined, query->n_inner_joined), "map");
    assert_string_equal(joined(tmp, query->join_condition->columns,
                               query->join_condition->n_columns), "name old");
    assert_int_equal(query->n_assignments, 3);
    assert_string_equal(query->assignments[1].column, "sender");
    assert_string_equal(query->assignments[1].value.constant, "x");
    assert_string_equal(query->assignments[2].value.constant, "1");
    assert_true(query->has_returning);
}

static void test_update__row_of_a_query(void **state)
{
    SCRATCH(tmp);
    (void)state;
    const struct query *query = query_of(
        tmp, "UPDATE emails SET (category, n) = (SELECT new, 1 FROM map WHERE old = category)");
    assert_int_equal(query->n_assignments, 2);
    assert_string_equal(joined_names(tmp, query->assignments[1].value.relations,
                                     query->assignments[1].value.n_relations), "map");
    assert_string_equal(joined_names(tmp, query->reads, query->n_reads), "map");
    assert_null(query->where);
}

static void test_insert__from_a_query(void **state)
{
    SCRATCH(tmp);
    (void)state;
    const struct query *query =
        query_of(tmp, "WITH c(a, b) AS (SELECT old, new FROM map)"
                      " INSERT INTO users (id, name) SELECT DISTINCT e.id, c.b AS \"label\""
                      " FROM emails e JOIN c ON c.a = e.category NATURAL LEFT JOIN brief"
                      " WHERE e.n > 0 GROUP BY 1, 2 HAVING count(*) > 1 ORDER BY 1 DESC LIMIT 5");
    assert_int_equal(query->verb, QUERY_INSERT);
    assert_string_equal(query->target.name, "users");
    assert_string_equal(joined(tmp, query->columns, query->n_columns), "id name");
    assert_string_equal(joined_names(tmp, query->reads, query->n_reads), "emails brief map");
    assert_int_equal(query->n_inner_joined, 0); // c is a common table, brief an outer join
    assert_int_equal(query->n_outputs, 2);
    assert_string_equal(query->output_names[0], "id");
    assert_string_equal(query->output_names[1], "label");
    assert_string_equal(query->where->text, "e.n > 0");
    assert_true(query->has_distinct && query->has_group_by && query->has_order_by &&
                query->has_limit);
    assert_false(query->has_set_operation || query->has_values);
}

static void test_insert__values_and_upsert(void **state)
{
    SCRATCH(tmp);
    (void)state;
    const struct query *query =
        query_of(tmp, "INSERT INTO users (id, name) VALUES (1, 'a'), (2, (SELECT max(new) FROM map))"
                      " ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE id > 0");
    assert_true(query->has_values);
    assert_int_equal(query->n_values, 2);
    assert_string_equal(joined_names(tmp, query->reads, query->n_reads), "map");
    assert_int_equal(query->conflict, CONFLICT_UPDATE);
    assert_string_equal(query->assignments[0].column, "name");
    assert_null(query->where);
}

static void test_insert__conflict_forms(void **state)
{
    static const struct {
        const char *sql;
        enum conflict_action conflict;
    } cases[] = {
        {"INSERT INTO map VALUES (1, 2)", CONFLICT_NONE},
        {"INSERT OR REPLACE INTO map VALUES (1, 2)", CONFLICT_REPLACE},
        {"REPLACE INTO map VALUES (1, 2)", CONFLICT_REPLACE},
        {"INSERT OR IGNORE INTO map VALUES (1, 2)", CONFLICT_NOTHING},
        {"INSERT OR ABORT INTO map VALUES (1, 2)", CONFLICT_NONE},
        {"INSERT INTO map VALUES (1, 2) ON CONFLICT DO NOTHING", CONFLICT_NOTHING},
        {"UPDATE OR REPLACE users SET id = 1", CONFLICT_REPLACE},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        assert_int_equal(query_of(tmp, cases[i].sql)->conflict, cases[i].conflict);
    }
}

// --- against SQLite's authorizer

struct seen {
    TALLOC_CTX *mem;
    const char *tables[16];
    size_t n;
};

static int see(void *context, int action, const char *table, const char *column,
               const char *database, const char *within)
{
    struct seen *seen = context;
    (void)column;
    (void)database;
    // `within` is the view that is read through, or the common table.
    if (action != SQLITE_READ || text_equal_nocase(within, "brief"))
        return SQLITE_OK;
    for (size_t i = 0; i < seen->n; i++)
        if (text_equal_nocase(seen->tables[i], table))
            return SQLITE_OK;
    assert_true(seen->n < COUNT_OF(seen->tables));
    seen->tables[seen->n++] = mem_strdup(seen->mem, table);
    return SQLITE_OK;
}

static bool reads(const struct query *query, const char *table)
{
    for (size_t i = 0; i < query->n_reads; i++)
        if (text_equal_nocase(query->reads[i].name, table))
            return true;
    return false;
}

static const char *const queries[] = {
    "SELECT * FROM emails",
    "SELECT count(*) FROM users, map AS m",
    "SELECT e.*, u.name FROM emails e JOIN users u USING (id) CROSS JOIN map",
    "SELECT (SELECT new FROM map WHERE old = e.category) FROM (SELECT * FROM emails) e",
    "SELECT 1 FROM (emails JOIN (users JOIN map ON 1) ON 1) LEFT JOIN brief b ON b.id = users.id",
    "SELECT id FROM emails UNION ALL SELECT id FROM users EXCEPT SELECT old FROM map ORDER BY 1",
    "WITH a AS (SELECT * FROM emails), b AS MATERIALIZED (SELECT * FROM a, users) SELECT * FROM b",
    "WITH RECURSIVE r(x) AS (SELECT min(id) FROM users UNION SELECT x + 1 FROM r, map) "
    "SELECT * FROM r WHERE x NOT IN brief",
    "SELECT sum(n) OVER (PARTITION BY category ORDER BY (SELECT count(*) FROM users) "
    "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), max(n) FILTER (WHERE n > 1) OVER w "
    "FROM emails WINDOW w AS (PARTITION BY sender)",
    "SELECT emails.id FROM emails, json_each(emails.category) AS j WHERE j.value IN (SELECT old FROM map)",
    "VALUES ((SELECT id FROM users), 1), (2, 3)",
    "INSERT INTO map SELECT category, sender FROM emails WHERE EXISTS (SELECT 1 FROM users)",
    "INSERT INTO map VALUES ((SELECT name FROM users WHERE id = 1), NULL)",
    "UPDATE emails SET n = 1 WHERE id IN (SELECT id FROM users ORDER BY id LIMIT 3)",
    "DELETE FROM users WHERE name IN (WITH q AS (SELECT old FROM map) SELECT * FROM q)",
    "SELECT CASE WHEN id IN brief THEN 1 ELSE (SELECT 2 FROM map) END FROM users GROUP BY "
    "(SELECT max(id) FROM emails) HAVING count(*) > 1",
};

// SQLite decides which tables are read; the reading of the text must find exactly these.
static void test_reads__are_those_that_sqlite_authorizes(void **state)
{
    sqlite3 *db;
    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, schema, NULL, NULL, NULL), SQLITE_OK);
    for (size_t i = 0; i < COUNT_OF(queries); i++) {
        SCRATCH(tmp);
        struct seen seen = {.mem = tmp};
        sqlite3_stmt *statement = NULL;
        sqlite3_set_authorizer(db, see, &seen);
        assert_int_equal(sqlite3_prepare_v2(db, queries[i], -1, &statement, NULL), SQLITE_OK);
        sqlite3_finalize(statement);
        struct tokens tokens = tokens_make(tmp, queries[i], 0, strlen(queries[i]));
        const struct query *query = sqlite_query_read(&tokens);
        assert_false(tokens.failed);
        size_t n = 0;
        for (size_t t = 0; t < seen.n; t++) {
            bool is_own = text_equal_nocase(seen.tables[t], query->target.name) ||
                          text_starts_with(seen.tables[t], "json_") ||
                          text_starts_with(seen.tables[t], "sqlite_");
            n += !is_own;
            if (!is_own && !reads(query, seen.tables[t]))
                fail_msg("%s: reads %s", queries[i], seen.tables[t]);
        }
        if (n != query->n_reads)
            fail_msg("%s: %s", queries[i], joined_names(tmp, query->reads, query->n_reads));
    }
    sqlite3_close(db);
}

// The reader of the text sees broken ones too: SQLite may refuse a name before it sees the end.
static void test_broken_text__ends(void **state)
{
    static const char *const more[] = {
        "CREATE TABLE t (a INT (1) DEFAULT -1 CHECK (a > 0) REFERENCES p (x) ON DELETE SET NULL,"
        " b AS (a) STORED, CONSTRAINT c UNIQUE (a COLLATE x DESC), FOREIGN KEY (a) REFERENCES q) STRICT",
        "CREATE TRIGGER t AFTER UPDATE OF a ON b WHEN 1 BEGIN SELECT 1; END",
        "ALTER TABLE a RENAME COLUMN b TO c", "PRAGMA a.b = -1", "ROLLBACK TO SAVEPOINT a",
        "CREATE UNIQUE INDEX i ON t (a, lower(b)) WHERE CASE a WHEN 1 THEN 2 END",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(queries) + COUNT_OF(more); i++) {
        const char *text = i < COUNT_OF(queries) ? queries[i] : more[i - COUNT_OF(queries)];
        for (size_t end = 0; end < strlen(text); end++) {
            SCRATCH(tmp);
            struct statement statement = {0};
            struct tokens tokens = tokens_make(tmp, text, 0, end);
            bool is_read = sqlite_actions_read(&tokens, &statement);
            assert_int_equal(is_read, statement.n_actions == 1 && !tokens.failed);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expression__columns_functions_relations),
        cmocka_unit_test(test_expression__constants_and_cases),
        cmocka_unit_test(test_where__that_keeps_every_row),
        cmocka_unit_test(test_update__from_joins_its_sources),
        cmocka_unit_test(test_update__row_of_a_query),
        cmocka_unit_test(test_insert__from_a_query),
        cmocka_unit_test(test_insert__values_and_upsert),
        cmocka_unit_test(test_insert__conflict_forms),
        cmocka_unit_test(test_reads__are_those_that_sqlite_authorizes),
        cmocka_unit_test(test_broken_text__ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

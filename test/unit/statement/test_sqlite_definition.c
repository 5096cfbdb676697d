/*
 * What the SQLite reader says of CREATE, ALTER, DROP and of statements that keep no data.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sqlite_read.h"

#include "base/text.h"
#include <sqlite3.h>

static const char tables[] = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);"
                             "CREATE TABLE emails (id INTEGER PRIMARY KEY, category TEXT, n INT);";

static struct action *action_of(TALLOC_CTX *mem, const char *sql)
{
    return last_action(mem, mem_printf(mem, "%s%s", tables, sql));
}

static void test_create_table__columns(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct action *action = last_action(
        tmp, "CREATE TABLE IF NOT EXISTS main.t (\n"
             "  id INTEGER PRIMARY KEY AUTOINCREMENT,\n"
             "  \"from\" varchar(20) NOT NULL ON CONFLICT IGNORE DEFAULT 'it''s' COLLATE NOCASE,\n"
             "  price DOUBLE PRECISION (10, 2) DEFAULT -1.5 CHECK (price > 0),\n"
             "  at DEFAULT CURRENT_TIMESTAMP,\n"
             "  due TEXT DEFAULT (date('now')) UNIQUE,\n"
             "  twice INT GENERATED ALWAYS AS (price * 2) STORED,\n"
             "  low AS (lower(\"from\")) )");
    assert_int_equal(action->kind, ACTION_CREATE_TABLE);
    assert_true(action->if_exists);
    assert_string_equal(action->relation.schema, "main");
    assert_int_equal(action->n_columns, 7);
    const struct column *id = &action->columns[0], *from = &action->columns[1];
    const struct column *price = &action->columns[2], *due = &action->columns[4];
    assert_true(id->is_identity && id->is_not_null);
    assert_int_equal(id->constraints[0].kind, CONSTRAINT_PRIMARY_KEY);
    assert_string_equal(id->constraints[0].columns[0], "id");
    assert_string_equal(from->name, "from");
    assert_string_equal(from->type.text, "varchar(20)");
    assert_int_equal(from->type.mods[0], 20);
    assert_true(from->is_not_null);
    assert_string_equal(from->default_value->constant, "it's");
    assert_string_equal(from->collation, "NOCASE");
    assert_string_equal(price->type.name, "DOUBLE PRECISION");
    assert_string_equal(price->default_value->constant, "-1.5");
    assert_string_equal(price->constraints[0].check->text, "price > 0");
    assert_null(action->columns[3].type.name);
    assert_string_equal(action->columns[3].default_value->functions[0].name, "CURRENT_TIMESTAMP");
    assert_false(action->columns[3].default_value->is_constant);
    assert_string_equal(due->default_value->text, "date('now')");
    assert_int_equal(due->constraints[0].kind, CONSTRAINT_UNIQUE);
    assert_true(action->columns[5].generated_is_stored);
    assert_string_equal(action->columns[5].generated->text, "price * 2");
    assert_false(action->columns[6].generated_is_stored);
}

static void test_create_table__constraints(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct action *action = last_action(
        tmp, "CREATE TABLE t (a INT REFERENCES p, b INT, c INT,\n"
             " CONSTRAINT pk PRIMARY KEY (a, b DESC), UNIQUE (c COLLATE NOCASE)\n"
             " CONSTRAINT low CHECK (c < 5)\n"
             " FOREIGN KEY (b, c) REFERENCES q (x, y) MATCH FULL ON DELETE SET NULL\n"
             "   ON UPDATE CASCADE NOT DEFERRABLE,\n"
             " FOREIGN KEY (c) REFERENCES r DEFERRABLE INITIALLY DEFERRED)");
    const struct constraint *c = action->constraints;
    assert_string_equal(action->columns[0].constraints[0].references.name, "p");
    assert_int_equal(action->n_constraints, 5);
    assert_string_equal(c[0].name, "pk");
    assert_string_equal(joined(tmp, c[0].columns, c[0].n_columns), "a b");
    assert_int_equal(c[1].kind, CONSTRAINT_UNIQUE);
    assert_string_equal(c[2].name, "low");
    assert_string_equal(c[2].check->columns[0], "c");
    assert_int_equal(c[3].kind, CONSTRAINT_FOREIGN_KEY);
    assert_string_equal(joined(tmp, c[3].referenced, c[3].n_referenced), "x y");
    assert_string_equal(c[3].on_delete, "SET NULL");
    assert_string_equal(c[3].on_update, "CASCADE");
    assert_false(c[3].is_deferrable);
    assert_true(c[4].is_deferrable);
}

// Whether a key column takes NULL is asked of SQLite itself.
static void test_create_table__keys_that_take_null(void **state)
{
    static const char *const keys[] = {
        "(k INTEGER PRIMARY KEY, v)",
        "(k INTEGER PRIMARY KEY DESC, v)",
        "(k INT PRIMARY KEY, v)",
        "(k TEXT PRIMARY KEY, v)",
        "(k INTEGER, v, PRIMARY KEY (k))",
        "(k TEXT, v, PRIMARY KEY (k))",
        "(k TEXT PRIMARY KEY, v) WITHOUT ROWID",
        "(k TEXT PRIMARY KEY, v TEXT) STRICT",
        "(k TEXT, v TEXT, PRIMARY KEY (v, k)) STRICT, WITHOUT ROWID",
        "(k TEXT NOT NULL, v)",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        SCRATCH(tmp);
        sqlite3 *db;
        const char *sql = mem_printf(tmp, "CREATE TABLE t %s", keys[i]);
        assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
        sqlite3_exec(db, "INSERT INTO t (k, v) VALUES (NULL, 'x')", NULL, NULL, NULL);
        sqlite3_stmt *nulls;
        assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM t WHERE k IS NULL", -1,
                                            &nulls, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(nulls), SQLITE_ROW);
        bool takes_null = sqlite3_column_int(nulls, 0) == 1;
        sqlite3_finalize(nulls);
        sqlite3_close(db);
        if (last_action(tmp, sql)->columns[0].is_not_null == takes_null)
            fail_msg("%s: takes NULL: %d", keys[i], takes_null);
    }
}

static void test_create_table__options_and_copies(void **state)
{
    SCRATCH(tmp);
    (void)state;
    assert_string_equal(last_action(tmp, "CREATE TABLE t (a INT PRIMARY KEY) WITHOUT ROWID")->option,
                        "WITHOUT ROWID");
    assert_string_equal(last_action(tmp, "CREATE TABLE t (a INT PRIMARY KEY) STRICT, WITHOUT ROWID")
                            ->option, "WITHOUT ROWID,STRICT");
    assert_true(last_action(tmp, "CREATE TEMP TABLE t (a)")->is_temporary);
    struct action *copy =
        action_of(tmp, "CREATE TABLE old AS SELECT *, n * 2 AS twice FROM emails");
    assert_int_equal(copy->kind, ACTION_CREATE_TABLE_AS);
    assert_int_equal(copy->n_columns, 4); // as SQLite made them
    assert_string_equal(copy->columns[1].name, "category");
    assert_string_equal(copy->columns[3].name, "twice");
    struct action *search = last_action(tmp, "CREATE VIRTUAL TABLE s USING fts5(title, body)");
    assert_string_equal(search->option, "USING fts5");
    assert_string_equal(search->columns[1].name, "body");
}

static void test_create_index(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct action *action = action_of(
        tmp, "CREATE UNIQUE INDEX IF NOT EXISTS i ON emails"
             " (category COLLATE NOCASE DESC, lower(category), n) WHERE n IS NOT NULL");
    assert_int_equal(action->kind, ACTION_CREATE_INDEX);
    assert_string_equal(action->relation.name, "emails");
    assert_true(action->index->is_unique && action->if_exists);
    assert_int_equal(action->index->n_columns, 3);
    assert_string_equal(action->index->columns[0].collation, "NOCASE");
    assert_string_equal(action->index->columns[1].expression->text, "lower(category)");
    assert_string_equal(action->index->columns[2].column, "n");
    assert_string_equal(action->index->predicate->proves_not_null, "n");
}

static void test_create_view_and_trigger(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct action *view =
        action_of(tmp, "CREATE VIEW v (a, b) AS SELECT id, n FROM emails WHERE n > 1");
    assert_int_equal(view->kind, ACTION_CREATE_VIEW);
    assert_string_equal(joined(tmp, view->query->output_names, 2), "a b");
    assert_string_equal(view->query->reads[0].name, "emails");
    struct action *trigger = action_of(
        tmp, "CREATE TRIGGER t AFTER UPDATE OF n ON emails FOR EACH ROW WHEN new.n > 1\n"
             "BEGIN UPDATE users SET name = CASE WHEN 1 THEN 'x' END; DELETE FROM users; END");
    assert_int_equal(trigger->kind, ACTION_CREATE_TRIGGER);
    assert_string_equal(trigger->member, "t");
    assert_string_equal(trigger->relation.name, "emails");
    assert_true(text_starts_with(trigger->body, "BEGIN UPDATE users"));
    assert_true(text_ends_with(trigger->body, "DELETE FROM users; END"));
}

static void test_alter_table(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct action *action = action_of(tmp, "ALTER TABLE emails RENAME TO \"old emails\"");
    assert_int_equal(action->kind, ACTION_RENAME);
    assert_string_equal(action->new_name, "old emails");
    action = action_of(tmp, "ALTER TABLE main.emails RENAME category TO kind");
    assert_int_equal(action->kind, ACTION_RENAME_COLUMN);
    assert_string_equal(action->column, "category");
    assert_string_equal(action->new_name, "kind");
    action = action_of(tmp, "ALTER TABLE emails ADD z TEXT NOT NULL DEFAULT '' REFERENCES users(name)");
    assert_int_equal(action->kind, ACTION_ADD_COLUMN);
    assert_string_equal(action->column, "z");
    assert_true(action->definition->is_not_null);
    assert_string_equal(action->definition->default_value->constant, "");
    assert_string_equal(action->definition->constraints[0].references.name, "users");
    action = action_of(tmp, "ALTER TABLE emails DROP COLUMN n");
    assert_int_equal(action->kind, ACTION_DROP_COLUMN);
    assert_string_equal(action->column, "n");
}

static const struct {
    const char *sql;
    enum action_kind kind;
    enum object_kind object;
    const char *kind_text, *relation, *member, *option;
} plain[] = {
    {"DROP TABLE IF EXISTS emails", ACTION_DROP, OBJECT_TABLE, "DROP TABLE", "emails", NULL, NULL},
    {"CREATE INDEX i ON emails (n); DROP INDEX i", ACTION_DROP, OBJECT_INDEX, "DROP INDEX", "i", NULL, NULL},
    {"CREATE VIEW v AS SELECT 1; DROP VIEW v", ACTION_DROP, OBJECT_VIEW, "DROP VIEW", "v", NULL, NULL},
    {"CREATE TRIGGER t DELETE ON emails BEGIN SELECT 1; END; DROP TRIGGER t",
     ACTION_DROP_TRIGGER, OBJECT_TRIGGER, "DROP TRIGGER", "emails", "t", NULL},
    {"PRAGMA foreign_keys = OFF", ACTION_PRAGMA, OBJECT_NONE, "PRAGMA", NULL, "foreign_keys", "OFF"},
    {"PRAGMA main.user_version(-3)", ACTION_PRAGMA, OBJECT_NONE, "PRAGMA", NULL, "user_version", "-3"},
    {"PRAGMA foreign_key_check", ACTION_PRAGMA, OBJECT_NONE, "PRAGMA", NULL, "foreign_key_check", NULL},
    {"BEGIN EXCLUSIVE TRANSACTION", ACTION_BEGIN, OBJECT_NONE, "BEGIN", NULL, NULL, NULL},
    {"END", ACTION_COMMIT, OBJECT_NONE, "COMMIT", NULL, NULL, NULL},
    {"ROLLBACK", ACTION_ROLLBACK, OBJECT_NONE, "ROLLBACK", NULL, NULL, NULL},
    {"SAVEPOINT a", ACTION_SAVEPOINT, OBJECT_NONE, "SAVEPOINT", NULL, "a", NULL},
    {"RELEASE SAVEPOINT a", ACTION_SAVEPOINT, OBJECT_NONE, "RELEASE", NULL, "a", "RELEASE"},
    {"ROLLBACK TRANSACTION TO a", ACTION_SAVEPOINT, OBJECT_NONE, "ROLLBACK TO", NULL, "a", "ROLLBACK TO"},
    {"ATTACH DATABASE 'x.db' AS x", ACTION_ATTACH_DATABASE, OBJECT_DATABASE, "ATTACH", NULL, NULL, "ATTACH"},
    {"DETACH x", ACTION_ATTACH_DATABASE, OBJECT_DATABASE, "DETACH", NULL, NULL, "DETACH"},
    {"VACUUM", ACTION_VACUUM, OBJECT_DATABASE, "VACUUM", NULL, NULL, NULL},
    {"VACUUM INTO 'x.db'", ACTION_VACUUM, OBJECT_DATABASE, "VACUUM", NULL, NULL, "INTO"},
    {"REINDEX emails", ACTION_REINDEX, OBJECT_TABLE, "REINDEX", "emails", NULL, NULL},
    {"REINDEX NOCASE", ACTION_REINDEX, OBJECT_COLLATION, "REINDEX", "NOCASE", NULL, NULL},
    {"ANALYZE emails", ACTION_ANALYZE, OBJECT_TABLE, "ANALYZE", "emails", NULL, NULL},
    {"EXPLAIN QUERY PLAN SELECT 1", ACTION_QUERY, OBJECT_NONE, "EXPLAIN", NULL, NULL, "EXPLAIN"},
    {"EXPLAIN DROP TABLE emails", ACTION_OTHER, OBJECT_NONE, "EXPLAIN", NULL, NULL, "EXPLAIN"},
};

static void assert_text(const char *sql, const char *text, const char *expected)
{
    if (!text_equal_nocase(text, expected))
        fail_msg("%s: '%s' is not '%s'", sql, text ? text : "NULL", expected ? expected : "NULL");
}

static void test_plain_statements(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(plain); i++) {
        SCRATCH(tmp);
        struct statement *statement =
            last_statement(tmp, mem_printf(tmp, "%s%s", tables, plain[i].sql));
        struct action *action = &statement->actions[0];
        assert_text(plain[i].sql, statement->kind, plain[i].kind_text);
        assert_text(plain[i].sql, statement->invalid_reason, NULL);
        assert_int_equal(action->kind, plain[i].kind);
        assert_int_equal(action->object, plain[i].object);
        assert_text(plain[i].sql, action->relation.name, plain[i].relation);
        assert_text(plain[i].sql, action->member, plain[i].member);
        assert_text(plain[i].sql, action->option, plain[i].option);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create_table__columns),
        cmocka_unit_test(test_create_table__constraints),
        cmocka_unit_test(test_create_table__keys_that_take_null),
        cmocka_unit_test(test_create_table__options_and_copies),
        cmocka_unit_test(test_create_index),
        cmocka_unit_test(test_create_view_and_trigger),
        cmocka_unit_test(test_alter_table),
        cmocka_unit_test(test_plain_statements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

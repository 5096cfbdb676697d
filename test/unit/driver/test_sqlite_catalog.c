/*
 * The catalog of SQLite: what PRAGMA and the texts of the CREATEs tell, as the schema's structs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/database.h"

#define SCHEMA                                                                                     \
    "CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(200) COLLATE NOCASE UNIQUE NOT NULL, "\
    "  price DECIMAL(10, 2) DEFAULT 0 CHECK (price >= 0), CONSTRAINT named CHECK (email <> '(') );" \
    "CREATE TABLE pairs (a TEXT, b TEXT NOT NULL, free, PRIMARY KEY (b, a)) WITHOUT ROWID;"        \
    "CREATE TABLE kids (id INT PRIMARY KEY, user_id INT REFERENCES users ON DELETE CASCADE, "      \
    "  a TEXT, b TEXT, twice AS (id * 2), CHECK (user_id IS NOT NULL), "                           \
    "  FOREIGN KEY (a, b) REFERENCES pairs (a, b) ON UPDATE SET NULL);"                            \
    "CREATE INDEX by_name ON kids (lower(a), b COLLATE RTRIM) WHERE user_id > 3 AND b IN ('where');"\
    "CREATE VIEW grown AS SELECT id, email FROM users;"                                            \
    "CREATE VIEW broken AS SELECT x FROM gone;"                                                    \
    "CREATE VIRTUAL TABLE words USING fts5(body);"                                                 \
    "CREATE TRIGGER touch AFTER UPDATE ON users BEGIN SELECT 1; END;"                              \
    "CREATE TABLE tminus_identity (id TEXT);"

struct catalog_fixture {
    struct database *database;
    struct schema *schema;
};

static int set_up(void **state)
{
    struct database *database = database_make(SCHEMA);
    struct catalog_fixture *fixture = mem_new(database, struct catalog_fixture);
    fixture->database = database;
    database_open(database, true);
    if (!engine_sqlite.catalog->read(database, database->engine, &fixture->schema, &database->err))
        fail_msg("%s", database->err.message);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct catalog_fixture *fixture = *state;
    talloc_free(fixture->database);
    return 0;
}

static struct schema_relation *find(void **state, const char *name)
{
    const struct catalog_fixture *fixture = *state;
    return schema_find(fixture->schema, (struct name){.name = name});
}

static void test_catalog__columns(void **state)
{
    struct schema_relation *users = find(state, "users");
    assert_non_null(users);
    assert_string_equal(users->name.schema, "main");
    assert_int_equal(users->kind, RELATION_TABLE);
    assert_int_equal(users->n_columns, 3);
    assert_true(users->columns[0].is_not_null); // alias of the rowid
    assert_string_equal(users->columns[1].type.name, "VARCHAR");
    assert_string_equal(users->columns[1].type.text, "VARCHAR(200)");
    assert_int_equal(users->columns[1].type.mods[0], 200);
    assert_string_equal(users->columns[1].collation, "NOCASE");
    assert_true(users->columns[1].is_not_null);
    assert_false(users->columns[1].has_default);
    assert_int_equal(users->columns[2].type.n_mods, 2);
    assert_int_equal(users->columns[2].type.mods[1], 2);
    assert_string_equal(users->columns[2].default_text, "0");
    assert_false(users->columns[2].is_not_null);
    assert_int_equal(users->rows, -1);
    assert_true(users->bytes > 0);
    assert_string_equal(users->triggers[0].name, "touch");
    assert_true(schema_find_column(find(state, "kids"), "twice")->is_generated);
    assert_null(schema_find_column(find(state, "pairs"), "free")->type.name);
}

static void test_catalog__primary_keys(void **state)
{
    struct schema_relation *pairs = find(state, "pairs");
    struct schema_constraint *key = &pairs->constraints[0];
    assert_int_equal(key->kind, CONSTRAINT_PRIMARY_KEY);
    assert_int_equal(key->n_columns, 2);
    assert_string_equal(key->columns[0], "b");
    assert_string_equal(key->columns[1], "a");
    // INT PRIMARY KEY is no alias of the rowid: SQLite lets it be NULL.
    assert_false(schema_find_column(find(state, "kids"), "id")->is_not_null);
}

static struct schema_constraint *nth(struct schema_relation *table, enum constraint_kind kind,
                                     size_t n)
{
    for (size_t i = 0; i < table->n_constraints; i++) {
        if (table->constraints[i].kind == kind && n-- == 0)
            return &table->constraints[i];
    }
    return NULL;
}

static void test_catalog__foreign_keys(void **state)
{
    struct schema_relation *kids = find(state, "kids");
    struct schema_constraint *implied = nth(kids, CONSTRAINT_FOREIGN_KEY, 0);
    struct schema_constraint *composite = nth(kids, CONSTRAINT_FOREIGN_KEY, 1);
    assert_string_equal(implied->references.name, "users");
    assert_string_equal(implied->columns[0], "user_id");
    assert_string_equal(implied->referenced[0], "id");
    assert_string_equal(implied->on_delete, "CASCADE");
    assert_null(implied->on_update);
    assert_int_equal(composite->n_columns, 2);
    assert_int_equal(composite->n_referenced, 2);
    assert_string_equal(composite->columns[1], "b");
    assert_string_equal(composite->referenced[0], "a");
    assert_string_equal(composite->on_update, "SET NULL");
    assert_null(nth(kids, CONSTRAINT_FOREIGN_KEY, 2));
}

static void test_catalog__unique_and_checks(void **state)
{
    struct schema_relation *users = find(state, "users");
    assert_string_equal(nth(users, CONSTRAINT_UNIQUE, 0)->columns[0], "email");
    assert_string_equal(nth(users, CONSTRAINT_CHECK, 0)->check_text, "price >= 0");
    assert_string_equal(nth(users, CONSTRAINT_CHECK, 0)->check_columns[0], "price");
    assert_string_equal(nth(users, CONSTRAINT_CHECK, 1)->name, "named");
    assert_string_equal(nth(users, CONSTRAINT_CHECK, 1)->check_text, "email <> '('");
    assert_null(nth(users, CONSTRAINT_CHECK, 1)->proves_not_null);
    assert_string_equal(nth(find(state, "kids"), CONSTRAINT_CHECK, 0)->proves_not_null, "user_id");
    assert_null(nth(users, CONSTRAINT_CHECK, 2));
}

static void test_catalog__indexes(void **state)
{
    const struct catalog_fixture *fixture = *state;
    struct schema_index *index;
    struct schema_relation *owner = schema_find_index(
        fixture->schema, (struct name){.name = "by_name"}, &index);
    assert_string_equal(owner->name.name, "kids");
    assert_false(index->is_unique);
    assert_int_equal(index->n_columns, 2);
    assert_null(index->columns[0].column);
    assert_string_equal(index->columns[1].column, "b");
    assert_string_equal(index->columns[1].collation, "RTRIM");
    assert_string_equal(index->predicate_text, "user_id > 3 AND b IN ('where')");
    assert_int_equal(index->n_expression_columns, 3);
    assert_string_equal(index->expression_columns[0], "user_id");
}

static void test_catalog__other_relations(void **state)
{
    const struct catalog_fixture *fixture = *state;
    assert_true(schema_is_complete(fixture->schema));
    assert_int_equal(find(state, "grown")->kind, RELATION_VIEW);
    assert_int_equal(find(state, "grown")->n_columns, 2);
    assert_int_equal(find(state, "broken")->n_columns, 0);
    assert_int_equal(find(state, "words")->kind, RELATION_FOREIGN_TABLE);
    assert_null(find(state, "tminus_identity"));
    assert_null(find(state, "sqlite_schema"));
}

static void test_catalog__rows_of_analyze(void **state)
{
    (void)state;
    struct schema *schema;
    struct database *database = database_make(
        "CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3); ANALYZE");
    database_open(database, true);
    assert_true(engine_sqlite.catalog->read(database, database->engine, &schema, &database->err));
    assert_int_equal(schema_find(schema, (struct name){.name = "t"})->rows, 3);
    talloc_free(database);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_catalog__columns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_catalog__primary_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_catalog__foreign_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_catalog__unique_and_checks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_catalog__indexes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_catalog__other_relations, set_up, tear_down),
        cmocka_unit_test(test_catalog__rows_of_analyze),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

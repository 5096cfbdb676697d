/*
 * The catalog of PostgreSQL: what a server tells, as the schema's structs, and its digest.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/postgres_catalog.h"

#define NAME_63 "n23456789012345678901234567890123456789012345678901234567890123"

#define SCHEMA                                                                                     \
    "CREATE TYPE mood AS ENUM ('sad', 'ok');"                                                      \
    "ALTER TYPE mood ADD VALUE 'so-so' BEFORE 'ok';"                                               \
    "CREATE DOMAIN price AS numeric(10,2) CHECK (VALUE >= 0);"                                     \
    "CREATE DOMAIN plain AS int[];"                                                                \
    "CREATE TYPE pair AS (a int, b text);"                                                         \
    "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';"                    \
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"            \
    "CREATE TABLE users (id bigserial PRIMARY KEY, email varchar(200) COLLATE \"C\" NOT NULL,"      \
    "  seen timestamptz(3) DEFAULT now(), tags text[], m mood, cost price, wait interval(2),"      \
    "  ratio numeric(5), b bit(3), gone int, CONSTRAINT shown CHECK (email IS NOT NULL AND id > 0)," \
    "  UNIQUE (email));"                                                                           \
    "ALTER TABLE users DROP COLUMN gone;"                                                          \
    "CREATE TABLE kids (n int GENERATED ALWAYS AS IDENTITY, user_id bigint REFERENCES users ON DELETE CASCADE" \
    "  ON UPDATE SET NULL, twice int GENERATED ALWAYS AS (n * 2) STORED, during int4range,"        \
    "  CONSTRAINT once EXCLUDE USING gist (during WITH &&));"                                      \
    "ALTER TABLE kids ADD CONSTRAINT later CHECK (n > 0) NOT VALID;"                               \
    "CREATE INDEX by_name ON users (lower(email) text_pattern_ops, id) INCLUDE (tags) WHERE cost > 3;" \
    "CREATE VIEW shown AS SELECT u.email, u.id + 1 AS next FROM users AS u;"                       \
    "CREATE MATERIALIZED VIEW kept AS SELECT email FROM shown;"                                    \
    "CREATE TABLE parts (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);"          \
    "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');"    \
    "CREATE TABLE parts_rest PARTITION OF parts DEFAULT;"                                          \
    "CREATE TABLE base (a int); CREATE TABLE derived (b int) INHERITS (base);"                     \
    "CREATE UNLOGGED TABLE fast (a int);"                                                          \
    "CREATE TEMPORARY TABLE passing (a int);"                                                      \
    "CREATE SEQUENCE numbers AS smallint MAXVALUE 100 OWNED BY fast.a;"                            \
    "SELECT nextval('numbers');"                                                                   \
    "CREATE TRIGGER touch AFTER INSERT ON kids FOR EACH ROW EXECUTE FUNCTION f();"                 \
    "ALTER TABLE kids DISABLE TRIGGER touch;"                                                      \
    "CREATE POLICY own ON users USING (true);"                                                     \
    "CREATE RULE quiet AS ON DELETE TO kids DO INSTEAD NOTHING;"                                   \
    "CREATE PUBLICATION news FOR TABLE users, parts; "                                             \
    "CREATE SCHEMA tminus; CREATE TABLE tminus.migration (version text);"                          \
    "CREATE SCHEMA \"Odd \"\"one\"; CREATE TABLE \"Odd \"\"one\".\"line\nbreak\" (\"A b\" int, \"" NAME_63 "\" int);"

static struct catalog_fixture *fixture_of(void **state)
{
    return *state;
}

static int set_up(void **state)
{
    *state = catalog_fixture_make(SCHEMA);
    return 0;
}

static int tear_down(void **state)
{
    talloc_free(fixture_of(state)->database);
    return 0;
}

static struct schema_relation *find(void **state, const char *name)
{
    struct schema_relation *found = schema_find(fixture_of(state)->schema, (struct name){.name = name});
    if (found == NULL)
        fail_msg("no relation %s", name);
    return found;
}

static const struct schema_column *column(void **state, const char *table, const char *name)
{
    const struct schema_column *found = schema_find_column(find(state, table), name);
    if (found == NULL)
        fail_msg("no column %s.%s", table, name);
    return found;
}

static const struct schema_constraint *constraint(void **state, const char *table, const char *name)
{
    const struct schema_constraint *found = schema_find_constraint(find(state, table), name);
    if (found == NULL)
        fail_msg("no constraint %s of %s", name, table);
    return found;
}

static void test_relations__kinds(void **state)
{
    static const struct {
        const char *name;
        enum relation_kind kind;
    } cases[] = {
        {"users", RELATION_TABLE},   {"shown", RELATION_VIEW},         {"kept", RELATION_MATERIALIZED_VIEW},
        {"by_name", RELATION_INDEX}, {"parts", RELATION_PARTITIONED},  {"numbers", RELATION_SEQUENCE},
        {"pair", RELATION_COMPOSITE}, {"parts_pkey", RELATION_INDEX},
    };
    const struct schema *schema = fixture_of(state)->schema;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(find(state, cases[i].name)->kind, cases[i].kind);
    assert_true(schema_is_complete(schema));
    assert_true(find(state, "fast")->is_unlogged);
    assert_false(find(state, "users")->is_unlogged);
    assert_null(schema_find(schema, (struct name){.name = "passing"}));
    assert_null(schema_find(schema, (struct name){"tminus", "migration"}));
    assert_null(schema_find(schema, (struct name){"pg_catalog", "pg_class"}));
    assert_string_equal(find(state, "by_name")->owned_by.name, "users");
}

static void test_columns__types(void **state)
{
    static const struct {
        const char *table, *column, *schema, *name, *text;
        size_t n_mods;
        int mods[2];
        bool is_array;
    } cases[] = {
        {"users", "id", "pg_catalog", "int8", "bigint", 0, {0}, false},
        {"users", "email", "pg_catalog", "varchar", "varchar(200)", 1, {200}, false},
        {"users", "seen", "pg_catalog", "timestamptz", "timestamptz(3)", 1, {3}, false},
        {"users", "tags", "pg_catalog", "text", "text[]", 0, {0}, true},
        {"users", "m", "public", "mood", "public.mood", 0, {0}, false},
        {"users", "wait", "pg_catalog", "interval", "interval(2)", 1, {2}, false},
        {"users", "ratio", "pg_catalog", "numeric", "numeric(5)", 1, {5}, false},
        {"users", "b", "pg_catalog", "bit", "bit(3)", 1, {3}, false},
        {"pair", "b", "pg_catalog", "text", "text", 0, {0}, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct type_name *type = &column(state, cases[i].table, cases[i].column)->type;
        assert_string_equal(type->schema, cases[i].schema);
        assert_string_equal(type->name, cases[i].name);
        assert_string_equal(type->text, cases[i].text);
        assert_int_equal(type->n_mods, cases[i].n_mods);
        assert_int_equal(type->is_array, cases[i].is_array);
        for (size_t k = 0; k < type->n_mods; k++)
            assert_int_equal(type->mods[k], cases[i].mods[k]);
    }
    const struct schema_type *price = schema_find_type(fixture_of(state)->schema, (struct name){.name = "price"});
    assert_string_equal(price->base.text, "numeric(10,2)");
}

static void test_columns__facts(void **state)
{
    const struct schema_column *id = column(state, "users", "id");
    assert_true(id->is_not_null);
    assert_true(id->has_default);
    assert_string_equal(id->default_text, "nextval('public.users_id_seq'::regclass)");
    assert_string_equal(id->owned_sequence, "users_id_seq");
    assert_string_equal(find(state, "users_id_seq")->owned_by.name, "users");
    assert_string_equal(column(state, "users", "email")->collation, "C");
    assert_null(column(state, "users", "tags")->collation);
    assert_null(schema_find_column(find(state, "users"), "gone"));
    assert_int_equal(find(state, "users")->n_columns, 9);
    assert_true(column(state, "kids", "n")->is_identity);
    assert_string_equal(column(state, "kids", "n")->owned_sequence, "kids_n_seq");
    assert_true(column(state, "kids", "twice")->is_generated);
    assert_false(column(state, "kids", "twice")->has_default);
    const struct schema_sequence *numbers = find(state, "numbers")->sequence;
    assert_string_equal(numbers->type, "smallint");
    assert_int_equal(numbers->max_value, 100);
    assert_true(numbers->has_last_value);
    assert_int_equal(numbers->last_value, 1);
    assert_string_equal(column(state, "fast", "a")->owned_sequence, "numbers");
    assert_false(find(state, "users_id_seq")->sequence->has_last_value);
}

static void test_constraints(void **state)
{
    const struct schema_constraint *primary = &find(state, "users")->constraints[0];
    assert_int_equal(primary->kind, CONSTRAINT_PRIMARY_KEY);
    assert_string_equal(primary->columns[0], "id");
    assert_string_equal(primary->index, "users_pkey");
    const struct schema_constraint *check = constraint(state, "users", "shown");
    assert_int_equal(check->kind, CONSTRAINT_CHECK);
    assert_string_equal(check->proves_not_null, "email");
    assert_int_equal(check->n_check_columns, 2);
    assert_int_equal(check->n_columns, 0);
    assert_true(check->is_valid);
    assert_false(constraint(state, "kids", "later")->is_valid);
    const struct schema_constraint *key = constraint(state, "kids", "kids_user_id_fkey");
    assert_string_equal(key->references.name, "users");
    assert_string_equal(key->referenced[0], "id");
    assert_string_equal(key->on_delete, "CASCADE");
    assert_string_equal(key->on_update, "SET NULL");
    assert_int_equal(constraint(state, "kids", "once")->kind, CONSTRAINT_EXCLUDE);
}

static void test_indexes(void **state)
{
    struct schema_index *index;
    const struct schema *schema = fixture_of(state)->schema;
    const struct schema_relation *users = schema_find_index(schema, (struct name){.name = "by_name"}, &index);
    assert_ptr_equal(users, find(state, "users"));
    assert_int_equal(index->n_columns, 2);
    assert_string_equal(index->columns[0].opclass, "text_pattern_ops");
    assert_string_equal(index->columns[0].expression->columns[0], "email");
    assert_string_equal(index->columns[1].column, "id");
    assert_string_equal(index->includes[0], "tags");
    assert_non_null(strstr(index->predicate_text, "cost"));
    assert_int_equal(index->n_expression_columns, 2);
    assert_false(index->is_unique);
    assert_non_null(schema_find_index(schema, (struct name){.name = "users_email_key"}, &index));
    assert_true(index->is_unique && index->is_valid && !index->is_primary);
    assert_string_equal(index->columns[0].column, "email");
    assert_non_null(schema_find_index(schema, (struct name){.name = "once"}, &index));
    assert_string_equal(index->method, "gist");
}

static void test_parents_and_reads(void **state)
{
    assert_string_equal(find(state, "parts_1")->parents[0].name, "parts");
    assert_true(find(state, "parts_1")->is_partition);
    assert_false(find(state, "parts_1")->is_default_partition);
    assert_true(find(state, "parts_rest")->is_default_partition);
    assert_string_equal(find(state, "derived")->parents[0].name, "base");
    assert_false(find(state, "derived")->is_partition);
    const struct schema_relation *shown = find(state, "shown");
    assert_int_equal(shown->n_reads, 1);
    assert_string_equal(shown->reads[0].name, "users");
    assert_int_equal(shown->n_read_columns, 2);
    assert_string_equal(shown->read_columns[0], "id");
    assert_string_equal(shown->read_columns[1], "email");
    assert_string_equal(find(state, "kept")->reads[0].name, "shown");
}

static void test_objects(void **state)
{
    const struct schema *schema = fixture_of(state)->schema;
    const struct schema_type *mood = schema_find_type(schema, (struct name){.name = "mood"});
    assert_int_equal(mood->object, OBJECT_ENUM);
    assert_int_equal(mood->n_labels, 3);
    assert_string_equal(mood->labels[1], "so-so");
    assert_true(schema_find_type(schema, (struct name){.name = "price"})->has_constraint);
    assert_false(schema_find_type(schema, (struct name){.name = "plain"})->has_constraint);
    assert_true(schema_find_type(schema, (struct name){.name = "plain"})->base.is_array);
    const struct schema_function *f = schema_find_function(schema, (struct name){.name = "f"});
    assert_int_equal(f->volatility, 'v'); // of the two the one that decides
    assert_string_equal(f->body, "BEGIN RETURN NULL; END");
    const struct schema_relation *kids = find(state, "kids");
    assert_string_equal(kids->triggers[0].function, "public.f");
    assert_true(kids->triggers[0].is_disabled);
    assert_int_equal(kids->members[0].object, OBJECT_RULE);
    assert_int_equal(find(state, "users")->members[0].object, OBJECT_POLICY);
    size_t n;
    const struct schema_publication *published = schema_publications(schema, &n);
    assert_int_equal(n, 1);
    assert_int_equal(published->n_tables, 3); // users and the two partitions
}

static void test_names__odd(void **state)
{
    const struct schema_relation *odd =
        schema_find(fixture_of(state)->schema, (struct name){"Odd \"one", "line\nbreak"});
    assert_non_null(odd);
    assert_string_equal(odd->columns[0].name, "A b");
    assert_string_equal(odd->columns[1].name, NAME_63);
}

static void test_sizes(void **state)
{
    struct catalog_fixture *fixture = fixture_of(state);
    assert_int_equal(find(state, "users")->rows, 0);
    postgres_execute(fixture->database->path,
                     "INSERT INTO users (email, m) SELECT 'e' || i, 'ok' FROM generate_series(1, 2000) AS i;"
                     "INSERT INTO parts SELECT i, '2024-02-01' FROM generate_series(1, 500) AS i");
    catalog_fixture_read(fixture);
    assert_int_equal(find(state, "users")->rows, -1); // there are some, nobody counted
    assert_true(find(state, "users")->bytes > 100000);
    assert_int_equal(find(state, "parts")->rows, -1);
    assert_int_equal(column(state, "users", "m")->distinct_values, -1);
    postgres_execute(fixture->database->path, "ANALYZE users, parts");
    catalog_fixture_read(fixture);
    assert_int_equal(find(state, "users")->rows, 2000);
    assert_int_equal(find(state, "parts")->rows, 500);
    assert_int_equal(find(state, "parts")->bytes,
                     find(state, "parts_1")->bytes + find(state, "parts_rest")->bytes);
    assert_int_equal(column(state, "users", "m")->distinct_values, 1);
    assert_int_equal(column(state, "users", "email")->distinct_values, 2000);
}

static void test_read__says_who_holds_a_lock(void **state)
{
    struct catalog_fixture *fixture = fixture_of(state);
    SCRATCH(tmp);
    struct error err;
    struct schema *schema;
    PGconn *other = PQconnectdb(fixture->database->path);
    PQclear(PQexec(other, "SET application_name = 'nightly job'; BEGIN; LOCK TABLE users"));
    assert_false(postgres_catalog_read(tmp, fixture->database->engine, &schema, &err));
    int pid = PQbackendPID(other);
    PQfinish(other);
    assert_int_equal(err.code, ERROR_UNREACHABLE);
    assert_string_equal(err.message, mem_printf(tmp, "the catalog cannot be read: process %d (nightly job) holds "
                                                     "ACCESS EXCLUSIVE on public.users", pid));
    catalog_fixture_read(fixture); // the connection is as good as before
}

static void test_path__of_the_database(void **state)
{
    struct catalog_fixture *fixture = fixture_of(state);
    SCRATCH(tmp);
    postgres_execute(fixture->database->path,
                     mem_printf(tmp, "CREATE SCHEMA app; CREATE TABLE app.inner (a int); ALTER DATABASE %s "
                                     "SET search_path = app, public", fixture->database->folder));
    catalog_fixture_open(fixture);
    catalog_fixture_read(fixture);
    struct schema *later = schema_copy(tmp, fixture->schema);
    schema_begin_migration(later, "1.sql");
    assert_string_equal(schema_resolve(later, (struct name){.name = "inner"}).schema, "app");
    assert_string_equal(schema_resolve(later, (struct name){.name = "users"}).schema, "public");
    assert_string_equal(schema_resolve(later, (struct name){.name = "new"}).schema, "app");
}

// A role that may connect and nothing more; roles are of the whole server.
static void plain_role(const struct database *database, const char *verb)
{
    SCRATCH(tmp);
    postgres_execute(postgres_url(tmp, "postgres", "postgres"), mem_printf(tmp, "%s ROLE plain_%s", verb, database->folder));
}

static void test_gaps__schema_without_usage(void **state)
{
    struct catalog_fixture *fixture = fixture_of(state);
    struct database *database = fixture->database;
    SCRATCH(tmp);
    size_t n;
    assert_null(schema_gaps(fixture->schema, &n));
    plain_role(database, "CREATE");
    postgres_execute(postgres_url(tmp, "postgres", "postgres"), mem_printf(tmp, "ALTER ROLE plain_%s LOGIN", database->folder));
    postgres_execute(database->path, "CREATE SCHEMA closed; CREATE TABLE closed.inner (a int DEFAULT 1, CHECK (a > 0));"
                                     "CREATE SEQUENCE closed.s; SELECT nextval('closed.s'); ANALYZE users");
    char *path = database->path;
    database->path = mem_strdup(database, postgres_url(tmp, mem_printf(tmp, "plain_%s", database->folder), database->folder));
    catalog_fixture_open(fixture);
    catalog_fixture_read(fixture);
    TALLOC_FREE(database->engine);
    database->path = path;
    plain_role(database, "DROP");
    const char *const *gaps = schema_gaps(fixture->schema, &n);
    assert_int_equal(n, 2);
    assert_string_equal(gaps[1], "the role has no USAGE on schema \"closed\": its tables are known, their rows "
                                 "cannot be read (GRANT USAGE ON SCHEMA)");
    const struct schema_relation *inner = schema_find(fixture->schema, (struct name){"closed", "inner"});
    assert_string_equal(inner->columns[0].default_text, "1");
    assert_int_equal(inner->constraints[0].n_check_columns, 1);
    assert_false(schema_find(fixture->schema, (struct name){"closed", "s"})->sequence->has_last_value);
}

static void test_read__leaves_the_snapshot_as_it_was(void **state)
{
    struct catalog_fixture *fixture = fixture_of(state);
    struct engine *engine = fixture->database->engine;
    struct error err;
    PGresult *answer;
    assert_true(connection_execute(engine->connection, "BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL search_path = public", &err) ||
                connection_execute(engine->connection, "BEGIN ISOLATION LEVEL REPEATABLE READ", &err));
    engine->is_in_snapshot = true;
    catalog_fixture_read(fixture);
    engine->is_in_snapshot = false;
    assert_true(connection_ask(fixture->database, engine->connection, "SHOW search_path", NULL, 0, &answer, &err));
    assert_string_equal(PQgetvalue(answer, 0, 0), "\"$user\", public");
    assert_int_equal(PQtransactionStatus(connection_handle(engine->connection)), PQTRANS_INTRANS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_relations__kinds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_columns__types, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_columns__facts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_constraints, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_indexes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_parents_and_reads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_objects, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_names__odd, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sizes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_read__says_who_holds_a_lock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_path__of_the_database, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_gaps__schema_without_usage, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_read__leaves_the_snapshot_as_it_was, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Layouts of one tool each, on files as the tool's manual shows them or as the tool printed them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "reading.h"

#include "base/text.h"

// pressly/goose, README "SQL Migrations" and documentation "Annotations" (any case).
static void test_goose(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(tree, "00001_create_users.sql",
               "-- +goose Up\n"
               "CREATE TABLE users (id int);\n"
               "-- +goose StatementBegin\n"
               "CREATE FUNCTION f() RETURNS int AS $$ BEGIN RETURN 1; END; $$ LANGUAGE plpgsql;\n"
               "-- +goose StatementEnd\n"
               "\n"
               "-- +goose Down\n"
               "DROP TABLE users;\n");
    tree_write(tree, "00002_index.sql",
               "-- +goose no transaction\n"
               "-- +goose up\n"
               "CREATE INDEX CONCURRENTLY i ON users (id);\n");
    tree_write(tree, "00010_rename.go", "package migrations");
    tree_write(tree, "00010_rename_test.go", "package migrations");
    tree_write(tree, "00003_env.sql",
               "-- +goose ENVSUB ON\n-- +goose Up\nGRANT SELECT ON users TO ${READER};\n");
    struct change *change = read_ok(tmp, tree->folder);
    assert_string_equal(change->layout->name, "goose");
    assert_int_equal(change->n_migrations, 4);
    const struct migration *first = &change->migrations[0];
    assert_string_equal(first->version, "00001");
    assert_string_equal(first->name, "create_users");
    assert_part(&first->down, "DROP TABLE users;\n");
    assert_true(first->up.in_transaction && first->down.in_transaction);
    assert_memory_equal(first->up.text + first->up.start, "CREATE TABLE users", 18);
    assert_false(change->migrations[1].up.in_transaction);
    assert_null(change->migrations[1].down.path);
    assert_non_null(change->migrations[2].up.unseen);
    assert_int_equal(change->migrations[2].up.unseen_line, 3);
    assert_string_equal(change->migrations[3].up.unseen, "a migration in Go");
}

static void test_goose_refuses(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(tree, "a/1_a.sql", "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n");
    assert_says(read_fails(tmp, tree_path(tree, "a")), ERROR_INPUT, "1_a.sql:2:1");
    tree_write(tree, "b/1_a.sql", "-- +goose Up\nSELECT 1;\n");
    tree_write(tree, "b/2_b.sql", "SELECT 1;\n");
    assert_says(read_fails(tmp, tree_path(tree, "b")), ERROR_INPUT, "2_b.sql:1:1");
    tree_write(tree, "c/1_a.sql", "-- +goose Down\nSELECT 1;\n-- +goose Up\nSELECT 2;\n");
    assert_says(read_fails(tmp, tree_path(tree, "c")), ERROR_INPUT, "1_a.sql:1:1");
    tree_write(tree, "d/1_a.sql", "-- +goose Up\nSELECT 1;\n");
    tree_write(tree, "d/01_b.sql", "-- +goose Up\nSELECT 1;\n");
    assert_says(read_fails(tmp, tree_path(tree, "d")), ERROR_INPUT, "01_b.sql");
}

// amacneil/dbmate, README "Creating Migrations" and "Migration Options".
static void test_dbmate(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(tree, "20151127184807_create_users_table.sql",
               "-- migrate:up\ncreate table users (id integer);\n\n"
               "-- migrate:down\ndrop table users;\n");
    tree_write(
        tree, "20151129054053_add_value.sql",
        "-- migrate:up transaction:false\nALTER TYPE colors ADD VALUE 'orange' AFTER 'red';\n"
        "-- migrate:down\n");
    struct change *change = read_ok(tmp, tree->folder);
    assert_string_equal(change->layout->name, "dbmate");
    assert_int_equal(change->n_migrations, 2);
    assert_string_equal(change->migrations[0].version, "20151127184807");
    assert_string_equal(change->migrations[0].name, "create_users_table");
    assert_part(&change->migrations[0].up, "create table users (id integer);\n\n");
    assert_part(&change->migrations[0].down, "drop table users;\n");
    assert_true(change->migrations[0].up.in_transaction);
    assert_false(change->migrations[1].up.in_transaction);
    assert_true(change->migrations[1].down.in_transaction);
    assert_part(&change->migrations[1].down, "");
}

static void test_dbmate_refuses(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    // "dbmate does not support statements preceding the '-- migrate:up' block"
    tree_write(tree, "1_a.sql", "-- first\nSELECT 0;\n-- migrate:up\nSELECT 1;\n-- migrate:down\n");
    assert_says(read_fails(tmp, tree->folder), ERROR_INPUT, "1_a.sql:2:1");
}

// Flyway documentation, "Migrations": Naming, Transactions; "Script Config Files".
static void test_flyway(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(tree, "sql/V1.10__later.sql", "SELECT 110;");
    tree_write(tree, "sql/V1.2__Add_new_table.sql", "SELECT 12;");
    tree_write(tree, "sql/U1.2__Add_new_table.sql", "SELECT -12;");
    tree_write(tree, "sql/other/V1_3__in_a_folder.sql", "SELECT 13;");
    tree_write(tree, "sql/R__Add_view.sql", "CREATE OR REPLACE VIEW v AS SELECT 1;");
    tree_write(tree, "sql/V2__own.sql", "SELECT 2;");
    tree_write(tree, "sql/V2__own.sql.conf", "# by hand\nexecuteInTransaction=false\n");
    tree_write(tree, "sql/V3__outside.sql", "CREATE INDEX CONCURRENTLY i ON t (a);");
    tree_write(tree, "sql/V4__mixed.sql", "SELECT 4; CREATE INDEX CONCURRENTLY i ON t (a);");
    struct change *change = read_ok(tmp, tree_path(tree, "sql"));
    assert_string_equal(change->layout->name, "flyway");
    static const char *const order[] = {"1.2", "1_3", "1.10", "2", "3", "4", ""};
    static const bool in_transaction[] = {true, true, true, false, false, true, true};
    assert_int_equal(change->n_migrations, COUNT_OF(order));
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        assert_string_equal(change->migrations[i].version, order[i]);
        assert_int_equal(change->migrations[i].up.in_transaction, in_transaction[i]);
    }
    assert_part(&change->migrations[0].down, "SELECT -12;");
    assert_string_equal(change->migrations[0].name, "Add_new_table");
    assert_true(change->migrations[6].is_repeatable);

    tree_write(tree, "flyway.conf", "flyway.mixed=true\n");
    change = read_ok(tmp, tree_path(tree, "sql"));
    assert_false(change->migrations[5].up.in_transaction);
}

static void test_flyway_two_of_one_version(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(tree, "V1__a.sql", "SELECT 1;");
    tree_write(tree, "x/V1.0__b.sql", "SELECT 1;");
    struct error err = read_fails(tmp, tree->folder);
    assert_says(err, ERROR_INPUT, "V1__a.sql");
    assert_says(err, ERROR_INPUT, "V1.0__b.sql");
}

// diesel.rs, "Getting Started"; diesel_migrations, metadata.toml.
static void test_diesel(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(tree, "2023-01-02-000000_index/up.sql",
               "CREATE INDEX CONCURRENTLY i ON posts (id);");
    tree_write(tree, "2023-01-02-000000_index/metadata.toml", "run_in_transaction = false\n");
    tree_write(tree, "2018-01-01-000000_create_posts/up.sql", "CREATE TABLE posts (id int);");
    tree_write(tree, "2018-01-01-000000_create_posts/down.sql", "DROP TABLE posts;");
    struct change *change = read_ok(tmp, tree->folder);
    assert_string_equal(change->layout->name, "diesel");
    assert_int_equal(change->n_migrations, 2);
    assert_string_equal(change->migrations[0].version, "2018-01-01-000000");
    assert_string_equal(change->migrations[0].name, "create_posts");
    assert_part(&change->migrations[0].down, "DROP TABLE posts;");
    assert_true(change->migrations[0].up.in_transaction);
    assert_false(change->migrations[1].up.in_transaction);
}

// The down beside a single up of such a folder is found, also from inside of it.
static void test_diesel_single_file(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    const char *path = tree_write(tree, "2018_create_posts/up.sql", "SELECT 1;");
    tree_write(tree, "2018_create_posts/down.sql", "SELECT -1;");
    struct change *change = read_ok(tmp, path);
    assert_int_equal(change->n_migrations, 1);
    assert_part(&change->migrations[0].down, "SELECT -1;");
    char *before = getcwd(NULL, 0);
    assert_int_equal(chdir(tree_path(tree, "2018_create_posts")), 0);
    change = read_ok(tmp, "up.sql");
    assert_int_equal(chdir(before), 0);
    free(before);
    assert_int_equal(change->n_migrations, 1);
    assert_string_equal(change->migrations[0].name, "create_posts");
    assert_part(&change->migrations[0].down, "SELECT -1;");
}

// sourcegraph, "Adding, changing and debugging migrations": metadata.yaml with name and parents.
static void test_sourcegraph(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(tree, "1648051770_second/up.sql", "SELECT 2;");
    tree_write(tree, "1648051770_second/down.sql", "SELECT -2;");
    tree_write(tree, "1648051770_second/metadata.yaml", "name: second\nparents: [1649253538]\n");
    tree_write(tree, "1649253538_first/up.sql", "SELECT 1;");
    tree_write(tree, "1649253538_first/metadata.yaml", "name: first\nparents: [1644515056]\n");
    tree_write(tree, "1650456734_third/up.sql", "CREATE INDEX CONCURRENTLY i ON t (a);");
    tree_write(tree, "1650456734_third/metadata.yaml",
               "name: third\nparents: [1648051770, 1649253538]\ncreateIndexConcurrently: true\n");
    struct change *change = read_ok(tmp, tree->folder);
    assert_string_equal(change->layout->name, "sourcegraph");
    assert_int_equal(change->n_migrations, 3);
    assert_string_equal(change->migrations[0].name, "first");
    assert_string_equal(change->migrations[1].name, "second");
    assert_string_equal(change->migrations[2].name, "third");
    assert_true(change->migrations[1].up.in_transaction);
    assert_false(change->migrations[2].up.in_transaction);
}

static void test_sourcegraph_circle(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(tree, "1_a/up.sql", "SELECT 1;");
    tree_write(tree, "1_a/metadata.yaml", "name: a\nparents: [2]\n");
    tree_write(tree, "2_b/up.sql", "SELECT 1;");
    tree_write(tree, "2_b/metadata.yaml", "name: b\nparents: [1]\n");
    assert_says(read_fails(tmp, tree->folder), ERROR_INPUT, "1_a/up.sql");
}

// sqitchtutorial(3), "Our First Change", "In Place Changes" (rework).
static void test_sqitch(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(
        tree, "sqitch.plan",
        "%syntax-version=1.0.0\n%project=flipr\n%uri=https://github.com/theory/flipr/\n\n"
        "users 2013-12-30T23:49:00Z Marge <marge@example.com> # Creates table of users.\n"
        "insert_user [users] 2013-12-31T00:01:22Z Marge <marge@example.com> # Adds a user.\n"
        "@v1.0.0-dev1 2013-12-31T00:11:12Z Marge <marge@example.com> # Tag v1.0.0-dev1.\n"
        "\n"
        "insert_user [insert_user@v1.0.0-dev1] 2014-01-01T00:00:00Z Marge <m@example.com> # R\n");
    tree_write(tree, "deploy/insert_user.sql", "BEGIN; SELECT 'new'; COMMIT;");
    tree_write(tree, "deploy/insert_user@v1.0.0-dev1.sql", "BEGIN; SELECT 'old'; COMMIT;");
    tree_write(tree, "revert/insert_user.sql", "BEGIN; SELECT 'back'; COMMIT;");
    tree_write(tree, "deploy/users.sql", "BEGIN; CREATE TABLE users (id int); COMMIT;");
    tree_write(tree, "verify/users.sql", "SELECT id FROM users WHERE false;");
    struct change *change = read_ok(tmp, tree->folder);
    assert_string_equal(change->layout->name, "sqitch");
    assert_int_equal(change->n_migrations, 3);
    assert_string_equal(change->migrations[0].name, "users");
    assert_part(&change->migrations[0].verify, "SELECT id FROM users WHERE false;");
    assert_null(change->migrations[0].down.path);
    assert_false(change->migrations[0].up.in_transaction);
    assert_part(&change->migrations[1].up, "BEGIN; SELECT 'old'; COMMIT;");
    assert_part(&change->migrations[2].up, "BEGIN; SELECT 'new'; COMMIT;");
    assert_part(&change->migrations[2].down, "BEGIN; SELECT 'back'; COMMIT;");

    change = read_ok(tmp, tree_path(tree, "deploy/insert_user.sql"));
    assert_string_equal(change->layout->name, "sqitch");
    assert_part(&change->migrations[0].down, "BEGIN; SELECT 'back'; COMMIT;");
}

static void test_sqitch_missing_script(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(tree, "sqitch.plan",
               "%project=x\nusers 2013-12-30T23:49:00Z M <m@example.com> # U\n");
    struct error err = read_fails(tmp, tree->folder);
    assert_says(err, ERROR_INPUT, "deploy/users.sql");
    assert_says(err, ERROR_INPUT, "sqitch.plan");
}

// Prisma documentation, "About migration histories", "Generating down migrations".
static void test_prisma(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(tree, "migration_lock.toml", "provider = \"postgresql\"\n");
    tree_write(tree, "20210313140442_init/migration.sql",
               "-- CreateTable\nCREATE TABLE \"User\" (\n    \"id\" SERIAL NOT NULL\n);\n");
    tree_write(tree, "20210313140443_index/migration.sql",
               "CREATE INDEX CONCURRENTLY i ON \"User\" (\"id\");\n");
    struct change *change = read_ok(tmp, tree->folder);
    assert_string_equal(change->layout->name, "prisma");
    assert_int_equal(change->n_migrations, 2);
    assert_string_equal(change->migrations[0].version, "20210313140442");
    assert_string_equal(change->migrations[0].name, "init");
    assert_null(change->migrations[0].down.path);
    assert_true(change->migrations[0].up.in_transaction);
    assert_false(change->migrations[1].up.in_transaction); // one statement, sent alone
}

// Printed by Alembic 1.18 for two migrations, the second with an autocommit_block.
static void test_alembic(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(
        tree, "upgrade.sql",
        "BEGIN;\n\nCREATE TABLE alembic_version (\n    version_num VARCHAR(32) NOT NULL, \n"
        "    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)\n);\n\n"
        "-- Running upgrade  -> 1975ea83b712\n\n"
        "CREATE TABLE account (\n    id SERIAL NOT NULL, \n    PRIMARY KEY (id)\n);\n\n"
        "INSERT INTO alembic_version (version_num) VALUES ('1975ea83b712') RETURNING "
        "alembic_version.version_num;\n\n"
        "-- Running upgrade 1975ea83b712 -> ae1027a6acf\n\n"
        "ALTER TABLE account ADD COLUMN last TIMESTAMP WITHOUT TIME ZONE;\n\nCOMMIT;\n\n"
        "CREATE INDEX CONCURRENTLY ix ON account (last);\n\nBEGIN;\n\n"
        "UPDATE alembic_version SET version_num='ae1027a6acf' WHERE alembic_version.version_num = "
        "'1975ea83b712';\n\nCOMMIT;\n\n");
    tree_write(
        tree, "downgrade.sql",
        "BEGIN;\n\n-- Running downgrade ae1027a6acf -> 1975ea83b712\n\n"
        "ALTER TABLE account DROP COLUMN last;\n\n"
        "UPDATE alembic_version SET version_num='1975ea83b712' WHERE alembic_version.version_num = "
        "'ae1027a6acf';\n\n-- Running downgrade 1975ea83b712 -> \n\nDROP TABLE account;\n\n"
        "DELETE FROM alembic_version WHERE alembic_version.version_num = "
        "'1975ea83b712';\n\nCOMMIT;\n\n");
    struct change *change = read_ok(tmp, tree->folder);
    assert_string_equal(change->layout->name, "alembic");
    assert_int_equal(change->n_migrations, 2);
    assert_string_equal(change->migrations[0].version, "1975ea83b712");
    assert_string_equal(file_base(change->migrations[0].path), "upgrade.sql");
    assert_part(&change->migrations[0].up,
                "\nCREATE TABLE account (\n    id SERIAL NOT NULL, \n    PRIMARY KEY (id)\n);\n\n");
    assert_part(&change->migrations[0].down, "\nDROP TABLE account;\n\n");
    assert_true(change->migrations[0].up.in_transaction);
    assert_part(&change->migrations[1].up,
                "\nALTER TABLE account ADD COLUMN last TIMESTAMP WITHOUT TIME ZONE;\n\n       \n\n"
                "CREATE INDEX CONCURRENTLY ix ON account (last);\n\n      \n\n");
    assert_false(change->migrations[1].up.in_transaction);
    assert_true(change->migrations[1].down.in_transaction);
    assert_part(&change->migrations[1].down, "\nALTER TABLE account DROP COLUMN last;\n\n");
}

// Printed into a file whose name is that of another layout.
static void test_alembic_in_up_sql(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    const char *path = tree_write(tree, "x/up.sql", "-- Running upgrade  -> 1a\n\nSELECT 1;\n");
    assert_string_equal(read_ok(tmp, path)->layout->name, "alembic");
}

static void test_alembic_in_python(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(tree, "versions/1975ea83b712_account.py",
               "revision = '1975ea83b712'\ndown_revision = None\nfrom alembic import op\n");
    struct error err = read_fails(tmp, tree->folder);
    assert_says(err, ERROR_INPUT, "1975ea83b712_account.py");
    assert_says(err, ERROR_INPUT, "alembic upgrade base:head --sql");
}

// Printed by Django 5.2, `manage.py sqlmigrate`; the third is not atomic.
static void test_django(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(tree, "0001_initial.sql",
               "BEGIN;\n--\n-- Create model Email\n--\n"
               "CREATE TABLE \"mail_email\" (\"id\" integer NOT NULL PRIMARY KEY);\nCOMMIT;\n");
    tree_write(tree, "0002_fill.sql",
               "BEGIN;\n--\n-- Raw Python operation\n--\n"
               "-- THIS OPERATION CANNOT BE WRITTEN AS SQL\n--\n-- Raw SQL operation\n--\n"
               "UPDATE mail_email SET category='brief';\nCOMMIT;\n");
    tree_write(tree, "0002_fill.down.sql",
               "BEGIN;\n--\n-- Raw SQL operation\n--\nSELECT 1;\nCOMMIT;\n");
    tree_write(tree, "0003_index.sql",
               "--\n-- Create index ix on field(s) category of model email\n--\n"
               "CREATE INDEX \"ix\" ON \"mail_email\" (\"category\");\n");
    struct change *change = read_ok(tmp, tree->folder);
    assert_string_equal(change->layout->name, "django");
    assert_int_equal(change->n_migrations, 3);
    assert_string_equal(change->migrations[0].version, "0001");
    assert_part(&change->migrations[0].up,
                "--\n-- Create model Email\n--\n"
                "CREATE TABLE \"mail_email\" (\"id\" integer NOT NULL PRIMARY KEY);\n");
    assert_true(change->migrations[0].up.in_transaction);
    assert_null(change->migrations[0].up.unseen);
    assert_string_equal(change->migrations[1].up.unseen, "an operation in Python");
    assert_int_equal(change->migrations[1].up.unseen_line, 5);
    assert_part(&change->migrations[1].down, "--\n-- Raw SQL operation\n--\nSELECT 1;\n");
    assert_false(change->migrations[2].up.in_transaction);
}

// What pg_dump prints looks alike and is not Django's.
static void test_django_is_not_a_dump(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(
        tree, "schema.sql",
        "--\n-- PostgreSQL database dump\n--\n\n--\n-- Name: t; Type: TABLE; Schema: public\n"
        "--\nCREATE TABLE t (a int);\n");
    assert_string_equal(read_ok(tmp, tree->folder)->layout->name, "plain");
}

static void test_django_in_python(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(
        tree, "0001_initial.py",
        "from django.db import migrations\nclass Migration(migrations.Migration):\n  pass\n");
    struct error err = read_fails(tmp, tree->folder);
    assert_says(err, ERROR_INPUT, "0001_initial.py");
    assert_says(err, ERROR_INPUT, "sqlmigrate");
}

// A development.log of Rails 7: colours, labels, Rails' own statements, a heredoc, a rollback.
static void test_rails(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(
        tree, "development.log",
        "  ActiveRecord::SchemaMigration Load (0.1ms)  SELECT \"schema_migrations\".\"version\" "
        "FROM "
        "\"schema_migrations\"\n"
        "Migrating to AddNotes (20151011190026)\n"
        "  \033[1m\033[36mTRANSACTION (0.0ms)\033[0m  \033[1m\033[35mBEGIN\033[0m\n"
        "== 20151011190026 AddNotes: migrating =====\n"
        "-- add_column(:workflows, :notes, :text)\n"
        "   (0.4ms)  ALTER TABLE \"workflows\" ADD COLUMN \"notes\" text\n"
        "   -> 0.0006s\n"
        "   (0.9ms)  UPDATE workflows\n"
        "SET notes = ''\n"
        "  \xe2\x86\xb3 db/migrate/20151011190026_add_notes.rb:6\n"
        "  Workflow Update All (0.3ms)  UPDATE \"workflows\" SET \"notes\" = $1  [[\"notes\", "
        "\"x\"]]\n"
        "== 20151011190026 AddNotes: migrated (0.0009s) =====\n"
        "\n"
        "  ActiveRecord::SchemaMigration Create (0.3ms)  INSERT INTO \"schema_migrations\" "
        "(\"version\") VALUES ($1) RETURNING \"version\"  [[\"version\", \"20151011190026\"]]\n"
        "  TRANSACTION (1.8ms)  COMMIT\n"
        "D, [2019-10-27T15:51:40 #4] DEBUG -- :    (1.2ms)  SELECT pg_advisory_unlock(50)\n"
        "I, [2019-10-27T15:51:41 #4]  INFO -- : Migrating to AddIndex (20151012000000)\n"
        "D, [2019-10-27T15:51:41 #4] DEBUG -- :    (9.2ms)  CREATE INDEX CONCURRENTLY i ON t (a)\n"
        "Migrating to AddNotes (20151011190026)\n"
        "== 20151011190026 AddNotes: reverting =====\n"
        "   (0.4ms)  ALTER TABLE \"workflows\" DROP COLUMN \"notes\"\n");
    struct change *change = read_ok(tmp, tree->folder);
    assert_string_equal(change->layout->name, "rails");
    assert_int_equal(change->n_migrations, 2);
    const struct migration *first = &change->migrations[0];
    assert_string_equal(first->version, "20151011190026");
    assert_string_equal(first->name, "AddNotes");
    assert_true(first->up.in_transaction);
    // Folded, only the SQL is left, and each statement is behind a semicolon.
    char *up =
        text_shorten(tmp, first->up.text + first->up.start, first->up.end - first->up.start, 2000);
    assert_string_equal(up, "; ; ALTER TABLE \"workflows\" ADD COLUMN \"notes\" text "
                            "; UPDATE workflows SET notes = '' "
                            "; UPDATE \"workflows\" SET \"notes\" = $1 ; ; ;");
    // Places are those of the log: the statement stands in line 6, column 13.
    const char *alter = strstr(first->up.text, "ALTER TABLE");
    struct text_place place =
        text_place(first->up.text, first->up.len, (size_t)(alter - first->up.text));
    assert_int_equal(place.line, 6);
    assert_int_equal(place.column, 13);
    char *down = text_shorten(tmp, first->down.text + first->down.start,
                              first->down.end - first->down.start, 2000);
    assert_string_equal(down, "; ALTER TABLE \"workflows\" DROP COLUMN \"notes\"");
    assert_false(change->migrations[1].up.in_transaction);
}

static void test_rails_in_ruby(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(tree, "20240101000000_add_category.rb",
               "class AddCategory < ActiveRecord::Migration[7.1]\n  def change\n  end\nend\n");
    struct error err = read_fails(tmp, tree->folder);
    assert_says(err, ERROR_INPUT, "20240101000000_add_category.rb");
    assert_says(err, ERROR_INPUT, "bin/rails db:migrate");
}

static void test_plain_transactions(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(tree, "1_a.sql", "UPDATE t SET a = 1;");
    tree_write(tree, "2_b.sql", "BEGIN; UPDATE t SET a = 1; COMMIT;");
    tree_write(tree, "3_c.sql", "-- a note\n-- tminus: no transaction\nUPDATE t SET a = 1;");
    tree_write(tree, "4_d.sql", "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a);");
    tree_write(tree, "5_e.sql",
               "SELECT 'begin;'; -- begin;\nREFRESH MATERIALIZED VIEW CONCURRENTLY v;");
    tree_write(tree, "6_f.sql", "REFRESH MATERIALIZED VIEW CONCURRENTLY v;");
    tree_write(tree, "7_g.sql", "UPDATE t SET a = 1;\n-- tminus: no transaction\n");
    static const bool expected[] = {true, false, false, false, true, true, true};
    struct change *change = read_ok(tmp, tree->folder);
    assert_int_equal(change->n_migrations, COUNT_OF(expected));
    for (size_t i = 0; i < COUNT_OF(expected); i++)
        assert_int_equal(change->migrations[i].up.in_transaction, expected[i]);
}

// A list of files of several tools: each is read by the rules of its own.
static void test_mixed_list(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    const char *paths[] = {
        tree_write(tree, "V2__b.sql", "SELECT 2;"),
        tree_write(tree, "any.sql", "-- migrate:up transaction:false\nSELECT 1;\n"),
        tree_write(tree, "1_a.up.sql", "SELECT 1;"),
    };
    struct error err = {0};
    struct change *change;
    assert_true(change_read(tmp, paths, COUNT_OF(paths), NULL, &change, &err));
    assert_int_equal(change->n_migrations, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(change->migrations[i].path, paths[i]);
    assert_string_equal(change->migrations[0].version, "2");
    assert_false(change->migrations[1].up.in_transaction);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goose),
        cmocka_unit_test(test_goose_refuses),
        cmocka_unit_test(test_dbmate),
        cmocka_unit_test(test_dbmate_refuses),
        cmocka_unit_test(test_flyway),
        cmocka_unit_test(test_flyway_two_of_one_version),
        cmocka_unit_test(test_diesel),
        cmocka_unit_test(test_diesel_single_file),
        cmocka_unit_test(test_sourcegraph),
        cmocka_unit_test(test_sourcegraph_circle),
        cmocka_unit_test(test_sqitch),
        cmocka_unit_test(test_sqitch_missing_script),
        cmocka_unit_test(test_prisma),
        cmocka_unit_test(test_alembic),
        cmocka_unit_test(test_alembic_in_up_sql),
        cmocka_unit_test(test_alembic_in_python),
        cmocka_unit_test(test_django),
        cmocka_unit_test(test_django_is_not_a_dump),
        cmocka_unit_test(test_django_in_python),
        cmocka_unit_test(test_rails),
        cmocka_unit_test(test_rails_in_ruby),
        cmocka_unit_test(test_plain_transactions),
        cmocka_unit_test(test_mixed_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

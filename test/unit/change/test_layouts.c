/*
 * Layouts: recognition, order, pairs of up and down, transaction rule, and what is refused.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tree.h"

#include "reading.h"

#include "change/migration.h"

// golang-migrate/migrate, MIGRATIONS.md: "{version}_{title}.up.{extension}"; versions are numbers.
static void test_golang_migrate(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(tree, "10_third.up.sql", "SELECT 10;");
    tree_write(tree, "9_second.down.sql", "SELECT -9;");
    tree_write(tree, "9_second.up.sql", "SELECT 9;");
    tree_write(tree, "000001_first.up.sql", "SELECT 1;");
    tree_write(tree, "README.md", "no migration");
    tree_write(tree, "old/8_other.up.sql", "SELECT 8;");
    struct change *change = read_ok(tmp, tree->folder);
    assert_string_equal(change->layout->name, "golang-migrate");
    assert_int_equal(change->n_migrations, 3);
    assert_string_equal(change->migrations[0].version, "000001");
    assert_string_equal(change->migrations[0].name, "first");
    assert_null(change->migrations[0].down.path);
    assert_part(&change->migrations[1].up, "SELECT 9;");
    assert_part(&change->migrations[1].down, "SELECT -9;");
    assert_string_equal(change->migrations[2].version, "10");
    assert_true(change->migrations[2].up.in_transaction);
    assert_string_equal(change->title, file_base(tree->folder));
}

static void test_golang_migrate_in_go_is_not_seen(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(tree, "1_a.up.sql", "SELECT 1;");
    tree_write(tree, "2_b.up.go", "package migrations");
    struct change *change = read_ok(tmp, tree->folder);
    assert_int_equal(change->n_migrations, 2);
    assert_null(change->migrations[0].up.unseen);
    assert_string_equal(change->migrations[1].up.unseen, "a migration in Go");
    assert_int_equal(change->migrations[1].up.end, 0);
}

static void test_two_of_one_version(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(tree, "0001_a.up.sql", "SELECT 1;");
    tree_write(tree, "1_b.up.sql", "SELECT 1;");
    struct error err = read_fails(tmp, tree->folder);
    assert_says(err, ERROR_INPUT, "0001_a.up.sql");
    assert_says(err, ERROR_INPUT, "1_b.up.sql");
    assert_says(err, ERROR_INPUT, "version");
}

static void test_plain(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(tree, "2_two.sql", "SELECT 2;");
    tree_write(tree, "10_ten.sql", "SELECT 10;");
    tree_write(tree, "10_ten.down.sql", "SELECT -10;");
    tree_write(tree, "20240131_b.sql", "SELECT 'b';");
    tree_write(tree, "20240131_a.sql", "SELECT 'a';");
    tree_write(tree, "20240131_a_down.sql", "SELECT '-a';");
    struct change *change = read_ok(tmp, tree->folder);
    assert_string_equal(change->layout->name, "plain");
    assert_int_equal(change->n_migrations, 4);
    assert_string_equal(change->migrations[0].name, "two");
    assert_string_equal(change->migrations[0].version, "2");
    assert_part(&change->migrations[1].down, "SELECT -10;");
    assert_string_equal(change->migrations[2].version, "20240131_a");
    assert_part(&change->migrations[2].down, "SELECT '-a';");
    assert_string_equal(change->migrations[3].name, "20240131_b");
}

static void test_plain_two_of_one_version(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(tree, "001_a.sql", "SELECT 1;");
    tree_write(tree, "001_b.sql", "SELECT 1;");
    struct error err = read_fails(tmp, tree->folder);
    assert_says(err, ERROR_INPUT, "001_a.sql");
    assert_says(err, ERROR_INPUT, "001_b.sql");
}

static void test_plain_two_downs(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(tree, "a.sql", "SELECT 1;");
    tree_write(tree, "a.down.sql", "SELECT 1;");
    tree_write(tree, "a_down.sql", "SELECT 1;");
    assert_says(read_fails(tmp, tree->folder), ERROR_INPUT, "a.down.sql");
}

static void test_single_files(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    const char *paths[] = {
        tree_write(tree, "b/9_late.up.sql", "SELECT 9;"),
        tree_write(tree, "fix.sql", "SELECT 0;"),
        tree_write(tree, "b/2_early.up.sql", "SELECT 2;"),
        tree_write(tree, "b/2_early.down.sql", "SELECT -2;"),
    };
    tree_write(tree, "b/9_late.down.sql", "SELECT -9;"); // beside its up, not given
    tree_write(tree, "b/3_not_given.up.sql", "SELECT 3;");
    struct error err = {0};
    struct change *change;
    assert_true(change_read(tmp, paths, COUNT_OF(paths), NULL, &change, &err));
    assert_int_equal(change->n_migrations, 3);
    assert_string_equal(change->migrations[0].name, "late");
    assert_part(&change->migrations[0].down, "SELECT -9;");
    assert_string_equal(change->migrations[1].name, "fix");
    assert_null(change->migrations[1].down.path);
    assert_string_equal(change->migrations[2].name, "early");
    assert_part(&change->migrations[2].down, "SELECT -2;");
}

static void test_down_alone(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    const char *path = tree_write(tree, "2_early.down.sql", "SELECT -2;");
    tree_write(tree, "2_early.up.sql", "SELECT 2;");
    struct change *change = read_ok(tmp, path);
    assert_int_equal(change->n_migrations, 1);
    assert_null(change->migrations[0].up.path);
    assert_string_equal(change->migrations[0].path, path);
}

static void test_refused(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    assert_says(read_fails(tmp, tree_path(tree, "nothing.sql")), ERROR_INPUT, "nothing.sql");
    tree_write(tree, "empty/notes.txt", "no SQL");
    assert_says(read_fails(tmp, tree_path(tree, "empty")), ERROR_INPUT,
                "no migration in this folder");
    assert_says(read_fails(tmp, tree_path(tree, "empty")), ERROR_INPUT,
                "golang-migrate, flyway, diesel, sourcegraph, prisma, sqitch, goose, dbmate, "
                "alembic, django, rails, plain");
    tree_write(tree, "db/migrations/1_a.up.sql", "SELECT 1;");
    assert_says(read_fails(tmp, tree_path(tree, "db")), ERROR_INPUT, "db/migrations");
}

static void test_symlink_loops(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    tree_write(tree, "m/1_a.up.sql", "SELECT 1;");
    assert_int_equal(symlink("..", tree_path(tree, "m/up")), 0);
    assert_says(read_fails(tmp, tree_path(tree, "m")), ERROR_INPUT, "m/up");
    assert_int_equal(symlink("self.sql", tree_path(tree, "self.sql")), 0);
    assert_says(read_fails(tmp, tree_path(tree, "self.sql")), ERROR_INPUT, "self.sql");
}

static void test_versions(void **state)
{
    (void)state;
    // Flyway's manual, "Versioned Migrations": 1.2 is before 1.10, 1_2 is 1.2, 1 is 1.0.
    assert_true(migration_compare_versions("1.2", "1.10") < 0);
    assert_int_equal(migration_compare_versions("1_2", "1.2"), 0);
    assert_int_equal(migration_compare_versions("1", "1.0"), 0);
    assert_int_equal(migration_compare_versions("007", "7"), 0);
    assert_true(migration_compare_versions("20240101120000", "20240101120001") < 0);
    assert_true(migration_compare_versions("99999999999999999999999", "100000000000000000000000") <
                0);
    assert_true(migration_compare_natural("a2", "a10") < 0);
    assert_true(migration_compare_natural("a", "a1") < 0);
    assert_true(migration_compare_natural("a01", "a1") != 0);
}

static void test_migration_of__equal_versions(void **state)
{
    (void)state;
    SCRATCH(tmp);
    static const char *const equal[][2] = {{"1", "1.0"},        {"007", "7"}, {"1_2", "01.2.0"},
                                           {"1.10", "1.010"},   {"0", "00"},  {"0", "0.0"},
                                           {"1.0.1", "1_00_1"}, {"a", "a"}};
    static const char *const others[] = {"10", "1.01", "70", "1.20", "1.3", "A", "a0", ""};
    for (size_t i = 0; i < COUNT_OF(equal); i++) {
        struct change change = {0};
        migration_of(tmp, &change, equal[i][0]);
        migration_of(tmp, &change, equal[i][1]);
        assert_int_equal(change.n_migrations, 1);
    }
    struct change change = {0};
    for (size_t i = 0; i < COUNT_OF(others); i++)
        migration_of(tmp, &change, others[i]);
    assert_int_equal(change.n_migrations, COUNT_OF(others));
}

// Real migrations, when they lie beside the project.
static void test_corpora(void **state)
{
    (void)state;
    SCRATCH(tmp);
    static const struct {
        const char *name;
        size_t ups;
    } corpora[] = {{"concourse", 149}, {"exposure", 80}, {"pkgsite", 158}};
    const char *shared = getenv("TMINUS_SHARED");
    if (shared == NULL)
        shared = mem_printf(tmp, "%s/../shared", getenv("SOURCE"));
    if (file_kind(file_join(tmp, shared, "corpora")) != FILE_FOLDER) {
        // cmocka's skip() prints "not ok" in TAP, which meson counts as a failure.
        print_message("# SKIP: no corpora in %s\n", shared);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(corpora); i++) {
        struct change *change =
            read_ok(tmp, mem_printf(tmp, "%s/corpora/%s", shared, corpora[i].name));
        assert_string_equal(change->layout->name, "golang-migrate");
        assert_int_equal(change->n_migrations, corpora[i].ups);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golang_migrate),
        cmocka_unit_test(test_golang_migrate_in_go_is_not_seen),
        cmocka_unit_test(test_two_of_one_version),
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_plain_two_of_one_version),
        cmocka_unit_test(test_plain_two_downs),
        cmocka_unit_test(test_single_files),
        cmocka_unit_test(test_down_alone),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_symlink_loops),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_migration_of__equal_versions),
        cmocka_unit_test(test_corpora),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

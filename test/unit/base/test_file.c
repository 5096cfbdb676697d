/*
 * Files: reading with a limit, writing whole or not at all, walking, paths.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "tree.h"
#include <sys/stat.h>

static void test_file_read__whole(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    struct tree *tree = tree_make(tmp);
    char *text;
    size_t len;
    EXPECT_OK(file_read(tmp, tree_write(tree, "a", "0123456789"), 10, &text, &len, &err));
    assert_int_equal(len, 10);
    assert_string_equal(text, "0123456789");
    EXPECT_OK(file_read(tmp, tree_write(tree, "empty", ""), 10, &text, &len, &err));
    assert_int_equal(len, 0);
    assert_string_equal(text, "");
}

// /proc tells size 0, so the content grows while it is read.
static void test_file_read__size_unknown(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    char *text;
    size_t len;
    EXPECT_OK(file_read(tmp, "/proc/self/status", FILE_SIZE_MAX, &text, &len, &err));
    assert_true(len > 100);
    assert_int_equal(strlen(text), len);
}

static void test_file_read__refuses(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    struct tree *tree = tree_make(tmp);
    char *text = NULL;
    size_t len = 77;
    char *missing = tree_path(tree, "missing");
    char *loop = tree_path(tree, "loop");
    assert_int_equal(symlink("loop", loop), 0);
    EXPECT_ERROR(file_read(tmp, missing, 10, &text, &len, &err), ERROR_INPUT,
                 mem_printf(tmp, "%s: no such file", missing));
    EXPECT_ERROR(file_read(tmp, tree->folder, 10, &text, &len, &err), ERROR_INPUT,
                 mem_printf(tmp, "%s: a folder, not a file", tree->folder));
    EXPECT_ERROR(file_read(tmp, loop, 10, &text, &len, &err), ERROR_INPUT,
                 mem_printf(tmp, "%s: a symlink loop, it leads back to itself", loop));
    char *large = tree_write(tree, "large", "0123456789");
    EXPECT_ERROR(file_read(tmp, large, 9, &text, &len, &err), ERROR_INPUT,
                 mem_printf(tmp, "%s: larger than the limit of 9 bytes", large));
    EXPECT_ERROR(file_read(tmp, "/dev/zero", 100000, &text, &len, &err), ERROR_INPUT,
                 "/dev/zero: larger than the limit of 100000 bytes");
    assert_null(text);
    assert_int_equal(len, 77);
}

static void test_file_write__replaces_and_sets_the_mode(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    struct tree *tree = tree_make(tmp);
    char *path = tree_write(tree, "a", "old");
    char *text;
    size_t len;
    EXPECT_OK(file_write(path, "new", 3, 0600, &err));
    EXPECT_OK(file_read(tmp, path, 10, &text, &len, &err));
    assert_string_equal(text, "new");
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void test_file_write__a_symlink_stays_one(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    struct tree *tree = tree_make(tmp);
    tree_write(tree, "target", "old");
    char *link = tree_path(tree, "link");
    assert_int_equal(symlink("target", link), 0);
    EXPECT_OK(file_write(link, "new", 3, 0644, &err));
    struct stat info;
    assert_int_equal(lstat(link, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    char *text;
    size_t len;
    EXPECT_OK(file_read(tmp, tree_path(tree, "target"), 10, &text, &len, &err));
    assert_string_equal(text, "new");
}

static void test_file_write__leaves_nothing_behind_on_failure(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    struct tree *tree = tree_make(tmp);
    char *path = tree_path(tree, "none/a");
    EXPECT_ERROR(file_write(path, "x", 1, 0644, &err), ERROR_SYSTEM,
                 mem_printf(tmp, "%s: cannot be written: No such file or directory", path));
    char *folder = tree_path(tree, "folder");
    EXPECT_OK(file_make_folders(folder, 0755, &err));
    EXPECT_ERROR(file_write(folder, "x", 1, 0644, &err), ERROR_SYSTEM,
                 mem_printf(tmp, "%s: cannot be written: Is a directory", folder));
    char **paths;
    size_t n;
    EXPECT_OK(file_walk(tmp, tree->folder, &paths, &n, &err));
    assert_int_equal(n, 0);
}

static void test_file_make_folders(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    struct tree *tree = tree_make(tmp);
    char *deep = tree_path(tree, "a/b/c");
    EXPECT_OK(file_make_folders(deep, 0700, &err));
    EXPECT_OK(file_make_folders(deep, 0700, &err));
    assert_int_equal(file_kind(deep), FILE_FOLDER);
    char *file = tree_write(tree, "file", "");
    assert_int_equal(file_kind(file), FILE_REGULAR);
    assert_int_equal(file_kind(tree_path(tree, "none")), FILE_MISSING);
    assert_int_equal(file_kind("/dev/null"), FILE_OTHER);
    EXPECT_ERROR(file_make_folders(tree_path(tree, "file/x"), 0700, &err), ERROR_SYSTEM,
                 mem_printf(tmp, "%s: the folder cannot be made: Not a directory", file));
}

static void test_file_walk__byte_order_without_hidden_names(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    struct tree *tree = tree_make(tmp);
    static const char *const names[] = {"b",           "a/z",     "a.sql", "a/A",
                                        ".git/config", ".hidden", "a/.x"};
    static const char *const expected[] = {"a.sql", "a/A", "a/z", "b"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        tree_write(tree, names[i], "");
    char **paths;
    size_t n;
    EXPECT_OK(file_walk(tmp, mem_printf(tmp, "%s//", tree->folder), &paths, &n, &err));
    assert_int_equal(n, COUNT_OF(expected));
    for (size_t i = 0; i < n; i++)
        assert_string_equal(paths[i], tree_path(tree, expected[i]));
}

static void test_file_walk__follows_symlinks(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    struct tree *tree = tree_make(tmp);
    tree_write(tree, "real/x", "");
    assert_int_equal(symlink("real", tree_path(tree, "twice")), 0);
    char **paths;
    size_t n;
    EXPECT_OK(file_walk(tmp, tree->folder, &paths, &n, &err));
    assert_int_equal(n, 2);
    assert_string_equal(paths[1], tree_path(tree, "twice/x"));
}

static void test_file_walk__refuses(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    struct tree *tree = tree_make(tmp);
    char **paths = NULL;
    size_t n;
    char *file = tree_write(tree, "deep/file", "");
    char *loop = tree_path(tree, "deep/loop");
    assert_int_equal(symlink("..", loop), 0);
    EXPECT_ERROR(file_walk(tmp, tree->folder, &paths, &n, &err), ERROR_INPUT,
                 mem_printf(tmp, "%s: a symlink loop, it leads back to '%s'", loop, tree->folder));
    assert_int_equal(unlink(loop), 0);
    assert_int_equal(symlink("loop", loop), 0);
    EXPECT_ERROR(file_walk(tmp, tree->folder, &paths, &n, &err), ERROR_INPUT,
                 mem_printf(tmp, "%s: a symlink loop, it leads back to itself", loop));
    EXPECT_ERROR(file_walk(tmp, loop, &paths, &n, &err), ERROR_INPUT,
                 mem_printf(tmp, "%s: a symlink loop, it leads back to itself", loop));
    assert_int_equal(unlink(loop), 0);
    assert_int_equal(symlink("gone", loop), 0);
    EXPECT_ERROR(file_walk(tmp, tree->folder, &paths, &n, &err), ERROR_INPUT,
                 mem_printf(tmp, "%s: a symlink that leads to no file", loop));
    EXPECT_ERROR(file_walk(tmp, file, &paths, &n, &err), ERROR_INPUT,
                 mem_printf(tmp, "%s: a file, not a folder", file));
    EXPECT_ERROR(file_walk(tmp, "/no/such", &paths, &n, &err), ERROR_INPUT,
                 "/no/such: no such folder");
    assert_null(paths);
}

static void test_paths(void **state)
{
    (void)state;
    SCRATCH(tmp);
    assert_string_equal(file_base("a/b.sql"), "b.sql");
    assert_string_equal(file_base("b.sql"), "b.sql");
    assert_string_equal(file_folder(tmp, "b.sql"), ".");
    assert_string_equal(file_folder(tmp, "/b.sql"), "/");
    assert_string_equal(file_folder(tmp, "a/b/c"), "a/b");
    assert_string_equal(file_join(tmp, "a", "b"), "a/b");
    assert_string_equal(file_join(tmp, "a/", "b"), "a/b");
    assert_string_equal(file_join(tmp, "a", "/b"), "/b");
    assert_string_equal(file_join(tmp, "", "b"), "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_read__whole),
        cmocka_unit_test(test_file_read__size_unknown),
        cmocka_unit_test(test_file_read__refuses),
        cmocka_unit_test(test_file_write__replaces_and_sets_the_mode),
        cmocka_unit_test(test_file_write__a_symlink_stays_one),
        cmocka_unit_test(test_file_write__leaves_nothing_behind_on_failure),
        cmocka_unit_test(test_file_make_folders),
        cmocka_unit_test(test_file_walk__byte_order_without_hidden_names),
        cmocka_unit_test(test_file_walk__follows_symlinks),
        cmocka_unit_test(test_file_walk__refuses),
        cmocka_unit_test(test_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

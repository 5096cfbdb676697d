/*
 * Where the state lies: the environment's variables, and names that must not lead elsewhere.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "journal/state.h"
// cmocka asks for these first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];

static int set_up(void **state)
{
    (void)state;
    snprintf(root, sizeof(root), "/tmp/tminus-state-XXXXXX");
    assert_non_null(mkdtemp(root));
    unsetenv("TMINUS_STATE");
    unsetenv("XDG_STATE_HOME");
    setenv("HOME", root, 1);
    return 0;
}

static void expect(const char *service, const char *environment, const char *name,
                   const char *expected_below_root)
{
    SCRATCH(tmp);
    struct error err;
    char *path;

    assert_true(state_path(tmp, service, environment, name, &path, &err));
    assert_string_equal(path, mem_printf(tmp, "%s/%s", root, expected_below_root));
}

static void test_state_path__order_of_variables(void **state)
{
    (void)state;
    SCRATCH(tmp);
    expect("shop", "production", "journal.db", ".local/state/tminus/shop/production/journal.db");
    setenv("XDG_STATE_HOME", mem_printf(tmp, "%s/xdg", root), 1);
    expect("shop", "production", "journal.db", "xdg/tminus/shop/production/journal.db");
    setenv("TMINUS_STATE", mem_printf(tmp, "%s/mine", root), 1);
    expect("shop", "production", "journal.db", "mine/journal.db");
}

static void test_state_path__names_stay_below(void **state)
{
    (void)state;
    expect("../../etc", "a/b", "journal.db", ".local/state/tminus/_._.._etc/a_b/journal.db");
    expect("..", "", "journal.db", ".local/state/tminus/_./default/journal.db");
}

static void test_state_path__folders_are_private(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct stat status;

    expect("shop", "production", "baseline/1.db", ".local/state/tminus/shop/production/baseline/1.db");
    assert_int_equal(stat(mem_printf(tmp, "%s/.local/state/tminus/shop/production/baseline", root),
                          &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
}

static void test_state_path__no_home(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err;
    char *path;

    unsetenv("HOME");
    assert_false(state_path(tmp, "shop", "production", "journal.db", &path, &err));
    assert_int_equal(err.code, ERROR_CONFIG);
    assert_string_equal(err.hint, "set TMINUS_STATE to a folder");
}

// One folder for all environments: each has its own lock, and what is common to all has one place.
static void test_state_lock_name(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err;
    char *path, *common;

    assert_string_equal(state_lock_name(tmp, "shop", "staging", "release"),
                        "shop.staging.release.lock");
    assert_string_equal(state_lock_name(tmp, "../x", NULL, "tag"), "_._x.default.tag.lock");
    setenv("TMINUS_STATE", root, 1);
    assert_true(state_path(tmp, "shop", "staging", "a.lock", &path, &err));
    assert_true(state_common_path(tmp, "locks/a.lock", &common, &err));
    assert_string_equal(path, mem_printf(tmp, "%s/a.lock", root));
    assert_string_equal(common, mem_printf(tmp, "%s/locks/a.lock", root));
    unsetenv("TMINUS_STATE");
    assert_true(state_common_path(tmp, "locks/a.lock", &common, &err));
    assert_string_equal(common, mem_printf(tmp, "%s/.local/state/tminus/locks/a.lock", root));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_state_path__order_of_variables, set_up),
        cmocka_unit_test_setup(test_state_path__names_stay_below, set_up),
        cmocka_unit_test_setup(test_state_path__folders_are_private, set_up),
        cmocka_unit_test_setup(test_state_path__no_home, set_up),
        cmocka_unit_test_setup(test_state_lock_name, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

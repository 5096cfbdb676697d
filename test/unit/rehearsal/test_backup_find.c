/*
 * Finding the backup that may be relied on: newest, whole, young enough, of this system.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "expect.h"
#include "rehearsal/backup_find.h"

#define MINUTE_MS 60000

// A driver that lists what the test says.
static struct backup listed[4];
static size_t n_listed;

static bool fake_list(TALLOC_CTX *mem, const struct backup_options *options, struct backup **out, size_t *n,
                      struct error *err)
{
    (void)options;
    (void)err;
    *out = mem_array(mem, struct backup, n_listed + 1);
    memcpy(*out, listed, n_listed * sizeof *listed);
    *n = n_listed;
    return true;
}

static const struct backup_driver fake = {.name = "fake", .list = fake_list};
static const struct backup_driver *const fakes[] = {&fake, NULL};
static const struct backup_place place = {.driver = &fake, .options = {.directory = "/backups"}, .folder = "/nowhere"};

static void list(const char *id, int64_t minutes, const char *damage, const char *system)
{
    listed[n_listed++] = (struct backup){.kind = "fake",
                                         .id = id,
                                         .taken_ms = clock_wall_ms() - minutes * MINUTE_MS,
                                         .damage = damage,
                                         .system = system};
}

static int set_up(void **state)
{
    (void)state;
    n_listed = 0;
    return 0;
}

static void test_backup_find_newest__takes_the_newest(void **state)
{
    SCRATCH(tmp);
    struct backup found;
    struct error err = {0};
    (void)state;
    list("b.partial", 0, "half-written", NULL); // that is being taken just now
    list("a", 30, NULL, "1");
    list("old", 90, NULL, "1");
    const struct engine_identity here = {.system = "1"};
    EXPECT_OK(backup_find_newest(tmp, &place, &here, 60 * MINUTE_MS, &found, &err));
    assert_string_equal(found.id, "a");
    EXPECT_OK(backup_find_newest(tmp, &place, NULL, 0, &found, &err));
    assert_string_equal(found.id, "a");
}

static void test_backup_find_newest__refuses_what_is_not_to_be_relied_on(void **state)
{
    SCRATCH(tmp);
    struct backup found;
    struct error err = {0};
    const struct engine_identity here = {.system = "1"};
    (void)state;
    EXPECT_ERROR(backup_find_newest(tmp, &place, &here, 60 * MINUTE_MS, &found, &err), ERROR_BASELINE,
                 "/backups: there is no backup");
    list("a", 90, NULL, "1");
    EXPECT_ERROR(backup_find_newest(tmp, &place, &here, 60 * MINUTE_MS, &found, &err), ERROR_BASELINE,
                 "/backups: the newest backup, a, is 1 h 30 min old; 1 h 0 min are allowed");
    set_up(NULL);
    list("a", 1, "empty", "1");
    list("b", 2, NULL, "1"); // that an older one is good does not make the newest good
    EXPECT_ERROR(backup_find_newest(tmp, &place, &here, 60 * MINUTE_MS, &found, &err), ERROR_BASELINE,
                 "/backups: the newest backup is damaged: a: empty");
    set_up(NULL);
    list("a", 1, NULL, "2");
    EXPECT_ERROR(backup_find_newest(tmp, &place, &here, 60 * MINUTE_MS, &found, &err), ERROR_IDENTITY,
                 "a: of another system: 2, this one is 1");
    set_up(NULL);
    list("a", -10, NULL, "1");
    assert_false(backup_find_newest(tmp, &place, &here, 60 * MINUTE_MS, &found, &err));
    assert_int_equal(err.code, ERROR_BASELINE);
    assert_non_null(strstr(err.message, "which is yet to come: clocks disagree"));
}

static void test_backup_find__by_name_or_the_newest_whole_one(void **state)
{
    SCRATCH(tmp);
    struct backup found;
    struct error err = {0};
    (void)state;
    EXPECT_ERROR(backup_find(tmp, &place, NULL, &found, &err), ERROR_INPUT, "/backups: there is no backup");
    list("a", 1, "empty", NULL);
    EXPECT_ERROR(backup_find(tmp, &place, "latest", &found, &err), ERROR_INPUT, "/backups: every backup is damaged");
    list("b", 2, NULL, NULL);
    EXPECT_OK(backup_find(tmp, &place, "latest", &found, &err));
    assert_string_equal(found.id, "b");
    EXPECT_OK(backup_find(tmp, &place, "a", &found, &err));
    assert_string_equal(found.damage, "empty");
    EXPECT_ERROR(backup_find(tmp, &place, "c", &found, &err), ERROR_INPUT, "/backups: no backup 'c'");
}

static void test_backup_place_make__reads_the_configuration(void **state)
{
    SCRATCH(tmp);
    struct backup_place made;
    struct error err = {0};
    const char *words[] = {"echo x"};
    const struct config config = {.folder = "/project"};
    struct config_backup settings = {.kind = "fake", .directory = "kept", .command = words, .n_command = 1, .is_shell = true};
    struct backup_place_request request = {.drivers = fakes, .config = &config, .settings = &settings, .database = "main"};
    (void)state;
    EXPECT_OK(backup_place_make(tmp, &request, &made, &err));
    assert_string_equal(made.options.directory, "/project/kept/main");
    assert_string_equal(made.options.command[0], "/bin/sh");
    assert_string_equal(made.options.command[2], "echo x");
    assert_null(made.options.command[3]);
    assert_null(made.options.restore);
    settings.kind = "barman";
    EXPECT_ERROR(backup_place_make(tmp, &request, &made, &err), ERROR_CONFIG, "backups of kind 'barman' are not supported");
    settings.kind = NULL;
    EXPECT_ERROR(backup_place_make(tmp, &request, &made, &err), ERROR_CONFIG, "no backups are configured");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_backup_find_newest__takes_the_newest, set_up),
        cmocka_unit_test_setup(test_backup_find_newest__refuses_what_is_not_to_be_relied_on, set_up),
        cmocka_unit_test_setup(test_backup_find__by_name_or_the_newest_whole_one, set_up),
        cmocka_unit_test_setup(test_backup_place_make__reads_the_configuration, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

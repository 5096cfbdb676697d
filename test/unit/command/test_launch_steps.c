/*
 * The configured steps in a flight's plan: those of a place in the order of the file, what takes them back the last one
 * first, each phase behind the other, and what a step wants that the plan does not have.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/launch_steps.h"
// cmocka asks for these first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static const char *words[] = {"./do", "it"};
static const char *words_of_version[] = {"./do", "{version}"};

#define COMMAND .kind = STEP_KIND_COMMAND, .command = words, .n_command = 2

static struct config_step steps[] = {
    {.name = "build-docs", .place = STEP_AT_PREPARE, COMMAND, .undo = STEP_UNDO_GIVEN},
    {.name = "drain", .place = STEP_AT_BEFORE_MIGRATIONS, COMMAND, .undo = STEP_UNDO_GIVEN, .timeout_ms = 1000, .ready_ms = 200},
    {.name = "warm", .place = STEP_AT_AFTER_RELEASE, COMMAND, .undo = STEP_UNDO_GIVEN},
    {.name = "grant", .place = STEP_AT_AFTER_MIGRATIONS, .kind = STEP_KIND_SQL, .undo = STEP_UNDO_NONE},
    {.name = "breathe", .place = STEP_AT_AFTER_RELEASE, .kind = STEP_KIND_WAIT, .wait_ms = 5000},
    {.name = "enable", .place = STEP_AT_AFTER_RELEASE, .kind = STEP_KIND_FLAG, .flag = "new"},
    {.name = "keep", .place = STEP_AT_AFTER_RELEASE, .kind = STEP_KIND_FLAG, .flag = "new", .undo = STEP_UNDO_NONE},
    {.name = "compare", .place = STEP_AT_AFTER_RELEASE, .kind = STEP_KIND_VERIFY},
    {.name = "stop", .place = STEP_AT_BEFORE_MIGRATIONS, COMMAND, .undo = STEP_UNDO_GIVEN},
};
static const struct config_environment environment = {.name = "production", .steps = steps, .n_steps = COUNT_OF(steps)};

static const char *names(TALLOC_CTX *mem, const struct flight *flight)
{
    char *text = mem_strdup(mem, "");
    for (size_t i = 0; i < flight->n_steps; i++)
        text = mem_printf(mem, "%s%s%s", text, i == 0 ? "" : " ", flight->steps[i].name);
    return text;
}

static const char *command(TALLOC_CTX *mem, const struct step *step)
{
    char *text = mem_strdup(mem, "");
    for (size_t i = 0; step->argv[i] != NULL; i++)
        text = mem_printf(mem, "%s%s%s", text, i == 0 ? "" : " ", step->argv[i]);
    return text;
}

static void add_own(TALLOC_CTX *mem, struct flight *flight, const char *name, enum step_phase phase)
{
    *mem_append(mem, flight->steps, flight->n_steps) = (struct step){.name = name, .phase = phase, .kind = name};
}

static void test_launch_steps_add__of_a_place(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct flight flight = {.version = "v2"};
    launch_steps_add(tmp, NULL, STEP_AT_PREPARE, &flight);
    assert_int_equal(flight.n_steps, 0);
    launch_steps_add(tmp, &environment, STEP_AT_BEFORE_MIGRATIONS, &flight);
    assert_string_equal(names(tmp, &flight), "drain stop");
    launch_steps_add(tmp, &environment, STEP_AT_AFTER_RELEASE, &flight);
    assert_string_equal(names(tmp, &flight), "drain stop warm breathe enable keep compare");
    assert_string_equal(command(tmp, &flight.steps[0]), "tminus step drain --version v2");
    assert_string_equal(command(tmp, &flight.steps[6]), "tminus verify");
    assert_string_equal(flight.steps[6].kind, "verify");
    assert_int_equal(flight.steps[0].phase, STEP_DEPLOY);
    assert_int_equal(flight.steps[0].timeout_ms, 1000 + 200 + 60000); // and the verb's own minute
    assert_int_equal(flight.steps[3].timeout_ms, 5000 + 60000);
    assert_string_equal(json_get_text(flight.steps[0].settings, "back"), "migration");
    assert_string_equal(json_get_text(flight.steps[2].settings, "back"), "version");
    assert_null(json_get_text(flight.steps[0].settings, "undo"));
    struct flight nameless = {0};
    launch_steps_add(tmp, &environment, STEP_AT_PREPARE, &nameless);
    assert_int_equal(nameless.steps[0].phase, STEP_PREPARE);
    assert_string_equal(command(tmp, &nameless.steps[0]), "tminus step build-docs");
}

static void test_launch_steps_add_back__the_last_one_first(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct flight flight = {.version = "v2"};
    launch_steps_add_back(tmp, &environment, STEP_AT_PREPARE, &flight); // is not taken back
    launch_steps_add_back(tmp, NULL, STEP_AT_AFTER_RELEASE, &flight);
    assert_int_equal(flight.n_steps, 0);
    launch_steps_add_back(tmp, &environment, STEP_AT_AFTER_RELEASE, &flight);
    launch_steps_add_back(tmp, &environment, STEP_AT_AFTER_MIGRATIONS, &flight);
    launch_steps_add_back(tmp, &environment, STEP_AT_BEFORE_MIGRATIONS, &flight);
    // A flag goes back by itself unless it is said not to; a wait and what has undo: none do not.
    assert_string_equal(names(tmp, &flight), "back.enable back.warm back.stop back.drain");
    assert_string_equal(flight.steps[3].undoes, "drain");
    assert_string_equal(command(tmp, &flight.steps[3]), "tminus step drain --undo --version v2");
    for (size_t i = 0; i < flight.n_steps; i++)
        assert_int_equal(flight.steps[i].phase, STEP_BACK);
}

static void test_launch_steps_order__phase_by_phase(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct flight flight = {.version = "v2"};
    launch_steps_order(tmp, &flight);
    assert_int_equal(flight.n_steps, 0);
    launch_steps_add(tmp, &environment, STEP_AT_BEFORE_MIGRATIONS, &flight);
    add_own(tmp, &flight, "migrate", STEP_DEPLOY);
    launch_steps_add_back(tmp, &environment, STEP_AT_AFTER_RELEASE, &flight);
    add_own(tmp, &flight, "release", STEP_DEPLOY);
    add_own(tmp, &flight, "back.release", STEP_BACK);
    launch_steps_add(tmp, &environment, STEP_AT_PREPARE, &flight);
    add_own(tmp, &flight, "baseline", STEP_PREPARE);
    add_own(tmp, &flight, "back.migrate", STEP_BACK);
    launch_steps_order(tmp, &flight);
    assert_string_equal(names(tmp, &flight), "build-docs baseline drain stop migrate release back.enable back.warm "
                                             "back.release back.migrate");
}

static void test_launch_steps_check__what_is_missing(void **state)
{
    (void)state;
    struct error err;
    struct config_step one = {.name = "tell", .kind = STEP_KIND_NOTIFY};
    struct config_environment lacking = {.name = "production", .steps = &one, .n_steps = 1};
    struct flight flight = {.version = "v2"};
    assert_true(launch_steps_check(NULL, &flight, &err));
    assert_false(launch_steps_check(&lacking, &flight, &err));
    assert_int_equal(err.code, ERROR_CONFIG);
    assert_string_equal(err.message, "step 'tell': environment 'production' has no channel to tell anybody by");
    lacking.n_notify = 1;
    assert_true(launch_steps_check(&lacking, &flight, &err));
    one = (struct config_step){.name = "enable", .kind = STEP_KIND_FLAG, .flag = "new"};
    assert_false(launch_steps_check(&lacking, &flight, &err));
    one = (struct config_step){.name = "warm", .kind = STEP_KIND_COMMAND, .command = words_of_version, .n_command = 2};
    assert_true(launch_steps_check(&lacking, &flight, &err));
    flight.version = NULL;
    assert_false(launch_steps_check(&lacking, &flight, &err));
    assert_int_equal(err.code, ERROR_USAGE);
    assert_string_equal(err.message, "step 'warm' wants a version, and none is said");
    one.command = words;
    assert_true(launch_steps_check(&lacking, &flight, &err));
    one = (struct config_step){.name = "mark", .kind = STEP_KIND_TAG};
    assert_false(launch_steps_check(&lacking, &flight, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_launch_steps_add__of_a_place),
        cmocka_unit_test(test_launch_steps_add_back__the_last_one_first),
        cmocka_unit_test(test_launch_steps_order__phase_by_phase),
        cmocka_unit_test(test_launch_steps_check__what_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

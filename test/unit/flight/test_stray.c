/*
 * Strays: what of a step may still be at work on another machine, by its intents and results in the journal.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/stray.h"
#include "base/process_mark.h"
#include "journal/events.h"
#include "journal/journal_parts.h"
#include "memory_store.h"
// cmocka asks for these first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

// Of another boot: another machine, or this one before it was started anew.
#define ELSEWHERE "77/12345/00000000-0000-0000-0000-000000000000/4026531836"
// Of this boot and process space, and of a number that none has (proc(5): below pid_max).
#define ANY_NUMBER 2147483646

static struct journal *journal;
static const struct flight flight = {.id = "F-1"};
static const struct step release = {.name = "release"};

static int set_up(void **state)
{
    (void)state;
    const struct journal_place place = {.driver = &store_memory};
    struct error err;

    shelf_reset();
    shelf.dies_at = NEVER;
    return journal_open(shelf.mem, &place, "F-1", &journal, &err) ? 0 : -1;
}

static void append(const char *event, const char *process)
{
    struct error err;
    json_t *data = json_object();
    bool is_step = strcmp(event, EVENT_STEP_STARTED) == 0;

    json_put_text(data, is_step ? "step" : "environment", is_step ? "release" : "production");
    if (is_step)
        json_put_text(data, "flight", "F-1");
    if (process != NULL)
        json_put_text(data, "process", process);
    json_t *command = json_put_array(data, "command");
    json_array_append_new(command, json_text("./deploy.sh"));
    json_array_append_new(command, json_text("to all"));
    assert_true(journal_append(journal, event, data, &err));
}

static const char *find(void)
{
    struct error err;
    const char *found = NULL;
    assert_true(stray_find(shelf.mem, journal, &flight, &release, &found, &err));
    return found;
}

static const char *ours_with(long number)
{
    const char *mark = process_mark(shelf.mem);
    return mem_printf(shelf.mem, "%ld%s", number, strchr(mark, '/'));
}

static void test_stray_find__on_another_machine(void **state)
{
    (void)state;
    append(EVENT_STEP_STARTED, NULL);
    assert_null(find()); // its verb had not begun, and is fenced now
    journal->host = "build-7";
    append(EVENT_RELEASE_STARTED, ELSEWHERE);
    journal->host = "build-8";
    const char *found = find();
    const char *expected = "./deploy.sh 'to all' was begun on build-7 (process 77) at ";
    assert_memory_equal(found, expected, strlen(expected));
    assert_non_null(strstr(found, ", has no result, and may be at work there still"));
    append(EVENT_RELEASE_FAILED, NULL);
    assert_null(find());
    append(EVENT_RELEASE_STARTED, NULL); // of a tminus that did not note its process
    assert_null(find());
    journal->host = "build-9";
    assert_non_null(find());
}

static void test_stray_find__of_the_last_attempt(void **state)
{
    (void)state;
    journal->host = "build-7";
    append(EVENT_STEP_STARTED, NULL);
    append(EVENT_RELEASE_STARTED, ELSEWHERE);
    journal->host = "build-8";
    assert_non_null(find());
    append(EVENT_STEP_STARTED, NULL); // a person said: again
    assert_null(find());
}

static void test_stray_find__on_this_machine(void **state)
{
    (void)state;
    append(EVENT_STEP_STARTED, NULL);
    append(EVENT_RELEASE_STARTED, ELSEWHERE);
    assert_null(find()); // it was started anew since
    append(EVENT_RELEASE_STARTED, ours_with(ANY_NUMBER));
    journal->host = "another-name";
    assert_null(find()); // it is dead, whatever the machine is called by now
    append(EVENT_RELEASE_STARTED, process_mark(shelf.mem));
    assert_non_null(find());
}

static int tear_down(void **state)
{
    (void)state;
    talloc_free(shelf.mem);
    shelf.mem = NULL;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_stray_find__on_another_machine, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stray_find__of_the_last_attempt, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stray_find__on_this_machine, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

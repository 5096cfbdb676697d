/*
 * The order in which a migration's data and schema go back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/undo_way.h"
// cmocka asks for these first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const struct engine_undo_state none = {0};
static const struct engine_undo_state waits = {.is_there = true, .is_ended = true};
static const struct engine_undo_state lacks = {.is_there = true, .is_ended = true, .missing = "column age of people"};
static const struct engine_undo_state moved = {.is_there = true, .is_ended = true, .moved = "people"};
static const struct engine_undo_state half = {.is_there = true};
static const struct engine_undo_state gone_back = {.is_there = true, .is_ended = true, .is_rolled_back = true};

static void test_undo_way_next(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool is_applied, has_down, is_data_refused;
        const struct engine_undo_state *log;
        enum undo_act act;
    } cases[] = {
        {"no log", true, true, false, &none, UNDO_ACT_DOWN},
        {"no log, and its down ran", false, true, false, &none, UNDO_ACT_NONE},
        {"all is there: the data first", true, true, false, &waits, UNDO_ACT_DATA},
        {"the data is back", true, true, false, &gone_back, UNDO_ACT_DOWN},
        {"both are back", false, true, false, &gone_back, UNDO_ACT_NONE},
        {"a column was dropped: the down first", true, true, false, &lacks, UNDO_ACT_DOWN},
        {"then the data", false, true, false, &waits, UNDO_ACT_DATA},
        {"the down did not bring it: the engine says so", false, true, false, &lacks, UNDO_ACT_DATA},
        {"another may have its name: the down first", true, true, false, &moved, UNDO_ACT_DOWN},
        {"then it is its own again", false, true, false, &moved, UNDO_ACT_DATA},
        {"no down: its name is all that there is", true, false, false, &moved, UNDO_ACT_DATA},
        {"a constraint refused the data", true, true, true, &waits, UNDO_ACT_DOWN},
        {"and now it is gone", false, true, true, &waits, UNDO_ACT_DATA},
        {"stopped half-way", true, true, false, &half, UNDO_ACT_DOWN},
        {"no down: the data alone", true, false, false, &waits, UNDO_ACT_DATA},
        {"no down, and the data is back", true, false, false, &gone_back, UNDO_ACT_NONE},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct undo_position at = {.is_applied = cases[i].is_applied, .has_down = cases[i].has_down,
                                         .is_data_refused = cases[i].is_data_refused, .log = *cases[i].log};
        if (undo_way_next(&at) != cases[i].act)
            fail_msg("%s: %d", cases[i].name, (int)undo_way_next(&at));
    }
}

static void test_undo_way_may_wait(void **state)
{
    const struct error refused = {.code = ERROR_DATABASE}, missing = {.code = ERROR_INPUT};
    struct undo_position at = {.is_applied = true, .has_down = true, .log = waits};
    (void)state;
    assert_true(undo_way_may_wait(&at, &refused));
    assert_false(undo_way_may_wait(&at, &missing));
    at.is_data_refused = true; // it does not end in a circle
    assert_false(undo_way_may_wait(&at, &refused));
    at = (struct undo_position){.is_applied = false, .has_down = true, .log = waits};
    assert_false(undo_way_may_wait(&at, &refused));
    at = (struct undo_position){.is_applied = true, .log = waits};
    assert_false(undo_way_may_wait(&at, &refused));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_undo_way_next),
        cmocka_unit_test(test_undo_way_may_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The table of flight states: whole, without contradiction, and with a way out of every state.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/states.h"
#include "base/memory.h"
// cmocka asks for these first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static const struct flight_facts cases[] = {
    {.is_changed = false, .can_go_back = false},
    {.is_changed = false, .can_go_back = true},
    {.is_changed = true, .can_go_back = true},
    {.is_changed = true, .can_go_back = false},
    {.is_changed = true, .can_go_back = true, .is_open = true},
    {.is_changed = true, .can_go_back = false, .stands = true},
};

static void test_each_pair_is_a_row_or_refused(void **state)
{
    (void)state;
    size_t n_rows = 0, n_refused = 0;

    for (int from = 0; from < FLIGHT_STATE_COUNT; from++)
        for (int occurrence = 0; occurrence < OCCURRENCE_COUNT; occurrence++) {
            size_t n_found = 0;
            for (size_t i = 0; i < COUNT_OF(cases); i++)
                n_found +=
                    flight_transition_find((enum flight_state)from,
                                           (enum flight_occurrence)occurrence, &cases[i]) != NULL;
            // All facts or none: a guard that leaves a gap would stop a flight in the air. One that
            // has ended is on the ground, and a wish for the watch that is refused stops nothing.
            if (!flight_state_is_end((enum flight_state)from) && occurrence != OCCURRED_WATCH_ASKED)
                assert_true(n_found == 0 || n_found == COUNT_OF(cases));
            const char *refusal =
                flight_refusal((enum flight_state)from, (enum flight_occurrence)occurrence);
            assert_true(strlen(refusal) > 10);
            n_rows += n_found > 0;
            n_refused += n_found == 0;
        }
    assert_int_equal(n_rows + n_refused, FLIGHT_STATE_COUNT * OCCURRENCE_COUNT);
    assert_true(n_rows > 40);
}

static void test_no_two_rows_for_one_case(void **state)
{
    (void)state;
    for (size_t i = 0; i < flight_n_transitions; i++)
        for (size_t k = i + 1; k < flight_n_transitions; k++) {
            const struct flight_transition *a = &flight_transitions[i], *b = &flight_transitions[k];
            if (a->state != b->state || a->occurrence != b->occurrence)
                continue;
            assert_int_not_equal(a->guard, b->guard);
            assert_int_not_equal(a->guard, GUARD_ALWAYS);
        }
}

// Only a person leaves an end, backwards, where something is to be taken back and it may be.
static void check_end(enum flight_state end, enum flight_occurrence occurrence,
                      const struct flight_facts *facts)
{
    const struct flight_transition *row = flight_transition_find(end, occurrence, facts);
    bool is_left = occurrence == OCCURRED_ROLLBACK_ASKED && end != FLIGHT_ABORTED &&
                   facts->is_changed && facts->can_go_back;

    if (!is_left)
        assert_null(row);
    else
        assert_int_equal(row->next, FLIGHT_ROLLING_BACK);
}

static void test_ends_end_and_others_have_an_exit(void **state)
{
    (void)state;
    for (int from = 0; from < FLIGHT_STATE_COUNT; from++) {
        bool is_end = flight_state_is_end((enum flight_state)from);
        assert_int_equal(is_end, flight_state_deadline_ms((enum flight_state)from) == 0);
        for (int occurrence = 0; is_end && occurrence < OCCURRENCE_COUNT; occurrence++)
            for (size_t i = 0; i < COUNT_OF(cases); i++)
                check_end((enum flight_state)from, (enum flight_occurrence)occurrence, &cases[i]);
        if (!is_end)
            assert_non_null(
                flight_transition_find((enum flight_state)from, OCCURRED_DEADLINE, &cases[2]));
    }
}

// Which states can be reached from `reached`, by any rows.
static void spread(bool *reached)
{
    for (bool is_more = true; is_more;) {
        is_more = false;
        for (size_t i = 0; i < flight_n_transitions; i++) {
            const struct flight_transition *row = &flight_transitions[i];
            if (reached[row->state] && row->next != FLIGHT_HELD && !reached[row->next])
                is_more = reached[row->next] = true;
        }
    }
}

static void test_every_state_is_reached_and_left(void **state)
{
    (void)state;
    bool from_start[FLIGHT_STATE_COUNT] = {[FLIGHT_POLLING] = true};

    spread(from_start);
    for (int from = 0; from < FLIGHT_STATE_COUNT; from++) {
        assert_true(from_start[from]);
        bool reached[FLIGHT_STATE_COUNT] = {false};
        reached[from] = true;
        spread(reached);
        assert_true(reached[FLIGHT_DONE] || reached[FLIGHT_ROLLED_BACK] ||
                    reached[FLIGHT_ABORTED] || reached[FLIGHT_CLOSED]);
    }
}

static void test_names(void **state)
{
    (void)state;
    for (int one = 0; one < FLIGHT_STATE_COUNT; one++) {
        assert_int_equal(flight_state_named(flight_state_name((enum flight_state)one)), one);
        assert_true(strlen(flight_state_says((enum flight_state)one)) > 5);
    }
    assert_int_equal(flight_state_named("landed"), FLIGHT_STATE_COUNT);
    assert_int_equal(flight_state_named(NULL), FLIGHT_STATE_COUNT);
}

// What nobody may ever get wrong, said once more apart from the table.
static void test_nothing_acts_on_a_changed_target_by_itself_without_evidence(void **state)
{
    (void)state;
    for (int from = 0; from < FLIGHT_STATE_COUNT; from++)
        for (int occurrence = 0; occurrence < OCCURRENCE_COUNT; occurrence++) {
            const struct flight_transition *row = flight_transition_find(
                (enum flight_state)from, (enum flight_occurrence)occurrence, &cases[3]);
            if (row == NULL || row->state == FLIGHT_ROLLING_BACK)
                continue;
            // Only a person sends it back when the evidence does not.
            if (row->next == FLIGHT_ROLLING_BACK)
                assert_true(row->state == FLIGHT_NEEDS_PERSON &&
                            (row->occurrence == OCCURRED_GO_ASKED ||
                             row->occurrence == OCCURRED_ROLLBACK_ASKED));
            // And what was changed is never called aborted, that is: unchanged.
            if (row->next == FLIGHT_ABORTED)
                assert_true(row->state == FLIGHT_POLLING || row->state == FLIGHT_PREPARING ||
                            row->state == FLIGHT_READY || row->state == FLIGHT_CONFIRMING);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_pair_is_a_row_or_refused),
        cmocka_unit_test(test_no_two_rows_for_one_case),
        cmocka_unit_test(test_ends_end_and_others_have_an_exit),
        cmocka_unit_test(test_every_state_is_reached_and_left),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_nothing_acts_on_a_changed_target_by_itself_without_evidence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

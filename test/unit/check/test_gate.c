/*
 * Gates: each with what passes, what fails and what nobody can answer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expect.h"
#include "gate_cases_people.h"
#include "gate_cases_place.h"
#include "gate_cases_proof.h"
#include "gate_cases_server.h"
#include "gate_facts.h"

#define CASES(list)                                                                                \
    {                                                                                              \
        (list), COUNT_OF(list)                                                                     \
    }
static const struct {
    const struct gate_case *cases;
    size_t n;
} lists[] = {CASES(gate_cases_proof), CASES(gate_cases_people), CASES(gate_cases_place),
             CASES(gate_cases_server)};

static void check_case(const struct gate_case *expected)
{
    SCRATCH(tmp);
    const struct gate *gate = gate_find(expected->gate);
    struct gate_answer answer = {.status = STATUS_UNKNOWN};
    struct good_facts good;
    assert_non_null(gate);
    good_facts(tmp, &good);
    expected->spoil(&good);
    gate->judge(tmp, &good.facts, &answer);
    if (answer.status != expected->status ||
        (expected->observed != NULL && strcmp(answer.observed, expected->observed) != 0))
        fail_msg("%s is %s: %s, expected %s: %s", expected->gate, status_name(answer.status),
                 answer.observed, status_name(expected->status), expected->observed ?: "");
    assert_non_null(answer.observed);
    assert_non_null(answer.expected);
}

static void test_gate__answers(void **state)
{
    (void)state;
    for (size_t l = 0; l < COUNT_OF(lists); l++)
        for (size_t i = 0; i < lists[l].n; i++)
            check_case(&lists[l].cases[i]);
}

// What waits for a person is not answered either.
static bool has_case(const char *gate, enum status status)
{
    for (size_t l = 0; l < COUNT_OF(lists); l++)
        for (size_t i = 0; i < lists[l].n; i++) {
            const struct gate_case *one = &lists[l].cases[i];
            bool is_open = status == STATUS_UNKNOWN && one->status == STATUS_MANUAL;
            if (strcmp(one->gate, gate) == 0 && (one->status == status || is_open))
                return true;
        }
    return false;
}

static void test_gate__each_has_its_three_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < gate_count; i++) {
        static const enum status wanted[] = {STATUS_PASS, STATUS_FAIL, STATUS_UNKNOWN};
        // Given, or awaited.
        bool is_signature = strcmp(gate_table[i].id, "approved") == 0;
        for (size_t s = 0; s < COUNT_OF(wanted); s++)
            if (!(is_signature && wanted[s] == STATUS_FAIL) &&
                !has_case(gate_table[i].id, wanted[s]))
                fail_msg("no case of %s is %s", gate_table[i].id, status_name(wanted[s]));
    }
}

// A file of one database has no server to ask.
static void test_gate__no_server(void **state)
{
    (void)state;
    for (size_t i = 0; i < gate_count; i++) {
        SCRATCH(tmp);
        struct gate_answer answer = {.status = STATUS_UNKNOWN};
        struct good_facts good;
        good_facts(tmp, &good);
        good.facts.has_server = false;
        gate_table[i].judge(tmp, &good.facts, &answer);
        assert_int_equal(answer.is_moot, gate_table[i].group == GATE_SERVER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gate__answers),
        cmocka_unit_test(test_gate__each_has_its_three_cases),
        cmocka_unit_test(test_gate__no_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The lease of a maintenance out of the journal's events, and what a flight makes of it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/flight.h"
#include "journal/events.h"
// cmocka asks for these first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define UNTIL_MS ((int64_t)1795357800000) // 2026-11-22T14:30:00Z
#define UNTIL "2026-11-22T14:30:00.000Z"

static void take(struct maintenance_lease *lease, const char *name, const char *set,
                 const char *until, const char *result)
{
    json_auto_t *event = json_object();
    json_put_text(event, "event", name);
    json_t *data = json_put_object(event, "data");
    json_put_text(data, "set", set);
    json_put_text(data, "until", until);
    json_put_text(data, "state", result);
    maintenance_lease_take(lease, event);
}

static void test_on_from_the_intent(void **state)
{
    (void)state;
    struct maintenance_lease lease = {0};

    assert_false(maintenance_lease_is_over(&lease, UNTIL_MS));
    take(&lease, EVENT_MAINTENANCE_STARTED, "on", UNTIL, NULL);
    assert_true(lease.is_on);
    assert_int_equal(lease.until_ms, UNTIL_MS);
    assert_false(maintenance_lease_is_over(&lease, UNTIL_MS - 1));
    assert_true(maintenance_lease_is_over(&lease, UNTIL_MS));
    take(&lease, EVENT_MAINTENANCE_OVERDUE, NULL, UNTIL, NULL);
    assert_true(lease.is_on && lease.is_noted);
    take(&lease, EVENT_MAINTENANCE_STARTED, "on", "2026-11-22T15:30:00.000Z", NULL); // anew
    assert_false(lease.is_noted);
    assert_false(maintenance_lease_is_over(&lease, UNTIL_MS));
}

// It is off when that was seen, and not when it was tried.
static void test_off(void **state)
{
    (void)state;
    struct maintenance_lease lease = {0};

    take(&lease, EVENT_MAINTENANCE_STARTED, "on", UNTIL, NULL);
    take(&lease, EVENT_MAINTENANCE_SET, "on", UNTIL, "done");
    take(&lease, EVENT_MAINTENANCE_STARTED, "off", NULL, NULL);
    assert_true(lease.is_on);
    take(&lease, EVENT_MAINTENANCE_FAILED, "off", NULL, "pending");
    assert_true(lease.is_on);
    take(&lease, EVENT_MAINTENANCE_SET, "off", NULL, "done");
    assert_false(lease.is_on);
    // Enabling failed: off when it was seen to be off, and else on until somebody knows better.
    take(&lease, EVENT_MAINTENANCE_STARTED, "on", UNTIL, NULL);
    take(&lease, EVENT_MAINTENANCE_FAILED, "on", UNTIL, "unknown");
    assert_true(lease.is_on);
    take(&lease, EVENT_MAINTENANCE_FAILED, "on", UNTIL, "partly");
    assert_true(lease.is_on);
    take(&lease, EVENT_MAINTENANCE_FAILED, "on", UNTIL, "pending");
    assert_false(lease.is_on);
}

// A maintenance alone always ends: nothing else has to show that it can be taken back.
static void test_a_flight_with_maintenance_alone_goes_back(void **state)
{
    (void)state;
    struct step steps[] = {
        {.name = "maintenance.on", .phase = STEP_DEPLOY, .kind = "maintenance"},
        {.name = "migrate", .phase = STEP_DEPLOY, .kind = "migrate"},
        {.name = "back.maintenance", .phase = STEP_BACK, .kind = "maintenance",
         .undoes = "maintenance.on"},
    };
    struct flight flight = {.steps = steps, .n_steps = COUNT_OF(steps)};

    assert_false(flight_facts(&flight).is_changed);
    steps[0].state = STEP_DONE;
    assert_true(flight_facts(&flight).is_changed);
    assert_true(flight_facts(&flight).can_go_back);
    steps[1].state = STEP_FAILED;
    assert_false(flight_facts(&flight).can_go_back);
    steps[1].left_nothing = true;
    assert_true(flight_facts(&flight).can_go_back);
    steps[2].state = STEP_DONE;
    assert_false(flight_facts(&flight).is_changed);
    flight.methods = BACK_VERSION;
    assert_true(flight_is_called_for(&flight, &steps[2]));
    flight.methods = BACK_MIGRATION;
    assert_true(flight_is_called_for(&flight, &steps[2]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_on_from_the_intent),
        cmocka_unit_test(test_off),
        cmocka_unit_test(test_a_flight_with_maintenance_alone_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

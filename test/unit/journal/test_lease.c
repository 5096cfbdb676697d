/*
 * Leases of a journal: what is appended under one that was lost is refused, and the chain stays whole.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "journal/lease.h"
#include "database.h"

struct fixture {
    struct database *database;
    struct journal *ours, *theirs; // of one file
    struct error err;
};

static struct journal *open_journal(struct fixture *fixture)
{
    struct journal *journal;
    const struct journal_place place = {.driver = &store_sqlite,
                                        .location = secret_make(fixture, fixture->database->path)};
    if (!journal_open(fixture, &place, "run", &journal, &fixture->err))
        fail_msg("%s", fixture->err.message);
    return journal;
}

static int set_up(void **state)
{
    struct fixture *fixture = mem_new(NULL, struct fixture);
    fixture->database = database_make(NULL);
    fixture->ours = open_journal(fixture);
    fixture->theirs = open_journal(fixture);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    talloc_free(fixture->ours);
    talloc_free(fixture->theirs);
    talloc_free(fixture->database);
    talloc_free(fixture);
    return 0;
}

static bool append(struct fixture *fixture, struct journal *journal)
{
    return journal_append(journal, "counted", json_object(), &fixture->err);
}

static void check_events(struct fixture *fixture, int64_t n)
{
    struct journal_verdict verdict;
    assert_true(journal_verify(fixture->ours, NULL, &verdict, &fixture->err));
    assert_true(verdict.is_intact);
    assert_int_equal(verdict.events, n);
}

static void test_fence__taken_over(void **state)
{
    struct fixture *fixture = *state;
    struct lease *first, *second;
    assert_true(lease_take(fixture, fixture->ours, "shop/production", 60000, &first, &fixture->err));
    assert_false(first->taken.is_takeover);
    journal_fence(fixture->ours, first);
    assert_true(append(fixture, fixture->ours));
    assert_true(lease_renew(first, &fixture->err));
    // This process again: what it held is fenced.
    assert_true(lease_take(fixture, fixture->theirs, "shop/production", 60000, &second, &fixture->err));
    assert_true(second->taken.is_takeover);
    assert_int_equal(second->fence.epoch, first->fence.epoch + 1);
    assert_false(append(fixture, fixture->ours));
    assert_int_equal(fixture->err.code, ERROR_POLICY);
    assert_non_null(strstr(fixture->err.message, "fenced: the lease 'shop/production' (epoch 1) was taken over by "));
    assert_false(lease_renew(first, &fixture->err));
    assert_int_equal(fixture->err.code, ERROR_POLICY);
    assert_true(lease_release(first, &fixture->err)); // nothing to give back
    journal_fence(fixture->theirs, second);
    assert_true(append(fixture, fixture->theirs));
    check_events(fixture, 2);
    journal_fence(fixture->ours, NULL); // what no lease is needed for
    assert_true(append(fixture, fixture->ours));
    check_events(fixture, 3);
}

static void test_release(void **state)
{
    struct fixture *fixture = *state;
    struct lease *lease;
    struct store_lease found;
    bool is_there;
    assert_true(lease_take(fixture, fixture->ours, "shop/production", 60000, &lease, &fixture->err));
    assert_true(lease_release(lease, &fixture->err));
    assert_true(lease_look(fixture, fixture->theirs, "shop/production", &found, &is_there, &fixture->err));
    assert_true(is_there && !found.is_held && !found.is_alive);
    journal_fence(fixture->ours, lease);
    assert_false(append(fixture, fixture->ours));
    assert_string_equal(fixture->err.message, "the lease 'shop/production' was given back: nothing more is written");
    check_events(fixture, 0);
    assert_true(lease_look(fixture, fixture->ours, "shop/staging", &found, &is_there, &fixture->err));
    assert_false(is_there);
}

// The mark of a holder before this boot: nobody sets the machine's own time back, and it is dead.
static void test_take__before_this_boot(void **state)
{
    struct fixture *fixture = *state;
    struct lease *lease;
    assert_true(lease_take(fixture, fixture->ours, "shop/production", 3600000, &lease, &fixture->err));
    database_execute(fixture->database->path, "UPDATE lease SET process = '1/1/another-boot/1'");
    assert_true(lease_take(fixture, fixture->theirs, "shop/production", 60000, &lease, &fixture->err));
    assert_true(lease->taken.is_takeover);
    assert_string_equal(lease->taken.before.owner.process, "1/1/another-boot/1");
}

// A wall clock that was set back or on does not make a lease older or younger.
static void test_take__wall_clock(void **state)
{
    struct fixture *fixture = *state;
    struct lease *lease;
    assert_true(lease_take(fixture, fixture->ours, "shop/production", 60000, &lease, &fixture->err));
    struct store_lease found;
    bool is_there;
    database_execute(fixture->database->path, "UPDATE lease SET renewed_ms = 0, taken_ms = 0");
    assert_true(lease_look(fixture, fixture->ours, "shop/production", &found, &is_there, &fixture->err));
    assert_true(found.is_alive);
    database_execute(fixture->database->path, "UPDATE lease SET renewed_ms = 9999999999999, renewed_boot_ms = renewed_boot_ms - 70000");
    assert_true(lease_look(fixture, fixture->ours, "shop/production", &found, &is_there, &fixture->err));
    assert_true(found.is_held && !found.is_alive);
    assert_in_range(found.age_ms, 70000, 80000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fence__taken_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_release, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_take__before_this_boot, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_take__wall_clock, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Which flight is the last one, where one journal tells of several environments.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/flying.h"
#include "tree.h"

static struct journal *open_journal(TALLOC_CTX *mem)
{
    struct tree *tree = tree_make(mem);
    const struct journal_place place = {.driver = &store_sqlite,
                                        .location = secret_make(mem, tree_path(tree, "journal.db"))};
    struct journal *journal;
    struct error err;

    assert_true(journal_open(mem, &place, "run", &journal, &err));
    return journal;
}

static void begin(struct journal *journal, const char *id, const char *service, const char *environment)
{
    const struct flight flight = {.id = id, .service = service, .environment = environment};
    struct error err;

    assert_true(flight_begin(journal, &flight, &err));
}

static const struct flight *last(TALLOC_CTX *mem, struct journal *journal, const char *service, const char *environment)
{
    struct flight_reader *reader = flight_reader_make(mem, journal, service, environment, NULL);
    struct flight *flight = NULL;
    struct error err;

    assert_true(flight_refresh(reader, &flight, &err));
    return flight;
}

static void test_the_last_of_an_environment(void **state)
{
    struct journal *journal;
    struct flight *flight = NULL;
    struct error err;
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);

    journal = open_journal(mem);
    begin(journal, "F-1", "shop", "production");
    begin(journal, "F-2", "shop", "staging");
    begin(journal, "F-3", "bank", "production");
    assert_string_equal(last(mem, journal, "shop", "production")->id, "F-1");
    assert_string_equal(last(mem, journal, "shop", "staging")->id, "F-2");
    assert_null(last(mem, journal, "shop", "test"));
    assert_string_equal(last(mem, journal, NULL, NULL)->id, "F-3");
    // One that is named is read whoever it is of, and says of whom.
    struct flight_reader *reader = flight_reader_make(mem, journal, "shop", "production", "F-2");
    assert_true(flight_refresh(reader, &flight, &err));
    assert_string_equal(flight->environment, "staging");
    talloc_free(mem);
}

// An older flight that is asked back is the last one again, in its own environment alone.
static void test_the_one_that_is_asked_back(void **state)
{
    const struct flight older = {.id = "F-1"};
    const struct flight_wish wish = {.asks = "rollback"};
    struct journal *journal;
    struct error err;
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);

    journal = open_journal(mem);
    begin(journal, "F-1", "shop", "staging");
    begin(journal, "F-2", "shop", "production");
    begin(journal, "F-3", "shop", "staging");
    assert_true(flight_ask(journal, &older, &wish, &err));
    assert_string_equal(last(mem, journal, "shop", "production")->id, "F-2");
    assert_string_equal(last(mem, journal, "shop", "staging")->id, "F-1");
    assert_int_equal(last(mem, journal, "shop", "staging")->n_requests, 1);
    talloc_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_last_of_an_environment),
        cmocka_unit_test(test_the_one_that_is_asked_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

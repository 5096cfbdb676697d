/*
 * The table of PostgreSQL's facts: every form has rows, in order, that do not overlap and leave no
 * version out, and the words that people read.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expect.h"

#include "analysis/postgres_fact.h"
#include "base/memory.h"

static void test_postgres_fact__every_form_in_order(void **state)
{
    (void)state;
    int expected = 0;
    const struct postgres_fact *last = NULL;
    for (const struct postgres_fact *f = postgres_fact_next(NULL); f; f = postgres_fact_next(f)) {
        bool is_first = !last || last->form != f->form;
        if ((int)f->form != expected - !is_first)
            fail_msg("%s stands in the wrong place", f->id);
        if (!is_first && (strcmp(f->id, last->id) != 0 || last->until + 1 != f->since))
            fail_msg("%s: the versions of its rows do not join", f->id);
        if (is_first && last && last->until != 0)
            fail_msg("%s ends at version %u", last->id, last->until);
        expected += is_first;
        last = f;
    }
    assert_int_equal(expected, FORM_COUNT);
}

static void test_postgres_fact_of__version(void **state)
{
    (void)state;
    for (int form = 0; form < FORM_COUNT; form++) {
        const struct postgres_fact *first = postgres_fact_of((enum postgres_form)form, 0);
        for (unsigned version = 10; version <= POSTGRES_FACT_LAST; version++) {
            const struct postgres_fact *f = postgres_fact_of((enum postgres_form)form, version);
            assert_int_equal(f->form, form);
            if (version >= first->since && !postgres_fact_holds(f, version))
                fail_msg("%s has no row of version %u", f->id, version);
        }
        assert_ptr_equal(postgres_fact_find(first->id, 15), postgres_fact_of(first->form, 15));
    }
    assert_null(postgres_fact_find("add-colum", 15));
    assert_int_equal(postgres_fact_effect(postgres_fact_of(FORM_VALIDATE_DOMAIN, 18), ROLE_TYPE_USER)->mode, LOCK_SHARE);
    assert_int_equal(postgres_fact_effect(postgres_fact_of(FORM_VALIDATE_DOMAIN, 19), ROLE_TYPE_USER)->mode,
                     LOCK_SHARE_UPDATE_EXCLUSIVE);
    assert_null(postgres_fact_effect(postgres_fact_of(FORM_GRANT, 15), ROLE_TABLE));
}

// A row of 15 is measured: it has something to try. A row of other versions names its source.
static void test_postgres_fact__words(void **state)
{
    (void)state;
    for (const struct postgres_fact *f = postgres_fact_next(NULL); f; f = postgres_fact_next(f)) {
        if (!f->id || !f->title || !f->why || !f->source || !f->example)
            fail_msg("%s lacks words", f->id ? f->id : "a row");
        if (strpbrk(f->id, " _ABCDEFGHIJKLMNOPQRSTUVWXYZ") || f->why[strlen(f->why) - 1] == '.')
            fail_msg("%s: an id in kebab-case, a reason without full stop", f->id);
        bool is_of_15 = postgres_fact_holds(f, 15) && f->form != FORM_TYPE_UNKNOWN;
        if (is_of_15 != (f->setups[0] != NULL) || is_of_15 != (strstr(f->source, "measured") != NULL))
            fail_msg("%s: what 15 has is measured, and nothing else", f->id);
        if ((f->since > POSTGRES_FACT_FIRST || f->until) && !f->history)
            fail_msg("%s differs between versions and does not say how", f->id);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_postgres_fact__every_form_in_order),
        cmocka_unit_test(test_postgres_fact_of__version),
        cmocka_unit_test(test_postgres_fact__words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Attribution: every rule of docs/attribution.md in a case where it holds and one where it does not.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/attribution.h"
// cmocka asks for these first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

// --- who wrote

static struct attribution_run run_of(uint64_t transaction, uint64_t end)
{
    return (struct attribution_run){.migration = "0003_x.sql", .transaction = transaction, .end = end};
}

static void test_attribution_writer(void **state)
{
    (void)state;
    struct attribution_run run = run_of(1000, 1010);
    const struct attribution one = {.runs = &run, .n_runs = 1};
    const struct attribution unknown = {.unknown = "not in the journal"};
    static const struct {
        enum engine_wrote wrote;
        uint64_t writer;
        bool is_noted;
        enum writer expected;
    } rows[] = {
        {WROTE_BEFORE, 900, false, WRITER_BEFORE},  {WROTE_SINCE, 999, false, WRITER_TRAFFIC},
        {WROTE_SINCE, 1000, false, WRITER_MIGRATION}, {WROTE_SINCE, 1001, false, WRITER_AMONG},
        {WROTE_SINCE, 1009, false, WRITER_AMONG},   {WROTE_SINCE, 1010, false, WRITER_TRAFFIC},
        {WROTE_SINCE, 1000, true, WRITER_NOTED},    {WROTE_SINCE, 1005, true, WRITER_NOTED},
        {WROTE_SINCE, 2000, true, WRITER_TRAFFIC},  {WROTE_UNKNOWN, 2000, false, WRITER_UNKNOWN},
        {WROTE_SINCE, 0, false, WRITER_UNKNOWN},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (attribution_writer(&one, rows[i].wrote, rows[i].writer, rows[i].is_noted) !=
            rows[i].expected)
            fail_msg("row %zu", i);
    assert_int_equal(attribution_writer(&unknown, WROTE_SINCE, 1005, false), WRITER_UNKNOWN);
    assert_int_equal(attribution_writer(&unknown, WROTE_BEFORE, 1005, false), WRITER_BEFORE);
}

// Rows store 32 bits of a number; the journal has 64.
static void test_attribution_writer__goes_in_a_circle(void **state)
{
    (void)state;
    struct attribution_run run = run_of(0x5fffffffeull, 0x600000008ull);
    const struct attribution attribution = {.runs = &run, .n_runs = 1};

    assert_int_equal(attribution_writer(&attribution, WROTE_SINCE, 0xfffffffeu, false), WRITER_MIGRATION);
    assert_int_equal(attribution_writer(&attribution, WROTE_SINCE, 0xffffffffu, false), WRITER_AMONG);
    assert_int_equal(attribution_writer(&attribution, WROTE_SINCE, 7, false), WRITER_AMONG);
    assert_int_equal(attribution_writer(&attribution, WROTE_SINCE, 8, false), WRITER_TRAFFIC);
    assert_int_equal(attribution_writer(&attribution, WROTE_SINCE, 0xfffffffdu, false), WRITER_TRAFFIC);
}

// --- answers

// A table of which all is known, and a migration that updated 100 rows of it, all left as it wrote
// them, in a quiet time.
static struct attribution_table quiet(void)
{
    return (struct attribution_table){
        .is_supported = true,
        .has_own = true,
        .own = {.updated = 100},
        .has_others = true,
        .rows = {.n = {[WRITER_BEFORE] = 900, [WRITER_MIGRATION] = 100}},
    };
}

static struct writer_counts by(enum writer writer, int64_t rows)
{
    struct writer_counts counts = {0};
    counts.n[writer] = rows;
    return counts;
}

static void check(struct attribution_answer answer, enum status status, int64_t by_traffic,
                  int64_t unattributed)
{
    assert_int_equal(answer.status, status);
    assert_int_equal(answer.by_traffic, by_traffic);
    assert_int_equal(answer.unattributed, unattributed);
}

static void test_attribution_changed__by_the_migration(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct attribution_table table = quiet();
    struct writer_counts damage = by(WRITER_MIGRATION, 2);

    check(attribution_changed(tmp, &table, &damage, true), STATUS_FAIL, 0, 2);
    table.others.updated = 1; // at least one of the two is the migration's
    check(attribution_changed(tmp, &table, &damage, true), STATUS_FAIL, 0, 2);
    table.others.updated = 2; // both may be traffic's, written before the migration came to them
    check(attribution_changed(tmp, &table, &damage, true), STATUS_UNKNOWN, 0, 2);
    table.others.updated = 0;
    table.has_others = false;
    check(attribution_changed(tmp, &table, &damage, true), STATUS_UNKNOWN, 0, 2);
}

// Traffic wrote the rows before the migration wrote over them: the text and the counters say so.
static void test_attribution_changed__two_witnesses(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct attribution_table table = quiet();
    const struct writer_counts rows = by(WRITER_MIGRATION, 5);

    table.is_traced = true;
    table.others.updated = 5;
    check(attribution_changed(tmp, &table, &rows, false), STATUS_PASS, 5, 0);
    check(attribution_changed(tmp, &table, &rows, true), STATUS_UNKNOWN, 0, 5); // the text writes it
    table.others.updated = 4; // at least one is nobody's but the migration's
    check(attribution_changed(tmp, &table, &rows, false), STATUS_FAIL, 0, 5);
    table.others.updated = 5;
    table.hidden = "3.sql:1 DO";
    check(attribution_changed(tmp, &table, &rows, false), STATUS_UNKNOWN, 0, 5);
    table.hidden = NULL;
    table.indirect = "rule r";
    check(attribution_changed(tmp, &table, &rows, false), STATUS_UNKNOWN, 0, 5);
    table.indirect = NULL;
    table.is_traced = false;
    check(attribution_changed(tmp, &table, &rows, false), STATUS_UNKNOWN, 0, 5);
    table.is_traced = true;
    table.has_own = false; // then the others' are not told from its own
    check(attribution_changed(tmp, &table, &rows, false), STATUS_UNKNOWN, 0, 5);
    table.has_own = true;
    table.is_rewritten = true;
    check(attribution_changed(tmp, &table, &rows, false), STATUS_UNKNOWN, 0, 5);
}

static void test_attribution_changed__by_traffic(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct attribution_table table = quiet();
    struct writer_counts rows = by(WRITER_TRAFFIC, 7);

    table.others.updated = 7;
    check(attribution_changed(tmp, &table, &rows, true), STATUS_PASS, 7, 0);
    // The same column of rows that the migration wrote differs too: traffic may have touched what
    // was damaged already.
    rows.n[WRITER_MIGRATION] = 9;
    check(attribution_changed(tmp, &table, &rows, true), STATUS_FAIL, 0, 16);
    rows = by(WRITER_NOTED, 3);
    check(attribution_changed(tmp, &table, &rows, true), STATUS_PASS, 3, 0);
    rows = by(WRITER_BEFORE, 1);
    check(attribution_changed(tmp, &table, &rows, true), STATUS_FAIL, 0, 1);
    rows = by(WRITER_UNKNOWN, 1);
    check(attribution_changed(tmp, &table, &rows, true), STATUS_UNKNOWN, 0, 1);
}

static void test_attribution_changed__subtransactions(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct attribution_table table = quiet();
    struct writer_counts rows = by(WRITER_AMONG, 4);

    table.others.updated = 4;
    check(attribution_changed(tmp, &table, &rows, true), STATUS_PASS, 4, 0); // its text has none
    table.hidden = "0003_x.sql:2 DO";
    check(attribution_changed(tmp, &table, &rows, true), STATUS_PASS, 4, 0); // all 100 are accounted for
    table.own.updated = 104;
    check(attribution_changed(tmp, &table, &rows, true), STATUS_UNKNOWN, 0, 4);
    table.own.updated = 100;
    table.is_rewritten = true; // a rewrite marks rows that are not counted
    check(attribution_changed(tmp, &table, &rows, true), STATUS_UNKNOWN, 0, 4);
}

static void test_attribution_changed__own_counters(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct attribution_table table = quiet();
    struct writer_counts rows = by(WRITER_AMONG, 4);

    table.hidden = "0003_x.sql:2 DO";
    table.own = (struct engine_written){.deleted = 3};
    table.rows = (struct writer_counts){{[WRITER_AMONG] = 4}};
    check(attribution_changed(tmp, &table, &rows, true), STATUS_PASS, 4, 0); // it updated no row
    table.own.updated = 1;
    check(attribution_changed(tmp, &table, &rows, true), STATUS_UNKNOWN, 0, 4);
    table.own.updated = 0;
    table.is_rewritten = true;
    check(attribution_changed(tmp, &table, &rows, true), STATUS_UNKNOWN, 0, 4);
    rows = by(WRITER_BEFORE, 1);
    table.is_rewritten = false;
    check(attribution_changed(tmp, &table, &rows, true), STATUS_FAIL, 0, 1);
}

static void test_attribution_changed__all_written_over(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct attribution_table table = quiet();
    struct writer_counts rows = by(WRITER_TRAFFIC, 2);

    table.hidden = "trigger emails_touch";
    table.own.updated = 2;
    table.others.updated = 2;
    table.rows = (struct writer_counts){{[WRITER_TRAFFIC] = 2}};
    check(attribution_changed(tmp, &table, &rows, true), STATUS_UNKNOWN, 0, 2);
    table.rows.n[WRITER_MIGRATION] = 1;
    check(attribution_changed(tmp, &table, &rows, true), STATUS_PASS, 2, 0);
    table.rows.n[WRITER_MIGRATION] = 0;
    table.hidden = NULL; // the text tells all
    check(attribution_changed(tmp, &table, &rows, true), STATUS_PASS, 2, 0);
}

static void test_attribution_changed__not_in_the_journal(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct attribution_table table = quiet();
    struct writer_counts rows = by(WRITER_UNKNOWN, 5);

    table.unknown = "0003_x.sql was not run by tminus migrate";
    table.has_own = false;
    check(attribution_changed(tmp, &table, &rows, true), STATUS_FAIL, 0, 5);
    table.others.updated = 5;
    check(attribution_changed(tmp, &table, &rows, true), STATUS_UNKNOWN, 0, 5);
    table.is_supported = false; // SQLite
    check(attribution_changed(tmp, &table, &rows, true), STATUS_FAIL, 0, 5);
}

static void test_attribution_extra(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct attribution_table table = quiet();
    struct writer_counts rows = by(WRITER_MIGRATION, 3);

    // It inserted none: it wrote over rows that traffic had inserted.
    check(attribution_extra(tmp, &table, &rows), STATUS_PASS, 3, 0);
    table.own.inserted = 3;
    check(attribution_extra(tmp, &table, &rows), STATUS_FAIL, 0, 3);
    table.others.inserted = 3;
    check(attribution_extra(tmp, &table, &rows), STATUS_UNKNOWN, 0, 3);
    rows = by(WRITER_TRAFFIC, 3);
    check(attribution_extra(tmp, &table, &rows), STATUS_PASS, 3, 0);
    table.unknown = "not in the journal";
    rows = by(WRITER_UNKNOWN, 4);
    check(attribution_extra(tmp, &table, &rows), STATUS_FAIL, 0, 4);
}

// An UPDATE of keys is neither an insert nor a delete.
static void test_attribution_may_move_keys(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct attribution_table table = quiet();
    struct writer_counts rows = by(WRITER_MIGRATION, 2);

    table.is_traced = true;
    assert_false(attribution_may_move_keys(&table, 2, &rows)); // the text would name it
    table.hidden = "0001_change.up.sql:1 DO";
    assert_true(attribution_may_move_keys(&table, 2, &rows));
    assert_false(attribution_may_move_keys(&table, 0, &rows)); // what has moved is gone as well
    rows = by(WRITER_TRAFFIC, 2);
    assert_false(attribution_may_move_keys(&table, 2, &rows));
    rows = by(WRITER_AMONG, 2);
    assert_false(attribution_may_move_keys(&table, 2, &rows)); // all 100 carry its own number
    table.rows = by(WRITER_MIGRATION, 99);
    assert_true(attribution_may_move_keys(&table, 2, &rows));
    table.own.updated = 0;
    assert_false(attribution_may_move_keys(&table, 2, &rows));

    table.own.updated = 100;
    table.may_move_keys = true;
    rows = by(WRITER_MIGRATION, 2);
    check(attribution_extra(tmp, &table, &rows), STATUS_FAIL, 0, 2);
    check(attribution_missing(tmp, &table, 0, 2), STATUS_FAIL, 0, 2);
    table.others.inserted = table.others.deleted = 2;
    check(attribution_extra(tmp, &table, &rows), STATUS_UNKNOWN, 0, 2);
    check(attribution_missing(tmp, &table, 0, 2), STATUS_UNKNOWN, 0, 2);
}

static void test_attribution_missing(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct attribution_table table = quiet();

    check(attribution_missing(tmp, &table, 0, 4), STATUS_PASS, 4, 0); // it deleted none
    table.own.deleted = 10;
    check(attribution_missing(tmp, &table, 10, 4), STATUS_PASS, 4, 0); // and these are the ten
    check(attribution_missing(tmp, &table, 6, 4), STATUS_FAIL, 0, 4);
    table.others.deleted = 3;
    check(attribution_missing(tmp, &table, 6, 4), STATUS_FAIL, 0, 4);
    table.others.deleted = 4;
    check(attribution_missing(tmp, &table, 6, 4), STATUS_UNKNOWN, 0, 4);
    table.is_rewritten = true;
    table.own.deleted = 0;
    check(attribution_missing(tmp, &table, 0, 4), STATUS_UNKNOWN, 0, 4);
    table.is_rewritten = false;
    table.unknown = "not in the journal";
    check(attribution_missing(tmp, &table, 0, 4), STATUS_UNKNOWN, 0, 4);
    table.others.deleted = 0;
    check(attribution_missing(tmp, &table, 0, 4), STATUS_FAIL, 0, 4);
}

static void test_attribution__none_is_pass(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct attribution_table table = {.unknown = "nothing is known"};
    const struct writer_counts none = {0};

    for (int i = 0; i < 2; i++) {
        table.is_supported = i == 1;
        check(attribution_changed(tmp, &table, &none, true), STATUS_PASS, 0, 0);
        check(attribution_extra(tmp, &table, &none), STATUS_PASS, 0, 0);
        check(attribution_missing(tmp, &table, 0, 0), STATUS_PASS, 0, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attribution_writer),
        cmocka_unit_test(test_attribution_writer__goes_in_a_circle),
        cmocka_unit_test(test_attribution_changed__by_the_migration),
        cmocka_unit_test(test_attribution_changed__two_witnesses),
        cmocka_unit_test(test_attribution_changed__by_traffic),
        cmocka_unit_test(test_attribution_changed__subtransactions),
        cmocka_unit_test(test_attribution_changed__own_counters),
        cmocka_unit_test(test_attribution_changed__all_written_over),
        cmocka_unit_test(test_attribution_changed__not_in_the_journal),
        cmocka_unit_test(test_attribution_extra),
        cmocka_unit_test(test_attribution_may_move_keys),
        cmocka_unit_test(test_attribution_missing),
        cmocka_unit_test(test_attribution__none_is_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Estimates: how long work takes, who waits, and what a budget makes of it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/calibration.h"
#include "change/config.h"
#include "judged.h"

#define ORDERS                                                                                     \
    "CREATE TABLE orders (id bigint PRIMARY KEY, amount int, note text);"                          \
    "CREATE TABLE lines (id bigint PRIMARY KEY, order_id bigint);"
#define INDEX "CREATE INDEX i ON orders (amount);"
#define CHECK "ALTER TABLE orders ADD CONSTRAINT c CHECK (amount > 0);"

// Rates: docs/plan.md.
static void test_work_duration(void **state)
{
    (void)state;
    struct schema_relation by_bytes = {.rows = 1000, .bytes = 3000LL * 1024 * 1024};
    struct schema_relation by_rows = {.rows = 1000000, .bytes = -1};
    struct schema_relation unknown = {.rows = -1, .bytes = -1};
    struct work_amount scan = {.relation = &by_bytes, .n = {[ESTIMATE_SCAN] = 1}};
    struct work_amount twice = {.relation = &by_rows, .n = {[ESTIMATE_INDEX] = 2}};
    struct work_amount some = {.relation = &by_rows, .n = {[ESTIMATE_WRITE] = 1}, .writes_some = true};
    struct duration duration = work_duration(&scan, NULL);
    assert_float_equal(duration.low, 3.0, 0.001);
    assert_float_equal(duration.high, 30.0, 0.001);
    duration = work_duration(&twice, NULL);
    assert_float_equal(duration.low, 1.0, 0.001);
    assert_float_equal(duration.high, 10.0, 0.001);
    duration = work_duration(&some, NULL); // perhaps no row: a scan
    assert_float_equal(duration.low, 0.2, 0.001);
    assert_float_equal(duration.high, 50.0, 0.001);
    assert_false(work_is_sized(&(struct work_amount){.relation = &unknown}));
    assert_false(work_is_sized(&(struct work_amount){.relation = NULL}));
}

// 300 MB/s is what a rehearsal measured; what it did not measure keeps the general rates.
static void test_work_duration__calibrated(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct schema_relation by_bytes = {.rows = 1000, .bytes = 3000LL * 1024 * 1024};
    const struct calibration calibration = {
        .rates = {[ESTIMATE_SCAN] = {.bytes_per_s = 300 * 1024 * 1024, .taken_at = "2026-11-22T00:00:00.000Z", .machine = "here"}}};
    struct work_amount scan = {.relation = &by_bytes, .n = {[ESTIMATE_SCAN] = 1}};
    struct work_amount index = {.relation = &by_bytes, .n = {[ESTIMATE_INDEX] = 1}};
    struct duration duration = work_duration(&scan, &calibration);
    assert_float_equal(duration.low, 10.0, 0.001);
    assert_float_equal(duration.high, 30.0, 0.001);
    duration = work_duration(&index, &calibration);
    assert_float_equal(duration.low, 15.0, 0.001);
    assert_float_equal(duration.high, 100.0, 0.001);
    assert_string_equal(estimate_basis(tmp, NULL), "rates of docs/plan.md");
    assert_string_equal(estimate_basis(tmp, &(struct calibration){0}), "rates of docs/plan.md");
    assert_string_equal(estimate_basis(tmp, &calibration),
                        "rates that a rehearsal measured on 2026-11-22 (here), else rates of docs/plan.md");
}

struct expected {
    const char *up, *sizes, *rule;
    struct config_budget budget; // 0, 0: none is set
    enum severity severity;
    const char *message;
    int64_t low_ms, high_ms, budget_ms; // -1: no estimate
};

static const struct expected cases[] = {
    // Without a budget the size decides; the time is told.
    {INDEX, "{orders: {rows: 500000}}", "index-create-blocking", {0, 0}, SEVERITY_WARN,
     "no writes to public.orders while the index is built (500,000 rows: 250 ms to 2.5 s)", 250, 2500, 0},
    // A lock that only writers wait for, and one that readers wait for too.
    {INDEX, "{orders: {rows: 500000}}", "index-create-blocking", {100, 5000}, SEVERITY_NOTE,
     "no writes to public.orders while the index is built (500,000 rows: 250 ms to 2.5 s; the budget is 5.0 s)",
     250, 2500, 5000},
    {CHECK, "{orders: {rows: 500000}}", "check-add-scan", {100, 5000}, SEVERITY_STOP,
     "nobody reads or writes public.orders while every row is checked (500,000 rows: under 1 s; the "
     "budget is 100 ms)", 100, 1000, 100},
    {CHECK, "{orders: {rows: 500000}}", "check-add-scan", {0, 5000}, SEVERITY_NOTE, NULL, 100, 1000, 5000},
    {CHECK, "{orders: {rows: 500000}}", "check-add-scan", {9000, 900}, SEVERITY_STOP, NULL, 100, 1000, 900},
    {INDEX, "{orders: {rows: 500000}}", "index-create-blocking", {100, 0}, SEVERITY_WARN, NULL, 250, 2500, 0},
    // Large and within the budget; small and beyond it.
    {INDEX, "{orders: {rows: 2000000}}", "index-create-blocking", {0, 60000}, SEVERITY_NOTE, NULL, 1000, 10000,
     60000},
    {INDEX, "{orders: {rows: 9000, bytes: 2MB}}", "index-create-blocking", {0, 10}, SEVERITY_STOP, NULL, 10, 67, 10},
    // A size that nobody told is unknown, never small.
    {INDEX, NULL, "index-create-blocking", {60000, 60000}, SEVERITY_WARN,
     "no writes to public.orders while the index is built (size not known)", -1, -1, 0},
    {INDEX, "{lines: {rows: 3}}", "index-create-blocking", {60000, 60000}, SEVERITY_WARN, NULL, -1, -1, 0},
    // Rows that wait, when it is told how many are written.
    {INDEX, "{orders: {rows: 4000000, writes_per_second: 61.5}}", "index-create-blocking", {0, 0},
     SEVERITY_STOP,
     "no writes to public.orders while the index is built (4,000,000 rows: 2.0 s to 20 s, about 120 to "
     "1,200 writes wait)", 2000, 20000, 0},
    {INDEX, "{orders: {rows: 4000000, writes_per_second: 0}}", "index-create-blocking", {0, 0}, SEVERITY_STOP,
     "no writes to public.orders while the index is built (4,000,000 rows: 2.0 s to 20 s)", 2000, 20000, 0},
    // Found and changed. Nobody waits for an UPDATE's table: no budget, no writes that wait.
    {"UPDATE orders SET note = '';", "{orders: {rows: 4000000, writes_per_second: 5}}",
     "backfill-in-one-statement", {1, 1}, SEVERITY_WARN,
     "changes rows of public.orders in one statement (4,000,000 rows: 20 s to 3 min 28 s)", 20800, 208000, 0},
};

static bool says_as_expected(const struct expected *e)
{
    SCRATCH(tmp);
    const struct judged_case c = {.before = ORDERS, .up = e->up, .sizes = e->sizes, .budget = &e->budget};
    const struct finding *finding = judged_find(judged(tmp, &c), e->rule);
    if (finding == NULL)
        return false;
    const struct estimate none = {.low_ms = -1, .high_ms = -1};
    const struct estimate *estimate = finding->estimate == NULL ? &none : finding->estimate;
    bool is_right = finding->severity == e->severity && estimate->low_ms == e->low_ms &&
                    estimate->high_ms == e->high_ms && estimate->budget_ms == e->budget_ms &&
                    (e->message == NULL || strcmp(e->message, finding->message) == 0);
    if (!is_right)
        print_message("# %s\n# %s %s, %lld to %lld, budget %lld\n", e->up, severity_name(finding->severity),
                      finding->message, (long long)estimate->low_ms, (long long)estimate->high_ms,
                      (long long)estimate->budget_ms);
    return is_right;
}

static void test_place_weigh__time_and_budget(void **state)
{
    (void)state;
    size_t n_wrong = 0;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        n_wrong += !says_as_expected(&cases[i]);
    assert_int_equal(n_wrong, 0);
}

static void test_estimate__basis_and_waiting(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const struct judged_case c = {.before = ORDERS, .up = "ALTER TABLE orders ALTER amount TYPE bigint;",
                                  .sizes = "{orders: {rows: 100, bytes: 30GB, writes_per_second: 24}}"};
    const struct finding *finding = judged_find(judged(tmp, &c), "type-change-rewrite");
    assert_non_null(finding);
    assert_non_null(finding->estimate);
    assert_string_equal(finding->estimate->basis,
                        "public.orders (100 rows, 30.0 GB) written anew with its indexes; rates of docs/plan.md");
    assert_true(finding->estimate->has_waiting);
    assert_int_equal(finding->estimate->waiting_low, 3700);   // 153.6 s
    assert_int_equal(finding->estimate->waiting_high, 25000); // 1,024 s
}

// The rows of another table that are looked up for each row take longer than going through either.
static void test_estimate__not_of_another_table(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const struct judged_case c = {
        .before = ORDERS "ALTER TABLE lines ADD CONSTRAINT f FOREIGN KEY (order_id) REFERENCES orders;",
        .up = "DELETE FROM orders WHERE amount < 0;",
        .sizes = "{orders: {rows: 2000000}, lines: {rows: 50000000}}"};
    const struct finding *finding = judged_find(judged(tmp, &c), "dml-unindexed-fk");
    assert_non_null(finding);
    assert_null(finding->estimate);
}

static void test_sizes_read__writes_per_second(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct sizes *sizes;
    struct error err = {0};
    static const char *const bad[] = {"often", "-1", "nan", "[1]", "1e999"};
    const char *good = "{orders: {writes_per_second: 0.5}}";
    assert_true(sizes_read(tmp, "s", good, strlen(good), &sizes, &err));
    assert_float_equal(sizes->list[0].writes_per_second, 0.5, 0);
    assert_int_equal(sizes->list[0].rows, -1);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        const char *text = mem_printf(tmp, "{orders: {writes_per_second: %s}}", bad[i]);
        assert_false(sizes_read(tmp, "s", text, strlen(text), &sizes, &err));
        assert_string_equal(err.message, strcmp(bad[i], "[1]") == 0
                                             ? "s:1:30: a number is needed here"
                                             : "s:1:30: writes per second are a number from 0 on");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_work_duration),
        cmocka_unit_test(test_work_duration__calibrated),
        cmocka_unit_test(test_place_weigh__time_and_budget),
        cmocka_unit_test(test_estimate__basis_and_waiting),
        cmocka_unit_test(test_estimate__not_of_another_table),
        cmocka_unit_test(test_sizes_read__writes_per_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

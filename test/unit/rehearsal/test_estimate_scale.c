/*
 * Estimates from a measured run: scaled to the target, kept as calibration, and unknown where
 * nothing tells.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/database.h"
#include "rehearsal/calibration_file.h"
#include "rehearsal/estimate_scale.h"

#define MIB ((int64_t)1024 * 1024)

struct rig {
    TALLOC_CTX *mem;
    struct schema *copy, *target;
    struct effects effects;
    struct measured_statement statements[2];
    struct measured_run run;
    struct estimate_scale_request request;
    const char *table;
};

static struct schema *schema_of(TALLOC_CTX *mem, int64_t rows, int64_t bytes)
{
    struct schema *schema = schema_make(mem, DIALECT_POSTGRES);
    struct schema_relation *relation = schema_add(schema, (struct name){"public", "t"}, RELATION_TABLE);
    relation->rows = rows;
    relation->bytes = bytes;
    return schema;
}

static void rig_make(struct rig *rig, TALLOC_CTX *mem)
{
    *rig = (struct rig){.mem = mem, .table = "public.t"};
    rig->copy = schema_of(mem, 1000000, 100 * MIB);
    rig->target = schema_of(mem, 50000000, 5000 * MIB);
    rig->statements[0] = (struct measured_statement){
        .path = "1.sql", .line = 3, .sql = "ALTER TABLE t", .kind = "ALTER TABLE", .effects = &rig->effects, .took_us = 2000000};
    rig->run = (struct measured_run){.state = RUN_DONE, .statements = rig->statements, .n_statements = 1};
    rig->request = (struct estimate_scale_request){.run = &rig->run, .copy = rig->copy, .target = rig->target};
}

static void expect(struct rig *rig, double low_s, double high_s, const char *basis)
{
    struct rehearsal_estimate *list;
    size_t n;
    estimate_scale(rig->mem, &rig->request, &list, &n);
    assert_true(n >= 1);
    assert_string_equal(list[n - 1].what, "up");
    assert_float_equal(list[n - 1].low_s, low_s, 0.01);
    assert_float_equal(list[n - 1].high_s, high_s, 0.01);
    assert_string_equal(list[0].basis, basis);
    assert_string_equal(list[0].what, n > 1 ? "1.sql:3" : "up");
}

static void test_estimate_scale__by_bytes(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct rig rig;
    rig_make(&rig, tmp);
    rig.effects = (struct effects){.rewrites = &rig.table, .n_rewrites = 1, .index_builds = &rig.table, .n_index_builds = 1};
    expect(&rig, 100, 300, "public.t written anew with its indexes: measured 50.0 MB/s on 100.0 MB; the target has 4.9 GB");
}

static void test_estimate_scale__by_rows(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct rig rig;
    rig_make(&rig, tmp);
    rig.request.target = schema_of(tmp, 2000000, -1);
    rig.effects = (struct effects){.scans = &rig.table, .n_scans = 1};
    expect(&rig, 4, 12, "public.t read: measured 500,000 rows/s on 1,000,000 rows; the target has 2,000,000 rows");
}

static void test_estimate_scale__too_small_to_tell(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct rig rig;
    rig_make(&rig, tmp);
    rig.request.copy = schema_of(tmp, 10, 8192);
    rig.statements[0].took_us = 900;
    rig.effects = (struct effects){.scans = &rig.table, .n_scans = 1};
    // 5000 MB at 1000 MB/s, and at 100 MB/s. Rates: docs/plan.md.
    expect(&rig, 5, 50, "public.t read: 8.0 KB on the copy is too little to measure a rate; rates of docs/plan.md");
}

static void test_estimate_scale__unknown(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct rig rig;
    rig_make(&rig, tmp);
    rig.request.target = NULL;
    rig.effects = (struct effects){.scans = &rig.table, .n_scans = 1};
    expect(&rig, -1, -1, "unknown: how large public.t is on the target is not known");
}

static void test_estimate_scale__work_on_nothing_old(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct rig rig;
    rig_make(&rig, tmp);
    expect(&rig, 2, 6, "the sum of its statements");
}

static void test_estimate_contradictions__far_slower(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct rig rig;
    struct findings findings = {.mem = tmp};
    rig_make(&rig, tmp);
    rig.effects = (struct effects){.scans = &rig.table, .n_scans = 1};
    rig.statements[0].took_us = 900000; // within a second nobody asks
    estimate_contradictions(&rig.request, &findings);
    assert_int_equal(findings.n, 0);
    rig.statements[0].took_us = 20000000;
    estimate_contradictions(&rig.request, &findings);
    assert_int_equal(findings.n, 1);
    assert_string_equal(findings.list[0].rule, "contradiction-seconds");
    assert_string_equal(findings.list[0].message,
                        "ALTER TABLE took 20 s on the copy (public.t read), which was estimated at under 1 s (rates of docs/plan.md)");
}

static void test_calibration__is_kept(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct rig rig;
    struct error err = {0};
    struct calibration calibration = {.rates = {[ESTIMATE_INDEX] = {.bytes_per_s = 7, .taken_at = "2026-01-01T00:00:00.000Z", .machine = "old"}}};
    struct calibration read;
    bool is_there = true;
    char folder[] = "/tmp/tminus-calibration-XXXXXX";
    assert_non_null(mkdtemp(folder));
    const char *path = file_join(tmp, folder, "calibration.json");
    assert_true(calibration_read(tmp, path, &read, &is_there, &err));
    assert_false(is_there);
    rig_make(&rig, tmp);
    rig.effects = (struct effects){.scans = &rig.table, .n_scans = 1};
    estimate_calibrate(tmp, &rig.request, "here", "2026-11-22T00:00:00.000Z", &calibration);
    assert_true(calibration_write(&calibration, path, &err));
    assert_true(calibration_read(tmp, path, &read, &is_there, &err));
    assert_true(is_there);
    assert_float_equal(read.rates[ESTIMATE_SCAN].bytes_per_s, 50.0 * (double)MIB, 1);
    assert_float_equal(read.rates[ESTIMATE_SCAN].rows_per_s, 500000, 1);
    assert_string_equal(read.rates[ESTIMATE_SCAN].machine, "here");
    assert_string_equal(read.rates[ESTIMATE_SCAN].taken_at, "2026-11-22T00:00:00.000Z");
    assert_string_equal(read.rates[ESTIMATE_INDEX].machine, "old"); // not measured this time
    assert_float_equal(read.rates[ESTIMATE_REWRITE].bytes_per_s, 0, 0);
    static const char damaged[] = "{\"schema\": \"tminus/calibration/1\", \"work\": {\"scan\": {\"bytes_per_second\": -3, \"taken_at\": \"x\"}}}";
    assert_true(file_write(path, damaged, strlen(damaged), 0600, &err));
    assert_false(calibration_read(tmp, path, &read, &is_there, &err));
    assert_int_equal(err.code, ERROR_INPUT);
    assert_true(file_write(path, "[]", 2, 0600, &err));
    assert_false(calibration_read(tmp, path, &read, &is_there, &err));
    assert_non_null(strstr(err.message, "not a calibration of tminus"));
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_estimate_scale__by_bytes),
        cmocka_unit_test(test_estimate_scale__by_rows),
        cmocka_unit_test(test_estimate_scale__too_small_to_tell),
        cmocka_unit_test(test_estimate_scale__unknown),
        cmocka_unit_test(test_estimate_scale__work_on_nothing_old),
        cmocka_unit_test(test_estimate_contradictions__far_slower),
        cmocka_unit_test(test_calibration__is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

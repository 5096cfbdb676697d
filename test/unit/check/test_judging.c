/*
 * Judging: what is required, what a waiver does, the order of the board, and the verdict.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expect.h"
#include "gate_facts.h"

static struct poll_report judged(TALLOC_CTX *mem, const struct good_facts *good)
{
    struct poll_report report;
    struct error err = {0};

    EXPECT_OK(poll_judge(mem, &good->facts, &report, &err));
    return report;
}

static const struct result *find(const struct poll_report *report, const char *name)
{
    for (size_t i = 0; i < report->results.n; i++)
        if (strcmp(report->results.list[i].name, name) == 0)
            return &report->results.list[i];
    fail_msg("no gate %s on the board", name);
    return NULL;
}

static void test_poll_judge__all_good(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct good_facts good;

    good_facts(tmp, &good);
    struct poll_report report = judged(tmp, &good);
    assert_int_equal(report.verdict, VERDICT_GO);
    assert_string_equal(report.digest, "d1");
    assert_string_equal(report.at, "2026-11-22T10:00:00.000Z");
    assert_true(strncmp(report.reason, "all ", 4) == 0);
    assert_string_equal(find(&report, "backup")->command, "tminus backup --env production");
    assert_string_equal(find(&report, "rehearsal")->command, "tminus rehearse --env production db");
}

static void test_poll_judge__worst_first(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct good_facts good;

    good_facts(tmp, &good);
    good.facts.backup.is_there = false;    // required: FAIL
    good.facts.rehearsal.is_there = false; // required: UNKNOWN, and of 'down', not required
    good.activity[0].state = "85 of 100";  // WARN
    struct poll_report report = judged(tmp, &good);
    static const char *const order[] = {"backup", "rehearsal", "connections", "down", "target"};
    for (size_t i = 0; i < COUNT_OF(order); i++)
        assert_string_equal(report.results.list[i].name, order[i]);
    assert_int_equal(report.verdict, VERDICT_NO_GO);
    assert_non_null(
        strstr(report.reason, "required gates failed: backup; not answered: rehearsal"));
}

static void test_poll_judge__required_unknown_holds(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct good_facts good;

    good_facts(tmp, &good);
    good.facts.n_approvals = 0;
    struct poll_report report = judged(tmp, &good);
    assert_int_equal(report.verdict, VERDICT_HOLD);
    assert_non_null(strstr(report.reason, "required gates are not answered: approved"));
}

static void test_poll_judge__optional_failure_warns(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct good_facts good;

    good_facts(tmp, &good);
    good.facts.rehearsal.data_restored = STATUS_FAIL;
    struct poll_report report = judged(tmp, &good);
    assert_int_equal(find(&report, "down")->status, STATUS_WARN);
    assert_int_equal(report.verdict, VERDICT_GO);

    const char *down[] = {"down"};
    good.gates.required = down;
    good.gates.n_required = 1;
    report = judged(tmp, &good);
    assert_int_equal(find(&report, "down")->status, STATUS_FAIL);
    assert_int_equal(report.verdict, VERDICT_NO_GO);
}

static void test_poll_judge__made_optional(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct good_facts good;
    const char *backup[] = {"backup"};

    good_facts(tmp, &good);
    good.facts.backup.is_there = false;
    good.gates.optional = backup;
    good.gates.n_optional = 1;
    struct poll_report report = judged(tmp, &good);
    assert_int_equal(report.verdict, VERDICT_GO);
    assert_int_equal(find(&report, "backup")->status, STATUS_WARN);
}

static void test_poll_judge__unconfigured_folds(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct good_facts good;
    bool is_folded = false;

    good_facts(tmp, &good);
    good.facts.backup = (struct gate_backup){.proven_ms = -1};
    struct poll_report report = judged(tmp, &good);
    for (size_t i = 0; i < report.n_not_configured; i++)
        is_folded = is_folded || strcmp(report.not_configured[i], "restore-proof") == 0;
    assert_true(is_folded);
    assert_int_equal(find(&report, "backup")->status, STATUS_UNKNOWN);
    assert_int_equal(report.verdict, VERDICT_HOLD);
}

static void test_poll_judge__a_waiver(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct good_facts good;

    good_facts(tmp, &good);
    good.waiver = (struct gate_waiver){
        .gate = "backup", .actor = "ben", .reason = "hotfix", .until_ms = NOW_MS + HOUR_MS};
    good.facts.waivers = &good.waiver;
    good.facts.n_waivers = 1;
    struct poll_report report = judged(tmp, &good);
    assert_int_equal(find(&report, "backup")->status, STATUS_PASS); // nothing was to be waived

    good.facts.backup.is_there = false;
    report = judged(tmp, &good);
    const struct result *result = find(&report, "backup");
    assert_int_equal(result->status, STATUS_WAIVED);
    assert_string_equal(result->observed, "by ben until 2026-11-22T11:00 UTC: hotfix");
    assert_string_equal(result->detail, "there is none");
    assert_int_equal(report.verdict, VERDICT_GO);
    assert_non_null(strstr(report.reason, "passed or were waived (1)"));

    good.waiver.until_ms = NOW_MS;
    report = judged(tmp, &good);
    assert_int_equal(find(&report, "backup")->status, STATUS_FAIL);
}

// Also one that was written into the journal by other means.
static void test_poll_judge__what_is_never_waived(void **state)
{
    (void)state;
    SCRATCH(tmp);
    static const char *const never[] = {"target", "baseline", "rollback", "approved"};
    struct good_facts good;

    for (size_t i = 0; i < COUNT_OF(never); i++) {
        good_facts(tmp, &good);
        good.waiver = (struct gate_waiver){
            .gate = never[i], .actor = "ben", .reason = "r", .until_ms = NOW_MS + HOUR_MS};
        good.facts.waivers = &good.waiver;
        good.facts.n_waivers = 1;
        good.facts.identity.database = "other";
        good.steps[1].status = STATUS_FAIL;
        good.plan.rollback.class = ROLLBACK_IRREVERSIBLE;
        good.facts.n_approvals = 0;
        struct poll_report report = judged(tmp, &good);
        assert_int_not_equal(find(&report, never[i])->status, STATUS_WAIVED);
        assert_int_equal(report.verdict, VERDICT_NO_GO);
    }
}

static void test_poll_judge__a_gate_that_does_not_exist(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct good_facts good;
    struct poll_report report;
    struct error err = {0};
    const char *names[] = {"backups"};

    good_facts(tmp, &good);
    good.gates.optional = names;
    good.gates.n_optional = 1;
    EXPECT_ERROR(poll_judge(tmp, &good.facts, &report, &err), ERROR_CONFIG,
                 "there is no gate 'backups'");
}

static void test_poll_judge__what_is_always_required(void **state)
{
    (void)state;
    SCRATCH(tmp);
    static const char *const fixed[] = {"target", "baseline"};

    for (size_t i = 0; i < COUNT_OF(fixed); i++) {
        struct good_facts good;
        struct poll_report report;
        struct error err = {0};
        const char *names[] = {fixed[i]};
        good_facts(tmp, &good);
        good.gates.optional = names;
        good.gates.n_optional = 1;
        assert_false(poll_judge(tmp, &good.facts, &report, &err));
        assert_int_equal(err.code, ERROR_CONFIG);
        assert_non_null(strstr(err.message, "is always required"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_poll_judge__all_good),
        cmocka_unit_test(test_poll_judge__worst_first),
        cmocka_unit_test(test_poll_judge__required_unknown_holds),
        cmocka_unit_test(test_poll_judge__optional_failure_warns),
        cmocka_unit_test(test_poll_judge__made_optional),
        cmocka_unit_test(test_poll_judge__what_is_always_required),
        cmocka_unit_test(test_poll_judge__unconfigured_folds),
        cmocka_unit_test(test_poll_judge__a_waiver),
        cmocka_unit_test(test_poll_judge__what_is_never_waived),
        cmocka_unit_test(test_poll_judge__a_gate_that_does_not_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

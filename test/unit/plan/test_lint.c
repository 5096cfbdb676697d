/*
 * Lint: each way in which a step cannot be executed is refused by name, and what only looks like it
 * is not.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "planned.h"

static struct plan *good(TALLOC_CTX *mem)
{
    const struct planned_case c = {
        .before = "CREATE TABLE emails (id bigint PRIMARY KEY, status text);",
        .up = "ALTER TABLE emails ADD COLUMN note text;",
        .down = "ALTER TABLE emails DROP COLUMN note;",
    };
    return planned(mem, &c);
}

static void test_plan_lint__a_whole_plan(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};

    if (!plan_lint(good(tmp), &err))
        fail_msg("%s", err.message);
}

static void assert_refused(struct plan *plan, const char *message)
{
    struct error err = {0};

    assert_false(plan_lint(plan, &err));
    assert_int_equal(err.code, ERROR_INPUT);
    assert_string_equal(err.message, message);
    assert_string_not_equal(err.hint, "");
}

static void test_plan_lint__what_is_missing(void **state)
{
    (void)state;
    static const struct {
        size_t offset;
        const char *message;
    } rows[] = {
        {offsetof(struct plan_step, title), "plan: step 'deploy.0002' has no title"},
        {offsetof(struct plan_step, command), "plan: step 'deploy.0002' has no command"},
        {offsetof(struct plan_step, proof), "plan: step 'deploy.0002' has no proof"},
        {offsetof(struct plan_step, expected), "plan: step 'deploy.0002' has no expected value"},
        {offsetof(struct plan_step, undo), "plan: step 'deploy.0002' has no undo"},
        {offsetof(struct plan_step, owner), "plan: step 'deploy.0002' has no owner"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        SCRATCH(tmp);
        struct plan *plan = good(tmp);
        char *step = (char *)planned_step(plan, "deploy.0002");
        *(const char **)(step + rows[i].offset) = i % 2 == 0 ? NULL : "";
        assert_refused(plan, rows[i].message);
    }
}

static void test_plan_lint__placeholders(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"./deploy.sh --version <sha>", "<sha>"},
        {"./deploy.sh <the slot>", "<the slot>"},
        {"./deploy.sh TODO", "todo"},
        {"./deploy.sh --note 'fixme'", "fixme"},
        {"./deploy.sh xxx", "xxx"},
        {"export KEY=changeme", "changeme"},
        {"psql your_database", "your_"},
        {"./deploy.sh {{version}}", "{{version}}"},
        {"./deploy.sh --slot {slot}", "{slot}"},
        {"echo '[PR Title]'", "[PR Title]"},
        {"at YYYY-MM-DD", "yyyy"},
        {"/path/to/deploy.sh", "/path/to/"},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        SCRATCH(tmp);
        struct plan *plan = good(tmp);
        planned_step(plan, "deploy.0002")->command = bad[i][0];
        assert_refused(plan, mem_printf(tmp,
                                        "plan: step 'deploy.0002': its command still has the "
                                        "placeholder '%s'",
                                        bad[i][1]));
    }
}

static void test_plan_lint__no_placeholders(void **state)
{
    (void)state;
    static const char *const fine[] = {
        "test 1 -lt 2 && echo a > b", "./deploy.sh --slots 'a[1] b'", "grep -c '[0-9]' log",
        "./deploy.sh --todos off",    "psql \"${DATABASE_URL}\"",      "./xxx_deploy.sh",
    };
    for (size_t i = 0; i < COUNT_OF(fine); i++) {
        SCRATCH(tmp);
        struct error err = {0};
        struct plan *plan = good(tmp);
        planned_step(plan, "deploy.0002")->command = fine[i];
        if (!plan_lint(plan, &err))
            fail_msg("%s: %s", fine[i], err.message);
    }
}

static void test_plan_lint__placeholders_in_other_texts(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct plan *plan = good(tmp);

    planned_step(plan, "deploy.release")->owner = "<name>";
    assert_refused(plan, "plan: step 'deploy.release': its owner still has the placeholder '<name>'");
    plan = good(tmp);
    planned_step(plan, "post.compare")->expected = "TBD";
    assert_refused(plan,
                   "plan: step 'post.compare': its expected value still has the placeholder 'tbd'");
}

static struct plan *with_query(TALLOC_CTX *mem, const char *sql)
{
    struct plan *plan = good(mem);
    struct plan_step *step = planned_step(plan, "post.compare");

    step->sql = sql;
    step->command = mem_printf(mem, "psql -c '%s'", sql);
    return plan;
}

static void test_plan_lint__queries(void **state)
{
    (void)state;
    static const char *const fine[] = {
        "SELECT count(*) FROM notes WHERE state = 'todo' AND kind <> 'xxx'",
        "SELECT \"TODO\" FROM t", "SELECT count(*) FROM t WHERE a < b AND c > d",
        "SELECT todo FROM t WHERE x[1] = 2",
    };
    for (size_t i = 0; i < COUNT_OF(fine); i++) {
        SCRATCH(tmp);
        struct error err = {0};
        if (!plan_lint(with_query(tmp, fine[i]), &err))
            fail_msg("%s: %s", fine[i], err.message);
    }
    SCRATCH(tmp);
    assert_refused(with_query(tmp, "SELECT count(*) FROM <table>"),
                   "plan: step 'post.compare': its query still has the placeholder '<table>'");
    assert_refused(with_query(tmp, "SELECT count(*) FROM t WHERE id = TODO"),
                   "plan: step 'post.compare': its query still has the placeholder 'TODO'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plan_lint__a_whole_plan),
        cmocka_unit_test(test_plan_lint__what_is_missing),
        cmocka_unit_test(test_plan_lint__placeholders),
        cmocka_unit_test(test_plan_lint__no_placeholders),
        cmocka_unit_test(test_plan_lint__placeholders_in_other_texts),
        cmocka_unit_test(test_plan_lint__queries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

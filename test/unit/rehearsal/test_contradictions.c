/*
 * Contradictions: what is told where prediction and measurement disagree, and that nothing is told
 * where they do not.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expect.h"
#include "rehearsal/measured_run.h"

#define LIST_MAX 4

struct side { // of one statement
    struct effect_lock locks[LIST_MAX];
    const char *rewrites[LIST_MAX], *scans[LIST_MAX], *builds[LIST_MAX];
    const char *unknown;
};

struct case_ {
    const char *kind;
    struct side predicted, measured;
    struct rehearsal_written written[LIST_MAX];
    const char *expected; // "RULE severity: MESSAGE\n" …
};

#define AX LOCK_ACCESS_EXCLUSIVE
#define SRE LOCK_SHARE_ROW_EXCLUSIVE
#define S LOCK_SHARE
#define RX LOCK_ROW_EXCLUSIVE
#define RS LOCK_ROW_SHARE
#define AS LOCK_ACCESS_SHARE
#define ALTER(...) .kind = "ALTER TABLE", .predicted = {.locks = {{"public.t", AX}} __VA_ARGS__}

static size_t count_names(const char *const *names)
{
    size_t n = 0;
    while (n < LIST_MAX && names[n] != NULL)
        n++;
    return n;
}

static struct effects *effects_of(TALLOC_CTX *mem, struct side *side)
{
    struct effects *effects = mem_new(mem, struct effects);
    effects->locks = side->locks;
    while (effects->n_locks < LIST_MAX && side->locks[effects->n_locks].relation != NULL)
        effects->n_locks++;
    effects->rewrites = side->rewrites;
    effects->n_rewrites = count_names(side->rewrites);
    effects->scans = side->scans;
    effects->n_scans = count_names(side->scans);
    effects->index_builds = side->builds;
    effects->n_index_builds = count_names(side->builds);
    effects->unknown_reason = side->unknown;
    return effects;
}

static struct measured_statement statement_of(TALLOC_CTX *mem, struct case_ *c)
{
    struct measured_statement statement = {
        .path = "1.sql",
        .line = 1,
        .column = 1,
        .sql = "ALTER TABLE t",
        .kind = c->kind,
        .effects = effects_of(mem, &c->measured),
        .predicted = effects_of(mem, &c->predicted),
        .written = c->written,
    };
    while (statement.n_written < LIST_MAX && c->written[statement.n_written].table != NULL)
        statement.n_written++;
    return statement;
}

static char *found(TALLOC_CTX *mem, struct case_ *cases, size_t n)
{
    struct findings findings = {.mem = mem};
    struct measured_run run = {.state = RUN_DONE};
    char *text = mem_strdup(mem, "");
    for (size_t i = 0; i < n; i++)
        *mem_append(mem, run.statements, run.n_statements) = statement_of(mem, &cases[i]);
    contradictions_find(&run, true, &findings);
    for (size_t i = 0; i < findings.n; i++) {
        const struct finding *finding = &findings.list[i];
        assert_int_equal(finding->layer, LAYER_MEASURED);
        assert_non_null(finding->hint);
        text = mem_printf(mem, "%s%s %s: %s\n", text, finding->rule,
                          severity_name(finding->severity), finding->message);
    }
    return text;
}

static struct case_ cases[] = {
    // as it was said
    {ALTER(, .rewrites = {"public.t"}, .builds = {"public.t"}),
     .measured = {.locks = {{"public.t", AX}}, .rewrites = {"public.t"}, .builds = {"public.t"}, .scans = {"public.t"}},
     .expected = ""},
    // locks
    {ALTER(), .measured = {.locks = {{"public.t", AX}, {"public.other", SRE}}},
     .expected = "contradiction-lock warn: ALTER TABLE took SHARE ROW EXCLUSIVE on public.other, which was not predicted\n"},
    {.kind = "CREATE INDEX", .predicted = {.locks = {{"public.t", S}}, .builds = {"public.t"}},
     .measured = {.locks = {{"public.t", AX}}, .builds = {"public.t"}},
     .expected = "contradiction-lock warn: CREATE INDEX took ACCESS EXCLUSIVE on public.t instead of SHARE, which was not predicted\n"},
    {.kind = "DELETE", .predicted = {.locks = {{"public.t", RX}}}, .measured = {.locks = {{"public.t", RX}, {"public.child", RS}}},
     .expected = "contradiction-lock note: DELETE took ROW SHARE on public.child, which was not predicted\n"},
    {ALTER(), .measured = {.locks = {{"public.t", AX}, {"public.read", AS}}}, .expected = ""},
    {ALTER(), .expected = "contradiction-lock note: ALTER TABLE did not take ACCESS EXCLUSIVE on public.t, which was predicted\n"},
    // the first row takes it, and there was none
    {.kind = "INSERT", .predicted = {.locks = {{"public.t", RX}, {"public.parent", RS}}}, .measured = {.locks = {{"public.t", RX}}},
     .expected = ""},
    // work
    {ALTER(, .rewrites = {"public.t"}), .measured = {.locks = {{"public.t", AX}}},
     .expected = "contradiction-rewrite note: ALTER TABLE did not write anew public.t, which was predicted\n"},
    {ALTER(), .measured = {.locks = {{"public.t", AX}}, .rewrites = {"public.t"}},
     .expected = "contradiction-rewrite warn: ALTER TABLE wrote every row anew of public.t, which was not predicted\n"},
    {ALTER(), .measured = {.locks = {{"public.t", AX}}, .scans = {"public.t"}},
     .expected = "contradiction-scan warn: ALTER TABLE read all rows of public.t, which was not predicted\n"},
    {ALTER(, .scans = {"public.t"}), .measured = {.locks = {{"public.t", AX}}},
     .expected = "contradiction-scan note: ALTER TABLE did not read the rows of public.t, which was predicted\n"},
    // a foreign key: one side is enough to be checked
    {ALTER(, .scans = {"public.t", "public.parent"}), .measured = {.locks = {{"public.t", AX}}, .scans = {"public.t"}}, .expected = ""},
    // a foreign key of a new column, which is NULL everywhere, beside a key
    {ALTER(, .scans = {"public.t", "public.parent"}, .builds = {"public.t"}),
     .measured = {.locks = {{"public.t", AX}}, .scans = {"public.t"}, .builds = {"public.t"}}, .expected = ""},
    // a query reads as its plan has it
    {.kind = "UPDATE", .predicted = {.locks = {{"public.t", RX}}, .scans = {"public.t"}}, .measured = {.locks = {{"public.t", RX}}}, .expected = ""},
    {ALTER(), .measured = {.locks = {{"public.t", AX}}, .builds = {"public.t"}, .scans = {"public.t"}},
     .expected = "contradiction-index-build warn: ALTER TABLE built an index of public.t, which was not predicted\n"},
    // rows
    {.kind = "UPDATE", .predicted = {.locks = {{"public.t", RX}}}, .measured = {.locks = {{"public.t", RX}, {"public.audit", RX}}},
     .written = {{"public.t", 0, 3, 0}, {"public.audit", 3, 0, 0}},
     .expected = "contradiction-written-table warn: UPDATE wrote rows of public.audit (3 inserted, 0 updated, 0 deleted), which its text does not name\n"},
    // nobody knew: it is told once, and contradicts nothing
    {.kind = "DO", .predicted = {.unknown = "EXECUTE", .locks = {{"public.gone", AX}}}, .measured = {.locks = {{"public.t", AX}}, .rewrites = {"public.t"}},
     .expected = "unknown-measured note: DO (not predictable: EXECUTE) took ACCESS EXCLUSIVE on public.t, wrote anew public.t\n"},
    {.kind = "CALL", .predicted = {.unknown = "CALL"}, .measured = {.locks = {{"public.t", AS}}}, .expected = ""},
};

static void test_contradictions__of_one_statement(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        assert_string_equal(found(tmp, &cases[i], 1), cases[i].expected);
    }
}

// What is held already is not measured again.
static void test_contradictions__know_what_is_held(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct case_ two[] = {
        {ALTER(), .measured = {.locks = {{"public.t", AX}}}},
        {.kind = "CREATE INDEX", .predicted = {.locks = {{"public.t", S}}, .builds = {"public.t"}}, .measured = {.builds = {"public.t"}}},
    };
    assert_string_equal(found(tmp, two, 2), "");
}

static void test_contradictions__without_a_prediction(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct findings findings = {.mem = tmp};
    struct measured_statement statement = statement_of(tmp, &cases[1]);
    statement.predicted = NULL;
    const struct measured_run run = {.statements = &statement, .n_statements = 1};
    contradictions_find(&run, true, &findings);
    assert_int_equal(findings.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contradictions__of_one_statement),
        cmocka_unit_test(test_contradictions__know_what_is_held),
        cmocka_unit_test(test_contradictions__without_a_prediction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * What comments in the SQL allow, what they cannot, and fingerprints that stay where lines move.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/suppression.h"
#include "judged.h"

#define TODAY "2026-11-22"

static struct assessment *assess(TALLOC_CTX *mem, const struct migration *migration,
                                 enum dialect dialect)
{
    struct error err;
    struct assessment *assessment = NULL;
    struct migration copy = *migration;
    const struct change change = {.migrations = &copy, .n_migrations = 1};
    struct assessment_options options = {.dialect = dialect, .today = TODAY};
    if (!assessment_make(mem, &change, &options, &assessment, &err))
        fail_msg("%s", err.message);
    return assessment;
}

static struct assessment *assess_up(TALLOC_CTX *mem, const char *sql)
{
    struct migration migration = {.path = "1.sql", .up = judged_text("1.sql", sql, true)};
    return assess(mem, &migration, DIALECT_POSTGRES);
}

static const struct finding *find(const struct findings *findings, const char *rule)
{
    for (size_t i = 0; i < findings->n; i++) {
        if (strcmp(findings->list[i].rule, rule) == 0)
            return &findings->list[i];
    }
    return NULL;
}

#define UNTIL " until 2027-01-31: reason"

struct place_case {
    const char *sql;
    size_t line; // of the drop-table that is allowed
};

static void test_suppression__stands_at_its_statement(void **state)
{
    (void)state;
    static const struct place_case cases[] = {
        {"-- tminus: allow drop-table" UNTIL "\nDROP TABLE a;", 2},
        {"-- tminus: allow drop-table" UNTIL "\n\n-- other\nDROP TABLE a;\nDROP TABLE b;", 4},
        {"DROP TABLE a; -- tminus: allow drop-table" UNTIL "\nDROP TABLE b;", 1},
        {"DROP TABLE a\n; -- tminus: allow drop-table" UNTIL "\nDROP TABLE b;", 1},
        {"DROP TABLE a;\nDROP /* tminus: allow drop-table" UNTIL " */ TABLE b;", 2},
        {"DROP TABLE a;\n/* why\n * tminus: allow rename-table, drop-table" UNTIL "\n*/\nDROP TABLE b;",
         5},
        {"DO $x$ BEGIN\n-- tminus: allow drop-table" UNTIL "\nDROP TABLE a;\nEND $x$;", 3},
        {"COPY c FROM stdin;\n1\tdon't\n\\.\n-- tminus: allow drop-table" UNTIL "\nDROP TABLE a;", 5},
        {"-- tminus: allow-file drop-table" UNTIL "\n\nDROP TABLE a;", 3},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        const struct assessment *a = assess_up(tmp, cases[i].sql);
        const struct finding *allowed = find(&a->suppressed, "drop-table");
        if (allowed == NULL || a->suppressed.n != 1)
            fail_msg("%s: %zu allowed", cases[i].sql, a->suppressed.n);
        assert_int_equal(allowed->line, cases[i].line);
        assert_string_equal(allowed->suppression->until, "2027-01-31");
        assert_string_equal(allowed->suppression->reason, "reason");
        for (size_t k = 0; k < a->findings.n; k++)
            assert_int_not_equal(strcmp(a->findings.list[k].rule, "drop-table") == 0 &&
                                     a->findings.list[k].line == cases[i].line,
                                 1);
    }
}

struct refusal {
    const char *comment, *rule, *message;
};

static const struct refusal refusals[] = {
    {"tminus: allow drop-table until 2026-11-21: x", "suppression-expired",
     "allowed drop-table until 2026-11-21, which is over"},
    {"tminus: allow rename-table until 2027-01-31: x", "suppression-unused",
     "allows rename-table, which finds nothing at the statement that it stands at"},
    {"tminus: allow-file rename-table until 2027-01-31: x", "suppression-unused",
     "allows rename-table, which finds nothing in this file"},
    {"tminus: allow drop-tabel until 2027-01-31: x", "suppression-malformed",
     "allows nothing: no rule is called 'drop-tabel'"},
    {"tminus: allow until 2027-01-31: x", "suppression-malformed", "allows nothing: no rule is named"},
    {"tminus: allow drop-table: x", "suppression-malformed",
     "allows nothing: no day is given: until when?"},
    {"tminus: allow drop-table until 2027-02-30: x", "suppression-malformed",
     "allows nothing: '2027-02-30' is no day such as 2027-01-31"},
    {"tminus: allow drop-table until 2100-02-29: x", "suppression-malformed",
     "allows nothing: '2100-02-29' is no day such as 2027-01-31"},
    {"tminus: allow drop-table until 2027-1-31: x", "suppression-malformed",
     "allows nothing: '2027-1-31' is no day such as 2027-01-31"},
    {"tminus: allow drop-table until tomorrow: x", "suppression-malformed",
     "allows nothing: 'tomorrow' is no day such as 2027-01-31"},
    {"tminus: allow drop-table until 2027-01-31", "suppression-malformed",
     "allows nothing: no reason is given"},
    {"tminus: allow drop-table until 2027-01-31: ", "suppression-malformed",
     "allows nothing: no reason is given"},
    {"tminus: ignore drop-table until 2027-01-31: x", "suppression-malformed",
     "allows nothing: 'ignore' is neither allow nor allow-file"},
    {"tminus allow drop-table until 2027-01-31: x", "suppression-malformed",
     "allows nothing: a ':' is missing behind tminus"},
    {"tminus: allow dynamic-ddl until 2027-01-31: x", "suppression-malformed",
     "allows nothing: dynamic-ddl cannot be allowed: what was not read is not known"},
};

static void test_suppression__what_allows_nothing_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        SCRATCH(tmp);
        const struct assessment *a =
            assess_up(tmp, mem_printf(tmp, "-- %s\nDROP TABLE a;", refusals[i].comment));
        const struct finding *found = find(&a->findings, refusals[i].rule);
        if (found == NULL)
            fail_msg("%s: no %s", refusals[i].comment, refusals[i].rule);
        assert_string_equal(found->message, refusals[i].message);
        assert_int_equal(found->severity, SEVERITY_WARN);
        assert_int_equal(found->line, 1);
        assert_non_null(find(&a->findings, "drop-table"));
        assert_int_equal(a->suppressed.n, 0);
    }
}

static void test_suppression__last_day_still_counts(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const struct assessment *a =
        assess_up(tmp, "DROP TABLE a; -- tminus: allow drop-table until 2026-11-22: today");
    assert_int_equal(a->suppressed.n, 1);
}

static void test_suppression__decides_the_verdict(void **state)
{
    (void)state;
    SCRATCH(tmp);
    assert_int_equal(assess_up(tmp, "DROP TABLE a;")->verdict, VERDICT_NO_GO);
    const struct assessment *a =
        assess_up(tmp, "DROP TABLE a; -- tminus: allow drop-table" UNTIL);
    assert_int_equal(a->verdict, VERDICT_GO);
    assert_int_equal(a->risk, RISK_HIGH);
}

static void test_suppression__not_of_what_was_not_read(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const struct assessment *a = assess_up(
        tmp, "-- tminus: allow drop-table" UNTIL "\nDROP TABEL a;\nDROP TABLE b;\nDO $$BEGIN END$$;");
    assert_int_equal(a->suppressed.n, 0);
    assert_string_equal(find(&a->findings, "suppression-unused")->message,
                        "allows drop-table, which finds nothing here: no statement that was understood");
    assert_non_null(find(&a->findings, "drop-table"));
}

static void test_suppression__file_with_both_directions(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const char *sql = "-- tminus: allow-file drop-table" UNTIL "\n-- up\nDROP TABLE a;\n-- down\n"
                      "-- tminus: allow object-missing-or-exists" UNTIL "\nDROP TABLE b;\n";
    size_t middle = (size_t)(strstr(sql, "-- down") - sql);
    struct migration migration = {.path = "1.sql",
                                  .up = judged_text("1.sql", sql, true),
                                  .down = judged_text("1.sql", sql, true)};
    migration.up.end = migration.down.start = middle;
    const struct assessment *a = assess(tmp, &migration, DIALECT_POSTGRES);
    assert_int_equal(find(&a->suppressed, "drop-table")->line, 3);
    const struct finding *unused = find(&a->findings, "suppression-unused");
    assert_non_null(unused);
    assert_int_equal(unused->line, 5);
    assert_null(find(&a->findings, "suppression-malformed"));
}

static void test_suppression__of_sqlite(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const char *sql = "CREATE TABLE a (b INT);\nDROP TABLE a; -- mine\n"
                      "DROP TABLE z; /* tminus: allow drop-table" UNTIL " */";
    struct migration migration = {.path = "1.sql", .up = judged_text("1.sql", sql, true)};
    const struct assessment *a = assess(tmp, &migration, DIALECT_SQLITE);
    assert_non_null(find(&a->suppressed, "drop-table"));
}

static void test_suppression__without_a_date_nothing_is_allowed(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct judged_case c = {.up = "DROP TABLE a; -- tminus: allow drop-table" UNTIL};
    assert_non_null(judged_find(judged(tmp, &c), "drop-table"));
}

static void test_suppression__comments_that_only_mention_tminus(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const struct assessment *a = assess_up(
        tmp, "-- tminus says that this is fine\n-- see tminus: allow x\nSELECT '-- tminus: allow x';");
    assert_int_equal(a->findings.n, 0);
}

// --- fingerprints

static const char *fingerprint(TALLOC_CTX *mem, const char *sql, size_t line)
{
    const struct assessment *a = assess_up(mem, sql);
    for (size_t i = 0; i < a->findings.n; i++) {
        const struct finding *finding = &a->findings.list[i];
        if (strcmp(finding->rule, "drop-column") == 0 && finding->line == line)
            return finding->fingerprint;
    }
    fail_msg("%s: no drop-column in line %zu", sql, line);
    return "";
}

static void test_fingerprint__stays_where_text_moves(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const char *first = fingerprint(tmp, "ALTER TABLE a DROP COLUMN b;", 1);
    static const struct place_case same[] = {
        {"\n\nSELECT 1;\nALTER TABLE a DROP COLUMN b;", 4},
        {"ALTER TABLE a\n    DROP COLUMN b;", 1},
        {"-- new\nalter table A -- why\n  drop /* it */ column b\n;", 2},
    };
    for (size_t i = 0; i < COUNT_OF(same); i++)
        assert_string_equal(fingerprint(tmp, same[i].sql, same[i].line), first);
    static const struct place_case others[] = {
        {"ALTER TABLE a DROP COLUMN c;", 1},
        {"ALTER TABLE a DROP COLUMN \"B\";", 1},
    };
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_string_not_equal(fingerprint(tmp, others[i].sql, others[i].line), first);
}

static void test_fingerprint__equal_statements_stay_apart(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const char *sql = "ALTER TABLE a DROP COLUMN b;\nALTER TABLE a  DROP COLUMN b;";
    const char *first = fingerprint(tmp, sql, 1);
    assert_string_not_equal(fingerprint(tmp, sql, 2), first);
    assert_string_equal(fingerprint(tmp, "ALTER TABLE a DROP COLUMN b;", 1), first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suppression__stands_at_its_statement),
        cmocka_unit_test(test_suppression__what_allows_nothing_is_found),
        cmocka_unit_test(test_suppression__last_day_still_counts),
        cmocka_unit_test(test_suppression__decides_the_verdict),
        cmocka_unit_test(test_suppression__not_of_what_was_not_read),
        cmocka_unit_test(test_suppression__file_with_both_directions),
        cmocka_unit_test(test_suppression__of_sqlite),
        cmocka_unit_test(test_suppression__without_a_date_nothing_is_allowed),
        cmocka_unit_test(test_suppression__comments_that_only_mention_tminus),
        cmocka_unit_test(test_fingerprint__stays_where_text_moves),
        cmocka_unit_test(test_fingerprint__equal_statements_stay_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Fingerprints of a database: what they see of a change, and both ways through their file.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/proof_rig.h"
#include "proof/fingerprints.h"
#include "base/file.h"

#define SETUP                                                                                                          \
    "CREATE TABLE t (id INTEGER PRIMARY KEY, status TEXT, note TEXT);"                                                \
    "CREATE TABLE u (id INTEGER PRIMARY KEY);"                                                                         \
    "INSERT INTO t VALUES (1, 'a', NULL), (2, 'b', ''), (3, 'c', 'x'); INSERT INTO u VALUES (1);"

static struct fingerprints *take(struct proof_rig *rig, const struct name *leave_out)
{
    const struct fingerprints_request request = {
        .target = &rig->target, .leave_out = leave_out, .n_leave_out = leave_out != NULL};
    struct fingerprints *prints;
    CHECK(rig, fingerprints_take(rig, &request, &prints, &rig->err));
    return prints;
}

static struct proof_rig *begin(void)
{
    struct proof_rig *rig = proof_rig_make(NULL, SETUP);
    proof_rig_open(rig);
    return rig;
}

// "what: text; " of each difference.
static const char *differences(struct proof_rig *rig, const struct fingerprints *before, const struct fingerprints *after)
{
    struct fingerprint_differences found;
    char *text = mem_strdup(rig, "");
    fingerprints_compare(rig, before, after, &found);
    for (size_t i = 0; i < found.n; i++)
        text = mem_printf(rig, "%s%s: %s; ", text, found.list[i].what, found.list[i].text);
    return text;
}

static void check_change(const char *sql, const char *expected)
{
    struct proof_rig *rig = begin();
    struct fingerprints *before = take(rig, NULL);
    proof_rig_run(rig, sql);
    assert_string_equal(differences(rig, before, take(rig, NULL)), expected);
    talloc_free(rig);
}

static void test_compare__what_was_changed(void **state)
{
    (void)state;
    check_change("UPDATE u SET id = id", "");
    // Two rows that swap a value: the counts of each value stay, the keyed sum does not.
    check_change("UPDATE t SET status = CASE id WHEN 1 THEN 'b' ELSE 'a' END WHERE id < 3",
                 "values: t.status: values differ; ");
    // NULL is not the empty text.
    check_change("UPDATE t SET note = '' WHERE id = 1", "values: t.note: values differ; ");
    check_change("INSERT INTO u VALUES (2)", "rows: u: 2 rows, was 1; values: u.id: values differ; ");
    check_change("DROP TABLE u", "is not there: u is not there; ");
    check_change("CREATE TABLE v (id INTEGER PRIMARY KEY)", "was not there: v was not there; ");
    check_change("ALTER TABLE t DROP COLUMN note", "columns: t.note is not there; ");
    check_change("ALTER TABLE t ADD COLUMN more TEXT", "columns: t.more was not there; ");
}

static void test_compare__nothing_is_unknown(void **state)
{
    (void)state;
    struct proof_rig *rig = begin();
    proof_rig_run(rig, "DROP TABLE t; DROP TABLE u");
    struct fingerprint_differences found;
    fingerprints_compare(rig, take(rig, NULL), take(rig, NULL), &found);
    assert_int_equal(found.n_unknown, 1);
    assert_int_equal(found.n_equal, 0);
    talloc_free(rig);
}

static void test_take__what_is_left_out(void **state)
{
    (void)state;
    struct proof_rig *rig = begin();
    const struct name u = {"main", "u"};
    struct fingerprints *prints = take(rig, &u);
    assert_int_equal(prints->n_tables, 1);
    assert_int_equal(prints->rows, 3);
    assert_string_equal(prints->tables[0].table.name, "t");
    talloc_free(rig);
}

static void test_file__both_ways(void **state)
{
    (void)state;
    struct proof_rig *rig = begin();
    struct fingerprints *prints = take(rig, NULL), *read;
    const char *path = mem_printf(rig, "%s/prints.json", rig->folder);
    CHECK(rig, fingerprints_write(prints, path, &rig->err));
    CHECK(rig, fingerprints_read(rig, path, &read, &rig->err));
    assert_string_equal(differences(rig, prints, read), "");
    assert_int_equal(read->rows, 4);
    assert_int_equal(read->taken_ms, prints->taken_ms);
    assert_string_equal(read->digest, prints->digest);
    proof_rig_run(rig, "UPDATE t SET note = 'y' WHERE id = 3");
    assert_string_equal(differences(rig, read, take(rig, NULL)), "values: t.note: values differ; ");
    talloc_free(rig);
}

static void test_file__what_is_none(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{}",
        "{\"schema\": \"tminus/fingerprints/2\", \"taken_at\": \"2026-11-21T14:00:00.000Z\", \"tables\": []}",
        "{\"schema\": \"tminus/fingerprints/1\", \"tables\": []}",
        "{\"schema\": \"tminus/fingerprints/1\", \"taken_at\": \"2026-11-21T14:00:00.000Z\"}",
        "{\"schema\": \"tminus/fingerprints/1\", \"taken_at\": \"2026-11-21T14:00:00.000Z\", \"tables\": [{\"table\": \"t\"}]}",
        "{\"schema\": \"tminus/fingerprints/1\", \"taken_at\": \"2026-11-21T14:00:00.000Z\", \"tables\": [{\"table\": \"t\","
        " \"rows\": 1, \"method\": \"m\", \"sum\": \"00\", \"columns\": []}]}",
    };
    struct proof_rig *rig = begin();
    const char *path = mem_printf(rig, "%s/bad.json", rig->folder);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct fingerprints *read = NULL;
        struct error err = {0};
        CHECK(rig, file_write(path, bad[i], strlen(bad[i]), 0600, &rig->err));
        assert_false(fingerprints_read(rig, path, &read, &err));
        assert_int_equal(err.code, ERROR_INPUT);
        assert_non_null(strstr(err.message, path));
        assert_null(read);
    }
    talloc_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare__what_was_changed), cmocka_unit_test(test_compare__nothing_is_unknown),
        cmocka_unit_test(test_take__what_is_left_out),    cmocka_unit_test(test_file__both_ways),
        cmocka_unit_test(test_file__what_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

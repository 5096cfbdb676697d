/*
 * Table copies: which rebuilds carry every row and value over, and which only look so.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/table_copy.h"
#include "base/text.h"
#include "statement/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    const char *copy; // between the table's creation and its drop
    bool is_found;
    const char *lost_column;
} cases[] = {
    {"CREATE TABLE n (id INTEGER PRIMARY KEY, a, b); INSERT INTO n SELECT * FROM t", true, NULL},
    {"CREATE TABLE n (id, a, b); INSERT INTO n (b, a, id) SELECT coalesce(b, ''), t.a, \"ID\" FROM t"
     " ORDER BY id", true, NULL},
    {"CREATE TABLE n AS SELECT t.* FROM main.t WHERE 1", true, NULL},
    {"CREATE TABLE n (id, b); INSERT INTO n SELECT id, b FROM t", true, "a"},
    {"CREATE TABLE n (id, a, b); INSERT INTO n SELECT * FROM t WHERE a > 0", false, NULL},
    {"CREATE TABLE n (id, a, b); INSERT OR IGNORE INTO n SELECT * FROM t", false, NULL},
    {"CREATE TABLE n (id, a, b); INSERT OR REPLACE INTO n SELECT * FROM t", false, NULL},
    {"CREATE TABLE n AS SELECT DISTINCT * FROM t", false, NULL},
    {"CREATE TABLE n AS SELECT * FROM t LIMIT 10", false, NULL},
    {"CREATE TABLE n AS SELECT max(id) AS id, a, b FROM t GROUP BY a", false, NULL},
    {"CREATE TABLE n AS SELECT t.* FROM t JOIN m USING (a)", false, NULL},
    {"CREATE TABLE n AS SELECT t.* FROM t, m", false, NULL},
    {"CREATE TABLE n AS SELECT * FROM t; DROP TABLE n", false, NULL},
    {"CREATE TABLE n AS SELECT * FROM t; DELETE FROM n", false, NULL},
    {"CREATE TEMP TABLE n AS SELECT * FROM t", false, NULL},
    {"CREATE TABLE n AS SELECT * FROM m", false, NULL},
    {"SELECT * FROM t", false, NULL},
};

static void test_copy(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        struct error err = {0};
        struct reader *reader = NULL;
        struct script *script = NULL;
        struct table_copy copy = {0};
        struct schema *schema = schema_make(tmp, DIALECT_SQLITE);
        const char *text = mem_printf(tmp, "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, g AS (a));"
                                           "CREATE TABLE m (a, c); %s; DROP TABLE t", cases[i].copy);
        struct script_source source = {
            .path = "m.sql", .text = text, .len = strlen(text), .end = strlen(text)};
        assert_true(reader_open(tmp, DIALECT_SQLITE, &reader, &err));
        assert_true(reader_read(tmp, reader, &source, &script, &err));
        size_t drop = script->n_statements - 1;
        for (size_t s = 0; s < drop; s++)
            schema_apply(schema, &script->statements[s]);
        bool is_found = table_copy_find(script, drop, schema, (struct name){.name = "T"}, &copy);
        if (is_found != cases[i].is_found || !text_equal_nocase(copy.lost_column, cases[i].lost_column))
            fail_msg("%s: %d, lost %s", cases[i].copy, is_found, copy.lost_column);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

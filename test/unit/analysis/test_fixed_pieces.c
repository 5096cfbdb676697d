/*
 * What of a script can be taken apart, how its statements were written, and which of them share a
 * part: the decisions of assess --fix. That the parts end in the same schema is shown on a server.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "predict.h"

#include "analysis/fixed_pieces.h"
#include "base/text.h"

static struct migration_text text_of(const char *sql)
{
    return (struct migration_text){
        .path = "1.sql", .text = sql, .len = strlen(sql), .end = strlen(sql)};
}

static void test_script_obstacle(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *obstacle;
    } cases[] = {
        {"ALTER TABLE a ADD b int; -- a comment\n;; CREATE INDEX i ON a (b);", NULL},
        {"BEGIN; ALTER TABLE a ADD b int; COMMIT;", NULL},
        {"SET lock_timeout = '1s'; SET statement_timeout = 0; DROP TABLE a;", NULL},
        {"BEGIN; DROP TABLE a; COMMIT; DROP TABLE b;", "it begins and ends transactions itself"},
        {"BEGIN; DROP TABLE a; ROLLBACK;", "it begins and ends transactions itself"},
        {"DROP TABLE b; COMMIT;", "it begins and ends transactions itself"},
        {"SET search_path = x;\nDROP TABLE a;",
         "SET search_path (line 1) ties its statements to one session"},
        {"DROP TABLE a;\nLOCK TABLE b;", "LOCK TABLE (line 2) ties its statements to one session"},
        {"CREATE TEMPORARY TABLE t (id int); DROP TABLE a;",
         "a temporary relation (line 1) ties its statements to one session"},
        {"DROP TABLE a;\nDO $$ BEGIN\nDROP TABLE b; END $$;",
         "line 3 is in the code of a DO block"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        const struct migration_text text = text_of(cases[i].sql);
        const char *obstacle = script_obstacle(tmp, predict_read(tmp, cases[i].sql), &text);
        if (!text_equal_nocase(obstacle, cases[i].obstacle))
            fail_msg("%s: %s", cases[i].sql, obstacle);
    }
    SCRATCH(tmp);
    struct migration_text unseen = text_of("DROP TABLE a;");
    unseen.unseen = "a Python operation";
    assert_string_equal(script_obstacle(tmp, predict_read(tmp, unseen.text), &unseen),
                        "a Python operation");
}

// Source: PostgreSQL 15 manual, "cannot run inside a transaction block" of each command.
static void test_statement_runs_outside(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        bool is_outside;
    } cases[] = {
        {"CREATE INDEX CONCURRENTLY i ON a (b)", true},
        {"DROP INDEX CONCURRENTLY i", true},
        {"REINDEX TABLE CONCURRENTLY a", true},
        {"VACUUM a", true},
        {"CLUSTER", true},
        {"DROP DATABASE d", true},
        {"CREATE INDEX i ON a (b)", false},
        {"CLUSTER a USING i", false},
        {"REFRESH MATERIALIZED VIEW CONCURRENTLY v", false},
        {"DROP TABLE a", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        const struct script *script = predict_read(tmp, cases[i].sql);
        if (statement_runs_outside(&script->statements[0]) != cases[i].is_outside)
            fail_msg("%s", cases[i].sql);
    }
}

static void test_statement_written(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const char *sql = "-- +goose Up\n-- the first\nDROP TABLE a; -- behind it\n\n-- the second\n"
                      "DROP TABLE b;";
    const struct migration_text text = text_of(sql);
    const struct script *script = predict_read(tmp, sql);
    assert_string_equal(statement_written(tmp, script, 0, &text, "X"), "-- the first\nX");
    assert_string_equal(statement_written(tmp, script, 1, &text, "Y"),
                        "-- behind it\n-- the second\nY");
}

static struct fixed_piece piece(enum piece_kind kind, const char *sql, bool locks_strongly)
{
    return (struct fixed_piece){.kind = kind, .sql = sql, .locks_strongly = locks_strongly};
}

// What is outside of transactions stands alone, what is alike side by side shares one, and who
// locks strongly waits no longer than two seconds.
static void test_parts_make(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct fixed_piece list[] = {
        piece(PIECE_CHANGE, "A", true),      piece(PIECE_CHANGE, "B", false),
        piece(PIECE_VALIDATION, "V", false), piece(PIECE_OUTSIDE, "I", true),
        piece(PIECE_OUTSIDE, "J", false),    piece(PIECE_ROWS, "R", false)};
    struct fixed_pieces pieces = {
        .mem = tmp, .list = list, .n = COUNT_OF(list), .settings = "SET work_mem = '1GB';\n"};
    struct fixed_migration fixed = {0};
    parts_make(&fixed, &pieces);
    static const struct fixed_part parts[] = {
        {.up = "SET LOCAL lock_timeout = '2s';\nSET work_mem = '1GB';\nA;\nB;\n",
         .in_transaction = true},
        {.label = "validate", .up = "SET work_mem = '1GB';\nV;\n", .in_transaction = true},
        {.label = "concurrently", .up = "I;\n"},
        {.label = "concurrently", .up = "J;\n"},
        {.label = "rows", .up = "SET work_mem = '1GB';\nR;\n", .in_transaction = true},
    };
    assert_int_equal(fixed.n_parts, COUNT_OF(parts));
    for (size_t i = 0; i < fixed.n_parts; i++) {
        assert_string_equal(fixed.parts[i].up, parts[i].up);
        assert_int_equal(fixed.parts[i].in_transaction, parts[i].in_transaction);
        assert_true(text_equal_nocase(fixed.parts[i].label, parts[i].label));
    }
    static const size_t places[] = {0, 0, 1, 2, 3, 4};
    for (size_t i = 0; i < COUNT_OF(list); i++)
        assert_int_equal(list[i].part, places[i]);
}

static void test_parts_make__a_script_with_its_own_transaction(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct fixed_piece list[] = {piece(PIECE_CHANGE, "A", true), piece(PIECE_OUTSIDE, "I", true)};
    struct fixed_pieces pieces = {.mem = tmp,
                                  .list = list,
                                  .n = COUNT_OF(list),
                                  .settings = "SET lock_timeout = '9s';\n",
                                  .sets_lock_timeout = true,
                                  .has_transaction = true};
    struct fixed_migration fixed = {0};
    parts_make(&fixed, &pieces);
    assert_int_equal(fixed.n_parts, 2);
    assert_string_equal(fixed.parts[0].up, "BEGIN;\nSET lock_timeout = '9s';\nA;\nCOMMIT;\n");
    assert_string_equal(fixed.parts[1].up, "I;\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_script_obstacle),
        cmocka_unit_test(test_statement_runs_outside),
        cmocka_unit_test(test_statement_written),
        cmocka_unit_test(test_parts_make),
        cmocka_unit_test(test_parts_make__a_script_with_its_own_transaction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

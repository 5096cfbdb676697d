/*
 * Values of effects: many pairs, long, hidden and ignored ones, objects, and what could not be read.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "effects_cases.h"
#include "rehearsal/value_tally.h"

#define NUMBERS(n) "WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < " #n ") "

static struct effects_rig rig;

static void begin(const char *tables)
{
    rig = (struct effects_rig){0};
    effects_rig_make(&rig, &engine_sqlite, tables);
}

static const struct table_effect *find_one(TALLOC_CTX *mem, const char *change)
{
    effects_rig_change(&rig, change);
    if (!effects_rig_find(mem, &rig, change))
        fail_msg("%s", rig.err.message);
    assert_int_equal(rig.effects.n_tables, 1);
    return &rig.effects.tables[0];
}

static void expect_text(const char *change, const char *expected)
{
    SCRATCH(tmp);
    find_one(tmp, change);
    assert_string_equal(effects_text(tmp, &rig.effects), expected);
    effects_rig_end(&rig);
}

// 20,000 pairs that came once and three that came often, late and among the others: counted exactly.
static void test_effects_values__of_many_pairs(void **state)
{
    (void)state;
    SCRATCH(tmp);
    begin("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);" NUMBERS(20000)
          "INSERT INTO t SELECT i, CASE WHEN i > 15000 AND i % 5 = 0 THEN 'late' WHEN i % 50 = 1 THEN 'seldom' WHEN i % 7 = 0 THEN NULL ELSE 'v' || i END FROM numbers");
    const struct table_effect *table = find_one(tmp, "UPDATE t SET v = coalesce(v, '') || '!'");
    const struct column_effect *column = &table->columns[0];
    assert_int_equal(table->changed.rows, 20000);
    assert_int_equal(table->changed.n_keys, EFFECT_KEYS);
    assert_int_equal(column->from_null, 2657);
    assert_false(column->has_all_pairs);
    assert_int_equal(column->n_pairs, EFFECT_PAIRS);
    static const struct { const char *before, *after; int64_t rows; } often[] = {{NULL, "!", 2657}, {"late", "late!", 1000}, {"seldom", "seldom!", 400}};
    for (size_t i = 0; i < COUNT_OF(often); i++) {
        if (often[i].before == NULL)
            assert_null(column->pairs[i].before);
        else
            assert_string_equal(column->pairs[i].before, often[i].before);
        assert_string_equal(column->pairs[i].after, often[i].after);
        assert_int_equal(column->pairs[i].rows, often[i].rows);
    }
    assert_int_equal(column->pairs[3].rows, 1);
    assert_int_equal(column->distinct_before, 20000 - 2657 - 1000 - 400 + 3);
    assert_int_equal(column->distinct_after, column->distinct_before);
    effects_rig_end(&rig);
}

// Nothing came often: the first ones are told, each with its one row.
static void test_effects_values__of_rare_pairs(void **state)
{
    (void)state;
    SCRATCH(tmp);
    begin("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);" NUMBERS(60000) "INSERT INTO t SELECT i, 'v' || i FROM numbers");
    const struct column_effect *column = find_one(tmp, "UPDATE t SET v = v || CASE WHEN id < 3 THEN 'a' ELSE '!' END")->columns;
    assert_int_equal(column->n_pairs, EFFECT_PAIRS);
    for (size_t i = 0; i < EFFECT_PAIRS; i++)
        assert_int_equal(column->pairs[i].rows, 1);
    assert_string_equal(column->pairs[0].before, "v1");
    assert_int_equal(column->distinct_before, -1);
    effects_rig_end(&rig);
}

// However many pairs there are.
static void test_effects_values__take_no_more_memory(void **state)
{
    (void)state;
    struct value_tally *tally = value_tally_make(NULL, 1, false);
    for (int i = 0; i < 40000; i++) {
        char before[32], after[32];
        struct engine_value values[2] = {{.kind = VALUE_TEXT, .text = before}, {.kind = VALUE_TEXT, .text = after}};
        values[0].len = (size_t)snprintf(before, sizeof before, "v%d", i % 1000 == 0 ? 0 : i);
        values[1].len = (size_t)snprintf(after, sizeof after, "w%d", i % 1000 == 0 ? 0 : i);
        value_tally_add(tally, &values[0], &values[1]);
    }
    assert_in_range(talloc_total_size(tally), 0, 2 * 1024 * 1024 + 256 * 1024);
    talloc_free(tally);
}

static void test_effects_values__that_collapse(void **state)
{
    (void)state;
    SCRATCH(tmp);
    begin("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);" NUMBERS(900) "INSERT INTO t SELECT i, 'v' || (i % 30) FROM numbers");
    const struct column_effect *column = find_one(tmp, "UPDATE t SET v = substr(v, 1, 2)")->columns;
    assert_int_equal(column->changed, 600);
    assert_int_equal(column->distinct_before, 20);
    assert_int_equal(column->distinct_after, 2);
    assert_true(column->has_all_pairs);
    assert_int_equal(column->n_pairs, 20);
    effects_rig_end(&rig);
}

#define A78 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// Two long values of one beginning are two; a character is not cut.
static void test_effects_values__that_are_long(void **state)
{
    (void)state;
    begin("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, '" A78 "aaa1'), (2, '" A78 "aaa2'), (3, '" A78 "aa')");
    expect_text("UPDATE t SET v = '" A78 "a€'", "t 3→3: changed 3: id=1 id=2 id=3; [v 3: " A78 "aa…→" A78 "a… 1, " A78 "aa…→" A78 "a… 1, " A78 "aa→" A78 "a… 1]");
}

static void test_effects_values__that_are_masked(void **state)
{
    static const char *masked[] = {"v", "id"};
    (void)state;
    SCRATCH(tmp);
    begin("CREATE TABLE t (id TEXT PRIMARY KEY, v TEXT, w TEXT); INSERT INTO t VALUES ('secret', 'private', 'x'), ('b', 'hidden', 'x')");
    rig.settings = (struct config_table){.name = "t", .mask = masked, .n_mask = 2};
    rig.config = (struct config){.tables = &rig.settings, .n_tables = 1};
    const struct table_effect *table = find_one(tmp, "UPDATE t SET v = NULL, w = 'y' WHERE id = 'secret'");
    char *text = effects_text(tmp, &rig.effects);
    assert_non_null(strstr(text, "[v 1 to_null 1 masked] [w 1: x→y 1]"));
    assert_null(strstr(text, "secret"));
    assert_null(strstr(text, "private"));
    assert_int_equal(strncmp(table->changed.keys[0], "id=****", 7), 0);
    effects_rig_end(&rig);
}

static void test_effects_values__that_are_ignored(void **state)
{
    static const char *ignored[] = {"at"};
    static const char *key[] = {"name"};
    (void)state;
    begin("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, v, at); INSERT INTO t VALUES (1, 'a', 1, 1), (2, 'b', 2, 2)");
    rig.settings = (struct config_table){.name = "t", .key = key, .n_key = 1, .ignore = ignored, .n_ignore = 1};
    rig.config = (struct config){.tables = &rig.settings, .n_tables = 1};
    expect_text("UPDATE t SET at = 9; UPDATE t SET id = 7, v = 3 WHERE name = 'b'", "t 2→2: changed 1: name='b'; [id 1: 2→7 1] [v 1: 2→3 1]");
}

static void test_effects_values__of_the_schema(void **state)
{
    static const struct name leave_out[] = {{"main", "schema_migrations"}};
    (void)state;
    SCRATCH(tmp);
    begin("CREATE TABLE t (id INTEGER PRIMARY KEY, v); CREATE INDEX t_v ON t (v); CREATE TABLE schema_migrations (version)");
    effects_rig_change(&rig, "DROP INDEX t_v; CREATE VIEW seen AS SELECT v FROM t; CREATE UNIQUE INDEX t_u ON t (v);"
                             "INSERT INTO schema_migrations VALUES (7); ALTER TABLE schema_migrations ADD dirty");
    struct effects_request request = {.before = &rig.targets[0], .after = &rig.targets[1], .leave_out = leave_out, .n_leave_out = 1};
    assert_true(effects_find(tmp, &request, &rig.effects, &rig.err));
    char *text = mem_strdup(tmp, "");
    for (size_t i = 0; i < rig.effects.n_objects; i++)
        text = mem_printf(tmp, "%s%s %s; ", text, rig.effects.objects[i].object, rig.effects.objects[i].what);
    assert_string_equal(text, "seen added; t_u added; t_v removed; ");
    assert_int_equal(rig.effects.n_tables, 0);
    assert_false(effects_are_none(&rig.effects));
    request.after = &rig.targets[0];
    assert_true(effects_find(tmp, &request, &rig.effects, &rig.err));
    assert_true(effects_are_none(&rig.effects));
    assert_int_equal(rig.effects.compared_tables, 1);
    effects_rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_effects_values__of_many_pairs),
        cmocka_unit_test(test_effects_values__of_rare_pairs),
        cmocka_unit_test(test_effects_values__take_no_more_memory),
        cmocka_unit_test(test_effects_values__that_collapse),
        cmocka_unit_test(test_effects_values__that_are_long),
        cmocka_unit_test(test_effects_values__that_are_masked),
        cmocka_unit_test(test_effects_values__that_are_ignored),
        cmocka_unit_test(test_effects_values__of_the_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * PostgreSQL: partition keys and bounds, and what CREATE TRIGGER says of its trigger.
 * Expected values: what the PostgreSQL 15 manual says that each clause means.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "describe.h"

static const struct action *read_one(TALLOC_CTX *mem, const char *sql)
{
    struct reader *reader;
    struct script *script;
    struct error err;
    struct script_source source = {.path = "t.sql", .text = sql, .len = strlen(sql), .end = strlen(sql)};
    assert_true(reader_open(mem, DIALECT_POSTGRES, &reader, &err));
    assert_true(reader_read(mem, reader, &source, &script, &err));
    if (script->n_statements != 1)
        fail_msg("not understood: %s", sql);
    return &script->statements[0].actions[0];
}

static void describe_values(FILE *out, const char *word, const struct partition_value *values, size_t n)
{
    static const char *const limits[] = {"", "min:", "max:", "null:"};
    for (size_t i = 0; values != NULL && i < n; i++)
        fprintf(out, " %s %s«%s»%s%s", word, limits[values[i].limit], values[i].text,
                values[i].constant != NULL ? "=" : "", values[i].constant != NULL ? values[i].constant : "");
}

static char *describe_bound(TALLOC_CTX *mem, const struct partition_bound *bound)
{
    static const char *const strategies[] = {"default", "range", "list", "hash"};
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    fputs(strategies[bound->strategy], out);
    describe_values(out, bound->strategy == PARTITION_RANGE ? "from" : "in", bound->values, bound->n_values);
    describe_values(out, "to", bound->to, bound->n_values);
    if (bound->modulus > 0)
        fprintf(out, " %d of %d", bound->remainder, bound->modulus);
    fclose(out);
    char *kept = mem_strdup(mem, text);
    free(text);
    return kept;
}

static void test_bound(void **state)
{
    (void)state;
    static const struct {
        const char *bound, *described;
    } cases[] = {
        {"DEFAULT", "default"},
        {"FOR VALUES IN ('a, b', NULL, 3, -1)", "list in «'a, b'»=a, b in null:«NULL» in «3»=3 in «-1»=-1"},
        {"FOR VALUES FROM ('2020-01-01', MINVALUE) TO ('2021-01-01', MAXVALUE)",
         "range from «'2020-01-01'»=2020-01-01 from min:«MINVALUE» to «'2021-01-01'»=2021-01-01 to max:«MAXVALUE»"},
        {"FOR VALUES FROM (date '2020-01-01') TO (now())",
         "range from «date '2020-01-01'»=2020-01-01 to «now()»"},
        {"FOR VALUES FROM ((1 + 2) * 3) TO (f(1, 2))", "range from «(1 + 2) * 3» to «f(1, 2)»"},
        {"FOR VALUES WITH (MODULUS 4, REMAINDER 3)", "hash 3 of 4"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        const struct action *created =
            read_one(tmp, mem_printf(tmp, "CREATE TABLE p PARTITION OF q %s", cases[i].bound));
        const struct action *attached =
            read_one(tmp, mem_printf(tmp, "ALTER TABLE q ATTACH PARTITION p %s", cases[i].bound));
        assert_string_equal(describe_bound(tmp, created->bound), cases[i].described);
        assert_string_equal(describe_bound(tmp, attached->bound), cases[i].described);
    }
}

static void test_key(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const struct action *action = read_one(
        tmp, "CREATE TABLE q (a int, b text) PARTITION BY RANGE (a, lower(b) COLLATE \"C\", (a + 1) int4_ops)");
    const struct partition_key *key = action->partition_key;
    assert_int_equal(key->strategy, PARTITION_RANGE);
    assert_int_equal(key->n_columns, 3);
    assert_string_equal(key->columns[0].column, "a");
    assert_null(key->columns[1].column);
    assert_string_equal(key->columns[1].expression->columns[0], "b");
    assert_string_equal(key->columns[1].collation, "C");
    assert_string_equal(key->columns[2].expression->text, "a + 1");
    assert_string_equal(key->columns[2].opclass, "int4_ops");
    assert_int_equal(read_one(tmp, "CREATE TABLE q (a int) PARTITION BY hash (a)")->partition_key->strategy,
                     PARTITION_HASH);
    assert_null(read_one(tmp, "CREATE TABLE q (a int)")->partition_key);
    assert_null(read_one(tmp, "ALTER TABLE q DETACH PARTITION p")->bound);
}

static void test_trigger(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const struct trigger_definition *trigger =
        read_one(tmp, "CREATE TRIGGER g BEFORE INSERT OR UPDATE OF a, b ON t FOR EACH ROW "
                      "WHEN (NEW.a > 0) EXECUTE FUNCTION f('x', 2)")
            ->trigger;
    assert_int_equal(trigger->timing, TRIGGER_BEFORE);
    assert_true(trigger->on_insert && trigger->on_update && trigger->is_for_each_row);
    assert_false(trigger->on_delete || trigger->on_truncate || trigger->is_constraint);
    assert_int_equal(trigger->n_columns, 2);
    assert_string_equal(trigger->columns[1], "b");
    assert_string_equal(trigger->condition->text, "NEW.a > 0");
    assert_int_equal(trigger->n_arguments, 2);
    assert_string_equal(trigger->arguments[1], "2");

    trigger = read_one(tmp, "CREATE TRIGGER g AFTER DELETE ON t REFERENCING OLD TABLE AS gone "
                            "FOR EACH STATEMENT EXECUTE FUNCTION f()")
                  ->trigger;
    assert_int_equal(trigger->timing, TRIGGER_AFTER);
    assert_false(trigger->is_for_each_row);
    assert_string_equal(trigger->old_table, "gone");
    assert_null(trigger->new_table);

    trigger = read_one(tmp, "CREATE CONSTRAINT TRIGGER g AFTER UPDATE ON t DEFERRABLE INITIALLY DEFERRED "
                            "FOR EACH ROW EXECUTE FUNCTION f()")
                  ->trigger;
    assert_true(trigger->is_constraint && trigger->is_deferrable && trigger->is_deferred);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bound),
        cmocka_unit_test(test_key),
        cmocka_unit_test(test_trigger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

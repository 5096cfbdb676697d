/*
 * Schema: names that the server makes up, copies, renames, drops, the search path.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "predict.h"

static struct schema *schema_of(TALLOC_CTX *mem, const char *sql)
{
    struct schema *schema = schema_make(mem, DIALECT_POSTGRES);
    predict_migrate(schema, sql, "setup");
    return schema;
}

static bool has(const struct schema *schema, const char *name)
{
    return schema_find(schema, (struct name){NULL, name}) != NULL;
}

static struct schema_relation *table(const struct schema *schema, const char *name)
{
    struct schema_relation *relation = schema_find(schema, (struct name){NULL, name});
    if (!relation)
        fail_msg("%s is not there", name);
    return relation;
}

// Relations of one kind, in order of name.
static char *names_of(TALLOC_CTX *mem, const struct schema *schema, enum relation_kind kind)
{
    const char **names = NULL;
    size_t n = 0;
    for (struct schema_relation *r = schema_next(schema, NULL); r; r = schema_next(schema, r)) {
        if (r->kind == kind)
            *mem_append(mem, names, n) = r->name.name;
    }
    return predict_join(mem, names, n);
}

// Expected: relname of pg_class on PostgreSQL 15.20 after the same statements.
static void test_schema_apply__index_names(void **state)
{
    (void)state;
    static const struct { const char *sql, *indexes; } rows[] = {
        {"create table a_very_long_table_name_that_nearly_fills_the_limit"
         " (a_rather_long_column_name_for_a_key int unique)",
         "a_very_long_table_name_that_n_a_rather_long_column_name_for_key"},
        {"create table \"Ünïcödé_ünïcödé_ünïcödé_ünïcödé_ü\" (ünïcödé_ünïcödé_ünïcödé_ünïcödé int unique)",
         "Ünïcödé_ünïcödé_ünï_ünïcödé_ünïcödé_ünï_key"},
        {"create table v (id int primary key, unique (id))", "v_pkey"},
        {"create table t (k int, n text); create index on t (k); create index on t (k);"
         "create table t_k_idx2 (x int); create index on t (k)", "t_k_idx t_k_idx1 t_k_idx3"},
        {"create table t (k int, n text); create index on t (lower(n), (k + 1), k);"
         "create index on t (upper(n), upper(n)); create index on t ((k+k))",
         "t_expr_idx t_lower_expr_k_idx t_upper_upper1_idx"},
        {"create table t (k int, l int, unique (k, l), exclude (k with =));"
         "alter table t add unique (l), add unique (l)", "t_k_excl t_k_l_key t_l_key t_l_key1"},
        {"create table t (id int primary key, n text unique); create index on t(n);"
         "create table u (like t including all)", "t_n_idx t_n_key t_pkey u_n_idx u_n_key u_pkey"},
        {"create table t (id int primary key); create table u (like t)", "t_pkey"},
        {"create table t (a int, b int, c int); alter table t add unique (a, b) include (c)", "t_a_b_c_key"},
        {"create table t (id int not null); create unique index i on t(id);"
         "alter table t add constraint pk primary key using index i", "pk"},
        {"create table p(id int primary key, k int) partition by range(id); create index on p(k);"
         "create table p1 partition of p default", "p1_k_idx p1_pkey p_k_idx p_pkey"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        SCRATCH(tmp);
        assert_string_equal(names_of(tmp, schema_of(tmp, rows[i].sql), RELATION_INDEX), rows[i].indexes);
    }
}

// Expected: conname of pg_constraint on PostgreSQL 15.20.
static void test_schema_apply__constraint_names(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct schema *schema = schema_of(tmp,
        "create table t (id serial primary key, k int check (k > 0), l int check (l > k), id2 int references t);"
        "alter table t add check (k < 5), add foreign key (k) references t");
    static const char *const names[] = {"t_pkey", "t_k_check", "t_check", "t_id2_fkey", "t_k_check1", "t_k_fkey"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_non_null(schema_find_constraint(table(schema, "t"), names[i]));
    assert_int_equal(table(schema, "t")->n_constraints, COUNT_OF(names));
    assert_true(has(schema, "t_id_seq"));
}

static void test_schema_copy__neither_sees_the_other(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct schema *first = schema_of(tmp, "create table t (id int primary key, n text); create view v as select n from t");
    struct schema *second = schema_copy(tmp, first);
    predict_migrate(second, "alter table t add column x int, drop column n cascade; alter table t rename to s", "b");
    predict_migrate(first, "alter table t add column y int; create table u (id int references t)", "c");
    struct schema *third = schema_copy(tmp, second);
    assert_non_null(schema_find_column(table(first, "t"), "y"));
    assert_non_null(schema_find_column(table(first, "t"), "n"));
    assert_null(schema_find_column(table(first, "t"), "x"));
    assert_true(has(first, "v"));
    assert_false(has(second, "v"));
    assert_false(has(second, "u"));
    assert_non_null(schema_find_column(table(second, "s"), "x"));
    talloc_free(second);
    talloc_free(first);
    assert_non_null(schema_find_column(table(third, "s"), "x")); // outlives both
}

static void test_schema_apply__renames_are_followed(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct schema *schema = schema_of(tmp,
        "create table a (id serial primary key, n text); create table b (a_id int references a(id));"
        "create view v as select n from a; create index a_n on a(n);"
        "alter table a rename to c; alter table c rename column id to key; alter index a_n rename to c_n;"
        "alter table c rename constraint a_pkey to c_pkey; alter sequence a_id_seq rename to c_seq");
    const struct schema_constraint *key = schema_find_constraint(table(schema, "b"), "b_a_id_fkey");
    assert_string_equal(key->references.name, "c");
    assert_string_equal(key->referenced[0], "key");
    assert_string_equal(table(schema, "v")->reads[0].name, "c");
    struct schema_index *index;
    assert_ptr_equal(schema_find_index(schema, (struct name){NULL, "c_n"}, &index), table(schema, "c"));
    assert_string_equal(schema_find_constraint(table(schema, "c"), "c_pkey")->index, "c_pkey");
    assert_true(has(schema, "c_pkey"));
    assert_string_equal(schema_find_column(table(schema, "c"), "key")->owned_sequence, "c_seq");
    assert_false(has(schema, "a") || has(schema, "a_n") || has(schema, "a_pkey") || has(schema, "a_id_seq"));
}

static void test_schema_apply__drops_take_along(void **state)
{
    (void)state;
    static const struct { const char *sql, *gone, *stays; } rows[] = {
        {"drop table a cascade", "a a_pkey a_id_seq v", "b b_n"},
        {"drop table b", "b b_n", "a v"},
        {"alter table a drop column id", "a_pkey a_id_seq", "a v"},
        {"alter table b drop column n", "b_n", "b"},
        {"drop index b_n", "b_n", "b"},
        {"drop schema public cascade", "a b v a_pkey b_n", ""},
        {"drop table if exists nope", "nope", "a b v"},
        {"alter table a drop constraint a_pkey cascade", "a_pkey", "a b"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        SCRATCH(tmp);
        struct schema *schema = schema_of(tmp, "create table a (id serial primary key, n text);"
            "create table b (a_id int references a, n text); create index b_n on b(n); create view v as select n from a");
        predict_migrate(schema, rows[i].sql, "drop");
        char *gone = mem_strdup(tmp, rows[i].gone);
        char *stays = mem_strdup(tmp, rows[i].stays);
        for (char *word = strsep(&gone, " "); word; word = strsep(&gone, " "))
            assert_false(has(schema, word));
        for (char *word = strsep(&stays, " "); word && *word; word = strsep(&stays, " "))
            assert_true(has(schema, word));
        if (has(schema, "b") && !has(schema, "a_pkey")) // the key that it rested on is gone
            assert_null(schema_find_constraint(table(schema, "b"), "b_a_id_fkey"));
    }
}

static void test_schema_apply__search_path_and_temporary(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct schema *schema = schema_of(tmp, "set search_path = shop, public; create table t (id int);"
                                           "create temp table t (x int)");
    assert_non_null(schema_find_column(table(schema, "t"), "x")); // the temporary one hides it
    assert_non_null(schema_find(schema, (struct name){"shop", "t"}));
    schema_begin_migration(schema, "next");
    assert_false(has(schema, "t")); // another session: no temporary table, path public
    assert_non_null(schema_find(schema, (struct name){"shop", "t"}));
}

static void test_schema_add__links_of_a_catalog_are_found(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct schema *schema = schema_make(tmp, DIALECT_POSTGRES);
    struct schema_relation *child = schema_add(schema, (struct name){"public", "b"}, RELATION_TABLE);
    struct schema_constraint *key = mem_append(child, child->constraints, child->n_constraints);
    *key = (struct schema_constraint){.kind = CONSTRAINT_FOREIGN_KEY, .name = "fk", .is_valid = true,
                                      .references = {"public", "a"}};
    schema_add(schema, (struct name){"public", "a"}, RELATION_TABLE);
    schema_begin_migration(schema, "m");
    struct script *script = predict_read(tmp, "drop table a cascade");
    struct effects *effects = effects_predict(tmp, schema, &script->statements[0], 15);
    assert_string_equal(predict_line(tmp, effects), "a:AX b:AX");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema_apply__index_names),
        cmocka_unit_test(test_schema_apply__constraint_names),
        cmocka_unit_test(test_schema_copy__neither_sees_the_other),
        cmocka_unit_test(test_schema_apply__renames_are_followed),
        cmocka_unit_test(test_schema_apply__drops_take_along),
        cmocka_unit_test(test_schema_apply__search_path_and_temporary),
        cmocka_unit_test(test_schema_add__links_of_a_catalog_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Effects that a measurement alone does not show: histories that start in the middle, what is new,
 * losses, what cannot be known, other versions, what the rows decide.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "predict.h"

struct row {
    const char *setup;     // an earlier migration
    const char *statement; // the last of several is judged
    const char *expected;
};

static struct effects *judge(TALLOC_CTX *mem, const struct row *row, unsigned pg_version)
{
    struct schema *schema = schema_make(mem, DIALECT_POSTGRES);
    predict_migrate(schema, row->setup, "setup");
    schema_begin_migration(schema, "judged");
    struct script *script = predict_read(mem, row->statement);
    for (size_t i = 0; i + 1 < script->n_statements; i++)
        schema_apply(schema, &script->statements[i]);
    return effects_predict(mem, schema, &script->statements[script->n_statements - 1], pg_version);
}

static void expect_lines(const struct row *rows, size_t n, unsigned pg_version)
{
    for (size_t i = 0; i < n; i++) {
        SCRATCH(tmp);
        char *line = predict_line(tmp, judge(tmp, &rows[i], pg_version));
        if (strcmp(line, rows[i].expected) != 0)
            fail_msg("%s\nsaid %s\nwant %s", rows[i].statement, line, rows[i].expected);
    }
}

// Nobody created the table: the lock of the statement's form, no guesses about keys and indexes.
static void test_effects_predict__unknown_relation(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", "alter table t add column x int", "t:AX"},
        {"", "alter table t add column x float default random()", "t:AX ; rewrites t ; long"},
        {"", "alter table t alter x set not null", "t:AX ; long"},
        {"", "alter table t alter x type text", "t:AX ; rewrites t ; long"},
        {"", "alter table t add constraint f foreign key (a) references r", "r:SRE t:SRE ; long"},
        {"", "alter table t add constraint f foreign key (a) references r not valid", "r:SRE t:SRE"},
        {"", "alter table t add primary key using index i", "t:AX ; long"},
        {"", "alter table t drop constraint c", "t:AX"},
        {"", "alter table other.t validate constraint c", "other.t:SUE"},
        {"", "create index on t(x)", "t:S ; long"},
        {"", "create index concurrently i on t(x)", "t:SUE"},
        {"", "reindex table t", "t:S ; long"},
        {"", "drop table t", "t:AX"},
        {"", "drop table if exists t", "t:AX"}, // perhaps it is there
        {"create table u (id int)", "drop table if exists t", "none"},
        {"create table u (id int)", "alter table if exists t add column x int", "none"},
        {"alter table s add x int; create table u (id int)", "drop table if exists t", "t:AX"},
        {"", "drop index i", "i:AX"},
        {"", "insert into t values (1)", "t:RX"},
        {"", "truncate t", "t:AX"},
        {"", "vacuum full t", "t:AX ; rewrites t ; long"},
        {"", "select * from pg_class, information_schema.tables", "none"},
    };
    expect_lines(rows, COUNT_OF(rows), 15);
}

static void test_effects_predict__new_relations_lock_nobody_out(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"create table r (id int primary key)", "create table t (id int); alter table t add column x float default random()", "none"},
        {"create table r (id int primary key)", "create table t (r int); alter table t add foreign key (r) references r", "r:SRE"},
        // Its rows have to be looked up in the old table.
        {"create table r (id int primary key)",
         "create table t (r int); insert into t select id from r; alter table t add foreign key (r) references r",
         "r:SRE ; long"},
        {"create table r (id int primary key)", "create table t as select * from r; create index on t(id)", "none"},
        {"create table r (id int, n text)", "create index i on r(n); drop index i", "r:AX"},
        {"create table r (id int primary key)", "create temp table r2 (id int); drop table r2", "none"},
        // Others know the table by the name that it had before.
        {"create table r (id int primary key)", "alter table r rename to s; alter table s add column x int", "r:AX"},
        {"create table r (id int primary key)", "alter index r_pkey rename to k; alter index k rename to l", "r_pkey:SUE"},
        // The type change made the index anew.
        {"create table r (id int primary key)", "alter table r alter id type bigint; alter index r_pkey rename to k", "none"},
    };
    expect_lines(rows, COUNT_OF(rows), 15);
}

// Source: release notes of PostgreSQL 11 and 12 (postgres-ddl notes); not measured.
static void test_effects_predict__older_versions(void **state)
{
    (void)state;
    static const struct row fast_default = {"create table t (id int)", "alter table t add column x int default 1", "t:AX"};
    static const struct row rewritten = {"create table t (id int)", "alter table t add column x int default 1", "t:AX ; rewrites t ; long"};
    static const struct row proof = {"create table t (id int check (id is not null))", "alter table t alter id set not null", "t:AX ; long"};
    static const struct row proven = {"create table t (id int check (id is not null))", "alter table t alter id set not null", "t:AX"};
    static const struct row renamed = {"create table t (id int primary key)", "alter index t_pkey rename to k", "t_pkey:AX"};
    expect_lines(&rewritten, 1, 10);
    expect_lines(&fast_default, 1, 11);
    expect_lines(&proof, 1, 11);
    expect_lines(&proven, 1, 12);
    expect_lines(&renamed, 1, 11);
}

// That some row is written is assumed.
static void test_effects_predict__keys_of_rows(void **state)
{
    (void)state;
    static const char setup[] =
        "create table a (id int primary key, n text); create table b (id int, a int references a on delete cascade, n text);"
        "create table c (b int, a int references a on update cascade)";
    static const struct row rows[] = {
        {setup, "insert into b(id) values (1)", "b:RX"},
        {setup, "insert into b(id, a) select 1, null", "b:RX"},
        {setup, "insert into b(id, a) values (1, 2)", "a:RS b:RX"},
        {setup, "insert into b values (1, 2, 'x')", "a:RS b:RX"},
        {setup, "update b set a = 4 where id = 1", "a:RS b:RX"},
        {setup, "update b set a = null", "b:RX"},
        {setup, "update b set n = 'x'", "b:RX"},
        {setup, "update a set n = 'x'", "a:RX"},
        {setup, "update a set id = 5", "a:RX b:RS c:RX"},
        {setup, "delete from a", "a:RX b:RX c:RS"},
        {setup, "delete from b", "b:RX"},
        {setup, "with d as (delete from b returning a) insert into c(a) select a from d", "a:RS b:RX c:RX"},
    };
    expect_lines(rows, COUNT_OF(rows), 15);
}

static void test_effects_predict__destroys(void **state)
{
    (void)state;
    static const char setup[] =
        "create table a (id int primary key, n text, amount numeric(10,4), at timestamp);"
        "create table b (id int, a int references a on delete cascade); create index b_id on b(id);"
        "create view v as select n from a";
    static const struct row rows[] = {
        {setup, "alter table a drop column n", "public.a.n column"},
        {setup, "drop table b", "public.b table"},
        {setup, "drop table a cascade", "public.a table,public.v view"},
        {setup, "drop index b_id", "public.b_id index"},
        {setup, "alter table a drop constraint a_pkey cascade", "public.a.a_pkey constraint"},
        {setup, "delete from a where id = 1", "public.a rows,public.b rows"},
        {setup, "truncate b", "public.b rows"},
        {setup, "update a set n = 'x', at = now()", "public.a.n values,public.a.at values"},
        {setup, "alter table a alter amount type numeric(10,2)", "public.a.amount values"},
        {setup, "alter table a alter amount type bigint", "public.a.amount values"},
        {setup, "alter table a alter at type date", "public.a.at values"},
        {setup, "alter table a alter n type text using upper(n)", "public.a.n values"},
        {setup, "alter table a alter amount type numeric(20,4)", ""},
        {setup, "alter table a alter n type varchar(10)", ""}, // refused when it does not fit
        {setup, "alter table a add column z int; update a set z = id", ""},
        {setup, "alter table a add column z int; alter table a drop column z", ""},
        {setup, "create table c (id int); delete from c", ""},
        {setup, "create table c (id int); drop table c", ""},
        {setup, "insert into a values (1)", ""},
        {"", "drop table if exists t", "public.t table"},
        {"", "alter table t drop column x", "public.t.x column"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        SCRATCH(tmp);
        const struct effects *effects = judge(tmp, &rows[i], 15);
        char *text = mem_strdup(tmp, "");
        for (size_t k = 0; k < effects->n_destroys; k++)
            text = mem_printf(tmp, "%s%s%s %s", text, k ? "," : "", effects->destroys[k].object,
                              effects->destroys[k].what);
        if (strcmp(text, rows[i].expected) != 0)
            fail_msg("%s\nsaid %s\nwant %s", rows[i].statement, text, rows[i].expected);
    }
}

static void test_effects_predict__unknown_is_said(void **state)
{
    (void)state;
    static const char setup[] =
        "create table t (id serial);"
        "create function v() returns int language plpgsql as 'begin return 1; end';"
        "create function y() returns int language plpython3u as 'return 1';"
        "create function x() returns int language plpgsql as 'begin';"
        "create function d() returns trigger language plpgsql as 'begin execute f(); end';"
        "create function r() returns int language sql return r() + r();"
        "create trigger g before insert on t for each row execute function d();"
        "create function i() returns int immutable language plpgsql as 'begin return 1; end'";
    static const struct row rows[] = {
        {setup, "do $$ begin delete from t; end $$", ""},
        {setup, "do $$ begin delete from t; end if; end $$", "a DO block: its code is not understood at line 1: END of nothing"},
        {setup, "do language plpython3u 'x'", "a DO block: its code is in plpython3u"},
        {setup, "call p()", "CALL of p(): what it does is not known before it runs"},
        {setup, "execute s", "a prepared statement is run by its name"},
        {setup, "select v()", ""},
        {setup, "select y()", "SELECT of y(): its code is in plpython3u"},
        {setup, "select x()", "SELECT of x(): its code is not understood at line 1: the last END is missing"},
        {setup, "select * from d()", "SELECT of d(): EXECUTE of a text that is made when it runs"},
        {setup, "select r()", "SELECT of r(): functions that call too many others"},
        {setup, "insert into t values (1)", "trigger g runs d(): EXECUTE of a text that is made when it runs"},
        {setup, "delete from t", ""},
        {setup, "drop extension citext cascade", "DROP EXTENSION CASCADE: what depends on it is not known"},
        {setup, "drop owned by someone", "DROP OWNED: what the role owns is not known"},
        {setup, "truncate other cascade", "TRUNCATE CASCADE: which tables refer to other is not known"},
        {"", "drop schema s cascade", "DROP SCHEMA CASCADE: what is in schema s is not fully known"},
        {setup, "select i()", ""},
        {setup, "select setval('t_id_seq', 4)", ""},
        {setup, "select pg_catalog.set_config('search_path', '', false)", ""},
        {setup, "truncate t cascade", ""},
        {setup, "drop extension citext", ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        SCRATCH(tmp);
        const char *reason = judge(tmp, &rows[i], 15)->unknown_reason;
        if (strcmp(reason ? reason : "", rows[i].expected) != 0)
            fail_msg("%s\nsaid %s\nwant %s", rows[i].statement, reason, rows[i].expected);
    }
}

// A foreign key is checked again, which reads both tables, when its column changes and anything in
// the statement writes the table anew (PostgreSQL 15: seq_scan of pg_stat_xact_user_tables).
static void test_effects_predict__rewrite_checks_foreign_keys_again(void **state)
{
    (void)state;
    static const char setup[] = "create table p (id varchar(20) primary key, n int);"
                                "create table c (id int, p_id varchar(20) references p)";
    static const struct row rows[] = {
        {setup, "alter table p alter id type text", ""},
        {setup, "alter table c alter p_id type text", ""},
        {setup, "alter table p alter id type text, alter n type bigint", "c p"},
        {setup, "alter table p alter n type bigint, alter id type text", "c p"},
        {setup, "alter table c alter id type bigint, alter p_id type text", "c p"},
        {setup, "alter table c alter p_id type text, add column u float default random()", "c p"},
        {setup, "alter table c alter id type bigint", ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        SCRATCH(tmp);
        const struct effects *effects = judge(tmp, &rows[i], 15);
        const char **scans = mem_array(tmp, const char *, effects->n_scans + 1);
        for (size_t k = 0; k < effects->n_scans; k++)
            scans[k] = predict_bare(effects->scans[k]);
        assert_string_equal(predict_join(tmp, scans, effects->n_scans), rows[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_effects_predict__unknown_relation),
        cmocka_unit_test(test_effects_predict__new_relations_lock_nobody_out),
        cmocka_unit_test(test_effects_predict__older_versions),
        cmocka_unit_test(test_effects_predict__keys_of_rows),
        cmocka_unit_test(test_effects_predict__destroys),
        cmocka_unit_test(test_effects_predict__rewrite_checks_foreign_keys_again),
        cmocka_unit_test(test_effects_predict__unknown_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

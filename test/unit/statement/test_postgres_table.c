/*
 * PostgreSQL: CREATE TABLE and the relations beside it.
 * Expected values: what the PostgreSQL 15 manual says that each statement does.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "describe.h"

static void test_columns(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"CREATE TABLE t (id bigint PRIMARY KEY, a varchar(20) NOT NULL DEFAULT 'x', b "
         "numeric(10,2) NULL)",
         "CREATE TABLE: create table table t (id bigint not-null {primary-key on id}) (a "
         "varchar(20) not-null default «'x'» literal=x) (b numeric(10,2))"},
        {"CREATE TABLE IF NOT EXISTS s.\"T u\" (a int DEFAULT nextval('q'::regclass) UNIQUE)",
         "CREATE TABLE: create table table s.T u (a integer default «nextval('q'::regclass)» "
         "calls nextval {unique on a}) if-exists"},
        {"CREATE TABLE t (a int CONSTRAINT p CHECK (a > 0) CHECK (a IS NOT NULL AND a < 9), b "
         "int REFERENCES o (x) ON DELETE SET NULL ON UPDATE CASCADE DEFERRABLE INITIALLY "
         "DEFERRED)",
         "CREATE TABLE: create table table t (a integer {check name=p on a «a > 0» reads a} "
         "{check on a «a IS NOT NULL AND a < 9» reads a not-null=a}) (b integer {foreign-key "
         "on b -> o key x delete=SET NULL update=CASCADE deferrable})"},
        {"CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY, b int GENERATED ALWAYS AS (a * "
         "2) STORED)",
         "CREATE TABLE: create table table t (a integer identity) (b integer stored «a * 2» "
         "reads a)"},
        {"CREATE TABLE t (a text COLLATE \"de_DE\" DEFAULT 'x')",
         "CREATE TABLE: create table table t (a text collation=de_DE default «'x'» literal=x)"},
        {"CREATE TABLE t ()", "CREATE TABLE: create table table t"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_defaults_end_where_the_next_part_begins(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"CREATE TABLE t (a int DEFAULT 1 NOT NULL, b text DEFAULT 'x' || lower('Y') CHECK (b "
         "<> ''), c int DEFAULT (1) UNIQUE)",
         "CREATE TABLE: create table table t (a integer not-null default «1» literal=1) (b "
         "text default «'x' || lower('Y')» calls lower {check on b «b <> ''» reads b}) (c "
         "integer default «(1)» literal=1 {unique on c})"},
        {"CREATE TABLE t (a int DEFAULT 1 COLLATE \"C\", b int DEFAULT NULL, c int DEFAULT - 1 "
         "CONSTRAINT k REFERENCES o)",
         "CREATE TABLE: create table table t (a integer collation=C default «1» literal=1) (b "
         "integer default «NULL» null) (c integer default «- 1» literal=-1 {foreign-key name=k "
         "on c -> o})"},
        {"CREATE TABLE t (a timestamptz DEFAULT now() /* now */ NOT NULL, b int DEFAULT /* why "
         "*/ (3 + /* two */ 2))",
         "CREATE TABLE: create table table t (a timestamptz not-null default «now()» calls "
         "now) (b integer default «(3 + /* two */ 2)» constant)"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

// Names as pg_type has them; serial is no type but stays, as it says what happens.
static void test_types(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"CREATE TABLE t (a serial, b bigserial, c \"char\", d char, e character(3), f "
         "interval day to second(3), g bit varying(4), h s.mytype(1))",
         "CREATE TABLE: create table table t (a serial) (b bigserial) (c \"char\") (d char(1)) "
         "(e char(3)) (f interval(3)) (g bit varying(4)) (h s.mytype(1))"},
        {"CREATE TABLE t (a double precision, b float(4), c timestamp(3) with time zone, d "
         "int[][], e numeric, f text[], g boolean, h smallint, i time, j decimal(5), k real, l "
         "int ARRAY[3])",
         "CREATE TABLE: create table table t (a double precision) (b real) (c timestamptz(3)) "
         "(d integer[]) (e numeric) (f text[]) (g boolean) (h smallint) (i time) (j "
         "numeric(5)) (k real) (l integer[])"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_table_constraints(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"CREATE TABLE t (a int, b int, CONSTRAINT k CHECK (((a) IS NOT NULL) AND b > 0), "
         "UNIQUE (a, b), PRIMARY KEY (b))",
         "CREATE TABLE: create table table t (a integer) (b integer) {check name=k «((a) IS "
         "NOT NULL) AND b > 0» reads a b not-null=a} {unique on a b} {primary-key on b}"},
        {"CREATE TABLE t (a int, CONSTRAINT f FOREIGN KEY (a, b) REFERENCES s.p (c, d) ON "
         "DELETE RESTRICT, FOREIGN KEY (a) REFERENCES q ON DELETE SET DEFAULT ON UPDATE NO "
         "ACTION)",
         "CREATE TABLE: create table table t (a integer) {foreign-key name=f on a b -> s.p key "
         "c d delete=RESTRICT} {foreign-key on a -> q delete=SET DEFAULT}"},
        {"CREATE TABLE t (a int, EXCLUDE USING gist (a WITH =, (b || c) WITH &&) WHERE (d), "
         "UNIQUE NULLS NOT DISTINCT (a))",
         "CREATE TABLE: create table table t (a integer) {exclude on a method=gist} {unique on "
         "a nulls-not-distinct}"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_parents_and_partitions(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"CREATE TABLE a (LIKE b INCLUDING ALL, x int)",
         "CREATE TABLE: create table table a option=defaults,constraints,indexes,identity, (x integer) parents b like"},
        {"CREATE TABLE a (LIKE b)", "CREATE TABLE: create table table a parents b like"},
        {"CREATE TABLE a (x int) INHERITS (b, s.c)",
         "CREATE TABLE: create table table a (x integer) parents b s.c"},
        {"CREATE TABLE p PARTITION OF q DEFAULT",
         "CREATE TABLE: create table table p partition-of q default-partition"},
        {"CREATE TABLE p PARTITION OF q FOR VALUES FROM (1) TO (2)",
         "CREATE TABLE: create table table p partition-of q"},
        {"CREATE TABLE q (id bigint NOT NULL) PARTITION BY RANGE (id)",
         "CREATE TABLE: create table table q (id bigint not-null) partitioned"},
        {"CREATE TEMP TABLE a (b int)", "CREATE TABLE: create table table a (b integer) temporary"},
        {"CREATE UNLOGGED TABLE a (b int)",
         "CREATE TABLE: create table table a (b integer) unlogged"},
        {"CREATE FOREIGN TABLE f (a int OPTIONS (x 'y')) SERVER s",
         "CREATE FOREIGN TABLE: create table foreign table f (a integer)"},
        {"CREATE TABLE t OF c", "CREATE TABLE: create table table t other=c"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_tables_from_queries(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"CREATE TABLE a AS SELECT b, c AS d FROM e WITH NO DATA",
         "CREATE TABLE AS: create table as table a <select reads e out «b» reads b as=b out "
         "«c» reads c as=d> without-data"},
        {"CREATE TABLE IF NOT EXISTS a (x, y) AS SELECT b, c FROM e",
         "CREATE TABLE AS: create table as table a <select reads e out «b» reads b as=x out "
         "«c» reads c as=y> if-exists"},
        {"CREATE TABLE a AS EXECUTE foo", "CREATE TABLE AS: create table as table a"},
        {"CREATE MATERIALIZED VIEW IF NOT EXISTS m AS SELECT count(*) FROM t",
         "CREATE MATERIALIZED VIEW: create table as materialized view m <select reads t out "
         "«count(*)» calls count> if-exists"},
        {"SELECT a INTO TEMP b FROM c",
         "SELECT INTO: create table as table b <select reads c out «a» reads a as=a into> "
         "temporary"},
        {"SELECT a INTO b FROM c UNION SELECT 1",
         "SELECT INTO: create table as table b <select reads c out «a» reads a as=a "
         "set-operation into>"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_views(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"CREATE VIEW v AS SELECT a.b, a.c + 1 AS d, lower(e) FROM a WHERE f = 1",
         "CREATE VIEW: create view view v <select reads a out «a.b» reads b as=b out «a.c + 1» "
         "reads c as=d out «lower(e)» reads e calls lower where «f = 1» reads f>"},
        {"CREATE OR REPLACE TEMP VIEW v (x, y) AS SELECT a, b AS c FROM t WHERE a > 1 WITH "
         "CHECK OPTION",
         "CREATE VIEW: create view view v <select reads t out «a» reads a as=x out «b» reads b "
         "as=y where «a > 1» reads a> or-replace temporary"},
        {"CREATE RECURSIVE VIEW v (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM v WHERE n < 9",
         "CREATE VIEW: create view view v <select out «n» reads n as=n>"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_indexes(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"CREATE INDEX i ON s.t (a)", "CREATE INDEX: create index index s.t btree name=i column=a"},
        {"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY t USING gin (a)",
         "CREATE UNIQUE INDEX CONCURRENTLY: create index index t unique gin name=i column=a "
         "if-exists concurrently only"},
        {"CREATE UNIQUE INDEX ON t ((lower(a)), b DESC, lower(c) text_pattern_ops, ((d + 1))) "
         "INCLUDE (e, f) WHERE (a IS NOT NULL) AND b > 0",
         "CREATE UNIQUE INDEX: create index index t unique btree column=«lower(a)» reads a "
         "calls lower column=b column=«lower(c)» reads c calls lower opclass=text_pattern_ops "
         "column=«(d + 1)» reads d includes e f where «(a IS NOT NULL) AND b > 0» reads a b "
         "not-null=a"},
        {"CREATE INDEX ON t (a COLLATE \"C\" text_ops DESC NULLS FIRST, (b->>'x'), coalesce(c, "
         "d), (e)) NULLS NOT DISTINCT WITH (fillfactor = 70) WHERE f = 'x'",
         "CREATE INDEX: create index index t btree column=a opclass=text_ops collation=C "
         "column=«b->>'x'» reads b column=«coalesce(c, d)» reads c d column=«e» reads e where "
         "«f = 'x'» reads f nulls-not-distinct"},
        {"CREATE INDEX CONCURRENTLY i ON t (a)",
         "CREATE INDEX CONCURRENTLY: create index index t btree name=i column=a concurrently"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_sequences_and_the_rest(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"CREATE SEQUENCE IF NOT EXISTS s OWNED BY q.t.c",
         "CREATE SEQUENCE: create sequence sequence s other=q.t column=c option=owned_by "
         "if-exists"},
        {"ALTER SEQUENCE s OWNED BY NONE",
         "ALTER SEQUENCE: alter sequence sequence s option=owned_by"},
        {"ALTER SEQUENCE IF EXISTS s RESTART 5 CACHE 3",
         "ALTER SEQUENCE: alter sequence sequence s option=restart,cache value «5» literal=5 relation-if-exists"},
        {"CREATE STATISTICS st (ndistinct) ON a, b FROM t",
         "CREATE STATISTICS: create statistics statistics t member=st"},
        {"REFRESH MATERIALIZED VIEW CONCURRENTLY m",
         "REFRESH MATERIALIZED VIEW: refresh materialized view m concurrently"},
        {"REFRESH MATERIALIZED VIEW m WITH NO DATA",
         "REFRESH MATERIALIZED VIEW: refresh materialized view m without-data"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_defaults_end_where_the_next_part_begins),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_table_constraints),
        cmocka_unit_test(test_parents_and_partitions),
        cmocka_unit_test(test_tables_from_queries),
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_indexes),
        cmocka_unit_test(test_sequences_and_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

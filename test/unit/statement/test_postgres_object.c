/*
 * PostgreSQL: drops, comments, grants, and what is no relation.
 * Expected values: what the PostgreSQL 15 manual says that each statement does.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "describe.h"

static void test_drops(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"DROP TABLE IF EXISTS a, s.b CASCADE",
         "DROP TABLE: drop table a if-exists cascade; drop table s.b if-exists cascade"},
        {"DROP INDEX i", "DROP INDEX: drop index i"},
        {"DROP INDEX CONCURRENTLY IF EXISTS s.i",
         "DROP INDEX CONCURRENTLY: drop index s.i if-exists concurrently"},
        {"DROP VIEW v", "DROP VIEW: drop view v"},
        {"DROP MATERIALIZED VIEW m", "DROP MATERIALIZED VIEW: drop materialized view m"},
        {"DROP SEQUENCE s", "DROP SEQUENCE: drop sequence s"},
        {"DROP FOREIGN TABLE f", "DROP FOREIGN TABLE: drop foreign table f"},
        {"DROP TRIGGER IF EXISTS x ON s.t CASCADE",
         "DROP TRIGGER: drop trigger trigger s.t member=x if-exists cascade"},
        {"DROP RULE r ON t", "DROP RULE: drop rule rule t member=r"},
        {"DROP POLICY IF EXISTS p ON t", "DROP POLICY: drop policy policy t member=p if-exists"},
        {"DROP FUNCTION IF EXISTS f(int), s.g",
         "DROP FUNCTION: drop function f if-exists; drop function s.g if-exists"},
        {"DROP PROCEDURE p", "DROP PROCEDURE: drop procedure p"},
        {"DROP ROUTINE r", "DROP ROUTINE: drop function r"},
        {"DROP AGGREGATE a(int)", "DROP AGGREGATE: drop aggregate a"},
        {"DROP TYPE IF EXISTS a, s.b CASCADE",
         "DROP TYPE: drop type a if-exists cascade; drop type s.b if-exists cascade"},
        {"DROP DOMAIN d", "DROP DOMAIN: drop domain d"},
        {"DROP SCHEMA s CASCADE", "DROP SCHEMA: drop schema s cascade"},
        {"DROP EXTENSION e", "DROP EXTENSION: drop extension e"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_drops_of_what_has_no_schema(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"DROP CAST (int AS text)", "DROP CAST: drop cast"},
        {"DROP OPERATOR s.+ (int, int)", "DROP OPERATOR: drop operator s.+"},
        {"DROP OPERATOR CLASS s.c USING btree", "DROP OPERATOR CLASS: drop operator s.c"},
        {"DROP TRANSFORM FOR int LANGUAGE sql", "DROP TRANSFORM: drop object sql"},
        {"DROP ROLE a, b", "DROP ROLE: drop role a; drop role b"},
        {"DROP OWNED BY x", "DROP OWNED: drop role x option=owned"},
        {"DROP DATABASE IF EXISTS d", "DROP DATABASE: drop database d if-exists"},
        {"DROP TABLESPACE t", "DROP TABLESPACE: drop tablespace t"},
        {"DROP TEXT SEARCH CONFIGURATION c", "DROP TEXT SEARCH CONFIGURATION: drop text search c"},
        {"DROP STATISTICS s", "DROP STATISTICS: drop statistics s"},
        {"DROP SUBSCRIPTION s", "DROP SUBSCRIPTION: drop subscription s"},
        {"DROP PUBLICATION p", "DROP PUBLICATION: drop publication p"},
        {"DROP USER MAPPING FOR u SERVER s", "DROP USER MAPPING: drop server s"},
        {"DROP SERVER s", "DROP SERVER: drop server s"},
        {"DROP EVENT TRIGGER e", "DROP EVENT TRIGGER: drop event trigger e"},
        {"DROP COLLATION c", "DROP COLLATION: drop collation c"},
        {"DROP LANGUAGE l", "DROP LANGUAGE: drop object l"},
        {"DROP ACCESS METHOD m", "DROP ACCESS METHOD: drop object m"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_comments(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"COMMENT ON COLUMN s.t.c IS 'x'",
         "COMMENT ON COLUMN: comment column s.t column=c member=c"},
        {"COMMENT ON TABLE t IS NULL", "COMMENT ON TABLE: comment table t"},
        {"COMMENT ON INDEX i IS ''", "COMMENT ON INDEX: comment index i"},
        {"COMMENT ON CONSTRAINT c ON s.t IS ''",
         "COMMENT ON CONSTRAINT: comment constraint s.t member=c"},
        {"COMMENT ON CONSTRAINT c ON DOMAIN d IS ''",
         "COMMENT ON CONSTRAINT: comment constraint d member=c"},
        {"COMMENT ON TRIGGER g ON t IS ''", "COMMENT ON TRIGGER: comment trigger t member=g"},
        {"COMMENT ON FUNCTION s.f(int) IS ''", "COMMENT ON FUNCTION: comment function s.f"},
        {"COMMENT ON TYPE ty IS ''", "COMMENT ON TYPE: comment type ty"},
        {"COMMENT ON SCHEMA s IS ''", "COMMENT ON SCHEMA: comment schema s"},
        {"COMMENT ON TEXT SEARCH CONFIGURATION c IS ''",
         "COMMENT ON TEXT SEARCH CONFIGURATION: comment text search c"},
        {"COMMENT ON LARGE OBJECT 5 IS ''", "COMMENT ON LARGE OBJECT: comment object"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_grants(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"GRANT SELECT ON t, s.u TO joe", "GRANT: grant table t; grant table s.u"},
        {"REVOKE ALL ON ALL TABLES IN SCHEMA s FROM joe CASCADE",
         "REVOKE: grant table s.* option=all in schema cascade"},
        {"GRANT EXECUTE ON FUNCTION f(int) TO joe", "GRANT: grant function f"},
        {"GRANT USAGE ON SCHEMA s TO joe", "GRANT: grant schema s"},
        {"GRANT a TO b", "GRANT: grant role"},
        {"REVOKE a FROM b", "REVOKE: grant role"},
        {"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO joe",
         "ALTER DEFAULT PRIVILEGES: other role"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_triggers_rules_policies(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"CREATE TRIGGER g BEFORE INSERT ON s.t FOR EACH ROW EXECUTE FUNCTION x.f()",
         "CREATE TRIGGER: create trigger trigger s.t member=g new=x option=f"},
        {"CREATE OR REPLACE TRIGGER g AFTER UPDATE OF a ON t EXECUTE PROCEDURE f()",
         "CREATE TRIGGER: create trigger trigger t member=g option=f or-replace"},
        {"CREATE CONSTRAINT TRIGGER g AFTER DELETE ON t FROM o DEFERRABLE FOR EACH ROW EXECUTE "
         "FUNCTION f()",
         "CREATE TRIGGER: create trigger trigger t other=o member=g option=f"},
        {"CREATE OR REPLACE RULE r AS ON INSERT TO t DO INSTEAD (DELETE FROM x; DELETE FROM y)",
         "CREATE RULE: create rule rule t member=r option=INSERT or-replace"},
        {"CREATE POLICY p ON t USING (a = 1)", "CREATE POLICY: create policy policy t member=p value «» reads a"},
        {"ALTER POLICY p ON t TO joe", "ALTER POLICY: alter policy policy t member=p"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_functions(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"CREATE OR REPLACE FUNCTION s.f(a int) RETURNS int LANGUAGE sql STABLE AS $x$ SELECT "
         "1; $x$",
         "CREATE FUNCTION: create function function s.f option=stable language=sql body= "
         "SELECT 1;  or-replace"},
        {"CREATE FUNCTION f() RETURNS trigger AS 'BEGIN RETURN NEW; END' LANGUAGE plpgsql",
         "CREATE FUNCTION: create function function f language=plpgsql body=BEGIN RETURN NEW; "
         "END"},
        {"CREATE PROCEDURE p() BEGIN ATOMIC SELECT 1; END",
         "CREATE PROCEDURE: create function procedure p language=sql body="
         "BEGIN ATOMIC SELECT 1; END"},
        {"CREATE FUNCTION g() RETURNS int RETURN 1",
         "CREATE FUNCTION: create function function g language=sql body="
         "RETURN 1"},
        {"CREATE FUNCTION h() RETURNS int LANGUAGE c AS 'lib', 'symbol'",
         "CREATE FUNCTION: create function function h language=c body=lib"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_types(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"CREATE TYPE e AS ENUM ('a', 'b')", "CREATE TYPE: create type enum e"},
        {"ALTER TYPE e ADD VALUE IF NOT EXISTS 'c' AFTER 'b'",
         "ALTER TYPE: add enum value enum e member=c if-exists"},
        {"ALTER TYPE e RENAME VALUE 'a' TO 'z'",
         "ALTER TYPE: rename enum value enum e member=a new=z"},
        {"CREATE TYPE s.c AS (a int, b text)",
         "CREATE TYPE: create type composite s.c (a integer) (b text)"},
        {"CREATE TYPE r AS RANGE (subtype = int)", "CREATE TYPE: create type range r"},
        {"CREATE TYPE shell", "CREATE TYPE: create type type shell"},
        {"CREATE AGGREGATE ag(int) (sfunc = a, stype = int)",
         "CREATE AGGREGATE: other aggregate ag"},
        {"CREATE OPERATOR === (leftarg = int, rightarg = int, function = f)",
         "CREATE OPERATOR: other operator ==="},
        {"CREATE COLLATION c (locale = 'x')", "CREATE COLLATION: other collation c"},
        {"CREATE TEXT SEARCH CONFIGURATION c (COPY = english)",
         "CREATE TEXT SEARCH CONFIGURATION: other text search c"},
        {"CREATE DOMAIN d AS text DEFAULT 'x' CHECK (VALUE <> '') NOT NULL",
         "CREATE DOMAIN: create type domain d (d text not-null default «'x'» literal=x {check "
         "«VALUE <> ''» reads value})"},
        {"ALTER DOMAIN d ADD CONSTRAINT k CHECK (VALUE > 0) NOT VALID",
         "ALTER DOMAIN: alter domain domain d member=k option=add constraint {check name=k "
         "«VALUE > 0» reads value not-valid}"},
        {"ALTER DOMAIN d SET NOT NULL", "ALTER DOMAIN: alter domain domain d option=set not null"},
        {"ALTER DOMAIN d DROP NOT NULL",
         "ALTER DOMAIN: alter domain domain d option=drop not null"},
        {"ALTER DOMAIN d SET DEFAULT 3", "ALTER DOMAIN: alter domain domain d option=set default"},
        {"ALTER DOMAIN d DROP DEFAULT", "ALTER DOMAIN: alter domain domain d option=drop default"},
        {"ALTER DOMAIN d DROP CONSTRAINT IF EXISTS k CASCADE",
         "ALTER DOMAIN: alter domain domain d member=k option=drop constraint if-exists cascade"},
        {"ALTER DOMAIN d VALIDATE CONSTRAINT k",
         "ALTER DOMAIN: alter domain domain d member=k option=validate constraint"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_schemas_extensions_publications(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"CREATE SCHEMA IF NOT EXISTS s", "CREATE SCHEMA: create schema schema s if-exists"},
        {"CREATE SCHEMA AUTHORIZATION joe", "CREATE SCHEMA: create schema schema joe"},
        {"CREATE SCHEMA s CREATE TABLE t (a int) CREATE INDEX ON t (a)",
         "CREATE SCHEMA: create schema schema s; create table table t (a integer); create "
         "index index t btree column=a"},
        {"CREATE EXTENSION IF NOT EXISTS e CASCADE",
         "CREATE EXTENSION: create extension extension e if-exists cascade"},
        {"CREATE PUBLICATION p FOR TABLE a, s.b",
         "CREATE PUBLICATION: publication publication a member=p; publication publication s.b "
         "member=p"},
        {"CREATE PUBLICATION p FOR ALL TABLES",
         "CREATE PUBLICATION: publication publication member=p option=all tables"},
        {"CREATE PUBLICATION p", "CREATE PUBLICATION: publication publication member=p"},
        {"CREATE PUBLICATION p FOR TABLES IN SCHEMA s",
         "CREATE PUBLICATION: publication publication s.* member=p"},
        {"ALTER PUBLICATION p ADD TABLE c",
         "ALTER PUBLICATION: publication publication c member=p option=add"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

// Read, named, and without an effect on relations that we model.
static void test_nothing_that_is_modelled(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"CHECKPOINT; DISCARD ALL; LISTEN x; NOTIFY x; UNLISTEN *; LOAD 'x'; SHOW x; SECURITY "
         "LABEL ON TABLE t IS 'x'",
         "CHECKPOINT: other\n"
         "DISCARD: other\n"
         "LISTEN: other\n"
         "NOTIFY: other\nUNLISTEN: other\nLOAD: other\nSHOW: other\nSECURITY LABEL: other"},
        {"REASSIGN OWNED BY a TO b; ALTER SYSTEM SET a = 1; SET CONSTRAINTS ALL DEFERRED; "
         "IMPORT FOREIGN SCHEMA s FROM SERVER x INTO y",
         "REASSIGN OWNED: other role\n"
         "ALTER SYSTEM: other\n"
         "SET CONSTRAINTS: other constraint\nIMPORT FOREIGN SCHEMA: other server"},
        {"CREATE CAST (int AS text) WITH INOUT; CREATE ROLE a; CREATE USER b; ALTER ROLE a SET "
         "x = 1; ALTER ROLE a LOGIN; CREATE DATABASE d; ALTER DATABASE d SET x = 1; ALTER "
         "DATABASE d WITH ALLOW_CONNECTIONS true",
         "CREATE CAST: other cast\n"
         "CREATE ROLE: other role\n"
         "CREATE ROLE: other role\n"
         "ALTER ROLE: other role\n"
         "ALTER ROLE: other role\n"
         "CREATE DATABASE: other database\n"
         "ALTER DATABASE: other database\nALTER DATABASE: other database"},
        {"CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION f(); ALTER EVENT "
         "TRIGGER e DISABLE; CREATE LANGUAGE l HANDLER h; CREATE ACCESS METHOD m TYPE INDEX "
         "HANDLER h; CREATE SERVER s FOREIGN DATA WRAPPER w; ALTER SERVER s VERSION '1'; "
         "CREATE FOREIGN DATA WRAPPER w; ALTER FOREIGN DATA WRAPPER w NO HANDLER",
         "CREATE EVENT TRIGGER: other event trigger\n"
         "ALTER EVENT TRIGGER: other event trigger\n"
         "CREATE LANGUAGE: other object\n"
         "CREATE ACCESS METHOD: other object\n"
         "CREATE SERVER: other server\n"
         "ALTER SERVER: other server\n"
         "CREATE FOREIGN DATA WRAPPER: other server\nALTER FOREIGN DATA WRAPPER: other server"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_nothing_that_is_modelled__operators_and_the_rest(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p; ALTER SUBSCRIPTION s ENABLE; "
         "CREATE OPERATOR CLASS c FOR TYPE int USING btree AS STORAGE int; CREATE OPERATOR "
         "FAMILY f USING btree; ALTER OPERATOR FAMILY f USING btree ADD OPERATOR 1 < (int, "
         "int); ALTER OPERATOR + (int, int) SET (restrict = x); ALTER COLLATION c REFRESH "
         "VERSION",
         "CREATE SUBSCRIPTION: other subscription\n"
         "ALTER SUBSCRIPTION: other subscription\n"
         "CREATE OPERATOR CLASS: other operator\n"
         "CREATE OPERATOR FAMILY: other operator\n"
         "ALTER OPERATOR FAMILY: other operator\n"
         "ALTER OPERATOR: other operator\nALTER COLLATION: other collation"},
        {"ALTER FUNCTION f() STRICT; ALTER EXTENSION e UPDATE; ALTER EXTENSION e ADD TABLE t; "
         "ALTER FUNCTION f() DEPENDS ON EXTENSION x; ALTER TYPE t SET (receive = x); ALTER "
         "STATISTICS s SET STATISTICS 5; ALTER TEXT SEARCH DICTIONARY d (x = 1); ALTER TEXT "
         "SEARCH CONFIGURATION c DROP MAPPING FOR word",
         "ALTER FUNCTION: other function\n"
         "ALTER EXTENSION: other extension\n"
         "ALTER EXTENSION: other extension\n"
         "ALTER DEPENDS ON EXTENSION: other extension\n"
         "ALTER TYPE: other type\n"
         "ALTER STATISTICS: other statistics\n"
         "ALTER TEXT SEARCH DICTIONARY: other text search\n"
         "ALTER TEXT SEARCH CONFIGURATION: other text search"},
        {"CREATE CONVERSION c FOR 'x' TO 'y' FROM f; CREATE TRANSFORM FOR int LANGUAGE sql "
         "(FROM SQL WITH FUNCTION f(internal)); CREATE USER MAPPING FOR u SERVER s; ALTER USER "
         "MAPPING FOR u SERVER s OPTIONS (x '1'); CREATE TABLESPACE t LOCATION '/x'; ALTER "
         "TABLESPACE t SET (seq_page_cost = 1); ALTER DATABASE d REFRESH COLLATION VERSION",
         "CREATE CONVERSION: other object\n"
         "CREATE TRANSFORM: other object\n"
         "CREATE USER MAPPING: other server\n"
         "ALTER USER MAPPING: other server\n"
         "CREATE TABLESPACE: other tablespace\n"
         "ALTER TABLESPACE: other tablespace\nALTER DATABASE: other database"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drops),
        cmocka_unit_test(test_drops_of_what_has_no_schema),
        cmocka_unit_test(test_comments),
        cmocka_unit_test(test_grants),
        cmocka_unit_test(test_triggers_rules_policies),
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_schemas_extensions_publications),
        cmocka_unit_test(test_nothing_that_is_modelled),
        cmocka_unit_test(test_nothing_that_is_modelled__operators_and_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

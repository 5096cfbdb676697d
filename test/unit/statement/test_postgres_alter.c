/*
 * PostgreSQL: every subcommand of ALTER TABLE, and renames.
 * Expected values: what the PostgreSQL 15 manual says that each statement does.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "describe.h"

static void test_columns(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"ALTER TABLE t ADD COLUMN a int", "ALTER TABLE: add column table t column=a (a integer)"},
        {"ALTER TABLE ONLY s.t ADD COLUMN IF NOT EXISTS \"Ü x\" int DEFAULT 0 NOT NULL",
         "ALTER TABLE: add column table s.t column=Ü x (Ü x integer not-null default «0» "
         "literal=0) if-exists only"},
        {"ALTER TABLE IF EXISTS t ADD a bool NOT NULL DEFAULT false, ADD b int REFERENCES o",
         "ALTER TABLE: add column table t column=a (a boolean not-null default «false» "
         "literal=false) relation-if-exists; add column table t column=b (b integer "
         "{foreign-key on b -> o}) relation-if-exists"},
        {"ALTER TABLE t DROP COLUMN IF EXISTS a CASCADE",
         "ALTER TABLE: drop column table t column=a if-exists cascade"},
        {"ALTER TABLE t ALTER a TYPE text", "ALTER TABLE: change type table t column=a (a text)"},
        {"ALTER TABLE t ALTER a SET DATA TYPE varchar(3) COLLATE \"C\" USING substr(a, 1, 3)",
         "ALTER TABLE: change type table t column=a (a varchar(3) collation=C) using "
         "«substr(a, 1, 3)» reads a calls substr"},
        {"ALTER TABLE t ALTER a TYPE timestamptz USING a AT TIME ZONE 'UTC', ALTER b SET "
         "DEFAULT CASE WHEN true THEN 1 ELSE 2 END, ALTER c SET DEFAULT 'a'::character varying",
         "ALTER TABLE: change type table t column=a (a timestamptz) using «a AT TIME ZONE "
         "'UTC'» reads a calls pg_catalog.timezone; set default table t column=b value «CASE "
         "WHEN true THEN 1 ELSE 2 END» constant case-else; set default table t column=c value "
         "«'a'::character varying» literal=a"},
        {"ALTER TABLE t ALTER a SET DEFAULT (('v')), ALTER a DROP DEFAULT, ALTER a SET NOT "
         "NULL, ALTER a DROP NOT NULL",
         "ALTER TABLE: set default table t column=a value «(('v'))» literal=v; drop default "
         "table t column=a; set not null table t column=a; drop not null table t column=a"},
        {"ALTER TABLE t ALTER a SET STATISTICS 10, ALTER a SET (n_distinct = 5), ALTER a RESET "
         "(n_distinct), ALTER a SET STORAGE external, ALTER a SET COMPRESSION lz4",
         "ALTER TABLE: set statistics table t column=a; set column options table t column=a "
         "option=n_distinct; set column options table t column=a option=n_distinct; set "
         "storage table t column=a option=external; set compression table t column=a option=lz4"},
        {"ALTER TABLE t ALTER a ADD GENERATED ALWAYS AS IDENTITY, ALTER a SET GENERATED ALWAYS "
         "RESTART, ALTER a DROP IDENTITY IF EXISTS, ALTER a DROP EXPRESSION",
         "ALTER TABLE: add identity table t column=a (a identity); set identity table t column=a "
         "option=generated,restart (a identity); drop identity table t column=a if-exists; drop expression "
         "table t column=a"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_constraints(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES o (b) NOT VALID",
         "ALTER TABLE: add constraint table t member=k {foreign-key name=k on a -> o key b "
         "not-valid}"},
        {"ALTER TABLE t ADD CHECK (a > 0), ADD CONSTRAINT u UNIQUE (a, b)",
         "ALTER TABLE: add constraint table t {check «a > 0» reads a}; add constraint table t "
         "member=u {unique name=u on a b}"},
        {"ALTER TABLE t ADD CONSTRAINT p PRIMARY KEY USING INDEX i",
         "ALTER TABLE: add constraint table t member=p {primary-key name=p using-index=i}"},
        {"ALTER TABLE t ADD EXCLUDE USING gist (a WITH =)",
         "ALTER TABLE: add constraint table t {exclude on a method=gist}"},
        {"ALTER TABLE t DROP CONSTRAINT IF EXISTS k CASCADE, VALIDATE CONSTRAINT v, ALTER "
         "CONSTRAINT f DEFERRABLE INITIALLY DEFERRED",
         "ALTER TABLE: drop constraint table t member=k if-exists cascade; validate constraint "
         "table t member=v; alter constraint table t member=f {foreign-key name=f deferrable}"},
        {"ALTER TABLE t ADD CONSTRAINT k CHECK (a IS NOT NULL) NOT VALID",
         "ALTER TABLE: add constraint table t member=k {check name=k «a IS NOT NULL» reads a "
         "not-null=a not-valid}"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_the_rest(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"ALTER TABLE t OWNER TO joe", "ALTER TABLE: change owner table t new=joe"},
        {"ALTER TABLE t CLUSTER ON i", "ALTER TABLE: cluster on table t member=i"},
        {"ALTER TABLE t SET WITHOUT CLUSTER", "ALTER TABLE: cluster on table t"},
        {"ALTER TABLE t SET LOGGED", "ALTER TABLE: set logged table t"},
        {"ALTER TABLE t SET UNLOGGED", "ALTER TABLE: set unlogged table t"},
        {"ALTER TABLE t SET ACCESS METHOD heap", "ALTER TABLE: set access method table t new=heap"},
        {"ALTER TABLE t SET TABLESPACE x", "ALTER TABLE: set tablespace table t new=x"},
        {"ALTER TABLE t SET (fillfactor = 70, autovacuum_enabled = false)",
         "ALTER TABLE: set options table t option=fillfactor,autovacuum_enabled"},
        {"ALTER TABLE t RESET (fillfactor)", "ALTER TABLE: set options table t option=fillfactor"},
        {"ALTER TABLE t SET WITHOUT OIDS", "ALTER TABLE: other table t option=set without oids"},
        {"ALTER TABLE t ENABLE TRIGGER a, ENABLE ALWAYS TRIGGER b, ENABLE REPLICA TRIGGER c, "
         "ENABLE TRIGGER ALL, ENABLE TRIGGER USER, DISABLE TRIGGER a, DISABLE TRIGGER ALL, "
         "DISABLE TRIGGER USER",
         "ALTER TABLE: enable trigger table t member=a; enable trigger table t member=b "
         "option=always; enable trigger table t member=c option=replica; enable trigger table "
         "t member=ALL; enable trigger table t member=USER; disable trigger table t member=a; "
         "disable trigger table t member=ALL; disable trigger table t member=USER"},
        {"ALTER TABLE t ENABLE RULE r, ENABLE ALWAYS RULE r, ENABLE REPLICA RULE r, DISABLE "
         "RULE r",
         "ALTER TABLE: enable rule table t member=r option=enable; enable rule table t "
         "member=r option=always; enable rule table t member=r option=replica; enable rule "
         "table t member=r option=disable"},
        {"ALTER TABLE t INHERIT s.p", "ALTER TABLE: inherit table t other=s.p"},
        {"ALTER TABLE t NO INHERIT p", "ALTER TABLE: no inherit table t other=p"},
        {"ALTER TABLE t OF c", "ALTER TABLE: other table t other=c option=of type"},
        {"ALTER TABLE t NOT OF", "ALTER TABLE: other table t option=not of type"},
        {"ALTER TABLE t ATTACH PARTITION p DEFAULT",
         "ALTER TABLE: attach partition table t other=p default-partition"},
        {"ALTER TABLE t ATTACH PARTITION s.p FOR VALUES IN (1)",
         "ALTER TABLE: attach partition table t other=s.p"},
        {"ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
         "ALTER TABLE: detach partition table t other=p concurrently"},
        {"ALTER TABLE t DETACH PARTITION p FINALIZE",
         "ALTER TABLE: detach partition table t other=p option=finalize"},
        {"ALTER TABLE t REPLICA IDENTITY USING INDEX i",
         "ALTER TABLE: set replica identity table t member=index option=i"},
        {"ALTER TABLE t REPLICA IDENTITY FULL",
         "ALTER TABLE: set replica identity table t member=full"},
        {"ALTER TABLE t ENABLE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY, FORCE ROW LEVEL "
         "SECURITY, NO FORCE ROW LEVEL SECURITY",
         "ALTER TABLE: row level security table t option=enable; row level security table t "
         "option=disable; row level security table t option=force; row level security table t "
         "option=no force"},
        {"ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b NOWAIT",
         "ALTER TABLE: set tablespace table new=b option=all in tablespace nowait"},
        {"ALTER FOREIGN TABLE f OPTIONS (ADD x 'y')",
         "ALTER FOREIGN TABLE: set options foreign table f option=x"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_other_relations(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"ALTER INDEX i ATTACH PARTITION j", "ALTER INDEX: attach index index i other=j"},
        {"ALTER INDEX IF EXISTS i SET (fillfactor = 50)",
         "ALTER INDEX: set options index i option=fillfactor relation-if-exists"},
        {"ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 5",
         "ALTER INDEX: set statistics index i column=1"},
        {"ALTER VIEW v SET (security_barrier)",
         "ALTER VIEW: set options view v option=security_barrier"},
        {"ALTER VIEW v ALTER a SET DEFAULT 1",
         "ALTER VIEW: set default view v column=a value «1» literal=1"},
        {"ALTER MATERIALIZED VIEW m CLUSTER ON i",
         "ALTER MATERIALIZED VIEW: cluster on materialized view m member=i"},
        {"ALTER SEQUENCE s OWNER TO joe", "ALTER SEQUENCE: change owner sequence s new=joe"},
        {"ALTER TYPE c ADD ATTRIBUTE a int CASCADE, DROP ATTRIBUTE IF EXISTS b, ALTER "
         "ATTRIBUTE d TYPE text",
         "ALTER TYPE: alter composite composite c column=a option=add attribute (a integer) "
         "cascade; alter composite composite c column=b option=drop attribute if-exists; alter "
         "composite composite c column=d option=alter attribute (d text)"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_renames(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"ALTER TABLE s.t RENAME TO u", "RENAME TABLE: rename table s.t new=u"},
        {"ALTER TABLE IF EXISTS t RENAME COLUMN a TO b",
         "RENAME COLUMN: rename column table t column=a new=b relation-if-exists"},
        {"ALTER TABLE ONLY t RENAME a TO b",
         "RENAME COLUMN: rename column table t column=a new=b only"},
        {"ALTER TABLE t RENAME CONSTRAINT a TO b",
         "RENAME CONSTRAINT: rename constraint constraint t member=a new=b"},
        {"ALTER INDEX i RENAME TO j", "RENAME INDEX: rename index i new=j"},
        {"ALTER SEQUENCE a RENAME TO b", "RENAME SEQUENCE: rename sequence a new=b"},
        {"ALTER VIEW v RENAME TO w", "RENAME VIEW: rename view v new=w"},
        {"ALTER VIEW v RENAME COLUMN a TO b", "RENAME COLUMN: rename column view v column=a new=b"},
        {"ALTER MATERIALIZED VIEW m RENAME TO n",
         "RENAME MATERIALIZED VIEW: rename materialized view m new=n"},
        {"ALTER TRIGGER x ON t RENAME TO y",
         "RENAME TRIGGER: rename trigger trigger t member=x new=y"},
        {"ALTER POLICY p ON t RENAME TO q", "RENAME POLICY: alter policy policy t member=p new=q"},
        {"ALTER RULE r ON t RENAME TO q", "RENAME RULE: rename rule t member=r new=q"},
        {"ALTER TYPE ty RENAME ATTRIBUTE a TO b",
         "RENAME ATTRIBUTE: rename column type ty column=a new=b"},
        {"ALTER TYPE a RENAME TO b", "RENAME TYPE: rename type a new=b"},
        {"ALTER SCHEMA a RENAME TO b", "RENAME SCHEMA: rename schema a new=b"},
        {"ALTER ROLE a RENAME TO b", "RENAME ROLE: rename role a new=b"},
        {"ALTER DATABASE a RENAME TO b", "RENAME DATABASE: rename database a new=b"},
        {"ALTER FUNCTION f(int) RENAME TO g", "RENAME FUNCTION: rename function f new=g"},
        {"ALTER DOMAIN d RENAME CONSTRAINT a TO b",
         "RENAME CONSTRAINT: alter domain domain d member=a new=b option=rename constraint"},
        {"ALTER TABLESPACE a RENAME TO b", "RENAME TABLESPACE: rename tablespace a new=b"},
        {"ALTER TEXT SEARCH CONFIGURATION a RENAME TO b",
         "RENAME TEXT SEARCH CONFIGURATION: rename text search a new=b"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_moves(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"ALTER TABLE t SET SCHEMA s", "ALTER TABLE: set schema table t new=s"},
        {"ALTER FUNCTION f(int) SET SCHEMA s", "ALTER FUNCTION: set schema function f new=s"},
        {"ALTER TYPE e SET SCHEMA s", "ALTER TYPE: set schema type e new=s"},
        {"ALTER FUNCTION f() OWNER TO joe", "ALTER FUNCTION: change owner function f new=joe"},
        {"ALTER SCHEMA s OWNER TO joe", "ALTER SCHEMA: change owner schema s new=joe"},
        {"ALTER TABLE t OWNER TO CURRENT_USER", "ALTER TABLE: change owner table t"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),  cmocka_unit_test(test_constraints),
        cmocka_unit_test(test_the_rest), cmocka_unit_test(test_other_relations),
        cmocka_unit_test(test_renames),  cmocka_unit_test(test_moves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

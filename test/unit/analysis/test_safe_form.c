/*
 * Safe forms: what is written for which statement, and where there is none.
 *
 * That the forms run and end in the same schema is shown on a server: test/live/fix.t.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "predict.h"

#include "analysis/safe_form.h"

static const char *const setup =
    "CREATE TABLE b (id int PRIMARY KEY);"
    "CREATE TABLE a (id int, x int, y int, z int, b_id int, CONSTRAINT a_y_check CHECK (y > 0));"
    "CREATE INDEX a_x_idx ON a (x);"
    "CREATE TABLE p (k int, v int) PARTITION BY RANGE (k);"
    "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9);"
    "CREATE MATERIALIZED VIEW v AS SELECT id FROM b; CREATE UNIQUE INDEX v_id ON v (id);"
    "CREATE MATERIALIZED VIEW w AS SELECT id FROM b;";

// Steps as "T sql | V sql | O sql", an obstacle as "! …" in front.
static char *form_line(TALLOC_CTX *mem, const char *sql, unsigned pg_version)
{
    struct schema *schema = schema_make(mem, DIALECT_POSTGRES);
    predict_migrate(schema, setup, "setup");
    schema_begin_migration(schema, "test");
    struct script *script = predict_read(mem, sql);
    for (size_t i = 0; i + 1 < script->n_statements; i++)
        schema_apply(schema, &script->statements[i]);
    struct safe_question question = {
        .schema = schema,
        .statement = &script->statements[script->n_statements - 1],
        .pg_version = pg_version,
    };
    struct safe_form *form = safe_form_make(mem, &question, NULL);
    if (form == NULL)
        return mem_strdup(mem, "none");
    char *line = mem_strdup(mem, form->obstacle != NULL ? "! " : "");
    for (size_t i = 0; i < form->n_steps; i++)
        line = mem_printf(mem, "%s%s%c %s", line, i > 0 ? " | " : "", "TVO"[form->steps[i].place],
                          form->steps[i].sql);
    return line;
}

struct form_row {
    const char *sql, *form;
};

static void compare_all(const struct form_row *rows, size_t n, unsigned pg_version)
{
    for (size_t i = 0; i < n; i++) {
        SCRATCH(tmp);
        assert_string_equal(form_line(tmp, rows[i].sql, pg_version), rows[i].form);
    }
}

static void test_safe_form_make__constraints(void **state)
{
    (void)state;
    static const struct form_row rows[] = {
        {"ALTER TABLE a ADD CONSTRAINT \"C\" CHECK (x > 0) -- why",
         "T ALTER TABLE a ADD CONSTRAINT \"C\" CHECK (x > 0) NOT VALID"
         " | V ALTER TABLE a VALIDATE CONSTRAINT \"C\""},
        // The server's name is taken: it would count on.
        {"ALTER TABLE public.a ADD CHECK (y > 1)",
         "T ALTER TABLE public.a ADD CONSTRAINT a_y_check1 CHECK (y > 1) NOT VALID"
         " | V ALTER TABLE public.a VALIDATE CONSTRAINT a_y_check1"},
        {"ALTER TABLE IF EXISTS ONLY a ADD FOREIGN KEY (b_id) REFERENCES b ON DELETE SET NULL"
         " DEFERRABLE INITIALLY DEFERRED",
         "T ALTER TABLE IF EXISTS ONLY a ADD CONSTRAINT a_b_id_fkey FOREIGN KEY (b_id) REFERENCES b"
         " ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED NOT VALID"
         " | V ALTER TABLE IF EXISTS ONLY a VALIDATE CONSTRAINT a_b_id_fkey"},
        // What stands beside it stays.
        {"ALTER TABLE a DROP COLUMN z, ADD CONSTRAINT c CHECK (x > 0), ALTER y SET DEFAULT 3",
         "T ALTER TABLE a DROP COLUMN z,\n    ADD CONSTRAINT c CHECK (x > 0) NOT VALID,\n"
         "    ALTER y SET DEFAULT 3 | V ALTER TABLE a VALIDATE CONSTRAINT c"},
        {"ALTER TABLE a ADD CONSTRAINT c CHECK (x > 0) NOT VALID", "none"},
        {"ALTER TABLE a ADD CONSTRAINT e EXCLUDE USING gist (x WITH =)", "none"},
        {"ALTER TABLE p ADD FOREIGN KEY (v) REFERENCES b", "none"}, // refused before 18
        {"CREATE TABLE n (x int); ALTER TABLE n ADD CHECK (x > 0)", "none"},
    };
    compare_all(rows, COUNT_OF(rows), 15);
}

static void test_safe_form_make__not_null(void **state)
{
    (void)state;
    static const struct form_row rows[] = {
        {"ALTER TABLE a ALTER x SET NOT NULL",
         "T ALTER TABLE a ADD CONSTRAINT a_x_not_null CHECK (x IS NOT NULL) NOT VALID"
         " | V ALTER TABLE a VALIDATE CONSTRAINT a_x_not_null"
         " | T ALTER TABLE a ALTER COLUMN x SET NOT NULL"
         " | T ALTER TABLE a DROP CONSTRAINT a_x_not_null"},
        {"ALTER TABLE b ALTER id SET NOT NULL", "none"}, // is so
        {"ALTER TABLE a ADD CHECK (x IS NOT NULL); ALTER TABLE a ALTER x SET NOT NULL", "none"},
    };
    compare_all(rows, COUNT_OF(rows), 15);
    static const struct form_row newer[] = {
        {"ALTER TABLE a ALTER x SET NOT NULL",
         "T ALTER TABLE a ADD CONSTRAINT a_x_not_null NOT NULL x NOT VALID"
         " | V ALTER TABLE a VALIDATE CONSTRAINT a_x_not_null"},
    };
    compare_all(newer, COUNT_OF(newer), 18);
    static const struct form_row older[] = {{"ALTER TABLE a ALTER x SET NOT NULL", "none"}};
    compare_all(older, COUNT_OF(older), 11);
}

static void test_safe_form_make__keys(void **state)
{
    (void)state;
    static const struct form_row rows[] = {
        {"ALTER TABLE a ADD UNIQUE NULLS NOT DISTINCT (x, y) INCLUDE (z) WITH (fillfactor = 70)"
         " USING INDEX TABLESPACE ts DEFERRABLE",
         "O CREATE UNIQUE INDEX CONCURRENTLY a_x_y_z_key ON a (x, y) INCLUDE (z)"
         " NULLS NOT DISTINCT WITH (fillfactor = 70) TABLESPACE ts"
         " | T ALTER TABLE a ADD CONSTRAINT a_x_y_z_key UNIQUE USING INDEX a_x_y_z_key DEFERRABLE"},
        // An index has that name: the new one gets it with the constraint.
        {"ALTER TABLE b DROP CONSTRAINT b_pkey, ADD CONSTRAINT b_pkey PRIMARY KEY (id)",
         "O CREATE UNIQUE INDEX CONCURRENTLY b_pkey_new1 ON b (id)"
         " | T ALTER TABLE b DROP CONSTRAINT b_pkey,\n"
         "    ADD CONSTRAINT b_pkey PRIMARY KEY USING INDEX b_pkey_new1"},
        {"ALTER TABLE a ADD PRIMARY KEY (id)",
         "T ALTER TABLE a ADD CONSTRAINT a_id_not_null CHECK (id IS NOT NULL) NOT VALID"
         " | V ALTER TABLE a VALIDATE CONSTRAINT a_id_not_null"
         " | T ALTER TABLE a ALTER COLUMN id SET NOT NULL"
         " | T ALTER TABLE a DROP CONSTRAINT a_id_not_null"
         " | O CREATE UNIQUE INDEX CONCURRENTLY a_pkey ON a (id)"
         " | T ALTER TABLE a ADD CONSTRAINT a_pkey PRIMARY KEY USING INDEX a_pkey"},
        {"ALTER TABLE a ADD c int, ADD CONSTRAINT u UNIQUE (c)",
         "T ALTER TABLE a ADD c int | O CREATE UNIQUE INDEX CONCURRENTLY u ON a (c)"
         " | T ALTER TABLE a ADD CONSTRAINT u UNIQUE USING INDEX u"},
        {"ALTER TABLE p ADD UNIQUE (k)", "none"},
    };
    compare_all(rows, COUNT_OF(rows), 15);
}

static void test_safe_form_make__columns(void **state)
{
    (void)state;
    static const struct form_row rows[] = {
        {"ALTER TABLE a ADD c int DEFAULT 0 NOT NULL CONSTRAINT cc CHECK (c >= 0)"
         " REFERENCES b (id) ON DELETE SET NULL DEFERRABLE UNIQUE",
         "T ALTER TABLE a ADD c int DEFAULT 0 NOT NULL,\n"
         "    ADD CONSTRAINT cc CHECK (c >= 0) NOT VALID,\n"
         "    ADD CONSTRAINT a_c_fkey FOREIGN KEY (c) REFERENCES b (id) ON DELETE SET NULL"
         " DEFERRABLE NOT VALID"
         " | V ALTER TABLE a VALIDATE CONSTRAINT cc | V ALTER TABLE a VALIDATE CONSTRAINT a_c_fkey"
         " | O CREATE UNIQUE INDEX CONCURRENTLY a_c_key ON a (c)"
         " | T ALTER TABLE a ADD CONSTRAINT a_c_key UNIQUE USING INDEX a_c_key"},
        {"ALTER TABLE a ADD c int CHECK (c > 0) DEFAULT 3",
         "T ALTER TABLE a ADD c int DEFAULT 3,\n"
         "    ADD CONSTRAINT a_c_check CHECK (c > 0) NOT VALID"
         " | V ALTER TABLE a VALIDATE CONSTRAINT a_c_check"},
        {"ALTER TABLE a ADD c int REFERENCES b", "none"}, // NULL everywhere: not looked up
        {"ALTER TABLE a ADD c int DEFAULT 0 NOT NULL", "none"},
        {"ALTER TABLE a ADD c bigserial", "none"},
    };
    compare_all(rows, COUNT_OF(rows), 15);
    SCRATCH(tmp);
    const char *line = form_line(tmp, "ALTER TABLE b ADD c uuid DEFAULT gen_random_uuid()", 15);
    assert_string_equal(line,
                        "! T ALTER TABLE b ADD COLUMN c uuid"
                        " | T ALTER TABLE b ALTER COLUMN c SET DEFAULT gen_random_uuid()"
                        " | V -- again and again, each in a transaction of its own, until it"
                        " changes no row\n"
                        "UPDATE b SET c = DEFAULT WHERE id IN (SELECT id FROM b WHERE c IS NULL"
                        " LIMIT 10000)");
}

static void test_safe_form_make__indexes(void **state)
{
    (void)state;
    static const struct form_row rows[] = {
        {"CREATE UNIQUE INDEX i ON a USING btree (lower(x::text) text_pattern_ops) WHERE x > 3",
         "O CREATE UNIQUE INDEX CONCURRENTLY i ON a USING btree (lower(x::text) text_pattern_ops)"
         " WHERE x > 3"},
        {"CREATE INDEX IF NOT EXISTS i ON a (x)",
         "! O CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a (x)"},
        {"CREATE INDEX ON p (v) WHERE v > 0",
         "T CREATE INDEX p_v_idx ON ONLY p (v) WHERE v > 0"
         " | O CREATE INDEX CONCURRENTLY p1_v_idx ON public.p1 (v) WHERE v > 0"
         " | T ALTER INDEX public.p_v_idx ATTACH PARTITION public.p1_v_idx"},
        {"DROP INDEX IF EXISTS a_x_idx, public.v_id",
         "O DROP INDEX CONCURRENTLY IF EXISTS a_x_idx"
         " | O DROP INDEX CONCURRENTLY IF EXISTS public.v_id"},
        {"DROP INDEX a_x_idx CASCADE", "none"}, // refused with CONCURRENTLY
        {"CREATE INDEX i ON p (v); DROP INDEX a_x_idx, i", "none"}, // all of them or none
        {"CREATE INDEX i ON a (x); DROP INDEX i", "none"},
        {"REINDEX (VERBOSE) TABLE a", "O REINDEX (VERBOSE) TABLE CONCURRENTLY a"},
        {"REINDEX INDEX a_x_idx", "O REINDEX INDEX CONCURRENTLY a_x_idx"},
        {"REINDEX DATABASE d", "none"},
        {"REFRESH MATERIALIZED VIEW v", "T REFRESH MATERIALIZED VIEW CONCURRENTLY v"},
        {"REFRESH MATERIALIZED VIEW w",
         "! O CREATE UNIQUE INDEX CONCURRENTLY ON w (/* the columns that tell its rows apart */)"
         " | T REFRESH MATERIALIZED VIEW CONCURRENTLY w"},
    };
    compare_all(rows, COUNT_OF(rows), 15);
}

static void test_safe_form_text__says_where_a_transaction_ends(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct schema *schema = schema_make(tmp, DIALECT_POSTGRES);
    predict_migrate(schema, setup, "setup");
    schema_begin_migration(schema, "test");
    struct script *script =
        predict_read(tmp, "ALTER TABLE a ADD UNIQUE (x), ADD CONSTRAINT c CHECK (y > 0)");
    const struct statement *statement = &script->statements[0];
    struct safe_question question = {.schema = schema, .statement = statement, .pg_version = 15};
    assert_string_equal(safe_form_text(tmp, &question, &statement->actions[0]),
                        "-- outside any transaction:\n"
                        "CREATE UNIQUE INDEX CONCURRENTLY a_x_key ON a (x);\n"
                        "-- then, in a transaction again:\n"
                        "ALTER TABLE a ADD CONSTRAINT a_x_key UNIQUE USING INDEX a_x_key;");
    assert_string_equal(safe_form_text(tmp, &question, &statement->actions[1]),
                        "ALTER TABLE a ADD CONSTRAINT c CHECK (y > 0) NOT VALID;\n"
                        "-- in a transaction of its own:\n"
                        "ALTER TABLE a VALIDATE CONSTRAINT c;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_safe_form_make__constraints),
        cmocka_unit_test(test_safe_form_make__not_null),
        cmocka_unit_test(test_safe_form_make__keys),
        cmocka_unit_test(test_safe_form_make__columns),
        cmocka_unit_test(test_safe_form_make__indexes),
        cmocka_unit_test(test_safe_form_text__says_where_a_transaction_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * What is to be run around a migration so that the rows which it overwrites can come back: an undo
 * log in the schema tminus, written by statement triggers with transition tables.
 *
 * Here is only decided for which tables that can be done, by reading the catalog; how it is done
 * stands in sql/postgres/undo_keep.sql.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/postgres.h"
#include "driver/engine/undo.h"
#include "queries.h"
#include <jansson.h>
#include <stdlib.h>

enum field { FIELD_SCHEMA, FIELD_NAME, FIELD_PLACES, FIELD_NONE, FIELD_WHY };

// --- the schema of ours

static const char schema_sql[] =
    "SELECT n.oid IS NOT NULL,"
    " CASE WHEN n.oid IS NULL THEN pg_catalog.has_database_privilege(pg_catalog.current_database(),"
    " 'CREATE') ELSE pg_catalog.has_schema_privilege(n.oid, 'CREATE') END,"
    " EXISTS (SELECT FROM pg_catalog.pg_language WHERE lanname = 'plpgsql'), current_user,"
    " pg_catalog.current_database(),"
    " (SELECT pg_catalog.pg_get_userbyid(p.proowner) FROM pg_catalog.pg_proc p WHERE p.pronamespace"
    " = n.oid AND NOT pg_catalog.pg_has_role(p.proowner, 'USAGE') LIMIT 1) "
    "FROM (SELECT 1) one LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = 'tminus'";

static bool is_true(const PGresult *result, int column)
{
    return PQgetvalue(result, 0, column)[0] == 't';
}

static const char make_schema[] =
    "CREATE SCHEMA tminus;\n"
    "COMMENT ON SCHEMA tminus IS 'of tminus: undo logs, which tminus clean removes';\n";

static bool check_schema(struct engine *engine, bool *has_schema, struct error *err)
{
    SCRATCH(tmp);
    PGresult *facts;
    TRY(connection_ask(tmp, engine->connection, schema_sql, NULL, 0, &facts, err));
    const char *role = PQgetvalue(facts, 0, 3);
    *has_schema = is_true(facts, 0);
    if (!is_true(facts, 2))
        return error_set(err, ERROR_UNKNOWN,
                         "no undo log can be kept: the database has no language plpgsql");
    if (!is_true(facts, 1)) {
        const char *what = *has_schema ? "SCHEMA tminus" : "DATABASE";
        error_set(err, ERROR_UNKNOWN,
                  "no undo log can be kept: role '%s' may not create in the schema 'tminus'", role);
        return error_hint(err, "GRANT CREATE ON %s%s%s TO %s", what, *has_schema ? "" : " ",
                          *has_schema ? "" : quote_name(tmp, PQgetvalue(facts, 0, 4)),
                          quote_name(tmp, role));
    }
    if (!PQgetisnull(facts, 0, 5)) {
        const char *owner = PQgetvalue(facts, 0, 5);
        error_set(err, ERROR_UNKNOWN,
                  "no undo log can be kept: what is in the schema 'tminus' is of role '%s', and "
                  "role '%s' may not replace it",
                  owner, role);
        return error_hint(err, "migrate with one role, or GRANT %s TO %s", quote_name(tmp, owner),
                          quote_name(tmp, role));
    }
    return true;
}

// --- the tables

static char *subjects_json(TALLOC_CTX *mem, const struct engine_undo_request *request)
{
    json_t *list = json_array();
    for (size_t i = 0; i < request->n_subjects; i++) {
        struct name table = request->subjects[i].table;
        json_array_append_new(list, json_pack("{s:i, s:s?, s:s}", "place", (int)i, "schema",
                                              table.schema, "name", table.name));
    }
    for (size_t i = 0; i < request->n_acting; i++)
        json_array_append_new(list, json_pack("{s:s?, s:s}", "schema", request->acting[i].schema,
                                              "name", request->acting[i].name));
    char *dumped = json_dumps(list, JSON_COMPACT);
    char *text = mem_strdup(mem, dumped);
    free(dumped);
    json_decref(list);
    return text;
}

// Its UPDATEs' columns as an array, or NULL.
static const char *updated_sql(TALLOC_CTX *mem, const struct engine_undo_subject *subject)
{
    char *list = NULL;
    if (subject->n_updated == 0)
        return "NULL";
    for (size_t i = 0; i < subject->n_updated; i++)
        list = mem_printf(mem, "%s%s%s", list ? list : "", list ? ", " : "",
                          quote_text(mem, subject->updated[i]));
    return mem_printf(mem, "ARRAY[%s]", list);
}

// The subjects that are this table or parts of it, as one.
static struct engine_undo_subject subject_of(const struct engine_undo_request *request,
                                             const char *places)
{
    struct engine_undo_subject all = {0};
    size_t n = 0;
    for (const char *at = places; *at != '\0'; at += strcspn(at, ","), at += *at == ',') {
        bool is_view = *at == 'v';
        bool is_copied = all.is_rewritten;
        if (is_view || n++ > 0)
            all = (struct engine_undo_subject){.is_rewritten = is_copied};
        if (is_view)
            continue;
        const struct engine_undo_subject *one = &request->subjects[strtoul(at, NULL, 10)];
        if (n == 1)
            all = *one;
        all.is_rewritten = is_copied || one->is_rewritten;
    }
    return all;
}

static const char *why_copied(TALLOC_CTX *mem, const char *why)
{
    return mem_printf(mem, "statements rewrite it, whose rows no trigger sees%s%s",
                      *why ? "; " : "", why);
}

static void plan_table(TALLOC_CTX *mem, const struct engine_undo_request *request,
                       const PGresult *rows, int row, struct engine_undo_plan *plan)
{
    SCRATCH(tmp);
    const struct engine_undo_subject subject =
        subject_of(request, PQgetvalue(rows, row, FIELD_PLACES));
    bool is_copied = subject.is_rewritten;
    const char *why = PQgetvalue(rows, row, FIELD_WHY);
    const char *schema = PQgetvalue(rows, row, FIELD_SCHEMA);
    struct name table = {*schema ? schema : NULL, PQgetvalue(rows, row, FIELD_NAME)};
    if (!PQgetisnull(rows, row, FIELD_NONE)) {
        undo_plan_add(mem, plan, table, UNDO_NONE, PQgetvalue(rows, row, FIELD_NONE));
        return;
    }
    if (is_copied)
        why = why_copied(tmp, why);
    undo_plan_add(mem, plan, table, is_copied ? UNDO_COPY : UNDO_TRIGGER, *why ? why : NULL);
    plan->first = talloc_asprintf_append(
        plan->first, "SELECT tminus.undo_table('%s', %s, %s, %s, %s);\n", request->id,
        quote_text(tmp, table.schema), quote_text(tmp, table.name), updated_sql(tmp, &subject),
        is_copied ? "true" : "false");
}

// Behind the migration the server's counters of its transaction tell which rows are not in the log.
static bool find_unknown(TALLOC_CTX *mem, struct engine *engine,
                         const struct engine_undo_request *request, const char **out,
                         struct error *err)
{
    SCRATCH(tmp);
    PGresult *counts;
    *out = NULL;
    if (request->unnamed == NULL && request->n_acting == 0)
        return true;
    const char *what = request->unnamed != NULL
                           ? request->unnamed
                           : mem_printf(tmp, "triggers of %s", request->acting[0].name);
    TRY(connection_ask(tmp, engine->connection, "SHOW track_counts", NULL, 0, &counts, err));
    if (strcmp(PQgetvalue(counts, 0, 0), "on") != 0)
        *out = mem_printf(mem, "what %s writes is not counted: track_counts is off", what);
    else if (!request->in_transaction)
        *out = mem_printf(mem, "what %s writes is not counted without a transaction", what);
    return true;
}

bool postgres_undo_plan(TALLOC_CTX *mem, struct engine *engine,
                        const struct engine_undo_request *request, struct engine_undo_plan *out,
                        struct error *err)
{
    SCRATCH(tmp);
    PGresult *rows;
    bool has_schema;
    struct engine_undo_plan plan = {0};
    TRY(undo_id_check(request->id, err));
    TRY(check_schema(engine, &has_schema, err));
    TRY(find_unknown(mem, engine, request, &plan.unknown, err));
    const char *subjects = subjects_json(tmp, request);
    TRY(connection_ask(tmp, engine->connection, sql_postgres_undo_plan, &subjects, 1, &rows, err));
    plan.first = mem_printf(tmp, "%s%s%s%sSELECT tminus.undo_begin('%s');\n",
                            has_schema ? "" : make_schema, sql_postgres_undo_tables,
                            sql_postgres_undo_keep, sql_postgres_undo_roll_back, request->id);
    for (int i = 0; i < PQntuples(rows); i++)
        plan_table(tmp, request, rows, i, &plan);
    // What is deferred writes before the triggers go.
    plan.last = mem_printf(tmp, "SET CONSTRAINTS ALL IMMEDIATE;\nSELECT tminus.undo_end('%s');\n",
                           request->id);
    plan.first = talloc_steal(mem, plan.first);
    talloc_steal(mem, plan.last);
    talloc_steal(mem, plan.tables);
    for (size_t i = 0; i < plan.n_tables; i++) {
        talloc_steal(mem, plan.tables[i].table.schema);
        talloc_steal(mem, plan.tables[i].table.name);
        talloc_steal(mem, plan.tables[i].why);
    }
    *out = plan;
    return true;
}

/*
 * The judgement of every function that comes with a PostgreSQL server.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/postgres_server.h"
#include "driver/engine/postgres/guard.h"
#include "../../support/skip.h"

struct rig {
    struct database *database;
    struct connection *connection;
    struct error err;
};

static struct rig *rig_make(void)
{
    struct database *database = postgres_database_make(NULL);
    struct rig *rig = mem_new(database, struct rig);
    rig->database = database;
    const struct engine_open_options options = {.url = secret_make(rig, database->path)};
    if (!connection_open(rig, &options, &rig->connection, &rig->err))
        fail_msg("%s", rig->err.message);
    return rig;
}

static void rig_free(struct rig *rig)
{
    struct database *database = rig->database;
    talloc_free(rig);
    talloc_free(database);
}

static PGresult *ask_functions(struct rig *rig)
{
    static const char names[] =
        "SELECT json_agg(json_build_object('origin', number, 'use', 'function', 'schema', n.nspname, 'name', p.proname, 'arguments', -1))"
        " FROM (SELECT row_number() OVER () AS number, pronamespace, proname FROM pg_proc WHERE oid < 16384 GROUP BY 2, 3) p JOIN pg_namespace n ON n.oid = p.pronamespace";
    PGresult *json;
    PGresult *result;
    if (!connection_ask(rig, rig->connection, names, NULL, 0, &json, &rig->err))
        fail_msg("%s", rig->err.message);
    const char *const parameters[GUARD_PARAMETERS] = {PQgetvalue(json, 0, 0), "[]", "[]"};
    if (!guard_lookup(rig, rig->connection, parameters, &result, &rig->err))
        fail_msg("%s", rig->err.message);
    return result;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// "allowed stable now()": all but the immutable ones that are allowed.
static char *describe_functions(struct rig *rig, const PGresult *result)
{
    const char **lines = NULL;
    size_t n = 0;
    for (int row = 0; row < PQntuples(result); row++) {
        const char *why;
        struct guard_object object = guard_object_read(result, row);
        bool is_allowed = guard_judge(rig, &object, &why) == GUARD_ALLOWED;
        assert_int_equal(object.class, GUARD_CLASS_FUNCTION);
        if (object.volatility != 'i' || !is_allowed)
            *mem_append(rig, lines, n) = mem_printf(
                rig, "%s %s %s\n", is_allowed ? "allowed" : "refused",
                object.volatility == 'i' ? "immutable" : object.volatility == 's' ? "stable" : "volatile", object.label);
    }
    qsort(lines, n, sizeof(*lines), compare_lines);
    char *text = mem_strdup(rig, "");
    for (size_t i = 0; i < n; i++)
        text = talloc_strdup_append_buffer(text, lines[i]);
    return text;
}

// Reviewed name by name: test/data/postgres/README.md says how.
static void test_guard_judge__every_function(void **state)
{
    (void)state;
    struct rig *rig = rig_make();
    if (PQserverVersion(connection_handle(rig->connection)) / 10000 != 15) {
        rig_free(rig);
        SKIP("the list is of PostgreSQL 15");
    }
    const PGresult *result = ask_functions(rig);
    assert_true(PQntuples(result) > 3000);
    const char *source = getenv("SOURCE") ? getenv("SOURCE") : "..";
    char *wanted;
    size_t len;
    if (!file_read(rig, file_join(rig, source, "test/data/postgres/functions_15.txt"), 1000000, &wanted, &len, &rig->err))
        fail_msg("%s", rig->err.message);
    char *got = describe_functions(rig, result);
    size_t same = 0;
    while (got[same] != '\0' && got[same] == wanted[same])
        same++;
    while (same > 0 && got[same - 1] != '\n')
        same--;
    if (strcmp(got, wanted) != 0)
        fail_msg("got %.*s instead of %.*s", (int)strcspn(got + same, "\n"), got + same,
                 (int)strcspn(wanted + same, "\n"), wanted + same);
    rig_free(rig);
}

// Operators and casts of the server are not asked for: none may call what is refused.
static void test_guard_judge__operators_and_casts(void **state)
{
    (void)state;
    struct rig *rig = rig_make();
    const PGresult *functions = ask_functions(rig);
    static const char used[] = "SELECT oprcode::oid FROM pg_operator WHERE oprcode <> 0 UNION SELECT castfunc FROM pg_cast WHERE castfunc <> 0";
    PGresult *oids;
    if (!connection_ask(rig, rig->connection, used, NULL, 0, &oids, &rig->err))
        fail_msg("%s", rig->err.message);
    assert_true(PQntuples(oids) > 700);
    size_t n_found = 0;
    for (int row = 0; row < PQntuples(functions); row++) {
        const char *why;
        struct guard_object object = guard_object_read(functions, row);
        for (int i = 0; i < PQntuples(oids); i++) {
            if (strcmp(PQgetvalue(oids, i, 0), object.oid) != 0)
                continue;
            n_found++;
            if (guard_judge(rig, &object, &why) != GUARD_ALLOWED)
                fail_msg("%s", object.label);
        }
    }
    assert_int_equal(n_found, PQntuples(oids));
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guard_judge__every_function),
        cmocka_unit_test(test_guard_judge__operators_and_casts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

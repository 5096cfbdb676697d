/*
 * Scratch servers: which program, whose ways, by which door, and what they log.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/postgres_server.h"
#include "base/text.h"
#include "driver/copy/postgres_site.h"
#include <sys/stat.h>

struct rig {
    char folder[256];
    struct copy_site_options options;
    struct copy_site *site;
    char notes[1024];
    struct error err;
};

#define MUST(rig, call)                                                                            \
    do {                                                                                           \
        if (!(call))                                                                               \
            fail_msg("%s (%s)", (rig)->err.message, (rig)->err.hint);                              \
    } while (0)

static void on_note(void *context, const char *text)
{
    struct rig *rig = context;
    size_t len = strlen(rig->notes);
    snprintf(rig->notes + len, sizeof rig->notes - len, "%s\n", text);
}

static void rig_make(struct rig *rig)
{
    *rig = (struct rig){.folder = "/var/tmp/tminus-scratch-XXXXXX"};
    assert_non_null(mkdtemp(rig->folder));
    chmod(rig->folder, 0711); // the server may run as another user than root
    rig->options = (struct copy_site_options){.folder = rig->folder, .note = on_note, .context = rig};
}

static void rig_end(struct rig *rig)
{
    TALLOC_FREE(rig->site);
    assert_int_equal(rmdir(rig->folder), 0);
}

static void open_site(struct rig *rig)
{
    MUST(rig, copy_postgres.open(NULL, &rig->options, &rig->site, &rig->err));
}

static const char *url_of(struct rig *rig, const char *name)
{
    struct secret *url;
    MUST(rig, copy_postgres.url(rig->site, rig->site, name, &url, &rig->err));
    return secret_reveal(url);
}

// One value, through libpq.
static const char *ask(TALLOC_CTX *mem, const char *url, const char *sql)
{
    struct error err;
    assert_true(libpq_load(&err));
    PGconn *connection = PQconnectdb(url);
    PGresult *result = PQexec(connection, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(connection));
    const char *value = mem_strdup(mem, PQgetvalue(result, 0, 0));
    PQclear(result);
    PQfinish(connection);
    return value;
}

static bool may_connect(const char *url)
{
    PGconn *connection = PQconnectdb(url);
    bool is_open = PQstatus(connection) == CONNECTION_OK;
    PQfinish(connection);
    return is_open;
}

// --- programs

static void make_script(const char *folder, const char *name, const char *text)
{
    SCRATCH(tmp);
    struct error err;
    const char *path = file_join(tmp, folder, name);
    if (!file_write(path, text, strlen(text), 0755, &err))
        fail_msg("%s", err.message);
}

static void test_program_find__the_version_asked_for_else_the_next_newer(void **state)
{
    SCRATCH(tmp);
    struct rig rig;
    struct program found;
    (void)state;
    rig_make(&rig);
    make_script(rig.folder, "postgres", "#!/bin/sh\necho 'postgres (PostgreSQL) 99.1 (another)'\n");
    make_script(rig.folder, "initdb", "#!/bin/sh\n");
    make_script(rig.folder, "pg_config", mem_printf(tmp, "#!/bin/sh\necho '%s'\n", rig.folder));
    const char *path = mem_strdup(tmp, getenv("PATH"));
    MUST(&rig, program_find(tmp, 0, &found, &rig.err));
    int installed = found.major;
    setenv("PATH", mem_printf(tmp, "%s:%s", rig.folder, path), 1);
    const struct {
        int wanted, found;
    } cases[] = {{0, 99}, {99, 99}, {installed, installed}, {installed + 1, 99}, {100, 99}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        MUST(&rig, program_find(tmp, cases[i].wanted, &found, &rig.err));
        assert_int_equal(found.major, cases[i].found);
    }
    setenv("PATH", path, 1);
    static const char *const names[] = {"postgres", "initdb", "pg_config"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        unlink(file_join(tmp, rig.folder, names[i]));
    rig_end(&rig);
}

static void test_program_has_library__of_this_server_alone(void **state)
{
    SCRATCH(tmp);
    struct rig rig = {0};
    struct program found;
    (void)state;
    MUST(&rig, program_find(tmp, 0, &found, &rig.err));
    assert_true(program_has_library(&found, "plpgsql"));
    assert_false(program_has_library(&found, "no_such_library"));
}

// --- the source's ways

static void test_scratch__is_like_its_source(void **state)
{
    SCRATCH(tmp);
    struct rig rig;
    (void)state;
    struct database *source = postgres_database_make(NULL);
    const char *super = postgres_url(tmp, "postgres", "postgres");
    postgres_execute(super, "DROP ROLE IF EXISTS copies_reader; DROP ROLE IF EXISTS \"copies owner\";"
                            "CREATE ROLE \"copies owner\" CREATEROLE NOINHERIT; CREATE ROLE copies_reader LOGIN;"
                            "GRANT \"copies owner\" TO copies_reader");
    postgres_execute(super, mem_printf(tmp, "ALTER DATABASE %s SET DateStyle TO 'German'", source->folder));
    rig_make(&rig);
    rig.options.like = secret_make(source, source->path);
    open_site(&rig);
    MUST(&rig, copy_postgres.create(rig.site, "before", &rig.err));
    const char *url = url_of(&rig, "before");
    static const struct {
        const char *sql, *expected;
    } cases[] = {
        {"SHOW DateStyle", "German, DMY"},
        {"SELECT rolcreaterole || ' ' || rolinherit || ' ' || rolcanlogin FROM pg_roles WHERE rolname = 'copies owner'",
         "true false false"},
        {"SELECT pg_has_role('copies_reader', 'copies owner', 'MEMBER')", "t"},
        {"SHOW fsync", "off"},
        {"SHOW autovacuum", "off"},
        {"SHOW listen_addresses", ""},
        {"SHOW wal_level", "logical"},
        {"SHOW unix_socket_permissions", "0777"}, // in a folder of 0700
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(ask(tmp, url, cases[i].sql), cases[i].expected);
    static const char *const same[] = {"TimeZone", "max_locks_per_transaction", "default_text_search_config"};
    for (size_t i = 0; i < COUNT_OF(same); i++) {
        const char *sql = mem_printf(tmp, "SELECT current_setting('%s')", same[i]);
        assert_string_equal(ask(tmp, url, sql), ask(tmp, source->path, sql));
    }
    assert_string_equal(rig.notes, "");
    rig_end(&rig);
    talloc_free(source);
    postgres_execute(super, "DROP ROLE copies_reader; DROP ROLE \"copies owner\"");
}

static void test_origin_check_extensions__names_the_package(void **state)
{
    SCRATCH(tmp);
    struct rig rig = {0};
    struct connection *connection;
    (void)state;
    const struct engine_open_options options = {.url = secret_make(tmp, postgres_url(tmp, "deployer", "postgres"))};
    MUST(&rig, connection_open(tmp, &options, &connection, &rig.err));
    struct origin_extension extensions[] = {{"plpgsql", "1.0"}, {"vector", "0.5.0"}};
    struct origin origin = {.extensions = extensions, .n_extensions = 1};
    MUST(&rig, origin_check_extensions(&origin, connection, &rig.err));
    origin.n_extensions = 2;
    assert_false(origin_check_extensions(&origin, connection, &rig.err));
    assert_int_equal(rig.err.code, ERROR_INPUT);
    assert_true(text_starts_with(rig.err.message, "extension 'vector' (0.5.0) of the source is not installed on"));
    assert_true(text_starts_with(rig.err.hint, "Debian's package postgresql-"));
    assert_true(text_ends_with(rig.err.hint, "-pgvector has it"));
}

static void test_seal__leaves_no_way_out(void **state)
{
    SCRATCH(tmp);
    struct rig rig;
    (void)state;
    rig_make(&rig);
    open_site(&rig);
    MUST(&rig, copy_postgres.create(rig.site, "before", &rig.err));
    const char *url = url_of(&rig, "before");
    postgres_execute(url, "CREATE EXTENSION postgres_fdw; CREATE ROLE \"a b\";"
                          "CREATE SERVER billing FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1');"
                          "CREATE USER MAPPING FOR PUBLIC SERVER billing OPTIONS (user 'deployer');"
                          "CREATE USER MAPPING FOR \"a b\" SERVER billing OPTIONS (user 'deployer');"
                          "CREATE FOREIGN TABLE bills (id integer) SERVER billing;"
                          "CREATE SUBSCRIPTION feed CONNECTION 'host=127.0.0.1 port=1' PUBLICATION p WITH (connect = false)");
    MUST(&rig, copy_postgres.seal(rig.site, "before", &rig.err));
    assert_string_equal(ask(tmp, url, "SELECT (SELECT count(*) FROM pg_foreign_table) || ' ' || (SELECT count(*) FROM pg_user_mapping)"), "1 0");
    assert_string_equal(ask(tmp, url, "SELECT subenabled || ' ' || (subslotname IS NULL) FROM pg_subscription"), "false true");
    assert_string_equal(rig.notes, "the copy cannot reach the foreign server billing\n"
                                   "the copy cannot reach the foreign server billing\n"
                                   "the copy cannot reach the publisher of subscription feed\n");
    postgres_execute(url, "DROP SUBSCRIPTION feed"); // needs no publisher any more
    rig_end(&rig);
}

// --- doors and logs

static void test_scratch__a_path_too_long_for_a_socket_is_entered_by_password(void **state)
{
    SCRATCH(tmp);
    struct rig rig;
    (void)state;
    rig_make(&rig);
    const char *deep = mem_printf(tmp, "%s/%090d", rig.folder, 0);
    assert_int_equal(mkdir(deep, 0711), 0);
    chmod(deep, 0711);
    rig.options.folder = deep;
    open_site(&rig);
    const char *url = url_of(&rig, "postgres");
    const char *at = strchr(url, '@');
    assert_true(text_starts_with(at, "@127.0.0.1:"));
    assert_string_equal(ask(tmp, url, "SHOW listen_addresses"), "127.0.0.1");
    assert_false(may_connect(mem_printf(tmp, "postgresql://postgres:wrong%s", at)));
    assert_null(strstr(secret_mask(tmp, secret_make(tmp, url)), mem_strndup(tmp, url + 22, (size_t)(at - url - 22))));
    TALLOC_FREE(rig.site);
    assert_int_equal(rmdir(deep), 0);
    rig_end(&rig);
}

static void test_log__holds_the_statements_since(void **state)
{
    SCRATCH(tmp);
    static const char *const settings[] = {"log_statement = all", NULL};
    struct rig rig;
    int64_t from = 0;
    char *text;
    (void)state;
    rig_make(&rig);
    rig.options.settings = settings;
    open_site(&rig);
    const char *url = url_of(&rig, "postgres");
    ask(tmp, url, "SELECT 'the first'");
    MUST(&rig, copy_postgres.log(tmp, rig.site, &from, &text, &rig.err));
    assert_non_null(strstr(text, "] postgres [unknown] LOG:  statement: SELECT 'the first'\n"));
    ask(tmp, url, "SELECT 'the second',\n1");
    MUST(&rig, copy_postgres.log(tmp, rig.site, &from, &text, &rig.err));
    assert_null(strstr(text, "the first"));
    assert_non_null(strstr(text, "statement: SELECT 'the second',\n\t1\n"));
    rig_end(&rig);
}

static void test_address_with_database__keeps_the_rest(void **state)
{
    SCRATCH(tmp);
    struct error err = {0};
    (void)state;
    static const struct {
        const char *given, *expected;
    } cases[] = {
        {"postgresql://ana:p%40ss@db.example:6000/postgres?sslmode=require",
         "postgresql://ana:p%40ss@db.example:6000/x%20y?sslmode=require"},
        {"host=/var/run/pg user=ana dbname=postgres", "postgresql://ana@/x%20y?host=/var/run/pg"},
        {"host=a,b port=1,2 dbname=postgres", "postgresql:///x%20y?host=a%2Cb&port=1%2C2"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct address address;
        assert_true(address_read(tmp, cases[i].given, &address, &err));
        const char *got = address_with_database(tmp, &address, "x y");
        assert_string_equal(got, cases[i].expected);
        assert_true(address_read(tmp, got, &address, &err));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_program_find__the_version_asked_for_else_the_next_newer),
        cmocka_unit_test(test_program_has_library__of_this_server_alone),
        cmocka_unit_test(test_scratch__is_like_its_source),
        cmocka_unit_test(test_origin_check_extensions__names_the_package),
        cmocka_unit_test(test_seal__leaves_no_way_out),
        cmocka_unit_test(test_scratch__a_path_too_long_for_a_socket_is_entered_by_password),
        cmocka_unit_test(test_log__holds_the_statements_since),
        cmocka_unit_test(test_address_with_database__keeps_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

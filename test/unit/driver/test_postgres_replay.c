/*
 * The catalog and the replay say the same: statements are run on a server and applied to a schema,
 * and what the server's catalog holds afterwards is compared with what the replay holds.
 *
 * Histories: the migrations of real projects (../shared/corpora, skipped where they are not), and
 * every statement of effects_measured.txt behind its setup. What the server refuses is left out of
 * both.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/postgres_catalog.h"
#include "../../support/schema_difference.h"
#include "change/change.h"
#include "change/layout.h"
#include "statement/reader.h"

struct rig {
    struct catalog_fixture *fixture;
    PGconn *server; // as superuser; the catalog is read in its own connection
    struct schema *replayed;
    struct reader *reader;
    size_t n_run, n_refused;
};

static struct rig rig_make(void)
{
    SCRATCH(tmp);
    struct rig rig = {.fixture = catalog_fixture_make(NULL)};
    struct database *database = rig.fixture->database;
    database->path = mem_strdup(database, postgres_url(tmp, "postgres", database->folder));
    catalog_fixture_open(rig.fixture);
    rig.server = PQconnectdb(postgres_url(tmp, "postgres", database->folder));
    PQsetNoticeProcessor(rig.server, NULL, NULL);
    PQclear(PQexec(rig.server, "SET client_min_messages = error"));
    rig.replayed = schema_make(database, DIALECT_POSTGRES);
    assert_true(reader_open(database, DIALECT_POSTGRES, &rig.reader, &database->err));
    return rig;
}

static void rig_end(struct rig *rig)
{
    PQfinish(rig->server);
    talloc_free(rig->fixture->database);
}

static struct script *read_script(struct rig *rig, TALLOC_CTX *mem, const struct script_source *source)
{
    struct script *script;
    if (!reader_read(mem, rig->reader, source, &script, &rig->fixture->database->err))
        fail_msg("%s", rig->fixture->database->err.message);
    return script;
}

static bool execute(PGconn *server, const char *sql)
{
    PGresult *result = PQexec(server, sql);
    bool is_done = PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK;
    PQclear(result);
    return is_done;
}

// What the server takes, the replay takes.
static void run_script(struct rig *rig, const struct script_source *source)
{
    SCRATCH(tmp);
    struct script *script = read_script(rig, tmp, source);
    schema_begin_migration(rig->replayed, mem_strdup(rig->fixture->database, source->path));
    bool is_taken = true;
    for (size_t i = 0; i < script->n_statements; i++) {
        if (script->statements[i].is_inner) { // of a DO that was run, or refused
            if (is_taken)
                schema_apply(rig->replayed, &script->statements[i]);
            continue;
        }
        is_taken = execute(rig->server, script->statements[i].sql);
        rig->n_run++;
        rig->n_refused += !is_taken;
        if (!is_taken)
            print_message("# %s:%zu: refused: %s", source->path, script->statements[i].line,
                          PQerrorMessage(rig->server));
        else
            schema_apply(rig->replayed, &script->statements[i]);
    }
    if (PQtransactionStatus(rig->server) != PQTRANS_IDLE)
        execute(rig->server, "ROLLBACK");
    execute(rig->server, "DISCARD TEMPORARY");
}

static size_t compare(struct rig *rig, const char *title)
{
    SCRATCH(tmp);
    catalog_fixture_read(rig->fixture);
    schema_begin_migration(rig->replayed, "end");
    struct difference difference = schema_difference(tmp, rig->fixture->schema, rig->replayed);
    if (difference.n > 0)
        print_message("# %s: %zu differences\n%s", title, difference.n, difference.lines);
    return difference.n;
}

// --- real projects

static void replay_corpus(const char *name, size_t migrations_min)
{
    SCRATCH(tmp);
    struct change *change;
    struct error err;
    const char *shared = getenv("TMINUS_SHARED");
    const char *folder = shared != NULL ? mem_printf(tmp, "%s/corpora/%s", shared, name)
                                        : mem_printf(tmp, "%s/../shared/corpora/%s", getenv("SOURCE"), name);
    if (file_kind(folder) != FILE_FOLDER) {
        print_message("# SKIP: no %s\n", folder); // cmocka's skip() counts as a failure in TAP
        return;
    }
    if (!change_read(tmp, &folder, 1, NULL, &change, &err))
        fail_msg("%s", err.message);
    struct rig rig = rig_make();
    for (size_t i = 0; i < change->n_migrations; i++) {
        const struct migration_text *up = &change->migrations[i].up;
        if (up->path != NULL)
            run_script(&rig, &(struct script_source){
                                 .path = up->path, .text = up->text, .len = up->len, .start = up->start, .end = up->end});
    }
    size_t n_differences = compare(&rig, name);
    rig_end(&rig);
    assert_true(change->n_migrations >= migrations_min);
    assert_int_equal(n_differences, 0);
}

static void test_replay__of_concourse(void **state)
{
    (void)state;
    replay_corpus("concourse", 149);
}

static void test_replay__of_exposure(void **state)
{
    (void)state;
    replay_corpus("exposure", 80);
}

static void test_replay__of_pkgsite(void **state)
{
    (void)state;
    replay_corpus("pkgsite", 158);
}

// --- what pg_dump makes of a schema

static char *dump_of(TALLOC_CTX *mem, const char *url)
{
    FILE *pipe = popen(mem_printf(mem, "pg_dump -s -d '%s'", url), "r");
    char *text = mem_strdup(mem, ""), block[4096];
    assert_non_null(pipe);
    for (size_t n = fread(block, 1, sizeof block, pipe); n > 0; n = fread(block, 1, sizeof block, pipe))
        text = talloc_strndup_append_buffer(text, block, n);
    assert_int_equal(pclose(pipe), 0);
    return text;
}

static void test_replay__of_a_dump(void **state)
{
    (void)state;
    SCRATCH(tmp);
    char *sql;
    size_t len;
    struct error err;
    struct rig rig = rig_make();
    const char *path = mem_printf(tmp, "%s/test/unit/driver/dumped.sql", getenv("SOURCE"));
    assert_true(file_read(tmp, path, SIZE_MAX, &sql, &len, &err));
    if (!execute(rig.server, sql))
        fail_msg("%s", PQerrorMessage(rig.server));
    const char *dump = dump_of(tmp, rig.fixture->database->path);
    const struct script *script = read_script(&rig, tmp, &(struct script_source){
        .path = "dump", .text = dump, .len = strlen(dump), .end = strlen(dump)});
    for (size_t i = 0; i < script->n_not_understood; i++)
        print_message("# not understood: %s: %s\n", script->not_understood[i].reason, script->not_understood[i].sql);
    schema_begin_migration(rig.replayed, "dump");
    for (size_t i = 0; i < script->n_statements; i++)
        schema_apply(rig.replayed, &script->statements[i]);
    size_t n_not_understood = script->n_not_understood, n_statements = script->n_statements;
    size_t n_differences = compare(&rig, "dump");
    rig_end(&rig);
    assert_true(n_statements >= 150);
    assert_int_equal(n_not_understood, 0);
    assert_int_equal(n_differences, 0);
}

// --- each measured statement, behind its setup

// Statements after which the replay is known to differ, and why. One that no longer does fails.
static const struct {
    const char *sql, *why;
} not_followed[] = {
    {"alter table p set schema pg_catalog", "a relation in pg_catalog is not one of users"},
    {"alter statistics st rename to st3", "statistics are known by their first name"},
    {"create table n(like p including all)", "statistics of LIKE are not copied"},
    {"create table z (like s including all)", "statistics of LIKE are not copied"},
    {"create table nn (like a including all)", "statistics of LIKE are not copied"},
    {"alter table p attach partition q1 for values from (200) to (maxvalue)", "bounds are kept as written"},
    {"alter table e attach partition e1 for values from ('2026-01-01') to ('2026-02-01')",
     "bounds are kept as written"},
    {"drop function f(int) cascade", "CHECKs and indexes that call a function stay"},
    {"drop function g() cascade", "defaults that call a function stay"},
    {"drop domain dom cascade", "domains over a domain stay"},
};

static bool is_not_followed(const char *sql)
{
    for (size_t i = 0; i < COUNT_OF(not_followed); i++) {
        if (strcmp(not_followed[i].sql, sql) == 0)
            return true;
    }
    return false;
}

// One statement in a transaction that is taken back; the catalog is read in that transaction.
static size_t compare_statement(struct rig *rig, const struct schema *before, const char *sql)
{
    SCRATCH(tmp);
    struct database *database = rig->fixture->database;
    struct connection *connection = database->engine->connection;
    struct script *script = read_script(rig, tmp, &(struct script_source){
        .path = "measured", .text = sql, .len = strlen(sql), .end = strlen(sql)});
    struct schema *replayed = schema_copy(tmp, before);
    struct schema *live;
    struct error err;
    assert_true(connection_execute(connection, "BEGIN", &err));
    rig->n_run++;
    if (!connection_execute(connection, sql, &err)) {
        rig->n_refused++;
        print_message("# refused: %s: %s\n", sql, err.message);
        assert_true(connection_execute(connection, "ROLLBACK", &err));
        return 0;
    }
    schema_begin_migration(replayed, "measured");
    for (size_t i = 0; i < script->n_statements; i++)
        schema_apply(replayed, &script->statements[i]);
    database->engine->is_in_snapshot = true;
    if (!postgres_catalog_read(tmp, database->engine, &live, &err))
        fail_msg("%s: %s", sql, err.message);
    database->engine->is_in_snapshot = false;
    assert_true(connection_execute(connection, "ROLLBACK", &err));
    struct difference difference = schema_difference(tmp, live, replayed);
    if (is_not_followed(sql)) {
        if (difference.n == 0)
            print_message("# after %s nothing differs any more\n", sql);
        return difference.n == 0;
    }
    if (difference.n > 0)
        print_message("# after %s\n%s", sql, difference.lines);
    return difference.n;
}

struct walk {
    struct rig rig;
    bool is_open, runs;
    char *setup;
    TALLOC_CTX *mem;
    size_t n_differences, n_statements, n_refused;
};

static void walk_end(struct walk *walk)
{
    if (!walk->is_open)
        return;
    walk->n_statements += walk->rig.n_run;
    walk->n_refused += walk->rig.n_refused;
    rig_end(&walk->rig);
    walk->is_open = false;
}

static void walk_line(struct walk *walk, char *line)
{
    if (strcmp(line, "setup") == 0) {
        walk_end(walk);
        walk->setup = mem_strdup(walk->mem, "");
        walk->runs = false;
    } else if (strcmp(line, "run") == 0) {
        walk->rig = rig_make();
        walk->is_open = true;
        walk->runs = true;
        run_script(&walk->rig, &(struct script_source){.path = "setup", .text = walk->setup,
                                                       .len = strlen(walk->setup), .end = strlen(walk->setup)});
        walk->n_differences += compare(&walk->rig, "setup");
    } else if (strncmp(line, "    ", 4) == 0 && walk->runs) {
        char *arrow = strstr(line, " => ");
        *arrow = '\0';
        walk->n_differences += compare_statement(&walk->rig, walk->rig.replayed, line + 4);
    } else if (strncmp(line, "    ", 4) == 0) {
        walk->setup = mem_printf(walk->mem, "%s%s\n", walk->setup, line);
    }
}

static void test_replay__of_measured_statements(void **state)
{
    (void)state;
    SCRATCH(tmp);
    char *text;
    size_t len;
    struct error err;
    const char *path = mem_printf(tmp, "%s/test/unit/analysis/effects_measured.txt", getenv("SOURCE"));
    assert_true(file_read(tmp, path, SIZE_MAX, &text, &len, &err));
    struct walk walk = {.mem = tmp};
    for (char *line = strsep(&text, "\n"); line != NULL; line = strsep(&text, "\n"))
        walk_line(&walk, line);
    walk_end(&walk);
    assert_true(walk.n_statements >= 420);
    assert_int_equal(walk.n_differences, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replay__of_concourse),
        cmocka_unit_test(test_replay__of_exposure),
        cmocka_unit_test(test_replay__of_pkgsite),
        cmocka_unit_test(test_replay__of_a_dump),
        cmocka_unit_test(test_replay__of_measured_statements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

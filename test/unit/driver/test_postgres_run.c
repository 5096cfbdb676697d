/*
 * Running migrations on PostgreSQL: places of errors, locks and who holds them, what the transaction
 * wrote, and the proof of what became of it when the server or the connection goes away.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/postgres_server.h"
#include "base/clock.h"
#include "driver/engine/postgres/run.h"
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

#define SCHEMA                                                                                     \
    "CREATE TABLE emails (id int PRIMARY KEY, category text NOT NULL);"                            \
    "INSERT INTO emails VALUES (1, 'brief'), (2, 'task');"                                         \
    "CREATE TABLE record (version text);"
#define RECORD "INSERT INTO record VALUES ('2')"

struct rig {
    struct database *database;
    struct engine *engine;
    struct engine_open_options options;
    struct engine_run result;
    struct error err;
    char notes[4096];
};

static void rig_open(struct rig *rig)
{
    rig->options = (struct engine_open_options){
        .url = secret_make(rig->database, rig->database->path),
        .timeout_ms = 10000,
        .wait = wait_make(rig->database),
        .name = "tminus/migrate",
    };
    if (!postgres_open(rig->database, &rig->options, &rig->engine, &rig->err))
        fail_msg("%s", rig->err.message);
}

static struct rig *rig_make(const char *sql)
{
    struct database *database = postgres_database_make(sql);
    struct rig *rig = mem_new(database, struct rig);
    rig->database = database;
    rig_open(rig);
    return rig;
}

static void take_note(void *context, const char *text)
{
    struct rig *rig = context;
    size_t len = strlen(rig->notes);
    snprintf(rig->notes + len, sizeof rig->notes - len, "%s\n", text);
}

static bool run_request(struct rig *rig, struct engine_run_request request)
{
    request.path = "db/2.sql";
    request.end = request.end ? request.end : strlen(request.text);
    request.note = take_note;
    request.note_context = rig;
    rig->err = (struct error){0};
    rig->notes[0] = '\0';
    return postgres_run(rig->database, rig->engine, &request, &rig->result, &rig->err);
}

static bool run(struct rig *rig, const char *text, bool in_transaction)
{
    return run_request(rig, (struct engine_run_request){
                                .text = text, .in_transaction = in_transaction, .last = RECORD});
}

static void expect_answer(struct rig *rig, const char *sql, const char *expected)
{
    PGconn *connection = PQconnectdb(rig->database->path);
    PGresult *result = PQexec(connection, sql);
    const char *got = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) > 0
                          ? PQgetvalue(result, 0, 0)
                          : PQerrorMessage(connection);
    assert_string_equal(got, expected);
    PQclear(result);
    PQfinish(connection);
}

static void expect_part(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("no '%s' in: %s", part, text);
}

// --- good ones

static void test_run__applies_and_records(void **state)
{
    (void)state;
    struct rig *rig = rig_make(SCHEMA);
    assert_true(run(rig, "-- one\nALTER TABLE emails ADD COLUMN n INT;\n"
                         "UPDATE emails SET n = id; -- two\n;;\n/* the end */", true));
    assert_int_equal(rig->result.statements, 2);
    assert_int_equal(rig->result.attempts, 1);
    expect_answer(rig, "SELECT sum(n) FROM emails", "3");
    expect_answer(rig, "SELECT version FROM record", "2");
    assert_true(run(rig, "SELECT 1; CREATE INDEX CONCURRENTLY i ON emails(n)", false));
    assert_int_equal(rig->result.transaction, 0);
    expect_answer(rig, "SELECT count(*) FROM record", "2");
    expect_answer(rig, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass", "t");
    talloc_free(rig->database);
}

static void test_run__knows_its_transaction(void **state)
{
    (void)state;
    struct rig *rig = rig_make(SCHEMA);
    // A savepoint's rows have a number of their own, up to the end that is told.
    assert_true(run(rig, "INSERT INTO emails VALUES (3, 'x'); SAVEPOINT s; UPDATE emails SET category = 'y' "
                         "WHERE id = 1; RELEASE s; DELETE FROM emails WHERE id = 2", true));
    SCRATCH(tmp);
    expect_answer(rig, "SELECT xmin FROM emails WHERE id = 3",
                  mem_printf(tmp, "%llu", (unsigned long long)rig->result.transaction));
    expect_answer(rig,
                  mem_printf(tmp, "SELECT xmin::text::bigint > %llu AND xmin::text::bigint < %llu FROM emails WHERE id = 1",
                             (unsigned long long)rig->result.transaction, (unsigned long long)rig->result.transaction_end),
                  "t");
    assert_true(rig->result.has_written);
    assert_int_equal(rig->result.n_written, 1); // without the record
    const struct engine_written *written = rig->result.written;
    assert_string_equal(written->table.schema, "public");
    assert_string_equal(written->table.name, "emails");
    assert_int_equal(written->inserted, 1);
    assert_int_equal(written->updated, 1);
    assert_int_equal(written->deleted, 1);
    // The session's counters still hold the transaction before; the next one counts its own alone.
    assert_true(run(rig, "UPDATE emails SET category = 'z'", true));
    assert_int_equal(rig->result.n_written, 1);
    assert_int_equal(rig->result.written->updated, 2);
    assert_int_equal(rig->result.written->inserted, 0);
    talloc_free(rig->database);
}

static void test_run__the_files_own_block(void **state)
{
    (void)state;
    struct rig *rig = rig_make(SCHEMA);
    static const char text[] = "BEGIN ISOLATION LEVEL REPEATABLE READ;\nINSERT INTO emails VALUES (3, current_setting("
                               "'transaction_isolation'));\nCOMMIT;\n";
    // As golang-migrate's files often do, though the tool sends the file as one query.
    assert_true(run(rig, text, true));
    assert_true(rig->result.transaction > 0);
    expect_answer(rig, "SELECT category FROM emails WHERE id = 3", "repeatable read");
    expect_answer(rig, "SELECT (SELECT xmin FROM emails WHERE id = 3)::text = (SELECT xmin FROM record)::text", "t");
    // Without the tool's: the record still stands in the file's transaction.
    assert_false(run_request(rig, (struct engine_run_request){.text = text, .first = "INSERT INTO record VALUES ('begun')",
                                                              .last = RECORD}));
    assert_int_equal(rig->err.code, ERROR_TAKEN_BACK);
    expect_part(rig->err.message, "db/2.sql:2:1: duplicate key value violates unique constraint \"emails_pkey\"; "
                                  "Key (id)=(3) already exists (23505), in: INSERT");
    expect_answer(rig, "SELECT string_agg(version, ' ') FROM record", "2 begun");
    // Several blocks are run as they are.
    assert_true(run(rig, "BEGIN; DELETE FROM emails WHERE id = 3; COMMIT; BEGIN; DELETE FROM emails WHERE id = 2; ROLLBACK; "
                         "START TRANSACTION; SELECT 1; END", false));
    assert_int_equal(rig->result.transaction, 0);
    expect_answer(rig, "SELECT count(*) FROM emails", "2");
    talloc_free(rig->database);
}

static void test_run__isolation_is_the_files(void **state)
{
    (void)state;
    struct rig *rig = rig_make(SCHEMA);
    assert_true(run(rig, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; LOCK TABLE emails; "
                         "UPDATE emails SET category = current_setting('transaction_isolation')", true));
    expect_answer(rig, "SELECT DISTINCT category FROM emails", "serializable");
    talloc_free(rig->database);
}

static void test_run__settings_end_with_it(void **state)
{
    (void)state;
    struct rig *rig = rig_make(SCHEMA);
    // As in every schema that pg_dump wrote.
    assert_true(run_request(rig, (struct engine_run_request){
                                     .text = "SELECT pg_catalog.set_config('search_path', '', false); "
                                             "CREATE TABLE public.settings AS SELECT name, setting FROM pg_catalog.pg_settings",
                                     .in_transaction = true}));
    expect_answer(rig, "SELECT string_agg(setting, ' ' ORDER BY name) FROM settings WHERE name IN "
                       "('lock_timeout', 'statement_timeout', 'application_name', 'idle_in_transaction_session_timeout')",
                  "tminus/migrate 60000 5000 0");
    assert_true(run(rig, "INSERT INTO emails VALUES (3, current_setting('search_path'))", true));
    expect_answer(rig, "SELECT category FROM emails WHERE id = 3", "\"$user\", public");
    talloc_free(rig->database);
}

static void test_run__passes_notices_on(void **state)
{
    (void)state;
    struct rig *rig = rig_make(SCHEMA);
    assert_true(run(rig, "SELECT 1;\nDROP TABLE IF EXISTS nothing;\nDO $$ BEGIN RAISE WARNING 'look'; END $$", true));
    assert_string_equal(rig->notes, "db/2.sql:2: NOTICE: table \"nothing\" does not exist, skipping\n"
                                    "db/2.sql:3: WARNING: look\n");
    talloc_free(rig->database);
}

// --- what fails

struct failure {
    const char *name;
    const char *text;
    bool in_transaction;
    enum error_code code;
    const char *message; // the whole of it, or its begin
    const char *hint;    // a part
    const char *sum;     // of ids left in emails: 3 is as before
};

static const struct failure failures[] = {
    {"in the middle", "ALTER TABLE emails ADD COLUMN n INT;\n\n  UPDATE emails SET category = NULL;\nDROP TABLE emails",
     true, ERROR_TAKEN_BACK,
     "db/2.sql:3:3: null value in column \"category\" of relation \"emails\" violates not-null constraint; "
     "Failing row contains (1, null, null) (23502), in: UPDATE emails SET category = NULL",
     "taken back: the server says that transaction ", "3"},
    {"at the server's own place", "SELECT 'ü',\n  missing FROM emails", true, ERROR_TAKEN_BACK,
     "db/2.sql:2:3: column \"missing\" does not exist (42703), in: SELECT 'ü', missing FROM emails", "taken back", "3"},
    {"a deferred constraint", "ALTER TABLE emails ADD COLUMN up int REFERENCES emails DEFERRABLE INITIALLY DEFERRED;"
     "UPDATE emails SET up = 9 WHERE id = 1",
     true, ERROR_TAKEN_BACK,
     "db/2.sql: at its end: insert or update on table \"emails\" violates foreign key constraint", "taken back", "3"},
    {"in the middle without transaction", "DELETE FROM emails WHERE id = 2;\nSELECT 1;\nUPDATE emails SET category = NULL",
     false, ERROR_PARTIAL, "db/2.sql:3:1: null value", "2 of its statements stay applied", "1"},
    {"at the begin without transaction", "UPDATE emails SET category = NULL; DELETE FROM emails", false,
     ERROR_TAKEN_BACK, "db/2.sql:1:1: null value", "taken back", "3"},
    {"behind the file's own transaction", "BEGIN; DELETE FROM emails WHERE id = 2; COMMIT;\nSELECT missing", false,
     ERROR_PARTIAL, "db/2.sql:2:8: column \"missing\"", "1 of its statements", "1"},
    {"in a second transaction", "BEGIN; SELECT 1; ROLLBACK;\nBEGIN; DELETE FROM emails; SELECT missing; COMMIT", false,
     ERROR_TAKEN_BACK, "db/2.sql:2:35: column \"missing\"", "taken back", "3"},
    {"a block that commits", "DO $$ BEGIN DELETE FROM emails WHERE id = 2; COMMIT; RAISE 'no'; END $$", false,
     ERROR_PARTIAL, "db/2.sql:1:1: no (P0001)", "cannot be told", "1"},
    // Refused before it begins.
    {"a transaction without end", "DELETE FROM emails;\nBEGIN; DELETE FROM emails", false, ERROR_INPUT,
     "db/2.sql:2:1: the file begins a transaction and does not end it, in: BEGIN", "write its COMMIT", "3"},
    {"COMMIT within our transaction", "DELETE FROM emails;\nCOMMIT;\nSELECT 1", true, ERROR_INPUT,
     "db/2.sql:2:1: the tool of this layout wraps the file in a transaction", "without a transaction", "3"},
    {"CONCURRENTLY within our transaction", "DELETE FROM emails;\nCREATE INDEX CONCURRENTLY i ON emails (id)", true,
     ERROR_INPUT, "db/2.sql:2:1: PostgreSQL refuses this within a transaction, and the file runs in one", "its own", "3"},
    {"VACUUM in the file's transaction", "BEGIN; DELETE FROM emails; VACUUM emails; COMMIT", false, ERROR_INPUT,
     "db/2.sql:1:28: PostgreSQL refuses this within a transaction", "", "3"},
    {"VACUUM in a later transaction", "DELETE FROM emails; BEGIN; VACUUM emails; COMMIT", false, ERROR_INPUT,
     "db/2.sql:1:28: PostgreSQL refuses this within a transaction, and the file began one", "behind the COMMIT", "3"},
    {"a command of psql", "DELETE FROM emails;\n\\connect other\nDELETE FROM emails", true, ERROR_INPUT,
     "db/2.sql:2:1: a command of psql, which no server knows, in: \\connect other", "psql", "3"},
    {"rows behind COPY", "DELETE FROM emails;\nCOPY emails (id, category) FROM stdin;\n3\tx\n\\.\n", true, ERROR_INPUT,
     "db/2.sql:2:1: COPY to or from the client's own stream cannot be run, in: COPY emails (id, category) FROM stdin",
     "INSERT", "3"},
    {"a quote without end", "DELETE FROM emails; SELECT 'x", false, ERROR_INPUT,
     "db/2.sql:1:21: a quote or comment is not closed, in: SELECT 'x", "", "3"},
};

static void test_run__failures(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(failures); i++) {
        const struct failure *failure = &failures[i];
        struct rig *rig = rig_make(SCHEMA);
        if (run(rig, failure->text, failure->in_transaction))
            fail_msg("%s: it did not fail", failure->name);
        struct error err = rig->err;
        if (err.code != failure->code || strncmp(err.message, failure->message, strlen(failure->message)) != 0 ||
            strstr(err.hint, failure->hint) == NULL)
            fail_msg("%s: %s: %s / %s", failure->name, error_code_name(err.code), err.message, err.hint);
        expect_answer(rig, "SELECT sum(id) FROM emails", failure->sum);
        expect_answer(rig, "SELECT count(*) FROM record", "0");
        assert_true(run(rig, "SELECT 1", true)); // the session goes on
        talloc_free(rig->database);
    }
}

static void test_run__names_an_invalid_index(void **state)
{
    (void)state;
    struct rig *rig = rig_make(SCHEMA "UPDATE emails SET category = 'same'; CREATE SCHEMA \"o'dd\"; "
                                      "CREATE TABLE \"o'dd\".\"T\" AS TABLE emails");
    assert_false(run(rig, "CREATE UNIQUE INDEX CONCURRENTLY \"I\" ON \"o'dd\".\"T\" (category)", false));
    assert_int_equal(rig->err.code, ERROR_PARTIAL);
    expect_part(rig->err.message, "db/2.sql:1:1: could not create unique index \"I\"; Key (category)=(same) is duplicated");
    assert_string_equal(rig->err.hint, "it left an invalid index, which costs writes and helps no query: run DROP INDEX "
                                       "CONCURRENTLY \"o'dd\".\"I\"; then the migration again");
    // That one is known: another failure does not name it again.
    assert_false(run(rig, "CREATE INDEX CONCURRENTLY \"I\" ON \"o'dd\".\"T\" (category)", false));
    assert_int_equal(rig->err.code, ERROR_TAKEN_BACK);
    talloc_free(rig->database);
}

// --- locks

// A session that is in the way.
static PGconn *block(struct rig *rig, const char *sql)
{
    SCRATCH(tmp);
    PGconn *connection = PQconnectdb(mem_printf(tmp, "%s?application_name=report-job", rig->database->path));
    PGresult *result = PQexec(connection, sql);
    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
    return connection;
}

static void test_run__says_who_holds_a_lock(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct rig *rig = rig_make(SCHEMA);
    PGconn *blocker = block(rig, "BEGIN; LOCK TABLE emails IN ACCESS SHARE MODE");
    assert_false(run_request(rig, (struct engine_run_request){
                                      .text = "INSERT INTO record VALUES ('1');\nALTER TABLE emails ADD n int",
                                      .in_transaction = true, .lock_timeout_ms = 300, .attempts = 2}));
    assert_int_equal(rig->err.code, ERROR_TAKEN_BACK);
    expect_part(rig->err.message, "db/2.sql:2:1: no lock within 300 ms (attempt 2): waited for AccessExclusiveLock on emails, "
                                  "held by process ");
    expect_part(rig->err.message, mem_printf(tmp, "process %d ('report-job', role deployer, idle in transaction for ",
                                             PQbackendPID(blocker)));
    expect_part(rig->err.hint, mem_printf(tmp, "SELECT pg_terminate_backend(%d)", PQbackendPID(blocker)));
    expect_part(rig->notes, "(attempt 1)");
    expect_part(rig->notes, "again in 1.0 s");
    expect_answer(rig, "SELECT count(*) FROM record", "0");
    // A single statement without a transaction likewise.
    assert_false(run_request(rig, (struct engine_run_request){
                                      .text = "SELECT 1; ALTER TABLE emails ADD n int", .lock_timeout_ms = 200}));
    assert_int_equal(rig->err.code, ERROR_PARTIAL);
    expect_part(rig->err.message, "db/2.sql:1:11: no lock within 200 ms (attempt 1)");
    PQfinish(blocker);
    talloc_free(rig->database);
}

static void test_run__names_the_root(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct rig *rig = rig_make(SCHEMA);
    PGconn *root = block(rig, "BEGIN; UPDATE emails SET category = 'x'");
    PGconn *victim = PQconnectdb(rig->database->path);
    assert_true(PQsendQuery(victim, "BEGIN; LOCK TABLE emails IN SHARE MODE"));
    for (int i = 0; i < 200; i++) {
        PGresult *result = PQexec(root, "SELECT FROM pg_locks WHERE NOT granted");
        bool is_waiting = PQntuples(result) > 0;
        PQclear(result);
        if (is_waiting)
            break;
        usleep(10000);
    }
    // It waits behind the victim in the queue too; only the root is worth a call.
    assert_false(run_request(rig, (struct engine_run_request){
                                      .text = "UPDATE emails SET category = 'y'", .in_transaction = true, .lock_timeout_ms = 300}));
    expect_part(rig->err.message, mem_printf(tmp, "held by process %d (", PQbackendPID(root)));
    if (strstr(rig->err.message, " and ") != NULL)
        fail_msg("%s", rig->err.message);
    PQfinish(victim);
    PQfinish(root);
    talloc_free(rig->database);
}

static void test_run__names_a_prepared_transaction(void **state)
{
    (void)state;
    struct rig *rig = rig_make(SCHEMA);
    PQfinish(block(rig, "BEGIN; LOCK TABLE emails; PREPARE TRANSACTION 'left behind'"));
    assert_false(run_request(rig, (struct engine_run_request){
                                      .text = "ALTER TABLE emails ADD n int", .in_transaction = true, .lock_timeout_ms = 300}));
    expect_part(rig->err.message, "held by the prepared transaction 'left behind' for ");
    expect_part(rig->err.hint, "ROLLBACK PREPARED 'left behind'");
    postgres_execute(rig->database->path, "ROLLBACK PREPARED 'left behind'");
    talloc_free(rig->database);
}

static void *end_later(void *context)
{
    usleep(600000);
    PQfinish(context);
    return NULL;
}

static void test_run__begins_anew(void **state)
{
    (void)state;
    struct rig *rig = rig_make(SCHEMA);
    static const char *const texts[] = {"INSERT INTO record VALUES ('1'); ALTER TABLE emails ADD n int",
                                        "ALTER TABLE emails ADD m int"};
    for (int i = 0; i < 2; i++) {
        pthread_t thread;
        PGconn *blocker = block(rig, "BEGIN; LOCK TABLE emails");
        assert_int_equal(pthread_create(&thread, NULL, end_later, blocker), 0);
        assert_true(run_request(rig, (struct engine_run_request){
                                         .text = texts[i], .in_transaction = i == 0, .lock_timeout_ms = 200, .attempts = 3}));
        assert_true(rig->result.attempts > 1);
        pthread_join(thread, NULL);
    }
    expect_answer(rig, "SELECT count(*) FROM record", "1");
    talloc_free(rig->database);
}

struct peer {
    PGconn *connection;
    const char *sql;
};

static void *execute_peer(void *context)
{
    struct peer *peer = context;
    PQclear(PQexec(peer->connection, peer->sql));
    return NULL;
}

static void test_run__deadlock(void **state)
{
    (void)state;
    struct rig *rig = rig_make(SCHEMA);
    pthread_t thread;
    PGconn *blocker = block(rig, "BEGIN; UPDATE emails SET category = 'p' WHERE id = 2");
    struct peer peer = {blocker, "SELECT pg_sleep(0.3); UPDATE emails SET category = 'p' WHERE id = 1; COMMIT"};
    assert_int_equal(pthread_create(&thread, NULL, execute_peer, &peer), 0);
    assert_true(run_request(rig, (struct engine_run_request){
                                     .text = "UPDATE emails SET category = 'm' WHERE id = 1;"
                                             "UPDATE emails SET category = category || 'm' WHERE id = 2",
                                     .in_transaction = true, .attempts = 2}));
    pthread_join(thread, NULL);
    expect_part(rig->notes, "deadlock detected");
    expect_answer(rig, "SELECT string_agg(category, ' ' ORDER BY id) FROM emails", "m pm");
    PQfinish(blocker);
    talloc_free(rig->database);
}

// --- the end of sessions and servers

static bool refuse_tick(void *context)
{
    return clock_monotonic_ms() < *(int64_t *)context;
}

static void test_run__interrupted(void **state)
{
    (void)state;
    struct rig *rig = rig_make(SCHEMA);
    int64_t until_ms = clock_monotonic_ms() + 300;
    wait_on_tick(rig->options.wait, refuse_tick, &until_ms);
    assert_false(run(rig, "DELETE FROM emails;\nSELECT pg_sleep(60)", true));
    assert_int_equal(rig->err.code, ERROR_TAKEN_BACK);
    expect_part(rig->err.message, "db/2.sql:2:1: interrupted, in: SELECT pg_sleep(60)");
    expect_part(rig->err.hint, "is aborted");
    expect_answer(rig, "SELECT count(*) FROM emails", "2");
    expect_answer(rig, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' AND state = 'active'", "0");
    talloc_free(rig->database);
}

static void test_run__session_ended_by_a_person(void **state)
{
    (void)state;
    struct rig *rig = rig_make(SCHEMA);
    assert_false(run(rig, "DELETE FROM emails;\nSELECT pg_terminate_backend(pg_backend_pid())", true));
    assert_int_equal(rig->err.code, ERROR_TAKEN_BACK);
    expect_part(rig->err.message, "db/2.sql:2:1: terminating connection due to administrator command");
    expect_part(rig->err.hint, "is aborted");
    expect_answer(rig, "SELECT count(*) FROM emails", "2");
    assert_true(run(rig, "DELETE FROM emails", true)); // on a new connection
    expect_answer(rig, "SELECT count(*) FROM emails", "0");
    assert_false(run(rig, "INSERT INTO emails VALUES (1, 'x');\nSELECT pg_terminate_backend(pg_backend_pid())", false));
    assert_int_equal(rig->err.code, ERROR_PARTIAL);
    talloc_free(rig->database);
}

// Stands between a client and the server, and cuts the first connection on which COMMIT is sent: before
// the server gets it, or before the client gets its answer.
struct proxy {
    int listener;
    int port;
    bool passes_commit;
    bool has_cut;
};
struct link {
    struct proxy *proxy;
    int client, server;
};

static bool pass(int from, int to, char *bytes, size_t size, ssize_t *n)
{
    *n = read(from, bytes, size);
    return *n > 0 && to >= 0 && write(to, bytes, (size_t)*n) == *n;
}

static void *link_serve(void *context)
{
    struct link *link = context;
    struct proxy *proxy = link->proxy;
    char bytes[65536];
    ssize_t n;
    bool goes_on = true;
    while (goes_on) {
        struct pollfd fds[] = {{.fd = link->client, .events = POLLIN}, {.fd = link->server, .events = POLLIN}};
        poll(fds, 2, -1);
        if (fds[0].revents) {
            n = recv(link->client, bytes, sizeof bytes, MSG_PEEK);
            bool is_commit = n > 0 && memmem(bytes, (size_t)n, "COMMIT", 7) != NULL && !proxy->has_cut;
            if (is_commit) {
                proxy->has_cut = true;
                if (proxy->passes_commit)
                    (void)!pass(link->client, link->server, bytes, sizeof bytes, &n);
                usleep(200000);
                break;
            }
            goes_on = pass(link->client, link->server, bytes, sizeof bytes, &n);
        }
        if (goes_on && fds[1].revents)
            goes_on = pass(link->server, link->client, bytes, sizeof bytes, &n);
    }
    close(link->client);
    close(link->server);
    free(link);
    return NULL;
}

static int connect_server(void)
{
    SCRATCH(tmp);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)strtol(postgres_port(tmp), NULL, 10))};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void *proxy_serve(void *context)
{
    struct proxy *proxy = context;
    int client;
    while ((client = accept(proxy->listener, NULL, NULL)) >= 0) {
        pthread_t thread;
        struct link *link = malloc(sizeof *link);
        *link = (struct link){proxy, client, connect_server()};
        assert_int_equal(pthread_create(&thread, NULL, link_serve, link), 0);
        pthread_detach(thread);
    }
    return NULL;
}

static pthread_t proxy_start(struct proxy *proxy)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    pthread_t thread;
    proxy->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(proxy->listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(proxy->listener, 8), 0);
    assert_int_equal(getsockname(proxy->listener, (struct sockaddr *)&address, &len), 0);
    proxy->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&thread, NULL, proxy_serve, proxy), 0);
    return thread;
}

static void test_run__answer_to_commit_is_lost(void **state)
{
    (void)state;
    for (int passes = 0; passes < 2; passes++) {
        SCRATCH(tmp);
        struct rig *rig = rig_make(SCHEMA);
        struct proxy proxy = {.passes_commit = passes};
        pthread_t thread = proxy_start(&proxy);
        const char *direct = rig->database->path;
        rig->database->path = mem_printf(rig->database, "postgresql://deployer@127.0.0.1:%d/%s?sslmode=disable",
                                         proxy.port, rig->database->folder);
        talloc_free(rig->engine);
        rig_open(rig);
        bool is_done = run(rig, "DELETE FROM emails", true);
        assert_true(proxy.has_cut);
        rig->database->path = mem_strdup(rig->database, direct);
        assert_int_equal(is_done, passes);
        if (passes) {
            assert_int_equal(rig->result.n_written, 1);
            assert_true(rig->result.transaction_end > rig->result.transaction);
            expect_part(rig->notes, "db/2.sql: the answer to COMMIT was lost; the server says that transaction ");
            expect_part(rig->notes, " is committed");
        } else {
            assert_int_equal(rig->err.code, ERROR_TAKEN_BACK);
            expect_part(rig->err.message, "while committing");
            expect_part(rig->err.hint, "is aborted");
        }
        expect_answer(rig, "SELECT count(*) FROM emails", passes ? "0" : "2");
        expect_answer(rig, "SELECT count(*) FROM record", passes ? "1" : "0");
        talloc_free(rig->engine);
        shutdown(proxy.listener, SHUT_RDWR);
        close(proxy.listener);
        pthread_join(thread, NULL);
        talloc_free(rig->database);
    }
}

static void test_run_watch_outcome__of_each_kind(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct rig *rig = rig_make(SCHEMA);
    struct run_watch watch = {.mem = tmp, .engine = rig->engine};
    assert_true(run_watch_open(&watch, &rig->err));
    PGconn *session = PQconnectdb(rig->database->path);
    static const struct {
        const char *end;
        bool is_commit_sent;
        enum run_outcome outcome;
    } cases[] = {
        {"COMMIT", true, OUTCOME_COMMITTED},
        {"ROLLBACK", true, OUTCOME_TAKEN_BACK},
        {"ROLLBACK", false, OUTCOME_TAKEN_BACK},
        // After a crash the number may have been given to somebody else.
        {"COMMIT", false, OUTCOME_TAKEN_BACK},
    };
    uint64_t last = 0;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        PQclear(PQexec(session, "BEGIN"));
        PGresult *result = PQexec(session, "SELECT pg_current_xact_id()");
        last = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
        PQclear(result);
        PQclear(PQexec(session, cases[i].end));
        assert_int_equal(run_watch_outcome(&watch, last, cases[i].is_commit_sent), cases[i].outcome);
    }
    assert_int_equal(run_watch_outcome(&watch, last + 1000000, true), OUTCOME_TAKEN_BACK);
    PQfinish(session);
    talloc_free(rig->database);
}

static void test_run__refuses_what_cannot_be_written(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct rig *rig = rig_make(SCHEMA);
    PQfinish(block(rig, mem_printf(tmp, "ALTER DATABASE %s SET default_transaction_read_only = on",
                                   rig->database->folder)));
    rig_open(rig);
    assert_false(run(rig, "DELETE FROM emails", true));
    assert_int_equal(rig->err.code, ERROR_INPUT);
    expect_part(rig->err.message, "default_transaction_read_only is on for role 'deployer'");
    talloc_free(rig->database);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run__applies_and_records),
        cmocka_unit_test(test_run__knows_its_transaction),
        cmocka_unit_test(test_run__the_files_own_block),
        cmocka_unit_test(test_run__isolation_is_the_files),
        cmocka_unit_test(test_run__settings_end_with_it),
        cmocka_unit_test(test_run__passes_notices_on),
        cmocka_unit_test(test_run__failures),
        cmocka_unit_test(test_run__names_an_invalid_index),
        cmocka_unit_test(test_run__says_who_holds_a_lock),
        cmocka_unit_test(test_run__names_the_root),
        cmocka_unit_test(test_run__names_a_prepared_transaction),
        cmocka_unit_test(test_run__begins_anew),
        cmocka_unit_test(test_run__deadlock),
        cmocka_unit_test(test_run__interrupted),
        cmocka_unit_test(test_run__session_ended_by_a_person),
        cmocka_unit_test(test_run__answer_to_commit_is_lost),
        cmocka_unit_test(test_run_watch_outcome__of_each_kind),
        cmocka_unit_test(test_run__refuses_what_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The contract of driver/probe.h, run on every implementation against real servers.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/process.h"
#include "driver/probe.h"
#include "http_server.h"

static const struct probe_driver *const drivers[] = {&probe_http,    &probe_version, &probe_tcp,
                                                     &probe_command, &probe_sql,     NULL};
static const struct engine_driver *const engines[] = {&engine_sqlite, NULL};

// A check as tminus.yaml writes it, asked of a server of http_server.py.
struct example {
    const char *check; // behind "name: x, "
    const char *at;    // the server
    enum probe_status status;
    const char *cause;
    const char *observed; // NULL: none
    const char *text;     // stands in the sentence
};

static const struct example examples[] = {
    // http
    {"http: 'http://{address}/health'", "http", PROBE_PASS, "answered", "status 200",
     "/health: status 200"},
    {"http: 'http://{address}/nothing'", "http", PROBE_FAIL, "answered", "status 404",
     "status 404, expected status 200 to 299"},
    {"http: 'http://{address}/status/503', expect: {status: 503}", "http", PROBE_PASS, "answered",
     "status 503", "status 503"},
    {"http: 'http://{address}/health', expect: {json: {status: ok, ready: true, none: null, "
     "'app.builds[1].id': 8}}",
     "http", PROBE_PASS, "answered", "8", "app.builds[1].id is 8"},
    {"http: 'http://{address}/health', expect: {json: {status: down}}", "http", PROBE_FAIL,
     "answered", "ok", "status is ok, expected down"},
    {"http: 'http://{address}/health', expect: {json: {'app.builds[2].id': 8}}", "http", PROBE_FAIL,
     "answered", NULL, "app.builds[2].id is not there, expected 8"},
    {"http: 'http://{address}/wrong', expect: {json: {status: ok}}", "http", PROBE_FAIL, "answered",
     NULL, "its answer is not valid JSON"},
    {"http: 'http://{address}/text', expect: {body: 1.0}", "http", PROBE_PASS, "answered", NULL,
     "'1.0' stands in its body"},
    {"http: 'http://{address}/text', expect: {body: 2.0}", "http", PROBE_FAIL, "answered", NULL,
     "'2.0' is not in its body"},
    {"http: 'http://{address}/header', expect: {header: {x-app-version: 1.0.0}}", "http",
     PROBE_PASS, "answered", "1.0.0", "x-app-version is 1.0.0"},
    {"http: 'http://{address}/header', expect: {header: {x-other: 1.0.0}}", "http", PROBE_FAIL,
     "answered", NULL, "x-other is not there"},
    {"http: 'http://{address}/redirect', expect: {json: {status: ok}}", "http", PROBE_PASS,
     "answered", "ok", "status is ok"},
    {"http: 'http://{address}/loop'", "http", PROBE_FAIL, "redirects", NULL,
     "redirects more than 5 times"},
    {"http: 'http://{address}/big'", "http", PROBE_UNKNOWN, "too_large", NULL,
     "larger than 1.0 MB"},
    {"http: 'http://{address}/slow', timeout: 400ms", "http", PROBE_FAIL, "timeout", NULL,
     "no whole answer within 400 ms"},
    {"http: 'http://{address}/', timeout: 400ms", "hang", PROBE_FAIL, "timeout", NULL,
     "no whole answer within 400 ms"},
    {"http: 'http://{address}/'", "closed", PROBE_FAIL, "refused", NULL, "nobody listens there"},
    {"http: 'http://{address}/'", "garbage", PROBE_FAIL, "malformed", NULL, "answers no HTTP"},
    {"http: 'https://{address}/health'", "tls", PROBE_FAIL, "tls", NULL, "TLS: "},
    {"http: 'https://{address}/health', ca: certificate.pem", "tls", PROBE_PASS, "answered",
     "status 200", "status 200"},
    {"http: 'http://nobody.invalid/'", "http", PROBE_UNKNOWN, "no_name", NULL, "(DNS)"},
    // version
    {"http: 'http://{address}/health', expect: {json: {version: '{version}'}}", "http", PROBE_PASS,
     "answered", "1.0.0", "version is 1.0.0"},
    {"http: 'http://{address}/health', expect: {json: {version: 'v{version}'}}", "http", PROBE_FAIL,
     "answered", "1.0.0", "version is 1.0.0, expected v1.0.0"},
    {"http: 'http://{address}/text', expect: {text: '{version}'}", "http", PROBE_PASS, "answered",
     "1.0.0", "its text is 1.0.0"},
    {"http: 'http://{address}/header', expect: {header: {X-App-Version: '{version}'}}", "http",
     PROBE_PASS, "answered", "1.0.0", "X-App-Version is 1.0.0"},
    {"http: 'http://{address}/health', expect: {status: 201, json: {version: '{version}'}}", "http",
     PROBE_FAIL, "answered", "1.0.0", "status 200, expected status 201"},
    {"http: 'http://{address}/wrong', expect: {json: {version: '{version}'}}", "http", PROBE_FAIL,
     "answered", NULL, "not valid JSON"},
    {"http: 'http://{address}/health', expect: {json: {version: '{version}'}}", "closed",
     PROBE_FAIL, "refused", NULL, "nobody listens there"},
    // tcp
    {"tcp: '{address}'", "hang", PROBE_PASS, "answered", "connected", "accepts connections"},
    {"tcp: '{address}'", "closed", PROBE_FAIL, "refused", NULL, "nobody listens there"},
    {"tcp: 'nobody.invalid:80'", "http", PROBE_UNKNOWN, "no_name", NULL, "(DNS)"},
    // command
    {"command: [echo, '{address}', '{version}']", "http", PROBE_PASS, "answered", NULL,
     "echo: exit status 0: 127.0.0.1:"},
    {"command: ['false']", "http", PROBE_FAIL, "answered", "exit status 1", "false: exit status 1"},
    {"command: ['false'], expect: {exit: 1}", "http", PROBE_PASS, "answered", "exit status 1", ""},
    {"command: [echo, ready], expect: {output: steady}", "http", PROBE_FAIL, "answered",
     "exit status 0: ready", "'steady' is not in its output"},
    {"command: ['echo a; exit 3'], shell: true, expect: {exit: 3, output: a}", "http", PROBE_PASS,
     "answered", "exit status 3: a", "x: exit status 3"},
    {"command: [sleep, '20'], timeout: 300ms", "http", PROBE_FAIL, "timeout", NULL,
     "sleep: did not end within 300 ms"},
    {"command: [no-such-program]", "http", PROBE_UNKNOWN, "not_run", NULL, "command not found"},
    // sql
    {"sql: 'SELECT count(*) FROM t', expect: 2", "http", PROBE_PASS, "answered", "2",
     "its query gives 2"},
    {"sql: 'SELECT count(*) FROM t', expect: {below: 2}", "http", PROBE_FAIL, "answered", "2",
     "its query gives 2, expected below 2"},
    {"sql: 'SELECT a FROM t WHERE a > 9', expect: 2", "http", PROBE_UNKNOWN, "answered", NULL,
     "its query gives no row"},
    {"sql: 'SELECT a FROM t', expect: 1", "http", PROBE_UNKNOWN, "answered", NULL,
     "its query gives more than one value"},
    {"sql: 'SELECT sum(a) FROM t WHERE a > 9', expect: 2", "http", PROBE_UNKNOWN, "answered", NULL,
     "its query gives NULL"},
    {"sql: \"SELECT 'two'\", expect: {below: 2}", "http", PROBE_UNKNOWN, "answered", "two",
     "its query gives two, expected below 2"},
    {"sql: 'DELETE FROM t', expect: 2", "http", PROBE_UNKNOWN, "not_allowed", NULL,
     "it deletes from t"},
};

static const struct config_health *read_check(TALLOC_CTX *mem, const char *check)
{
    struct error err = {0};
    struct config *config;
    http_server_write("tminus.yaml",
                      mem_printf(mem, "environments: {p: {health: [{name: x, %s}]}}\n", check));
    EXPECT_OK(
        config_read(mem, file_join(mem, http_server.folder, "tminus.yaml"), false, &config, &err));
    assert_int_equal(config->environments[0].n_health, 1);
    return &config->environments[0].health[0];
}

static void try(TALLOC_CTX *mem, const struct example *example, const struct secret *url)
{
    struct error err = {0};
    struct probe_answer answer = {0};
    const struct probe_request request = {
        .check = read_check(mem, example->check),
        .address = http_server_address(mem, example->at),
        .version = "1.0.0",
        .folder = http_server.folder,
        .url = url,
        .engines = engines,
        .wait = wait_make(mem),
    };
    int64_t started_ms = clock_monotonic_ms();
    EXPECT_OK(probe_ask(mem, drivers, &request, &answer, &err));
    if (answer.status != example->status || strcmp(answer.cause, example->cause) != 0 ||
        strstr(answer.text, example->text) == NULL)
        fail_msg("%s at %s: %s %s: %s", example->check, example->at,
                 probe_status_name(answer.status), answer.cause, answer.text);
    if (example->observed != NULL)
        assert_string_equal(answer.observed, example->observed);
    assert_non_null(answer.expected);
    assert_true(clock_monotonic_ms() - started_ms < 5000);
}

static struct secret *make_database(TALLOC_CTX *mem)
{
    struct error err = {0};
    struct process_result result;
    const char *path = file_join(mem, http_server.folder, "t.db");
    const char *const argv[] = {"sqlite3", path, "CREATE TABLE t(a); INSERT INTO t VALUES(1),(2)",
                                NULL};
    EXPECT_OK(process_run(mem, &(struct process_options){.argv = argv}, &result, &err));
    assert_int_equal(result.status, 0);
    return secret_make(mem, mem_printf(mem, "sqlite:%s", path));
}

static void test_probe_ask__examples(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct secret *url = make_database(tmp);
    for (size_t i = 0; i < COUNT_OF(examples); i++)
        try(tmp, &examples[i], url);
    const struct example gone = {
        "sql: 'SELECT 1', expect: 1", "http", PROBE_UNKNOWN, "not_allowed", NULL, "no such database file"};
    try(tmp, &gone, secret_make(tmp, "sqlite:/nowhere/x.db"));
    unlink(file_join(tmp, http_server.folder, "t.db"));
    unlink(file_join(tmp, http_server.folder, "tminus.yaml"));
}

static void test_probe_ask__without_address(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    struct probe_answer answer;
    const struct probe_request request = {.check = read_check(tmp, "tcp: '{address}'")};
    EXPECT_ERROR(probe_ask(tmp, drivers, &request, &answer, &err), ERROR_CONFIG,
                 "health check 'x': {address} has no value here");
    unlink(file_join(tmp, http_server.folder, "tminus.yaml"));
}

static bool cancel(void *context)
{
    int *ticks = context;
    return ++*ticks < 3;
}

// Whoever asks may be told to stop, whatever is asked.
static void test_probe_ask__is_interrupted(void **state)
{
    (void)state;
    static const char *const checks[] = {"http: 'http://{address}/'", "command: [sleep, '20']"};
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        SCRATCH(tmp);
        struct error err = {0};
        struct probe_answer answer;
        int ticks = 0;
        const struct probe_request request = {
            .check = read_check(tmp, checks[i]),
            .address = http_server_address(tmp, "hang"),
            .wait = wait_make(tmp),
        };
        wait_on_tick(request.wait, cancel, &ticks);
        assert_false(probe_ask(tmp, drivers, &request, &answer, &err));
        assert_int_equal(err.code, ERROR_INTERRUPTED);
        unlink(file_join(tmp, http_server.folder, "tminus.yaml"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_probe_ask__examples),
        cmocka_unit_test(test_probe_ask__without_address),
        cmocka_unit_test(test_probe_ask__is_interrupted),
    };
    return cmocka_run_group_tests(tests, http_server_start, http_server_stop);
}

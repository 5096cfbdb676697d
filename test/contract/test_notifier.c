/*
 * The contract of driver/notifier.h, run on every implementation against real files and servers.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/file.h"
#include "driver/notifier.h"
#include "http_server.h"
#include <sys/stat.h>

static const struct notifier_driver *const drivers[] = {&notifier_file, &notifier_webhook, NULL};

static const struct config_notify *read_channel(TALLOC_CTX *mem, const char *channel)
{
    struct error err = {0};
    struct config *config;
    http_server_write("tminus.yaml",
                      mem_printf(mem, "environments: {p: {notify: [{%s}]}}\n", channel));
    EXPECT_OK(
        config_read(mem, file_join(mem, http_server.folder, "tminus.yaml"), false, &config, &err));
    unlink(file_join(mem, http_server.folder, "tminus.yaml"));
    assert_int_equal(config->environments[0].n_notify, 1);
    return &config->environments[0].notify[0];
}

static bool send(TALLOC_CTX *mem, const char *channel, struct wait *wait,
                 struct notifier_answer *out, struct error *err)
{
    json_t *message = json_keep(mem, json_object());
    json_put_text(message, "text", "deploy \"1.4\" holds\nlook");
    const struct notifier_request request = {.channel = read_channel(mem, channel),
                                             .folder = http_server.folder,
                                             .message = message,
                                             .wait = wait};
    return notifier_send(mem, drivers, &request, out, err);
}

struct example {
    const char *channel; // %s: the server's address
    const char *at;      // the server
    bool is_delivered;
    int attempts;
    const char *text; // stands in the sentence; %s: the address
};

static const struct example examples[] = {
    {"kind: file, path: calls", "http", true, 1, "/calls: written"},
    {"kind: file, path: nowhere/calls", "http", false, 1, "nowhere/calls: No such file"},
    {"kind: file, path: .", "http", false, 1, "Is a directory"},
    {"kind: file, path: /dev/full", "http", false, 1, "No space left on device"},
    {"kind: file, path: pipe", "http", false, 1, "No such device or address"}, // nobody reads it
    {"kind: webhook, url: 'http://%s/status/200'", "http", true, 1, "status 200"},
    {"kind: webhook, url: 'http://%s/status/204'", "http", true, 1, "status 204"},
    {"kind: webhook, url: 'http://%s/big'", "http", true, 1, "status 200"},
    {"kind: webhook, url: 'http://%s/recovering'", "http", true, 3, "status 204"},
    {"kind: webhook, url: 'http://%s/status/404'", "http", false, 1, "status 404"},
    {"kind: webhook, url: 'http://%s/redirect'", "http", false, 1, "status 302"},
    {"kind: webhook, url: 'http://%s/status/429'", "http", false, 3, "status 429"},
    {"kind: webhook, url: 'http://%s/key', timeout: 300ms", "hang", false, 3,
     "/****: no whole answer within 300 ms"},
    {"kind: webhook, url: 'http://%s/key'", "closed", false, 3, "/****: refused: nobody"},
    {"kind: webhook, url: 'http://%s/key'", "garbage", false, 1, "/****: answers no HTTP"},
    {"kind: webhook, url: 'https://%s/key'", "tls", false, 1, "/****: TLS: "},
    {"kind: webhook, url: 'https://%s/status/200', ca: certificate.pem", "tls", true, 1,
     "status 200"},
    {"kind: webhook, url: 'http://%s:x/key'", "http", false, 1, "/****: "},
    {"kind: slack, webhook: 'http://%s/key'", "http", false, 0,
     "sends nothing to a channel of kind slack"},
};

static void try(TALLOC_CTX *mem, const struct example *example)
{
    struct error err = {0};
    struct notifier_answer answer;
    const char *address = http_server_address(mem, example->at);
    const char *at = strstr(example->channel, "%s");
    const char *channel = at == NULL ? example->channel
                                     : mem_printf(mem, "%.*s%s%s", (int)(at - example->channel),
                                                  example->channel, address, at + 2);
    EXPECT_OK(send(mem, channel, wait_make(mem), &answer, &err));
    if (answer.is_delivered != example->is_delivered || answer.attempts != example->attempts ||
        strstr(answer.text, example->text) == NULL)
        fail_msg("%s: %s, %lld attempts: %s", channel, answer.is_delivered ? "delivered" : "not",
                 (long long)answer.attempts, answer.text);
    // The key in a path is nobody's business.
    assert_null(strstr(answer.text, "/key"));
    assert_null(strstr(answer.channel, "/status"));
}

static void test_notifier_send__examples(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const char *pipe = file_join(tmp, http_server.folder, "pipe");
    assert_int_equal(mkfifo(pipe, 0600), 0);
    for (size_t i = 0; i < COUNT_OF(examples); i++)
        try(tmp, &examples[i]);
    unlink(pipe);
    unlink(file_join(tmp, http_server.folder, "calls"));
}

// What arrives is the message, whole, and so are two.
static void test_notifier_send__arrives(void **state)
{
    (void)state;
    SCRATCH(tmp);
    static const char line[] = "{\"text\":\"deploy \\\"1.4\\\" holds\\nlook\"}\n";
    struct error err = {0};
    struct notifier_answer answer;
    char *text;
    size_t len;
    const char *file = file_join(tmp, http_server.folder, "calls");
    EXPECT_OK(send(tmp, "kind: file, path: calls", wait_make(tmp), &answer, &err));
    EXPECT_OK(send(tmp, "kind: file, path: calls", wait_make(tmp), &answer, &err));
    EXPECT_OK(file_read(tmp, file, 10000, &text, &len, &err));
    assert_string_equal(text, mem_printf(tmp, "%s%s", line, line));
    unlink(file);

    const char *requests = file_join(tmp, http_server.folder, "requests");
    unlink(requests);
    const char *channel = mem_printf(tmp, "kind: webhook, url: 'http://%s/status/200?token=hush'",
                                     http_server_address(tmp, "http"));
    EXPECT_OK(send(tmp, channel, wait_make(tmp), &answer, &err));
    EXPECT_OK(file_read(tmp, requests, 10000, &text, &len, &err));
    assert_string_equal(text, mem_printf(tmp, "POST /status/200?token=hush %s", line));
}

static bool cancel(void *context)
{
    int *ticks = context;
    return ++*ticks < 3;
}

// Within an attempt, and between two.
static void test_notifier_send__is_interrupted(void **state)
{
    (void)state;
    static const char *const servers[] = {"hang", "closed"};
    for (size_t i = 0; i < COUNT_OF(servers); i++) {
        SCRATCH(tmp);
        struct error err = {0};
        struct notifier_answer answer;
        int ticks = 0;
        struct wait *wait = wait_make(tmp);
        wait_on_tick(wait, cancel, &ticks);
        const char *channel = mem_printf(tmp, "kind: webhook, url: 'http://%s/'",
                                         http_server_address(tmp, servers[i]));
        assert_false(send(tmp, channel, wait, &answer, &err));
        assert_int_equal(err.code, ERROR_INTERRUPTED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_notifier_send__examples),
        cmocka_unit_test(test_notifier_send__arrives),
        cmocka_unit_test(test_notifier_send__is_interrupted),
    };
    return cmocka_run_group_tests(tests, http_server_start, http_server_stop);
}

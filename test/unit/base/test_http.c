/*
 * HTTP: answers, and each way in which none comes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/http.h"
#include "http_server.h"
#include <jansson.h>

static struct http_response ask(TALLOC_CTX *mem, const char *port, const char *path,
                                struct http_request request)
{
    struct error err = {0};
    struct http_response response;
    const char *scheme = strcmp(port, "tls") == 0 ? "https" : "http";
    request.url = secret_make(
        mem, mem_printf(mem, "%s://%s%s", scheme, http_server_address(mem, port), path));
    request.wait = wait_make(mem);
    request.is_direct = true;
    EXPECT_OK(http_ask(mem, &request, &response, &err));
    return response;
}

static const struct http_request get = {.method = "GET", .timeout_ms = 5000};

static void test_http_ask__answers(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct http_response response = ask(tmp, "http", "/text", get);
    assert_int_equal(response.outcome, HTTP_ANSWERED);
    assert_null(response.why);
    assert_int_equal(response.status, 200);
    assert_string_equal(response.body, "1.0.0\n");
    assert_int_equal(response.body_len, 6);
    assert_string_equal(http_header_value(&response, "content-type"), "text/plain");
    assert_null(http_header_value(&response, "content"));
    assert_string_equal(response.address, "127.0.0.1");
    response = ask(tmp, "http", "/status/503", get);
    assert_int_equal(response.outcome, HTTP_ANSWERED);
    assert_int_equal(response.status, 503);
}

static void test_http_ask__sends(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const struct http_header headers[] = {
        {.name = "Content-Type", .value = "application/json"},
        {.name = "Authorization", .secret = secret_make(tmp, "Bearer hush")}};
    const struct http_request request = {
        .method = "PATCH", .headers = headers, .n_headers = 2, .body = "{}", .body_len = 2};
    struct http_response response = ask(tmp, "http", "/echo", request);
    json_t *echo = json_loads(response.body, 0, NULL);
    const json_t *seen = json_object_get(echo, "headers");
    assert_string_equal(json_string_value(json_object_get(echo, "method")), "PATCH");
    assert_string_equal(json_string_value(json_object_get(echo, "body")), "{}");
    assert_string_equal(json_string_value(json_object_get(seen, "content-type")),
                        "application/json");
    assert_string_equal(json_string_value(json_object_get(seen, "authorization")), "Bearer hush");
    json_decref(echo);
}

// A header that could make two of one is refused, and no secret is told.
static void test_http_ask__refuses_headers_and_urls(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    struct http_response response;
    const struct http_header broken = {.name = "Authorization",
                                       .secret = secret_make(tmp, "a\r\nX-Evil: 1")};
    struct http_request request = get;
    request.url = secret_make(tmp, "http://u:hush@127.0.0.1:1/");
    request.headers = &broken;
    request.n_headers = 1;
    EXPECT_ERROR(http_ask(tmp, &request, &response, &err), ERROR_INPUT,
                 "http://u:****@127.0.0.1:1/: a header has a line break in it");
    request = get;
    request.url = secret_make(tmp, "file:///etc/passwd");
    EXPECT_ERROR(http_ask(tmp, &request, &response, &err), ERROR_INPUT,
                 "file:///etc/passwd: not an address as http://HOST/… or https://HOST/…");
}

static void test_http_ask__redirects(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct http_request request = get;
    assert_int_equal(ask(tmp, "http", "/redirect", request).status, 302);
    request.redirects = 3;
    struct http_response response = ask(tmp, "http", "/redirect", request);
    assert_int_equal(response.status, 200);
    assert_int_equal(response.redirects, 1);
    response = ask(tmp, "http", "/loop", request);
    assert_int_equal(response.outcome, HTTP_REDIRECTS);
    assert_string_equal(response.why, mem_printf(tmp, "http://%s/loop: redirects more than 3 times",
                                                 http_server_address(tmp, "http")));
    // A secret is not carried elsewhere.
    const struct http_header secret = {.name = "X-Key", .secret = secret_make(tmp, "hush")};
    request.headers = &secret;
    request.n_headers = 1;
    assert_int_equal(ask(tmp, "http", "/redirect", request).status, 302);
}

static void test_http_ask__no_answer(void **state)
{
    (void)state;
    SCRATCH(tmp);
    static const struct {
        const char *port, *path;
        enum http_outcome outcome;
        const char *why;
    } cases[] = {
        {"closed", "/", HTTP_REFUSED, "refused: nobody listens there"},
        {"hang", "/", HTTP_TIMEOUT, "no whole answer within 400 ms"},
        {"http", "/slow", HTTP_TIMEOUT, "no whole answer within 400 ms"},
        {"http", "/big", HTTP_TOO_LARGE, "its answer is larger than 1.0 MB"},
        {"http", "/cut", HTTP_UNREACHABLE, "cannot be reached: "},
        {"garbage", "/", HTTP_MALFORMED, "answers no HTTP: "},
        {"tls", "/health", HTTP_TLS, "TLS: "},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t started_ms = clock_monotonic_ms();
        struct http_request request = {.method = "GET", .timeout_ms = 400};
        if (cases[i].outcome != HTTP_TIMEOUT)
            request.timeout_ms = 5000;
        struct http_response response = ask(tmp, cases[i].port, cases[i].path, request);
        if (response.outcome != cases[i].outcome)
            fail_msg("%s %s: %s: %s", cases[i].port, cases[i].path,
                     http_outcome_name(response.outcome), response.why);
        assert_non_null(strstr(response.why, cases[i].why));
        assert_true(clock_monotonic_ms() - started_ms < 4000);
    }
    struct http_request request = get;
    struct http_response response;
    struct error err = {0};
    request.url = secret_make(tmp, "http://nobody.invalid/");
    request.is_direct = true;
    EXPECT_OK(http_ask(tmp, &request, &response, &err));
    assert_int_equal(response.outcome, HTTP_NO_NAME);
    assert_string_equal(response.why, "http://nobody.invalid/: its host has no address (DNS)");
}

static void test_http_ask__certificates(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct http_request request = get;
    request.ca = file_join(tmp, http_server.folder, "certificate.pem");
    assert_int_equal(ask(tmp, "tls", "/health", request).status, 200);
    // Another name than the certificate's, at the same place.
    struct error err = {0};
    struct http_response response;
    request.url = secret_make(tmp, mem_printf(tmp, "https://elsewhere.invalid:%s/",
                                              http_server_address(tmp, "tls") + 10));
    request.address = "127.0.0.1";
    request.is_direct = true;
    EXPECT_OK(http_ask(tmp, &request, &response, &err));
    assert_int_equal(response.outcome, HTTP_TLS);
}

static void test_http_ask__connects_alone(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const struct http_request request = {.timeout_ms = 2000};
    assert_int_equal(ask(tmp, "hang", "", request).outcome, HTTP_ANSWERED);
    assert_int_equal(ask(tmp, "closed", "", request).outcome, HTTP_REFUSED);
}

static bool cancel(void *context)
{
    int *ticks = context;
    return ++*ticks < 3;
}

static void test_http_ask__is_interrupted(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    struct http_response response;
    int ticks = 0;
    struct http_request request = get;
    request.wait = wait_make(tmp);
    request.url = secret_make(tmp, mem_printf(tmp, "http://%s/", http_server_address(tmp, "hang")));
    wait_on_tick(request.wait, cancel, &ticks);
    assert_false(http_ask(tmp, &request, &response, &err));
    assert_int_equal(err.code, ERROR_INTERRUPTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_ask__answers),
        cmocka_unit_test(test_http_ask__sends),
        cmocka_unit_test(test_http_ask__refuses_headers_and_urls),
        cmocka_unit_test(test_http_ask__redirects),
        cmocka_unit_test(test_http_ask__no_answer),
        cmocka_unit_test(test_http_ask__certificates),
        cmocka_unit_test(test_http_ask__connects_alone),
        cmocka_unit_test(test_http_ask__is_interrupted),
    };
    return cmocka_run_group_tests(tests, http_server_start, http_server_stop);
}

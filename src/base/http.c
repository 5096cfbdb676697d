/*
 * HTTP: libcurl's multi interface, its sockets and its clock served by our poll loop.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/http.h"
#include "base/clock.h"
#include "base/http_library.h"
#include "base/quantity.h"
#include "base/text.h"
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <string.h>

#define HEADERS_MAX ((size_t)256 * 1024) // of one answer, all redirects together

struct watched { // a socket of the library's
    struct watched *next;
    curl_socket_t fd;
    struct wait_source *source;
};

struct exchange {
    const struct http_request *request;
    struct wait *wait;
    struct http_response *response; // with what came so far
    TALLOC_CTX *mem;                // of the response
    size_t body_room;
    size_t headers_len;
    bool is_too_large;
    CURL *easy;
    CURLM *multi;
    struct curl_slist *headers;
    struct curl_slist *connect_to;
    struct watched *watched;
    char cause[CURL_ERROR_SIZE];
    int64_t due_ms; // when the library wants to be called (monotonic); -1: not by itself
    bool is_moved;  // a socket had something
    CURLcode code;
};

static void forget_socket(struct watched *watched)
{
    TALLOC_FREE(watched->source);
}

static int close_exchange(struct exchange *exchange)
{
    if (exchange->multi != NULL && exchange->easy != NULL)
        curl_multi_remove_handle(exchange->multi, exchange->easy);
    if (exchange->easy != NULL)
        curl_easy_cleanup(exchange->easy);
    if (exchange->multi != NULL)
        curl_multi_cleanup(exchange->multi);
    curl_slist_free_all(exchange->headers);
    curl_slist_free_all(exchange->connect_to);
    for (struct watched *watched = exchange->watched; watched != NULL; watched = watched->next)
        forget_socket(watched);
    return 0;
}

// --- what the library calls

static void turn_library(struct exchange *exchange, curl_socket_t fd, int events)
{
    int running;
    curl_multi_socket_action(exchange->multi, fd, events, &running);
}

static void socket_ready(void *context, int fd, short events)
{
    struct exchange *exchange = context;
    int happened = (events & POLLIN ? CURL_CSELECT_IN : 0) |
                   (events & POLLOUT ? CURL_CSELECT_OUT : 0) |
                   (events & (POLLERR | POLLHUP) ? CURL_CSELECT_ERR : 0);
    turn_library(exchange, fd, happened);
    exchange->is_moved = true;
}

static struct watched *find_socket(struct exchange *exchange, curl_socket_t fd)
{
    struct watched *watched = exchange->watched;
    while (watched != NULL && watched->fd != fd)
        watched = watched->next;
    if (watched != NULL)
        return watched;
    watched = mem_new(exchange, struct watched);
    *watched = (struct watched){.next = exchange->watched, .fd = fd};
    return exchange->watched = watched;
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *unused)
{
    struct exchange *exchange = context;
    (void)easy;
    (void)unused;
    struct watched *watched = find_socket(exchange, fd);
    int events = (what & CURL_POLL_IN ? POLLIN : 0) | (what & CURL_POLL_OUT ? POLLOUT : 0);
    forget_socket(watched);
    if (what != CURL_POLL_REMOVE && events != 0)
        watched->source = wait_add(exchange->wait, fd, (short)events, socket_ready, exchange);
    return 0;
}

static int set_clock(CURLM *multi, long timeout_ms, void *context)
{
    struct exchange *exchange = context;
    (void)multi;
    exchange->due_ms = timeout_ms < 0 ? -1 : clock_monotonic_ms() + timeout_ms;
    exchange->is_moved = true;
    return 0;
}

static size_t take_body(char *bytes, size_t size, size_t n, void *context)
{
    struct exchange *exchange = context;
    struct http_response *response = exchange->response;
    size_t max = exchange->request->body_max == 0 ? HTTP_BODY_MAX : exchange->request->body_max;
    size_t len = size * n;
    if (len > max - response->body_len) {
        exchange->is_too_large = true;
        return 0;
    }
    if (response->body_len + len + 1 > exchange->body_room) {
        exchange->body_room = (response->body_len + len + 1) * 2;
        response->body =
            mem_checked(talloc_realloc_size(exchange->mem, response->body, exchange->body_room));
    }
    memcpy(response->body + response->body_len, bytes, len);
    response->body_len += len;
    response->body[response->body_len] = '\0';
    return len;
}

// "Name: value\r\n"; a line of status begins the headers of another answer.
static size_t take_header(char *bytes, size_t size, size_t n, void *context)
{
    struct exchange *exchange = context;
    struct http_response *response = exchange->response;
    size_t len = size * n;
    exchange->headers_len += len;
    if (exchange->headers_len > HEADERS_MAX) {
        exchange->is_too_large = true;
        return 0;
    }
    const char *colon = memchr(bytes, ':', len);
    if (len > 5 && memcmp(bytes, "HTTP/", 5) == 0)
        response->n_headers = 0;
    if (colon == NULL || (len > 5 && memcmp(bytes, "HTTP/", 5) == 0))
        return len;
    const char *value = colon + 1, *end = bytes + len;
    while (value < end && isspace((unsigned char)*value))
        value++;
    while (end > value && isspace((unsigned char)end[-1]))
        end--;
    *mem_append(exchange->mem, response->headers, response->n_headers) =
        (struct http_header){.name = mem_strndup(exchange->mem, bytes, (size_t)(colon - bytes)),
                             .value = mem_strndup(exchange->mem, value, (size_t)(end - value))};
    return len;
}

// --- what the library is told

static bool add_headers(struct exchange *exchange, bool *are_secret)
{
    SCRATCH(tmp);
    const struct http_request *request = exchange->request;
    // A server that is asked for its leave to send a body only costs time.
    exchange->headers = curl_slist_append(NULL, "Expect:");
    for (size_t i = 0; i < request->n_headers; i++) {
        const struct http_header *header = &request->headers[i];
        const char *value = header->secret == NULL ? header->value : secret_reveal(header->secret);
        *are_secret |= header->secret != NULL;
        if (strpbrk(header->name, "\r\n:") != NULL || strpbrk(value, "\r\n") != NULL)
            return false;
        exchange->headers =
            curl_slist_append(exchange->headers, mem_printf(tmp, "%s: %s", header->name, value));
    }
    return true;
}

static void set_body(struct exchange *exchange)
{
    const struct http_request *request = exchange->request;
    if (request->method == NULL) {
        curl_easy_setopt(exchange->easy, CURLOPT_CONNECT_ONLY, 1L);
        return;
    }
    if (request->body != NULL) {
        curl_easy_setopt(exchange->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)request->body_len);
        curl_easy_setopt(exchange->easy, CURLOPT_POSTFIELDS, request->body);
    }
    if (strcmp(request->method, "HEAD") == 0)
        curl_easy_setopt(exchange->easy, CURLOPT_NOBODY, 1L);
    else
        curl_easy_setopt(exchange->easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static void set_bounds(struct exchange *exchange, bool has_secrets)
{
    const struct http_request *request = exchange->request;
    CURL *easy = exchange->easy;
    int64_t timeout_ms = request->timeout_ms == 0 ? HTTP_TIMEOUT_MS : request->timeout_ms;
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION,
                     request->redirects > 0 && !has_secrets ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)request->redirects);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (request->ca != NULL)
        curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca);
    if (request->is_direct)
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
}

static void set_callbacks(struct exchange *exchange)
{
    CURL *easy = exchange->easy;
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->cause);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
    curl_multi_setopt(exchange->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(exchange->multi, CURLMOPT_SOCKETDATA, exchange);
    curl_multi_setopt(exchange->multi, CURLMOPT_TIMERFUNCTION, set_clock);
    curl_multi_setopt(exchange->multi, CURLMOPT_TIMERDATA, exchange);
}

static bool refuse_url(const struct http_request *request, const char *why, struct error *err)
{
    SCRATCH(tmp);
    return error_set(err, ERROR_INPUT, "%s: %s", secret_mask(tmp, request->url), why);
}

static bool begin(struct exchange *exchange, struct error *err)
{
    SCRATCH(tmp);
    const struct http_request *request = exchange->request;
    const char *url = secret_reveal(request->url);
    bool has_secrets = false;
    if (!text_starts_with(url, "http://") && !text_starts_with(url, "https://"))
        return refuse_url(request, "not an address as http://HOST/… or https://HOST/…", err);
    exchange->easy = curl_easy_init();
    exchange->multi = curl_multi_init();
    if (exchange->easy == NULL || exchange->multi == NULL)
        return error_set(err, ERROR_SYSTEM, "the library for HTTP cannot begin a request");
    if (!add_headers(exchange, &has_secrets))
        return refuse_url(request, "a header has a line break in it", err);
    curl_easy_setopt(exchange->easy, CURLOPT_URL, url);
    curl_easy_setopt(exchange->easy, CURLOPT_USERAGENT, "tminus/" TMINUS_VERSION);
    if (request->address != NULL) {
        bool is_six = strchr(request->address, ':') != NULL; // an IPv6 address
        const char *connect_to = is_six ? mem_printf(tmp, "::[%s]:", request->address)
                                        : mem_printf(tmp, "::%s:", request->address);
        exchange->connect_to = curl_slist_append(NULL, connect_to);
        curl_easy_setopt(exchange->easy, CURLOPT_CONNECT_TO, exchange->connect_to);
    }
    set_callbacks(exchange);
    set_bounds(exchange, has_secrets);
    set_body(exchange);
    curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, exchange->headers);
    if (curl_multi_add_handle(exchange->multi, exchange->easy) != CURLM_OK)
        return error_set(err, ERROR_SYSTEM, "the library for HTTP cannot begin a request");
    return true;
}

// --- waiting, and what came of it

static bool has_ended(struct exchange *exchange)
{
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(exchange->multi, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            exchange->code = message->data.result;
            return true;
        }
    }
    return false;
}

// The library counts its own deadline; ours is its clock.
static bool await_end(struct exchange *exchange, struct error *err)
{
    while (!has_ended(exchange)) {
        struct error cause = {0};
        int64_t now_ms = clock_monotonic_ms();
        if (exchange->due_ms >= 0 && exchange->due_ms <= now_ms) {
            exchange->due_ms = -1;
            turn_library(exchange, CURL_SOCKET_TIMEOUT, 0);
            continue;
        }
        exchange->is_moved = false;
        int64_t until_ms = exchange->due_ms < 0 ? 0 : exchange->due_ms;
        if (!wait_until(exchange->wait, &exchange->is_moved, until_ms, &cause) &&
            cause.code != ERROR_UNREACHABLE) {
            *err = cause;
            return false;
        }
    }
    return true;
}

static enum http_outcome outcome_of(struct exchange *exchange)
{
    long os_error = 0;
    if (exchange->is_too_large)
        return HTTP_TOO_LARGE;
    if (exchange->code == CURLE_COULDNT_CONNECT)
        curl_easy_getinfo(exchange->easy, CURLINFO_OS_ERRNO, &os_error);
    switch ((int)exchange->code) {
    case CURLE_OK: return HTTP_ANSWERED;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return HTTP_NO_NAME;
    case CURLE_COULDNT_CONNECT: return os_error == ECONNREFUSED ? HTTP_REFUSED : HTTP_UNREACHABLE;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING: return HTTP_UNREACHABLE;
    case CURLE_OPERATION_TIMEDOUT: return HTTP_TIMEOUT;
    case CURLE_TOO_MANY_REDIRECTS: return HTTP_REDIRECTS;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: return HTTP_TLS;
    default: return HTTP_MALFORMED;
    }
}

static const char *why_not(const struct exchange *exchange, enum http_outcome outcome)
{
    SCRATCH(tmp);
    const struct http_request *request = exchange->request;
    const char *url = secret_mask(tmp, request->url);
    const char *cause = exchange->cause[0] ? exchange->cause : curl_easy_strerror(exchange->code);
    int64_t timeout_ms = request->timeout_ms == 0 ? HTTP_TIMEOUT_MS : request->timeout_ms;
    size_t max = request->body_max == 0 ? HTTP_BODY_MAX : request->body_max;
    const char *what = "";
    switch (outcome) {
    case HTTP_NO_NAME: what = "its host has no address (DNS)"; break;
    case HTTP_REFUSED: what = "refused: nobody listens there"; break;
    case HTTP_UNREACHABLE: what = mem_printf(tmp, "cannot be reached: %s", cause); break;
    case HTTP_TLS: what = mem_printf(tmp, "TLS: %s", cause); break;
    case HTTP_TIMEOUT:
        what = mem_printf(tmp, "no whole answer within %s", quantity_duration(tmp, timeout_ms));
        break;
    case HTTP_TOO_LARGE:
        what = mem_printf(tmp, "its answer is larger than %s", quantity_size(tmp, (int64_t)max));
        break;
    case HTTP_REDIRECTS:
        what = mem_printf(tmp, "redirects more than %lld times", (long long)request->redirects);
        break;
    case HTTP_MALFORMED: what = mem_printf(tmp, "answers no HTTP: %s", cause); break;
    case HTTP_ANSWERED:
    case HTTP_OUTCOME_COUNT: return NULL;
    }
    return mem_printf(exchange->mem, "%s: %s", url, what);
}

static void conclude(struct exchange *exchange)
{
    struct http_response *response = exchange->response;
    long status = 0, redirects = 0;
    char *address = NULL;
    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(exchange->easy, CURLINFO_REDIRECT_COUNT, &redirects);
    curl_easy_getinfo(exchange->easy, CURLINFO_PRIMARY_IP, &address);
    response->status = (int)status;
    response->redirects = redirects;
    response->address =
        address == NULL || *address == '\0' ? NULL : mem_strdup(exchange->mem, address);
    response->outcome = outcome_of(exchange);
    response->why = why_not(exchange, response->outcome);
}

bool http_ask(TALLOC_CTX *mem, const struct http_request *request, struct http_response *out,
              struct error *err)
{
    SCRATCH(tmp);
    int64_t started_ms = clock_monotonic_ms();
    struct http_response response = {.body = mem_strdup(mem, "")};
    TRY(http_library_load(err));
    struct exchange *exchange = mem_new(tmp, struct exchange);
    *exchange = (struct exchange){
        .request = request, .response = &response, .mem = mem, .body_room = 1, .due_ms = -1};
    exchange->wait = request->wait != NULL ? request->wait : wait_make(exchange);
    talloc_set_destructor(exchange, close_exchange);
    TRY(begin(exchange, err));
    TRY(await_end(exchange, err));
    if (exchange->code == CURLE_URL_MALFORMAT && response.n_headers == 0)
        return refuse_url(request, exchange->cause, err);
    conclude(exchange);
    response.took_ms = clock_monotonic_ms() - started_ms;
    *out = response;
    return true;
}

const char *http_outcome_name(enum http_outcome outcome)
{
    static const char *const names[HTTP_OUTCOME_COUNT] = {
        [HTTP_ANSWERED] = "answered",
        [HTTP_NO_NAME] = "no_name",
        [HTTP_REFUSED] = "refused",
        [HTTP_UNREACHABLE] = "unreachable",
        [HTTP_TLS] = "tls",
        [HTTP_TIMEOUT] = "timeout",
        [HTTP_TOO_LARGE] = "too_large",
        [HTTP_REDIRECTS] = "redirects",
        [HTTP_MALFORMED] = "malformed",
    };
    return names[outcome];
}

const char *http_header_value(const struct http_response *response, const char *name)
{
    for (size_t i = response->n_headers; i-- > 0;)
        if (text_equal_nocase(response->headers[i].name, name))
            return response->headers[i].value;
    return NULL;
}

/*
 * Probes over HTTP: status, headers, members of JSON, text; and which version answers.
 *
 * A check that expects no status wants one from 200 to 299.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/http.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "driver/probe.h"
#include "driver/probe/json_path.h"

#define SHOWN 120 // columns of what came, in a sentence

struct asking {
    TALLOC_CTX *mem;
    const struct probe_request *request;
    const char *url; // as it is shown
    struct http_response response;
    const json_t *document; // NULL: the answer is no JSON
    struct probe_answer *out;
};

static bool conclude(const struct asking *asking, enum probe_status status, const char *expected,
                     const char *observed, const char *text)
{
    *asking->out = (struct probe_answer){
        .status = status,
        .cause = http_outcome_name(asking->response.outcome),
        .expected = mem_strdup(asking->mem, expected),
        .observed = mem_strdup(asking->mem, observed),
        .text = mem_strdup(asking->mem, text),
    };
    return true;
}

// --- the question

static bool make_headers(TALLOC_CTX *mem, const struct config_health *check,
                         struct http_request *request)
{
    struct http_header *headers = mem_array(mem, struct http_header, check->n_headers + 1);
    for (size_t i = 0; i < check->n_headers; i++)
        headers[i] = (struct http_header){.name = check->headers[i].name,
                                          .secret = check->headers[i].secret};
    request->headers = headers;
    request->n_headers = check->n_headers;
    return true;
}

static bool ask(struct asking *asking, struct error *err)
{
    SCRATCH(tmp);
    const struct config_health *check = asking->request->check;
    const char *url;
    TRY(probe_fill(tmp, asking->request, check->http, &url, err));
    struct http_request request = {
        .method = "GET",
        .url = secret_make(tmp, url),
        .timeout_ms = check->timeout_ms,
        .body_max = PROBE_BODY_MAX,
        .redirects = HTTP_REDIRECTS_MAX,
        .ca = check->ca == NULL || check->ca[0] == '/' || asking->request->folder == NULL
                  ? check->ca
                  : file_join(tmp, asking->request->folder, check->ca),
        .is_direct = true, // a proxy's answer is not the slot's
        .wait = asking->request->wait,
    };
    make_headers(tmp, check, &request);
    asking->url = secret_mask(asking->mem, request.url);
    return http_ask(asking->mem, &request, &asking->response, err);
}

// Who does not serve fails its check; a name without address and what is too large to be looked at
// say nothing about it.
static bool judge_silence(const struct asking *asking)
{
    enum http_outcome outcome = asking->response.outcome;
    bool is_unknown = outcome == HTTP_NO_NAME || outcome == HTTP_TOO_LARGE;
    return conclude(asking, is_unknown ? PROBE_UNKNOWN : PROBE_FAIL, "an answer", NULL,
                    asking->response.why);
}

// --- the answer

static bool judge_status(const struct asking *asking)
{
    SCRATCH(tmp);
    int64_t wanted = asking->request->check->status;
    int64_t status = asking->response.status;
    const char *expected =
        wanted == 0 ? "status 200 to 299" : mem_printf(tmp, "status %lld", (long long)wanted);
    const char *observed = mem_printf(tmp, "status %lld", (long long)status);
    bool is_right = wanted == 0 ? status >= 200 && status < 300 : status == wanted;
    conclude(asking, is_right ? PROBE_PASS : PROBE_FAIL, expected, observed,
             mem_printf(tmp, "%s: %s%s%s", asking->url, observed, is_right ? "" : ", expected ",
                        is_right ? "" : expected));
    return is_right;
}

// One value beside what it must be. `found` NULL: it is not there.
static bool judge_value(const struct asking *asking, const char *what, const char *found,
                        const char *wanted, struct error *err)
{
    SCRATCH(tmp);
    const char *expected;
    TRY(probe_fill(tmp, asking->request, wanted, &expected, err));
    if (found != NULL && strcmp(found, expected) == 0)
        return conclude(asking, PROBE_PASS, mem_printf(tmp, "%s %s", what, expected), found,
                        mem_printf(tmp, "%s: %s is %s", asking->url, what, found));
    const char *wrong = found == NULL ? mem_printf(tmp, "%s is not there", what)
                                      : mem_printf(tmp, "%s is %s", what,
                                                   text_shorten(tmp, found, strlen(found), SHOWN));
    return conclude(asking, PROBE_FAIL, mem_printf(tmp, "%s %s", what, expected), found,
                    mem_printf(tmp, "%s: %s, expected %s", asking->url, wrong, expected));
}

static bool judge_json(const struct asking *asking, const struct config_member *member,
                       struct error *err)
{
    SCRATCH(tmp);
    if (asking->document == NULL)
        return conclude(asking, PROBE_FAIL, "JSON", NULL,
                        mem_printf(tmp, "%s: its answer is not valid JSON", asking->url));
    const json_t *value = json_path_find(asking->document, member->name);
    return judge_value(asking, member->name, value == NULL ? NULL : json_path_text(tmp, value),
                       member->value, err);
}

static bool judge_text(const struct asking *asking, struct error *err)
{
    SCRATCH(tmp);
    const char *start = asking->response.body;
    while (*start != '\0' && strchr(" \t\r\n", *start) != NULL)
        start++;
    size_t len = strlen(start);
    while (len > 0 && strchr(" \t\r\n", start[len - 1]) != NULL)
        len--;
    const char *text = text_to_utf8(tmp, start, len);
    return judge_value(asking, "its text", text, asking->request->check->text, err);
}

static bool judge_body(const struct asking *asking, struct error *err)
{
    SCRATCH(tmp);
    const char *wanted;
    TRY(probe_fill(tmp, asking->request, asking->request->check->body, &wanted, err));
    bool is_there =
        memmem(asking->response.body, asking->response.body_len, wanted, strlen(wanted)) != NULL;
    return conclude(asking, is_there ? PROBE_PASS : PROBE_FAIL,
                    mem_printf(tmp, "'%s' in its body", wanted), NULL,
                    mem_printf(tmp, "%s: '%s' %s in its body", asking->url, wanted,
                               is_there ? "stands" : "is not"));
}

// In the order of what is told first; the first that fails is the answer.
static bool judge(const struct asking *asking, struct error *err)
{
    const struct config_health *check = asking->request->check;
    if (!judge_status(asking))
        return true;
    for (size_t i = 0; i < check->n_header && asking->out->status == PROBE_PASS; i++)
        TRY(judge_value(asking, check->header[i].name,
                        http_header_value(&asking->response, check->header[i].name),
                        check->header[i].value, err));
    if (check->body != NULL && asking->out->status == PROBE_PASS)
        TRY(judge_body(asking, err));
    for (size_t i = 0; i < check->n_json && asking->out->status == PROBE_PASS; i++)
        TRY(judge_json(asking, &check->json[i], err));
    if (check->text != NULL && asking->out->status == PROBE_PASS)
        TRY(judge_text(asking, err));
    return true;
}

static bool http_probe(TALLOC_CTX *mem, const struct probe_request *request,
                       struct probe_answer *out, struct error *err)
{
    struct asking asking = {.mem = mem, .request = request, .out = out};
    struct error ignored;
    json_auto_t *document = NULL;
    TRY(ask(&asking, err));
    if (asking.response.outcome != HTTP_ANSWERED)
        return judge_silence(&asking);
    if (request->check->n_json > 0 &&
        json_read("answer", asking.response.body, asking.response.body_len, &document, &ignored))
        asking.document = document;
    return judge(&asking, err);
}

const struct probe_driver probe_http = {.name = "http", .kind = HEALTH_HTTP, .ask = http_probe};

// --- the version

// What stands where the version is expected; NULL: nothing.
static const char *find_version(TALLOC_CTX *mem, const struct config_health *check,
                                const struct http_response *response, const json_t *document)
{
    static const char hole[] = "{version}";
    for (size_t i = 0; i < check->n_header; i++)
        if (strstr(check->header[i].value, hole) != NULL)
            return mem_strdup(mem, http_header_value(response, check->header[i].name));
    for (size_t i = 0; i < check->n_json && document != NULL; i++) {
        const json_t *value = strstr(check->json[i].value, hole) == NULL
                                  ? NULL
                                  : json_path_find(document, check->json[i].name);
        if (value != NULL)
            return json_path_text(mem, value);
    }
    if (check->text == NULL || strstr(check->text, hole) == NULL)
        return NULL;
    return text_shorten(mem, response->body, response->body_len, SHOWN);
}

// Beside everything else that is expected, the version that is there is told, whatever it is: so
// another one that answers well is told from one that does not answer.
static bool version_probe(TALLOC_CTX *mem, const struct probe_request *request,
                          struct probe_answer *out, struct error *err)
{
    struct asking asking = {.mem = mem, .request = request, .out = out};
    struct error ignored;
    json_auto_t *document = NULL;
    TRY(ask(&asking, err));
    if (asking.response.outcome != HTTP_ANSWERED)
        return judge_silence(&asking);
    if (json_read("answer", asking.response.body, asking.response.body_len, &document, &ignored))
        asking.document = document;
    TRY(judge(&asking, err));
    out->observed = find_version(mem, request->check, &asking.response, document);
    return true;
}

const struct probe_driver probe_version = {
    .name = "version", .kind = HEALTH_HTTP, .asks_version = true, .ask = version_probe};

/*
 * Messages posted to a webhook as JSON. A status from 200 to 299 says that it was taken. What may
 * be better a moment later is tried again; whoever listens may so get a message twice, never none
 * without our saying it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "base/http.h"
#include "driver/notifier.h"

#define BODY_MAX ((size_t)64 * 1024)

// Before the second attempt, and before the third.
static const int64_t pauses_ms[NOTIFIER_ATTEMPTS - 1] = {300, 1500};

struct posting {
    const struct notifier_request *request;
    struct http_request asked;
    struct http_response response;
};

static const struct http_header *make_headers(TALLOC_CTX *mem, const struct config_notify *channel,
                                              size_t *n)
{
    struct http_header *headers = mem_array(mem, struct http_header, channel->n_headers + 1);
    headers[0] = (struct http_header){.name = "Content-Type", .value = "application/json"};
    for (size_t i = 0; i < channel->n_headers; i++)
        headers[i + 1] = (struct http_header){.name = channel->headers[i].name,
                                              .secret = channel->headers[i].secret};
    *n = channel->n_headers + 1;
    return headers;
}

static void make_request(TALLOC_CTX *mem, struct posting *posting)
{
    const struct notifier_request *request = posting->request;
    const struct config_notify *channel = request->channel;
    const char *ca = channel->ca;
    if (ca != NULL && ca[0] != '/' && request->folder != NULL)
        ca = file_join(mem, request->folder, ca);
    posting->asked = (struct http_request){
        .method = "POST",
        .url = channel->url,
        .body = json_canonical(mem, request->message),
        .timeout_ms = channel->timeout_ms,
        .body_max = BODY_MAX,
        .ca = ca,
        .wait = request->wait,
    };
    posting->asked.body_len = strlen(posting->asked.body);
    posting->asked.headers = make_headers(mem, channel, &posting->asked.n_headers);
}

static bool is_taken(const struct http_response *response)
{
    // Of an answer that is too large the status stands all the same.
    bool has_status = response->outcome == HTTP_ANSWERED || response->outcome == HTTP_TOO_LARGE;
    return has_status && response->status >= 200 && response->status <= 299;
}

static bool may_be_better(const struct http_response *response)
{
    enum http_outcome outcome = response->outcome;
    if (outcome == HTTP_ANSWERED)
        return response->status == 429 || response->status >= 500;
    return outcome == HTTP_NO_NAME || outcome == HTTP_REFUSED || outcome == HTTP_UNREACHABLE ||
           outcome == HTTP_TIMEOUT;
}

static bool webhook_send(TALLOC_CTX *mem, const struct notifier_request *request,
                         struct notifier_answer *out, struct error *err)
{
    SCRATCH(tmp);
    struct posting posting = {.request = request};
    struct error cause = {0};
    make_request(tmp, &posting);
    for (size_t i = 0; i < NOTIFIER_ATTEMPTS; i++) {
        if (i > 0)
            TRY(wait_pause(request->wait, pauses_ms[i - 1], err));
        out->attempts++;
        if (!http_ask(tmp, &posting.asked, &posting.response, &cause)) {
            if (cause.code == ERROR_INTERRUPTED)
                return error_set(err, cause.code, "%s", cause.message);
            out->text = mem_strdup(mem, cause.message);
            return true;
        }
        out->is_delivered = is_taken(&posting.response);
        if (out->is_delivered || !may_be_better(&posting.response))
            break;
    }
    out->text = posting.response.why != NULL && !out->is_delivered
                    ? mem_strdup(mem, posting.response.why)
                    : mem_printf(mem, "status %d", posting.response.status);
    return true;
}

const struct notifier_driver notifier_webhook = {.name = "webhook", .send = webhook_send};

/*
 * Flags of services: Unleash, Flagsmith and LaunchDarkly, by their administration's HTTP.
 *
 * Source: Unleash, Admin API, features/{name}/environments/{environment} and its /on and /off;
 * Flagsmith, Admin API, environments/{key}/featurestates/; LaunchDarkly, REST API v2, flags,
 * semantic patches turnFlagOn and turnFlagOff.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/http.h"
#include "base/json.h"
#include "base/text.h"
#include "driver/flag.h"

struct call {
    const char *method, *path; // behind the flag's url
    const char *content_type;  // NULL: no body
    const char *body;
    const char *authorization; // in front of the token: "Token "
};

struct service {
    const char *authorization;
    const char *content_type; // of a set
    const char *(*path)(TALLOC_CTX *mem, const struct config_flag *flag);
    // Where the value stands in what a read gave; NULL: nowhere, and `*why` says so.
    const json_t *(*find)(TALLOC_CTX *mem, const struct config_flag *flag, const json_t *document,
                          const char **why);
    // What sets it, after the read that gave `document`.
    struct call (*set)(TALLOC_CTX *mem, const struct config_flag *flag, const json_t *document,
                       bool is_on);
};

static const char *encoded(TALLOC_CTX *mem, const char *text)
{
    return text_replaced(mem, text_percent_encoded(mem, text), "/", "%2F");
}

static const char *shown_url(TALLOC_CTX *mem, const struct config_flag *flag)
{
    return secret_mask(mem, secret_make(mem, flag->url));
}

// --- one call

// `*document` is NULL when the answer is no JSON.
static bool ask(TALLOC_CTX *mem, const struct flag_request *request, const struct call *call,
                json_t **document, const char **why, struct error *err)
{
    SCRATCH(tmp);
    const struct config_flag *flag = request->flag;
    struct http_header headers[4];
    struct http_response response;
    struct error ignored;
    size_t n = 0;
    size_t len = strlen(flag->url);
    headers[n++] = (struct http_header){
        .name = "Authorization",
        .secret =
            secret_make(tmp, mem_printf(tmp, "%s%s", call->authorization,
                                        flag->token == NULL ? "" : secret_reveal(flag->token)))};
    headers[n++] = (struct http_header){.name = "Accept", .value = "application/json"};
    if (call->content_type != NULL)
        headers[n++] = (struct http_header){.name = "Content-Type", .value = call->content_type};
    const struct http_request asked = {
        .method = call->method,
        .url = secret_make(tmp, mem_printf(tmp, "%.*s%s",
                                           (int)(len - (len > 0 && flag->url[len - 1] == '/')),
                                           flag->url, call->path)),
        .headers = headers,
        .n_headers = n,
        .body = call->body,
        .body_len = call->body == NULL ? 0 : strlen(call->body),
        .timeout_ms = flag->timeout_ms,
        .ca = flag->ca,
        .wait = request->wait,
    };
    TRY(http_ask(tmp, &asked, &response, err));
    *document = NULL;
    if (response.outcome != HTTP_ANSWERED)
        *why = mem_strdup(mem, response.why);
    else if (response.status < 200 || response.status > 299)
        *why = mem_printf(mem, "%s: status %d", secret_mask(tmp, asked.url), response.status);
    else if (!json_read("answer", response.body, response.body_len, document, &ignored))
        *document = NULL;
    return true;
}

static bool read_document(TALLOC_CTX *mem, const struct flag_request *request,
                          const struct service *service, json_t **document, const char **why,
                          struct error *err)
{
    const struct call call = {.method = "GET",
                              .path = service->path(mem, request->flag),
                              .authorization = service->authorization};
    TRY(ask(mem, request, &call, document, why, err));
    if (*why == NULL && *document == NULL)
        *why = mem_printf(mem, "%s: its answer is not valid JSON", shown_url(mem, request->flag));
    return true;
}

static bool service_read(TALLOC_CTX *mem, const struct flag_request *request,
                         const struct service *service, struct flag_answer *out, struct error *err)
{
    json_auto_t *document = NULL;
    const char *why = NULL;
    *out = (struct flag_answer){.value = FLAG_UNKNOWN};
    TRY(read_document(mem, request, service, &document, &why, err));
    const json_t *value = why == NULL ? service->find(mem, request->flag, document, &why) : NULL;
    if (why == NULL && !json_is_boolean(value))
        why = mem_printf(mem, "%s: its answer does not say whether '%s' is on",
                         shown_url(mem, request->flag), request->flag->key);
    out->text = why;
    if (why != NULL)
        return true;
    out->value = json_is_true(value) ? FLAG_ON : FLAG_OFF;
    out->text = mem_printf(mem, "%s says that it is %s", shown_url(mem, request->flag),
                           flag_value_name(out->value));
    return true;
}

static bool service_set(TALLOC_CTX *mem, const struct flag_request *request,
                        const struct service *service, bool is_on, const char **why,
                        struct error *err)
{
    json_auto_t *document = NULL, *answer = NULL;
    TRY(read_document(mem, request, service, &document, why, err));
    if (*why != NULL || service->find(mem, request->flag, document, why) == NULL)
        return true;
    struct call call = service->set(mem, request->flag, document, is_on);
    call.authorization = service->authorization;
    call.content_type = service->content_type;
    return ask(mem, request, &call, &answer, why, err);
}

// --- Unleash

static const char *unleash_path(TALLOC_CTX *mem, const struct config_flag *flag)
{
    return mem_printf(mem, "/api/admin/projects/%s/features/%s/environments/%s",
                      encoded(mem, flag->project), encoded(mem, flag->key),
                      encoded(mem, flag->environment));
}

static const json_t *unleash_find(TALLOC_CTX *mem, const struct config_flag *flag,
                                  const json_t *document, const char **why)
{
    (void)mem, (void)flag, (void)why;
    return json_object_get(document, "enabled");
}

static struct call unleash_set(TALLOC_CTX *mem, const struct config_flag *flag,
                               const json_t *document, bool is_on)
{
    (void)document;
    return (struct call){
        .method = "POST",
        .path = mem_printf(mem, "%s/%s", unleash_path(mem, flag), is_on ? "on" : "off"),
        .body = ""};
}

static const struct service unleash = {.authorization = "",
                                       .content_type = "application/json",
                                       .path = unleash_path,
                                       .find = unleash_find,
                                       .set = unleash_set};

// --- Flagsmith

static const char *flagsmith_path(TALLOC_CTX *mem, const struct config_flag *flag)
{
    return mem_printf(mem, "/api/v1/environments/%s/featurestates/?feature_name=%s",
                      encoded(mem, flag->environment), encoded(mem, flag->key));
}

static const json_t *flagsmith_state(const json_t *document)
{
    return json_array_get(json_object_get(document, "results"), 0);
}

// One state: overrides of segments and identities are others'.
static const json_t *flagsmith_find(TALLOC_CTX *mem, const struct config_flag *flag,
                                    const json_t *document, const char **why)
{
    size_t n = json_array_size(json_object_get(document, "results"));
    if (n != 1)
        *why = mem_printf(mem, "%s: has %zu states of '%s' in that environment",
                          shown_url(mem, flag), n, flag->key);
    return n != 1 ? NULL : json_object_get(flagsmith_state(document), "enabled");
}

static struct call flagsmith_set(TALLOC_CTX *mem, const struct config_flag *flag,
                                 const json_t *document, bool is_on)
{
    return (struct call){
        .method = "PATCH",
        .path = mem_printf(mem, "/api/v1/environments/%s/featurestates/%lld/",
                           encoded(mem, flag->environment),
                           (long long)json_get_integer(flagsmith_state(document), "id", 0)),
        .body = is_on ? "{\"enabled\":true}" : "{\"enabled\":false}"};
}

static const struct service flagsmith = {.authorization = "Token ",
                                         .content_type = "application/json",
                                         .path = flagsmith_path,
                                         .find = flagsmith_find,
                                         .set = flagsmith_set};

// --- LaunchDarkly

static const char *launchdarkly_path(TALLOC_CTX *mem, const struct config_flag *flag)
{
    return mem_printf(mem, "/api/v2/flags/%s/%s?env=%s", encoded(mem, flag->project),
                      encoded(mem, flag->key), encoded(mem, flag->environment));
}

static const json_t *launchdarkly_find(TALLOC_CTX *mem, const struct config_flag *flag,
                                       const json_t *document, const char **why)
{
    (void)mem, (void)why;
    const json_t *environments = json_object_get(document, "environments");
    return json_object_get(json_object_get(environments, flag->environment), "on");
}

static struct call launchdarkly_set(TALLOC_CTX *mem, const struct config_flag *flag,
                                    const json_t *document, bool is_on)
{
    (void)document;
    json_auto_t *patch = json_object();
    json_put_text(patch, "environmentKey", flag->environment);
    json_t *instruction = json_object();
    json_put_text(instruction, "kind", is_on ? "turnFlagOn" : "turnFlagOff");
    json_array_append_new(json_put_array(patch, "instructions"), instruction);
    return (struct call){.method = "PATCH",
                         .path = mem_printf(mem, "/api/v2/flags/%s/%s", encoded(mem, flag->project),
                                            encoded(mem, flag->key)),
                         .body = json_canonical(mem, patch)};
}

static const struct service launchdarkly = {
    .authorization = "",
    .content_type = "application/json; domain-model=launchdarkly.semanticpatch",
    .path = launchdarkly_path,
    .find = launchdarkly_find,
    .set = launchdarkly_set};

// --- the drivers

#define SERVICE_DRIVER(service_name)                                                               \
    static bool service_name##_read(TALLOC_CTX *mem, const struct flag_request *request,           \
                                    struct flag_answer *out, struct error *err)                    \
    {                                                                                              \
        return service_read(mem, request, &service_name, out, err);                                \
    }                                                                                              \
    static bool service_name##_change(TALLOC_CTX *mem, const struct flag_request *request,         \
                                      bool is_on, const char **why, struct error *err)             \
    {                                                                                              \
        return service_set(mem, request, &service_name, is_on, why, err);                          \
    }                                                                                              \
    const struct flag_driver flag_##service_name = {                                               \
        .name = #service_name, .read = service_name##_read, .set = service_name##_change}

SERVICE_DRIVER(unleash);
SERVICE_DRIVER(flagsmith);
SERVICE_DRIVER(launchdarkly);

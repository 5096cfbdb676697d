/*
 * Releases: see release.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/release.h"
#include "base/clock.h"
#include "base/quantity.h"
#include "flight/inquiry.h"
#include "flight/task.h"
#include "journal/events.h"

#define LOOK_EVERY_MS 500

struct releasing {
    const struct release_request *request;
    const struct config_slot **slots; // those that are released to
    size_t n_slots;                   // 0: the environment has none
    json_t *data;                     // of the events
    json_t *output;                   // of the commands: [{slot, status, output}]
};

// What all the questions of one look gave.
struct looking {
    TALLOC_CTX *mem;
    struct releasing *releasing;
    json_t *answers;
    size_t n_new, n_other, n_silent; // of the questions for the version
    size_t n_unknown, n_ill;         // of all; of the other critical checks
    const char *why_other, *why_silent, *why_unknown, *why_ill;
};

static int drop_json(struct releasing *releasing)
{
    json_decref(releasing->data);
    json_decref(releasing->output);
    return 0;
}

// --- looking

static void keep_first(TALLOC_CTX *mem, const char **why, const char *text)
{
    if (*why == NULL)
        *why = mem_strdup(mem, text);
}

static const char *at_slot(TALLOC_CTX *mem, const struct probe_request *request, const char *text)
{
    return request->slot == NULL ? text : mem_printf(mem, "slot %s: %s", request->slot, text);
}

static void count(struct looking *looking, const struct probe_request *request,
                  const struct probe_answer *answer)
{
    TALLOC_CTX *mem = looking->mem;
    bool asks_version = config_health_asks_version(request->check);
    const char *text = mem_printf(mem, "%s: %s", request->check->name, answer->text);
    if (answer->status == PROBE_UNKNOWN && (asks_version || request->check->is_critical)) {
        looking->n_unknown++;
        keep_first(mem, &looking->why_unknown, text);
    } else if (asks_version && answer->status == PROBE_PASS) {
        looking->n_new++;
    } else if (asks_version && answer->observed != NULL &&
               strstr(answer->observed, looking->releasing->request->version) == NULL) {
        looking->n_other++;
        keep_first(mem, &looking->why_other, at_slot(mem, request, answer->text));
    } else if (asks_version) {
        looking->n_silent++;
        keep_first(mem, &looking->why_silent, at_slot(mem, request, answer->text));
    } else if (request->check->is_critical && answer->status == PROBE_FAIL) {
        looking->n_ill++;
        keep_first(mem, &looking->why_ill, text);
    }
}

static void take_answer(void *context, const struct probe_request *request,
                        const struct probe_answer *answer)
{
    struct looking *looking = context;
    json_array_append_new(looking->answers, inquiry_answer_json(request, answer));
    count(looking, request, answer);
}

static bool ask_check(struct looking *looking, const struct config_health *check, struct error *err)
{
    const struct release_request *release = looking->releasing->request;
    const struct inquiry inquiry = {
        .config = release->config,
        .environment = release->environment,
        .slot = release->slot,
        .version = release->version,
        .probes = release->probes,
        .engines = release->engines,
        .wait = release->wait,
        .take = take_answer,
        .context = looking,
    };
    return inquiry_make(looking->mem, &inquiry, check, err);
}

static bool ask_all(struct looking *looking, struct error *err)
{
    const struct config_environment *environment = looking->releasing->request->environment;
    for (size_t i = 0; i < environment->n_health; i++)
        if (config_health_asks_version(&environment->health[i]))
            TRY(ask_check(looking, &environment->health[i], err));
    // What is not there yet need not be well.
    for (size_t i = 0; i < environment->n_health; i++)
        if (!config_health_asks_version(&environment->health[i]) && looking->n_other == 0 &&
            looking->n_silent == 0)
            TRY(ask_check(looking, &environment->health[i], err));
    return true;
}

static void conclude(struct looking *looking, struct act_seen *out)
{
    const char *version = looking->releasing->request->version;
    size_t n = looking->n_new + looking->n_other + looking->n_silent;
    out->state = ACT_PARTLY;
    if (looking->n_unknown > 0) {
        out->state = ACT_UNKNOWN;
        out->why = looking->why_unknown;
    } else if (looking->n_silent > 0) {
        out->why = looking->why_silent;
    } else if (looking->n_other == n) {
        out->state = ACT_PENDING;
        out->why =
            mem_printf(looking->mem, "no address answers %s: %s", version, looking->why_other);
    } else if (looking->n_other > 0) {
        out->why = mem_printf(looking->mem, "%zu of %zu addresses answer %s: %s", looking->n_new, n,
                              version, looking->why_other);
    } else if (looking->n_ill > 0) {
        out->why = mem_printf(looking->mem, "%s answers, but %s", version, looking->why_ill);
    } else {
        out->state = ACT_DONE;
        out->why = n == 1 ? mem_printf(looking->mem, "it answers %s", version)
                          : mem_printf(looking->mem, "all %zu addresses answer %s", n, version);
    }
}

static bool look_once(TALLOC_CTX *mem, struct releasing *releasing, struct act_seen *out,
                      struct error *err)
{
    struct looking looking = {.mem = mem, .releasing = releasing, .answers = json_array()};
    json_decref(out->evidence);
    out->evidence = json_object();
    json_put(out->evidence, "answers", looking.answers);
    if (releasing->output != NULL)
        json_put(out->evidence, "commands", json_incref(releasing->output));
    TRY(ask_all(&looking, err));
    conclude(&looking, out);
    return true;
}

// A slot takes its time until it answers.
static bool look(TALLOC_CTX *mem, void *context, bool has_acted, struct act_seen *out,
                 struct error *err)
{
    struct releasing *releasing = context;
    const struct release_request *request = releasing->request;
    int64_t until_ms = clock_monotonic_ms() + request->environment->release.ready_ms;
    for (;;) {
        if (!look_once(mem, releasing, out, err)) {
            json_decref(out->evidence);
            out->evidence = NULL;
            return false;
        }
        int64_t now_ms = clock_monotonic_ms();
        if (!has_acted || out->state == ACT_DONE || now_ms >= until_ms)
            return true;
        if (!wait_pause(request->wait, LOOK_EVERY_MS, err)) {
            json_decref(out->evidence);
            return false;
        }
    }
}

// --- acting

static struct task make_task(const struct releasing *releasing, const char *slot)
{
    const struct release_request *request = releasing->request;
    const struct config_release *release = &request->environment->release;
    return (struct task){
        .name = "release.deploy",
        .words = release->deploy,
        .n_words = release->n_deploy,
        .is_shell = release->is_shell,
        .environment = release->environment,
        .n_environment = release->n_environment,
        .values = {.slot = slot, .version = request->version},
        .config = request->config,
        .timeout_ms = release->timeout_ms,
        .wait = request->wait,
        .show = request->show,
        .show_context = request->show_context,
    };
}

static bool deploy(TALLOC_CTX *mem, struct releasing *releasing, const char *slot, const char **why,
                   struct error *err)
{
    const struct task task = make_task(releasing, slot);
    struct task_end end;
    TRY(task_run(mem, &task, &end, err));
    json_t *object = json_object();
    json_put_text(object, "slot", slot);
    json_put_integer(object, "status", end.status);
    json_put_integer(object, "took_ms", end.took_ms);
    json_put_text(object, "output", end.output);
    json_array_append_new(releasing->output, object);
    *why = end.why;
    return true;
}

static bool has_slot(const struct config_release *release)
{
    for (size_t i = 0; i < release->n_deploy; i++)
        if (strstr(release->deploy[i], "{slot}") != NULL)
            return true;
    return false;
}

static bool act(TALLOC_CTX *mem, void *context, const char **why, struct error *err)
{
    struct releasing *releasing = context;
    releasing->output = json_array();
    if (!has_slot(&releasing->request->environment->release))
        return deploy(mem, releasing, releasing->request->slot, why, err);
    for (size_t i = 0; i < releasing->n_slots && *why == NULL; i++)
        TRY(deploy(mem, releasing, releasing->slots[i]->name, why, err));
    return true;
}

// --- what is asked for

static bool choose_slots(TALLOC_CTX *mem, const struct release_request *request,
                         struct releasing *releasing, struct error *err)
{
    const struct config_environment *environment = request->environment;
    releasing->slots = mem_array(mem, const struct config_slot *, environment->n_slots + 1);
    for (size_t i = 0; i < environment->n_slots; i++)
        if (request->slot == NULL || strcmp(request->slot, environment->slots[i].name) == 0)
            releasing->slots[releasing->n_slots++] = &environment->slots[i];
    for (size_t i = 0; i < releasing->n_slots; i++)
        if (releasing->slots[i]->n_addresses == 0) {
            error_set(err, ERROR_CONFIG, "slot '%s' has no address", releasing->slots[i]->name);
            return error_hint(err, "write slots: {%s: {address: \"HOST:PORT\"}}",
                              releasing->slots[i]->name);
        }
    if (releasing->n_slots == 0 && has_slot(&environment->release))
        return error_set(err, ERROR_CONFIG,
                         "release.deploy names {slot}, and environment '%s' has "
                         "no slots",
                         environment->name);
    return true;
}

static bool check_version_is_asked(const struct config_environment *environment, struct error *err)
{
    for (size_t i = 0; i < environment->n_health; i++)
        if (config_health_asks_version(&environment->health[i]))
            return true;
    error_set(err, ERROR_CONFIG, "environment '%s': no health check tells which version answers",
              environment->name);
    return error_hint(err, "health: [{name: version, http: \"http://{address}/version\", "
                           "expect: {json: {version: \"{version}\"}}}]");
}

static json_t *make_data(const struct releasing *releasing)
{
    json_t *data = json_object();
    json_put_text(data, "environment", releasing->request->environment->name);
    json_put_text(data, "version", releasing->request->version);
    json_put_text(data, "sha256", releasing->request->sha256);
    json_t *slots = json_put_array(data, "slots");
    for (size_t i = 0; i < releasing->n_slots; i++)
        json_array_append_new(slots, json_text(releasing->slots[i]->name));
    return data;
}

bool release_act(TALLOC_CTX *mem, const struct release_request *request, struct act *out,
                 struct error *err)
{
    struct releasing *releasing = mem_new(mem, struct releasing);
    releasing->request = request;
    talloc_set_destructor(releasing, drop_json);
    TRY(task_check_version(request->version, err));
    TRY(choose_slots(mem, request, releasing, err));
    TRY(check_version_is_asked(request->environment, err));
    const struct task task =
        make_task(releasing, releasing->n_slots == 0 ? request->slot : releasing->slots[0]->name);
    releasing->data = make_data(releasing);
    TRY(task_put_command(releasing->data, &task, err));
    *out = (struct act){
        .started = EVENT_RELEASE_STARTED,
        .done = EVENT_RELEASED,
        .failed = EVENT_RELEASE_FAILED,
        .data = releasing->data,
        .context = releasing,
        .look = look,
        .act = act,
    };
    return true;
}

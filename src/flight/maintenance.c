/*
 * Maintenance: see maintenance.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/maintenance.h"
#include "base/clock.h"
#include "flight/inquiry.h"
#include "flight/task.h"
#include "journal/events.h"
#include <string.h>

#define LOOK_EVERY_MS 250

struct maintaining {
    const struct maintenance_request *request;
    json_t *data;
    json_t *output; // of its command; NULL: none ran
    bool is_seen;   // it is as wanted already, and only the journal is behind
};

struct looking {
    TALLOC_CTX *mem;
    json_t *answers;
    size_t n_on, n_off, n_unknown;
    const char *why_on, *why_off, *why_unknown; // of the first one each
};

static int drop_json(struct maintaining *maintaining)
{
    json_decref(maintaining->data);
    json_decref(maintaining->output);
    return 0;
}

// --- looking

static void take_answer(void *context, const struct probe_request *request,
                        const struct probe_answer *answer)
{
    struct looking *looking = context;
    // What does not answer is not off: a proxy that is down tells nothing about its page.
    bool is_on = answer->status == PROBE_PASS;
    bool is_unknown =
        !is_on && (answer->status == PROBE_UNKNOWN || strcmp(answer->cause, "answered") != 0);
    const char **why = is_on        ? &looking->why_on
                       : is_unknown ? &looking->why_unknown
                                    : &looking->why_off;

    json_array_append_new(looking->answers, inquiry_answer_json(request, answer));
    looking->n_on += is_on;
    looking->n_unknown += is_unknown;
    looking->n_off += !is_on && !is_unknown;
    if (*why == NULL)
        *why = mem_printf(looking->mem, "%s: %s", request->check->name, answer->text);
}

static bool ask_all(struct looking *looking, const struct maintenance_request *request,
                    struct error *err)
{
    const struct config_maintenance *maintenance = &request->environment->maintenance;
    const struct inquiry inquiry = {
        .config = request->config,
        .environment = request->environment,
        .probes = request->probes,
        .engines = request->engines,
        .wait = request->wait,
        .take = take_answer,
        .context = looking,
    };

    for (size_t i = 0; i < maintenance->n_check; i++)
        TRY(inquiry_make(looking->mem, &inquiry, &maintenance->check[i], err));
    return true;
}

// Is it so already, and does the journal not know? A lease that runs is set anew only when asked.
static bool is_behind(const struct maintenance_request *request)
{
    const struct maintenance_lease *lease = &request->lease;

    if (!request->is_on)
        return lease->is_on;
    return request->has_for || !lease->is_on || maintenance_lease_is_over(lease, clock_wall_ms());
}

static void conclude(struct maintaining *maintaining, const struct looking *looking, bool has_acted,
                     struct act_seen *out)
{
    const struct maintenance_request *request = maintaining->request;
    bool is_wanted = (request->is_on ? looking->n_off : looking->n_on) == 0;
    bool is_other = (request->is_on ? looking->n_on : looking->n_off) == 0;

    out->state = ACT_PARTLY;
    out->why = mem_printf(looking->mem, "on for some and off for others: %s; %s", looking->why_on,
                          looking->why_off);
    if (looking->n_unknown > 0) {
        out->state = ACT_UNKNOWN;
        out->why = looking->why_unknown;
    } else if (is_wanted) {
        maintaining->is_seen = !has_acted && is_behind(request);
        out->state = maintaining->is_seen ? ACT_PENDING : ACT_DONE;
        out->why =
            mem_printf(looking->mem, "maintenance is %s (%s)%s", request->is_on ? "on" : "off",
                       request->is_on ? looking->why_on : looking->why_off,
                       maintaining->is_seen ? ", and the journal does not have it so" : "");
    } else if (is_other) {
        out->state = ACT_PENDING;
        out->why = mem_printf(looking->mem, "maintenance is %s (%s)", request->is_on ? "off" : "on",
                              request->is_on ? looking->why_off : looking->why_on);
    }
}

static bool look_once(TALLOC_CTX *mem, struct maintaining *maintaining, bool has_acted,
                      struct act_seen *out, struct error *err)
{
    struct looking looking = {.mem = mem, .answers = json_array()};

    json_decref(out->evidence);
    out->evidence = json_object();
    json_put(out->evidence, "answers", looking.answers);
    if (maintaining->output != NULL)
        json_put(out->evidence, "command", json_incref(maintaining->output));
    TRY(ask_all(&looking, maintaining->request, err));
    conclude(maintaining, &looking, has_acted, out);
    return true;
}

// A proxy takes its time until it answers otherwise.
static bool look(TALLOC_CTX *mem, void *context, bool has_acted, struct act_seen *out,
                 struct error *err)
{
    struct maintaining *maintaining = context;
    const struct maintenance_request *request = maintaining->request;
    int64_t until_ms = clock_monotonic_ms() + request->environment->maintenance.ready_ms;

    for (;;) {
        struct error cause = {0};
        bool is_over = false;
        bool is_seen = look_once(mem, maintaining, has_acted, out, &cause);
        int64_t now_ms = clock_monotonic_ms();
        if (is_seen && (!has_acted || out->state == ACT_DONE || now_ms >= until_ms))
            return true;
        if (is_seen && (wait_until(request->wait, &is_over, now_ms + LOOK_EVERY_MS, &cause) ||
                        cause.code == ERROR_UNREACHABLE))
            continue;
        json_decref(out->evidence);
        out->evidence = NULL;
        *err = cause;
        return false;
    }
}

// --- acting

static struct task make_task(const struct maintenance_request *request)
{
    const struct config_maintenance *maintenance = &request->environment->maintenance;
    return (struct task){
        .name = request->is_on ? "maintenance.enable" : "maintenance.disable",
        .words = request->is_on ? maintenance->enable : maintenance->disable,
        .n_words = request->is_on ? maintenance->n_enable : maintenance->n_disable,
        .is_shell = maintenance->is_shell,
        .environment = maintenance->environment,
        .n_environment = maintenance->n_environment,
        .config = request->config,
        .timeout_ms = maintenance->timeout_ms,
        .wait = request->wait,
        .show = request->show,
        .show_context = request->show_context,
    };
}

static bool act(TALLOC_CTX *mem, void *context, const char **why, struct error *err)
{
    struct maintaining *maintaining = context;
    const struct task task = make_task(maintaining->request);
    struct task_end end;

    if (maintaining->is_seen)
        return true;
    TRY(task_run(mem, &task, &end, err));
    maintaining->output = json_object();
    json_put_integer(maintaining->output, "status", end.status);
    json_put_integer(maintaining->output, "took_ms", end.took_ms);
    json_put_text(maintaining->output, "output", end.output);
    *why = end.why;
    return true;
}

// --- what is asked for

bool maintenance_check(const struct config_environment *environment, struct error *err)
{
    const struct config_maintenance *maintenance = &environment->maintenance;

    // Who could not disable it must not enable it.
    if (maintenance->n_enable == 0 || maintenance->n_disable == 0) {
        error_set(err, ERROR_CONFIG, "environment '%s' has no commands for maintenance",
                  environment->name);
        return error_hint(err, "write maintenance: {enable: [./page, on], disable: [./page, off], "
                               "check: [{name: page, http: …, expect: {status: 503}}]}");
    }
    if (maintenance->n_check > 0)
        return true;
    error_set(err, ERROR_CONFIG, "environment '%s': no check proves its maintenance from outside",
              environment->name);
    return error_hint(err, "maintenance.check: [{name: page, http: \"http://{address}/\", expect: "
                           "{status: 503}}]");
}

bool maintenance_act(TALLOC_CTX *mem, const struct maintenance_request *request, struct act *out,
                     struct error *err)
{
    const struct task task = make_task(request);

    TRY(maintenance_check(request->environment, err));
    struct maintaining *maintaining = mem_new(mem, struct maintaining);
    maintaining->request = request;
    maintaining->data = json_object();
    talloc_set_destructor(maintaining, drop_json);
    json_put_text(maintaining->data, "environment", request->environment->name);
    json_put_text(maintaining->data, "set", request->is_on ? "on" : "off");
    if (request->is_on)
        json_put_text(maintaining->data, "until", clock_format(request->until_ms).text);
    TRY(task_put_command(maintaining->data, &task, err));
    *out = (struct act){
        .started = EVENT_MAINTENANCE_STARTED,
        .done = EVENT_MAINTENANCE_SET,
        .failed = EVENT_MAINTENANCE_FAILED,
        .data = maintaining->data,
        .context = maintaining,
        .look = look,
        .act = act,
    };
    return true;
}

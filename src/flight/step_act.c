/*
 * Acts of configured steps: see step_act.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/step_act.h"
#include "base/log.h"
#include "base/text.h"
#include "flight/flag.h"
#include "flight/notification.h"
#include "flight/stepping.h"
#include "flight/tag.h"
#include "flight/task.h"

static int drop_data(struct stepping *stepping)
{
    json_decref(stepping->data);
    return 0;
}

bool step_find(const struct config_environment *environment, const char *name,
               const struct config_step **out, struct error *err)
{
    SCRATCH(tmp);
    const char **names = mem_array(tmp, const char *, environment->n_steps + 1);
    for (size_t i = 0; i < environment->n_steps; i++) {
        *out = &environment->steps[i];
        names[i] = (*out)->name;
        if (strcmp(names[i], name) != 0)
            continue;
        if ((*out)->kind != STEP_KIND_VERIFY)
            return true;
        error_set(err, ERROR_USAGE, "step '%s' compares with the baseline of its flight", name);
        return error_hint(err, "tminus verify");
    }
    const char *nearest = text_nearest(name, names, environment->n_steps);
    error_set(err, ERROR_USAGE, "environment '%s' has no step '%s'", environment->name, name);
    return nearest != NULL
               ? error_hint(err, "did you mean '%s'?", nearest)
               : error_hint(err, "write steps: [{name: %s, at: …, …}] into tminus.yaml", name);
}

// --- what the flight did of it

struct remembering {
    struct stepping *stepping;
    const char *started, *done, *failed;
};

static bool remember(void *context, const json_t *event)
{
    struct remembering *remembering = context;
    const struct step_request *request = remembering->stepping->request;
    struct step_history *history = &remembering->stepping->history;
    const json_t *data = json_object_get(event, "data");
    const char *name = json_get_text(event, "event"), *run = json_get_text(event, "run");
    const char *step = json_get_text(data, "step");

    if (name == NULL || run == NULL || step == NULL || strcmp(run, request->flight) != 0 ||
        strcmp(step, request->step->name) != 0)
        return true;
    bool is_start = strcmp(name, remembering->started) == 0;
    bool is_undo = json_is_true(json_object_get(data, "undo"));
    history->was_made = history->was_made || (is_start && !is_undo);
    if (is_undo != request->is_undo)
        return true;
    if (is_start)
        *history = (struct step_history){.was_begun = true, .was_made = history->was_made};
    history->was_done = history->was_done || strcmp(name, remembering->done) == 0;
    history->was_failed = history->was_failed || strcmp(name, remembering->failed) == 0;
    return true;
}

static bool read_history(struct stepping *stepping, struct error *err)
{
    const struct step_request *request = stepping->request;
    struct remembering remembering = {.stepping = stepping,
                                      .started = stepping->inner.started,
                                      .done = stepping->inner.done,
                                      .failed = stepping->inner.failed};
    return request->flight == NULL || request->journal == NULL ||
           journal_read(request->journal, 1, remember, &remembering, err);
}

// --- kinds whose act is another file's

static bool make_flag(TALLOC_CTX *mem, struct stepping *stepping, struct error *err)
{
    const struct step_request *request = stepping->request;
    struct flag_setting *setting = mem_new(mem, struct flag_setting);
    *setting = (struct flag_setting){
        .config = request->config,
        .environment = request->environment,
        .is_on = request->step->is_on != request->is_undo,
        .drivers = request->flags,
        .engines = request->engines,
        .wait = request->wait,
        .show = request->show,
        .show_context = request->show_context,
    };
    TRY(flag_find(request->environment, request->step->flag, &setting->flag, err));
    TRY(flag_check(setting, err));
    stepping->inner = flag_act(mem, setting);
    return true;
}

static bool make_tag(TALLOC_CTX *mem, struct stepping *stepping, struct error *err)
{
    const struct step_request *request = stepping->request;
    if (request->version == NULL) {
        error_set(err, ERROR_USAGE, "it is not said which version is tagged");
        return error_hint(err, "give it with --version V");
    }
    struct tag_request *tag = mem_new(mem, struct tag_request);
    *tag = (struct tag_request){.folder = request->config->folder,
                                .name = request->version,
                                .revision = "HEAD",
                                .message = mem_printf(mem, "Release %s", request->version),
                                .remote = "origin"};
    return tag_act(mem, tag, &stepping->inner, err);
}

static bool make_notification(TALLOC_CTX *mem, struct stepping *stepping, struct error *err)
{
    const struct step_request *request = stepping->request;
    struct notification *notification = mem_new(mem, struct notification);
    const char *text = request->step->notify;
    if (strstr(text, "{version}") != NULL && request->version != NULL)
        text = text_replaced(mem, text, "{version}", request->version);
    json_t *detail = json_keep(mem, json_object());
    if (request->flight != NULL)
        json_put_text(detail, "flight", request->flight);
    *notification = (struct notification){.config = request->config,
                                          .environment = request->environment,
                                          .text = text,
                                          .detail = detail,
                                          .journal = request->journal,
                                          .drivers = request->notifiers,
                                          .wait = request->wait};
    return notification_act(mem, notification, &stepping->inner, err);
}

static bool make_inner(TALLOC_CTX *mem, struct stepping *stepping, struct error *err)
{
    switch (stepping->request->step->kind) {
    case STEP_KIND_COMMAND:
    case STEP_KIND_TRAFFIC: return stepping_command(mem, stepping, err);
    case STEP_KIND_WAIT: stepping_wait(stepping); return true;
    case STEP_KIND_SQL: return stepping_sql(mem, stepping, err);
    case STEP_KIND_FLAG: return make_flag(mem, stepping, err);
    case STEP_KIND_TAG: return make_tag(mem, stepping, err);
    case STEP_KIND_NOTIFY: return make_notification(mem, stepping, err);
    case STEP_KIND_VERIFY:
    case STEP_KIND_NONE:
    case STEP_KIND_COUNT: break;
    }
    bug("step kind %d", (int)stepping->request->step->kind);
}

// --- around them

// A message that nobody took is told, and stops nothing unless it must.
static void excuse(const struct stepping *stepping, struct act_seen *seen)
{
    const struct config_step *step = stepping->request->step;
    if (!stepping->has_run || step->kind != STEP_KIND_NOTIFY || seen->state == ACT_DONE ||
        step->is_required)
        return;
    log_warning("step %s: not everybody was told: %s", step->name, seen->why);
    seen->state = ACT_DONE;
}

static bool look(TALLOC_CTX *mem, void *context, bool has_acted, struct act_seen *out,
                 struct error *err)
{
    struct stepping *stepping = context;
    const struct step_request *request = stepping->request;
    if (request->is_undo && request->flight != NULL && !stepping->history.was_made) {
        *out = (struct act_seen){.state = ACT_DONE,
                                 .why = "this flight did not do it: nothing is to be taken back"};
        return true;
    }
    // Nobody can ask whether it came: what the journal has is all.
    if (request->step->kind == STEP_KIND_NOTIFY && stepping->history.was_done &&
        !stepping->has_run) {
        *out = (struct act_seen){.state = ACT_DONE, .why = "it was sent"};
        return true;
    }
    TRY(stepping->inner.look(mem, stepping->inner.context, has_acted, out, err));
    excuse(stepping, out);
    return true;
}

static bool act(TALLOC_CTX *mem, void *context, const char **why, struct error *err)
{
    struct stepping *stepping = context;
    stepping->has_run = true;
    bool has_ended = stepping->inner.act(mem, stepping->inner.context, why, err);
    stepping->has_failed = !has_ended || *why != NULL;
    return has_ended;
}

static bool check_undo(const struct step_request *request, struct error *err)
{
    const struct config_step *step = request->step;
    if (!request->is_undo || step->undo == STEP_UNDO_GIVEN ||
        (step->kind == STEP_KIND_FLAG && step->undo == STEP_UNDO_UNSAID))
        return true;
    error_set(err, ERROR_USAGE, "step '%s' has no way back", step->name);
    return step->reason == NULL ? false : error_hint(err, "%s", step->reason);
}

bool step_act_make(TALLOC_CTX *mem, const struct step_request *request, struct act *out,
                   struct error *err)
{
    struct stepping *stepping = mem_new(mem, struct stepping);
    const struct config_step *step = request->step;
    stepping->request = request;
    talloc_set_destructor(stepping, drop_data);
    TRY(check_undo(request, err));
    if (request->version != NULL)
        TRY(task_check_version(request->version, err));
    stepping->data = json_object();
    json_put_text(stepping->data, "environment", request->environment->name);
    TRY(make_inner(mem, stepping, err));
    TRY(read_history(stepping, err));
    *out = stepping->inner;
    json_put_text(out->data, "step", step->name);
    json_put_bool(out->data, "undo", request->is_undo);
    out->context = stepping;
    out->look = look;
    out->act = act;
    return true;
}

/*
 * Steps that are a command of the user's, or a wait: looked at by their read_back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/quantity.h"
#include "flight/inquiry.h"
#include "flight/stepping.h"
#include "flight/task.h"

#define LOOK_EVERY_MS 500
#define SCHEMA_SHOWN 12 // characters of a digest

// --- looking

struct asked {
    TALLOC_CTX *mem;
    json_t *answers;
    size_t n, n_pass, n_answered_no, n_unknown;
    const char *first_pass, *first_fail, *first_unknown;
};

static void take_answer(void *context, const struct probe_request *request,
                        const struct probe_answer *answer)
{
    struct asked *asked = context;
    const char **first = &asked->first_fail;
    json_array_append_new(asked->answers, inquiry_answer_json(request, answer));
    asked->n++;
    if (answer->status == PROBE_PASS) {
        asked->n_pass++;
        first = &asked->first_pass;
    } else if (answer->status == PROBE_UNKNOWN) {
        asked->n_unknown++;
        first = &asked->first_unknown;
    } else {
        asked->n_answered_no += strcmp(answer->cause, "answered") == 0;
    }
    if (*first == NULL)
        *first = answer->text;
}

static void conclude(const struct stepping *stepping, const struct asked *asked,
                     struct act_seen *out)
{
    bool is_undo = stepping->request->is_undo;
    size_t n_fail = asked->n - asked->n_pass - asked->n_unknown;
    // That nobody answers shows that it is not there; that it was taken back it does not show.
    bool is_silent = is_undo && asked->n_answered_no < n_fail;
    if (asked->n_unknown > 0 || is_silent) {
        out->state = ACT_UNKNOWN;
        out->why = asked->n_unknown > 0 ? asked->first_unknown : asked->first_fail;
        return;
    }
    size_t n_right = is_undo ? n_fail : asked->n_pass;
    out->state = n_right == asked->n ? ACT_DONE : n_right == 0 ? ACT_PENDING : ACT_PARTLY;
    bool shows_pass = (out->state == ACT_DONE) != is_undo;
    out->why = shows_pass ? asked->first_pass : asked->first_fail;
}

static bool ask(TALLOC_CTX *mem, const struct stepping *stepping, struct act_seen *out,
                struct error *err)
{
    const struct step_request *request = stepping->request;
    struct asked asked = {.mem = mem, .answers = json_keep(mem, json_array())};
    const struct inquiry inquiry = {
        .config = request->config,
        .environment = request->environment,
        .slot = request->slot,
        .version = request->version,
        .probes = request->probes,
        .engines = request->engines,
        .wait = request->wait,
        .take = take_answer,
        .context = &asked,
    };
    TRY(inquiry_make(mem, &inquiry, request->step->read_back, err));
    conclude(stepping, &asked, out);
    out->evidence = json_object();
    json_put(out->evidence, "answers", json_incref(asked.answers));
    return true;
}

// What a command does may take its time to be seen.
static bool ask_until_done(TALLOC_CTX *mem, const struct stepping *stepping, int64_t patience_ms,
                           struct act_seen *out, struct error *err)
{
    int64_t until_ms = clock_monotonic_ms() + patience_ms;
    for (;;) {
        TRY(ask(mem, stepping, out, err));
        if (out->state == ACT_DONE || clock_monotonic_ms() >= until_ms)
            return true;
        json_decref(out->evidence);
        out->evidence = NULL;
        TRY(wait_pause(stepping->request->wait, LOOK_EVERY_MS, err));
    }
}

static void remember(const struct stepping *stepping, struct act_seen *out)
{
    const struct step_history *history = &stepping->history;
    bool is_known = stepping->has_run || history->was_done || history->was_failed;
    *out = (struct act_seen){.state = ACT_PENDING, .why = "it was not done in this flight"};
    if (stepping->request->flight == NULL)
        out->why = "nothing tells whether it was done";
    if (stepping->undone != NULL) {
        out->why = stepping->undone;
    } else if (stepping->has_run ? stepping->has_failed : history->was_failed) {
        out->state = ACT_PARTLY;
        out->why = "nothing tells what it left behind";
    } else if (is_known) {
        out->state = ACT_DONE;
        out->why = stepping->has_changed_schema ? "it ended well, and the schema changed"
                                                : "it ended well, and nothing else tells";
    } else if (history->was_begun) {
        out->state = ACT_UNKNOWN;
        out->why = "it was begun, and nobody saw its end";
    }
}

bool stepping_look(TALLOC_CTX *mem, struct stepping *stepping, bool has_acted, struct act_seen *out,
                   struct error *err)
{
    const struct config_step *step = stepping->request->step;
    *out = (struct act_seen){0};
    if (step->read_back == NULL) {
        remember(stepping, out);
        return true;
    }
    return ask_until_done(mem, stepping, has_acted ? step->ready_ms : 0, out, err);
}

static bool look(TALLOC_CTX *mem, void *context, bool has_acted, struct act_seen *out,
                 struct error *err)
{
    return stepping_look(mem, context, has_acted, out, err);
}

// --- commands

static struct task make_task(const struct stepping *stepping)
{
    const struct step_request *request = stepping->request;
    const struct config_step *step = request->step;
    const struct config_release *release = &request->environment->release;
    return (struct task){
        .name = step->name,
        .words = request->is_undo ? step->undo_command : step->command,
        .n_words = request->is_undo ? step->n_undo_command : step->n_command,
        .is_shell = step->is_shell,
        .environment = release->environment,
        .n_environment = release->n_environment,
        .values = {.slot = request->slot, .version = request->version},
        .config = request->config,
        .timeout_ms = step->timeout_ms,
        .wait = request->wait,
        .show = request->show,
        .show_context = request->show_context,
    };
}

static bool run_task(TALLOC_CTX *mem, const struct stepping *stepping, const char **why,
                     struct error *err)
{
    const struct task task = make_task(stepping);
    struct task_end end;
    TRY(task_run(mem, &task, &end, err));
    json_put_text(stepping->data, "output", end.output);
    *why = end.why;
    return true;
}

static void note_schema(const struct stepping *stepping, const char *name, const char *digest)
{
    SCRATCH(tmp);
    json_put_text(stepping->data, name, mem_strndup(tmp, digest, SCHEMA_SHOWN));
}

// A migration tool may end well without having found its migrations, or its database.
static bool run_on_schema(TALLOC_CTX *mem, struct stepping *stepping, const char **why,
                          struct error *err)
{
    char before[65], after[65];
    if (!stepping_schema(stepping, before, err)) {
        stepping->undone = "it was not run";
        return false;
    }
    TRY(run_task(mem, stepping, why, err));
    TRY(stepping_schema(stepping, after, err));
    note_schema(stepping, "schema_before", before);
    note_schema(stepping, "schema_after", after);
    stepping->has_changed_schema = strcmp(before, after) != 0;
    if (stepping->has_changed_schema || *why != NULL)
        return true;
    stepping->undone = "nothing of it is there";
    *why = mem_printf(mem, "%s: ended with status 0, and the schema is as it was",
                      stepping->request->step->name);
    return true;
}

static bool run(TALLOC_CTX *mem, void *context, const char **why, struct error *err)
{
    struct stepping *stepping = context;
    return stepping->request->step->changes_schema ? run_on_schema(mem, stepping, why, err)
                                                   : run_task(mem, stepping, why, err);
}

bool stepping_command(TALLOC_CTX *mem, struct stepping *stepping, struct error *err)
{
    const struct task task = make_task(stepping);
    (void)mem;
    TRY(task_put_command(stepping->data, &task, err));
    stepping->inner = (struct act){.started = EVENT_STEP_ACT_STARTED,
                                   .done = EVENT_STEP_ACTED,
                                   .failed = EVENT_STEP_ACT_FAILED,
                                   .data = stepping->data,
                                   .context = stepping,
                                   .look = look,
                                   .act = run};
    return true;
}

// --- waits

static bool look_at_wait(TALLOC_CTX *mem, void *context, bool has_acted, struct act_seen *out,
                         struct error *err)
{
    struct stepping *stepping = context;
    const struct step_history *history = &stepping->history;
    (void)has_acted;
    if (stepping->request->step->read_back != NULL) {
        *out = (struct act_seen){0};
        return ask(mem, stepping, out, err);
    }
    // A wait that was broken off harms nobody: it is waited again.
    bool is_over = stepping->has_run ? !stepping->has_failed : history->was_done;
    *out = (struct act_seen){.state = is_over ? ACT_DONE : ACT_PENDING,
                             .why = is_over ? "the time is over" : "it is to be waited"};
    return true;
}

static bool wait_for_it(TALLOC_CTX *mem, void *context, const char **why, struct error *err)
{
    struct stepping *stepping = context;
    const struct config_step *step = stepping->request->step;
    struct act_seen seen = {0};
    if (step->read_back == NULL)
        return wait_pause(stepping->request->wait, step->wait_ms, err);
    TRY(ask_until_done(mem, stepping, step->wait_ms, &seen, err));
    json_decref(seen.evidence);
    if (seen.state != ACT_DONE)
        *why = mem_printf(mem, "%s: not so within %s", step->name,
                          quantity_duration(mem, step->wait_ms));
    return true;
}

void stepping_wait(struct stepping *stepping)
{
    json_put_integer(stepping->data, "wait_ms", stepping->request->step->wait_ms);
    stepping->inner = (struct act){.started = EVENT_STEP_ACT_STARTED,
                                   .done = EVENT_STEP_ACTED,
                                   .failed = EVENT_STEP_ACT_FAILED,
                                   .data = stepping->data,
                                   .context = stepping,
                                   .look = look_at_wait,
                                   .act = wait_for_it};
}

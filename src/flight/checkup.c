/*
 * Checkups: see checkup.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/checkup.h"
#include "base/clock.h"
#include "base/text.h"
#include "flight/acceptance.h"
#include "journal/events.h"
#include <string.h>

#define VERIFY_MS ((int64_t)25 * 60 * 1000)
#define READY_MAX_MS ((int64_t)30 * 1000) // what answered once is not waited for as after a deploy
#define ASK_EVERY_MS 1000

// --- what a verification says

static bool is_status(const json_t *check, const char *status)
{
    const char *is = json_get_text(check, "status");
    return is != NULL && strcmp(is, status) == 0 &&
           json_is_true(json_object_get(check, "required"));
}

static bool is_named(const json_t *check, const char *name)
{
    const char *is = json_get_text(check, "name");
    return is != NULL && name != NULL && strcmp(is, name) == 0;
}

// The one that decides; else the first, for they stand worst first.
static const json_t *first_check(const json_t *document, const char *status, size_t *n)
{
    const char *decisive = json_get_text(document, "decisive");
    const json_t *check, *first = NULL;
    size_t i;

    *n = 0;
    json_array_foreach(json_object_get(document, "invariants"), i, check)
    {
        if (!is_status(check, status))
            continue;
        first = first == NULL || is_named(check, decisive) ? check : first;
        (*n)++;
    }
    return first;
}

char *checkup_reason(TALLOC_CTX *mem, const json_t *document)
{
    size_t n;
    const json_t *check = first_check(document, "FAIL", &n);

    if (check == NULL)
        check = first_check(document, "UNKNOWN", &n);
    if (check == NULL)
        return NULL;
    const char *title = json_get_text(check, "title"), *observed = json_get_text(check, "observed");
    const char *detail = json_get_text(check, "detail") ?: "";
    size_t len = strcspn(detail, "\n");
    return mem_printf(mem, "%s: %s%s%.*s%s%s", title ?: "a check", observed ?: "unknown",
                      len == 0 ? "" : " (", (int)len, detail, len == 0 ? "" : ")",
                      n < 2 ? "" : mem_printf(mem, ", and %zu more", n - 1));
}

bool checkup_is_unattributable(const json_t *document)
{
    return json_is_true(json_object_get(document, "unattributable"));
}

// --- the data

static const char *shown_by(TALLOC_CTX *mem, const struct checkup *checkup, const char *baseline)
{
    return mem_printf(mem, "tminus verify --baseline %s --expect %s%s shows all",
                      text_shell_quoted(mem, baseline),
                      checkup->as_before ? "as-before" : "applied",
                      checkup->flight->is_after_release ? " --after-release" : "");
}

static void put_answer(TALLOC_CTX *mem, const struct checkup *checkup,
                       const struct verb_answer *answer, const char *baseline,
                       struct flight_answer *out)
{
    bool is_open = checkup_is_unattributable(answer->document);
    const char *reason = checkup_reason(mem, answer->document);

    out->verdict = answer->status == 0                                     ? VERDICT_GO
                   : answer->status == 1 && !answer->timed_out && !is_open ? VERDICT_NO_GO
                                                                           : VERDICT_HOLD;
    if (out->verdict == VERDICT_GO)
        return;
    if (reason == NULL) {
        out->why = mem_strdup(mem, answer->said);
        return;
    }
    if (is_open)
        out->unattributed = acceptance_kinds(mem, answer->document);
    out->why = mem_printf(
        mem, "%s%s; %s", reason,
        is_open ? "; it may be traffic as well as damage, for this database does not tell who "
                  "wrote a row"
                : "",
        shown_by(mem, checkup, baseline));
}

static bool checkup_data(TALLOC_CTX *mem, const struct checkup *checkup, struct flight_answer *out,
                         struct error *err)
{
    const char *baseline;
    struct verb_answer answer;

    TRY(step_find_baseline(mem, checkup->steps, &baseline, err));
    if (baseline == NULL) {
        *out = (struct flight_answer){.verdict = VERDICT_HOLD,
                                      .why = "the flight has no baseline to compare with"};
        return true;
    }
    const char *const argv[] = {
        "verify", "--baseline", baseline, "--expect", checkup->as_before ? "as-before" : "applied",
        NULL};
    TRY(verb_run(mem, checkup->steps->caller, argv, VERIFY_MS, &answer, err));
    put_answer(mem, checkup, &answer, baseline, out);
    return true;
}

// --- the release

static const struct step *released_step(const struct flight *flight)
{
    for (size_t i = 0; i < flight->n_steps; i++)
        if (flight->steps[i].phase == STEP_DEPLOY && flight->steps[i].state == STEP_DONE &&
            strcmp(flight->steps[i].kind, "release") == 0)
            return &flight->steps[i];
    return NULL;
}

struct released {
    TALLOC_CTX *mem;
    const struct flight *flight;
    bool has_begun;
    const char *by_others; // another version, the last that was deployed since; NULL: none was
};

static bool take_released(void *context, const json_t *event)
{
    struct released *released = context;
    const struct flight *flight = released->flight;
    const json_t *data = json_object_get(event, "data");
    const char *name = json_get_text(event, "event"), *run = json_get_text(event, "run");
    const char *id = json_get_text(data, "flight"), *version = json_get_text(data, "version");

    if (name == NULL)
        return true;
    if (strcmp(name, EVENT_FLIGHT_STARTED) == 0 && id != NULL && strcmp(id, flight->id) == 0)
        released->has_begun = true;
    if (!released->has_begun || strcmp(name, EVENT_RELEASED) != 0 || version == NULL ||
        !flight_event_is_of(event, flight->service, flight->environment))
        return true;
    bool is_own = (run != NULL && strcmp(run, flight->id) == 0) ||
                  (flight->version != NULL && strcmp(version, flight->version) == 0);
    released->by_others =
        is_own ? NULL
               : mem_printf(released->mem,
                            "release %s was deployed by %s at %s, after the flight's %s", version,
                            json_get_text(event, "actor") ?: "somebody",
                            json_get_text(event, "ts") ?: "some time", flight->version ?: "own");
    return true;
}

// A slot may be starting anew just now: it is given its time.
static bool ask_release(TALLOC_CTX *mem, const struct checkup *checkup, const struct step *step,
                        struct step_result *out, struct error *err)
{
    int64_t most_ms = checkup->ready_ms < READY_MAX_MS ? checkup->ready_ms : READY_MAX_MS;
    int64_t until_ms = clock_monotonic_ms() + most_ms;

    for (;;) {
        *out = (struct step_result){0};
        TRY(step_read_back(mem, checkup->steps, step, out, err));
        json_decref(out->evidence);
        out->evidence = NULL;
        if (out->state == STEP_DONE || clock_monotonic_ms() >= until_ms)
            return true;
        TRY(wait_pause(checkup->steps->caller->wait, ASK_EVERY_MS, err));
    }
}

// `*is_others`: what answers was put there by somebody since.
static bool checkup_release(TALLOC_CTX *mem, const struct checkup *checkup,
                            struct flight_answer *out, bool *is_others, struct error *err)
{
    const struct step *step = released_step(checkup->flight);
    struct released released = {.mem = mem, .flight = checkup->flight};
    struct step_result seen;

    *out = (struct flight_answer){.verdict = VERDICT_GO};
    if (step == NULL || checkup->flight->is_rolling_back)
        return true;
    TRY(ask_release(mem, checkup, step, &seen, err));
    if (seen.state == STEP_DONE)
        return true;
    TRY(journal_read(checkup->steps->journal, 1, take_released, &released, err));
    // Somebody's work is not taken back by itself.
    out->verdict =
        seen.state == STEP_UNKNOWN || released.by_others != NULL ? VERDICT_HOLD : VERDICT_NO_GO;
    out->why = mem_printf(mem, "the release: %s%s%s", seen.why ?: "it does not answer",
                          released.by_others == NULL ? "" : "; ",
                          released.by_others == NULL ? "" : released.by_others);
    *is_others = released.by_others != NULL;
    return true;
}

// --- both

bool checkup_all(TALLOC_CTX *mem, const struct checkup *checkup, struct flight_answer *out,
                 struct error *err)
{
    struct flight_answer release;
    bool is_others = false;

    TRY(checkup_release(mem, checkup, &release, &is_others, err));
    TRY(checkup_data(mem, checkup, out, err));
    if (release.verdict == VERDICT_GO)
        return true;
    bool is_release = is_others || out->verdict != VERDICT_NO_GO;
    const char *why =
        out->why == NULL ? release.why : mem_printf(mem, "%s; %s", release.why, out->why);
    // Who says go to rows does not say it to a release that is gone.
    *out = (struct flight_answer){
        .verdict = is_release ? release.verdict : VERDICT_NO_GO,
        .why = why,
    };
    return true;
}

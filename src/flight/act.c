/*
 * Acts: see act.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/act.h"
#include "base/clock.h"
#include "base/process_mark.h"

struct acting {
    TALLOC_CTX *mem;
    const struct act *act;
    struct journal *journal;
    struct act_report *report;
};

static bool look(struct acting *acting, bool has_acted, struct error *err)
{
    struct act_seen seen = {0};
    struct act_report *report = acting->report;
    TRY(acting->act->look(acting->mem, acting->act->context, has_acted, &seen, err));
    report->state = seen.state;
    report->why = secret_hide(acting->mem, seen.why);
    report->evidence = seen.evidence;
    if (seen.evidence != NULL)
        json_hide(json_keep(acting->mem, seen.evidence));
    return true;
}

static bool note(const struct acting *acting, const char *event, bool is_result, struct error *err)
{
    const struct act_report *report = acting->report;
    json_t *data = json_deep_copy(acting->act->data);
    if (!is_result)
        json_put_text(data, "process", process_mark(acting->mem));
    if (is_result) {
        json_put_text(data, "state", act_state_name(report->state));
        json_put_text(data, "why", report->why);
        json_put_integer(data, "took_ms", report->took_ms);
        if (report->evidence != NULL)
            json_put(data, "evidence", json_incref(report->evidence));
    }
    return journal_append(acting->journal, event, data, err);
}

static bool do_it(struct acting *acting, struct error *err)
{
    const struct act *act = acting->act;
    struct act_report *report = acting->report;
    struct error cause = {0};
    const char *failure = NULL;
    int64_t started_ms = clock_monotonic_ms();
    TRY(note(acting, act->started, false, err));
    report->has_acted = true;
    if (!act->act(acting->mem, act->context, &failure, &cause)) {
        if (cause.code == ERROR_INTERRUPTED) {
            *err = cause;
            return false;
        }
        failure = mem_strdup(acting->mem, cause.message);
    }
    report->has_failed = failure != NULL;
    TRY(look(acting, !report->has_failed, err));
    report->took_ms = clock_monotonic_ms() - started_ms;
    if (failure != NULL)
        report->why = report->state == ACT_DONE
                          ? mem_printf(acting->mem, "%s; but %s", failure, report->why)
                          : mem_printf(acting->mem, "%s; %s", failure, report->why);
    return note(acting, report->state == ACT_DONE ? act->done : act->failed, true, err);
}

bool act_run(TALLOC_CTX *mem, const struct act *act, struct journal *journal,
             struct act_report *out, struct error *err)
{
    struct acting acting = {.mem = mem, .act = act, .journal = journal, .report = out};
    *out = (struct act_report){0};
    TRY(look(&acting, false, err));
    out->was_there = out->state == ACT_DONE;
    bool is_blind = out->state == ACT_UNKNOWN && act->needs_certainty;
    if (out->was_there || out->state == ACT_REFUSED || is_blind || journal == NULL)
        return true;
    return do_it(&acting, err);
}

const char *act_state_name(enum act_state state)
{
    static const char *const names[ACT_STATE_COUNT] = {
        [ACT_DONE] = "done",       [ACT_PENDING] = "pending", [ACT_PARTLY] = "partly",
        [ACT_UNKNOWN] = "unknown", [ACT_REFUSED] = "refused",
    };
    return names[state];
}

int act_exit_status(const struct act_report *report)
{
    switch (report->state) {
    case ACT_DONE: return 0;
    case ACT_REFUSED: return 1;
    case ACT_UNKNOWN: return 3;
    // What ended well and left no trace may still come.
    case ACT_PENDING: return !report->has_acted ? 0 : report->has_failed ? 4 : 5;
    case ACT_PARTLY: return report->has_acted ? 5 : 0;
    case ACT_STATE_COUNT: break;
    }
    bug("no exit status for act state %d", (int)report->state);
}

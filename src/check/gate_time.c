/*
 * Gates about the time: the window, the calendar, how long ago it was announced.
 *
 * What the wall shows decides: an hour that comes twice in autumn is the same hour both times, and
 * one that is left out in spring is simply never there.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "base/text.h"
#include "check/gate.h"

// Source: the runbook, "never deploy on Fridays".
static const char *const usual[] = {"friday"};

static bool is_told(const struct gate_facts *facts, struct gate_answer *out)
{
    out->layer = LAYER_KNOWN;
    if (facts->zone_unknown == NULL)
        return true;
    gate_answer(out, STATUS_UNKNOWN, facts->zone_unknown);
    return false;
}

static const char *now_text(TALLOC_CTX *mem, const struct gate_facts *facts)
{
    return mem_printf(mem, "%s %s %s", zone_weekday(facts->local.weekday), facts->local.moment,
                      facts->local.name);
}

// --- the window

static bool is_forbidden_day(const struct gate_facts *facts, const char *const *days, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text_equal_nocase(days[i], zone_weekday(facts->local.weekday)))
            return true;
    return false;
}

// Over midnight where they end before they begin.
static bool is_within(const struct config_hours *hours, int minute)
{
    if (hours->from <= hours->to)
        return minute >= hours->from && minute < hours->to;
    return minute >= hours->from || minute < hours->to;
}

static bool is_hour(const struct gate_facts *facts)
{
    const struct config_gates *gates = facts->gates;

    for (size_t i = 0; i < gates->n_hours; i++)
        if (is_within(&gates->hours[i], facts->local.minute))
            return true;
    return gates->n_hours == 0;
}

static const char *window_text(TALLOC_CTX *mem, const struct config_gates *gates,
                               const char *const *days, size_t n)
{
    const char *text = "";

    for (size_t i = 0; i < n; i++)
        text = mem_printf(mem, "%s%s%s", text, i == 0 ? "not on " : ", ", days[i]);
    for (size_t i = 0; i < gates->n_hours; i++) {
        const struct config_hours *hours = &gates->hours[i];
        text = mem_printf(mem, "%s%s%02d:%02d-%02d:%02d", text,
                          i > 0           ? ", "
                          : *text != '\0' ? "; between "
                                          : "between ",
                          hours->from / 60, hours->from % 60, hours->to / 60, hours->to % 60);
    }
    return *text != '\0' ? text : "any time";
}

void judge_window(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    const struct config_gates *gates = facts->gates;
    const char *const *days = gates->not_on;
    size_t n = gates->n_not_on;

    out->is_configured = n > 0 || gates->n_hours > 0;
    if (!out->is_configured) {
        days = usual;
        n = COUNT_OF(usual);
    }
    out->expected = window_text(mem, gates, days, n);
    if (!is_told(facts, out))
        return;
    bool is_open = !is_forbidden_day(facts, days, n) && is_hour(facts);
    gate_answer(out, is_open ? STATUS_PASS : STATUS_FAIL, now_text(mem, facts));
}

// --- the calendar

// A day alone is meant whole.
static bool is_frozen(const struct config_freeze *freeze, const char *moment)
{
    size_t from = strlen(freeze->from), to = strlen(freeze->to);
    int end = strncmp(moment, freeze->to, to);

    return strncmp(moment, freeze->from, from) >= 0 && (to == 10 ? end <= 0 : end < 0);
}

static bool is_holiday(const char *holiday, const char *moment)
{
    return strncmp(strlen(holiday) == 5 ? moment + 5 : moment, holiday, strlen(holiday)) == 0;
}

void judge_freeze(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    const struct config_gates *gates = facts->gates;

    out->is_configured = gates->n_freeze > 0 || gates->n_holidays > 0;
    out->expected = "no freeze and no holiday";
    if (!is_told(facts, out))
        return;
    if (!out->is_configured) {
        gate_answer(out, STATUS_UNKNOWN, "no calendar is configured");
        return;
    }
    for (size_t i = 0; i < gates->n_freeze; i++) {
        const struct config_freeze *freeze = &gates->freeze[i];
        if (!is_frozen(freeze, facts->local.moment))
            continue;
        gate_answer(out, STATUS_FAIL,
                    mem_printf(mem, "frozen until %s%s%s", freeze->to,
                               freeze->reason == NULL ? "" : ": ",
                               freeze->reason == NULL ? "" : freeze->reason));
        return;
    }
    for (size_t i = 0; i < gates->n_holidays; i++) {
        if (!is_holiday(gates->holidays[i], facts->local.moment))
            continue;
        gate_answer(out, STATUS_FAIL, mem_printf(mem, "%s is a holiday", gates->holidays[i]));
        return;
    }
    gate_answer(out, STATUS_PASS, now_text(mem, facts));
}

// --- the announcement

void judge_announced(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    SCRATCH(tmp);
    int64_t before_ms = facts->gates->announced_ms;
    int64_t age_ms = facts->now_ms - facts->announced_ms;

    out->is_configured = before_ms > 0;
    out->layer = LAYER_KNOWN;
    out->expected = mem_printf(mem, "this plan was announced at least %s ago",
                               quantity_duration(tmp, before_ms));
    if (facts->announced_ms < 0)
        gate_answer(out, STATUS_MANUAL, "nobody signed that it was announced");
    else if (age_ms < before_ms)
        gate_answer(out, STATUS_FAIL,
                    mem_printf(mem, "announced %s: wait %s more",
                               gate_ago(tmp, facts, facts->announced_ms),
                               quantity_duration(tmp, before_ms - age_ms)));
    else
        gate_answer(out, STATUS_PASS,
                    mem_printf(mem, "announced %s", gate_ago(tmp, facts, facts->announced_ms)));
    out->detail = facts->announced_where;
}

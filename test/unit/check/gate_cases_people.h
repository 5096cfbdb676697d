/*
 * Cases of gates about who said yes, and when it may begin.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef GATE_CASES_PEOPLE_H
#define GATE_CASES_PEOPLE_H

#include "gate_spoilers.h"

static void nobody_signed(struct good_facts *good)
{
    good->facts.n_approvals = 0;
}
static void signed_another(struct good_facts *good)
{
    good->facts.n_approvals = 0;
    good->facts.n_void = 1;
}
static void own_signature(struct good_facts *good)
{
    good->approvals[0].actor = "ana";
}
static void own_signature_counted(struct good_facts *good)
{
    own_signature(good);
    good->gates.approvals = 1;
}
static void own_signature_irreversible(struct good_facts *good)
{
    own_signature(good);
    irreversible(good);
}
static void one_of_two(struct good_facts *good)
{
    good->gates.approvals = 2;
}
static void two_of_two(struct good_facts *good)
{
    good->gates.approvals = 2;
    good->approvals[1] = (struct gate_approval){.actor = "cem", .at_ms = NOW_MS};
    good->facts.n_approvals = 2;
}
static void high_risk(struct good_facts *good)
{
    good->facts.risk = RISK_HIGH;
}
static void high_risk_reason(struct good_facts *good)
{
    high_risk(good);
    good->approvals[0].reason = "tried for a week";
}
static void high_risk_flag(struct good_facts *good)
{
    high_risk(good);
    good->gates.risk_flag = "new_inbox";
}
static void risk_unknown(struct good_facts *good)
{
    good->facts.risk = RISK_UNKNOWN;
}
static void weekend(struct good_facts *good)
{
    static const char *days[] = {"Sunday"};
    good->gates.not_on = days;
    good->gates.n_not_on = 1;
}
static void friday(struct good_facts *good)
{
    good->facts.local.weekday = 5;
}
static void set_hours(struct good_facts *good, int from, int to, int minute)
{
    static struct config_hours hours;
    hours = (struct config_hours){from, to};
    good->gates.hours = &hours;
    good->gates.n_hours = 1;
    good->facts.local.minute = minute;
}
static void within_hours(struct good_facts *good)
{
    friday(good); // which is forbidden only where nothing is configured
    set_hours(good, 9 * 60, 16 * 60, 9 * 60);
}
static void after_hours(struct good_facts *good)
{
    set_hours(good, 9 * 60, 16 * 60, 16 * 60);
}
static void within_the_night(struct good_facts *good)
{
    set_hours(good, 22 * 60, 4 * 60, 30);
}
static void outside_the_night(struct good_facts *good)
{
    set_hours(good, 22 * 60, 4 * 60, 12 * 60);
}
static void busy_hour(struct good_facts *good)
{
    good->facts.local.minute = 14 * 60;
}
static void zone_unknown(struct good_facts *good)
{
    good->facts.zone_unknown = "no time zone 'Mars' is known here";
}
static void add_freeze(struct good_facts *good, const char *from, const char *to)
{
    static struct config_freeze freeze;
    freeze = (struct config_freeze){from, to, "year's end"};
    good->gates.freeze = &freeze;
    good->gates.n_freeze = 1;
}
static void frozen(struct good_facts *good)
{
    add_freeze(good, "2026-11-20", "2026-11-22"); // its last day is meant whole
}
static void frozen_to_the_minute(struct good_facts *good)
{
    add_freeze(good, "2026-11-22 11:00", "2026-11-22 11:01");
}
static void thawed_to_the_minute(struct good_facts *good)
{
    add_freeze(good, "2026-11-22 10:00", "2026-11-22 11:00");
}
static void frozen_later(struct good_facts *good)
{
    add_freeze(good, "2026-11-23", "2026-12-01");
}
static void add_holiday(struct good_facts *good, const char *day)
{
    static const char *days[1];
    days[0] = day;
    good->gates.holidays = days;
    good->gates.n_holidays = 1;
}
static void holiday(struct good_facts *good)
{
    add_holiday(good, "2026-11-22");
}
static void holiday_every_year(struct good_facts *good)
{
    add_holiday(good, "11-22");
}
static void holiday_of_last_year(struct good_facts *good)
{
    add_holiday(good, "2025-11-22");
}
static void announced_late(struct good_facts *good)
{
    good->facts.announced_ms = NOW_MS - 10 * MINUTE_MS;
}
static void not_announced(struct good_facts *good)
{
    good->facts.announced_ms = -1;
}

static const struct gate_case gate_cases_people[] = {
    {"approved", nothing, STATUS_PASS, "signed by 1"},
    {"approved", own_signature, STATUS_PASS, "signed by 1"},
    {"approved", two_of_two, STATUS_PASS, "signed by 2"},
    {"approved", one_of_two, STATUS_UNKNOWN, "signed by 1 of 2"},
    {"approved", own_signature_counted, STATUS_UNKNOWN, "signed by nobody else than who launches"},
    {"approved", own_signature_irreversible, STATUS_UNKNOWN, NULL},
    {"approved", nobody_signed, STATUS_UNKNOWN, "signed by nobody"},
    {"approved", signed_another, STATUS_UNKNOWN,
     "what was signed is another plan than this: it is void"},
    {"risk", nothing, STATUS_PASS, "risk low"},
    {"risk", high_risk_flag, STATUS_PASS, "risk high, behind the flag new_inbox"},
    {"risk", high_risk_reason, STATUS_PASS, "risk high, accepted by ben: tried for a week"},
    {"risk", high_risk, STATUS_FAIL, "risk high, without a flag or a reason"},
    {"risk", risk_unknown, STATUS_UNKNOWN, NULL},
    {"window", nothing, STATUS_PASS, "sunday 2026-11-22 11:00 CET"},
    {"window", within_hours, STATUS_PASS, NULL},
    {"window", within_the_night, STATUS_PASS, NULL},
    {"window", friday, STATUS_FAIL, "friday 2026-11-22 11:00 CET"},
    {"window", weekend, STATUS_FAIL, NULL},
    {"window", after_hours, STATUS_FAIL, NULL},
    {"window", outside_the_night, STATUS_FAIL, NULL},
    {"window", zone_unknown, STATUS_UNKNOWN, "no time zone 'Mars' is known here"},
    {"low-traffic", nothing, STATUS_PASS, "11:00 CET has 25 % of the busiest hour"},
    {"low-traffic", busy_hour, STATUS_FAIL, "14:00 CET has 100 % of the busiest hour"},
    {"low-traffic", zone_unknown, STATUS_UNKNOWN, "no time zone 'Mars' is known here"},
    {"freeze", frozen_later, STATUS_PASS, NULL},
    {"freeze", thawed_to_the_minute, STATUS_PASS, NULL},
    {"freeze", holiday_of_last_year, STATUS_PASS, NULL},
    {"freeze", frozen, STATUS_FAIL, "frozen until 2026-11-22: year's end"},
    {"freeze", frozen_to_the_minute, STATUS_FAIL, NULL},
    {"freeze", holiday, STATUS_FAIL, "2026-11-22 is a holiday"},
    {"freeze", holiday_every_year, STATUS_FAIL, "11-22 is a holiday"},
    {"freeze", nothing, STATUS_UNKNOWN, "no calendar is configured"},
    {"freeze", zone_unknown, STATUS_UNKNOWN, NULL},
    {"announced", nothing, STATUS_PASS, "announced 1 h 0 min ago"},
    {"announced", announced_late, STATUS_FAIL, "announced 10 min 0 s ago: wait 20 min 0 s more"},
    {"announced", not_announced, STATUS_MANUAL, "nobody signed that it was announced"},
};

#endif

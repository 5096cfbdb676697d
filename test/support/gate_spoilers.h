/*
 * What spoils the good facts of a poll: on the server, and of what a flight needs besides it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_SUPPORT_GATE_SPOILERS_H
#define TEST_SUPPORT_GATE_SPOILERS_H

#include "gate_facts.h"

static void add_activity(struct good_facts *good, struct engine_activity activity)
{
    good->activity[good->facts.n_activity++] = activity;
}
static void old_transaction(struct good_facts *good)
{
    add_activity(good, (struct engine_activity){
                           .kind = "transaction", .age_ms = 6 * MINUTE_MS, .text = "report"});
}
static void young_transaction(struct good_facts *good)
{
    add_activity(good,
                 (struct engine_activity){.kind = "transaction", .age_ms = 1000, .text = "web"});
}
static void somebody_waits(struct good_facts *good)
{
    add_activity(good, (struct engine_activity){.kind = "waiting", .age_ms = 10, .text = "web"});
}
static void prepared(struct good_facts *good)
{
    add_activity(good, (struct engine_activity){.kind = "prepared", .age_ms = 10, .text = "p"});
}
static void idle_slot(struct good_facts *good)
{
    add_activity(good,
                 (struct engine_activity){.kind = "slot", .state = "not active", .text = "slot"});
}
static void read_slot(struct good_facts *good)
{
    add_activity(good, (struct engine_activity){.kind = "slot", .state = "active", .text = "s"});
}
static void unseen(struct good_facts *good)
{
    add_activity(good, (struct engine_activity){.kind = "unknown", .text = "grant pg_monitor"});
}
static void server_silent(struct good_facts *good)
{
    good->facts.activity_unknown = "permission denied";
}
static void connections_many(struct good_facts *good)
{
    good->activity[0].state = "80 of 100";
}
static void connections_full(struct good_facts *good)
{
    good->activity[0].state = "95 of 100";
}
static void connections_unsaid(struct good_facts *good)
{
    good->facts.n_activity = 0;
}


static void command_missing(struct good_facts *good)
{
    good->command.is_there = false;
}
static void no_commands(struct good_facts *good)
{
    good->facts.n_commands = 0;
}
static void flag_on(struct good_facts *good)
{
    good->flag.value = FLAG_ON;
}
static void flag_on_by_us(struct good_facts *good)
{
    flag_on(good);
    good->flag.was_ours = true;
}
static void flag_silent(struct good_facts *good)
{
    good->flag.value = FLAG_UNKNOWN;
}
static void no_flags(struct good_facts *good)
{
    good->facts.n_flags = 0;
}

// --- of gates of several kinds

static void nothing(struct good_facts *good)
{
    (void)good;
}
static void irreversible(struct good_facts *good)
{
    good->plan.rollback.class = ROLLBACK_IRREVERSIBLE;
}

// What one gate answers after `spoil` changed the good facts.
struct gate_case {
    const char *gate;
    void (*spoil)(struct good_facts *good);
    enum status status;
    const char *observed; // NULL: whatever
};

#endif

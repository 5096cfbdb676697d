/*
 * Facts of a poll: what gates are judged by, read elsewhere (check/gather_*.c).
 *
 * Plain data, so that every case of every gate is a unit test. What could not be read says why:
 * unknown is never pass.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHECK_FACTS_H
#define CHECK_FACTS_H

#include "change/config.h"
#include "driver/engine.h"
#include "plan/plan.h"

// The effects file of one migration, and what the rehearsal of it said.
struct gate_effects {
    const char *path;
    bool is_there;      // now
    bool was_compared;  // by that rehearsal, with just this text
    bool was_different; // and something else happened than it says
};

// The last rehearsal of just the plan's migrations.
struct gate_rehearsal {
    bool is_there;
    bool has_other; // not there, but one of other migrations
    int64_t at_ms;
    enum verdict verdict;
    const char *why;
    enum status schema_restored, data_restored; // by the downs
};

struct gate_approval {
    const char *actor;
    int64_t at_ms;
    const char *reason; // NULL
};

struct gate_waiver {
    const char *gate;
    const char *actor, *reason;
    int64_t until_ms;
};

struct gate_backup {
    bool is_configured;
    const char *unknown; // why the list could not be read; NULL
    bool is_there;
    const char *id, *damage;
    bool is_of_other; // of another system than the target
    int64_t taken_ms;
    int64_t proven_ms; // the last restore of any of them; -1: never
    enum verdict proof;
};

struct gate_facts {
    int64_t now_ms;
    const char *actor;       // who polls, and would launch
    const struct plan *plan; // its lines that only read have answers
    const struct config_gates *gates;
    const struct config_backup *limits;
    struct engine_identity identity; // of the target
    enum risk risk;
    struct gate_rehearsal rehearsal;
    struct gate_effects *effects; // one for each migration of the plan
    size_t n_effects;
    struct gate_backup backup;
    struct gate_approval *approvals; // of this digest, the last of each person
    size_t n_approvals;
    size_t n_void;               // approvals of other digests
    struct gate_waiver *waivers; // the last of each gate, ended ones too
    size_t n_waivers;
    bool has_server; // false: one file, one writer
    const struct engine_activity *activity;
    size_t n_activity;
    const char *activity_unknown; // why it could not be read; NULL
    const char *options, *paths;  // of command lines: "--env production", "db/migrations", or ""
};

#endif

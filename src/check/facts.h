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
#include "check/traffic.h"
#include "check/zone.h"
#include "driver/engine.h"
#include "driver/flag.h"
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

struct gate_staging {
    const char *name;    // of the environment; NULL: there is none
    const char *unknown; // why its journal could not be read; NULL
    size_t n_applied;    // of the plan's migrations, with just their bytes
    int64_t applied_ms;  // the last of them
    int64_t verified_ms; // the last verification there; -1: never
    bool is_go;          // how it ended
    int64_t rows;        // of the tables that the change touches, in its last baseline; -1: not known
};

struct gate_size {
    bool is_asked;       // a range is named
    const char *unknown; // why it could not be read; NULL
    int64_t lines;       // added and deleted, without what programs wrote
    const char **binaries;
    size_t n_binaries;
};

struct gate_key { // of the release's environment, without its value
    const char *name;
    bool is_there, is_empty, is_placeholder;
};

struct gate_secret {
    const char *name;
    const char *unknown; // why its age is not known; NULL
    int64_t age_ms, max_age_ms;
};

struct gate_command { // what a flight runs or reads besides tminus itself
    const char *key;  // of tminus.yaml: "release.deploy", "steps.warm"
    const char *name; // of the program or file
    bool is_there;
};

struct gate_flag {
    const char *name;
    enum flag_value value; // now
    const char *text;      // what was read
    bool is_switched_on;   // by a step of the flight
    bool was_ours;         // the last that was done with it through tminus was to switch it on
};

struct gate_disk {
    bool is_configured;
    const char *unknown;  // why the room is not known; NULL
    int64_t needed_bytes; // 0: nothing is rewritten; -1: not known
    const char *largest;  // of the rewritten tables; NULL: none
    int64_t free_bytes;
};

struct gate_wraparound {
    const char *unknown;  // NULL
    const char *database; // that was frozen longest ago; NULL: not told
    int64_t age;          // transactions since then
};

struct gate_standby {
    const char *name;
    int64_t lag_ms;
    int64_t lag_bytes; // -1: the role may not see it
};

struct gate_facts {
    int64_t now_ms;
    struct zone_time local;      // now, where it is launched
    const char *zone_unknown;    // why that is not known; NULL
    bool has_traffic;            // counts by the hour are configured
    const char *traffic_unknown; // why they could not be read; NULL
    struct traffic traffic;
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
    int64_t announced_ms;        // this plan, for the first time; -1: never
    const char *announced_where; // NULL
    struct gate_staging staging;
    int64_t baseline_rows; // of the same tables here, in the last baseline since a migration; -1
    struct gate_size size;
    struct gate_key *keys; // those that are required
    size_t n_keys;
    const char *keys_unknown; // why they could not be looked for; NULL
    struct gate_secret *secrets;
    size_t n_secrets;
    struct gate_command *commands;
    size_t n_commands;
    struct gate_flag *flags;
    size_t n_flags;
    struct gate_disk disk;
    const struct schema *schema; // of the target's catalog; NULL: it was not read
    struct gate_wraparound wraparound;
    struct gate_standby *standbys;
    size_t n_standbys;
    const char *standbys_unknown; // why they could not be read; NULL
    bool has_server;              // false: one file, one writer
    const struct engine_activity *activity;
    size_t n_activity;
    const char *activity_unknown; // why it could not be read; NULL
    const char *options, *paths;  // of command lines: "--env production", "db/migrations", or ""
};

#endif

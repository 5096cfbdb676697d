/*
 * Facts of a poll that answers GO, for tests that break one of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_SUPPORT_GATE_FACTS_H
#define TEST_SUPPORT_GATE_FACTS_H

#include "check/judging.h"

#define MINUTE_MS ((int64_t)60 * 1000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define NOW_MS ((int64_t)1795341600000) // 2026-11-22T10:00:00Z, a Sunday

struct good_facts {
    struct plan plan;
    struct plan_step steps[3];
    struct plan_migration migration;
    struct config_gates gates;
    struct config_backup limits;
    struct gate_effects effects;
    struct gate_approval approvals[2];
    struct gate_waiver waiver;
    struct engine_activity activity[4];
    struct gate_facts facts;
};

// What is good about a change of one migration, on a server where nobody is in the way.
static inline void good_facts(struct good_facts *good)
{
    *good = (struct good_facts){
        .steps = {{.name = "pre.assess",
                   .kind = STEP_CHECK,
                   .status = STATUS_PASS,
                   .expected = "no stop",
                   .observed = "0 stop",
                   .is_required = true},
                  {.name = "pre.baseline",
                   .kind = STEP_CHECK,
                   .status = STATUS_PASS,
                   .expected = "one that is fresh",
                   .observed = "saved",
                   .is_required = true},
                  {.name = "pre.I1/emails",
                   .title = "No row is lost",
                   .kind = STEP_CHECK,
                   .status = STATUS_PASS,
                   .observed = "0",
                   .is_required = true}},
        .migration = {.version = "0001", .sha256 = "ab"},
        .gates = config_gates_default,
        .limits = config_backup_default,
        .effects = {.path = "0001.effects.yaml", .is_there = true, .was_compared = true},
        .approvals = {{.actor = "ben", .at_ms = NOW_MS - HOUR_MS}},
        .activity = {{.kind = "connections", .state = "5 of 100", .text = "95 are free"}},
    };
    good->plan = (struct plan){
        .service = "shop",
        .environment = "production",
        .target = {.engine = "postgres", .system = "71", .database = "shop", .text = "shop"},
        .sections = {[PLAN_PRE_DEPLOY] = {PLAN_PRE_DEPLOY, good->steps, 3}},
        .rollback = {.class = ROLLBACK_ROUND_TRIP, .layer = LAYER_MEASURED, .reason = "it goes"},
        .migrations = &good->migration,
        .n_migrations = 1,
        .digest = {"d1"},
    };
    good->facts = (struct gate_facts){
        .now_ms = NOW_MS,
        .actor = "ana",
        .plan = &good->plan,
        .gates = &good->gates,
        .limits = &good->limits,
        .identity = {.engine = "postgres", .system = "71", .database = "shop", .text = "shop"},
        .risk = RISK_LOW,
        .rehearsal = {.is_there = true,
                      .at_ms = NOW_MS - HOUR_MS,
                      .verdict = VERDICT_GO,
                      .schema_restored = STATUS_PASS,
                      .data_restored = STATUS_PASS},
        .effects = &good->effects,
        .n_effects = 1,
        .backup = {.is_configured = true,
                   .is_there = true,
                   .id = "b1",
                   .taken_ms = NOW_MS - MINUTE_MS,
                   .proven_ms = NOW_MS - DAY_MS,
                   .proof = VERDICT_GO},
        .approvals = good->approvals,
        .n_approvals = 1,
        .has_server = true,
        .activity = good->activity,
        .n_activity = 1,
        .options = "--env production",
        .paths = "db",
    };
}

#endif

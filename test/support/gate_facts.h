/*
 * Facts of a poll that answers GO, for tests that break one of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_SUPPORT_GATE_FACTS_H
#define TEST_SUPPORT_GATE_FACTS_H

#include "check/judging.h"
#include <string.h>

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
    struct gate_key keys[2];
    struct gate_secret secret;
    struct gate_command command;
    struct gate_flag flag;
    struct gate_standby standby;
    struct schema *schema;
    struct gate_facts facts;
};

// What is good about a change of one migration, on a server where nobody is in the way.
static inline void good_facts(TALLOC_CTX *mem, struct good_facts *good)
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
    static const char *key_names[] = {"API_KEY", "MAIL_HOST"};
    good->keys[0] = (struct gate_key){.name = key_names[0], .is_there = true};
    good->keys[1] = (struct gate_key){.name = key_names[1], .is_there = true};
    good->gates.keys = key_names;
    good->gates.n_keys = 2;
    good->gates.announced_ms = 30 * MINUTE_MS;
    good->secret = (struct gate_secret){.name = "api", .age_ms = DAY_MS, .max_age_ms = 90 * DAY_MS};
    good->command =
        (struct gate_command){.key = "release.deploy", .name = "./deploy.sh", .is_there = true};
    good->flag = (struct gate_flag){
        .name = "new_inbox", .value = FLAG_OFF, .text = "it is off", .is_switched_on = true};
    good->standby = (struct gate_standby){.name = "db2", .lag_ms = 20, .lag_bytes = 0};
    good->schema = schema_make(mem, DIALECT_POSTGRES);
    schema_set_complete(good->schema, true);
    schema_set_live(good->schema);
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
        .local = {.moment = "2026-11-22 11:00", .weekday = 0, .minute = 660, .name = "CET"},
        .announced_ms = NOW_MS - HOUR_MS,
        .has_traffic = true,
        .staging = {.name = "staging",
                    .n_applied = 1,
                    .applied_ms = NOW_MS - DAY_MS,
                    .verified_ms = NOW_MS - HOUR_MS,
                    .is_go = true},
        .size = {.is_asked = true, .lines = 20},
        .keys = good->keys,
        .n_keys = 2,
        .secrets = &good->secret,
        .n_secrets = 1,
        .commands = &good->command,
        .n_commands = 1,
        .flags = &good->flag,
        .n_flags = 1,
        .disk = {.is_configured = true,
                 .needed_bytes = 1024,
                 .largest = "public.t",
                 .free_bytes = 4096},
        .schema = good->schema,
        .wraparound = {.database = "shop", .age = 1000000},
        .standbys = &good->standby,
        .n_standbys = 1,
    };
    for (int hour = 0; hour < TRAFFIC_HOURS; hour++) {
        good->facts.traffic.n[hour] = 1; // the busiest is 14:00
        good->facts.traffic.sums[hour] = hour == 14 ? 1000 : 250;
    }
}

#endif

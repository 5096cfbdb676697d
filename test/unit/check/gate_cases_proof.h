/*
 * Cases of gates about that the change is the one that was proven: target, data, rehearsal, effects, way back, backup, staging.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef GATE_CASES_PROOF_H
#define GATE_CASES_PROOF_H

#include "gate_spoilers.h"

static void other_database(struct good_facts *good)
{
    good->facts.identity.database = "shop2";
    good->facts.identity.text = "shop2";
}
static void other_system(struct good_facts *good)
{
    good->facts.identity.system = "72";
}
static void standby(struct good_facts *good)
{
    good->facts.identity.is_standby = true;
}
static void no_database(struct good_facts *good)
{
    good->plan.target.database = NULL;
}
static void sqlite_without_id(struct good_facts *good)
{
    good->plan.target.system = NULL; // it gets one from the first migration
}
static void stop_found(struct good_facts *good)
{
    good->steps[0].status = STATUS_FAIL;
    good->steps[0].observed = "1 stop";
}
static void not_understood(struct good_facts *good)
{
    good->steps[0].status = STATUS_UNKNOWN;
}
static void baseline_old(struct good_facts *good)
{
    good->steps[1].status = STATUS_FAIL;
}
static void baseline_none(struct good_facts *good)
{
    good->steps[1].status = STATUS_UNKNOWN;
    good->steps[1].observed = NULL;
}
static void data_bad(struct good_facts *good)
{
    good->steps[2].status = STATUS_FAIL;
}
static void data_unasked(struct good_facts *good)
{
    good->steps[2].status = STATUS_UNKNOWN;
}
static void data_warned(struct good_facts *good)
{
    good->steps[2].status = STATUS_WARN;
}
static void no_question(struct good_facts *good)
{
    good->plan.sections[PLAN_PRE_DEPLOY].n_steps = 2;
}
static void never_rehearsed(struct good_facts *good)
{
    good->facts.rehearsal = (struct gate_rehearsal){0};
}
static void rehearsed_other(struct good_facts *good)
{
    good->facts.rehearsal = (struct gate_rehearsal){.has_other = true};
}
static void rehearsed_no_go(struct good_facts *good)
{
    good->facts.rehearsal.verdict = VERDICT_NO_GO;
}
static void rehearsed_hold(struct good_facts *good)
{
    good->facts.rehearsal.verdict = VERDICT_HOLD;
}
static void rehearsed_long_ago(struct good_facts *good)
{
    good->facts.rehearsal.at_ms = NOW_MS - 25 * HOUR_MS;
}
static void rehearsed_long_ago_allowed(struct good_facts *good)
{
    rehearsed_long_ago(good);
    good->gates.rehearsal_max_age_ms = 2 * DAY_MS;
}
static void no_migration(struct good_facts *good)
{
    never_rehearsed(good);
    good->plan.n_migrations = 0;
    good->facts.n_effects = 0;
    good->facts.backup.is_there = false;
}
static void effects_missing(struct good_facts *good)
{
    good->effects = (struct gate_effects){.path = "e"};
}
static void effects_edited(struct good_facts *good)
{
    good->effects.was_compared = false;
}
static void effects_different(struct good_facts *good)
{
    good->effects.was_different = true;
}
static void effects_none(struct good_facts *good)
{
    good->facts.n_effects = 0;
}
static void schema_stays(struct good_facts *good)
{
    good->facts.rehearsal.schema_restored = STATUS_FAIL;
}
static void data_stays(struct good_facts *good)
{
    good->facts.rehearsal.data_restored = STATUS_FAIL;
}
static void down_untold(struct good_facts *good)
{
    good->facts.rehearsal.data_restored = STATUS_UNKNOWN;
}
static void irreversible_accepted(struct good_facts *good)
{
    irreversible(good);
    good->approvals[0].reason = "the table is a cache";
}
static void irreversible_own_reason(struct good_facts *good)
{
    irreversible_accepted(good);
    good->approvals[0].actor = "ana";
}
static void partial(struct good_facts *good)
{
    good->plan.rollback.class = ROLLBACK_PARTIAL;
}
static void way_back_unknown(struct good_facts *good)
{
    good->plan.rollback.class = ROLLBACK_UNKNOWN;
}
static void by_undo_log(struct good_facts *good)
{
    good->plan.rollback.class = ROLLBACK_UNDO_LOG;
    good->facts.rehearsal.data_restored = STATUS_FAIL; // by the downs alone
}
static void by_backup(struct good_facts *good)
{
    good->plan.rollback.class = ROLLBACK_BACKUP;
}
static void backup_none(struct good_facts *good)
{
    good->facts.backup.is_there = false;
}
static void backup_unconfigured(struct good_facts *good)
{
    good->facts.backup = (struct gate_backup){.proven_ms = -1};
}
static void backup_unreadable(struct good_facts *good)
{
    good->facts.backup.unknown = "backups: permission denied";
}
static void backup_damaged(struct good_facts *good)
{
    good->facts.backup.damage = "it is empty";
}
static void backup_of_other(struct good_facts *good)
{
    good->facts.backup.is_of_other = true;
}
static void backup_old(struct good_facts *good)
{
    good->facts.backup.taken_ms = NOW_MS - 2 * HOUR_MS;
}
static void proof_never(struct good_facts *good)
{
    good->facts.backup.proven_ms = -1;
}
static void proof_unequal(struct good_facts *good)
{
    good->facts.backup.proof = VERDICT_NO_GO;
}
static void proof_untold(struct good_facts *good)
{
    good->facts.backup.proof = VERDICT_HOLD;
}
static void proof_old(struct good_facts *good)
{
    good->facts.backup.proven_ms = NOW_MS - 8 * DAY_MS;
}
static void staging_behind(struct good_facts *good)
{
    good->facts.staging.n_applied = 0;
}
static void staging_bad(struct good_facts *good)
{
    good->facts.staging.is_go = false;
}
static void staging_unverified(struct good_facts *good)
{
    good->facts.staging.verified_ms = -1;
}
static void staging_silent(struct good_facts *good)
{
    good->facts.staging.unknown = "there is no journal";
}
static void staging_empty(struct good_facts *good)
{
    good->facts.staging.rows = 0;
    good->facts.baseline_rows = 1200;
}
static void staging_empty_as_here(struct good_facts *good)
{
    good->facts.staging.rows = 0;
    good->facts.baseline_rows = 0;
}
static void no_staging(struct good_facts *good)
{
    good->facts.staging = (struct gate_staging){.verified_ms = -1};
}

static const struct gate_case gate_cases_proof[] = {
    {"target", nothing, STATUS_PASS, "shop"},
    {"target", sqlite_without_id, STATUS_PASS, NULL},
    {"target", other_database, STATUS_FAIL, "another database: shop2"},
    {"target", other_system, STATUS_FAIL, "another database: shop"},
    {"target", standby, STATUS_FAIL, "a standby: it replays another server and cannot be written"},
    {"target", no_database, STATUS_UNKNOWN, "the plan was made without a database"},
    {"migrations", nothing, STATUS_PASS, "0 stop"},
    {"migrations", stop_found, STATUS_FAIL, "1 stop"},
    {"migrations", not_understood, STATUS_UNKNOWN, NULL},
    {"baseline", nothing, STATUS_PASS, "saved"},
    {"baseline", baseline_old, STATUS_FAIL, NULL},
    {"baseline", baseline_none, STATUS_UNKNOWN, "nothing was asked"},
    {"data", nothing, STATUS_PASS, "1 of 1 questions answered"},
    {"data", no_question, STATUS_PASS, "the change asks nothing of the data"},
    {"data", data_bad, STATUS_FAIL, "1 of 1 questions failed"},
    {"data", data_warned, STATUS_WARN, NULL},
    {"data", data_unasked, STATUS_UNKNOWN, "1 of 1 questions have no answer"},
    {"rehearsal", nothing, STATUS_PASS, "rehearsed 1 h 0 min ago: GO"},
    {"rehearsal", no_migration, STATUS_PASS, "no migration is pending"},
    {"rehearsal", rehearsed_long_ago_allowed, STATUS_PASS, NULL},
    {"rehearsal", rehearsed_no_go, STATUS_FAIL, "rehearsed 1 h 0 min ago: NO-GO"},
    {"rehearsal", rehearsed_long_ago, STATUS_FAIL, "rehearsed 1 d 1 h ago: too old"},
    {"rehearsal", rehearsed_hold, STATUS_UNKNOWN, "rehearsed 1 h 0 min ago: HOLD"},
    {"rehearsal", never_rehearsed, STATUS_UNKNOWN, "never rehearsed"},
    {"rehearsal", rehearsed_other, STATUS_UNKNOWN,
     "the last rehearsal was of other migrations than these"},
    {"effects", nothing, STATUS_PASS, "1 approved"},
    {"effects", no_migration, STATUS_PASS, "no migration is pending"},
    {"effects", effects_different, STATUS_FAIL,
     "1 of 1 effects files say something else than happened"},
    {"effects", effects_missing, STATUS_UNKNOWN,
     "1 of 1 effects files are missing or were not compared"},
    {"effects", effects_edited, STATUS_UNKNOWN, NULL},
    {"effects", effects_none, STATUS_UNKNOWN, NULL},
    {"down", nothing, STATUS_PASS, "rehearsed 1 h 0 min ago"},
    {"down", schema_stays, STATUS_FAIL, "rehearsed 1 h 0 min ago: the schema did not come back"},
    {"down", data_stays, STATUS_FAIL, "rehearsed 1 h 0 min ago: the data did not come back"},
    {"down", by_undo_log, STATUS_PASS, "rehearsed 1 h 0 min ago, with the undo log"},
    {"down", down_untold, STATUS_UNKNOWN, NULL},
    {"down", never_rehearsed, STATUS_UNKNOWN, "these migrations were not rehearsed"},
    {"rollback", nothing, STATUS_PASS, "round_trip, measured"},
    {"rollback", by_backup, STATUS_PASS, "backup, measured"},
    {"rollback", by_undo_log, STATUS_PASS, "undo_log, measured"},
    {"rollback", no_migration, STATUS_PASS, NULL},
    {"rollback", irreversible_accepted, STATUS_PASS,
     "irreversible, accepted by ben: the table is a cache"},
    {"rollback", irreversible, STATUS_FAIL, NULL},
    {"rollback", irreversible_own_reason, STATUS_FAIL,
     "irreversible, and nobody but ana could have accepted it"},
    {"rollback", partial, STATUS_FAIL, NULL},
    {"rollback", way_back_unknown, STATUS_UNKNOWN, "the way back is not known"},
    {"backup", nothing, STATUS_PASS, "b1, taken 1 min 0 s ago"},
    {"backup", no_migration, STATUS_PASS, NULL},
    {"backup", backup_none, STATUS_FAIL, "there is none"},
    {"backup", backup_damaged, STATUS_FAIL, "b1: it is empty"},
    {"backup", backup_of_other, STATUS_FAIL, "b1 is of another system"},
    {"backup", backup_old, STATUS_FAIL, "b1, taken 2 h 0 min ago"},
    {"backup", backup_unreadable, STATUS_UNKNOWN, "backups: permission denied"},
    {"backup", backup_unconfigured, STATUS_UNKNOWN, NULL},
    {"restore-proof", nothing, STATUS_PASS, "restored and equal 1 d 0 h ago"},
    {"restore-proof", proof_unequal, STATUS_FAIL, "restored 1 d 0 h ago: NOT equal"},
    {"restore-proof", proof_untold, STATUS_UNKNOWN, NULL},
    {"restore-proof", proof_old, STATUS_UNKNOWN, "restored and equal 8 d 0 h ago: too old"},
    {"restore-proof", proof_never, STATUS_UNKNOWN, NULL},
    {"restore-proof", backup_unconfigured, STATUS_UNKNOWN, "no backups are configured"},
    {"restore-proof", backup_unreadable, STATUS_UNKNOWN, NULL},
    {"staging", nothing, STATUS_PASS, "verified there 1 h 0 min ago"},
    {"staging", no_migration, STATUS_PASS, "no migration is pending"},
    {"staging", staging_behind, STATUS_FAIL, "0 of 1 are applied there as they are now"},
    {"staging", staging_bad, STATUS_FAIL, "verified there 1 h 0 min ago, not with GO"},
    {"staging", staging_unverified, STATUS_UNKNOWN, "applied there, and not verified since"},
    {"staging", staging_silent, STATUS_UNKNOWN, "there is no journal"},
    {"staging", staging_empty, STATUS_UNKNOWN,
     "verified there, where the tables of the change are empty; here they have 1,200 rows"},
    {"staging", staging_empty_as_here, STATUS_PASS, "verified there 1 h 0 min ago"},
    {"staging", no_staging, STATUS_UNKNOWN, "there is no environment 'staging'"},
};

#endif

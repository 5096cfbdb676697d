/*
 * Gates: each with what passes, what fails and what nobody can answer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expect.h"
#include "gate_facts.h"
#include "gate_spoilers.h"

// What one gate answers after `spoil` changed the good facts.
struct gate_case {
    const char *gate;
    void (*spoil)(struct good_facts *good);
    enum status status;
    const char *observed; // NULL: whatever
};

// --- spoilers

static void nothing(struct good_facts *good)
{
    (void)good;
}
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
static void irreversible(struct good_facts *good)
{
    good->plan.rollback.class = ROLLBACK_IRREVERSIBLE;
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
static void large(struct good_facts *good)
{
    good->facts.size.lines = 201;
}
static void large_allowed(struct good_facts *good)
{
    large(good);
    good->gates.max_lines = 201;
}
static void no_range(struct good_facts *good)
{
    good->facts.size = (struct gate_size){0};
}
static void no_revision(struct good_facts *good)
{
    good->facts.size.unknown = "no revision 'x'";
}
static void key_missing(struct good_facts *good)
{
    good->keys[1] = (struct gate_key){.name = "MAIL_HOST"};
}
static void key_empty(struct good_facts *good)
{
    good->keys[0].is_empty = true;
}
static void key_placeholder(struct good_facts *good)
{
    good->keys[0].is_placeholder = true;
}
static void keys_unread(struct good_facts *good)
{
    good->facts.keys_unknown = ".env: no such file";
}
static void secret_old(struct good_facts *good)
{
    good->secret.age_ms = 91 * DAY_MS;
}
static void secret_unknown(struct good_facts *good)
{
    good->secret.unknown = "no such file";
}
static void disk_full(struct good_facts *good)
{
    good->facts.disk.free_bytes = 1000;
}
static void disk_not_needed(struct good_facts *good)
{
    good->facts.disk = (struct gate_disk){.unknown = "not known"};
}
static void disk_unknown(struct good_facts *good)
{
    good->facts.disk.unknown = "df ended with 1";
}
static void table_unknown(struct good_facts *good)
{
    good->facts.disk.needed_bytes = -1;
}
static void wrap_near(struct good_facts *good)
{
    good->facts.wraparound.age = 1800000000;
}
static void wrap_half(struct good_facts *good)
{
    good->facts.wraparound.age = 1100000000;
}
static void wrap_unsaid(struct good_facts *good)
{
    good->facts.wraparound.database = NULL;
}
static void standby_behind(struct good_facts *good)
{
    good->standby.lag_ms = 11000;
}
static void standby_hidden(struct good_facts *good)
{
    good->standby.lag_bytes = -1;
}
static void standbys_unread(struct good_facts *good)
{
    good->facts.n_standbys = 0;
    good->facts.standbys_unknown = "refused";
}
static void no_catalog(struct good_facts *good)
{
    good->facts.schema = NULL;
}
static struct schema_relation *add_relation(struct good_facts *good, const char *name,
                                            enum relation_kind kind)
{
    return schema_add(good->schema, (struct name){"public", name}, kind);
}
static void add_sequence(struct good_facts *good, int64_t last, bool cycles)
{
    struct schema_relation *relation = add_relation(good, "s", RELATION_SEQUENCE);
    struct schema_sequence *sequence = mem_new(good->schema, struct schema_sequence);
    *sequence = (struct schema_sequence){.min_value = 1,
                                         .max_value = 1000,
                                         .increment = 1,
                                         .last_value = last,
                                         .has_last_value = true,
                                         .cycles = cycles};
    relation->sequence = sequence;
}
static void sequence_young(struct good_facts *good)
{
    add_sequence(good, 10, false);
}
static void sequence_near(struct good_facts *good)
{
    add_sequence(good, 850, false);
}
static void sequence_used_up(struct good_facts *good)
{
    add_sequence(good, 950, false);
}
static void sequence_that_cycles(struct good_facts *good)
{
    add_sequence(good, 999, true);
}
static void add_index(struct good_facts *good, enum relation_kind kind)
{
    struct schema_relation *relation = add_relation(good, "t", kind);
    relation->indexes = mem_new(good->schema, struct schema_index);
    relation->indexes[0] = (struct schema_index){.name = "t_i"};
    relation->n_indexes = 1;
}
static void index_invalid(struct good_facts *good)
{
    add_index(good, RELATION_TABLE);
}
static void index_waits_for_parts(struct good_facts *good)
{
    add_index(good, RELATION_PARTITIONED);
}
static void constraint_unvalidated(struct good_facts *good)
{
    struct schema_relation *relation = add_relation(good, "t", RELATION_TABLE);
    relation->constraints = mem_new(good->schema, struct schema_constraint);
    relation->constraints[0] = (struct schema_constraint){.name = "t_check"};
    relation->n_constraints = 1;
}

// --- the cases

static const struct gate_case cases[] = {
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
    {"long-transactions", nothing, STATUS_PASS, "none"},
    {"long-transactions", young_transaction, STATUS_PASS, "none"},
    {"long-transactions", old_transaction, STATUS_FAIL, "1 in the way"},
    {"long-transactions", somebody_waits, STATUS_FAIL, "1 in the way"},
    {"long-transactions", unseen, STATUS_UNKNOWN, "grant pg_monitor"},
    {"long-transactions", server_silent, STATUS_UNKNOWN, "permission denied"},
    {"prepared-transactions", nothing, STATUS_PASS, "none"},
    {"prepared-transactions", prepared, STATUS_FAIL, "1"},
    {"prepared-transactions", server_silent, STATUS_UNKNOWN, NULL},
    {"replication-slots", read_slot, STATUS_PASS, "0 of 1 not active"},
    {"replication-slots", idle_slot, STATUS_FAIL, "1 of 1 not active"},
    {"replication-slots", server_silent, STATUS_UNKNOWN, NULL},
    {"connections", nothing, STATUS_PASS, "5 of 100 in use"},
    {"connections", connections_many, STATUS_WARN, "80 of 100 in use"},
    {"connections", connections_full, STATUS_FAIL, "95 of 100 in use"},
    {"connections", connections_unsaid, STATUS_UNKNOWN, "the server does not say"},
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
    {"size", nothing, STATUS_PASS, "20 lines"},
    {"size", large_allowed, STATUS_PASS, "201 lines"},
    {"size", large, STATUS_FAIL, "201 lines"},
    {"size", no_range, STATUS_UNKNOWN, "no range is named: --base REV, or gates.size.base"},
    {"size", no_revision, STATUS_UNKNOWN, "no revision 'x'"},
    {"commands", nothing, STATUS_PASS, "1 are here"},
    {"commands", command_missing, STATUS_FAIL, "1 of 1 missing"},
    {"commands", no_commands, STATUS_UNKNOWN, "no commands are configured"},
    {"flags", nothing, STATUS_PASS, "1 answer"},
    {"flags", flag_on_by_us, STATUS_PASS, "1 answer"},
    {"flags", flag_on, STATUS_FAIL, "1 of 1 on, and no flight switched it on"},
    {"flags", flag_silent, STATUS_UNKNOWN, "of 1 the value is not known"},
    {"flags", no_flags, STATUS_UNKNOWN, "no flags are configured"},
    {"keys", nothing, STATUS_PASS, "2 of 2 are"},
    {"keys", key_missing, STATUS_FAIL, "1 of 2 are not"},
    {"keys", key_empty, STATUS_FAIL, NULL},
    {"keys", key_placeholder, STATUS_FAIL, NULL},
    {"keys", keys_unread, STATUS_UNKNOWN, ".env: no such file"},
    {"secrets", nothing, STATUS_PASS, "1 young enough"},
    {"secrets", secret_old, STATUS_FAIL, "1 of 1 too old"},
    {"secrets", secret_unknown, STATUS_UNKNOWN, "of 1 the age is not known"},
    {"disk", nothing, STATUS_PASS, NULL},
    {"disk", disk_not_needed, STATUS_PASS, "nothing is rewritten"},
    {"disk", disk_full, STATUS_FAIL, NULL},
    {"disk", disk_unknown, STATUS_UNKNOWN, "df ended with 1"},
    {"disk", table_unknown, STATUS_UNKNOWN, "public.t is rewritten, and its size is not known"},
    {"wraparound", nothing, STATUS_PASS, "0 %: 1,000,000 of database shop"},
    {"wraparound", wrap_half, STATUS_WARN, NULL},
    {"wraparound", wrap_near, STATUS_FAIL, "84 %: 1,800,000,000 of database shop"},
    {"wraparound", wrap_unsaid, STATUS_UNKNOWN, "the server does not say"},
    {"replication-lag", nothing, STATUS_PASS, "1 of 1 keep up"},
    {"replication-lag", standby_behind, STATUS_FAIL, "1 of 1 standbys behind"},
    {"replication-lag", standby_hidden, STATUS_UNKNOWN, "it is not told how far a standby is"},
    {"replication-lag", standbys_unread, STATUS_UNKNOWN, "refused"},
    {"sequences", nothing, STATUS_PASS, "the fullest of 0 has used 0 %"},
    {"sequences", sequence_young, STATUS_PASS, "the fullest of 1 has used 1 %"},
    {"sequences", sequence_that_cycles, STATUS_PASS, NULL},
    {"sequences", sequence_near, STATUS_WARN, "the fullest of 1 has used 85 %"},
    {"sequences", sequence_used_up, STATUS_FAIL, "the fullest of 1 has used 95 %"},
    {"sequences", no_catalog, STATUS_UNKNOWN, "the catalog was not read"},
    {"invalid-indexes", nothing, STATUS_PASS, "none"},
    {"invalid-indexes", index_waits_for_parts, STATUS_PASS, "none"},
    {"invalid-indexes", index_invalid, STATUS_FAIL, "1"},
    {"invalid-indexes", no_catalog, STATUS_UNKNOWN, NULL},
    {"unvalidated-constraints", nothing, STATUS_PASS, "none"},
    {"unvalidated-constraints", constraint_unvalidated, STATUS_FAIL, "1"},
    {"unvalidated-constraints", no_catalog, STATUS_UNKNOWN, NULL},
};

static void test_gate__answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        const struct gate *gate = gate_find(cases[i].gate);
        struct gate_answer answer = {.status = STATUS_UNKNOWN};
        struct good_facts good;
        assert_non_null(gate);
        good_facts(tmp, &good);
        cases[i].spoil(&good);
        gate->judge(tmp, &good.facts, &answer);
        if (answer.status != cases[i].status ||
            (cases[i].observed != NULL && strcmp(answer.observed, cases[i].observed) != 0))
            fail_msg("case %zu: %s is %s: %s", i, cases[i].gate, status_name(answer.status),
                     answer.observed);
        assert_non_null(answer.observed);
        assert_non_null(answer.expected);
    }
}

// What waits for a person is not answered either.
static bool has_case(const char *gate, enum status status)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (strcmp(cases[i].gate, gate) == 0 &&
            (cases[i].status == status ||
             (status == STATUS_UNKNOWN && cases[i].status == STATUS_MANUAL)))
            return true;
    return false;
}

static void test_gate__each_has_its_three_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < gate_count; i++) {
        static const enum status wanted[] = {STATUS_PASS, STATUS_FAIL, STATUS_UNKNOWN};
        // Given, or awaited.
        bool is_signature = strcmp(gate_table[i].id, "approved") == 0;
        for (size_t s = 0; s < COUNT_OF(wanted); s++)
            if (!(is_signature && wanted[s] == STATUS_FAIL) &&
                !has_case(gate_table[i].id, wanted[s]))
                fail_msg("no case of %s is %s", gate_table[i].id, status_name(wanted[s]));
    }
}

// A file of one database has no server to ask.
static void test_gate__no_server(void **state)
{
    (void)state;
    for (size_t i = 0; i < gate_count; i++) {
        SCRATCH(tmp);
        struct gate_answer answer = {.status = STATUS_UNKNOWN};
        struct good_facts good;
        good_facts(tmp, &good);
        good.facts.has_server = false;
        gate_table[i].judge(tmp, &good.facts, &answer);
        assert_int_equal(answer.is_moot, gate_table[i].group == GATE_SERVER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gate__answers),
        cmocka_unit_test(test_gate__each_has_its_three_cases),
        cmocka_unit_test(test_gate__no_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Gates: each with what passes, what fails and what nobody can answer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expect.h"
#include "gate_facts.h"

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
    {"data", nothing, STATUS_PASS, "1 questions answered"},
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
    {"down", down_untold, STATUS_UNKNOWN, NULL},
    {"down", never_rehearsed, STATUS_UNKNOWN, "these migrations were not rehearsed"},
    {"rollback", nothing, STATUS_PASS, "round_trip, measured"},
    {"rollback", by_backup, STATUS_PASS, "backup, measured"},
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
        good_facts(&good);
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

static bool has_case(const char *gate, enum status status)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (strcmp(cases[i].gate, gate) == 0 && cases[i].status == status)
            return true;
    return false;
}

static void test_gate__each_has_its_three_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < gate_count; i++) {
        static const enum status wanted[] = {STATUS_PASS, STATUS_FAIL, STATUS_UNKNOWN};
        bool is_signature = strcmp(gate_table[i].id, "approved") == 0; // given, or awaited
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
        good_facts(&good);
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

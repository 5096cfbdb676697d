/*
 * The table of gates, and what their judges share.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "check/gate.h"
#include "base/quantity.h"
#include "base/text.h"

// The worst loss first: what stands here first is asked first.
const struct gate gate_table[] = {
    {"target", "The plan is for this database, and it can be written", GATE_CHANGE, GATE_REQUIRED,
     .verb = "plan", .takes_paths = true, .is_fixed = true,
     .never_waived = "the right plan on the wrong database is a loss that nothing would show",
     .judge = judge_target},
    {"migrations", "Nothing in the migrations must stop the change", GATE_CHANGE, GATE_REQUIRED,
     .verb = "assess", .takes_paths = true, .judge = judge_migrations},
    {"data", "The data is as the change needs it", GATE_CHANGE, GATE_REQUIRED, .verb = "plan",
     .takes_paths = true, .judge = judge_data},
    {"baseline", "The expected values are saved", GATE_PROOF, GATE_REQUIRED,
     .verb = "baseline save", .takes_paths = true, .is_fixed = true,
     .never_waived = "without a baseline no loss would be seen afterwards",
     .judge = judge_baseline},
    {"rehearsal", "The change ran on a copy", GATE_PROOF, GATE_REQUIRED, .verb = "rehearse",
     .takes_paths = true, .judge = judge_rehearsal},
    {"effects", "What it does to the data is approved", GATE_PROOF, GATE_REQUIRED,
     .verb = "rehearse --check", .takes_paths = true, .judge = judge_effects},
    {"rollback", "There is a way back, or somebody accepted that there is none", GATE_PROOF,
     GATE_REQUIRED, .verb = "approve --reason TEXT", .takes_paths = true,
     .never_waived = "a second person accepts it by name: tminus approve --reason",
     .judge = judge_rollback},
    {"down", "The downs bring everything back", GATE_PROOF, GATE_OPTIONAL, .verb = "rehearse",
     .takes_paths = true, .judge = judge_down},
    {"backup", "There is a fresh backup", GATE_PROOF, GATE_REQUIRED, .verb = "backup",
     .judge = judge_backup},
    {"restore-proof", "A backup was restored and compared", GATE_PROOF, GATE_CONFIGURED,
     .verb = "restore --prove", .judge = judge_restore_proof},
    {"staging", "The same migrations passed on staging", GATE_PROOF, GATE_CONFIGURED,
     .command = "tminus migrate --env staging && tminus verify --env staging",
     .judge = judge_staging},
    {"approved", "People signed this plan", GATE_PEOPLE, GATE_REQUIRED, .verb = "approve",
     .takes_paths = true, .never_waived = "to waive it is to sign: tminus approve",
     .judge = judge_approved},
    {"risk", "A risky change has a flag or a reason", GATE_PEOPLE, GATE_REQUIRED,
     .verb = "approve --reason TEXT", .takes_paths = true, .judge = judge_risk},
    {"announced", "It was announced in time", GATE_PEOPLE, GATE_CONFIGURED,
     .verb = "approve --announced", .takes_paths = true, .judge = judge_announced},
    {"size", "The change is small", GATE_CHANGE, GATE_CONFIGURED, .command = "git diff --stat",
     .judge = judge_size},
    {"window", "It is a time to deploy", GATE_TIME, GATE_CONFIGURED,
     .verb = "waive window --reason TEXT --until TIME", .judge = judge_window},
    {"low-traffic", "It is one of the quiet hours", GATE_TIME, GATE_CONFIGURED,
     .verb = "waive low-traffic --reason TEXT --until TIME", .judge = judge_low_traffic},
    {"freeze", "The calendar is free", GATE_TIME, GATE_CONFIGURED,
     .verb = "waive freeze --reason TEXT --until TIME", .judge = judge_freeze},
    {"commands", "What the flight runs is here", GATE_PLACE, GATE_CONFIGURED,
     .judge = judge_commands},
    {"flags", "The flags answer, and are off", GATE_PLACE, GATE_CONFIGURED, .verb = "flag NAME",
     .judge = judge_flags},
    {"keys", "The release finds its environment", GATE_PLACE, GATE_CONFIGURED, .judge = judge_keys},
    {"secrets", "No secret is too old", GATE_PLACE, GATE_CONFIGURED, .judge = judge_secrets},
    {"disk", "There is room for what is rewritten", GATE_PLACE, GATE_CONFIGURED,
     .judge = judge_disk},
    {"long-transactions", "No old transaction is open", GATE_SERVER, GATE_REQUIRED,
     .verb = "plan --check", .takes_paths = true, .judge = judge_long_transactions},
    {"prepared-transactions", "No prepared transaction waits for its COMMIT", GATE_SERVER,
     GATE_REQUIRED, .command = "SELECT * FROM pg_prepared_xacts",
     .judge = judge_prepared_transactions},
    {"connections", "The server has connections left", GATE_SERVER, GATE_REQUIRED,
     .command = "SELECT application_name, state, count(*) FROM pg_stat_activity GROUP BY 1, 2",
     .judge = judge_connections},
    {"wraparound", "Transaction numbers last", GATE_SERVER, GATE_REQUIRED,
     .command = "SELECT datname, age(datfrozenxid) FROM pg_database", .judge = judge_wraparound},
    {"replication-slots", "No replication slot is left behind", GATE_SERVER, GATE_OPTIONAL,
     .command = "SELECT * FROM pg_replication_slots WHERE NOT active",
     .judge = judge_replication_slots},
    {"replication-lag", "Standbys keep up", GATE_SERVER, GATE_OPTIONAL,
     .command = "SELECT * FROM pg_stat_replication", .judge = judge_replication_lag},
    {"sequences", "No sequence is near its end", GATE_SERVER, GATE_OPTIONAL,
     .command = "SELECT * FROM pg_sequences", .judge = judge_sequences},
    {"invalid-indexes", "No index was left half built", GATE_SERVER, GATE_OPTIONAL,
     .command = "SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid",
     .judge = judge_invalid_indexes},
    {"unvalidated-constraints", "No constraint waits to be validated", GATE_SERVER, GATE_OPTIONAL,
     .command = "SELECT conrelid::regclass, conname FROM pg_constraint WHERE NOT convalidated",
     .judge = judge_unvalidated_constraints},
};
const size_t gate_count = COUNT_OF(gate_table);

const struct gate *gate_find(const char *id)
{
    for (size_t i = 0; i < gate_count; i++)
        if (strcmp(gate_table[i].id, id) == 0)
            return &gate_table[i];
    return NULL;
}

bool gate_fail_unknown(const char *id, enum error_code code, struct error *err)
{
    SCRATCH(tmp);
    const char **ids = mem_array(tmp, const char *, gate_count);

    for (size_t i = 0; i < gate_count; i++)
        ids[i] = gate_table[i].id;
    const char *nearest = text_nearest(id, ids, gate_count);
    error_set(err, code, "there is no gate '%s'", id);
    return nearest != NULL ? error_hint(err, "'%s' is meant, perhaps", nearest)
                           : error_hint(err, "tminus poll -v lists them");
}

char *gate_ago(TALLOC_CTX *mem, const struct gate_facts *facts, int64_t at_ms)
{
    SCRATCH(tmp);
    int64_t age_ms = facts->now_ms - at_ms;

    return mem_printf(mem, "%s ago", quantity_duration(tmp, age_ms > 0 ? age_ms : 0));
}

void gate_answer(struct gate_answer *out, enum status status, const char *observed)
{
    out->status = status;
    out->observed = observed;
}

bool gate_has_no_migration(const struct gate_facts *facts, struct gate_answer *out)
{
    if (facts->plan->n_migrations > 0)
        return false;
    gate_answer(out, STATUS_PASS, "no migration is pending");
    return true;
}

void gate_add_detail(TALLOC_CTX *mem, struct gate_answer *out, const char *line)
{
    out->detail =
        out->detail == NULL ? mem_strdup(mem, line) : mem_printf(mem, "%s\n%s", out->detail, line);
}

size_t gate_other_people(const struct gate_facts *facts)
{
    size_t n = 0;

    for (size_t i = 0; i < facts->n_approvals; i++)
        n += strcmp(facts->approvals[i].actor, facts->actor) != 0;
    return n;
}

/*
 * Gates: what must pass before a launch.
 *
 * A gate is a row: what it is called, when it is required, what a person types to mend it, and a
 * pure function over facts (check/facts.h). docs/gates.md has a section for each.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHECK_GATE_H
#define CHECK_GATE_H

#include "check/facts.h"

enum gate_group { GATE_CHANGE, GATE_PROOF, GATE_PEOPLE, GATE_TIME, GATE_PLACE, GATE_SERVER };

enum gate_need {
    GATE_REQUIRED,   // always
    GATE_CONFIGURED, // where tminus.yaml says what it asks for
    GATE_OPTIONAL    // told; where it fails it warns
};

struct gate_answer {
    enum status status; // UNKNOWN until a judge says otherwise
    bool is_configured; // there is something to ask
    bool is_moot;       // it does not concern this target: left out
    const char *expected, *observed, *detail;
    bool has_value;
    double value;
    const char *unit;
    enum layer layer;
};

typedef void gate_judge(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out);

struct gate {
    const char *id;
    const char *title;
    enum gate_group group;
    enum gate_need need;
    const char *verb;         // that mends or shows it: "backup"; NULL: `command`
    const char *command;      // typed as it is; NULL: none
    bool takes_paths;         // the verb needs the migrations
    bool is_fixed;            // no configuration makes it optional
    const char *never_waived; // why; NULL: it can be waived
    gate_judge *judge;
};

extern const struct gate gate_table[];
extern const size_t gate_count;
const struct gate *gate_find(const char *id); // NULL: no such gate
// ERROR_CONFIG or ERROR_USAGE, as `code` says, naming the nearest one: there is no gate `id`.
bool gate_fail_unknown(const char *id, enum error_code code, struct error *err);

// --- for the judges (gate_*.c)

gate_judge judge_target, judge_migrations, judge_data, judge_risk, judge_size;
gate_judge judge_baseline, judge_rehearsal, judge_effects, judge_rollback, judge_down;
gate_judge judge_backup, judge_restore_proof, judge_staging;
gate_judge judge_approved, judge_announced;
gate_judge judge_window, judge_low_traffic, judge_freeze;
gate_judge judge_commands, judge_flags;
gate_judge judge_keys, judge_secrets, judge_disk;
gate_judge judge_long_transactions, judge_prepared_transactions, judge_replication_slots;
gate_judge judge_connections, judge_wraparound, judge_replication_lag, judge_sequences;
gate_judge judge_invalid_indexes, judge_unvalidated_constraints;

// "3 min 20 s ago".
char *gate_ago(TALLOC_CTX *mem, const struct gate_facts *facts, int64_t at_ms);
void gate_answer(struct gate_answer *out, enum status status, const char *observed);
// Nothing is to be applied: PASS and true.
bool gate_has_no_migration(const struct gate_facts *facts, struct gate_answer *out);
// One line more of the detail.
void gate_add_detail(TALLOC_CTX *mem, struct gate_answer *out, const char *line);
// Of those who approved this digest, other people than who polls.
size_t gate_other_people(const struct gate_facts *facts);

#endif

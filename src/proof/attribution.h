/*
 * Attribution: who wrote a row, and what that says of a difference that no text explains.
 *
 * Pure: numbers of transactions and counts in, answers out. The rules, with their reasons and
 * limits, stand in docs/attribution.md. What cannot be told is UNKNOWN: it neither fails nor
 * passes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_ATTRIBUTION_H
#define PROOF_ATTRIBUTION_H

#include "driver/engine.h"
#include "proof/result.h"

// A migration that was run since the baseline, as its event in the journal tells.
struct attribution_run {
    const char *migration;     // path
    const char *sha256;        // of its text
    uint64_t transaction, end; // as engine_run's
    bool has_written;
    struct engine_written *written; // names as they were when it ran
    size_t n_written;
    int64_t ended_ms;
};

struct attribution {
    struct attribution_run *runs;
    size_t n_runs;
    bool is_traced;      // each run is an up whose text the baseline's trace has read
    const char *unknown; // why not all that was run since the baseline is known; NULL: it is
};

// Who wrote the version of a row that is there now.
enum writer {
    WRITER_UNKNOWN,
    WRITER_BEFORE,    // the baseline: nobody wrote it since
    WRITER_MIGRATION, // the transaction of a run
    WRITER_AMONG,     // while a run went on: a subtransaction of it, or traffic
    WRITER_NOTED,     // a run, over what traffic had written since the baseline
    WRITER_TRAFFIC,
    WRITER_COUNT
};

// Transactions are told apart by 32 bits, as rows store them, around which numbers go in a circle.
// `is_noted`: traffic wrote the row between the baseline and the run.
enum writer attribution_writer(const struct attribution *attribution, enum engine_wrote wrote,
                               uint64_t writer, bool is_noted);

// How many rows of one kind of difference each wrote last.
struct writer_counts {
    int64_t n[WRITER_COUNT];
};

// What is known of one table besides its rows.
struct attribution_table {
    bool is_supported;    // false: this engine never tells who wrote
    const char *unknown;  // as attribution's
    const char *hidden;   // what of the change writes rows that its text does not show; NULL
    const char *indirect; // what may write it although no text names it: a rule, a foreign key that
                          // acts, a parent table; NULL
    bool is_traced;       // as attribution's
    bool is_rewritten;    // by the change: rows carry its number although no row was updated
    bool may_move_keys;   // rows may have been given other keys: gone and new are no witness then
    bool has_own;         // what the runs themselves wrote is known, in full:
    struct engine_written own;
    bool has_others; // what everybody else wrote since, at least:
    struct engine_written others;
    struct writer_counts rows; // all rows that are there now
};

struct attribution_answer {
    int64_t by_traffic, unattributed;
    enum status status; // PASS, UNKNOWN, FAIL
    const char *reason; // of what is unattributed, for people; NULL
};

// Rows that differ and that the text does not explain, and rows still there that it deletes.
// `is_written`: a statement of the change writes the column, or it is not known that none does.
struct attribution_answer attribution_changed(TALLOC_CTX *mem,
                                              const struct attribution_table *table,
                                              const struct writer_counts *rows, bool is_written);
// May the runs have given rows other keys? `gone` keys that nothing explains, and who wrote the
// `extra` ones.
bool attribution_may_move_keys(const struct attribution_table *table, int64_t gone,
                               const struct writer_counts *extra);
// Keys that the baseline does not have.
struct attribution_answer attribution_extra(TALLOC_CTX *mem, const struct attribution_table *table,
                                            const struct writer_counts *rows);
// Keys that are gone: `named` of them by the text, `unnamed` not.
struct attribution_answer attribution_missing(TALLOC_CTX *mem,
                                              const struct attribution_table *table, int64_t named,
                                              int64_t unnamed);

enum status attribution_worse(enum status a, enum status b);
int64_t writer_counts_sum(const struct writer_counts *counts);

#endif

/*
 * Target: the database that is looked at, as every stage of the proof is handed it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_TARGET_H
#define PROOF_TARGET_H

#include "driver/engine.h"
#include "proof/result.h"

// Long work says what it does; `total` ≤ 0: unknown. The proof prints nothing itself.
typedef void proof_progress(void *context, const char *what, int64_t done, int64_t total);

struct target {
    const struct engine_driver *driver;
    struct engine *engine;
    struct engine_identity identity;
    proof_progress *progress; // NULL: nobody listens
    void *context;
    struct wait *wait;   // for what takes time by itself; NULL: then it is not waited for
    const char **masked; // columns whose values are not shown and not stored, whatever the table
    size_t n_masked;
};

// From now on these columns too are masked.
void target_mask(TALLOC_CTX *mem, struct target *target, const char *const *columns, size_t n);
bool target_is_masked(const struct target *target, const char *column);

// What a person types to see the answer of `sql`: the engine's own client.
char *target_command(TALLOC_CTX *mem, const struct target *target, const char *sql);

#endif

/*
 * Assess: any text as a migration, through the reader, the effects and the rules.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_FUZZ_ASSESS_H
#define TEST_FUZZ_ASSESS_H

#include "analysis/assessment.h"
#include "target.h"

static inline void assess(enum dialect dialect, const uint8_t *data, size_t len)
{
    SCRATCH(tmp);
    struct error err = {0};
    struct migration_text up = {.path = "up.sql",
                                .text = target_text(tmp, data, len),
                                .len = len,
                                .end = len,
                                .in_transaction = true};
    struct migration migration = {.version = "1", .name = "x", .path = "up.sql", .up = up};
    struct change change = {.title = "x", .migrations = &migration, .n_migrations = 1};
    struct assessment_options options = {.dialect = dialect};
    struct assessment *assessment = NULL;
    if (!assessment_make(tmp, &change, &options, &assessment, &err)) {
        if (err.code == ERROR_NONE || err.message[0] == '\0')
            bug("a failure without a message");
        return;
    }
    if (assessment->n_understood > assessment->n_statements)
        bug("more understood than there is");
    if (assessment->n_not_understood > 0 && assessment->verdict == VERDICT_GO)
        bug("GO on what was not understood");
}

#endif

/*
 * Report of a run of migrations, for people and for programs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REPORT_MIGRATION_H
#define REPORT_MIGRATION_H

#include "base/error.h"
#include "flight/migration_report.h"
#include <stdio.h>

// Where the journal stands; sequence 0: nothing was written.
struct report_journal {
    int64_t sequence;
    const char *hash;
};

void report_migration_text(FILE *out, const struct migrate_report *report,
                           const struct report_journal *journal);
// {"schema": "tminus/migrate/1", …}; `failure` NULL: there was none.
void report_migration_json(FILE *out, const struct migrate_report *report,
                           const struct report_journal *journal, const struct error *failure);

#endif

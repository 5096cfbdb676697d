/*
 * Inspection: the database opened for reading, its journal and its migrations, as baseline and
 * verify need them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_INSPECTION_H
#define COMMAND_INSPECTION_H

#include "base/log.h"
#include "command/command.h"
#include "command/database.h"
#include "journal/journal.h"
#include "proof/baseline.h"

// A question about every row of a large table: what it asks is promised, and must be answered.
#define INSPECTION_LONG_MS ((int64_t)4 * 3600 * 1000)

struct inspection {
    struct database_choice choice;
    struct target target;
    struct journal *journal;
    int64_t query_timeout_ms; // of each question, set before it is opened; 0: the driver's own
    struct log_progress progress;
    const char *progress_of; // what the progress is about now
    bool shows_progress;
};

// `is_writing`: the journal is made where there is none. `*inspection` must not move afterwards.
MUST_CHECK bool inspection_open(TALLOC_CTX *mem, const struct program *program,
                                const struct options *options, const char *database,
                                struct inspection *inspection, struct error *err);
// The database alone, for those who leave nothing behind: no journal.
MUST_CHECK bool inspection_connect(TALLOC_CTX *mem, const struct program *program,
                                   const struct options *options, const char *database,
                                   struct inspection *inspection, struct error *err);
// The journal alone, of the database that is chosen; the target is not opened.
MUST_CHECK bool inspection_open_journal(TALLOC_CTX *mem, const struct program *program,
                                        const struct options *options, const char *database,
                                        struct inspection *inspection, struct error *err);
// Progress of `context`, an inspection: of rows and the like, and of bytes.
void inspection_show_progress(void *context, const char *what, int64_t done, int64_t total);
void inspection_show_bytes(void *context, const char *what, int64_t done, int64_t total);
// What rehearsals of this environment measured, for estimates. A file that is damaged is warned of,
// and general rates are taken.
MUST_CHECK bool inspection_calibrate(TALLOC_CTX *mem, const struct inspection *inspection,
                                     struct assessment_options *options, struct error *err);
void inspection_end_progress(struct inspection *inspection);

// Of `change`, how many of `versions` the database's record has: -1 when there is no record that
// can be read. `is_applied` (may be NULL) has a place for each migration.
MUST_CHECK bool inspection_count_applied(TALLOC_CTX *mem, const struct inspection *inspection,
                                         const struct change *change, bool *is_applied,
                                         int64_t *out, struct error *err);
// The migrations of `change` that the record does not have as applied, for it alone: they are no
// context. `*n_applied` as above.
MUST_CHECK bool inspection_pending(TALLOC_CTX *mem, const struct inspection *inspection,
                                   const struct change *change, struct change **out,
                                   int64_t *n_applied, struct error *err);
// What is pending, judged with the schema as it is. `change` holds the pending ones alone.
MUST_CHECK bool inspection_assess(TALLOC_CTX *mem, const struct inspection *inspection,
                                  const struct change *change, struct assessment **out,
                                  struct error *err);
// [{version, path, sha256}] of the ups.
json_t *inspection_migrations(const struct change *change);

// The baseline saved last for this database, or `path`; it must be the file that was saved.
MUST_CHECK bool inspection_open_baseline(TALLOC_CTX *mem, const struct inspection *inspection,
                                         const char *path, struct baseline **out,
                                         struct error *err);
// Path of the baseline saved before `than` (NULL: of all); NULL when there is none.
MUST_CHECK bool inspection_earlier_baseline(TALLOC_CTX *mem, const struct inspection *inspection,
                                            const char *than, const char **out, struct error *err);

#endif

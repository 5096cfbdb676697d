/*
 * Effects files: what a migration really did, committed beside it and reviewed like a lock file.
 *
 * `NAME.effects.yaml` beside a file, `effects.yaml` in a migration's folder. Numbers that scale
 * with the data are shares, so that another size of copy agrees (docs/effects-file.md).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_EFFECTS_FILE_H
#define REHEARSAL_EFFECTS_FILE_H

#include "rehearsal/rehearsal_report.h"

struct effects_file;

char *effects_file_path(TALLOC_CTX *mem, const struct migration *migration);
// The text of the file; what a person wrote into the one that is there (tolerances, comments of a
// table) is kept. `existing` NULL: there is none.
char *effects_file_text(TALLOC_CTX *mem, const struct migration_effects *effects,
                        const struct effects_file *existing);
// ERROR_INPUT with the place.
MUST_CHECK bool effects_file_read(TALLOC_CTX *mem, const char *path, struct effects_file **out,
                                  struct error *err);
// What the run did that is not in the file, what is in it and did not happen, a migration that was
// changed since: findings with the file's path.
void effects_file_check(const struct effects_file *file, const struct migration_effects *effects,
                        struct findings *out);

#endif

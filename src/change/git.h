/*
 * Git: what a range changes, asked of the git command (it knows safe.directory, sha256
 * repositories and work trees).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_GIT_H
#define CHANGE_GIT_H

#include "change/change.h"
#include "change/config.h"

// Fill title, base, head, files and lines_changed of `change` with merge-base(base, HEAD)..HEAD and
// the work tree. ERROR_INPUT: no repository, no such revision.
MUST_CHECK bool git_read_range(TALLOC_CTX *mem, const char *folder, const char *base,
                               const struct config *config, struct change *change,
                               struct error *err);
// After git_read_range: migrations that the range does not touch become context; one whose up the
// base already had and the range changes is marked as edited, and a file that is gone from among
// them as one that was a migration.
void change_mark_context(struct change *change);
// The full name of the commit that `revision` means; ERROR_INPUT: there is none.
MUST_CHECK bool git_find_commit(TALLOC_CTX *mem, const char *folder, const char *revision,
                                char **out, struct error *err);
// The top folder of the work tree.
MUST_CHECK bool git_find_root(TALLOC_CTX *mem, const char *folder, const char **out,
                              struct error *err);
// Content of `path` at `revision`; NULL when it is not there.
MUST_CHECK bool git_show(TALLOC_CTX *mem, const char *folder, const char *revision,
                         const char *path, char **text, size_t *len, struct error *err);

#endif

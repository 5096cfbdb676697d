/*
 * Range folders: the folders of migrations that a git range touches, where nothing names them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_RANGE_FOLDERS_H
#define CHANGE_RANGE_FOLDERS_H

#include "change/change.h"

// After git_read_range. A folder counts when the files of a migration tool lie in it, or, for plain
// .sql files, when its path says that it holds migrations. Paths are relative to the working
// directory where that leads to them. ERROR_INPUT: such a folder cannot be read.
MUST_CHECK bool range_folders_find(TALLOC_CTX *mem, const struct change *range, const char ***out,
                                   size_t *n, struct error *err);

#endif

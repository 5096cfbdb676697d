/*
 * Stem pairs: files that are paired by their names: x.down.sql is the down of x.sql.
 *
 * For folders of .sql files that no tool names: a plain folder, and what Django prints.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_STEM_PAIRS_H
#define CHANGE_STEM_PAIRS_H

#include "change/change.h"

// Read the .sql files of `paths` (all of them when `folder` is NULL) into `change`, ordered as
// people sort (2 before 10), by path; each file in one transaction.
MUST_CHECK bool stem_pairs_read(TALLOC_CTX *mem, const char *folder, char *const *paths, size_t n,
                                struct change *change, struct error *err);

#endif

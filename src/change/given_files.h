/*
 * Given files: migrations that were named one by one on the command line.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_GIVEN_FILES_H
#define CHANGE_GIVEN_FILES_H

#include "change/layout.h"

// Append their migrations to `change`, in the order of `paths`; up and down among them are paired,
// and a down that lies beside a given up is read with it. `layout` NULL: each file is recognised.
MUST_CHECK bool given_files_read(TALLOC_CTX *mem, const char *const *paths, size_t n,
                                 const struct migration_layout *layout, struct change *change,
                                 struct error *err);

#endif

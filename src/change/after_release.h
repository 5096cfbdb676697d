/*
 * Migrations that run after the release: the second folder of a database, beside the first.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_AFTER_RELEASE_H
#define CHANGE_AFTER_RELEASE_H

#include "change/change.h"

// Those of `folder` into `change`, in one order by version with what is there: a tool's record
// knows one order only. A folder that is not there, or holds nothing, has none.
MUST_CHECK bool after_release_read(TALLOC_CTX *mem, const char *folder,
                                   const struct migration_layout *layout, struct change *change,
                                   struct error *err);

#endif

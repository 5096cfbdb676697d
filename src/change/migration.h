/*
 * Migration: the steps that every layout's reader shares: load a file, add a migration, pair a down
 * with its up, order by version, refuse two of one version.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_MIGRATION_H
#define CHANGE_MIGRATION_H

#include "change/change.h"

// A whole file as one direction.
MUST_CHECK bool migration_text_read(TALLOC_CTX *mem, const char *path, bool in_transaction,
                                    struct migration_text *out, struct error *err);
// The start of a file, for recognising it; "" when it cannot be read.
#define MIGRATION_HEAD_SIZE ((size_t)64 * 1024)
char *migration_head(TALLOC_CTX *mem, const char *path);
// A file that is not SQL: there is a migration, and its SQL is not visible.
struct migration_text migration_text_unseen(const char *path, const char *what);

// Append one; version and name are copied.
struct migration *migration_add(TALLOC_CTX *mem, struct change *change, const char *version,
                                const char *name);
// Append those of `part`, which one layout read.
void migration_append(TALLOC_CTX *mem, struct change *change, const struct change *part);
// The migration that was asked for by `key` before; added when there is none.
struct migration *migration_keyed(TALLOC_CTX *mem, struct change *change, const char *key,
                                  const char *version, const char *name);
// The migration of `version`, as migration_compare_versions has it.
struct migration *migration_of(TALLOC_CTX *mem, struct change *change, const char *version);

// Compare versions: parts between '.' and '_' as numbers ("1.2" before "1.10", "7" equals "007");
// what is no number compares as people sort.
int migration_compare_versions(const char *a, const char *b);
// Compare as people sort: runs of digits as numbers, the rest by bytes.
int migration_compare_natural(const char *a, const char *b);

typedef int migration_order(const struct migration *a, const struct migration *b);
// Equal ones stay in their order. Ends the reading: keys are forgotten.
void migration_sort(struct change *change, migration_order *order);
int migration_by_version(const struct migration *a, const struct migration *b);

// Two ups of one version are an ERROR_INPUT that names both files. `change` is sorted by version.
MUST_CHECK bool migration_check_versions(const struct change *change, struct error *err);

// Is `path` in `folder` itself, not in a folder below it? Always when `folder` is NULL.
bool migration_is_direct(const char *folder, const char *path);

#endif

/*
 * Layouts: how each migration tool names, orders and runs its files.
 *
 * A layout recognises the files of a folder, cuts them into ups and downs, orders them as its tool
 * does, and knows the tool's transaction rule. One row each in layout.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_LAYOUT_H
#define CHANGE_LAYOUT_H

#include "change/change.h"
#include "change/following.h"

struct migration_layout {
    const char *name;         // "golang-migrate" "dbmate" "goose" "flyway" "diesel" "sourcegraph"
                              // "sqitch" "prisma" "rails" "alembic" "django" "plain"
    const char *file_pattern; // for people: "N_name.up.sql"
    const char *transaction_rule; // for people: "each file in one transaction unless …"
    const char *record_table;     // "schema_migrations", NULL: not known
    // `folder` is NULL below when single files were given: then all of `paths` are candidates,
    // wherever they lie.
    // How sure are we that `paths` (n, sorted) are of this layout: 0 no … 100 certain.
    int (*recognise)(const char *folder, char *const *paths, size_t n);
    int surest; // the most that `recognise` answers: who cannot win need not read the files
    // Read them into `change->migrations`.
    bool (*read)(TALLOC_CTX *mem, const char *folder, char *const *paths, size_t n,
                 struct change *change, struct error *err);
    // How new migrations are written; NULL: they are not, for that reason.
    const struct following *following;
    const char *not_following;
};

const struct migration_layout *layout_find(const char *name); // NULL: unknown
// The layout that is surest of `paths`; NULL: none knows them.
const struct migration_layout *layout_recognise(const char *folder, char *const *paths, size_t n);
extern const struct migration_layout *const layout_table[];
extern const size_t layout_count;

// Read folders and single files, in the given order; a folder's migrations come in its tool's
// order. A down that lies beside a given up is read with it. `layout` NULL: recognised.
// ERROR_INPUT: missing, no migration in it, two with one version (both named), a symlink loop.
MUST_CHECK bool change_read(TALLOC_CTX *mem, const char *const *paths, size_t n_paths,
                            const struct migration_layout *layout, struct change **out,
                            struct error *err);

#endif

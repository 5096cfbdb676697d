/*
 * Layouts: the table of migration tools, and which one a set of files belongs to.
 *
 * A new layout is one row here and one file layout_NAME.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/layout.h"
#include "change/layout_rows.h"

const struct migration_layout *const layout_table[] = {
    // Recognised by names.
    &layout_golang_migrate,
    &layout_flyway,
    &layout_diesel,
    &layout_sourcegraph,
    &layout_prisma,
    &layout_sqitch,
    // Recognised by what the files hold.
    &layout_goose,
    &layout_dbmate,
    &layout_alembic,
    &layout_django,
    &layout_rails,
    &layout_plain,
};
const size_t layout_count = COUNT_OF(layout_table);

const struct migration_layout *layout_find(const char *name)
{
    for (size_t i = 0; i < layout_count; i++)
        if (strcmp(layout_table[i]->name, name) == 0)
            return layout_table[i];
    return NULL;
}

const struct migration_layout *layout_recognise(const char *folder, char *const *paths, size_t n)
{
    const struct migration_layout *best = NULL;
    int best_score = 0;
    for (size_t i = 0; i < layout_count; i++) {
        if (layout_table[i]->surest <= best_score)
            continue;
        int score = layout_table[i]->recognise(folder, paths, n);
        if (score > layout_table[i]->surest)
            bug("layout %s: %d of at most %d", layout_table[i]->name, score,
                layout_table[i]->surest);
        if (score > best_score) {
            best = layout_table[i];
            best_score = score;
        }
    }
    return best;
}

/*
 * Stem pairs: files that are paired by their names: x.down.sql is the down of x.sql.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/stem_pairs.h"
#include "base/file.h"
#include "base/text.h"
#include "change/migration.h"

static const char *const up_endings[] = {".up", "_up", "-up"};
static const char *const down_endings[] = {".down",      "_down",      "-down",
                                           ".rollback",  "_rollback",  "-rollback",
                                           ".backwards", "_backwards", "-backwards"};

static bool cut_ending(char *stem, const char *const *endings, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!text_ends_with(stem, endings[i]))
            continue;
        stem[strlen(stem) - strlen(endings[i])] = '\0';
        return true;
    }
    return false;
}

// The path without ".sql" and direction: what an up and its down have in common.
static char *stem_of(TALLOC_CTX *mem, const char *path, bool *is_down)
{
    char *stem = mem_strdup(mem, path);
    if (text_ends_with(stem, ".sql"))
        stem[strlen(stem) - 4] = '\0';
    *is_down = cut_ending(stem, down_endings, COUNT_OF(down_endings));
    if (!*is_down)
        cut_ending(stem, up_endings, COUNT_OF(up_endings));
    return stem;
}

// "0042_add_users" → "0042"; a date alone ("20240131_…") and what has no number stay whole: several
// files a day are in the order of their names.
static const char *version_of(TALLOC_CTX *mem, const char *base)
{
    size_t digits = strspn(base, "0123456789");
    bool is_cut = base[digits] == '_' || base[digits] == '-' || base[digits] == '.';
    bool is_date = digits == 8 || (digits == 4 && base[4] == '-');
    if (digits == 0 || !is_cut || is_date)
        return mem_strdup(mem, base);
    return mem_strndup(mem, base, digits);
}

static bool read_file(TALLOC_CTX *mem, const char *path, struct change *change, struct error *err)
{
    bool is_down;
    char *stem = stem_of(mem, path, &is_down);
    const char *version = version_of(mem, file_base(stem));
    // The stem is the name until all are there and sorted.
    struct migration *migration = migration_keyed(mem, change, stem, version, stem);
    struct migration_text *text = is_down ? &migration->down : &migration->up;
    if (text->path != NULL) {
        error_set(err, ERROR_INPUT, "%s: also '%s' is the %s of this migration", path, text->path,
                  is_down ? "down" : "up");
        return error_hint(err, "keep one of the two");
    }
    TRY(migration_text_read(mem, path, true, text, err));
    if (!is_down || migration->path == NULL)
        migration->path = text->path;
    return true;
}

static int by_path(const struct migration *a, const struct migration *b)
{
    return migration_compare_natural(a->name, b->name);
}

bool stem_pairs_read(TALLOC_CTX *mem, const char *folder, char *const *paths, size_t n,
                     struct change *change, struct error *err)
{
    for (size_t i = 0; i < n; i++)
        if (folder == NULL || text_ends_with(paths[i], ".sql"))
            TRY(read_file(mem, paths[i], change, err));
    migration_sort(change, by_path);
    for (size_t i = 0; i < change->n_migrations; i++) {
        const char *base = file_base(change->migrations[i].name);
        size_t digits = strlen(change->migrations[i].version);
        bool is_numbered = base[digits] != '\0';
        change->migrations[i].name = is_numbered ? base + digits + 1 : base;
    }
    return true;
}

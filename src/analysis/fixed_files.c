/*
 * Files of a fixed change: see fixed_files.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/fixed_files.h"

struct numbering {
    struct fixed_files *out;
    const struct following *following;
    const char *last;               // the version given last; NULL: none is
    struct fixed_migration *widest; // fixed last into more than one: it makes the others move
};

static struct fixed_migration *fixed_of(struct fixed_change *fixed,
                                        const struct migration *migration)
{
    for (size_t i = 0; i < fixed->n; i++) {
        if (fixed->list[i].migration == migration && fixed->list[i].n_parts > 0)
            return &fixed->list[i];
    }
    return NULL;
}

static bool is_behind(const struct numbering *numbering, const char *version)
{
    return numbering->last == NULL || numbering->following->compare(version, numbering->last) > 0;
}

static const char *part_name(TALLOC_CTX *mem, const struct migration *migration, const char *label)
{
    bool is_named = strcmp(migration->name, migration->version) != 0;
    const char *name = is_named ? migration->name : "";
    if (label == NULL)
        return name;
    return mem_printf(mem, "%s%s%s", name, name[0] != '\0' ? "_" : "", label);
}

static bool target_add(struct numbering *numbering, const struct following_migration *migration)
{
    struct fixed_files *out = numbering->out;
    if (!is_behind(numbering, migration->version))
        return false;
    struct fixed_target *target = mem_append(out, out->targets, out->n_targets);
    *target = (struct fixed_target){.origin = migration->origin,
                                    .version = migration->version,
                                    .is_moved = migration->is_moved};
    size_t first = out->files.n;
    numbering->following->write(&out->files, migration);
    target->path = out->files.list[first].path;
    numbering->last = migration->version;
    return true;
}

static char *text_of(TALLOC_CTX *mem, const struct migration_text *text)
{
    return text->path == NULL ? NULL
                              : mem_strndup(mem, text->text + text->start, text->end - text->start);
}

static const char *first_version(const struct numbering *numbering,
                                 const struct migration *migration)
{
    return is_behind(numbering, migration->version)
               ? migration->version
               : numbering->following->version(numbering->out, numbering->last, 1);
}

static bool number_parts(struct numbering *numbering, const struct fixed_migration *fixed)
{
    const struct migration *origin = fixed->migration;
    const char *first = first_version(numbering, origin);
    for (size_t i = 0; i < fixed->n_parts; i++) {
        const struct fixed_part *part = &fixed->parts[i];
        struct following_migration migration = {
            .version = i == 0 ? first : numbering->following->version(numbering->out, first, i),
            .name = part_name(numbering->out, origin, part->label),
            .up = part->up,
            .down = part->down,
            .in_transaction = part->in_transaction,
            .down_in_transaction = part->down_in_transaction,
            .origin = origin,
        };
        if (!target_add(numbering, &migration))
            return false;
    }
    return true;
}

static bool number_moved(struct numbering *numbering, const struct migration *origin)
{
    struct following_migration migration = {
        .version = first_version(numbering, origin),
        .name = part_name(numbering->out, origin, NULL),
        .up = text_of(numbering->out, &origin->up),
        .down = text_of(numbering->out, &origin->down),
        .in_transaction = origin->up.in_transaction,
        .down_in_transaction = origin->down.in_transaction || origin->down.path == NULL,
        .origin = origin,
        .is_moved = true,
    };
    return migration.up != NULL && target_add(numbering, &migration);
}

// false: there is no room behind `widest`.
static bool number_one(struct numbering *numbering, struct fixed_change *fixed,
                       const struct migration *migration)
{
    struct fixed_migration *parts = fixed_of(fixed, migration);
    if (parts != NULL) {
        numbering->widest = parts->n_parts > 1 ? parts : numbering->widest;
        return number_parts(numbering, parts);
    }
    if (migration->is_repeatable || is_behind(numbering, migration->version))
        return true;
    return !migration->is_context && number_moved(numbering, migration);
}

static void obstruct(struct fixed_migration *fixed)
{
    for (size_t i = 0; i < fixed->n_places; i++) {
        if (fixed->places[i].obstacle == NULL)
            fixed->places[i].obstacle = "no version is free behind it for what must be a migration "
                                        "of its own";
    }
    fixed->n_parts = 0;
}

static struct fixed_files *number_all(TALLOC_CTX *mem, const struct following *following,
                                      const struct change *change, struct fixed_change *fixed)
{
    struct fixed_files *out = mem_new(mem, struct fixed_files);
    struct numbering numbering = {.out = out, .following = following};
    out->files.mem = out;
    for (size_t i = 0; i < change->n_migrations; i++) {
        if (number_one(&numbering, fixed, &change->migrations[i]))
            continue;
        if (numbering.widest == NULL)
            return out; // its own order is none: as it was read
        obstruct(numbering.widest);
        talloc_free(out);
        return NULL;
    }
    return out;
}

struct fixed_files *fixed_files_make(TALLOC_CTX *mem, const struct following *following,
                                     const struct change *change, struct fixed_change *fixed)
{
    struct fixed_files *files;
    do {
        files = number_all(mem, following, change, fixed); // each time one less is fixed
    } while (files == NULL);
    return files;
}

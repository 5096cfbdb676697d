/*
 * Fixed changes are judged as the change was: parts in which something new would be found are given
 * up, so that what is written passes its own assessment.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/fixed_change.h"
#include "base/text.h"

static struct migration_text text_make(const char *path, const char *text, bool in_transaction)
{
    size_t len = text == NULL ? 0 : strlen(text);
    return (struct migration_text){.path = text == NULL ? NULL : path,
                                   .text = text,
                                   .len = len,
                                   .end = len,
                                   .in_transaction = in_transaction};
}

static struct fixed_migration *parts_of(const struct fixed_change *fixed,
                                        const struct migration *migration)
{
    for (size_t i = 0; i < fixed->n; i++) {
        if (fixed->list[i].migration == migration && fixed->list[i].n_parts > 0)
            return &fixed->list[i];
    }
    return NULL;
}

// Each part has the path of its origin: findings are counted by it.
static void add_parts(TALLOC_CTX *mem, struct change *out, const struct fixed_migration *fixed)
{
    const struct migration *origin = fixed->migration;
    for (size_t i = 0; i < fixed->n_parts; i++) {
        const struct fixed_part *part = &fixed->parts[i];
        struct migration *added = mem_append(mem, out->migrations, out->n_migrations);
        *added = *origin;
        added->up = text_make(origin->path, part->up, part->in_transaction);
        added->down = text_make(origin->down.path, part->down, part->down_in_transaction);
        added->path = mem_strdup(mem, origin->path); // a string of its own: what it makes is new to
                                                     // no other part
    }
}

static struct change *change_with(TALLOC_CTX *mem, const struct change *change,
                                  const struct fixed_change *fixed)
{
    struct change *out = mem_new(mem, struct change);
    *out = *change;
    out->migrations = NULL;
    out->n_migrations = 0;
    for (size_t i = 0; i < change->n_migrations; i++) {
        const struct fixed_migration *parts = parts_of(fixed, &change->migrations[i]);
        if (parts != NULL)
            add_parts(mem, out, parts);
        else
            *mem_append(mem, out->migrations, out->n_migrations) = change->migrations[i];
    }
    return out;
}

static bool is_of(const struct finding *finding, const struct migration *migration)
{
    return strcmp(finding->path, migration->path) == 0 ||
           (migration->down.path != NULL && strcmp(finding->path, migration->down.path) == 0);
}

static size_t count(const struct assessment *assessment, const struct migration *migration,
                    const char *rule)
{
    size_t n = 0;
    for (size_t i = 0; i < assessment->findings.n; i++) {
        const struct finding *finding = &assessment->findings.list[i];
        n += finding->severity > SEVERITY_NOTE && strcmp(finding->rule, rule) == 0 &&
             is_of(finding, migration);
    }
    return n;
}

// That data may be in the way was so before, by whatever rule. The down of one part need not lead
// back to where its up began (an index goes with its constraint): those of all parts together do.
static bool is_expected(const struct finding *finding)
{
    return text_ends_with(finding->rule, "-may-fail") ||
           strcmp(finding->rule, "down-does-not-restore") == 0;
}

// More of a rule than before.
static const struct finding *find_new(const struct assessment *before,
                                      const struct assessment *after,
                                      const struct migration *migration)
{
    for (size_t i = 0; i < after->findings.n; i++) {
        const struct finding *finding = &after->findings.list[i];
        if (finding->severity == SEVERITY_NOTE || !is_of(finding, migration) ||
            is_expected(finding))
            continue;
        if (count(after, migration, finding->rule) > count(before, migration, finding->rule))
            return finding;
    }
    return NULL;
}

static void give_up(TALLOC_CTX *mem, struct fixed_migration *fixed, const struct finding *finding)
{
    fixed->n_parts = 0;
    for (size_t i = 0; i < fixed->n_places; i++) {
        if (fixed->places[i].obstacle == NULL)
            fixed->places[i].obstacle =
                mem_printf(mem, "in parts, %s would be found: %s", finding->rule, finding->message);
    }
}

bool fixed_change_verify(struct fixed_change *fixed, const struct change *change,
                         const struct assessment_options *options, const struct assessment *before,
                         struct error *err)
{
    for (bool is_changed = true; is_changed;) {
        SCRATCH(tmp);
        struct assessment *after;
        is_changed = false;
        TRY(assessment_make(tmp, change_with(tmp, change, fixed), options, &after, err));
        for (size_t i = 0; i < fixed->n; i++) {
            struct fixed_migration *migration = &fixed->list[i];
            const struct finding *found =
                migration->n_parts == 0 ? NULL : find_new(before, after, migration->migration);
            if (found == NULL)
                continue;
            give_up(fixed, migration, found);
            is_changed = true;
        }
    }
    return true;
}

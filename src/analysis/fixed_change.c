/*
 * Fixed change: the walk over the migrations, from the schema that the change starts from.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/fixed_change.h"
#include "analysis/fixed_pieces.h"

static const struct script *script_of(const struct assessment *assessment,
                                      const struct migration *migration, bool is_down)
{
    for (size_t i = 0; i < assessment->n_scripts; i++) {
        const struct assessed_script *assessed = &assessment->scripts[i];
        if (assessed->migration == migration && assessed->is_down == is_down)
            return assessed->script;
    }
    return NULL;
}

static void apply(struct schema *schema, const struct migration *migration,
                  const struct script *script)
{
    schema_begin_migration(schema, migration->path);
    for (size_t i = 0; i < script->n_statements; i++)
        schema_apply(schema, &script->statements[i]);
}

static bool apply_context(struct schema *schema, const struct migration *migration,
                          struct reader *reader, struct error *err)
{
    SCRATCH(tmp);
    const struct migration_text *up = &migration->up;
    struct script_source source = {
        .path = up->path, .text = up->text, .len = up->len, .start = up->start, .end = up->end};
    struct script *script;
    if (up->path == NULL)
        return true;
    TRY(reader_read(tmp, reader, &source, &script, err));
    apply(schema, migration, script);
    return true;
}

static void obstruct_all(struct fixed_pieces *pieces, const char *obstacle)
{
    for (size_t i = 0; i < pieces->n_places; i++) {
        if (pieces->places[i].obstacle == NULL)
            pieces->places[i].obstacle = obstacle;
    }
}

// The parts, or why there are none.
static bool fix_migration(struct fixed_change *fixed, const struct migration *migration,
                          const struct assessment *assessment, struct schema *schema,
                          struct reader *reader, struct error *err)
{
    const struct script *up = script_of(assessment, migration, false);
    const struct script *down = script_of(assessment, migration, true);
    if (up == NULL)
        return true;
    struct schema *before = schema_copy(fixed, schema);
    schema_begin_migration(before, migration->path);
    struct fixed_pieces *pieces = pieces_make(fixed, assessment, up, &migration->up, before);
    talloc_free(before);
    apply(schema, migration, up);
    if (pieces->n_places == 0)
        return true;
    const char *obstacle = script_obstacle(fixed, up, &migration->up);
    if (obstacle == NULL && migration->is_repeatable)
        obstacle = "it is run again whenever it changes, and has no place among the others";
    struct fixed_migration *added = mem_append(fixed, fixed->list, fixed->n);
    added->migration = migration;
    if (obstacle != NULL)
        obstruct_all(pieces, obstacle);
    else if (pieces->is_fixed)
        parts_make(added, pieces);
    added->places = pieces->places;
    added->n_places = pieces->n_places;
    if (added->n_parts > 0 && down != NULL)
        TRY(parts_divide_down(added, pieces, down, reader, err));
    return true;
}

bool fixed_change_make(TALLOC_CTX *mem, const struct change *change,
                       const struct assessment *assessment, struct fixed_change **out,
                       struct error *err)
{
    SCRATCH(tmp);
    struct fixed_change *fixed = mem_new(tmp, struct fixed_change);
    struct schema *schema = schema_copy(tmp, assessment->before);
    struct reader *reader;
    bool has_begun = false; // `before` has what was applied before the first that is judged
    TRY(reader_open(tmp, assessment->dialect, &reader, err));
    for (size_t i = 0; i < change->n_migrations; i++) {
        const struct migration *migration = &change->migrations[i];
        if (!migration->is_context) {
            has_begun = true;
            TRY(fix_migration(fixed, migration, assessment, schema, reader, err));
        } else if (has_begun) {
            TRY(apply_context(schema, migration, reader, err));
        }
    }
    *out = talloc_steal(mem, fixed);
    return true;
}

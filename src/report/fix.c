/*
 * Report of a fixed change as text and JSON.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report/fix.h"
#include "base/json.h"
#include "base/text.h"
#include "report/assess.h"

// --- text

static void write_targets(FILE *out, const struct fix_report *fix,
                          const struct migration *migration)
{
    for (size_t i = 0; i < fix->files->n_targets; i++) {
        const struct fixed_target *target = &fix->files->targets[i];
        if (target->origin == migration)
            fprintf(out, "         %s\n", target->path);
    }
}

static void write_fixed(FILE *out, const struct fix_report *fix,
                        const struct fixed_migration *fixed)
{
    if (fixed->n_parts == 0)
        return;
    fprintf(out, "fixed  %s:", fixed->migration->path);
    const char *separator = " ";
    for (size_t i = 0; i < fixed->n_places; i++) {
        const struct fixed_place *place = &fixed->places[i];
        if (place->obstacle != NULL)
            continue;
        fprintf(out, "%s%s (line %zu)", separator, place->rule, place->line);
        separator = ", ";
    }
    fputc('\n', out);
    write_targets(out, fix, fixed->migration);
}

static void write_moved(FILE *out, const struct fix_report *fix)
{
    for (size_t i = 0; i < fix->files->n_targets; i++) {
        const struct fixed_target *target = &fix->files->targets[i];
        if (target->is_moved)
            fprintf(out, "moved  %s: unchanged, behind the new ones\n         %s\n",
                    target->origin->path, target->path);
    }
}

static void write_stays(FILE *out, const struct fixed_migration *fixed)
{
    for (size_t i = 0; i < fixed->n_places; i++) {
        const struct fixed_place *place = &fixed->places[i];
        if (place->obstacle != NULL)
            fprintf(out, "stays  %s:%zu  %s\n         %s\n", place->path, place->line, place->rule,
                    place->obstacle);
    }
}

void report_fix_text(FILE *out, const struct fix_report *fix)
{
    for (size_t i = 0; i < fix->fixed->n; i++)
        write_fixed(out, fix, &fix->fixed->list[i]);
    write_moved(out, fix);
    for (size_t i = 0; i < fix->fixed->n; i++)
        write_stays(out, &fix->fixed->list[i]);
    if (fix->output == NULL)
        fputs("Nothing is written: no statement has a safe form that can take its place.\n\n", out);
    else
        fprintf(out,
                "Written to %s: %zu file%s. They take the place of those that are fixed or moved; "
                "nothing else was changed.\nThe change with them in it:\n\n",
                fix->output, fix->files->files.n, fix->files->files.n == 1 ? "" : "s");
}

// --- JSON

static json_t *migration_json(const struct fix_report *fix, const struct fixed_migration *fixed)
{
    json_t *object = json_object();
    json_put_text(object, "path", fixed->migration->path);
    json_t *targets = json_put_array(object, "migrations");
    for (size_t i = 0; i < fix->files->n_targets; i++) {
        if (fix->files->targets[i].origin == fixed->migration)
            json_array_append_new(targets, json_text(fix->files->targets[i].path));
    }
    return object;
}

static void put_places(json_t *list, const struct fixed_migration *fixed, bool is_fixed)
{
    for (size_t i = 0; i < fixed->n_places; i++) {
        const struct fixed_place *place = &fixed->places[i];
        if ((place->obstacle == NULL) != is_fixed)
            continue;
        json_t *object = json_object();
        json_put_text(object, "path", place->path);
        json_put_integer(object, "line", (int64_t)place->line);
        json_put_text(object, "rule", place->rule);
        if (!is_fixed)
            json_put_text(object, "reason", place->obstacle);
        json_array_append_new(list, object);
    }
}

static json_t *fix_json(const struct fix_report *fix)
{
    json_t *document = json_object();
    json_put_text(document, "schema", "tminus/fix/1");
    json_put_text(document, "output", fix->output);
    json_t *files = json_put_array(document, "files");
    for (size_t i = 0; i < fix->files->files.n; i++)
        json_array_append_new(files, json_text(fix->files->files.list[i].path));
    json_t *replaced = json_put_array(document, "replaced");
    json_t *settled = json_put_array(document, "fixed");
    json_t *stays = json_put_array(document, "stays");
    for (size_t i = 0; i < fix->fixed->n; i++) {
        const struct fixed_migration *fixed = &fix->fixed->list[i];
        if (fixed->n_parts > 0)
            json_array_append_new(replaced, migration_json(fix, fixed));
        put_places(settled, fixed, true);
        put_places(stays, fixed, false);
    }
    json_t *moved = json_put_array(document, "moved");
    for (size_t i = 0; i < fix->files->n_targets; i++) {
        const struct fixed_target *target = &fix->files->targets[i];
        if (!target->is_moved)
            continue;
        json_t *object = json_object();
        json_put_text(object, "path", target->origin->path);
        json_put_text(object, "migration", target->path);
        json_array_append_new(moved, object);
    }
    return document;
}

void report_fix_json(FILE *out, const struct fix_report *fix, const struct assessment *result)
{
    char *text = NULL;
    size_t len;
    FILE *memory = open_memstream(&text, &len);
    if (memory == NULL)
        bug("no memory for a report");
    report_assess_json(memory, result);
    fclose(memory);
    json_t *document = fix_json(fix);
    json_put(document, "assessment", json_loads(text, 0, NULL));
    free(text);
    json_write(out, document);
    json_decref(document);
}

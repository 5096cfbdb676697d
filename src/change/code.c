/*
 * Code: which tables the changed code of a range writes.
 *
 * A file counts when the range changes code in it, not only comments; then every write in it
 * counts, because what one function decides another one stores. Writes in changed lines are marked.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/code.h"
#include "base/file.h"
#include "base/text.h"
#include "change/code_lines.h"
#include "change/code_text.h"
#include "change/code_use.h"
#include "change/generated.h"
#include "change/git.h"
#include <assert.h>
#include <limits.h>

struct code_reading {
    TALLOC_CTX *mem;
    const struct change *change;
    const struct config *config; // or NULL
    struct code_models models;
    struct code_report *report;
};

static void add_unmapped(struct code_reading *reading, const char *path)
{
    *mem_append(reading->mem, reading->report->unmapped, reading->report->n_unmapped) =
        mem_strdup(reading->mem, path);
}

// One write for each table of a file: in a changed line before one elsewhere, of data before of a
// model.
static void add_write(struct code_reading *reading, const struct code_write *write)
{
    struct code_report *report = reading->report;
    for (size_t i = 0; i < report->n_writes; i++) {
        struct code_write *known = &report->writes[i];
        if (strcmp(known->path, write->path) != 0 || strcmp(known->table, write->table) != 0)
            continue;
        bool is_better = write->in_changed_line != known->in_changed_line
                             ? write->in_changed_line
                             : write->is_data_change && !known->is_data_change;
        const char *path = known->path;
        if (is_better)
            *known = *write;
        known->path = path;
        return;
    }
    struct code_write *added = mem_append(reading->mem, report->writes, report->n_writes);
    *added = *write;
    added->path = mem_strdup(reading->mem, write->path);
}

// The map of the configuration. `is_done`: it says that the file writes no table.
static bool take_path_map(struct code_reading *reading, const char *path, bool *is_done)
{
    bool is_mapped = false;
    const struct config *config = reading->config;
    for (size_t i = 0; config != NULL && i < config->n_code_paths; i++) {
        const struct config_path *map = &config->code_paths[i];
        if (!path_matches(map->glob, path))
            continue;
        is_mapped = true;
        *is_done = *is_done || map->n_tables == 0;
        for (size_t j = 0; j < map->n_tables; j++)
            add_write(reading, &(struct code_write){.path = path,
                                                    .table = map->tables[j],
                                                    .source = CODE_PATH_MAP,
                                                    .evidence = map->glob,
                                                    .is_data_change = true,
                                                    .in_changed_line = true});
    }
    return is_mapped;
}

static bool changes_code(const struct code_text *code, const struct code_lines *lines)
{
    if (lines->has_deleted_code)
        return true;
    for (size_t i = 0; i < code->n; i++)
        if (code_lines_touch(lines, code->tokens[i].line, code->tokens[i].line_end))
            return true;
    return false;
}

// The file is where a model is defined: what it validates and computes is what the table will hold.
static void add_models(struct code_reading *reading, const char *path,
                       const struct code_lines *lines)
{
    for (size_t i = 0; i < reading->models.n; i++) {
        const struct code_model *model = &reading->models.list[i];
        if (strcmp(model->path, path) != 0)
            continue;
        add_write(reading,
                  &(struct code_write){
                      .path = path,
                      .line = model->line,
                      .table = model->table,
                      .source = CODE_MODEL,
                      .evidence = mem_printf(reading->mem, "model %s", model->name),
                      .in_changed_line = code_lines_touch(lines, model->line, model->line)});
    }
}

static bool read_text(struct code_reading *reading, TALLOC_CTX *mem,
                      const struct changed_file *file, char **text, size_t *len, struct error *err)
{
    const struct change *change = reading->change;
    if (file->status == 'D')
        return git_show(mem, change->root, change->base, file->path, text, len, err);
    return file_read(mem, file_join(mem, change->root, file->path), FILE_SIZE_MAX, text, len, err);
}

static bool read_file(struct code_reading *reading, const struct changed_file *file, bool is_mapped,
                      struct error *err)
{
    SCRATCH(tmp);
    char *text = NULL;
    size_t len = 0;
    struct code_lines lines;
    struct code_text code;
    struct code_uses uses = {0};
    TRY(read_text(reading, tmp, file, &text, &len, err));
    TRY(code_lines_read(tmp, reading->change, file, &lines, err));
    if (text == NULL)
        return true;
    code_text_read(tmp, file->path, text, len, &code);
    if (!changes_code(&code, &lines))
        return true;
    code_uses_sql(reading->mem, &code, &reading->models, &uses);
    code_uses_model(reading->mem, &code, &reading->models, &uses);
    size_t before = reading->report->n_writes;
    for (size_t i = 0; i < uses.n; i++) {
        uses.list[i].path = file->path;
        uses.list[i].in_changed_line =
            code_lines_touch(&lines, uses.list[i].line, uses.list[i].line);
        if (code_is_task(file->path))
            uses.list[i].source = CODE_TASK;
        add_write(reading, &uses.list[i]);
    }
    add_models(reading, file->path, &lines);
    bool is_explained = is_mapped || reading->report->n_writes > before;
    bool is_asked = code_kind_of(file->path) == CODE_PROGRAM;
    if (uses.has_unnamed || (!is_explained && is_asked))
        add_unmapped(reading, file->path);
    return true;
}

// Migrations are read as migrations.
static bool is_migration(const struct change *change, const char *path)
{
    SCRATCH(tmp);
    char full[PATH_MAX];
    const char *wanted = file_join(tmp, change->root, path);
    for (size_t i = 0; i < change->n_migrations; i++) {
        const struct migration_text *texts[] = {
            &change->migrations[i].up, &change->migrations[i].down, &change->migrations[i].verify};
        for (size_t j = 0; j < COUNT_OF(texts); j++)
            if (texts[j]->path != NULL && realpath(texts[j]->path, full) != NULL &&
                strcmp(full, wanted) == 0)
                return true;
    }
    return false;
}

bool code_read(TALLOC_CTX *mem, const char *folder, const struct change *change,
               const struct config *config, struct code_report **out, struct error *err)
{
    (void)folder; // git_read_range found the top folder of its work tree
    assert(change->root != NULL);
    struct code_report *report = mem_new(mem, struct code_report);
    struct code_reading reading = {
        .mem = report, .change = change, .config = config, .report = report};
    TRY(code_models_read(report, change->root, config, &reading.models, err));
    for (size_t i = 0; i < change->n_files; i++) {
        const struct changed_file *file = &change->files[i];
        bool is_done = false;
        bool is_mapped = take_path_map(&reading, file->path, &is_done);
        if (is_done || file->is_generated || file->added < 0 ||
            code_kind_of(file->path) == CODE_NONE || is_migration(change, file->path))
            continue;
        TRY(read_file(&reading, file, is_mapped, err));
    }
    *out = report;
    return true;
}

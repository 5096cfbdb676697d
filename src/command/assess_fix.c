/*
 * assess --fix: what is written where.
 *
 * A folder is made beside the one asked for and renamed when it is whole: a run that is interrupted
 * leaves nothing that looks like migrations. What was written is read back by its layout, and that
 * is what the second assessment judges.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/assess_fix.h"
#include "base/file.h"
#include "change/layout.h"
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

// --- what cannot be

static bool is_empty_folder(const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        return false;
    size_t n = 0;
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(folder);
    return n == 0;
}

static bool check_output(const char *output, struct error *err)
{
    if (file_kind(output) == FILE_MISSING || is_empty_folder(output))
        return true;
    error_set(err, ERROR_USAGE, "%s: is there already, and not an empty folder", output);
    return error_hint(err, "give --output a new folder; nothing is ever written over");
}

static bool check_layout(const struct assess_input *input, struct error *err)
{
    const struct migration_layout *layout = input->change->layout;
    if (input->options.dialect != DIALECT_POSTGRES)
        return error_set(err, ERROR_USAGE, "--fix knows safe forms for PostgreSQL only");
    if (layout == NULL)
        return error_set(err, ERROR_USAGE, "--fix needs the migrations of one folder");
    if (layout->following != NULL)
        return true;
    error_set(err, ERROR_USAGE, "--fix writes no migrations of %s: %s", layout->name,
              layout->not_following);
    return error_hint(err, "the safe form of each statement is in the findings");
}

// --- writing

static void take_away(const char *folder, const struct following_files *files)
{
    SCRATCH(tmp);
    for (size_t i = 0; i < files->n; i++) {
        const char *path = file_join(tmp, folder, files->list[i].path);
        unlink(path);
        rmdir(file_folder(tmp, path));
    }
    rmdir(folder);
}

static bool write_files(const char *folder, const struct following_files *files, struct error *err)
{
    SCRATCH(tmp);
    for (size_t i = 0; i < files->n; i++) {
        const struct following_file *file = &files->list[i];
        const char *path = file_join(tmp, folder, file->path);
        TRY(file_make_folders(file_folder(tmp, path), 0755, err));
        if (file_kind(path) != FILE_MISSING)
            return error_set(err, ERROR_INPUT, "%s: two migrations would have this name",
                             file->path);
        TRY(file_write(path, file->text, strlen(file->text), 0644, err));
    }
    return true;
}

static bool write_folder(const char *output, const struct following_files *files, struct error *err)
{
    SCRATCH(tmp);
    size_t len = strlen(output);
    while (len > 1 && output[len - 1] == '/')
        len--;
    const char *target = mem_strndup(tmp, output, len);
    char *beside = mem_printf(tmp, "%s.XXXXXX", target);
    TRY(file_make_folders(file_folder(tmp, target), 0755, err));
    if (mkdtemp(beside) == NULL || chmod(beside, 0755) != 0)
        return error_set(err, ERROR_SYSTEM, "%s: cannot be made: %s", output, strerror(errno));
    if (write_files(beside, files, err)) {
        if (rename(beside, target) == 0)
            return true;
        error_set(err, ERROR_SYSTEM, "%s: cannot be made: %s", output, strerror(errno));
    }
    take_away(beside, files);
    return false;
}

// --- the result

static size_t count_targets(const struct fixed_files *files, const struct migration *origin)
{
    size_t n = 0;
    for (size_t i = 0; i < files->n_targets; i++)
        n += files->targets[i].origin == origin;
    return n;
}

// The change with what was written in the place of what it is for: both are in the tool's order.
static void splice(TALLOC_CTX *mem, const struct change *change, const struct change *written,
                   const struct fixed_files *files, struct change *out)
{
    size_t next = 0;
    *out = *change;
    out->migrations = NULL;
    out->n_migrations = 0;
    for (size_t i = 0; i < change->n_migrations; i++) {
        const struct migration *migration = &change->migrations[i];
        size_t n = count_targets(files, migration);
        for (size_t k = 0; k < n; k++, next++) {
            struct migration *added = mem_append(mem, out->migrations, out->n_migrations);
            *added = written->migrations[next];
            added->phase = migration->phase;
        }
        if (n == 0)
            *mem_append(mem, out->migrations, out->n_migrations) = *migration;
    }
}

static bool read_back(TALLOC_CTX *mem, const struct change *change, const char *output,
                      const struct fixed_files *files, struct change **out, struct error *err)
{
    struct change *written;
    struct change *result = mem_new(mem, struct change);
    TRY(change_read(mem, &output, 1, change->layout, &written, err));
    if (written->n_migrations != files->n_targets)
        return error_set(err, ERROR_INTERNAL, "%s: %zu migrations were written, and %zu are read",
                         output, files->n_targets, written->n_migrations);
    splice(mem, change, written, files, result);
    *out = result;
    return true;
}

bool assess_fix(TALLOC_CTX *mem, const struct assess_input *input, const char *output,
                struct fix_report *report, struct assessment **out, struct error *err)
{
    struct assessment *before;
    struct fixed_change *fixed;
    struct change *result;
    TRY(check_output(output, err));
    TRY(check_layout(input, err));
    TRY(assessment_make(mem, input->change, &input->options, &before, err));
    TRY(fixed_change_make(mem, input->change, before, &fixed, err));
    TRY(fixed_change_verify(fixed, input->change, &input->options, before, err));
    struct fixed_files *files =
        fixed_files_make(mem, input->change->layout->following, input->change, fixed);
    *report = (struct fix_report){.fixed = fixed, .files = files};
    if (files->n_targets == 0) {
        *out = before;
        return true;
    }
    TRY(write_folder(output, &files->files, err));
    TRY(read_back(mem, input->change, output, files, &result, err));
    report->output = output;
    return assessment_make(mem, result, &input->options, out, err);
}

/*
 * Backups by a command of the project: one argument list that takes them, one that gives them back.
 *
 * They are told by variables: TMINUS_DATABASE_URL, TMINUS_BACKUP_DIRECTORY and, to give one back,
 * TMINUS_BACKUP_ID. The last line that the first prints names the backup. What was taken is noted
 * in the directory, a file each: the command need not be able to list.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "driver/backup/tool_run.h"
#include "driver/backup_directory.h"
#include <unistd.h>

#define ENDING ".backup.json"
#define FORMAT_NAME "tminus/backup-note/1"
#define NOTE_MAX ((size_t)1024 * 1024)

// --- notes

static bool note_write(const char *path, const char *id, int64_t taken_ms, struct error *err)
{
    SCRATCH(tmp);
    json_auto_t *note = json_object();
    json_put_text(note, "schema", FORMAT_NAME);
    json_put_text(note, "id", id);
    json_put_text(note, "taken_at", clock_format(taken_ms).text);
    const char *text = json_canonical(tmp, note);
    return file_write(path, text, strlen(text), 0600, err);
}

static bool note_read(TALLOC_CTX *mem, const char *path, struct backup *out)
{
    SCRATCH(tmp);
    char *text;
    size_t len;
    json_auto_t *note = NULL;
    struct error ignored = {0};
    if (!file_read(tmp, path, NOTE_MAX, &text, &len, &ignored) ||
        !json_read(path, text, len, &note, &ignored))
        return false;
    const char *format = json_get_text(note, "schema"), *id = json_get_text(note, "id");
    const char *taken_at = json_get_text(note, "taken_at");
    if (format == NULL || strcmp(format, FORMAT_NAME) != 0 || id == NULL || taken_at == NULL ||
        !clock_parse(taken_at, &out->taken_ms, &ignored))
        return false;
    out->id = mem_strdup(mem, id);
    return true;
}

// What the id names, where that is a file or folder: of the directory, or by its whole path.
static void look_for(TALLOC_CTX *mem, const struct backup_options *options, struct backup *out)
{
    SCRATCH(tmp);
    char *path =
        out->id[0] == '/' ? mem_strdup(tmp, out->id) : file_join(tmp, options->directory, out->id);
    enum file_kind kind = file_kind(path);
    out->bytes = -1;
    if (kind != FILE_REGULAR && kind != FILE_FOLDER) {
        if (out->id[0] == '/')
            out->damage = "it is gone";
        return;
    }
    out->path = mem_strdup(mem, path);
    out->bytes = directory_bytes(path);
    if (out->bytes == 0)
        out->damage = "empty";
}

static bool backup_read(TALLOC_CTX *mem, const struct backup_options *options,
                        const struct directory_entry *entry, struct backup *out)
{
    if (entry->is_folder || !text_ends_with(entry->name, ENDING))
        return false;
    SCRATCH(tmp);
    *out = (struct backup){.kind = backup_command.name, .taken_ms = entry->modified_ms};
    if (note_read(mem, entry->path, out)) {
        look_for(mem, options, out);
        return true;
    }
    out->id = mem_strndup(mem, entry->name, strlen(entry->name) - strlen(ENDING));
    out->bytes = -1;
    out->damage = "its note cannot be read";
    return true;
}

static bool command_list(TALLOC_CTX *mem, const struct backup_options *options, struct backup **out,
                         size_t *n, struct error *err)
{
    return directory_backups(mem, options, backup_read, out, n, err);
}

// --- running

static bool command_run(TALLOC_CTX *mem, const struct backup_options *options,
                        const char *const *argv, const struct secret *url, const char *id,
                        struct process_result *out, struct error *err)
{
    SCRATCH(tmp);
    // Whole: the command may go to another folder.
    char *whole = realpath(options->directory, NULL);
    char *directory = mem_strdup(tmp, whole != NULL ? whole : options->directory);
    free(whole);
    const char *const environment[] = {
        mem_printf(tmp, "TMINUS_BACKUP_DIRECTORY=%s", directory),
        mem_printf(tmp, "TMINUS_DATABASE_URL=%s", secret_reveal(url)),
        id != NULL ? mem_printf(tmp, "TMINUS_BACKUP_ID=%s", id) : NULL,
        NULL,
    };
    const struct tool_run run = {.argv = argv,
                                 .environment = environment,
                                 .what = id != NULL ? "restore" : "backup",
                                 .watched = id != NULL ? NULL : options->directory};
    TRY(tool_run(mem, options, &run, out, err));
    return out->status == 0 || tool_fail(out, argv[0], ERROR_SYSTEM, err);
}

static char *last_line(TALLOC_CTX *mem, const char *text)
{
    size_t len = strlen(text);
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r' || text[len - 1] == ' '))
        len--;
    size_t start = len;
    while (start > 0 && text[start - 1] != '\n')
        start--;
    return mem_strndup(mem, text + start, len - start);
}

static bool command_take(TALLOC_CTX *mem, const struct backup_options *options,
                         const char *snapshot, struct backup *out, struct error *err)
{
    SCRATCH(tmp);
    struct directory_begun *begun;
    struct process_result result;
    (void)snapshot;
    if (options->command == NULL) {
        error_set(err, ERROR_CONFIG, "no command that takes a backup is configured");
        return error_hint(err, "write backup: {command: […], restore: […]} into tminus.yaml");
    }
    TRY(directory_begin(tmp, options, "command", ENDING, &begun, err));
    TRY(command_run(tmp, options, options->command, options->url, NULL, &result, err));
    char *id = last_line(tmp, result.output);
    if (*id == '\0' || !text_is_utf8(id, strlen(id), NULL)) {
        error_set(err, ERROR_INPUT, "%s: does not say what it made", options->command[0]);
        return error_hint(err, "the last line that it prints must name the backup");
    }
    TRY(note_write(begun->partial, id, begun->taken_ms, err));
    TRY(directory_finish(begun, err));
    const struct directory_entry entry = {.name = begun->id, .path = begun->path};
    if (!backup_read(mem, options, &entry, out))
        bug("a backup that was just taken is none");
    if (out->damage == NULL)
        return true;
    error_set(err, ERROR_INPUT, "%s: %s: %s", options->command[0], out->id, out->damage);
    unlink(begun->path);
    return false;
}

// The command's own check is its restore: what is known here is whether it is there.
static bool command_check(const struct backup_options *options, const struct backup *backup,
                          struct error *err)
{
    (void)options;
    return backup->damage == NULL ||
           error_set(err, ERROR_INPUT, "%s: %s", backup->id, backup->damage);
}

static bool command_restore(const struct backup_options *options, const struct backup *backup,
                            const struct secret *into, const char *folder, const struct name *table,
                            struct error *err)
{
    SCRATCH(tmp);
    struct process_result result;
    (void)folder;
    if (table != NULL)
        return error_set(err, ERROR_USAGE, "a command gives no table alone");
    if (options->restore == NULL) {
        error_set(err, ERROR_CONFIG, "no command that gives a backup back is configured");
        return error_hint(err, "write backup: {restore: […]} into tminus.yaml");
    }
    TRY(command_check(options, backup, err));
    return command_run(tmp, options, options->restore, into, backup->id, &result, err);
}

const struct backup_driver backup_command = {
    .name = "command",
    .serves_all = true,
    .take = command_take,
    .list = command_list,
    .check = command_check,
    .restore = command_restore,
};

/*
 * One table of an archive.
 *
 * `pg_restore --table` leaves the keys out, without which rows could not be compared with what was
 * recorded of them. So the list of contents is asked for and cut. Defaults are left out: they may
 * call sequences and functions that are not restored.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/backup/archive_table.h"
#include "base/file.h"
#include "base/text.h"
#include "driver/backup/tool_run.h"
#include "driver/postgres_client.h"
#include <ctype.h>
#include <unistd.h>

static int list_remove(char *path)
{
    unlink(path);
    return 0;
}

// Behind "215; 1259 16385 " of a line.
static const char *entry_of(const char *line)
{
    for (int words = 0; words < 3; words++) {
        line += strcspn(line, " \n");
        line += *line == ' ';
    }
    return line;
}

static bool is_kind(const char *entry, const char *kind, const char **rest)
{
    if (!text_starts_with(entry, kind))
        return false;
    *rest = entry + strlen(kind);
    return true;
}

// What a table may be made of. Their order is the archive's.
static bool is_foundation(const char *entry)
{
    static const char *const kinds[] = {"SCHEMA ", "EXTENSION ", "SHELL TYPE ",   "TYPE ",
                                        "DOMAIN ", "COLLATION ", "ACCESS METHOD "};
    const char *rest;
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (is_kind(entry, kinds[i], &rest))
            return true;
    return false;
}

// "public emails " or, of a constraint, "public emails emails_pkey …".
static bool names_table(const char *rest, struct name table)
{
    SCRATCH(tmp);
    return text_starts_with(rest, mem_printf(tmp, "%s %s ", table.schema, table.name));
}

static bool is_of_table(const char *entry, struct name table, bool *has_rows)
{
    const char *rest;
    bool is_data = is_kind(entry, "TABLE DATA ", &rest);
    if (!is_data && !is_kind(entry, "TABLE ", &rest) && !is_kind(entry, "CONSTRAINT ", &rest))
        return false;
    if (!names_table(rest, table))
        return false;
    *has_rows = *has_rows || is_data;
    return true;
}

static char *cut_list(TALLOC_CTX *mem, const char *whole, struct name table, bool *has_rows)
{
    char *list = mem_strdup(mem, "");
    for (const char *line = whole; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        const char *entry = entry_of(line);
        if (isdigit((unsigned char)*line) &&
            (is_of_table(entry, table, has_rows) || is_foundation(entry)))
            list = mem_checked(talloc_asprintf_append_buffer(list, "%.*s\n", (int)len, line));
        line += len + (line[len] == '\n');
    }
    return list;
}

bool archive_table_list(TALLOC_CTX *mem, const struct backup_options *options,
                        const struct backup *backup, struct name table, char **out,
                        struct error *err)
{
    SCRATCH(tmp);
    char *program;
    struct process_result result;
    bool has_rows = false;
    if (table.schema == NULL)
        table.schema = "public";
    TRY(postgres_client_program(tmp, "pg_restore", &program, err));
    const char *const argv[] = {program, "--list", backup->path, NULL};
    const struct tool_run run = {.argv = argv, .what = "contents"};
    TRY(tool_run(tmp, options, &run, &result, err));
    if (result.status != 0)
        return tool_fail(&result, backup->path, ERROR_INPUT, err);
    char *list = cut_list(tmp, result.output, table, &has_rows);
    if (!has_rows) {
        error_set(err, ERROR_INPUT, "%s: holds no rows of a table '%s.%s'", backup->path,
                  table.schema, table.name);
        return error_hint(err, "rows of a partitioned table are those of its partitions");
    }
    const char *folder = getenv("TMPDIR");
    char *path = mem_printf(tmp, "%s/tminus-list-%d", folder ? folder : "/tmp", (int)getpid());
    TRY(file_write(path, list, strlen(list), 0600, err));
    talloc_set_destructor(path, list_remove);
    *out = talloc_steal(mem, path);
    return true;
}

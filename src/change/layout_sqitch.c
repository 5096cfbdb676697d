/*
 * sqitch: sqitch.plan gives names and order; deploy/NAME.sql, revert/NAME.sql, verify/NAME.sql.
 *
 * A change that is planned twice was reworked: the scripts of its earlier instance are
 * NAME@TAG.sql, TAG being the first tag behind it. sqitch hands a script to psql or sqlite3 as it
 * is; its templates write BEGIN and COMMIT into it. Source: sqitch manual, sqitchtutorial and
 * App::Sqitch::Plan ("Plan File", "Format"), sqitch-rework.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "base/text.h"
#include "change/layout_rows.h"
#include "change/line.h"
#include "change/migration.h"

static int recognise(const char *folder, char *const *paths, size_t n)
{
    SCRATCH(tmp);
    for (size_t i = 0; i < n; i++) {
        if (folder != NULL && migration_is_direct(folder, paths[i]) &&
            strcmp(file_base(paths[i]), "sqitch.plan") == 0)
            return 100;
        // A single script: deploy/x.sql beside a plan.
        const char *kind = file_folder(tmp, paths[i]);
        bool is_script = strcmp(file_base(kind), "deploy") == 0;
        if (folder == NULL && is_script &&
            file_kind(mem_printf(tmp, "%s/../sqitch.plan", kind)) == FILE_REGULAR)
            return 100;
    }
    return 0;
}

struct plan {
    char **names; // of changes, in order; a reworked one's earlier instance is "name@tag"
    size_t n;
};

// A tag names the earlier instances: whatever was planned before it and is planned again behind it.
static void plan_add(TALLOC_CTX *mem, struct plan *plan, const char *name, char *const *tag_of)
{
    for (size_t i = 0; i < plan->n; i++)
        if (strcmp(plan->names[i], name) == 0 && tag_of[i] != NULL)
            plan->names[i] = mem_printf(mem, "%s@%s", name, tag_of[i]);
    *mem_append(mem, plan->names, plan->n) = mem_strdup(mem, name);
}

static bool refuse_line(const char *path, const struct line *line, struct error *err)
{
    error_set(err, ERROR_INPUT, "%s:%zu:1: neither a change nor a tag", path, line->number);
    return error_hint(err, "a change is 'NAME [REQUIRED] TIME PLANNER <EMAIL> # NOTE'");
}

static void tag_untagged(char **tag_of, size_t n, char *tag)
{
    for (size_t i = 0; i < n; i++)
        if (tag_of[i] == NULL)
            tag_of[i] = tag;
}

static bool plan_read(TALLOC_CTX *mem, const char *path, struct plan *plan, struct error *err)
{
    SCRATCH(tmp);
    char *text;
    size_t len;
    char **tag_of = NULL; // the first tag behind each change
    size_t n_tags = 0;
    TRY(file_read(tmp, path, FILE_SIZE_MAX, &text, &len, err));
    for (struct line line = {.text = text}; line_next(&line, len);) {
        char *copy = line_copy(tmp, &line);
        copy += strspn(copy, " \t");
        if (copy[0] == '\0' || copy[0] == '#' || copy[0] == '%')
            continue;
        copy[strcspn(copy, " \t")] = '\0';
        if (copy[0] == '@') {
            tag_untagged(tag_of, n_tags, copy + 1);
            continue;
        }
        if (strpbrk(copy, "[]<>:#") != NULL)
            return refuse_line(path, &line, err);
        plan_add(mem, plan, copy, tag_of);
        *mem_append(tmp, tag_of, n_tags) = NULL;
    }
    return true;
}

static bool read_script(TALLOC_CTX *mem, const char *folder, const char *kind, const char *name,
                        struct migration_text *out, struct error *err)
{
    SCRATCH(tmp);
    char *path = mem_printf(tmp, "%s/%s/%s.sql", folder, kind, name);
    if (file_kind(path) != FILE_REGULAR && strcmp(kind, "deploy") != 0)
        return true; // revert and verify may be missing
    return migration_text_read(mem, path, false, out, err);
}

static bool add_change(TALLOC_CTX *mem, const char *folder, const char *name, struct change *change,
                       struct error *err)
{
    struct migration *migration = migration_add(mem, change, name, name);
    TRY(read_script(mem, folder, "deploy", name, &migration->up, err));
    TRY(read_script(mem, folder, "revert", name, &migration->down, err));
    TRY(read_script(mem, folder, "verify", name, &migration->verify, err));
    migration->path = migration->up.path;
    return true;
}

static bool read_given(TALLOC_CTX *mem, const char *path, struct change *change, struct error *err)
{
    SCRATCH(tmp);
    const char *kind = file_folder(tmp, path);
    const char *base = file_base(path);
    char *name = mem_strndup(tmp, base, strlen(base) - strlen(".sql"));
    TRY(add_change(mem, file_folder(tmp, kind), name, change, err));
    // The path as it was typed, so that it is found again in the list.
    struct migration *migration = &change->migrations[change->n_migrations - 1];
    migration->path = migration->up.path = mem_strdup(mem, path);
    return true;
}

static bool read_files(TALLOC_CTX *mem, const char *folder, char *const *paths, size_t n,
                       struct change *change, struct error *err)
{
    if (folder == NULL) {
        for (size_t i = 0; i < n; i++)
            TRY(read_given(mem, paths[i], change, err));
        return true;
    }
    SCRATCH(tmp);
    struct plan plan = {0};
    const char *path = file_join(tmp, folder, "sqitch.plan");
    TRY(plan_read(tmp, path, &plan, err));
    for (size_t i = 0; i < plan.n; i++)
        if (!add_change(mem, folder, plan.names[i], change, err))
            return error_wrap(err, "%s: change '%s'", path, plan.names[i]);
    return true;
}

const struct migration_layout layout_sqitch = {
    .name = "sqitch",
    .file_pattern = "sqitch.plan with deploy/, revert/, verify/",
    .transaction_rule = "none: a script begins and commits itself",
    .record_table = "sqitch.changes",
    .recognise = recognise,
    .surest = 100,
    .read = read_files,
    .not_following = "its changes are planned by its own tool: add them with sqitch add",
};

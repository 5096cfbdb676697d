/*
 * Deployed code: one question to `git grep`, and its lines given to the names that they have.
 *
 * A column's name alone says little ("status"): it counts in files that name its table or model
 * too; one of several words ("sent_at") counts anywhere.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/deployed.h"
#include "base/file.h"
#include "base/text.h"
#include "change/code_text.h"
#include "change/deployed_line.h"
#include "change/generated.h"
#include "change/git.h"
#include "change/git_run.h"
#include <limits.h>

#define TEXT_WIDTH 100

struct searched {
    const struct deployed_name *name;
    struct deployed_words table, column;
    struct deployed_lines *lines;
    bool file_has_table;
};

struct found_line {
    const char *path;
    size_t line;
    char *text;
};

struct search {
    TALLOC_CTX *mem; // of the answer
    const struct config *config;
    const char *root;
    const char **folders; // where the migrations lie, from the root
    size_t n_folders;
    struct searched *names;
    size_t n_names;
};

// --- what is left out

// `path` itself, or where it lies.
static void leave_out(TALLOC_CTX *mem, struct search *search, const char *path, bool is_folder)
{
    char full[PATH_MAX];
    size_t root = strlen(search->root);
    if (path == NULL || realpath(path, full) == NULL || strncmp(full, search->root, root) != 0 ||
        full[root] != '/')
        return;
    const char *folder =
        is_folder ? mem_strdup(mem, full + root + 1) : file_folder(mem, full + root + 1);
    for (size_t i = 0; i < search->n_folders; i++) {
        if (strcmp(search->folders[i], folder) == 0)
            return;
    }
    *mem_append(mem, search->folders, search->n_folders) = folder;
}

// Also of migrations that are no part of this change: those on the other side of the release.
static void leave_out_configured(TALLOC_CTX *mem, struct search *search)
{
    const struct config *config = search->config;
    for (size_t i = 0; config != NULL && i < config->n_environments; i++)
        for (size_t d = 0; d < config->environments[i].n_databases; d++) {
            const struct config_database *database = &config->environments[i].databases[d];
            const char *folders[] = {database->migrations, database->post_migrations};
            for (size_t k = 0; k < COUNT_OF(folders); k++)
                if (folders[k] != NULL)
                    leave_out(mem, search, config_resolve(mem, config, folders[k]), true);
        }
}

static bool is_code(const char *path)
{
    return code_kind_of(path) != CODE_NONE || text_ends_with(path, ".prisma") ||
           text_ends_with(path, ".xml");
}

static bool is_left_out(const struct search *search, const char *path)
{
    if (!is_code(path) || generated_by_path(path, search->config))
        return true;
    for (size_t i = 0; i < search->n_folders; i++) {
        size_t len = strlen(search->folders[i]);
        if (strncmp(path, search->folders[i], len) == 0 && path[len] == '/')
            return true;
    }
    return false;
}

// --- one file after the other

static void keep_best(TALLOC_CTX *mem, struct deployed_lines *lines, const struct found_line *found,
                      int rank)
{
    size_t at = lines->n;
    lines->n_all++;
    while (at > 0 && lines->list[at - 1].rank < rank)
        at--;
    if (at >= DEPLOYED_LINES_MAX)
        return;
    if (lines->n < DEPLOYED_LINES_MAX)
        lines->n++;
    for (size_t i = lines->n - 1; i > at; i--)
        lines->list[i] = lines->list[i - 1];
    lines->list[at] = (struct deployed_line){
        .path = mem_strdup(mem, found->path),
        .line = found->line,
        .text = text_shorten(mem, found->text, strlen(found->text), TEXT_WIDTH),
        .rank = rank,
    };
}

static bool counts(const struct searched *name, const struct found_line *found)
{
    if (name->name->column == NULL)
        return deployed_names(found->text, &name->table);
    return deployed_names(found->text, &name->column) &&
           (name->file_has_table || strchr(name->name->column, '_') != NULL);
}

static void take_file(struct search *search, const struct found_line *lines, size_t n)
{
    for (size_t i = 0; i < search->n_names; i++) {
        struct searched *name = &search->names[i];
        name->file_has_table = false;
        for (size_t k = 0; k < n && !name->file_has_table; k++)
            name->file_has_table = deployed_names(lines[k].text, &name->table);
        for (size_t k = 0; k < n; k++) {
            if (counts(name, &lines[k]))
                keep_best(search->mem, name->lines, &lines[k],
                          (int)deployed_rank_of(lines[k].path, lines[k].text));
        }
    }
}

// "COMMIT:path", NUL, line, NUL or ':', text, newline. NULL: the output is over.
static const char *read_found(const char *at, const char *end, struct found_line *out)
{
    const char *colon = memchr(at, ':', (size_t)(end - at));
    const char *nul = colon == NULL ? NULL : memchr(colon, '\0', (size_t)(end - colon));
    if (nul == NULL)
        return NULL;
    char *behind;
    out->path = colon + 1;
    out->line = strtoul(nul + 1, &behind, 10);
    if (behind >= end)
        return NULL;
    out->text = behind + 1;
    char *newline = memchr(out->text, '\n', (size_t)(end - out->text));
    if (newline == NULL)
        return end;
    *newline = '\0';
    return newline + 1;
}

static void take_output(TALLOC_CTX *tmp, struct search *search, const char *output, size_t len)
{
    const char *at = output, *end = output + len;
    struct found_line *lines = NULL, found;
    size_t n = 0;
    while (at != NULL && at < end && (at = read_found(at, end, &found)) != NULL) {
        if (n > 0 && strcmp(lines[0].path, found.path) != 0) {
            take_file(search, lines, n);
            n = 0;
        }
        if (!is_left_out(search, found.path))
            *mem_append(tmp, lines, n) = found;
    }
    if (n > 0)
        take_file(search, lines, n);
}

// --- the question

static void add_patterns(char **patterns, const struct deployed_words *words)
{
    for (size_t i = 0; i < words->n; i++)
        *patterns = talloc_asprintf_append_buffer(*patterns, "%s\n", words->list[i]);
}

static char *prepare(TALLOC_CTX *tmp, struct search *search, const struct deployed_name *names,
                     struct deployed_lines *answers)
{
    char *patterns = mem_strdup(tmp, "");
    search->names = mem_array(tmp, struct searched, search->n_names);
    for (size_t i = 0; i < search->n_names; i++) {
        struct searched *name = &search->names[i];
        name->name = &names[i];
        name->lines = &answers[i];
        name->table = deployed_words_of(tmp, names[i].table, true);
        add_patterns(&patterns, &name->table);
        if (names[i].column == NULL)
            continue;
        name->column = deployed_words_of(tmp, names[i].column, false);
        add_patterns(&patterns, &name->column);
    }
    return patterns;
}

static bool grep(TALLOC_CTX *tmp, struct search *search, const char *commit, const char *patterns,
                 struct error *err)
{
    struct process_result result;
    struct git_question question = {
        .folder = search->root,
        .arguments = (const char *const[]){"grep", "-n", "-I", "-w", "-F", "-z", "--full-name",
                                           "-f", "-", commit, "--", NULL},
        .input = patterns,
        .input_len = strlen(patterns)};
    TRY(git_ask(tmp, &question, &result, err));
    if (result.status > 1) // 1: nothing found
        return error_set(err, ERROR_INPUT, "%s: git grep: %s", search->root,
                         git_complaint(tmp, &result));
    take_output(tmp, search, result.output, result.output_len);
    return true;
}

bool deployed_search(TALLOC_CTX *mem, const char *folder, const char *revision,
                     const struct change *change, const struct config *config,
                     const struct deployed_name *names, size_t n_names, struct deployed_lines **out,
                     const char **commit, struct error *err)
{
    SCRATCH(tmp);
    struct search search = {.mem = mem, .config = config, .n_names = n_names};
    char *found;
    struct deployed_lines *answers = mem_array(mem, struct deployed_lines, n_names + 1);
    TRY(git_find_commit(mem, folder, revision, &found, err));
    TRY(git_find_root(tmp, folder, &search.root, err));
    for (size_t i = 0; i < change->n_migrations; i++) {
        leave_out(tmp, &search, change->migrations[i].up.path, false);
        leave_out(tmp, &search, change->migrations[i].down.path, false);
    }
    leave_out_configured(tmp, &search);
    const char *patterns = prepare(tmp, &search, names, answers);
    if (n_names > 0)
        TRY(grep(tmp, &search, found, patterns, err));
    *out = answers;
    *commit = found;
    return true;
}

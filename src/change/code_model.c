/*
 * Code models: which classes of the repository stand for which tables, and which tables there are.
 *
 * git grep finds the few files that are worth reading.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/code_model.h"
#include "base/file.h"
#include "base/text.h"
#include "base/text_index.h"
#include "change/git_run.h"
#include "change/inflection.h"
#include "change/line.h"
#include <ctype.h>

#define MODEL_FILES_MAX 5000
#define TABLE_LINES_MAX 50000

static const char model_pattern[] =
    "< (ApplicationRecord|ActiveRecord::Base)|self\\.table_name|models\\.Model|__tablename__|"
    "db_table|^model [A-Z]|@Entity|equelize\\.define\\(|\\) TableName\\(\\) string|^ *schema \"|"
    "extends Model";

void code_model_add(TALLOC_CTX *mem, struct code_models *models, const char *name,
                    const char *table, const char *path, size_t line)
{
    *mem_append(mem, models->list, models->n) = (struct code_model){
        .name = mem_strdup(mem, name), .table = table, .path = mem_strdup(mem, path), .line = line};
}

static bool ask_grep(TALLOC_CTX *mem, const char *root, const char *const *arguments,
                     struct process_result *result, struct error *err)
{
    struct git_question question = {.folder = root, .arguments = arguments};
    TRY(git_ask(mem, &question, result, err));
    if (result->status > 1) // 1: nothing found
        return error_set(err, ERROR_INPUT, "%s: git grep: %s", root, git_complaint(mem, result));
    return true;
}

static bool read_models(TALLOC_CTX *mem, const char *root, struct code_models *models,
                        struct error *err)
{
    SCRATCH(tmp);
    struct process_result result;
    TRY(ask_grep(tmp, root,
                 (const char *const[]){"grep", "-l", "-z", "-I", "--untracked", "-E", "-e",
                                       model_pattern, NULL},
                 &result, err));
    const char *end = result.output + result.output_len;
    size_t n = 0;
    for (const char *path = result.output; path < end && n < MODEL_FILES_MAX; n++) {
        SCRATCH(file);
        struct error ignored = {0};
        char *text;
        size_t len;
        if (file_read(file, file_join(file, root, path), FILE_SIZE_MAX, &text, &len, &ignored))
            code_models_scan(mem, path, text, len, models);
        path += strlen(path) + 1;
    }
    return true;
}

static void add_table(TALLOC_CTX *mem, struct code_models *models, const char *name)
{
    if (models->places == NULL)
        models->places = text_index_make(mem);
    bool is_new = name[0] != '\0' &&
                  text_index_add(models->places, name, models->n_tables) == models->n_tables;
    if (is_new)
        *mem_append(mem, models->tables, models->n_tables) = mem_strdup(mem, name);
}

// "create_table :emails", "op.create_table('emails'": a name in quotes or a symbol, so that a
// function of that name is none.
static void read_call(TALLOC_CTX *mem, struct code_models *models, const char *line)
{
    SCRATCH(tmp);
    const char *at = strstr(line, "create_table");
    if (at == NULL)
        return;
    at += strlen("create_table");
    at += strspn(at, " (");
    if (*at == '\0' || strchr(":\"'", *at) == NULL)
        return;
    at++;
    add_table(mem, models, mem_strndup(tmp, at, strcspn(at, " \"',)")));
}

// "CREATE TABLE IF NOT EXISTS public.emails (": the name is followed by its columns, by AS, or by
// the end of the line, so that prose ("create table names that …") is none.
static void read_statement(TALLOC_CTX *mem, struct code_models *models, const char *line)
{
    SCRATCH(tmp);
    const char *lower = text_lower(tmp, line);
    const char *at = strstr(lower, "create table ");
    if (at == NULL)
        return;
    at += strlen("create table ");
    if (text_starts_with(at, "if not exists "))
        at += strlen("if not exists ");
    const char *name = line + (at - lower);
    size_t len = strcspn(name, " (;,\t");
    const char *rest = at + len + strspn(at + len, " \t");
    if (*rest != '(' && *rest != '\0' && !text_starts_with(rest, "as "))
        return;
    char *copy = mem_strndup(tmp, name, len);
    const char *dot = strrchr(copy, '.');
    char *last = dot == NULL ? copy : copy + (dot + 1 - copy);
    last += strspn(last, "\"`[");
    last[strcspn(last, "\"`]")] = '\0';
    bool is_name =
        strspn(last, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
        strlen(last);
    if (is_name)
        add_table(mem, models, last);
}

static bool read_tables(TALLOC_CTX *mem, const char *root, struct code_models *models,
                        struct error *err)
{
    SCRATCH(tmp);
    struct process_result result;
    TRY(ask_grep(tmp, root,
                 (const char *const[]){"grep", "-h", "-i", "-I", "--untracked", "-E", "-e",
                                       "create table |create_table", NULL},
                 &result, err));
    struct line line = {.text = result.output};
    while (line.number < TABLE_LINES_MAX && line_next(&line, result.output_len)) {
        SCRATCH(one);
        const char *text = line_copy(one, &line);
        read_call(mem, models, text);
        read_statement(mem, models, text);
    }
    return true;
}

bool code_models_read(TALLOC_CTX *mem, const char *root, const struct config *config,
                      struct code_models *out, struct error *err)
{
    struct code_models models = {0};
    TRY(read_models(mem, root, &models, err));
    TRY(read_tables(mem, root, &models, err));
    for (size_t i = 0; config != NULL && i < config->n_tables; i++)
        add_table(mem, &models, config->tables[i].name);
    for (size_t i = 0; config != NULL && i < config->n_references; i++) {
        add_table(mem, &models, config->references[i].from_table);
        add_table(mem, &models, config->references[i].to_table);
    }
    *out = models;
    return true;
}

const char *code_models_of_class(const struct code_models *models, const char *name)
{
    for (size_t i = 0; i < models->n; i++)
        if (strcmp(models->list[i].name, name) == 0)
            return models->list[i].table;
    return NULL;
}

static const char *find_table(const struct code_models *models, const char *name)
{
    for (size_t i = 0; i < models->n_tables; i++)
        if (text_equal_nocase(models->tables[i], name))
            return models->tables[i];
    return NULL;
}

const char *code_models_of_variable(TALLOC_CTX *mem, const struct code_models *models,
                                    const char *name)
{
    SCRATCH(tmp);
    static const char *const endings[] = {"_repository", "_repo", "_model", "_record", "_row"};
    if (strcmp(name, "self") == 0 || strcmp(name, "this") == 0 || strcmp(name, "cls") == 0)
        return NULL;
    char *snake = inflection_snake(tmp, name + strspn(name, "@_$"));
    for (size_t i = 0; i < COUNT_OF(endings); i++)
        if (text_ends_with(snake, endings[i]))
            snake[strlen(snake) - strlen(endings[i])] = '\0';
    if (strlen(snake) < 3) // "e", "tx": too short to be a name
        return NULL;
    char *singular = inflection_singular(tmp, snake);
    for (size_t i = 0; i < models->n; i++) {
        const char *model = inflection_snake(tmp, models->list[i].name);
        if (strcmp(model, snake) == 0 || strcmp(model, singular) == 0)
            return models->list[i].table;
    }
    const char *table = find_table(models, inflection_plural(tmp, singular));
    if (table == NULL)
        table = find_table(models, snake);
    return mem_strdup(mem, table);
}

/*
 * Tasks: see task.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/task.h"
#include "base/process.h"
#include "base/quantity.h"
#include "base/text.h"

#define SHOWN 300

// What nearly every program needs, and nothing that is secret.
static const char *const usual[] = {"PATH", "HOME", "USER",   "LOGNAME", "SHELL",        "LANG",
                                    "TZ",   "TERM", "TMPDIR", "LC_ALL",  "SSH_AUTH_SOCK"};

struct lines { // of one output
    char *text;
    size_t len;
    char *last; // that is not blank, without secrets; NULL: there was none
};

struct tasking {
    TALLOC_CTX *mem;
    const struct task *task;
    struct lines lines[2];
    char *output; // the end of what was shown
    const char **secrets;
    size_t n_secrets;
};

// --- what is run

static bool fill(TALLOC_CTX *mem, const struct task *task, const char *word, const char **out,
                 struct error *err)
{
    SCRATCH(tmp);
    const struct {
        const char *hole, *value;
    } holes[] = {{"{slot}", task->values.slot},
                 {"{version}", task->values.version},
                 {"{address}", task->values.address}};
    const char *filled = mem_strdup(mem, word);
    for (size_t i = 0; i < COUNT_OF(holes); i++) {
        if (strstr(word, holes[i].hole) == NULL)
            continue;
        if (holes[i].value == NULL)
            return error_set(err, ERROR_CONFIG, "%s: %s has no value here", task->name,
                             holes[i].hole);
        const char *value =
            task->is_shell ? text_shell_quoted(tmp, holes[i].value) : holes[i].value;
        filled = text_replaced(mem, filled, holes[i].hole, value);
    }
    *out = filled;
    return true;
}

static bool task_argv(TALLOC_CTX *mem, const struct task *task, const char *const **out,
                      struct error *err)
{
    const char **argv = mem_array(mem, const char *, task->n_words + 3);
    size_t n = 0;
    if (task->n_words == 0)
        return error_set(err, ERROR_CONFIG, "%s: no command is configured", task->name);
    if (task->is_shell) {
        argv[n++] = "sh";
        argv[n++] = "-c";
    }
    for (size_t i = 0; i < task->n_words; i++)
        TRY(fill(mem, task, task->words[i], &argv[n++], err));
    *out = argv;
    return true;
}

bool task_put_command(json_t *data, const struct task *task, struct error *err)
{
    SCRATCH(tmp);
    const char **words = mem_array(tmp, const char *, task->n_words + 1);
    const char *const *argv;
    struct task shown = *task;

    for (size_t i = 0; i < task->n_words; i++)
        words[i] = config_written(task->config, task->words[i]);
    shown.words = words;
    TRY(task_argv(tmp, &shown, &argv, err));
    json_t *command = json_put_array(data, "command");
    for (; *argv != NULL; argv++)
        json_array_append_new(command, json_text(*argv));
    return true;
}

bool task_check_version(const char *version, struct error *err)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-/@:";
    if (version[0] != '\0' && version[0] != '-' && version[strspn(version, allowed)] == '\0')
        return true;
    error_set(err, ERROR_USAGE, "'%s' is no version", version);
    return error_hint(err, "a version has letters, digits and ._+-/@: alone, and no '-' first");
}

static void add_variable(TALLOC_CTX *mem, const char ***list, size_t *n, const char *name,
                         const char *value)
{
    if (value != NULL)
        *mem_append(mem, *list, *n) = mem_printf(mem, "%s=%s", name, value);
}

static const char *const *make_environment(struct tasking *tasking)
{
    const struct task *task = tasking->task;
    const char **list = NULL;
    size_t n = 0;
    for (size_t i = 0; i < COUNT_OF(usual); i++)
        add_variable(tasking->mem, &list, &n, usual[i], getenv(usual[i]));
    for (size_t i = 0; i < task->n_environment; i++) {
        const char *value = getenv(task->environment[i]);
        add_variable(tasking->mem, &list, &n, task->environment[i], value);
        if (value != NULL && strlen(value) >= 4)
            *mem_append(tasking->mem, tasking->secrets, tasking->n_secrets) = value;
    }
    add_variable(tasking->mem, &list, &n, "TMINUS_SLOT", task->values.slot);
    add_variable(tasking->mem, &list, &n, "TMINUS_VERSION", task->values.version);
    *mem_append(tasking->mem, list, n) = NULL;
    return list;
}

// --- what it writes

static void keep_last(struct tasking *tasking, struct lines *lines, const char *line)
{
    size_t blanks = strspn(line, " \t"), len = strlen(line);

    while (len > blanks && strchr(" \t", line[len - 1]) != NULL)
        len--;
    if (len <= blanks)
        return;
    talloc_free(lines->last);
    lines->last = text_shorten(tasking->mem, line + blanks, len - blanks, SHOWN);
}

static void show_line(struct tasking *tasking, struct lines *lines)
{
    SCRATCH(tmp);
    const char *line = text_to_utf8(tmp, lines->text, lines->len);
    for (size_t i = 0; i < tasking->n_secrets; i++)
        line = text_replaced(tmp, line, tasking->secrets[i], "****");
    line = secret_hide(tmp, line);
    if (tasking->task->show != NULL)
        tasking->task->show(tasking->task->show_context, line);
    keep_last(tasking, lines, line);
    lines->len = 0;
    char *all = mem_printf(tasking->mem, "%s%s\n", tasking->output, line);
    size_t length = strlen(all);
    const char *end = length > TASK_OUTPUT_MAX ? all + length - TASK_OUTPUT_MAX : all;
    while (((unsigned char)*end & 0xC0) == 0x80) // not within a character
        end++;
    talloc_free(tasking->output);
    tasking->output = mem_strdup(tasking->mem, end);
    talloc_free(all);
}

static void take(void *context, bool is_errors, const char *bytes, size_t len)
{
    struct tasking *tasking = context;
    struct lines *lines = &tasking->lines[is_errors];
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '\n' || lines->len == TASK_LINE_MAX) {
            show_line(tasking, lines);
        }
        if (bytes[i] != '\n' && bytes[i] != '\r')
            lines->text[lines->len++] = bytes[i];
    }
}

static void conclude(struct tasking *tasking, const struct process_result *result,
                     struct task_end *out)
{
    SCRATCH(tmp);
    const struct task *task = tasking->task;
    for (size_t i = 0; i < COUNT_OF(tasking->lines); i++)
        if (tasking->lines[i].len > 0)
            show_line(tasking, &tasking->lines[i]);
    const char *errors = tasking->lines[true].last;
    *out = (struct task_end){
        .status = result->status,
        .timed_out = result->timed_out,
        .output = tasking->output,
        .first = mem_strdup(tasking->mem, result->output),
        .took_ms = result->took_ms,
    };
    const char *name = task->is_shell ? task->name : task->words[0];
    if (result->timed_out)
        out->why = mem_printf(tasking->mem, "%s: did not end within %s", name,
                              quantity_duration(tmp, task->timeout_ms));
    else if (result->status != 0)
        out->why = mem_printf(tasking->mem, "%s: ended with status %d%s%s", name, result->status,
                              errors == NULL ? "" : ": ", errors == NULL ? "" : errors);
}

bool task_run(TALLOC_CTX *mem, const struct task *task, struct task_end *out, struct error *err)
{
    SCRATCH(tmp);
    struct process_result result;
    struct tasking tasking = {.mem = mem, .task = task, .output = mem_strdup(mem, "")};
    struct process_options options = {
        .folder = task->config->folder,
        .is_environment_whole = true,
        .ends_with_us = true,
        .timeout_ms = task->timeout_ms,
        .output_max = TASK_OUTPUT_MAX,
        .wait = task->wait,
        .write = take,
        .write_context = &tasking,
    };
    for (size_t i = 0; i < COUNT_OF(tasking.lines); i++)
        tasking.lines[i].text = mem_array(tmp, char, TASK_LINE_MAX + 1);
    TRY(task_argv(tmp, task, &options.argv, err));
    options.environment = make_environment(&tasking);
    if (!process_run(tmp, &options, &result, err))
        return error_wrap(err, "%s", task->name);
    conclude(&tasking, &result, out);
    return true;
}

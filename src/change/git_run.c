/*
 * Running git: one question to the git command, its answer or a clear error.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/git_run.h"
#include "base/text.h"

#define ARGUMENTS_MAX 24
#define TIMEOUT_MS ((int64_t)5 * 60 * 1000) // a diff over a huge history; a hang must end

char *git_complaint(TALLOC_CTX *mem, const struct process_result *result)
{
    const char *text = result->errors;
    if (text_starts_with(text, "fatal: "))
        text += strlen("fatal: ");
    return mem_strndup(mem, text, strcspn(text, "\n"));
}

static bool refuse_repository(const char *folder, const struct process_result *result,
                              struct error *err)
{
    SCRATCH(tmp);
    if (strstr(result->errors, "not a git repository") != NULL) {
        error_set(err, ERROR_INPUT, "%s: not in a git repository", folder);
        return error_hint(err, "run inside of the repository, or give paths instead of --base");
    }
    error_set(err, ERROR_INPUT, "%s: git refuses: %s", folder, git_complaint(tmp, result));
    if (strstr(result->errors, "dubious ownership") != NULL)
        return error_hint(err, "git config --global --add safe.directory FOLDER, if you trust it");
    return false;
}

bool git_ask(TALLOC_CTX *mem, const struct git_question *question, struct process_result *out,
             struct error *err)
{
    // Paths as they are, and no output that depends on the user's settings.
    const char *argv[ARGUMENTS_MAX + 8] = {
        "git", "-C", question->folder, "-c", "core.quotePath=false", "-c", "color.ui=false"};
    size_t n = 7;
    for (size_t i = 0; i < ARGUMENTS_MAX && question->arguments[i] != NULL; i++)
        argv[n++] = question->arguments[i];
    static const char *const environment[] = {"LC_ALL=C", "GIT_OPTIONAL_LOCKS=0",
                                              "GIT_TERMINAL_PROMPT=0", NULL};
    struct process_options options = {
        .argv = argv,
        .environment = environment,
        .input = question->input,
        .input_len = question->input_len,
        .timeout_ms = TIMEOUT_MS,
    };
    if (!process_run(mem, &options, out, err))
        return error_wrap(err, "running git");
    if (out->timed_out || out->was_cut)
        return error_set(err, ERROR_INPUT, "%s: git %s %s", question->folder,
                         question->arguments[0],
                         out->timed_out ? "did not end within 5 minutes" : "wrote too much");
    if (out->status == 128 && (strstr(out->errors, "not a git repository") != NULL ||
                               strstr(out->errors, "dubious ownership") != NULL ||
                               strstr(out->errors, "cannot change to") != NULL))
        return refuse_repository(question->folder, out, err);
    return true;
}

bool git_ask_line(TALLOC_CTX *mem, const char *folder, const char *const *arguments, char **out,
                  struct error *err)
{
    SCRATCH(tmp);
    struct process_result result;
    struct git_question question = {.folder = folder, .arguments = arguments};
    TRY(git_ask(tmp, &question, &result, err));
    *out =
        result.status != 0 ? NULL : mem_strndup(mem, result.output, strcspn(result.output, "\n"));
    return true;
}

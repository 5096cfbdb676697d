/*
 * Lint: what makes a checklist one that nobody can execute.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "plan/plan.h"
#include <ctype.h>

// Words that stand for something still to be written. Whole words, whatever their case.
static const char *const unwritten[] = {"todo",      "fixme", "tbd",         "xxx",  "changeme",
                                        "change_me", "yyyy",  "placeholder", "lorem"};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool is_name(const char *text, const char *end, const char *also)
{
    if (text == end || *text == ' ' || end[-1] == ' ' || isdigit((unsigned char)*text))
        return false;
    for (; text < end; text++)
        if (!is_word(*text) && strchr(also, *text) == NULL)
            return false;
    return true;
}

// "<the database>", "{{ slot }}", "[PR Title]": words in brackets. `a < b`, `x[1]` and `[--all]`
// are none.
static const char *bracketed(TALLOC_CTX *mem, const char *text, const char *open, const char *close)
{
    for (const char *at = strstr(text, open); at != NULL; at = strstr(at + 1, open)) {
        const char *inside = at + strlen(open);
        const char *end = strstr(inside, close);
        if (end == NULL)
            return NULL;
        bool is_square = open[0] == '[';
        bool is_hole = open[0] == '{' ? end > inside : is_name(inside, end, " -.");
        if (is_hole && (!is_square || memchr(inside, ' ', (size_t)(end - inside)) != NULL))
            return mem_strndup(mem, at, (size_t)(end - at) + strlen(close));
    }
    return NULL;
}

// What in `text` is still to be written, or NULL.
static const char *placeholder(TALLOC_CTX *mem, const char *text)
{
    static const char *const pairs[][2] = {{"<", ">"}, {"{{", "}}"}, {"[", "]"}};
    static const char *const holes[] = {"{slot}", "{version}", "your_", "your-", "/path/to/"};
    const char *lower = text_lower(mem, text);

    for (size_t i = 0; i < COUNT_OF(unwritten); i++)
        if (text_has_word(lower, unwritten[i]))
            return unwritten[i];
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        const char *found = bracketed(mem, text, pairs[i][0], pairs[i][1]);
        if (found != NULL)
            return found;
    }
    for (size_t i = 0; i < COUNT_OF(holes); i++)
        if (strstr(lower, holes[i]) != NULL)
            return holes[i];
    return NULL;
}

// Without what stands in quotes: a value may well be 'todo', and a column too.
static char *unquoted(TALLOC_CTX *mem, const char *sql)
{
    char *bare = mem_strdup(mem, sql);
    char quote = '\0';

    for (char *at = bare; *at != '\0'; at++) {
        bool is_quote = *at == '\'' || *at == '"';
        if (quote != '\0' ? *at == quote : is_quote)
            quote = quote == '\0' ? *at : '\0';
        else if (quote != '\0')
            *at = '_';
    }
    return bare;
}

// In SQL only what is no name and no operator there.
static const char *sql_placeholder(TALLOC_CTX *mem, const char *sql)
{
    static const char *const words[] = {"TODO", "FIXME", "TBD", "XXX", "CHANGEME", "YYYY"};
    const char *bare = unquoted(mem, sql);

    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (text_has_word(bare, words[i]))
            return words[i];
    const char *found = bracketed(mem, bare, "<", ">");
    if (found != NULL && strchr(found, ' ') == NULL)
        return found;
    return bracketed(mem, bare, "{{", "}}");
}

static bool refuse_empty(const struct plan_step *step, const char *what, const char *value,
                         struct error *err)
{
    if (value != NULL && value[0] != '\0')
        return true;
    error_set(err, ERROR_INPUT, "plan: step '%s' has no %s", step->name, what);
    return error_hint(err, "a step that nobody can check or take back is none: say its %s", what);
}

static bool refuse_placeholder(const struct plan_step *step, const char *what, const char *value,
                               struct error *err)
{
    SCRATCH(tmp);
    const char *found = value == NULL ? NULL : placeholder(tmp, value);

    if (found == NULL)
        return true;
    error_set(err, ERROR_INPUT, "plan: step '%s': its %s still has the placeholder '%s'",
              step->name, what, found);
    return error_hint(err, "write what is meant, in tminus.yaml or in the migration");
}

static bool refuse_sql_placeholder(const struct plan_step *step, struct error *err)
{
    SCRATCH(tmp);
    const char *found = sql_placeholder(tmp, step->sql);

    if (found == NULL)
        return true;
    error_set(err, ERROR_INPUT, "plan: step '%s': its query still has the placeholder '%s'",
              step->name, found);
    return error_hint(err, "write what is meant, in tminus.yaml or in the migration");
}

static bool lint_step(const struct plan_step *step, struct error *err)
{
    TRY(refuse_empty(step, "title", step->title, err));
    if (step->kind != STEP_MANUAL)
        TRY(refuse_empty(step, "command", step->command, err));
    TRY(refuse_empty(step, "proof", step->proof, err));
    TRY(refuse_empty(step, "expected value", step->expected, err));
    TRY(refuse_empty(step, "undo", step->undo, err));
    TRY(refuse_empty(step, "owner", step->owner, err));
    // The command of a query holds the query, quoted.
    if (step->sql != NULL)
        TRY(refuse_sql_placeholder(step, err));
    else
        TRY(refuse_placeholder(step, "command", step->command, err));
    TRY(refuse_placeholder(step, "expected value", step->expected, err));
    TRY(refuse_placeholder(step, "undo", step->undo, err));
    return refuse_placeholder(step, "owner", step->owner, err);
}

bool plan_lint(const struct plan *plan, struct error *err)
{
    for (size_t i = 0; i < PLAN_SECTION_COUNT; i++)
        for (size_t j = 0; j < plan->sections[i].n_steps; j++)
            TRY(lint_step(&plan->sections[i].steps[j], err));
    return true;
}

/*
 * Questions: see question.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/question.h"
#include "proof/observation.h"

#define GROUPS_SHOWN 10

bool questions_begin(TALLOC_CTX *mem, const struct target *target, struct questions *out,
                     struct error *err)
{
    struct table_file *file;

    TRY(table_file_open(mem, "the temporary file of what is asked", TABLE_FILE_TEMPORARY, &file,
                        err));
    TRY(table_file_run(file, "PRAGMA main.journal_mode = OFF; PRAGMA main.synchronous = OFF", err));
    TRY(observation_tables(file, err));
    *out = (struct questions){.target = target, .file = file};
    return true;
}

// The groups with the most in them: these are the values that a person would write down.
static bool show_groups(TALLOC_CTX *mem, struct table_file *file, struct result *result,
                        struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;
    char *text = mem_strdup(tmp, "");
    bool has_row;
    size_t n = 0;

    TRY(table_query_make(tmp, file,
                         "SELECT label, text FROM main.observed_row WHERE invariant = ?1 "
                         "ORDER BY number DESC, label",
                         &query, err));
    table_query_bind_text(query, 1, result->name);
    for (;; n++) {
        TRY(table_query_next(query, &has_row, err));
        if (!has_row)
            break;
        const char *value = table_query_text(query, 1);
        if (n < GROUPS_SHOWN)
            text = mem_printf(
                tmp, "%s%s%s%s%s", text, n == 0 ? "" : ", ", table_query_text(query, 0),
                table_query_text(query, 0)[0] == '\0' ? "" : ": ", value == NULL ? "NULL" : value);
    }
    if (n > 1)
        result->detail = n > GROUPS_SHOWN
                             ? mem_printf(mem, "%s and %zu more", text, n - GROUPS_SHOWN)
                             : mem_strdup(mem, text);
    return true;
}

// A million keys are counted by the server: nothing is kept of them here.
static struct invariant counted(TALLOC_CTX *mem, const struct invariant *asked)
{
    struct invariant invariant = *asked;

    invariant.sql_before = NULL;
    if (asked->kind != INVARIANT_KEYS_KEPT)
        return invariant;
    invariant.kind = INVARIANT_VALUE;
    invariant.expect = (struct config_expectation){.has_above = true};
    invariant.sql = mem_printf(mem, "SELECT count(*) FROM (%s) AS kept", asked->sql);
    return invariant;
}

static void name_keys(TALLOC_CTX *mem, struct result *result)
{
    result->expected = "a value to compare with";
    if (result->status == STATUS_FAIL || result->status == STATUS_WARN) {
        result->status = STATUS_UNKNOWN;
        result->detail = "the query gave no key: there will be nothing to compare";
    }
    if (result->has_value)
        result->observed = mem_printf(mem, "%s keys", result->observed);
}

bool question_ask(TALLOC_CTX *mem, const struct questions *questions, const struct invariant *asked,
                  struct result *out, struct error *err)
{
    SCRATCH(tmp);
    const struct invariant invariant = counted(mem, asked);
    struct result result;

    TRY(table_file_run(questions->file,
                       "DELETE FROM main.observation; DELETE FROM main.observed_row", err));
    TRY(observation_take(questions->file, questions->target, &invariant, MOMENT_AFTER, err));
    TRY(observation_judge_before(mem, questions->file, questions->target, &invariant, &result,
                                 err));
    if (asked->kind == INVARIANT_KEYS_KEPT)
        name_keys(mem, &result);
    if (asked->kind == INVARIANT_SAME && result.status == STATUS_PASS)
        TRY(show_groups(mem, questions->file, &result, err));
    *out = result;
    return true;
}

/*
 * Session timeouts: following SET, RESET and set_config() through transactions.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/session_timeouts.h"
#include "base/memory.h"
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct timeout_row {
    const char *name;
    size_t offset;
} timeout_rows[] = {
    {"lock_timeout", offsetof(struct session_timeouts, lock)},
    {"statement_timeout", offsetof(struct session_timeouts, statement)},
    {"idle_in_transaction_session_timeout", offsetof(struct session_timeouts, idle_in_transaction)},
    {"transaction_timeout", offsetof(struct session_timeouts, transaction)},
};

// Source: PostgreSQL 15 manual, 20.1.1 Parameter Names and Values; a bare number is milliseconds.
static const struct unit_row {
    const char *name;
    double ms;
} unit_rows[] = {
    {"", 1}, {"us", 0.001}, {"ms", 1}, {"s", 1000}, {"min", 60e3}, {"h", 3600e3}, {"d", 86400e3},
};

static const struct session_timeouts session_unset = {
    .lock = {.ms = SESSION_NOT_SET},
    .statement = {.ms = SESSION_NOT_SET},
    .idle_in_transaction = {.ms = SESSION_NOT_SET},
    .transaction = {.ms = SESSION_NOT_SET},
};

int64_t session_timeout_read(const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || !(value >= 0 && value <= INT32_MAX))
        return SESSION_NOT_SET;
    end += strspn(end, " ");
    size_t len = strcspn(end, " ");
    for (size_t i = 0; i < COUNT_OF(unit_rows); i++) {
        if (strlen(unit_rows[i].name) == len && strncmp(end, unit_rows[i].name, len) == 0)
            return llrint(value * unit_rows[i].ms);
    }
    return SESSION_NOT_SET;
}

struct session_timeouts_state session_timeouts_start(void)
{
    return (struct session_timeouts_state){session_unset, session_unset, session_unset};
}

void session_timeouts_begin(struct session_timeouts_state *state)
{
    state->before = state->kept;
}

void session_timeouts_end(struct session_timeouts_state *state, bool is_committed)
{
    if (!is_committed)
        state->kept = state->before;
    state->now = state->kept;
}

static struct session_timeout *timeout_of(struct session_timeouts *session,
                                          const struct timeout_row *row)
{
    return (struct session_timeout *)((char *)session + row->offset);
}

// `value` NULL: the default.
static void set_timeout(struct session_timeouts_state *state, const struct timeout_row *row,
                        const char *value, bool is_local, size_t at)
{
    struct session_timeout timeout = {.ms = SESSION_NOT_SET};
    if (value != NULL)
        timeout = (struct session_timeout){session_timeout_read(value), is_local, at};
    *timeout_of(&state->now, row) = timeout;
    if (!is_local)
        *timeout_of(&state->kept, row) = timeout;
}

static void set_variable(struct session_timeouts_state *state, const char *name, const char *value,
                         bool is_local, size_t at)
{
    bool is_all = strcasecmp(name, "all") == 0 && value == NULL;
    for (size_t i = 0; i < COUNT_OF(timeout_rows); i++) {
        if (is_all || strcasecmp(name, timeout_rows[i].name) == 0)
            set_timeout(state, &timeout_rows[i], value, is_local, at);
    }
}

// --- set_config('name', 'value', is_local)

// The next argument, without quotes, up to the ',' or ')' behind it. Gives what follows, or NULL.
static const char *read_argument(TALLOC_CTX *mem, const char *text, char **out)
{
    text += strspn(text, " \t\n");
    bool is_quoted = *text == '\'';
    size_t len = is_quoted ? strcspn(++text, "'") : strcspn(text, " \t\n,)");
    *out = mem_strndup(mem, text, len);
    text += len;
    text += strcspn(text, ",)");
    return *text == '\0' ? NULL : text + 1;
}

static void set_by_function(struct session_timeouts_state *state, const struct expression *output,
                            size_t at, bool in_transaction)
{
    SCRATCH(tmp);
    const char *call = strcasestr(output->text, "set_config");
    const char *rest = call == NULL ? NULL : strchr(call, '(');
    char *arguments[3];
    for (size_t i = 0; i < COUNT_OF(arguments); i++) {
        rest = rest == NULL ? NULL : read_argument(tmp, i == 0 ? rest + 1 : rest, &arguments[i]);
        if (rest == NULL)
            return;
    }
    bool is_local = tolower((unsigned char)arguments[2][0]) == 't';
    if (!is_local || in_transaction)
        set_variable(state, arguments[0], arguments[1], is_local, at);
}

static bool calls_set_config(const struct expression *output)
{
    for (size_t i = 0; i < output->n_functions; i++) {
        if (strcmp(output->functions[i].name, "set_config") == 0)
            return true;
    }
    return false;
}

void session_timeouts_apply(struct session_timeouts_state *state, const struct statement *statement,
                            size_t at, bool in_transaction)
{
    for (size_t i = 0; i < statement->n_actions; i++) {
        const struct action *action = &statement->actions[i];
        if (action->kind == ACTION_SET_VARIABLE && action->member != NULL &&
            (!action->is_local || in_transaction))
            set_variable(state, action->member, action->option, action->is_local, at);
        if (action->kind != ACTION_QUERY || action->query == NULL)
            continue;
        for (size_t j = 0; j < action->query->n_outputs; j++) {
            if (calls_set_config(&action->query->outputs[j]))
                set_by_function(state, &action->query->outputs[j], at, in_transaction);
        }
    }
}

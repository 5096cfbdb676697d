/*
 * Rules on timeouts: what limits how long a migration waits, works and keeps what it has locked.
 *
 * A lock that waits holds up everybody who comes after it, however short the work behind it is.
 * Each is told once a script, at the first statement that it matters for.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/lock_place.h"
#include "base/quantity.h"

// The strongest lock of the statement that keeps writers or readers out.
static const struct effect_lock *strongest_lock(const struct effects *effects)
{
    const struct effect_lock *strongest = NULL;
    for (size_t i = 0; i < effects->n_locks; i++) {
        const struct effect_lock *lock = &effects->locks[i];
        if (lock_mode_blocks_writes(lock->mode) &&
            (strongest == NULL || lock->mode > strongest->mode))
            strongest = lock;
    }
    return strongest;
}

static bool is_small(const struct rule_place *place, const char *relation)
{
    return size_class(schema_find(place->before, relation_name(place, relation))) == SIZE_SMALL;
}

// The first lock since statement `since` that keeps writers or readers of more than a small table
// out.
static const struct timeline_lock *first_lock(const struct rule_place *place, size_t since)
{
    for (size_t i = 0; i < place->timeline->n_locks; i++) {
        const struct timeline_lock *lock = &place->timeline->locks[i];
        if (lock->statement >= since && lock_mode_blocks_writes(lock->mode) &&
            !is_small(place, lock->relation))
            return lock;
    }
    return NULL;
}

static bool sets_timeout(const struct statement *statement, const char *name)
{
    for (size_t i = 0; i < statement->n_actions; i++) {
        const struct action *action = &statement->actions[i];
        if (action->kind == ACTION_SET_VARIABLE && action->member != NULL &&
            strcmp(action->member, name) == 0 && action->option != NULL &&
            session_timeout_read(action->option) > 0)
            return true;
    }
    return false;
}

static bool is_set_later(const struct rule_place *place)
{
    for (size_t i = place->index + 1; i < place->script->n_statements; i++) {
        if (sets_timeout(&place->script->statements[i], "lock_timeout"))
            return true;
    }
    return false;
}

static const char *set_hint(const struct rule_place *place, const char *setting)
{
    return mem_printf(place->mem, "SET %s%s;", place->in_transaction ? "LOCAL " : "", setting);
}

// The lock of this statement, when it is the first in the script since `since`, and others feel it.
static const struct effect_lock *lock_to_limit(struct rule_place *place, size_t since,
                                               enum severity *severity)
{
    const struct effect_lock *lock = strongest_lock(place_effects(place));
    if (lock == NULL)
        return NULL;
    const struct timeline_lock *first = first_lock(place, since);
    if (first == NULL || first->statement != place->index ||
        !place_weigh_wait(place, relation_name(place, lock->relation), SEVERITY_NOTE, severity))
        return NULL;
    return lock;
}

static void check_no_lock_timeout(struct rule_place *place)
{
    enum severity severity;
    bool is_told = place->statement->n_actions > 0 &&
                   place->statement->actions[0].kind == ACTION_LOCK_TABLE; // explicit-lock-table
    if (place->session->lock.ms != SESSION_NOT_SET || is_told)
        return;
    const struct effect_lock *lock = lock_to_limit(place, 0, &severity);
    if (lock == NULL || is_set_later(place))
        return;
    rule_report_as(place, severity,
                   mem_printf(place->mem,
                              "SET %slock_timeout = '2s' before it, and try again when it fails",
                              place->in_transaction ? "LOCAL " : ""),
                   "waits without limit for %s, and every %s waits behind it", lock->relation,
                   lock_mode_blocks_reads(lock->mode) ? "reader and writer" : "writer");
}

static void check_lock_timeout_zero_or_too_long(struct rule_place *place)
{
    enum severity severity;
    const struct session_timeout *timeout = &place->session->lock;
    if (timeout->ms == SESSION_NOT_SET || place_gives_up(place))
        return;
    const struct effect_lock *lock = lock_to_limit(place, timeout->set_at, &severity);
    if (lock == NULL)
        return;
    const char *limit = timeout->ms == 0 ? "without limit, lock_timeout is 0,"
                                         : mem_printf(place->mem, "for up to %s",
                                                      quantity_duration(place->mem, timeout->ms));
    rule_report_as(place, severity, set_hint(place, "lock_timeout = '2s'"),
                   "waits %s for %s, and every %s waits behind it", limit, lock->relation,
                   lock_mode_blocks_reads(lock->mode) ? "reader and writer" : "writer");
}

static void check_lock_timeout_set_too_late(struct rule_place *place)
{
    if (place->session->lock.ms != SESSION_NOT_SET ||
        !sets_timeout(place->statement, "lock_timeout"))
        return;
    const struct timeline_lock *lock = first_lock(place, 0);
    if (lock == NULL)
        return;
    size_t line = place->script->statements[lock->statement].line;
    rule_report_as(place, place->rule->severity,
                   mem_printf(place->mem, "move it before line %zu", line),
                   "line %zu has waited without limit for the %s lock on %s before lock_timeout is "
                   "set",
                   line, lock_mode_sql(lock->mode), lock->relation);
}

// Long work that others wait for. A statement before it has told.
static bool is_first_long(const struct rule_place *place)
{
    if (place_effects(place)->n_blocks_writes_long == 0)
        return false;
    for (size_t i = 0; i < place->index; i++) {
        if (place->effects[i]->n_blocks_writes_long > 0)
            return false;
    }
    return true;
}

static void check_no_statement_timeout(struct rule_place *place)
{
    if (place->session->statement.ms != SESSION_NOT_SET || !is_first_long(place))
        return;
    const struct effects *effects = place_effects(place);
    enum severity severity =
        place_weigh_all(place, effects->blocks_writes_long, effects->n_blocks_writes_long);
    bool is_thought_of = place->session->lock.ms != SESSION_NOT_SET;
    if (severity == SEVERITY_NOTE || (severity == SEVERITY_WARN && !is_thought_of))
        return; // small; or no-lock-timeout has told
    rule_report_as(place, place->rule->severity, set_hint(place, "statement_timeout = '15min'"),
                   "nothing ends this statement when it takes longer than thought, and %s stays "
                   "blocked meanwhile",
                   effects->blocks_writes_long[0]);
}

// Only where somebody thought of timeouts: without any, no-lock-timeout has told.
static void check_no_idle_in_transaction_timeout(struct rule_place *place)
{
    const struct session_timeouts *session = place->session;
    if (timeline_now(place->timeline)->kind != TRANSACTION_WRITTEN || session->lock.ms <= 0 ||
        session->idle_in_transaction.ms != SESSION_NOT_SET ||
        session->transaction.ms != SESSION_NOT_SET)
        return;
    const struct effect_lock *lock = strongest_lock(place_effects(place));
    const struct timeline_lock *first = lock == NULL ? NULL : first_lock(place, 0);
    if (first == NULL || first->statement != place->index)
        return;
    rule_report_as(place, place->rule->severity,
                   set_hint(place, "idle_in_transaction_session_timeout = '30s'"),
                   "if the program that sends this hangs before COMMIT, the %s lock on %s stays",
                   lock_mode_sql(lock->mode), lock->relation);
}

// --- rows

const struct rule rule_no_lock_timeout = {
    .id = "no-lock-timeout",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "the first lock of a migration that others queue behind, without lock_timeout",
    .why = "A lock that waits holds up everybody who comes after it, readers too.",
    .safe_form = "SET lock_timeout = '2s' first, and try again when it fails",
    .source = "PostgreSQL 15 manual, Explicit Locking",
    .check = check_no_lock_timeout,
};

const struct rule rule_lock_timeout_zero_or_too_long = {
    .id = "lock-timeout-zero-or-too-long",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "a lock that others queue behind, with lock_timeout off or above 10 s",
    .why =
        "While a lock waits, everybody who comes after it waits too: for as long as lock_timeout "
        "allows.",
    .safe_form = "SET lock_timeout = '2s', and try again when it fails",
    .source = "PostgreSQL 15 manual, Explicit Locking; lock_timeout",
    .check = check_lock_timeout_zero_or_too_long,
};

const struct rule rule_lock_timeout_set_too_late = {
    .id = "lock-timeout-set-too-late",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "lock_timeout is set after the first lock that others queue behind",
    .why = "The statement before it waits without limit; the timeout comes too late for it.",
    .safe_form = "SET lock_timeout as the first statement",
    .source = "PostgreSQL 15 manual, lock_timeout",
    .kinds = {ACTION_SET_VARIABLE},
    .check = check_lock_timeout_set_too_late,
};

const struct rule rule_no_statement_timeout = {
    .id = "no-statement-timeout",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "long work under a lock with lock_timeout, or on a large table, without "
               "statement_timeout",
    .why = "Nothing ends the statement when it takes longer than thought, and nobody writes "
           "meanwhile.",
    .safe_form = "SET statement_timeout to what you would put up with",
    .source = "PostgreSQL 15 manual, statement_timeout",
    .check = check_no_statement_timeout,
};

const struct rule rule_no_idle_in_transaction_timeout = {
    .id = "no-idle-in-transaction-timeout",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "BEGIN and a strong lock with lock_timeout, but nothing that ends a hanging session",
    .why = "A client that hangs between BEGIN and COMMIT keeps its locks until somebody ends it.",
    .safe_form = "SET idle_in_transaction_session_timeout (from 17 on: transaction_timeout)",
    .source = "PostgreSQL 15 manual, idle_in_transaction_session_timeout; 17: transaction_timeout",
    .check = check_no_idle_in_transaction_timeout,
};

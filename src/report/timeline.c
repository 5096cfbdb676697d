/*
 * Report of a timeline: transactions as JSON; line by line as text.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report/timeline.h"

#define LOCKS_SHOWN 8 // of one statement, as text

static bool is_kept(const struct timeline_transaction *transaction)
{
    return transaction->kind != TRANSACTION_ALONE && transaction->n_locks > 0;
}

// --- JSON

static const char *kind_name(enum transaction_kind kind)
{
    static const char *const names[] = {"statement", "tool", "script"};
    return names[kind];
}

static void put_lock(struct json_writer *writer, const struct timeline_lock *lock)
{
    json_writer_open_object(writer, NULL);
    json_writer_integer(writer, "statement", (int64_t)lock->statement);
    json_writer_text(writer, "relation", lock->relation);
    json_writer_text(writer, "mode", lock_mode_name(lock->mode));
    if (lock->timeout_ms == SESSION_NOT_SET)
        json_writer_null(writer, "lock_timeout_ms");
    else
        json_writer_integer(writer, "lock_timeout_ms", lock->timeout_ms);
    if (lock->freed_by != SIZE_MAX)
        json_writer_integer(writer, "freed_by", (int64_t)lock->freed_by);
    json_writer_close_object(writer);
}

static void put_work(struct json_writer *writer, const struct timeline_work *work)
{
    json_writer_open_object(writer, NULL);
    json_writer_integer(writer, "statement", (int64_t)work->statement);
    json_writer_text(writer, "relation", work->relation);
    json_writer_text(writer, "work", timeline_work_name(work->kind));
    json_writer_close_object(writer);
}

static void put_transaction(struct json_writer *writer, const struct timeline *timeline,
                            const struct timeline_transaction *transaction)
{
    json_writer_open_object(writer, NULL);
    json_writer_text(writer, "begun_by", kind_name(transaction->kind));
    json_writer_integer(writer, "first", (int64_t)transaction->first);
    json_writer_integer(writer, "statements", (int64_t)transaction->n);
    json_writer_bool(writer, "rolled_back", transaction->is_rolled_back);
    json_writer_open_array(writer, "locks");
    for (size_t i = 0; i < transaction->n_locks; i++)
        put_lock(writer, &timeline->locks[transaction->first_lock + i]);
    json_writer_close_array(writer);
    json_writer_open_array(writer, "works");
    for (size_t i = 0; i < transaction->n_works; i++)
        put_work(writer, &timeline->works[transaction->first_work + i]);
    json_writer_close_array(writer);
    json_writer_close_object(writer);
}

void report_timeline_json(struct json_writer *writer, const struct timeline *timeline)
{
    json_writer_open_array(writer, "timeline");
    for (size_t i = 0; i < timeline->n_transactions; i++) {
        if (is_kept(&timeline->transactions[i]))
            put_transaction(writer, timeline, &timeline->transactions[i]);
    }
    json_writer_close_array(writer);
}

// --- text

static size_t line_of(const struct assessed_script *assessed, size_t statement)
{
    return assessed->script->statements[statement].line;
}

static bool is_felt(const struct timeline *timeline, const struct timeline_transaction *transaction)
{
    for (size_t i = 0; is_kept(transaction) && i < transaction->n_locks; i++) {
        if (lock_mode_blocks_writes(timeline->locks[transaction->first_lock + i].mode))
            return true;
    }
    return false;
}

// Statement by statement; locks and works stand in that order.
struct event_cursor {
    const struct timeline_lock *lock, *lock_end;
    const struct timeline_work *work, *work_end;
};

static void write_locks(FILE *out, struct event_cursor *at, size_t index, size_t line)
{
    size_t n = 0;
    for (; at->lock < at->lock_end && at->lock->statement == index; at->lock++) {
        if (at->lock->mode >= LOCK_SHARE_UPDATE_EXCLUSIVE && n++ < LOCKS_SHOWN)
            fprintf(out, "      line %-5zu locks %s (%s)\n", line, at->lock->relation,
                    lock_mode_sql(at->lock->mode));
    }
    if (n > LOCKS_SHOWN)
        fprintf(out, "      line %-5zu locks %zu more\n", line, n - LOCKS_SHOWN);
}

// What ROLLBACK TO a savepoint gives back.
static void write_freed(FILE *out, const struct timeline *timeline,
                        const struct timeline_transaction *transaction, size_t index, size_t line)
{
    for (size_t i = 0; i < transaction->n_locks; i++) {
        const struct timeline_lock *lock = &timeline->locks[transaction->first_lock + i];
        if (lock->freed_by == index && lock->mode >= LOCK_SHARE_UPDATE_EXCLUSIVE)
            fprintf(out, "      line %-5zu gives %s back (%s)\n", line, lock->relation,
                    lock_mode_sql(lock->mode));
    }
}

static void write_works(FILE *out, struct event_cursor *at, size_t index, size_t line)
{
    for (; at->work < at->work_end && at->work->statement == index; at->work++)
        fprintf(out, "      line %-5zu %s %s\n", line, timeline_work_verb(at->work->kind),
                at->work->relation);
}

static void write_transaction(FILE *out, const struct assessed_script *assessed,
                              const struct timeline_transaction *transaction)
{
    const struct timeline *timeline = assessed->timeline;
    struct event_cursor at = {.lock = timeline->locks + transaction->first_lock,
                              .work = timeline->works + transaction->first_work};
    at.lock_end = at.lock + transaction->n_locks;
    at.work_end = at.work + transaction->n_works;
    size_t last = transaction->first + transaction->n - 1;
    fprintf(out, "      %s, lines %zu to %zu:\n",
            transaction->kind == TRANSACTION_TOOL ? "the tool's transaction" : "a transaction",
            line_of(assessed, transaction->first), line_of(assessed, last));
    for (size_t i = transaction->first; i <= last; i++) {
        write_locks(out, &at, i, line_of(assessed, i));
        write_works(out, &at, i, line_of(assessed, i));
        write_freed(out, timeline, transaction, i, line_of(assessed, i));
    }
    fprintf(out, "      line %-5zu all of it is %s\n", line_of(assessed, last),
            transaction->is_rolled_back ? "taken back, and free again" : "free again");
}

bool report_timeline_text(FILE *out, const struct assessed_script *assessed)
{
    bool is_begun = false;
    if (assessed->script->dialect == DIALECT_SQLITE)
        return false; // one lock for the whole database
    for (size_t i = 0; i < assessed->timeline->n_transactions; i++) {
        const struct timeline_transaction *transaction = &assessed->timeline->transactions[i];
        if (!is_felt(assessed->timeline, transaction))
            continue;
        if (!is_begun)
            fprintf(out, "time  %s\n", assessed->script->path);
        is_begun = true;
        write_transaction(out, assessed, transaction);
    }
    return is_begun;
}

/*
 * Journal: events as a chain of hashes, on whatever store keeps them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "journal/journal.h"
#include "base/clock.h"
#include "base/digest.h"
#include "journal/chain.h"
#include "journal/journal_parts.h"
#include <pwd.h>
#include <unistd.h>

static const char *host_name(TALLOC_CTX *mem)
{
    char name[256] = "";

    if (gethostname(name, sizeof(name) - 1) != 0 || name[0] == '\0')
        return "unknown";
    return mem_strdup(mem, name);
}

static const char *actor_name(TALLOC_CTX *mem, const char *host)
{
    const char *given = getenv("TMINUS_ACTOR");
    if (given != NULL && given[0] != '\0')
        return mem_strdup(mem, given);
    const struct passwd *user = getpwuid(geteuid());
    if (user == NULL)
        return mem_printf(mem, "%u@%s", (unsigned)geteuid(), host);
    return mem_printf(mem, "%s@%s", user->pw_name, host);
}

char *journal_run_name(TALLOC_CTX *mem)
{
    return mem_printf(mem, "%s/%d", clock_format(clock_wall_ms()).text, (int)getpid());
}

bool journal_open(TALLOC_CTX *mem, const struct journal_place *place, const char *run,
                  struct journal **out, struct error *err)
{
    SCRATCH(tmp);
    struct journal *journal = mem_new(tmp, struct journal);
    const struct store_open_options options = {.location = place->location,
                                               .journal = place->name,
                                               .target = place->target,
                                               .must_exist = place->must_exist,
                                               .is_only_read = place->is_only_read,
                                               .wait = place->wait};

    journal->driver = place->driver;
    journal->run = mem_strdup(journal, run);
    journal->host = host_name(journal);
    journal->actor = actor_name(journal, journal->host);
    TRY(place->driver->open(journal, &options, &journal->store, err));
    *out = talloc_steal(mem, journal);
    return true;
}

const char *journal_actor(const struct journal *journal)
{
    return journal->actor;
}

const char *journal_host(const struct journal *journal)
{
    return journal->host;
}

static const char *place_of(const struct journal *journal)
{
    return journal->driver->place(journal->store);
}

// --- append

struct append {
    TALLOC_CTX *mem;
    const struct journal *journal;
    const char *event;
    json_t *data;
};

static bool make_event(void *context, const struct store_row *last, struct store_row *row,
                       struct error *err)
{
    struct append *append = context;
    const struct journal *journal = append->journal;
    json_auto_t *event = json_object();

    json_put_integer(event, "seq", last->sequence + 1);
    json_put_text(event, "ts", clock_format(clock_wall_ms()).text);
    json_put_text(event, "run", journal->run);
    json_put_text(event, "actor", journal->actor);
    json_put_text(event, "host", journal->host);
    json_put_text(event, "event", append->event);
    json_put(event, "data", json_incref(append->data));
    json_put_text(event, "prev", last->hash);
    char *line = json_canonical(append->mem, event);
    size_t len = strlen(line);
    if (len > JOURNAL_EVENT_MAX)
        return error_set(err, ERROR_INPUT,
                         "event '%s' has %zu bytes, more than the %zu of one event", append->event,
                         len, JOURNAL_EVENT_MAX);
    row->sequence = last->sequence + 1;
    row->line = line;
    row->hash = mem_strdup(append->mem, digest_of(line, len).hex);
    return true;
}

bool journal_append_with(struct journal *journal, const char *event, json_t *data,
                         const struct store_import *import, struct error *err)
{
    SCRATCH(tmp);
    json_auto_t *owned = data;
    struct append append = {.mem = tmp, .journal = journal, .event = event, .data = owned};
    const struct store_append request = {
        .make = make_event, .context = &append, .fence = journal->fence, .import = import};

    return journal->driver->append(journal->store, &request, err);
}

bool journal_append(struct journal *journal, const char *event, json_t *data, struct error *err)
{
    return journal_append_with(journal, event, data, NULL, err);
}

// --- head

bool journal_head(struct journal *journal, struct journal_head *out, struct error *err)
{
    SCRATCH(tmp);
    struct store_row last;

    TRY(journal->driver->last(tmp, journal->store, &last, err));
    out->sequence = last.sequence;
    snprintf(out->hash, sizeof(out->hash), "%s", last.hash);
    return true;
}

char *journal_head_text(TALLOC_CTX *mem, const struct journal_head *head)
{
    return mem_printf(mem, "%lld:%s", (long long)head->sequence, head->hash);
}

bool journal_head_read(const char *text, struct journal_head *out, struct error *err)
{
    char *end;
    long long sequence = strtoll(text, &end, 10);

    if (end == text || *end != ':' || sequence < 1 || strlen(end + 1) != 64 ||
        strspn(end + 1, "0123456789abcdef") != 64) {
        error_set(err, ERROR_USAGE, "'%s' is no head of a journal", text);
        return error_hint(
            err, "write SEQ:HASH as the verbs print it: a number, ':', 64 hexadecimal digits");
    }
    out->sequence = sequence;
    memcpy(out->hash, end + 1, 65);
    return true;
}

// --- verify

static bool follow_row(void *context, const struct store_row *row)
{
    return chain_follow(context, row);
}

bool journal_verify(struct journal *journal, const struct journal_head *expected,
                    struct journal_verdict *out, struct error *err)
{
    struct chain chain;
    struct store_head noted;
    struct journal_head last;

    // Read before the rows, which others may add to.
    if (expected == NULL && journal->driver->noted != NULL &&
        journal->driver->noted(journal->store, &noted)) {
        last.sequence = noted.sequence;
        memcpy(last.hash, noted.hash, sizeof last.hash);
        expected = &last;
    }
    chain_begin(&chain, expected);
    // From the lowest number there is: an event 0 would otherwise stay unseen.
    TRY(journal->driver->read(journal->store, NULL, INT64_MIN, follow_row, &chain, err));
    chain_end(&chain);
    *out = chain.verdict;
    return true;
}

bool journal_check(struct journal *journal, struct error *err)
{
    struct journal_verdict verdict;

    TRY(journal_verify(journal, NULL, &verdict, err));
    if (verdict.is_intact)
        return true;
    error_set(err, ERROR_INPUT, "%s: the journal is broken: %s", place_of(journal), verdict.reason);
    return error_hint(err, "tminus journal verify shows it; keep the file, and move it away with "
                           "its -head to begin a new one");
}

// --- read

struct reading {
    const struct journal *journal;
    journal_each *each;
    void *context;
    struct error *err;
    bool has_failed;
};

static bool read_row(void *context, const struct store_row *row)
{
    struct reading *reading = context;
    json_t *event = NULL;
    struct error cause;

    if (!json_read(place_of(reading->journal), row->line, strlen(row->line), &event, &cause) ||
        !json_is_object(event)) {
        json_decref(event);
        reading->has_failed = true;
        error_set(reading->err, ERROR_INPUT, "%s: damaged: event %lld is no JSON object",
                  place_of(reading->journal), (long long)row->sequence);
        error_hint(reading->err,
                   "`tminus journal verify` names the place; do not trust what follows it");
        return false;
    }
    json_put_text(event, "hash", row->hash);
    bool goes_on = reading->each(reading->context, event);
    json_decref(event);
    return goes_on;
}

bool journal_read_imported(struct journal *journal, const char *head, journal_each *each,
                           void *context, struct error *err)
{
    struct reading reading = {.journal = journal, .each = each, .context = context, .err = err};
    struct chain chain;

    chain_begin(&chain, NULL);
    TRY(journal->driver->read(journal->store, head, INT64_MIN, follow_row, &chain, err));
    const struct journal_verdict *verdict = &chain.verdict;
    if (!verdict->is_intact || (verdict->events > 0 && strcmp(verdict->head.hash, head) != 0))
        return error_set(err, ERROR_INPUT, "%s: the imported journal is broken: %s",
                         place_of(journal),
                         verdict->is_intact ? "it ends elsewhere" : verdict->reason);
    TRY(journal->driver->read(journal->store, head, 1, read_row, &reading, err));
    return !reading.has_failed;
}

bool journal_read(struct journal *journal, int64_t first, journal_each *each, void *context,
                  struct error *err)
{
    struct reading reading = {.journal = journal, .each = each, .context = context, .err = err};

    TRY(journal->driver->read(journal->store, NULL, first, read_row, &reading, err));
    return !reading.has_failed;
}

struct search {
    const char *event;
    const char *member;
    const char *value;
    json_t *found;
};

static bool match_event(void *context, const json_t *event)
{
    struct search *search = context;
    const char *name = json_get_text(event, "event");

    if (name == NULL || strcmp(name, search->event) != 0)
        return true;
    if (search->member != NULL) {
        const char *value = json_get_text(json_object_get(event, "data"), search->member);
        if (value == NULL || strcmp(value, search->value) != 0)
            return true;
    }
    json_decref(search->found);
    search->found = json_deep_copy(event);
    return true;
}

bool journal_last(struct journal *journal, const char *event, const char *member, const char *value,
                  json_t **out, struct error *err)
{
    struct search search = {.event = event, .member = member, .value = value};

    if (!journal_read(journal, 1, match_event, &search, err)) {
        json_decref(search.found);
        return false;
    }
    *out = search.found;
    return true;
}

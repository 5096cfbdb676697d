/*
 * Store on PostgreSQL: the journal of a team, in a database that is not the target.
 *
 * An append is one transaction under the journal's advisory lock, on the disk when it returns. When
 * the connection is lost while it commits, whether it did is read back before anything is written
 * again: the server's old session holds the lock until it is over, so that its end is waited for.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/store/postgres_store.h"
#include <inttypes.h>

#define PAGE_ROWS "256" // that are read at once

static bool store_open(TALLOC_CTX *mem, const struct store_open_options *options,
                       struct store **out, struct error *err)
{
    SCRATCH(tmp);
    struct store *store = mem_new(tmp, struct store);

    TRY(postgres_store_connect(store, options, err));
    *out = talloc_steal(mem, store);
    return true;
}

static const char *store_place(const struct store *store)
{
    return store->place;
}

// --- last

struct looking {
    TALLOC_CTX *mem;
    struct store_row *out;
};

static void read_row(TALLOC_CTX *mem, const PGresult *rows, int at, struct store_row *out)
{
    out->sequence = strtoll(PQgetvalue(rows, at, 0), NULL, 10);
    out->line = mem_strdup(mem, PQgetvalue(rows, at, 1));
    out->hash = mem_strdup(mem, PQgetvalue(rows, at, 2));
}

static bool look_last(struct store *store, void *context, struct error *err)
{
    SCRATCH(tmp);
    const struct looking *looking = context;
    PGresult *rows;
    TRY(connection_ask(tmp, store->connection,
                       "SELECT sequence, line, hash FROM tminus_store.event WHERE journal = $1"
                       " ORDER BY sequence DESC LIMIT 1",
                       (const char *const[]){store->journal}, 1, &rows, err));
    if (PQntuples(rows) == 0)
        *looking->out = (struct store_row){.line = "", .hash = ""};
    else
        read_row(looking->mem, rows, 0, looking->out);
    return true;
}

static bool store_last(TALLOC_CTX *mem, struct store *store, struct store_row *out,
                       struct error *err)
{
    struct looking looking = {.mem = mem, .out = out};
    return postgres_store_work(store, look_last, &looking, err);
}

// --- append

struct appending {
    TALLOC_CTX *mem;
    const struct store_append *append;
    struct store_row row; // that was sent
    bool is_sent;
    bool only_looks; // whether what was sent was written
    bool is_written;
};

enum { LAST_SEQUENCE, LAST_LINE, LAST_HASH, SENT_HASH, SEEN_HASH };

// The journal's lock, and what is there: the last row, and the hashes of two that ought to be.
static bool lock_journal(TALLOC_CTX *mem, struct store *store, const struct appending *appending,
                         PGresult **out, struct error *err)
{
    SCRATCH(tmp);
    const char *journal = quote_text(tmp, store->journal);
    const char *sql = mem_printf(
        tmp,
        POSTGRES_STORE_BEGIN
        "SELECT pg_advisory_xact_lock(hashtextextended(%s, 1953327466));"
        "SELECT e.sequence, e.line, e.hash,"
        " (SELECT hash FROM tminus_store.event WHERE journal = %s AND sequence = %" PRId64 "),"
        " (SELECT hash FROM tminus_store.event WHERE journal = %s AND sequence = %" PRId64 ")"
        " FROM (VALUES (1)) one LEFT JOIN LATERAL (SELECT * FROM tminus_store.event"
        "  WHERE journal = %s ORDER BY sequence DESC LIMIT 1) e ON true",
        journal, journal, appending->is_sent ? appending->row.sequence : 0, journal, store->seen,
        journal);
    return connection_ask_script(mem, store->connection, sql, out, err);
}

// A standby that took over without the last events, or a backup put back: what would be appended
// there would not follow what this process has said happened.
static bool check_seen(const struct store *store, const PGresult *state, struct error *err)
{
    if (store->seen == 0 || (!PQgetisnull(state, 0, SEEN_HASH) &&
                             strcmp(PQgetvalue(state, 0, SEEN_HASH), store->seen_hash) == 0))
        return true;
    error_set(err, ERROR_INPUT,
              "%s: event %" PRId64 ", which this process wrote, is not there any more",
              store->place, store->seen);
    return error_hint(err, "was an older copy put in its place, or did a standby take over that "
                           "had not received it?");
}

static bool send_row(struct store *store, struct appending *appending, struct error *err)
{
    SCRATCH(tmp);
    const struct store_row *row = &appending->row;
    const char *sql =
        mem_printf(tmp, "INSERT INTO tminus_store.event VALUES (%s, %" PRId64 ", %s, %s); COMMIT",
                   quote_text(tmp, store->journal), row->sequence, quote_text(tmp, row->line),
                   quote_text(tmp, row->hash));
    appending->is_sent = true;
    // A signal does not leave it open whether it happened.
    store->connection->is_seen_through = true;
    bool is_done = connection_script(store->connection, sql, err);
    store->connection->is_seen_through = false;
    return is_done;
}

// As many rows a statement as keep it small beside the largest event.
#define IMPORT_ROWS 100

static bool import_rows(struct store *store, const struct store_import *import, struct error *err)
{
    for (size_t i = 0; i < import->n;) {
        SCRATCH(tmp);
        char *sql = mem_strdup(tmp, "INSERT INTO tminus_store.imported VALUES ");
        const char *name = mem_printf(tmp, "(%s, %s", quote_text(tmp, store->journal),
                                      quote_text(tmp, import->head));
        for (size_t n = 0; n < IMPORT_ROWS && i < import->n; n++, i++) {
            const struct store_row *row = &import->rows[i];
            sql = talloc_asprintf_append_buffer(sql, "%s%s, %" PRId64 ", %s, %s)", n ? ", " : "",
                                                name, row->sequence, quote_text(tmp, row->line),
                                                quote_text(tmp, row->hash));
        }
        TRY(connection_execute(store->connection, sql, err));
    }
    return true;
}

static bool append_locked(struct store *store, void *context, struct error *err)
{
    SCRATCH(tmp);
    struct appending *appending = context;
    const struct store_append *append = appending->append;
    struct store_row last = {.line = "", .hash = ""};
    PGresult *state;

    TRY(lock_journal(tmp, store, appending, &state, err));
    appending->is_written = appending->is_sent && !PQgetisnull(state, 0, SENT_HASH) &&
                            strcmp(PQgetvalue(state, 0, SENT_HASH), appending->row.hash) == 0;
    if (appending->is_written || appending->only_looks)
        return postgres_store_commit(store, err);
    TRY(check_seen(store, state, err));
    if (append->fence != NULL)
        TRY(postgres_store_check_fence(store, append->fence, err));
    if (!PQgetisnull(state, 0, LAST_SEQUENCE))
        read_row(tmp, state, 0, &last);
    struct store_row row = {0};
    TRY(append->make(append->context, &last, &row, err));
    appending->row = (struct store_row){.sequence = row.sequence,
                                        .line = mem_strdup(appending->mem, row.line),
                                        .hash = mem_strdup(appending->mem, row.hash)};
    if (append->import != NULL)
        TRY(import_rows(store, append->import, err));
    return send_row(store, appending, err);
}

// After a failure behind which it may have been written all the same.
static bool append_look(struct store *store, struct appending *appending, struct error *err)
{
    const struct error why = *err;
    struct error ignored;
    appending->only_looks = true;
    if (!postgres_store_work(store, append_locked, appending, &ignored)) {
        error_set(err, why.code, "%s; whether event %" PRId64 " was written is not known",
                  why.message, appending->row.sequence);
        return error_hint(err, "tminus journal show --last 1 tells, when the store answers again");
    }
    return appending->is_written;
}

static bool store_append(struct store *store, const struct store_append *append, struct error *err)
{
    SCRATCH(tmp);
    struct appending appending = {.mem = tmp, .append = append};
    struct error why = {0};

    if (!postgres_store_work(store, append_locked, &appending, &why) &&
        (!appending.is_sent || !append_look(store, &appending, &why))) {
        *err = why;
        return false;
    }
    store->seen = appending.row.sequence;
    talloc_free(store->seen_hash);
    store->seen_hash = mem_strdup(store, appending.row.hash);
    return true;
}

// --- read

struct page {
    TALLOC_CTX *mem;
    const char *head; // of an imported journal; NULL: ours
    int64_t first;
    PGresult *rows;
};

static bool read_page(struct store *store, void *context, struct error *err)
{
    struct page *page = context;
    const char *const parameters[] = {store->journal,
                                      mem_printf(page->mem, "%" PRId64, page->first), page->head};
    const char *sql =
        page->head == NULL
            ? "SELECT sequence, line, hash FROM tminus_store.event WHERE journal = $1"
              " AND sequence >= $2::bigint ORDER BY sequence LIMIT " PAGE_ROWS
            : "SELECT sequence, line, hash FROM tminus_store.imported WHERE journal = $1"
              " AND sequence >= $2::bigint AND head = $3 ORDER BY sequence LIMIT " PAGE_ROWS;
    return connection_ask(page->mem, store->connection, sql, parameters, page->head ? 3 : 2,
                          &page->rows, err);
}

// By pages, so that whoever reads may ask the store for something else meanwhile.
static bool store_read(struct store *store, const char *head, int64_t first, store_each *each,
                       void *context, struct error *err)
{
    for (;;) {
        SCRATCH(tmp);
        struct page page = {.mem = tmp, .head = head, .first = first};
        TRY(postgres_store_work(store, read_page, &page, err));
        int n = PQntuples(page.rows);
        for (int i = 0; i < n; i++) {
            struct store_row row = {.sequence = strtoll(PQgetvalue(page.rows, i, 0), NULL, 10),
                                    .line = PQgetvalue(page.rows, i, 1),
                                    .hash = PQgetvalue(page.rows, i, 2)};
            if (!each(context, &row))
                return true;
            first = row.sequence + 1;
        }
        if (n < (int)strtol(PAGE_ROWS, NULL, 10))
            return true;
    }
}

const struct store_driver store_postgres = {
    .name = "postgres",
    .instance_sql = POSTGRES_STORE_INSTANCE,
    .open = store_open,
    .place = store_place,
    .append = store_append,
    .last = store_last,
    .read = store_read,
    .lease_take = postgres_store_lease_take,
    .lease_renew = postgres_store_lease_renew,
    .lease_release = postgres_store_lease_release,
    .lease_look = postgres_store_lease_look,
};

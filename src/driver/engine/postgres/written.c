/*
 * Who wrote a row, and how many rows everybody wrote.
 *
 * An instant is the text of pg_current_snapshot(): "xmin:xmax:xip_list", transactions in 64 bits. A
 * row names the transaction that wrote it in 32, so it is looked for within 2^31 of the instant:
 * right for every row that was written since, which is what is asked.
 *
 * Counts are the server's statistics. A session hands its counts over when its transaction is over,
 * but at most once a second, and what is left over only after 10 seconds of rest; a transaction
 * that was rolled back counts, TRUNCATE does not. Source: src/backend/utils/activity/pgstat.c of
 * PostgreSQL 15, and test_written__* on a server.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/postgres.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#define XID_FIRST_NORMAL 3 // bootstrap is 1, frozen 2. Source: access/transam.h

struct instant {
    uint64_t xmin, xmax;
    const char *running; // "100,105"; "" when none
};

static bool read_number(const char **at, uint64_t *out)
{
    char *end;
    if (!isdigit((unsigned char)**at))
        return false;
    errno = 0;
    *out = strtoull(*at, &end, 10);
    *at = end;
    return errno == 0;
}

static bool is_list(const char *at)
{
    uint64_t number;
    while (*at != '\0' && !isspace((unsigned char)*at)) {
        if (!read_number(&at, &number))
            return false;
        if (*at == ',' && isdigit((unsigned char)at[1]))
            at++;
        else if (*at != '\0' && !isspace((unsigned char)*at))
            return false;
    }
    return true;
}

static bool instant_read(const char *text, struct instant *out)
{
    if (text == NULL || !read_number(&text, &out->xmin) || *text++ != ':' ||
        !read_number(&text, &out->xmax) || *text++ != ':')
        return false;
    out->running = text;
    return out->xmin >= XID_FIRST_NORMAL && out->xmin <= out->xmax && is_list(text);
}

// Did it run at that instant? The list names no subtransactions: `*may_be_part` when it can be one
// of a transaction that ran, because those have higher numbers than it.
static bool was_running(const struct instant *instant, uint64_t xid, bool *may_be_part)
{
    const char *at = instant->running;
    uint64_t running;
    *may_be_part = false;
    while (read_number(&at, &running)) {
        if (running == xid)
            return true;
        *may_be_part |= running < xid;
        at += *at == ',';
    }
    return false;
}

enum engine_wrote postgres_wrote(const char *instant, uint64_t writer)
{
    struct instant known;
    bool may_be_part;
    if (!instant_read(instant, &known) || writer == 0 || writer > UINT32_MAX)
        return WROTE_UNKNOWN;
    if (writer < XID_FIRST_NORMAL)
        return WROTE_BEFORE;
    int32_t distance = (int32_t)((uint32_t)writer - (uint32_t)known.xmax);
    if (distance >= 0)
        return WROTE_SINCE;
    uint64_t behind = (uint64_t)(-(int64_t)distance);
    if (behind > known.xmax)
        return WROTE_UNKNOWN; // before the first transaction of this server
    uint64_t xid = known.xmax - behind;
    if (xid < known.xmin)
        return WROTE_BEFORE;
    if (was_running(&known, xid, &may_be_part))
        return WROTE_SINCE;
    return may_be_part ? WROTE_UNKNOWN : WROTE_BEFORE;
}

// --- counts

static const char written_sql[] =
    "WITH RECURSIVE part(oid) AS ("
    " SELECT c.oid FROM pg_catalog.pg_class c"
    "  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    "  WHERE c.relname = $2 AND c.relkind IN ('r', 'p')"
    "   AND (n.nspname = $1 OR $1 IS NULL AND pg_catalog.pg_table_is_visible(c.oid))"
    " UNION SELECT i.inhrelid FROM part JOIN pg_catalog.pg_inherits i ON i.inhparent = part.oid) "
    "SELECT pg_catalog.count(*), pg_catalog.current_setting('track_counts'),"
    " pg_catalog.sum(pg_catalog.pg_stat_get_tuples_inserted(part.oid)),"
    " pg_catalog.sum(pg_catalog.pg_stat_get_tuples_updated(part.oid)),"
    " pg_catalog.sum(pg_catalog.pg_stat_get_tuples_deleted(part.oid)) FROM part";

bool postgres_written(struct engine *engine, struct name table, struct engine_written *out,
                      bool *is_known, struct error *err)
{
    SCRATCH(tmp);
    PGresult *result;
    const char *parameters[] = {table.schema, table.name};
    // Within a transaction the server gives again what it gave first.
    TRY(connection_execute(engine->connection, "SELECT pg_catalog.pg_stat_clear_snapshot()", err));
    TRY(connection_ask(tmp, engine->connection, written_sql, parameters, 2, &result, err));
    *is_known =
        strcmp(PQgetvalue(result, 0, 0), "0") != 0 && strcmp(PQgetvalue(result, 0, 1), "on") == 0;
    if (!*is_known)
        return true;
    *out = (struct engine_written){
        .table = table,
        .inserted = strtoll(PQgetvalue(result, 0, 2), NULL, 10),
        .updated = strtoll(PQgetvalue(result, 0, 3), NULL, 10),
        .deleted = strtoll(PQgetvalue(result, 0, 4), NULL, 10),
    };
    return true;
}

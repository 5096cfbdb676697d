/*
 * What goes on in a PostgreSQL server that a migration would meet (sql/postgres/activity.sql).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "base/text.h"
#include "driver/engine/postgres/catalog.h"
#include "sql/queries.h"

#define SHOWN_QUERY 80 // columns of a query in a line

enum { KIND, WHO, STATE, AGE, BYTES, LOCKS, DETAIL };

struct reading {
    TALLOC_CTX *mem;
    struct engine_activity *list;
    size_t n;
};

static void read_locks(TALLOC_CTX *mem, struct engine_activity *activity, const char *text)
{
    for (const char *at = text; at != NULL && *at != '\0';) {
        size_t mode = strcspn(at, "\x1F");
        size_t relation = strcspn(at + mode, "\x1E");
        if (at[mode] == '\0' || at[mode + relation] == '\0')
            return;
        *mem_append(mem, activity->locks, activity->n_locks) =
            (struct engine_lock){.mode = mem_strndup(mem, at, mode),
                                 .relation = mem_strndup(mem, at + mode + 1, relation - 1)};
        at += mode + relation + 1;
    }
}

// Up to its first literal: somebody's password may be one.
static const char *shortened(TALLOC_CTX *mem, const char *query)
{
    return text_shorten(mem, query, strcspn(query, "'"), SHOWN_QUERY);
}

static const char *line_of(TALLOC_CTX *mem, const struct engine_activity *a, const char *detail)
{
    SCRATCH(tmp);
    const char *age = a->age_ms < 0 ? "" : quantity_duration(tmp, a->age_ms);
    if (strcmp(a->kind, "transaction") == 0)
        return mem_printf(mem, "a transaction is open for %s, %s: %s: %s", age, a->state, a->who,
                          shortened(tmp, detail));
    if (strcmp(a->kind, "prepared") == 0)
        return mem_printf(mem, "a prepared transaction waits for its COMMIT for %s: '%s' of %s",
                          age, a->who, detail);
    if (strcmp(a->kind, "waiting") == 0)
        return mem_printf(mem, "%s waits for a lock for %s, %s", a->who, age, detail);
    if (strcmp(a->kind, "slot") == 0)
        return mem_printf(mem, "replication slot '%s' is %s and keeps %s of WAL%s%s", a->who,
                          a->state,
                          a->bytes < 0 ? "an unknown amount" : quantity_size(tmp, a->bytes),
                          *detail != '\0' ? "; " : "", detail);
    if (strcmp(a->kind, "autovacuum") == 0)
        return mem_printf(mem, "%s for %s", shortened(tmp, detail), age);
    if (strcmp(a->kind, "connections") == 0)
        return mem_printf(mem, "%s connections are free (%s in use)", detail, a->state);
    return mem_printf(mem, "what others do cannot be seen: insufficient privilege: %s", detail);
}

static bool add_row(void *context, const PGresult *row)
{
    struct reading *reading = context;
    TALLOC_CTX *mem = reading->mem;
    struct engine_activity *activity = mem_append(mem, reading->list, reading->n);
    const char *detail = field_text(row, DETAIL);
    *activity = (struct engine_activity){
        .kind = mem_strdup(mem, field_text(row, KIND)),
        .who = mem_strdup(mem, field_text(row, WHO)),
        .state = mem_strdup(mem, field_text(row, STATE)),
        .age_ms = field_text(row, AGE) != NULL ? field_integer(row, AGE) : -1,
        .bytes = field_integer(row, BYTES),
    };
    read_locks(mem, activity, field_text(row, LOCKS));
    activity->text = line_of(mem, activity, detail != NULL ? detail : "");
    return true;
}

bool postgres_catalog_activity(TALLOC_CTX *mem, struct engine *engine, struct engine_activity **out,
                               size_t *n, struct error *err)
{
    SCRATCH(tmp);
    struct reading reading = {.mem = mem_new(tmp, struct engine_activity)};
    connection_set_timeout(engine->connection, engine->timeout_ms);
    TRY(catalog_begin(engine, err));
    if (!catalog_end(
            engine,
            connection_each(engine->connection, sql_postgres_activity, add_row, &reading, err),
            err))
        return false;
    talloc_steal(mem, reading.mem);
    *out = reading.list;
    *n = reading.n;
    return true;
}

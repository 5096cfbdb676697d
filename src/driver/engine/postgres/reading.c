/*
 * Reading whole tables: as long as it takes, in the snapshot or in a transaction of its own.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/reading.h"
#include "driver/engine/postgres/connection.h"

// The server's own limit is that of a question; the reader of the rows is waited for, too.
static bool reading_set(struct connection *connection, struct error *err)
{
    connection_set_timeout(connection, 0); // a tick may still cancel it
    return connection_execute(connection, "SET LOCAL statement_timeout = 0", err);
}

bool reading_begin(struct engine *engine, struct error *err)
{
    bool is_set = true;
    TRY(session_begin(engine, err));
    if (!engine->is_in_snapshot)
        is_set = reading_set(engine->connection, err);
    for (size_t i = 0; i < engine->n_readers && is_set; i++)
        is_set = reading_set(engine->readers[i], err);
    if (!is_set)
        reading_end(engine);
    return is_set;
}

void reading_end(struct engine *engine)
{
    struct error ignored;
    connection_set_timeout(engine->connection, engine->timeout_ms);
    for (size_t i = 0; i < engine->n_readers; i++)
        connection_set_timeout(engine->readers[i], engine->timeout_ms);
    if (!engine->is_in_snapshot && !connection_execute(engine->connection, "COMMIT", &ignored))
        session_abandon(engine->connection);
}

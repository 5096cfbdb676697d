/*
 * The table of the PostgreSQL engine.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/postgres.h"

static const char *const url_schemes[] = {"postgresql:", "postgres:", "jdbc:postgresql:", NULL};

static const struct engine_session_table session = {
    .open = postgres_open,
    .identity = postgres_identity,
    .query = postgres_query,
    .snapshot_begin = postgres_snapshot_begin,
    .snapshot_end = postgres_snapshot_end,
    .snapshot_name = postgres_snapshot_name,
    .run = postgres_run,
    .attempt = postgres_attempt,
    .check = postgres_check,
    .instant = postgres_instant,
};

static const struct engine_catalog_table catalog = {
    .read = postgres_catalog_read,
    .digest = postgres_catalog_digest,
    .objects = postgres_catalog_objects,
    .activity = postgres_catalog_activity,
};

static const struct engine_proof_table proof = {
    .fingerprint = postgres_fingerprint,
    .wrote = postgres_wrote,
    .written = postgres_written,
    .differences = postgres_differences,
    .stream_open = postgres_stream_open,
    .stream_next = postgres_stream_next,
};

static const struct engine_undo_table undo = {
    .plan = postgres_undo_plan,
    .roll_back = postgres_undo_roll_back,
    .look = postgres_undo_look,
    .list = postgres_undo_list,
    .drop = postgres_undo_drop,
};

const struct engine_driver engine_postgres = {
    .name = "postgres",
    .url_schemes = url_schemes,
    .accepts = postgres_accepts,
    .dialect = DIALECT_POSTGRES,
    .session = &session,
    .catalog = &catalog,
    .proof = &proof,
    .undo = &undo,
};

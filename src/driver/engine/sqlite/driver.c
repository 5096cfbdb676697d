/*
 * The table of the SQLite engine.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/sqlite/sqlite.h"

static const char *const url_schemes[] = {"sqlite:", "sqlite3:", "file:", NULL};

static const struct engine_session_table session = {
    .open = sqlite_open,
    .identity = sqlite_identity,
    .query = sqlite_query,
    .snapshot_begin = sqlite_snapshot_begin,
    .snapshot_end = sqlite_snapshot_end,
    .run = sqlite_run,
    .attempt = sqlite_attempt,
};

static const struct engine_catalog_table catalog = {
    .read = sqlite_catalog_read,
    .digest = sqlite_catalog_digest,
    .objects = sqlite_catalog_objects,
};

static const struct engine_proof_table proof = {
    .fingerprint = sqlite_fingerprint,
    .differences = sqlite_differences,
    .stream_open = sqlite_stream_open,
    .stream_next = sqlite_stream_next,
};

static const struct engine_undo_table undo = {
    .plan = sqlite_undo_plan,
    .roll_back = sqlite_undo_roll_back,
    .look = sqlite_undo_look,
    .list = sqlite_undo_list,
    .drop = sqlite_undo_drop,
};

const struct engine_driver engine_sqlite = {
    .name = "sqlite",
    .url_schemes = url_schemes,
    .accepts = sqlite_accepts,
    .dialect = DIALECT_SQLITE,
    .session = &session,
    .catalog = &catalog,
    .proof = &proof,
    .undo = &undo,
};

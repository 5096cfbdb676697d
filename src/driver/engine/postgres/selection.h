/*
 * Which values of a relation's rows are asked for, and in which order they come.
 *
 *   writer, key columns, other columns, texts of key columns and shown ones that need the server
 *
 * The key columns stand side by side, so that a key's image is one piece of the server's data.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_POSTGRES_SELECTION_H
#define DRIVER_ENGINE_POSTGRES_SELECTION_H

#include "driver/engine/postgres/relation.h"

#define PLACE_NONE SIZE_MAX

struct selected_column {
    const struct relation_column *column;
    size_t place; // among a row's fields; PLACE_NONE: it cannot be read
    size_t text;  // where its text comes from the server; PLACE_NONE: made from the value
    unsigned type_oid;
    bool has_oids;
};

struct selection {
    const struct relation *relation;
    struct selected_column *columns; // as asked for
    size_t n_columns;
    struct selected_column *key; // empty: none is known
    size_t n_key;
    bool has_writer; // it is the first field
    size_t n_fields;
    const char *list; // SQL of all fields
};

// `wants_texts`: of the key and of what is shown, for people.
MUST_CHECK bool selection_make(TALLOC_CTX *mem, const struct relation *relation,
                               const struct engine_fingerprint_request *request, bool wants_texts,
                               struct selection **out, struct error *err);
// `condition` and `order`: SQL of ours, or NULL.
char *selection_sql(TALLOC_CTX *mem, const struct selection *selection, const char *where,
                    const char *condition, const char *order);

#endif

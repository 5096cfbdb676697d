/*
 * A table, view or materialized view that is to be read whole: what it is, its columns, which of
 * them this role may read, and its primary key.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_POSTGRES_RELATION_H
#define DRIVER_ENGINE_POSTGRES_RELATION_H

#include "driver/engine/postgres/postgres.h"
#include "driver/engine/postgres/value_layout.h"

enum relation_rows {
    ROWS_STORED,   // in a table, its partitions or a materialized view: rows have ctid and xmin
    ROWS_COMPUTED, // a view
};

struct relation_column {
    const char *name;
    const char *type; // "character varying(10)"
    unsigned type_oid;
    unsigned base_oid;   // of a domain: what it is over
    const char *unknown; // why its values cannot be read; NULL: they can
    int key_position;    // from 1 in the primary key, 0: not in it
    bool has_oids;       // numbers of types stand in its binary form (value_layout.h)
};

struct relation {
    unsigned oid;
    const char *shown; // public.emails
    const char *sql;   // "public"."emails"
    enum relation_rows rows;
    bool shows_system; // may this role read ctid and xmin?
    bool has_children; // tables that inherit from it, whose rows are read with its own: no key is
                       // unique among all of them
    struct relation_column *columns;
    size_t n_columns;
    size_t n_key; // columns of the primary key
    struct value_layout *layout;
};

// ERROR_UNKNOWN when there is none, when it is none that can be read here (a foreign table, an
// index, a temporary table of another session), or when row-level security hides rows of it. Its
// layout knows the type `type` as well (NULL: none).
MUST_CHECK bool relation_read(TALLOC_CTX *mem, struct engine *engine, struct name name,
                              const char *type, struct relation **out, struct error *err);
const struct relation_column *relation_column(const struct relation *relation, const char *name);

#endif

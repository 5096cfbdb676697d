/*
 * What the files of PostgreSQL's catalog reader share: the schema being filled, whose relation an
 * oid is, and the fields of a row.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_POSTGRES_CATALOG_H
#define DRIVER_ENGINE_POSTGRES_CATALOG_H

#include "analysis/name_table.h"
#include "driver/engine/postgres/postgres.h"
#include "statement/reader.h"

struct catalog_relation {
    uint32_t oid;
    uint32_t owner;   // of an index: its table
    int16_t *numbers; // attnum of each column
    struct schema_relation *relation;
};

struct catalog {
    struct engine *engine;
    struct schema *schema;
    TALLOC_CTX *tmp;                    // gone after the reading
    struct catalog_relation *relations; // by oid
    size_t n_relations;
    struct name_table texts; // each text that was kept, once: ten thousand tables share few names
    struct name *kept;       // places of those, in blocks
    size_t n_kept_left;
    struct catalog_relation *filled; // whose rows come now
    struct reader *reader;           // of expressions
    const char **path;
    size_t n_path;
};

// --- catalog.c
// One row; the fields are those of the query's file in sql/postgres.
typedef void catalog_row(struct catalog *catalog, const PGresult *row);
// One instant, until catalog_end; `is_done`: all went well so far, else `err` is filled already.
MUST_CHECK bool catalog_begin(struct engine *engine, struct error *err);
MUST_CHECK bool catalog_end(struct engine *engine, bool is_done, struct error *err);
// Settings that decide how the server prints expressions; no name is found without its schema then.
MUST_CHECK bool catalog_pin(struct engine *engine, struct error *err);

// NULL: not one that is read (of the server, temporary).
struct catalog_relation *catalog_find(const struct catalog *catalog, uint32_t oid);
const char *catalog_column(const struct catalog_relation *owner, int64_t attnum); // NULL: dropped
const char *catalog_keep(struct catalog *catalog, const char *text); // as long as the schema lives
void catalog_know(struct catalog *catalog, const char *text);        // one that lives as long
// Rows of one relation come together: the room behind the arrays of the one before is given back.
void catalog_turn(struct catalog *catalog, struct catalog_relation *owner);
struct name catalog_keep_name(struct catalog *catalog, const char *schema, const char *name);

const char *field_text(const PGresult *row, int field); // NULL is NULL
bool field_bool(const PGresult *row, int field);
int64_t field_integer(const PGresult *row, int field); // NULL is 0
uint32_t field_oid(const PGresult *row, int field);
// "{1,2}" or "1 2": the numbers, at most `room`; how many.
size_t field_numbers(const PGresult *row, int field, int64_t *numbers, size_t room);

// --- catalog_columns.c
catalog_row catalog_add_column, catalog_add_statistic;
// As a type that a statement names; `typmod` is the server's.
struct type_name catalog_type(struct catalog *catalog, const char *schema, const char *name,
                              int64_t typmod, bool is_array);

// --- catalog_keys.c
// The one action of a statement that we wrote. NULL: the grammar does not know it.
const struct action *catalog_read_action(TALLOC_CTX *mem, struct catalog *catalog, const char *sql);
catalog_row catalog_add_constraint, catalog_add_index;

// --- catalog_relations.c
catalog_row catalog_add_relation, catalog_add_parent, catalog_add_read, catalog_add_sequence,
    catalog_add_trigger, catalog_add_member, catalog_add_size;
void catalog_own_indexes(struct catalog *catalog);
// A partitioned table is as large as its partitions are.
void catalog_sum_partitions(struct catalog *catalog);

// --- catalog_objects.c
catalog_row catalog_add_type, catalog_add_function, catalog_add_publication;

#endif

/*
 * The columns of a table that is fingerprinted, and its key: which columns, their image in each row
 * and their text for people.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_SQLITE_KEY_H
#define DRIVER_ENGINE_SQLITE_KEY_H

#include "driver/engine/sqlite/sqlite.h"

struct table_column {
    const char *name;
    const char *type; // as declared, "" when not
    int key_position; // from 1 in the primary key, 0: not in it
};

struct table_columns {
    bool is_view;
    struct table_column *all; // in table order, generated ones too, hidden ones not
    size_t n_all;
    struct table_column *list; // those that are asked for, in that order
    size_t n;
};

struct table_key {
    struct table_columns columns;
    const char *table;
    const char *where;  // NULL: every row
    const char *value;  // instead of the first column; NULL: none
    const char **names; // key columns
    int *places;        // of each in the SELECT's result
    size_t n;
    const char *rowid; // the name by which the rowid can be read, NULL: it cannot
    int rowid_place;   // in the result; -1: not read
    size_t n_values;   // of a row of the result
    bool is_utf8;      // the database's encoding: text need not be converted
    uint8_t *image;    // of the last row read
    size_t image_len;
    char *text;
    size_t text_len;
};

bool table_columns_read(TALLOC_CTX *mem, struct engine *engine,
                        const struct engine_fingerprint_request *request, struct table_columns *out,
                        struct error *err);
bool table_key_make(TALLOC_CTX *mem, struct engine *engine,
                    const struct engine_fingerprint_request *request,
                    const struct table_columns *columns, struct table_key **out, struct error *err);
bool table_key_is_known(const struct table_key *key);
bool table_key_is_rowid(const struct table_key *key);
// The asked columns first, in their order; then what the key needs besides. `function` is called
// with all of them, "": they are the result's columns.
char *table_key_select(TALLOC_CTX *mem, const struct table_key *key, const char *function);
// Take the key's image from a row of that SELECT.
void table_key_read(struct table_key *key, sqlite3_value **row);
// The bytes of a text (UTF-8) or blob; their number is sqlite3_value_bytes, asked after it.
const void *table_key_bytes(const struct table_key *key, sqlite3_value *value, int type);
// "id=42", "a=1, b='x'"; "" without key; valid until the next call.
const char *table_key_text(struct table_key *key, sqlite3_value **row);

#endif

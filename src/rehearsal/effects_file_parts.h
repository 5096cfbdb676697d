/*
 * An effects file as plain structs: what its writer, its reader and its check share.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_EFFECTS_FILE_PARTS_H
#define REHEARSAL_EFFECTS_FILE_PARTS_H

#include "change/config.h"
#include "rehearsal/effects_file.h"

#define EFFECTS_FILE_FORMAT 1
// Two copies agree when they are so near, whichever is more.
#define EFFECTS_TOLERANCE_SHARE 0.1
#define EFFECTS_TOLERANCE_ROWS 2

// Zero where it does not stand in the file.
struct approved_number {
    int64_t rows;
    bool has_share;
    double share; // of the table's rows before
    size_t line;
};

struct approved_pair {
    const char *from, *to; // NULL: NULL
    struct approved_number rows;
};

struct approved_column {
    const char *name;
    const char *was;   // NULL: it has the same name
    const char *state; // "new" "dropped"; NULL
    struct approved_number changed, to_null, from_null;
    struct approved_pair *pairs;
    size_t n_pairs;
    bool has_other_pairs; // pairs that are not listed are not looked at
    bool has_any_pairs;   // a person said so: none are
    bool is_masked;
    const char *unknown; // why it could not be compared
    const char *note;
    const struct tolerance *tolerance; // NULL: the table's
    size_t line;
};

struct approved_table {
    const char *name;
    const char *was;
    const char *state;
    int64_t rows; // before, on the copy
    struct approved_number added, removed, changed, doubled;
    struct approved_column *columns;
    size_t n_columns;
    const char *unknown;
    const char *note;
    const struct tolerance *tolerance; // NULL: the file's
    size_t line;
};

struct approved_object {
    const char *object;
    const char *what; // as in object_effect
    size_t line;
};

struct effects_file {
    const char *path;
    const char *up, *down; // SHA-256; NULL: there is none
    const char *note;
    const struct tolerance *tolerance; // NULL: the one above
    struct approved_table *tables;
    size_t n_tables;
    struct approved_object *objects;
    size_t n_objects;
};

// SHA-256 of one direction; NULL: there is none.
char *effects_file_digest(TALLOC_CTX *mem, const struct migration_text *text);
const struct approved_table *effects_file_table(const struct effects_file *file, const char *name);
const struct approved_column *approved_table_column(const struct approved_table *table,
                                                    const char *name);

#endif

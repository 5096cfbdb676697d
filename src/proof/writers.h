/*
 * Writers: who wrote each row, while the rows of a table are read.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_WRITERS_H
#define PROOF_WRITERS_H

#include "driver/table_file.h"
#include "proof/attribution.h"
#include "proof/target.h"

// What tells who wrote the rows of a database: the same for all of its tables.
struct writers {
    const struct target *target;
    const char *instant; // of the baseline; NULL: the engine has none
    const struct attribution *attribution;
    bool has_noted; // the file has, attached as `noted`, what traffic wrote before the runs
};

// Does the engine tell at all?
bool writers_are_told(const struct writers *writers);
// Whatever traffic wrote before a run: that is asked for by key, of few rows.
enum writer writers_of(const struct writers *writers, const struct engine_row_image *image);

// Keys of one table that traffic wrote between the baseline and a run; NULL in `*out`: none known.
struct noted_rows;
MUST_CHECK bool noted_rows_open(TALLOC_CTX *mem, const struct writers *writers,
                                struct table_file *file, int64_t id, struct noted_rows **out,
                                struct error *err);
// `writer` as it is, or WRITER_NOTED. `key` as it stands in row_image_ID.
MUST_CHECK bool noted_rows_resolve(struct noted_rows *rows, const uint8_t *key, size_t key_len,
                                   enum writer *writer, struct error *err);

#endif

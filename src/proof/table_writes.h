/*
 * Table writes: what the migrations' runs and everybody else wrote to a table since the baseline,
 * by the counters of the runs and of the server.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_TABLE_WRITES_H
#define PROOF_TABLE_WRITES_H

#include "proof/comparison.h"
#include "proof/writers.h"

struct table_writes_request {
    const struct writers *writers; // NULL: the engine does not tell who wrote
    const struct baseline *baseline;
    const struct schema *schema; // as it is now, for partitions; NULL: none
    struct table_file *file;     // with `noted` attached, when writers has it
};

// What is known of one table. Outside of a snapshot: the counters are of now, so that everything
// that a comparison saw is among what they counted, as far as the server has added it up.
MUST_CHECK bool table_writes_read(const struct table_writes_request *request,
                                  const struct comparison *comparison,
                                  struct attribution_table *out, struct error *err);

// A server adds up what sessions wrote a while after they did: an answer that accuses by its
// counters stands only from then on (wall clock).
int64_t table_writes_settled_ms(const struct table_writes_request *request, int64_t compared_ms);

#endif

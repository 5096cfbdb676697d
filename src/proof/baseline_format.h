/*
 * The format of a baseline's file: its tables, written and read in one place.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_BASELINE_FORMAT_H
#define PROOF_BASELINE_FORMAT_H

#include "proof/baseline.h"

MUST_CHECK bool baseline_make_tables(struct table_file *file, struct error *err);
MUST_CHECK bool baseline_write_table(struct table_file *file, const struct baseline_table *table,
                                     struct error *err);
MUST_CHECK bool baseline_write_meta(const struct baseline *baseline, struct error *err);

#endif

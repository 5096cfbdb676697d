/*
 * Relation numbers: which table of a copy is which of the other, by the numbers that the server
 * gave them before the copies were made: what was renamed by a program that no text shows keeps its
 * own.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_RELATION_NUMBERS_H
#define REHEARSAL_RELATION_NUMBERS_H

#include "proof/target.h"

struct relation_number {
    struct name name;
    unsigned long number; // the server's OID
    const char **columns; // names, by their number in the table; NULL: dropped
    size_t n_columns;
};

// By number.
struct relation_numbers {
    struct relation_number *list;
    size_t n;
};

// Of two copies of one database; none where they are not, or the engine has no such numbers.
MUST_CHECK bool relation_numbers_read(TALLOC_CTX *mem, const struct target *before,
                                      const struct target *after, struct relation_numbers *old,
                                      struct relation_numbers *now, struct error *err);
const struct relation_number *relation_numbers_named(const struct relation_numbers *numbers,
                                                     struct name name);
const struct relation_number *relation_numbers_of(const struct relation_numbers *numbers,
                                                  unsigned long number);
// The name that `column` of `old` has in `now`, which has the same number; NULL: it is gone.
const char *relation_number_column(const struct relation_number *old,
                                   const struct relation_number *now, const char *column);

#endif

/*
 * Labels: a row's values as one text, for people and to tell rows apart.
 *
 * Two different rows never have one label: texts stand in quotes with those inside doubled, what is
 * too long ends with the hash of all of it, and a masked value is its hash alone.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_LABEL_H
#define PROOF_LABEL_H

#include "proof/target.h"

#define LABEL_BYTES_MAX 400

// "'brief', 7" of the first `n` values; "" of none.
char *label_of(TALLOC_CTX *mem, const struct target *target, const char *const *names,
               const struct engine_value *values, size_t n);

#endif

/*
 * Value sets: how many different values there were, up to a limit.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_VALUE_SET_H
#define REHEARSAL_VALUE_SET_H

#include "base/memory.h"
#include <stdbool.h>
#include <stdint.h>

struct value_set;

struct value_set *value_set_make(TALLOC_CTX *mem, size_t n_max);
void value_set_add(struct value_set *set, uint64_t hash);
int64_t value_set_count(const struct value_set *set); // -1: more than the limit

#endif

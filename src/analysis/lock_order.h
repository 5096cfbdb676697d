/*
 * Lock order: which of two tables the migrations of a change lock first.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_LOCK_ORDER_H
#define ANALYSIS_LOCK_ORDER_H

#include "base/memory.h"
#include "statement/statement.h"

struct lock_order {
    struct name pair; // schema: locked first, name: locked then
    const char *path; // the first migration that did
    size_t line;      // of the second lock
};

struct lock_orders; // by pair

struct lock_orders *lock_orders_make(TALLOC_CTX *mem);
// The first one of a pair stays. Texts are not copied.
void lock_order_add(struct lock_orders *orders, const char *first, const char *then,
                    const struct statement *statement);
const struct lock_order *lock_order_find(const struct lock_orders *orders, const char *first,
                                         const char *then); // NULL: never

#endif

/*
 * Transactions: what a migration's text itself says about them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_TRANSACTION_H
#define CHANGE_TRANSACTION_H

#include "change/change.h"

struct transaction_shape {
    size_t n_statements;
    size_t n_outside; // statements that PostgreSQL refuses inside a transaction block
    bool has_begin;   // it begins a transaction of its own
};

struct transaction_shape transaction_read(const struct migration_text *text);

// The only statement is one that cannot run in a transaction: sent alone, it runs without one.
bool transaction_is_alone_outside(const struct migration_text *text);

#endif

/*
 * Chain: does each event follow the one before it? Of a journal, or of what was exported from one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef JOURNAL_CHAIN_H
#define JOURNAL_CHAIN_H

#include "journal/journal.h"

struct chain {
    const struct journal_head *expected; // that it must contain; NULL: none
    struct journal_verdict verdict;
    bool has_expected; // it was met
    char prev[DIGEST_TEXT_SIZE];
};

void chain_begin(struct chain *chain, const struct journal_head *expected);
// The next row; false: it breaks there, and `verdict` says why.
bool chain_follow(struct chain *chain, const struct store_row *row);
void chain_end(struct chain *chain);

#endif

/*
 * The inside of a journal, for the files that append to it and that hold its leases.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef JOURNAL_JOURNAL_PARTS_H
#define JOURNAL_JOURNAL_PARTS_H

#include "journal/journal.h"

struct journal {
    const struct store_driver *driver;
    struct store *store;
    const char *run;
    const char *actor;
    const char *host;
    const struct store_fence *fence; // NULL: none
};

// journal_append, with the rows of another machine's journal, both or neither.
MUST_CHECK bool journal_append_with(struct journal *journal, const char *event, json_t *data,
                                    const struct store_import *import, struct error *err);

#endif

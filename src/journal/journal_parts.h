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

#endif

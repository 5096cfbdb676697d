/*
 * Importing: another machine's journal kept as evidence beside ours, never among our own events.
 *
 * Our chain says that it was imported, and its head: from then on neither can change unseen.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef JOURNAL_IMPORT_H
#define JOURNAL_IMPORT_H

#include "journal/exported.h"

struct import_request {
    const char *from;            // the file, for people
    const char *sha256;          // of its bytes
    const char *signed_by;       // key id of a bundle's signature; NULL: it has none
    const struct exported *rows; // verified
};

// `*is_new` false: it was imported before, under this signature or to be imported without one, and
// nothing is done.
MUST_CHECK bool journal_import(struct journal *journal, const struct import_request *request,
                               bool *is_new, struct error *err);

#endif

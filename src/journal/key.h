/*
 * Key: with which this state signs bundles; its file is in the state folder, for its owner alone.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef JOURNAL_KEY_H
#define JOURNAL_KEY_H

#include "base/signature.h"

#define KEY_FILE "journal.key"

// ERROR_POLICY: there is one already, and it stays.
MUST_CHECK bool key_make(TALLOC_CTX *mem, const char *path, struct signature_pair **out,
                         struct error *err);
// ERROR_INPUT: there is none, it is damaged, or others may read it.
MUST_CHECK bool key_read(TALLOC_CTX *mem, const char *path, struct signature_pair **out,
                         struct error *err);

#endif

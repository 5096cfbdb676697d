/*
 * Secrets: a value that prints as **** wherever it is not asked for by name.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/memory.h"

struct secret; // opaque on purpose

struct secret *secret_make(TALLOC_CTX *mem, const char *value);
const char *secret_reveal(const struct secret *secret); // the one way to the value
// For output: a URL keeps scheme, host, port, path and user; password and secret-looking query
// parameters are ****. Anything that is no URL is "****" whole.
char *secret_mask(TALLOC_CTX *mem, const struct secret *secret);

#endif

/*
 * Secrets: a value that prints as **** wherever it is not asked for by name; and values that are
 * taken out of the texts of others.
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

// Below that a value is found in too many texts that do not mean it.
#define SECRET_VEILED_MIN 6

// From now on secret_hide puts `shown` where `value` stands. What is shorter than
// SECRET_VEILED_MIN is let be.
void secret_veil(const char *value, const char *shown);
// `text` for people: an error, what a command or a server said. NULL stays NULL.
char *secret_hide(TALLOC_CTX *mem, const char *text);

#endif

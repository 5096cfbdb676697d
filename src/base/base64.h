/*
 * Base64 (RFC 4648, with padding), by libsodium.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/memory.h"
#include <stdbool.h>

char *base64_write(TALLOC_CTX *mem, const void *bytes, size_t len);
// False: it is none. `ignored` (may be NULL): characters that may stand within. `*bytes` is
// NUL-terminated behind its length.
bool base64_read(TALLOC_CTX *mem, const char *text, size_t len, const char *ignored,
                 unsigned char **bytes, size_t *n);

#endif

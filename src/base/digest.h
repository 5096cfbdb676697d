/*
 * Digests: SHA-256 (libsodium), printed as lower-case hexadecimal.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/error.h"
#include "base/memory.h"
#include <stddef.h>

#define DIGEST_TEXT_SIZE 65 // 64 hexadecimal digits and NUL

struct digest_text {
    char hex[DIGEST_TEXT_SIZE];
};

struct digest_text digest_of(const void *bytes, size_t len);
// Of what comes in pieces: begin, add, end.
struct digest_sum;
struct digest_sum *digest_begin(TALLOC_CTX *mem);
void digest_add(struct digest_sum *sum, const void *bytes, size_t len);
struct digest_text digest_end(struct digest_sum *sum);
MUST_CHECK bool digest_of_file(const char *path, struct digest_text *out, struct error *err);

#endif

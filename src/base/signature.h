/*
 * Signatures: Ed25519 by libsodium, with keys as other programs write them (PEM; PKCS #8 and
 * SubjectPublicKeyInfo of RFC 8410).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_SIGNATURE_H
#define BASE_SIGNATURE_H

#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/secret.h"
#include <stdbool.h>

struct signature_public {
    unsigned char bytes[32];
};
struct signature_pair; // its secret half is wiped when freed

struct signature_pair *signature_make_pair(TALLOC_CTX *mem);
const struct signature_public *signature_public_of(const struct signature_pair *pair);

struct secret *signature_write_pair(TALLOC_CTX *mem, const struct signature_pair *pair);
char *signature_write_public(TALLOC_CTX *mem, const struct signature_public *key);
// ERROR_INPUT: `pem`, which was read from `path`, holds no such key.
MUST_CHECK bool signature_read_pair(TALLOC_CTX *mem, const char *path, const char *pem,
                                    struct signature_pair **out, struct error *err);
MUST_CHECK bool signature_read_public(const char *path, const char *pem,
                                      struct signature_public *out, struct error *err);
// SHA-256 of the public key's DER, which other programs take for the key's name, too.
struct digest_text signature_key_id(const struct signature_public *key);

// In base64.
char *signature_sign(TALLOC_CTX *mem, const struct signature_pair *pair, const void *bytes,
                     size_t len);
bool signature_fits(const struct signature_public *key, const void *bytes, size_t len,
                    const char *signature);

#endif

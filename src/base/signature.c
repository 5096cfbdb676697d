/*
 * Signatures: Ed25519, and its keys as PEM.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/signature.h"
#include "base/base64.h"
#include <sodium.h>

#define SECRET_LABEL "PRIVATE KEY"
#define PUBLIC_LABEL "PUBLIC KEY"
#define KEY_BYTES 32

struct signature_pair {
    unsigned char secret[crypto_sign_SECRETKEYBYTES];
    struct signature_public key;
};

// What stands before the 32 bytes of a key. Source: RFC 8410, sections 4 and 7, appendix A.
static const unsigned char secret_head[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                            0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
static const unsigned char public_head[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                            0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

static int pair_wipe(struct signature_pair *pair)
{
    sodium_memzero(pair, sizeof *pair);
    return 0;
}

static struct signature_pair *pair_new(TALLOC_CTX *mem)
{
    struct signature_pair *pair = mem_new(mem, struct signature_pair);
    talloc_set_destructor(pair, pair_wipe);
    return pair;
}

struct signature_pair *signature_make_pair(TALLOC_CTX *mem)
{
    struct signature_pair *pair = pair_new(mem);
    if (sodium_init() < 0)
        bug("libsodium has no source of random numbers");
    crypto_sign_keypair(pair->key.bytes, pair->secret);
    return pair;
}

const struct signature_public *signature_public_of(const struct signature_pair *pair)
{
    return &pair->key;
}

// --- PEM

static char *pem_write(TALLOC_CTX *mem, const char *label, const unsigned char *der, size_t len)
{
    SCRATCH(tmp);
    char *body = base64_write(tmp, der, len); // of these lengths one line
    char *pem = mem_printf(mem, "-----BEGIN %s-----\n%s\n-----END %s-----\n", label, body, label);
    sodium_memzero(body, strlen(body));
    return pem;
}

// The key behind `head`; its bytes in `out`.
static bool pem_read(const char *pem, const char *label, const unsigned char *head, size_t head_len,
                     unsigned char out[KEY_BYTES])
{
    SCRATCH(tmp);
    const char *begin = mem_printf(tmp, "-----BEGIN %s-----", label);
    const char *end = mem_printf(tmp, "-----END %s-----", label);
    const char *from = strstr(pem, begin);
    const char *to = from == NULL ? NULL : strstr(from, end);
    unsigned char *der;
    size_t n;
    if (to == NULL)
        return false;
    from += strlen(begin);
    if (!base64_read(tmp, from, (size_t)(to - from), " \r\n", &der, &n))
        return false;
    bool is_key = n == head_len + KEY_BYTES && memcmp(der, head, head_len) == 0;
    if (is_key)
        memcpy(out, der + head_len, KEY_BYTES);
    sodium_memzero(der, n);
    return is_key;
}

struct secret *signature_write_pair(TALLOC_CTX *mem, const struct signature_pair *pair)
{
    SCRATCH(tmp);
    unsigned char der[sizeof secret_head + KEY_BYTES];
    memcpy(der, secret_head, sizeof secret_head);
    crypto_sign_ed25519_sk_to_seed(der + sizeof secret_head, pair->secret);
    char *pem = pem_write(tmp, SECRET_LABEL, der, sizeof der);
    struct secret *secret = secret_make(mem, pem);
    sodium_memzero(der, sizeof der);
    sodium_memzero(pem, strlen(pem));
    return secret;
}

static void public_der(const struct signature_public *key,
                       unsigned char der[sizeof public_head + KEY_BYTES])
{
    memcpy(der, public_head, sizeof public_head);
    memcpy(der + sizeof public_head, key->bytes, KEY_BYTES);
}

char *signature_write_public(TALLOC_CTX *mem, const struct signature_public *key)
{
    unsigned char der[sizeof public_head + KEY_BYTES];
    public_der(key, der);
    return pem_write(mem, PUBLIC_LABEL, der, sizeof der);
}

struct digest_text signature_key_id(const struct signature_public *key)
{
    unsigned char der[sizeof public_head + KEY_BYTES];
    public_der(key, der);
    return digest_of(der, sizeof der);
}

bool signature_read_pair(TALLOC_CTX *mem, const char *path, const char *pem,
                         struct signature_pair **out, struct error *err)
{
    unsigned char seed[KEY_BYTES];
    if (!pem_read(pem, SECRET_LABEL, secret_head, sizeof secret_head, seed))
        return error_set(err, ERROR_INPUT, "%s: no private key of Ed25519 in PEM", path);
    struct signature_pair *pair = pair_new(mem);
    crypto_sign_seed_keypair(pair->key.bytes, pair->secret, seed);
    sodium_memzero(seed, sizeof seed);
    *out = pair;
    return true;
}

bool signature_read_public(const char *path, const char *pem, struct signature_public *out,
                           struct error *err)
{
    if (pem_read(pem, PUBLIC_LABEL, public_head, sizeof public_head, out->bytes))
        return true;
    error_set(err, ERROR_INPUT, "%s: no public key of Ed25519 in PEM", path);
    return error_hint(err, "`tminus journal key` prints it where the bundle was signed");
}

// --- signing

char *signature_sign(TALLOC_CTX *mem, const struct signature_pair *pair, const void *bytes,
                     size_t len)
{
    unsigned char signature[crypto_sign_BYTES];
    crypto_sign_detached(signature, NULL, bytes, len, pair->secret);
    return base64_write(mem, signature, sizeof signature);
}

bool signature_fits(const struct signature_public *key, const void *bytes, size_t len,
                    const char *signature)
{
    SCRATCH(tmp);
    unsigned char *raw;
    size_t n;
    return base64_read(tmp, signature, strlen(signature), NULL, &raw, &n) &&
           n == crypto_sign_BYTES && crypto_sign_verify_detached(raw, bytes, len, key->bytes) == 0;
}

/*
 * Signatures and base64: the vectors of their RFCs, keys as other programs write them, and what is no
 * key and no signature.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/signature.h"
#include "base/base64.h"
// cmocka asks for these first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

// Source: RFC 4648, section 10.
static const char *const vectors[][2] = {
    {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};

static void test_base64(void **state)
{
    (void)state;
    SCRATCH(tmp);
    unsigned char *bytes;
    size_t n;
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        assert_string_equal(base64_write(tmp, vectors[i][0], strlen(vectors[i][0])), vectors[i][1]);
        assert_true(base64_read(tmp, vectors[i][1], strlen(vectors[i][1]), NULL, &bytes, &n));
        assert_int_equal(n, strlen(vectors[i][0]));
        assert_string_equal((char *)bytes, vectors[i][0]);
    }
    static const char *const wrong[] = {"Zg", "Zg=", "Z", "Zm9v\n", "Zm9v!", "Zm-_", "Zh=="};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_false(base64_read(tmp, wrong[i], strlen(wrong[i]), NULL, &bytes, &n));
    assert_true(base64_read(tmp, "Zm9v\n", 5, "\n", &bytes, &n));
}

// Source: RFC 8032, section 7.1, TEST 2: the secret key, its public key, the message 0x72. The PEM is
// `openssl pkey` of the secret key in DER (RFC 8410).
static const unsigned char seed[] = {0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d, 0xb6, 0xc3,
                                     0x46, 0xec, 0x11, 0x4e, 0x0f, 0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab,
                                     0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb};
static const unsigned char public_key[] = {0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a, 0x92, 0xb7, 0x0a,
                                           0xa7, 0x4d, 0x1b, 0x7e, 0xbc, 0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4,
                                           0x96, 0x8c, 0xc0, 0xcd, 0x55, 0xf1, 0x2a, 0xf4, 0x66, 0x0c};
static const unsigned char expected[] = {
    0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f, 0x64, 0x25, 0x40,
    0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76, 0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda,
    0x08, 0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99, 0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1, 0x1d, 0x8c,
    0x38, 0x7b, 0x2e, 0xae, 0xb4, 0x30, 0x2a, 0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00};

static char *vector_pem(TALLOC_CTX *mem)
{
    unsigned char der[48] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
    memcpy(der + 16, seed, sizeof seed);
    return mem_printf(mem, "a note\n-----BEGIN PRIVATE KEY-----\r\n%s\r\n-----END PRIVATE KEY-----\r\n",
                      base64_write(mem, der, sizeof der));
}

static void test_sign__vector(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct signature_pair *pair;
    struct error err;
    assert_true(signature_read_pair(tmp, "key", vector_pem(tmp), &pair, &err));
    assert_memory_equal(signature_public_of(pair)->bytes, public_key, sizeof public_key);
    const char *signature = signature_sign(tmp, pair, "\x72", 1);
    assert_string_equal(signature, base64_write(tmp, expected, sizeof expected));
    assert_true(signature_fits(signature_public_of(pair), "\x72", 1, signature));
    assert_false(signature_fits(signature_public_of(pair), "\x73", 1, signature));
    assert_false(signature_fits(signature_public_of(pair), "\x72", 1, "Zm9v"));
    assert_false(signature_fits(signature_public_of(pair), "\x72", 1, "no base64"));
}

static void test_pair__there_and_back(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct signature_pair *pair = signature_make_pair(tmp), *again;
    struct signature_pair *other = signature_make_pair(tmp);
    struct signature_public key;
    struct error err;
    const char *pem = secret_reveal(signature_write_pair(tmp, pair));
    assert_true(signature_read_pair(tmp, "key", pem, &again, &err));
    assert_true(signature_read_public("key", signature_write_public(tmp, signature_public_of(pair)), &key, &err));
    assert_memory_equal(key.bytes, signature_public_of(again)->bytes, sizeof key.bytes);
    const char *signature = signature_sign(tmp, again, "text", 4);
    assert_true(signature_fits(&key, "text", 4, signature));
    assert_false(signature_fits(signature_public_of(other), "text", 4, signature));
    assert_string_not_equal(signature_key_id(&key).hex, signature_key_id(signature_public_of(other)).hex);
}

static void test_read__no_key(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const char *const wrong[] = {
        "",
        "-----BEGIN PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nZm9v\n-----END PUBLIC KEY-----\n",
        vector_pem(tmp),
    };
    struct signature_public key;
    struct signature_pair *pair;
    struct error err;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_false(signature_read_public("it.pem", wrong[i], &key, &err));
        assert_string_equal(err.message, "it.pem: no public key of Ed25519 in PEM");
        assert_int_equal(err.code, ERROR_INPUT);
    }
    assert_false(signature_read_pair(tmp, "it.pem", wrong[3], &pair, &err));
    assert_string_equal(err.message, "it.pem: no private key of Ed25519 in PEM");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_sign__vector),
        cmocka_unit_test(test_pair__there_and_back),
        cmocka_unit_test(test_read__no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

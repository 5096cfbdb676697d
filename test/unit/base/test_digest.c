/*
 * Digests: the published vectors of SHA-256, from memory and from a file.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/digest.h"
#include "tree.h"

// Source: FIPS 180-2, appendix B.1 to B.3, and of the empty text: NIST's CAVP, SHA256ShortMsg.
#define OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define OF_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define OF_MILLION_A "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

static void test_digest_of(void **state)
{
    (void)state;
    assert_string_equal(digest_of("", 0).hex, OF_NOTHING);
    assert_string_equal(digest_of("abc", 3).hex, OF_ABC);
}

static void test_digest_of_file__larger_than_a_chunk(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    struct tree *tree = tree_make(tmp);
    char *text = mem_array(tmp, char, 1000001);
    memset(text, 'a', 1000000);
    struct digest_text digest;
    EXPECT_OK(digest_of_file(tree_write(tree, "a", text), &digest, &err));
    assert_string_equal(digest.hex, OF_MILLION_A);
}

static void test_digest_of_file__missing(void **state)
{
    (void)state;
    struct error err = {0};
    struct digest_text digest = {"untouched"};
    EXPECT_ERROR(digest_of_file("/no/such", &digest, &err), ERROR_INPUT, "/no/such: no such file");
    assert_string_equal(digest.hex, "untouched");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digest_of),
        cmocka_unit_test(test_digest_of_file__larger_than_a_chunk),
        cmocka_unit_test(test_digest_of_file__missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Base64, by libsodium.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/base64.h"
#include <sodium.h>

#define VARIANT sodium_base64_VARIANT_ORIGINAL

char *base64_write(TALLOC_CTX *mem, const void *bytes, size_t len)
{
    size_t size = sodium_base64_ENCODED_LEN(len, VARIANT);
    char *text = mem_array(mem, char, size);
    return sodium_bin2base64(text, size, bytes, len, VARIANT);
}

bool base64_read(TALLOC_CTX *mem, const char *text, size_t len, const char *ignored,
                 unsigned char **bytes, size_t *n)
{
    unsigned char *out = mem_array(mem, unsigned char, len / 4 * 3 + 4);
    size_t n_out;
    const char *end;
    if (sodium_base642bin(out, len / 4 * 3 + 3, text, len, ignored, &n_out, &end, VARIANT) != 0 ||
        end != text + len) {
        talloc_free(out);
        return false;
    }
    out[n_out] = '\0';
    *bytes = out;
    *n = n_out;
    return true;
}

/*
 * Order images: keys as bytes that memcmp puts in one order.
 *
 * A number is a tag, the double next to it and what an integer is more than that double. A text is
 * a tag, its bytes with 00 written as 00 ff, and 00 00: so "a" is before "ab" and "a\0".
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/order.h"
#include <string.h>

// SQLite's order of types; a column of PostgreSQL has only one.
enum { TAG_NUMBER = 1, TAG_TEXT = 2, TAG_BYTES = 3 };

#define NUMBER_SIZE 8

static uint8_t *room(TALLOC_CTX *mem, struct order_image *image, size_t more)
{
    if (image->bytes == NULL || image->len + more > talloc_get_size(image->bytes))
        image->bytes =
            mem_checked(talloc_realloc_size(mem, image->bytes, (image->len + more + 32) * 2));
    uint8_t *at = image->bytes + image->len;
    image->len += more;
    return at;
}

void order_clear(struct order_image *image)
{
    image->len = 0;
}

static void put_number(TALLOC_CTX *mem, struct order_image *image, uint64_t number)
{
    uint64_t turned = __builtin_bswap64(number);
    memcpy(room(mem, image, NUMBER_SIZE), &turned, NUMBER_SIZE);
}

static void put(TALLOC_CTX *mem, struct order_image *image, double nearest, int64_t rest)
{
    uint64_t bits;
    double value = nearest == 0 ? 0 : nearest; // -0.0 is 0.0
    memcpy(&bits, &value, sizeof bits);
    *room(mem, image, 1) = TAG_NUMBER;
    put_number(mem, image, bits >> 63 ? ~bits : bits | UINT64_C(1) << 63);
    put_number(mem, image, (uint64_t)rest ^ UINT64_C(1) << 63);
}

void order_put_integer(TALLOC_CTX *mem, struct order_image *image, int64_t value)
{
    double nearest = (double)value;
    put(mem, image, nearest, (int64_t)((__int128)value - (__int128)nearest));
}

void order_put_real(TALLOC_CTX *mem, struct order_image *image, double value)
{
    put(mem, image, value, 0);
}

static void put_string(TALLOC_CTX *mem, struct order_image *image, uint8_t tag,
                       const uint8_t *bytes, size_t len)
{
    *room(mem, image, 1) = tag;
    while (len > 0) {
        const uint8_t *zero = memchr(bytes, 0, len);
        size_t plain = zero == NULL ? len : (size_t)(zero - bytes);
        memcpy(room(mem, image, plain), bytes, plain);
        if (zero != NULL)
            memcpy(room(mem, image, 2), "\x00\xff", 2);
        size_t used = plain + (zero != NULL);
        bytes += used;
        len -= used;
    }
    memcpy(room(mem, image, 2), "\0", 2);
}

void order_put_text(TALLOC_CTX *mem, struct order_image *image, const void *text, size_t len)
{
    put_string(mem, image, TAG_TEXT, text, len);
}

void order_put_bytes(TALLOC_CTX *mem, struct order_image *image, const void *bytes, size_t len)
{
    put_string(mem, image, TAG_BYTES, bytes, len);
}

int order_compare(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
    int difference = memcmp(a, b, a_len < b_len ? a_len : b_len);
    return difference != 0 ? difference : (a_len > b_len) - (a_len < b_len);
}

/*
 * Order images: keys as bytes that memcmp puts in one order, whatever engine or server they are
 * from.
 *
 * Values of a key follow each other; each is unambiguous in its length, so that no two keys have
 * one image.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_ORDER_H
#define DRIVER_ENGINE_ORDER_H

#include "base/memory.h"
#include <stdint.h>

struct order_image {
    uint8_t *bytes;
    size_t len;
};

void order_clear(struct order_image *image);
void order_put_integer(TALLOC_CTX *mem, struct order_image *image, int64_t value);
// Between the integers: 1.0 has the image of 1.
void order_put_real(TALLOC_CTX *mem, struct order_image *image, double value);
// Texts by their bytes (COLLATE "C"), bytes likewise.
void order_put_text(TALLOC_CTX *mem, struct order_image *image, const void *text, size_t len);
void order_put_bytes(TALLOC_CTX *mem, struct order_image *image, const void *bytes, size_t len);
int order_compare(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len);

#endif

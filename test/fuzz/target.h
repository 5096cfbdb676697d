/*
 * Target: what libFuzzer calls.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_FUZZ_TARGET_H
#define TEST_FUZZ_TARGET_H

#include "base/error.h"
#include "base/memory.h"
#include <stdint.h>

__attribute__((visibility("default"))) int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

// A copy that ends with NUL and stands alone, so that the sanitizer sees a read behind it.
static inline char *target_text(TALLOC_CTX *mem, const uint8_t *data, size_t len)
{
    char *text = mem_array(mem, char, len + 1);
    return len == 0 ? text : memcpy(text, data, len);
}

#endif

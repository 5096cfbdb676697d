/*
 * Migrations of sqlite: no text crashes, and none that is not understood is GO.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assess.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    assess(DIALECT_SQLITE, data, len);
    return 0;
}

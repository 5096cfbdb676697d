/*
 * SARIF: any text is a list of findings or an error with a place.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/sarif.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    SCRATCH(tmp);
    struct error err = {0};
    struct findings findings = {.mem = tmp};
    if (!sarif_read("findings.sarif", target_text(tmp, data, len), len, &findings, &err) &&
        strncmp(err.message, "findings.sarif", strlen("findings.sarif")) != 0)
        bug("an error without a place");
    return 0;
}

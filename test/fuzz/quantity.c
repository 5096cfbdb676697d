/*
 * Quantities and times: any text is a value or an error, and what was read is never negative.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "base/clock.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    SCRATCH(tmp);
    struct error err = {0};
    const char *text = target_text(tmp, data, len);
    int64_t number;
    double share;
    if (quantity_read_duration(text, &number, &err) && number < 0)
        bug("negative duration");
    if (quantity_read_size(text, &number, &err) && number < 0)
        bug("negative size");
    if (quantity_read_share(text, &share, &err) && !(share >= 0 && share <= 1))
        bug("share out of range");
    if (quantity_read_integer(text, &number, &err) && quantity_count(tmp, number)[0] == '\0')
        bug("a number without digits");
    if (clock_parse(text, &number, &err)) {
        int64_t again;
        if (!clock_parse(clock_format(number).text, &again, &err) || again != number)
            bug("a time that changes when it is written and read");
    }
    return 0;
}

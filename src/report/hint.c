/*
 * A finding's hint in text for people.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report/hint.h"

void report_hint(FILE *out, const char *hint)
{
    fputs("      > ", out);
    for (const char *c = hint; *c != '\0'; c++) {
        fputc(*c, out);
        if (*c == '\n')
            fputs("        ", out);
    }
    fputc('\n', out);
}

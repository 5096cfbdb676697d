/*
 * A finding's hint in text for people: SQL of several lines stands below its first.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REPORT_HINT_H
#define REPORT_HINT_H

#include <stdio.h>

void report_hint(FILE *out, const char *hint);

#endif

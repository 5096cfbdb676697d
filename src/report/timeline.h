/*
 * Report of a timeline: which locks a script takes when, and what runs while they are held.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REPORT_TIMELINE_H
#define REPORT_TIMELINE_H

#include "analysis/assessment.h"
#include "base/json_writer.h"
#include <stdio.h>

// Member `timeline` of a migration: its transactions of more than one statement that lock anything.
void report_timeline_json(struct json_writer *writer, const struct timeline *timeline);
// Of the same, those that keep a lock that others feel. False: there is none, nothing was written.
bool report_timeline_text(FILE *out, const struct assessed_script *assessed);

#endif

/*
 * JSON parts: the objects that several documents share (man/tminus-assess.1: STATEMENT, FINDING).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REPORT_JSON_PARTS_H
#define REPORT_JSON_PARTS_H

#include "analysis/effects.h"
#include "analysis/finding.h"
#include "base/json_writer.h"

void report_texts(struct json_writer *writer, const char *name, const char *const *texts, size_t n);
// Member "effects".
void report_effects(struct json_writer *writer, const struct effects *effects);
void report_statement(struct json_writer *writer, const struct statement *statement,
                      const struct effects *effects);
void report_finding(struct json_writer *writer, const struct finding *finding);
// The members alone, for an object that has more.
void report_finding_members(struct json_writer *writer, const struct finding *finding);

#endif

/*
 * JSON parts: the objects that several documents share (man/tminus-assess.1: STATEMENT, FINDING).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REPORT_JSON_PARTS_H
#define REPORT_JSON_PARTS_H

#include "analysis/effects.h"
#include "analysis/finding.h"
#include "base/json.h"

json_t *report_statement(const struct statement *statement, const struct effects *effects);
json_t *report_finding(const struct finding *finding);

#endif

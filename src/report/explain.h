/*
 * Report of explain: one rule, all rules, or what statements do.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REPORT_EXPLAIN_H
#define REPORT_EXPLAIN_H

#include "analysis/assessment.h"
#include "analysis/rule.h"
#include <stdio.h>

void report_rules_text(FILE *out);
void report_rules_json(FILE *out);
void report_rule_text(FILE *out, const struct rule *rule);
void report_rule_json(FILE *out, const struct rule *rule);
// The statements of an assessment, each with its effects, and the findings on them.
void report_explain_text(FILE *out, const struct assessment *assessment);
void report_explain_json(FILE *out, const struct assessment *assessment);

#endif

/*
 * Findings in the formats that other tools read: SARIF, JUnit, GitHub annotations, GitLab.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REPORT_FINDINGS_H
#define REPORT_FINDINGS_H

#include "analysis/assessment.h"
#include <stdio.h>

#define REPORT_SARIF_MAX 5000     // GitHub shows so many results of an upload
#define REPORT_ANNOTATIONS_MAX 10 // GitHub shows so many of one kind in a step

void report_sarif(FILE *out, const struct assessment *assessment);
// One test case a script, one for each other file with a finding; stop is a failure, what was not
// understood an error.
void report_junit(FILE *out, const struct assessment *assessment);
void report_github(FILE *out, const struct assessment *assessment);
void report_gitlab(FILE *out, const struct assessment *assessment);

#endif

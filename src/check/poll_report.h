/*
 * Poll report: what a poll found, worst first; plain data for reports.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHECK_POLL_REPORT_H
#define CHECK_POLL_REPORT_H

#include "proof/result.h"

struct poll_report {
    enum verdict verdict;
    const char *reason; // one sentence for people
    const char *digest; // of the plan that it is about
    const char *at;     // RFC 3339
    const char *service, *environment, *target;
    struct results results;      // worst first; without those that nothing is configured for
    const char **not_configured; // their ids
    size_t n_not_configured;
};

#endif

/*
 * Expectations: what the one value of an invariant of kind VALUE may be.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_EXPECTATION_H
#define PROOF_EXPECTATION_H

#include "base/json.h"
#include "base/memory.h"
#include "change/config.h"

// "below 3600", "between 1 and 5".
char *expectation_text(TALLOC_CTX *mem, const struct config_expectation *expect);
bool expectation_is_number(const struct config_expectation *expect);
// `text` is compared where a text is expected, `value` else.
bool expectation_holds(const struct config_expectation *expect, double value, const char *text);

json_t *expectation_to_json(const struct config_expectation *expect);
struct config_expectation expectation_from_json(TALLOC_CTX *mem, const json_t *json);

#endif

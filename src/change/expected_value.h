/*
 * Expected values: what the one value of an invariant or of a health check may be.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_EXPECTED_VALUE_H
#define CHANGE_EXPECTED_VALUE_H

#include "base/json.h"
#include "base/memory.h"
#include "change/config.h"

// "below 3600", "between 1 and 5".
char *expected_value_text(TALLOC_CTX *mem, const struct config_expectation *expect);
bool expected_value_is_number(const struct config_expectation *expect);
// `text` is compared where a text is expected, `value` else.
bool expected_value_holds(const struct config_expectation *expect, double value, const char *text);

json_t *expected_value_to_json(const struct config_expectation *expect);
struct config_expectation expected_value_from_json(TALLOC_CTX *mem, const json_t *json);

#endif

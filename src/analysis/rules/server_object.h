/*
 * Whether a type or a trigger's function is there: made by a statement, or the server's own.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_RULES_SERVER_OBJECT_H
#define ANALYSIS_RULES_SERVER_OBJECT_H

#include "analysis/rules/rules.h"

// Nothing of that name is known, and nothing that is there could have made it.
bool type_is_missing(const struct schema *schema, const struct type_name *type);
bool trigger_function_is_missing(const struct schema *schema, struct name function);

#endif

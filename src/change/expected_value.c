/*
 * Expected values: what the one value of an invariant or of a health check may be.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/expected_value.h"

char *expected_value_text(TALLOC_CTX *mem, const struct config_expectation *expect)
{
    if (expect->has_equals)
        return mem_strdup(mem, expect->equals);
    if (expect->has_below && expect->has_above)
        return mem_printf(mem, "between %g and %g", expect->above, expect->below);
    if (expect->has_below)
        return mem_printf(mem, "below %g", expect->below);
    if (expect->has_above)
        return mem_printf(mem, "above %g", expect->above);
    return mem_strdup(mem, "any value");
}

bool expected_value_is_number(const struct config_expectation *expect)
{
    return expect->has_below || expect->has_above;
}

bool expected_value_holds(const struct config_expectation *expect, double value, const char *text)
{
    if (expect->has_equals)
        return text != NULL && strcmp(text, expect->equals) == 0;
    bool may_equal = expect->is_inclusive;
    return (!expect->has_below || value < expect->below || (may_equal && value == expect->below)) &&
           (!expect->has_above || value > expect->above || (may_equal && value == expect->above));
}

json_t *expected_value_to_json(const struct config_expectation *expect)
{
    json_t *object = json_object();

    if (expect->has_below)
        json_put_real(object, "below", expect->below);
    if (expect->has_above)
        json_put_real(object, "above", expect->above);
    if (expect->is_inclusive)
        json_put_bool(object, "inclusive", true);
    if (expect->has_equals)
        json_put_text(object, "equals", expect->equals);
    return object;
}

struct config_expectation expected_value_from_json(TALLOC_CTX *mem, const json_t *json)
{
    const json_t *below = json_object_get(json, "below");
    const json_t *above = json_object_get(json, "above");
    const char *equals = json_get_text(json, "equals");

    return (struct config_expectation){
        .has_below = below != NULL,
        .has_above = above != NULL,
        .has_equals = equals != NULL,
        .is_inclusive = json_is_true(json_object_get(json, "inclusive")),
        .below = json_number_value(below),
        .above = json_number_value(above),
        .equals = mem_strdup(mem, equals),
    };
}

/*
 * Rule on functions that are made again otherwise than the server lets one be replaced.
 *
 * Of several functions of one name the schema knows the last; those of a live catalog without their
 * parameters. Where the two do not take the same types, they are two functions, and nothing is
 * said.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"

static bool same_type(const struct type_name *a, const struct type_name *b)
{
    if (a->name == NULL || b->name == NULL)
        return a->name == b->name;
    return strcmp(a->name, b->name) == 0 && a->is_array == b->is_array;
}

// The next parameter from `*at` on that is an input, or an output; NULL: there is none.
static const struct parameter *next_parameter(const struct signature *signature, size_t *at,
                                              bool is_input)
{
    while (*at < signature->n_parameters) {
        const struct parameter *parameter = &signature->parameters[(*at)++];
        if (is_input ? parameter->is_input : parameter->is_output)
            return parameter;
    }
    return NULL;
}

static bool takes_the_same(const struct signature *a, const struct signature *b)
{
    size_t at_a = 0, at_b = 0;
    for (;;) {
        const struct parameter *in_a = next_parameter(a, &at_a, true);
        const struct parameter *in_b = next_parameter(b, &at_b, true);
        if (in_a == NULL || in_b == NULL)
            return in_a == in_b;
        if (!same_type(&in_a->type, &in_b->type))
            return false;
    }
}

static size_t count_outputs(const struct signature *signature)
{
    size_t n = 0;
    for (size_t i = 0; i < signature->n_parameters; i++)
        n += signature->parameters[i].is_output;
    return n;
}

// One output is the type that is returned; several are a row, of which the names count, too.
static bool returns_the_same(const struct signature *a, const struct signature *b)
{
    size_t n = count_outputs(a), at_a = 0, at_b = 0;
    if (a->returns_set != b->returns_set || n != count_outputs(b))
        return false;
    if (n == 0)
        return same_type(&a->returns, &b->returns);
    for (size_t i = 0; i < n; i++) {
        const struct parameter *out_a = next_parameter(a, &at_a, false);
        const struct parameter *out_b = next_parameter(b, &at_b, false);
        bool has_name = n > 1 && out_a->name != NULL && out_b->name != NULL;
        if (!same_type(&out_a->type, &out_b->type) ||
            (has_name && strcmp(out_a->name, out_b->name) != 0))
            return false;
    }
    return true;
}

static size_t count_defaults(const struct signature *signature)
{
    size_t n = 0;
    for (size_t i = 0; i < signature->n_parameters; i++)
        n += signature->parameters[i].has_default;
    return n;
}

// The first input whose name the new function does not keep.
static const char *renamed_input(const struct signature *old, const struct signature *new)
{
    size_t at_old = 0, at_new = 0;
    const struct parameter *before, *now;
    while ((before = next_parameter(old, &at_old, true)) != NULL &&
           (now = next_parameter(new, &at_new, true)) != NULL) {
        if (before->name != NULL && (now->name == NULL || strcmp(before->name, now->name) != 0))
            return before->name;
    }
    return NULL;
}

static const char *refusal(const struct rule_place *place, const struct signature *old,
                           const struct action *action)
{
    const struct signature *new = action->signature;
    if (!action->or_replace)
        return "one that takes the same is there already";
    if (old->is_procedure != new->is_procedure)
        return old->is_procedure ? "it is a procedure, and no function"
                                 : "it is a function, and no procedure";
    if (!returns_the_same(old, new))
        return "what it returns cannot be changed by CREATE OR REPLACE";
    const char *name = renamed_input(old, new);
    if (name != NULL)
        return mem_printf(place->mem, "its parameter '%s' cannot be renamed by CREATE OR REPLACE",
                          name);
    if (count_defaults(new) < count_defaults(old))
        return "defaults of its parameters cannot be taken away by CREATE OR REPLACE";
    return NULL;
}

static const char *drop_text(const struct rule_place *place, const struct schema_function *function)
{
    const struct signature *signature = function->signature;
    const char *types = "";
    for (size_t i = 0; i < signature->n_parameters; i++) {
        const struct parameter *parameter = &signature->parameters[i];
        if (parameter->is_input)
            types = mem_printf(place->mem, "%s%s%s", types, types[0] != '\0' ? ", " : "",
                               parameter->type.text);
    }
    return mem_printf(place->mem, "before it, in the same transaction: DROP %s %s(%s);",
                      signature->is_procedure ? "PROCEDURE" : "FUNCTION",
                      place_name(place, function->name), types);
}

static void replaces(struct rule_place *place, const struct action *action)
{
    bool is_told = place->mismatch != NULL && place->is_history_known; // object-missing-or-exists
    if (action->kind != ACTION_CREATE_FUNCTION || action->signature == NULL || is_told ||
        place->statement->is_conditional ||
        schema_doubts_statement(place->before, place->statement))
        return;
    const struct schema_function *known = schema_find_function(place->before, action->relation);
    if (known == NULL || known->signature == NULL ||
        !takes_the_same(known->signature, action->signature))
        return;
    const char *why = refusal(place, known->signature, action);
    if (why != NULL)
        rule_report_as(place, place->rule->severity,
                       action->or_replace ? drop_text(place, known)
                                          : "CREATE OR REPLACE, or DROP it before",
                       "making %s fails: %s", place_name(place, known->name), why);
}

static void check_function_replace_refused(struct rule_place *place)
{
    place_each_action(place, replaces);
}

// --- rows

const struct rule rule_function_replace_refused = {
    .id = "function-replace-refused",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES,
    .in_downs = true,
    .summary = "a function is made again with another return type, renamed parameters or fewer "
               "defaults, or without OR REPLACE",
    .why = "It fails: the server replaces a function only where those who call it by name and "
           "position still can.",
    .safe_form = "DROP FUNCTION with its argument types first, in the same transaction; grants and "
                 "what depends on it have to be made again",
    .source = "PostgreSQL 15 manual, CREATE FUNCTION, Notes; measured on PostgreSQL 15",
    .kinds = {ACTION_CREATE_FUNCTION},
    .check = check_function_replace_refused,
};

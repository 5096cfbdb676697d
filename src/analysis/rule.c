/*
 * Rules: finding one by name, and reporting at the place that is judged.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rule.h"
#include "analysis/estimate.h"
#include "base/text.h"
#include <stdarg.h>

const struct rule *rule_find(const char *id)
{
    for (size_t i = 0; i < rule_count; i++) {
        if (text_equal(rule_table[i]->id, id))
            return rule_table[i];
    }
    return NULL;
}

void rule_report_asking(struct rule_place *place, enum severity severity, const char *hint,
                        const struct data_question *question, const char *message)
{
    SCRATCH_PACKED(tmp);
    const struct statement *statement = place->statement;
    struct finding finding = {
        .rule = place->rule->id,
        .severity = severity,
        .path = statement != NULL ? statement->path : place->script->path,
        .line = statement != NULL ? statement->line : 0,
        .column = statement != NULL ? statement->column : 0,
        .message = message,
        .hint = hint,
        .layer = schema_is_live(place->before) ? LAYER_KNOWN : LAYER_PREDICTED,
        .question = question,
        .estimate = place->estimate->is_known ? place->estimate : NULL,
    };
    findings_add(place->findings, &finding,
                 statement == NULL ? ""
                                   : finding_evidence(tmp, place->script->dialect, statement->sql));
    *place->estimate = (struct estimate){0};
}

static void report(struct rule_place *place, enum severity severity, const char *hint,
                   const char *format, va_list arguments) PRINTF_LIKE(4, 0);

static void report(struct rule_place *place, enum severity severity, const char *hint,
                   const char *format, va_list arguments)
{
    SCRATCH(tmp);
    rule_report_asking(place, severity, hint, NULL, talloc_vasprintf(tmp, format, arguments));
}

void rule_report(struct rule_place *place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report(place, place->rule->severity, place->rule->safe_form, format, arguments);
    va_end(arguments);
}

void rule_report_as(struct rule_place *place, enum severity severity, const char *hint,
                    const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report(place, severity, hint == NULL ? place->rule->safe_form : hint, format, arguments);
    va_end(arguments);
}

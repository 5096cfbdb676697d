/*
 * Rule settings: looked up by id.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rule_setting.h"

static const struct rule_setting *setting_of(const struct rule_settings *settings, const char *id)
{
    for (size_t i = 0; settings != NULL && i < settings->n; i++) {
        if (strcmp(settings->list[i].rule, id) == 0)
            return &settings->list[i];
    }
    return NULL;
}

bool rule_is_on(const struct rule *rule, const struct rule_settings *settings)
{
    const struct rule_setting *setting = setting_of(settings, rule->id);
    if (setting != NULL)
        return !setting->is_off;
    return !rule->is_optional || (settings != NULL && settings->has_style);
}

void rule_settings_apply(const struct rule_settings *settings, struct findings *findings)
{
    size_t n = 0;
    for (size_t i = 0; i < findings->n; i++) {
        struct finding *finding = &findings->list[i];
        const struct rule_setting *setting =
            finding->tool == NULL ? setting_of(settings, finding->rule) : NULL;
        if (setting != NULL && setting->is_off)
            continue;
        if (setting != NULL)
            finding->severity = setting->severity;
        findings->list[n++] = *finding;
    }
    findings->n = n;
}

/*
 * Rule settings: what a team switches off or on, and how bad a rule's findings are to it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_RULE_SETTING_H
#define ANALYSIS_RULE_SETTING_H

#include "analysis/rule.h"

struct rule_setting {
    const char *rule; // an id of rule_table
    bool is_off;
    enum severity severity; // of all its findings, when it is not off
};

struct rule_settings {
    struct rule_setting *list;
    size_t n;
    bool has_style; // every optional rule is on
};

// `settings` NULL: as it comes. An optional rule is off unless it is named or style is on.
bool rule_is_on(const struct rule *rule, const struct rule_settings *settings);
// Take out findings of rules that are off, and give the others the severity that was set.
void rule_settings_apply(const struct rule_settings *settings, struct findings *findings);

#endif

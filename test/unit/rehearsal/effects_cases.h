/*
 * Changes and the effects that they have, for effects_find on one engine.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef EFFECTS_CASES_H
#define EFFECTS_CASES_H

#include "../../support/effects_rig.h"

struct effects_case {
    const char *name;
    const char *tables; // SQL before
    const char *change;
    const char *effects; // of effects_text
    bool is_traced;      // by the text of the change; else as of another program
};

static inline void run_case(const struct engine_driver *driver, const struct effects_case *one)
{
    SCRATCH(tmp);
    struct effects_rig rig = {.is_traced = one->is_traced};
    print_message("# %s\n", one->name);
    effects_rig_make(&rig, driver, one->tables);
    effects_rig_change(&rig, one->change);
    if (!effects_rig_find(tmp, &rig, one->change))
        fail_msg("%s: %s", one->name, rig.err.message);
    assert_string_equal(effects_text(tmp, &rig.effects), one->effects);
    effects_rig_end(&rig);
}

static inline void run_cases(const struct engine_driver *driver, const struct effects_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++)
        run_case(driver, &cases[i]);
}

#endif

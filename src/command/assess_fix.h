/*
 * assess --fix: the migrations of a change in their safe forms, written into a new folder.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_ASSESS_FIX_H
#define COMMAND_ASSESS_FIX_H

#include "command/assess.h"
#include "report/fix.h"

// Write what can be fixed of `input` to `output`, whole or not at all. `out` becomes the assessment
// of the change with it. Errors: a folder that is not empty, a layout that takes no new migrations.
MUST_CHECK bool assess_fix(TALLOC_CTX *mem, const struct assess_input *input, const char *output,
                           struct fix_report *report, struct assessment **out, struct error *err);

#endif

/*
 * Words of a rehearsal's report.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/rehearsal_report.h"

const char *rehearsal_class_name(enum rehearsal_class class)
{
    static const char *const names[] = {
        [CLASS_ROUND_TRIP] = "round_trip", [CLASS_UNDO_LOG] = "undo_log",
        [CLASS_DUAL_WRITE] = "dual_write", [CLASS_BACKUP] = "backup",
        [CLASS_PARTIAL] = "partial",       [CLASS_IRREVERSIBLE] = "irreversible",
    };
    return names[class];
}

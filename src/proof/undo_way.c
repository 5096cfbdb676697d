/*
 * The way back of one migration: see undo_way.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/undo_way.h"
#include <string.h>

static bool waits(const struct engine_undo_state *log)
{
    return log->is_there && log->is_ended && !log->is_rolled_back;
}

enum undo_act undo_way_next(const struct undo_position *at)
{
    bool may_down = at->is_applied && at->has_down;

    if (waits(&at->log) &&
        (!may_down || (at->log.missing == NULL && at->log.moved == NULL && !at->is_data_refused)))
        return UNDO_ACT_DATA;
    return may_down ? UNDO_ACT_DOWN : UNDO_ACT_NONE;
}

bool undo_way_may_wait(const struct undo_position *at, const struct error *why)
{
    // A constraint, where the engine tells the class of what it refuses.
    bool is_constraint = why->sqlstate[0] == '\0' || strncmp(why->sqlstate, "23", 2) == 0;
    return at->is_applied && at->has_down && !at->is_data_refused && why->code == ERROR_DATABASE &&
           is_constraint;
}

/*
 * CREATE TRIGGER.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/postgres_tree.h"

#include "statement/postgres_reading.h"
#include <catalog/pg_trigger.h>

static enum trigger_timing timing_of(const CreateTrigStmt *create)
{
    if ((create->timing & TRIGGER_TYPE_BEFORE) != 0)
        return TRIGGER_BEFORE;
    return (create->timing & TRIGGER_TYPE_INSTEAD) != 0 ? TRIGGER_INSTEAD_OF : TRIGGER_AFTER;
}

static struct trigger_definition *trigger_read(struct reading *reading,
                                               const CreateTrigStmt *create)
{
    struct trigger_definition *trigger = mem_new(reading->mem, struct trigger_definition);
    trigger->timing = timing_of(create);
    trigger->on_insert = (create->events & TRIGGER_TYPE_INSERT) != 0;
    trigger->on_update = (create->events & TRIGGER_TYPE_UPDATE) != 0;
    trigger->on_delete = (create->events & TRIGGER_TYPE_DELETE) != 0;
    trigger->on_truncate = (create->events & TRIGGER_TYPE_TRUNCATE) != 0;
    trigger->is_for_each_row = create->row;
    trigger->columns = strings_of_list(reading, create->columns, &trigger->n_columns);
    trigger->arguments = strings_of_list(reading, create->args, &trigger->n_arguments);
    trigger->is_constraint = create->isconstraint;
    trigger->is_deferrable = create->deferrable;
    trigger->is_deferred = create->initdeferred;
    if (create->whenClause != NULL) {
        trigger->condition = mem_new(reading->mem, struct expression);
        int location = expression_read(reading, create->whenClause, NULL, trigger->condition);
        size_t index = token_index(reading, location);
        while (index > 0 && !token_word(reading, index, "when"))
            index--;
        trigger->condition->text = span_text(reading, span_inside(reading, index));
    }
    ListCell *cell;
    foreach (cell, create->transitionRels) {
        const TriggerTransition *transition = lfirst(cell);
        const char *name = mem_strdup(reading->mem, transition->name);
        if (transition->isNew)
            trigger->new_table = name;
        else
            trigger->old_table = name;
    }
    return trigger;
}

void read_create_trigger(struct reading *reading, Node *node)
{
    const CreateTrigStmt *create = (CreateTrigStmt *)node;
    struct action *action = action_add(reading, ACTION_CREATE_TRIGGER);
    action->object = OBJECT_TRIGGER;
    action->relation = name_of_range(reading, create->relation);
    action->member = mem_strdup(reading->mem, create->trigname);
    struct name function = name_of_list(reading, create->funcname);
    action->option = function.name;
    action->new_name = function.schema;
    action->or_replace = create->replace;
    action->trigger = trigger_read(reading, create);
    if (create->constrrel != NULL)
        action->other = name_of_range(reading, create->constrrel);
}

/*
 * What the last rehearsal of just these migrations showed, for a plan's way back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "command/plan.h"
#include "journal/events.h"

// Were the same texts rehearsed, no more and no fewer?
static bool is_same_change(const struct change *change, const json_t *data)
{
    json_auto_t *now = inspection_migrations(change);
    const json_t *then = json_object_get(data, "migrations");
    size_t n = json_array_size(now);

    if (n == 0 || json_array_size(then) != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        const char *a = json_get_text(json_array_get(now, i), "sha256");
        const char *b = json_get_text(json_array_get(then, i), "sha256");
        if (a == NULL || b == NULL || strcmp(a, b) != 0)
            return false;
    }
    return true;
}

static bool read_class(const char *name, enum rollback_class *out)
{
    for (enum rollback_class class = ROLLBACK_ROUND_TRIP; class <= ROLLBACK_IRREVERSIBLE;
         class ++) {
        if (name != NULL && strcmp(rollback_class_name(class), name) == 0) {
            *out = class;
            return true;
        }
    }
    return false;
}

static struct plan_rollback *answer_of(TALLOC_CTX *mem, const json_t *event)
{
    SCRATCH(tmp);
    const json_t *data = json_object_get(event, "data");
    struct plan_rollback answer = {.layer = LAYER_MEASURED};
    const char *why = json_get_text(data, "class_why"), *at = json_get_text(event, "ts");
    double seconds = json_number_value(json_object_get(data, "seconds_down"));

    if (why == NULL || at == NULL || !read_class(json_get_text(data, "class"), &answer.class))
        return NULL;
    answer.rows_lost = json_get_integer(data, "rows_lost", -1);
    const json_t *log = json_object_get(data, "undo_log");
    const char *size = log == NULL
                           ? ""
                           : mem_printf(tmp, "; its undo log was %s",
                                        quantity_size(tmp, json_get_integer(log, "bytes", 0)));
    answer.reason = mem_printf(mem, "%s (rehearsed %s on a copy; the downs took %s%s)", why, at,
                               quantity_duration(tmp, (int64_t)(seconds * 1000)), size);
    answer.old_release_survives = mem_strdup(mem, json_get_text(data, "old_release_survives"));
    struct plan_rollback *out = mem_new(mem, struct plan_rollback);
    *out = answer;
    return out;
}

static bool keeps_undo_log(const struct inspection *inspection)
{
    return inspection->choice.database != NULL && inspection->choice.database->has_undo_log;
}

// It was kept when it was rehearsed, and is not any more.
static void give_up_log(TALLOC_CTX *mem, struct plan_rollback *rollback)
{
    rollback->class = ROLLBACK_BACKUP;
    rollback->reason =
        mem_printf(mem, "%s; but undo_log of tminus.yaml is off now", rollback->reason);
}

bool plan_find_rehearsal(TALLOC_CTX *mem, const struct inspection *inspection,
                         const struct change *change, struct plan_rollback **out, struct error *err)
{
    json_t *event;
    *out = NULL;
    TRY(journal_last(inspection->journal, EVENT_REHEARSED, "database",
                     inspection->target.identity.database, &event, err));
    if (event != NULL && is_same_change(change, json_object_get(event, "data")))
        *out = answer_of(mem, event);
    if (*out != NULL && (*out)->class == ROLLBACK_UNDO_LOG && !keeps_undo_log(inspection))
        give_up_log(mem, *out);
    json_decref(event);
    return true;
}

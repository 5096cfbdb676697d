/*
 * Undo logs: what their engines share.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/undo.h"

#define ID_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

bool undo_id_check(const char *id, struct error *err)
{
    size_t len = strlen(id);
    if (len > 0 && len <= UNDO_ID_MAX && strspn(id, ID_LETTERS) == len)
        return true;
    error_set(err, ERROR_INPUT, "'%.60s' cannot name an undo log", id);
    return error_hint(err, "letters, digits and '_', at most %d of them", UNDO_ID_MAX);
}

struct engine_undo_table_plan *undo_plan_add(TALLOC_CTX *mem, struct engine_undo_plan *plan,
                                             struct name table, enum engine_undo_how how,
                                             const char *why)
{
    struct engine_undo_table_plan *added = mem_append(mem, plan->tables, plan->n_tables);
    added->table.schema = mem_strdup(mem, table.schema);
    added->table.name = mem_strdup(mem, table.name);
    added->how = how;
    added->why = mem_strdup(mem, why);
    return added;
}

bool undo_fail_unknown(const char *id, struct error *err)
{
    return error_set(err, ERROR_INPUT, "there is no undo log '%s' in this database", id);
}

bool undo_fail_done(const char *id, const char *when, struct error *err)
{
    error_set(err, ERROR_INPUT, "undo log '%s' was rolled back already, at %s", id, when);
    return error_hint(err, "a log goes back once: what it would overwrite now is not the "
                           "migration's any more");
}

bool undo_fail_missing(const char *id, const char *missing, struct error *err)
{
    error_set(err, ERROR_INPUT, "undo log '%s' was written under another schema: %s is missing", id,
              missing);
    return error_hint(err, "take the schema back first, with the down of the migration");
}

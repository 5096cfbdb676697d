/*
 * The schema around a migration: what the up changed goes into the journal, object by object, so
 * that after its down it can be told whether that is undone, and by whom the rest was changed: an
 * application may well have made a partition in between.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/migrating.h"
#include "journal/events.h"

#define NAMES_SHOWN 5
#define OBJECTS_KEPT 1000 // in one event; a migration that makes a schema from nothing has more

void migrating_put_objects(json_t *data, const struct schema_differences *changed)
{
    SCRATCH(tmp);
    if (changed->n > OBJECTS_KEPT)
        return;
    json_t *objects = json_put_object(data, "objects");
    for (size_t i = 0; i < changed->n; i++) {
        const struct schema_difference *object = &changed->list[i];
        json_t *pair = json_put_array(objects, object->name);
        json_array_append_new(pair, json_text(schema_object_text(tmp, &object->before)));
        json_array_append_new(pair, json_text(schema_object_text(tmp, &object->after)));
    }
}

static struct schema_object object_of(const char *name, const json_t *pair, size_t place)
{
    return schema_object_read(name, json_string_value(json_array_get(pair, place)));
}

static void get_objects(TALLOC_CTX *mem, const json_t *objects, struct schema_differences *out)
{
    const char *name;
    json_t *pair;
    json_object_foreach((json_t *)(uintptr_t)objects, name, pair)
    {
        const char *kept = mem_strdup(mem, name);
        *mem_append(mem, out->list, out->n) = (struct schema_difference){
            .name = kept, .before = object_of(kept, pair, 0), .after = object_of(kept, pair, 1)};
    }
}

// --- after a down

struct undoing {
    TALLOC_CTX *mem;
    const struct schema_differences *by_up;
    const struct schema_objects *before, *after; // the down
    const char *names;                           // of what is not as before the up, "a, b"
    size_t n_names;
    bool is_by_others; // one of them was another one already when the down began
    bool is_reordered; // columns of one stand in another order, and nothing else of it differs
};

static void add_name(struct undoing *undoing, const char *name)
{
    if (undoing->n_names++ < NAMES_SHOWN)
        undoing->names = undoing->names == NULL
                             ? mem_strdup(undoing->mem, name)
                             : mem_printf(undoing->mem, "%s, %s", undoing->names, name);
}

static uint64_t hash_of(const struct schema_object *object)
{
    return object == NULL ? 0 : object->hash;
}

// What the up changed must be as it was, and the down must have changed nothing else.
static void find_names(struct undoing *undoing)
{
    const struct schema_differences *by_up = undoing->by_up;
    struct schema_differences by_down;
    for (size_t i = 0; i < by_up->n; i++) {
        const struct schema_difference *object = &by_up->list[i];
        const struct schema_object *now = schema_objects_find(undoing->after, object->name);
        const struct schema_object *then = schema_objects_find(undoing->before, object->name);
        if (hash_of(now) == object->before.hash)
            continue;
        if (now != NULL && schema_object_is_reordered(&object->before, now)) {
            undoing->is_reordered = true;
            continue;
        }
        add_name(undoing, object->name);
        if (hash_of(then) != object->after.hash)
            undoing->is_by_others = true;
    }
    schema_objects_compare(undoing->mem, undoing->before, undoing->after, &by_down);
    for (size_t i = 0; i < by_down.n; i++)
        if (schema_differences_find(by_up, by_down.list[i].name) == NULL)
            add_name(undoing, by_down.list[i].name);
}

static bool fail_undone(const struct migrate_step *step, const struct undoing *undoing,
                        struct error *err)
{
    SCRATCH(tmp);
    const char *more = undoing->n_names <= NAMES_SHOWN
                           ? ""
                           : mem_printf(tmp, " and %zu more", undoing->n_names - NAMES_SHOWN);
    error_set(err, ERROR_PARTIAL,
              "%s: undone, but the schema is another one than before its up%s%s%s",
              step->migration->down.path, undoing->names ? ": " : "",
              undoing->names ? undoing->names : "", more);
    return error_hint(err, undoing->is_by_others
                               ? "others changed it since the up; compare it and mend it by hand"
                               : "the down does not mirror the up; compare it and mend it by hand");
}

bool migrating_check_restored(struct migrating *migrating, struct migrate_step *step,
                              const struct schema_objects *before,
                              const struct schema_objects *after, struct error *err)
{
    SCRATCH(tmp);
    struct schema_differences by_up = {0};
    json_auto_t *event = NULL;
    TRY(migrating_journaled_up(migrating, step, &event, err));
    const json_t *data = json_object_get(event, "data");
    const char *schema = data == NULL ? NULL : json_get_text(data, "schema_before");
    if (schema == NULL)
        return true;
    struct undoing undoing = {.mem = tmp, .by_up = &by_up, .before = before, .after = after};
    const json_t *objects = json_object_get(data, "objects");
    bool is_same = strcmp(schema, step->schema_after) == 0;
    if (!is_same && objects != NULL) {
        get_objects(tmp, objects, &by_up);
        find_names(&undoing);
        step->restored = undoing.n_names > 0    ? RESTORED_NO
                         : undoing.is_reordered ? RESTORED_BUT_ORDER
                                                : RESTORED_BESIDE_OTHERS;
    } else {
        step->restored = is_same ? RESTORED_YES : RESTORED_NO;
    }
    return step->restored != RESTORED_NO || fail_undone(step, &undoing, err);
}

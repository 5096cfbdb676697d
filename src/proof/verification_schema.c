/*
 * Verification: undone means the schema too, object by object. An object that is new, and that no
 * run since the baseline made, is somebody else's, and the order of columns cannot be brought back:
 * both are told, and condemn nothing.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "journal/events.h"
#include "proof/verification.h"

#define NAMES_SHOWN 12

static void read_objects(TALLOC_CTX *mem, const json_t *from, struct schema_objects *out)
{
    const char *name;
    json_t *hash;
    json_object_foreach((json_t *)(uintptr_t)from, name, hash) *
        mem_append(mem, out->list, out->n) =
        schema_object_read(mem_strdup(mem, name), json_string_value(hash));
    schema_objects_end(out);
}

// The last time that a migration was applied here since the baseline; NULL: not by us.
static bool read_run(const struct verification_request *request, const char *sha256, json_t **out,
                     struct error *err)
{
    const struct engine_identity *own = &request->target->identity;
    struct error ignored;
    int64_t at_ms = 0;
    json_t *event;

    *out = NULL;
    TRY(journal_last(request->journal, EVENT_MIGRATION_APPLIED, "sha256", sha256, &event, err));
    const json_t *data = json_object_get(event, "data");
    const char *database = data == NULL ? NULL : json_get_text(data, "database");
    if (database != NULL && strcmp(database, own->database) == 0 &&
        clock_parse(json_get_text(event, "ts") ?: "", &at_ms, &ignored) &&
        at_ms >= request->baseline->taken_ms)
        *out = event;
    else
        json_decref(event);
    return true;
}

// Which of the differences are somebody else's. Without a run of ours nothing tells: another tool
// may have made what is left.
static bool find_foreign(const struct verification_request *request,
                         const struct schema_differences *differences, bool *is_foreign,
                         struct error *err)
{
    const json_t *migrations = request->baseline->migrations;
    bool has_run = false;

    for (size_t d = 0; d < differences->n; d++)
        is_foreign[d] = differences->list[d].before.hash == 0;
    for (size_t i = 0; request->journal != NULL && i < json_array_size(migrations); i++) {
        json_auto_t *event = NULL;
        const char *sha256 = json_get_text(json_array_get(migrations, i), "sha256");
        TRY(read_run(request, sha256, &event, err));
        if (event == NULL)
            continue;
        has_run = true;
        const json_t *objects = json_object_get(json_object_get(event, "data"), "objects");
        for (size_t d = 0; d < differences->n; d++)
            is_foreign[d] &=
                objects != NULL && json_object_get(objects, differences->list[d].name) == NULL;
    }
    for (size_t d = 0; d < differences->n; d++)
        is_foreign[d] &= has_run;
    return true;
}

static const char *what_became(const struct schema_difference *difference)
{
    if (schema_object_is_reordered(&difference->before, &difference->after))
        return "has its columns in another order";
    return difference->before.hash == 0  ? "is new"
           : difference->after.hash == 0 ? "is gone"
                                         : "is changed";
}

static char *differences_text(TALLOC_CTX *mem, const struct schema_differences *differences,
                              const bool *is_foreign)
{
    char *text = mem_strdup(mem, "");
    for (size_t d = 0; d < differences->n && d < NAMES_SHOWN; d++)
        text = mem_printf(mem, "%s%s%s %s%s", text, d == 0 ? "" : "\n", differences->list[d].name,
                          what_became(&differences->list[d]),
                          is_foreign[d] ? ", and not of the migrations" : "");
    if (differences->n > NAMES_SHOWN)
        text = mem_printf(mem, "%s\nand %zu more", text, differences->n - NAMES_SHOWN);
    return text;
}

// What the baseline kept is compared with `now`, of which `result` says only whether it differs.
static bool judge_objects(TALLOC_CTX *mem, const struct verification_request *request,
                          const struct schema_objects *now, struct result *result,
                          struct error *err)
{
    SCRATCH(tmp);
    struct schema_objects before = {0};
    struct schema_differences differences;
    size_t n_harmless = 0;

    read_objects(tmp, request->baseline->schema_objects, &before);
    schema_objects_compare(tmp, &before, now, &differences);
    bool *is_foreign = mem_array(tmp, bool, differences.n + 1);
    TRY(find_foreign(request, &differences, is_foreign, err));
    for (size_t d = 0; d < differences.n; d++)
        n_harmless += is_foreign[d] || schema_object_is_reordered(&differences.list[d].before,
                                                                  &differences.list[d].after);
    result->expected =
        mem_printf(mem, "the %zu object%s of then", before.n, before.n == 1 ? "" : "s");
    result->observed =
        differences.n == 0
            ? mem_printf(mem, "%zu object%s", before.n, before.n == 1 ? "" : "s")
            : mem_printf(mem, "%zu object%s differ%s", differences.n, differences.n == 1 ? "" : "s",
                         differences.n == 1 ? "s" : "");
    if (result->status != STATUS_FAIL)
        return true;
    result->detail = differences_text(mem, &differences, is_foreign);
    if (n_harmless == differences.n && n_harmless > 0)
        result->status = STATUS_WARN;
    return true;
}

bool verification_schema_result(TALLOC_CTX *mem, const struct verification_request *request,
                                struct result *out, struct error *err)
{
    SCRATCH(tmp);
    const struct target *target = request->target;
    struct schema_objects now;
    char digest[65];

    TRY(target->driver->catalog->objects(tmp, target->engine, digest, &now, err));
    bool is_same = strcmp(digest, request->baseline->schema_digest) == 0;
    *out = (struct result){
        .name = "I15/schema",
        .title = "the schema is as at the baseline",
        .status = is_same ? STATUS_PASS : STATUS_FAIL,
        .is_required = true,
        .command = target_command(mem, target,
                                  target->driver->dialect == DIALECT_SQLITE
                                      ? "SELECT sql FROM sqlite_schema ORDER BY type, name"
                                      : "SELECT * FROM information_schema.columns"),
        .expected = mem_strndup(mem, request->baseline->schema_digest, 12),
        .observed = mem_strndup(mem, digest, 12),
        .layer = LAYER_KNOWN,
        .at_ms = clock_wall_ms(),
    };
    return request->baseline->schema_objects == NULL || judge_objects(mem, request, &now, out, err);
}

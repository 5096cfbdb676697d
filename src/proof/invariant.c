/*
 * Invariants as JSON: how they stand in a baseline, which outlives the migrations' texts.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/invariant.h"
#include "change/expected_value.h"

static const char *const kind_names[] = {
    [INVARIANT_ZERO] = "zero",
    [INVARIANT_SAME] = "same",
    [INVARIANT_KEYS_KEPT] = "keys_kept",
    [INVARIANT_VALUE] = "value",
};
static const char *const tolerance_names[] = {
    [TOLERANCE_EXACT] = "exact",
    [TOLERANCE_ABSOLUTE] = "absolute",
    [TOLERANCE_SHARE] = "share",
    [TOLERANCE_LEARNED] = "learned",
};

static int index_of(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; name != NULL && i < n; i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

const char *invariant_kind_name(enum invariant_kind kind)
{
    return kind_names[kind];
}

bool invariant_kind_by_name(const char *name, enum invariant_kind *out)
{
    int kind = index_of(kind_names, COUNT_OF(kind_names), name);

    if (kind >= 0)
        *out = (enum invariant_kind)kind;
    return kind >= 0;
}

const struct invariant *invariants_find(const struct invariants *invariants, const char *name)
{
    for (size_t i = 0; i < invariants->n; i++)
        if (strcmp(invariants->list[i].name, name) == 0)
            return &invariants->list[i];
    return NULL;
}

static json_t *invariant_to_json(const struct invariant *invariant)
{
    json_t *object = json_object();

    json_put_text(object, "name", invariant->name);
    json_put_text(object, "catalogue", invariant->catalogue);
    json_put_text(object, "title", invariant->title);
    json_put_text(object, "kind", invariant_kind_name(invariant->kind));
    json_put_integer(object, "moments", invariant->moments);
    json_put_text(object, "sql", invariant->sql);
    json_put_text(object, "sql_before", invariant->sql_before);
    json_put_text(object, "samples", invariant->samples);
    json_put_text(object, "offenders", invariant->offenders);
    json_put_text(object, "offenders_schema", invariant->offenders_of.schema);
    json_put_text(object, "offenders_table", invariant->offenders_of.name);
    json_put_text(object, "omission", invariant->omission);
    json_put_bool(object, "allows_traffic", invariant->allows_traffic);
    json_put_bool(object, "may_shrink", invariant->may_shrink);
    json_put_text(object, "tolerance", tolerance_names[invariant->tolerance.kind]);
    json_put_real(object, "tolerance_value", invariant->tolerance.value);
    json_put(object, "expect", expected_value_to_json(&invariant->expect));
    json_put_bool(object, "required", invariant->is_required);
    json_put_text(object, "because", invariant->because);
    json_put_text(object, "table", invariant->table);
    return object;
}

json_t *invariants_to_json(const struct invariants *invariants)
{
    json_t *list = json_array();
    for (size_t i = 0; i < invariants->n; i++)
        json_array_append_new(list, invariant_to_json(&invariants->list[i]));
    return list;
}

// --- reading

static bool invariant_from_json(TALLOC_CTX *mem, const json_t *json, struct invariant *out,
                                struct error *err)
{
    enum invariant_kind kind;
    bool is_known = invariant_kind_by_name(json_get_text(json, "kind"), &kind);
    int tolerance =
        index_of(tolerance_names, COUNT_OF(tolerance_names), json_get_text(json, "tolerance"));

    if (!is_known || tolerance < 0 || json_get_text(json, "name") == NULL ||
        json_get_text(json, "sql") == NULL)
        return error_set(err, ERROR_BASELINE,
                         "the baseline holds an invariant that this tminus does not know");
    *out = (struct invariant){
        .name = mem_strdup(mem, json_get_text(json, "name")),
        .catalogue = mem_strdup(mem, json_get_text(json, "catalogue")),
        .title = mem_strdup(mem, json_get_text(json, "title")),
        .kind = kind,
        .moments = (unsigned)json_get_integer(json, "moments", MOMENT_BOTH),
        .sql = mem_strdup(mem, json_get_text(json, "sql")),
        .sql_before = mem_strdup(mem, json_get_text(json, "sql_before")),
        .samples = mem_strdup(mem, json_get_text(json, "samples")),
        .offenders = mem_strdup(mem, json_get_text(json, "offenders")),
        .offenders_of = {mem_strdup(mem, json_get_text(json, "offenders_schema")),
                         mem_strdup(mem, json_get_text(json, "offenders_table"))},
        .omission = mem_strdup(mem, json_get_text(json, "omission")),
        .allows_traffic = json_is_true(json_object_get(json, "allows_traffic")),
        .may_shrink = json_is_true(json_object_get(json, "may_shrink")),
        .tolerance = {.kind = (enum tolerance_kind)tolerance,
                      .value = json_number_value(json_object_get(json, "tolerance_value"))},
        .expect = expected_value_from_json(mem, json_object_get(json, "expect")),
        .is_required = json_is_true(json_object_get(json, "required")),
        .because = mem_strdup(mem, json_get_text(json, "because")),
        .table = mem_strdup(mem, json_get_text(json, "table")),
    };
    return true;
}

bool invariants_from_json(TALLOC_CTX *mem, const json_t *json, struct invariants *out,
                          struct error *err)
{
    struct invariants invariants = {0};

    for (size_t i = 0; i < json_array_size(json); i++) {
        struct invariant *invariant = mem_append(mem, invariants.list, invariants.n);
        TRY(invariant_from_json(mem, json_array_get(json, i), invariant, err));
    }
    *out = invariants;
    return true;
}

/*
 * What a plan's digest covers beside its lines: effects files, gates and commands as configured.
 *
 * Gates and commands are taken as tminus.yaml writes them, with `${NAME}` left alone: what a person
 * approves is the same on each machine, and no value of a variable goes into the plan.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/digest.h"
#include "base/file.h"
#include "base/yaml.h"
#include "command/plan.h"
#include "rehearsal/effects_file.h"

// As deep as the reader allows (YAML_DEPTH_MAX).
static json_t *yaml_json(const struct yaml *node)
{
    json_t *json;

    switch (node->kind) {
    case YAML_LIST:
        json = json_array();
        for (size_t i = 0; i < node->n; i++)
            json_array_append_new(json, yaml_json(node->items[i]));
        return json;
    case YAML_MAP:
        json = json_object();
        for (size_t i = 0; i < node->n; i++)
            json_put(json, node->entries[i].key, yaml_json(node->entries[i].value));
        return json;
    case YAML_SCALAR: return json_text(node->text);
    }
    bug("yaml: kind %d", (int)node->kind);
}

// The sections of the environment that are there, by name; NULL: none.
static const json_t *sections_json(TALLOC_CTX *mem, const struct yaml *environment,
                                   const char *const *names)
{
    json_t *sections = json_object();

    for (; *names != NULL; names++) {
        const struct yaml *node = yaml_get(environment, *names);
        if (node != NULL)
            json_put(sections, *names, yaml_json(node));
    }
    return json_keep(mem, sections);
}

static void cover_configuration(TALLOC_CTX *mem, const struct config *raw, const char *name,
                                struct plan_facts *facts)
{
    static const char *const gates[] = {"gates", NULL};
    static const char *const commands[] = {"release", "steps",       "flags", "backup",
                                           "watch",   "maintenance", NULL};
    const struct yaml *environments =
        raw->document == NULL ? NULL : yaml_get(raw->document, "environments");
    const struct yaml *environment =
        environments == NULL || name == NULL ? NULL : yaml_get(environments, name);

    if (environment == NULL)
        return;
    facts->gates = sections_json(mem, environment, gates);
    facts->commands = sections_json(mem, environment, commands);
}

bool plan_effects_digest(TALLOC_CTX *mem, const struct migration *migration, const char **out,
                         struct error *err)
{
    SCRATCH(tmp);
    const char *path = effects_file_path(tmp, migration);
    struct digest_text digest;

    *out = NULL;
    if (file_kind(path) == FILE_MISSING)
        return true;
    TRY(digest_of_file(path, &digest, err));
    *out = mem_strdup(mem, digest.hex);
    return true;
}

bool plan_cover(TALLOC_CTX *mem, const struct config *raw, const char *environment,
                struct plan_facts *facts, struct error *err)
{
    const struct change *change = facts->change;
    const char **digests = mem_array(mem, const char *, change->n_migrations + 1);

    cover_configuration(mem, raw, environment, facts);
    for (size_t i = 0; i < change->n_migrations; i++)
        if (!change->migrations[i].is_context && change->migrations[i].up.path != NULL)
            TRY(plan_effects_digest(mem, &change->migrations[i], &digests[i], err));
    facts->effects_sha256 = digests;
    return true;
}

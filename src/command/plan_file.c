/*
 * A plan that was written before: read, and held against what is there now.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "command/plan.h"

bool plan_file_read(TALLOC_CTX *mem, const char *path, struct plan **out, struct error *err)
{
    char *text;
    size_t len;
    json_t *document;

    TRY(file_read(mem, path, FILE_SIZE_MAX, &text, &len, err));
    TRY(json_read(path, text, len, &document, err));
    bool is_read = plan_read(mem, path, document, out, err);
    json_decref(document);
    return is_read;
}

void plan_file_request(TALLOC_CTX *mem, const struct plan *plan, struct plan_request *request)
{
    struct assess_request *assess = &request->assess;

    if (assess->options.environment == NULL && request->database == NULL)
        assess->options.environment = plan->environment;
    if (assess->dialect == NULL && plan->target.engine != NULL)
        assess->dialect = plan->target.engine;
    for (size_t i = 0; plan->environment == NULL && assess->n_paths < plan->n_migrations; i++)
        *mem_append(mem, assess->paths, assess->n_paths) = plan->migrations[i].path;
}

static bool equals(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool check_target(const struct plan *plan, const struct plan_input *input, struct error *err)
{
    if (plan->target.database == NULL || input->inspection == NULL)
        return true;
    const struct engine_identity *now = &input->inspection->target.identity;
    // SQLite databases get their id from the first migration: none then is no other one now.
    bool has_system = plan->target.system != NULL;
    if (equals(plan->target.engine, now->engine) && equals(plan->target.database, now->database) &&
        (!has_system || equals(plan->target.system, now->system)))
        return true;
    error_set(err, ERROR_IDENTITY, "the plan is for %s, this is %s", plan->target.text, now->text);
    return error_hint(err, "make a plan for this database, or name the other one");
}

static const struct migration *find_version(const struct change *change, const char *version)
{
    for (size_t i = 0; i < change->n_migrations; i++)
        if (equals(change->migrations[i].version, version))
            return &change->migrations[i];
    return NULL;
}

static bool is_same_text(const struct migration_text *text, const char *sha256)
{
    if (text->text == NULL)
        return sha256 == NULL;
    return sha256 != NULL &&
           strcmp(digest_of(text->text + text->start, text->end - text->start).hex, sha256) == 0;
}

static bool check_effects(const struct migration *migration, const struct plan_migration *planned,
                          struct error *err)
{
    SCRATCH(tmp);
    const char *now;

    TRY(plan_effects_digest(tmp, migration, &now, err));
    if (now == planned->effects_sha256 || (now != NULL && planned->effects_sha256 != NULL &&
                                           strcmp(now, planned->effects_sha256) == 0))
        return true;
    error_set(err, ERROR_INPUT, "%s: its effects file changed since the plan was made",
              migration->path);
    return error_hint(err, "what was approved are other effects; make a new plan");
}

static bool check_migrations(const struct plan *plan, const struct plan_input *input,
                             struct error *err)
{
    const struct change *change = input->whole != NULL ? input->whole : input->facts.change;

    for (size_t i = 0; i < plan->n_migrations; i++) {
        const struct plan_migration *planned = &plan->migrations[i];
        const struct migration *migration = find_version(change, planned->version);
        if (migration == NULL)
            return error_set(err, ERROR_INPUT, "the plan's migration %s is not there: %s",
                             planned->version, planned->path);
        if (is_same_text(&migration->up, planned->sha256) &&
            is_same_text(&migration->down, planned->down_sha256)) {
            TRY(check_effects(migration, planned, err));
            continue;
        }
        error_set(err, ERROR_INPUT, "%s: changed since the plan was made", migration->path);
        return error_hint(err, "what was approved is another text of it; make a new plan");
    }
    return true;
}

bool plan_file_check(const struct plan *plan, const struct plan_input *input, struct error *err)
{
    TRY(check_target(plan, input, err));
    return check_migrations(plan, input, err);
}

// What is judged and searched anew, not asked of the database.
static const char *const judged_steps[] = {"pre.assess", "pre.deployed_code"};

void plan_take_assessment(struct plan *plan, struct plan *fresh)
{
    plan->assessment = fresh->assessment;
    for (size_t i = 0; i < COUNT_OF(judged_steps); i++) {
        struct plan_step *step = plan_find(plan, judged_steps[i]);
        const struct plan_step *now = plan_find(fresh, judged_steps[i]);
        if (step == NULL || now == NULL)
            continue;
        step->status = now->status;
        step->observed = now->observed;
        step->detail = now->detail;
        step->at = now->at;
    }
}

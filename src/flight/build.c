/*
 * Builds: see build.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/build.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "flight/provenance.h"
#include "flight/task.h"
#include "journal/events.h"
#include <ctype.h>

struct building {
    const struct build_request *request;
    bool has_built; // now, and the command ended well
    json_t *data;
    struct task_end end;
};

static int drop_data(struct building *building)
{
    json_decref(building->data);
    return 0;
}

static struct task make_task(const struct building *building, const char *name, const char **words,
                             size_t n)
{
    const struct build_request *request = building->request;
    const struct config_release *release = &request->environment->release;
    return (struct task){
        .name = name,
        .words = (const char *const *)words,
        .n_words = n,
        .is_shell = release->is_shell,
        .environment = release->environment,
        .n_environment = release->n_environment,
        .values = {.version = request->version},
        .config = request->config,
        .timeout_ms = release->timeout_ms,
        .wait = request->wait,
    };
}

// --- the artifact

// The last word of 64 hexadecimal digits that is printed, as "sha256:DIGEST" or alone.
static const char *find_digest(TALLOC_CTX *mem, const char *text)
{
    const char *found = NULL;
    size_t len = 0;
    for (const char *at = text;; at++) {
        if (isxdigit((unsigned char)*at)) {
            len++;
            continue;
        }
        if (len == DIGEST_TEXT_SIZE - 1)
            found = at - len;
        len = 0;
        if (*at == '\0')
            break;
    }
    return found == NULL ? NULL : text_lower(mem, mem_strndup(mem, found, DIGEST_TEXT_SIZE - 1));
}

static bool ask_digest(TALLOC_CTX *mem, const struct building *building, const char **out,
                       const char **why, struct error *err)
{
    const struct config_release *release = &building->request->environment->release;
    const struct task task =
        make_task(building, "release.artifact", release->digest, release->n_digest);
    struct task_end end;
    TRY(task_run(mem, &task, &end, err));
    *out = end.why == NULL ? find_digest(mem, end.first) : NULL;
    *why = end.why != NULL
               ? end.why
               : mem_printf(mem, "release.artifact: %s prints no SHA-256", task.words[0]);
    return true;
}

static bool read_digest(TALLOC_CTX *mem, const struct building *building, const char **out,
                        const char **why, struct error *err)
{
    const struct build_request *request = building->request;
    const char *artifact = request->environment->release.artifact;
    struct digest_text digest;
    struct error cause = {0};
    if (artifact == NULL)
        return ask_digest(mem, building, out, why, err);
    artifact = text_replaced(mem, artifact, "{version}", request->version);
    if (digest_of_file(config_resolve(mem, request->config, artifact), &digest, &cause))
        *out = mem_strdup(mem, digest.hex);
    else
        *why = mem_strdup(mem, cause.message);
    return true;
}

static bool check_provenance(TALLOC_CTX *mem, const struct building *building, const char *digest,
                             struct act_seen *out)
{
    const struct build_request *request = building->request;
    const char *path = request->environment->release.provenance;
    struct provenance provenance;
    struct error cause = {0};
    if (path == NULL)
        return true;
    path = config_resolve(mem, request->config,
                          text_replaced(mem, path, "{version}", request->version));
    if (!provenance_read(mem, path, digest, &provenance, &cause)) {
        out->state = ACT_UNKNOWN;
        out->why = mem_strdup(mem, cause.message);
        return false;
    }
    json_t *object = json_put_object(out->evidence, "provenance");
    json_put_text(object, "type", provenance.type);
    json_put_text(object, "builder", provenance.builder);
    if (provenance.names_artifact)
        return true;
    out->state = ACT_REFUSED;
    out->why = mem_printf(mem, "%s speaks of %.12s, and the artifact is %.12s", path,
                          provenance.subject == NULL ? "nothing" : provenance.subject, digest);
    return false;
}

static void compare(TALLOC_CTX *mem, const struct building *building, const char *digest,
                    struct act_seen *out)
{
    const struct build_request *request = building->request;
    out->state = ACT_DONE;
    out->why = mem_printf(mem, "its SHA-256 is %s", digest);
    if (!check_provenance(mem, building, digest, out) || request->verified_in == NULL)
        return;
    if (request->verified == NULL) {
        out->state = ACT_UNKNOWN;
        out->why = mem_printf(mem, "%s has not released a built %s yet", request->verified_in,
                              request->version);
    } else if (strcmp(request->verified, digest) != 0) {
        out->state = ACT_REFUSED;
        out->why = mem_printf(mem, "it is %.12s, and %s verified %.12s", digest,
                              request->verified_in, request->verified);
    } else {
        out->why =
            mem_printf(mem, "it is what %s verified: SHA-256 %s", request->verified_in, digest);
    }
}

static bool look(TALLOC_CTX *mem, void *context, bool has_acted, struct act_seen *out,
                 struct error *err)
{
    struct building *building = context;
    const struct build_request *request = building->request;
    const char *digest = NULL, *why = NULL;
    (void)has_acted;
    *out = (struct act_seen){.state = ACT_PENDING};
    if (!building->has_built && request->built == NULL) {
        out->why = mem_printf(mem, "%s was not built", request->version);
        return true;
    }
    TRY(read_digest(mem, building, &digest, &why, err));
    if (digest == NULL) {
        out->why = why;
        return true;
    }
    // What lies there may be of another version.
    if (!building->has_built && strcmp(request->built, digest) != 0) {
        out->why = mem_printf(mem, "the artifact is not what was built as %s", request->version);
        return true;
    }
    out->evidence = json_object();
    json_put_text(out->evidence, "sha256", digest);
    json_put_text(out->evidence, "verified", request->verified);
    if (building->has_built)
        json_put_text(out->evidence, "output", building->end.output);
    compare(mem, building, digest, out);
    return true;
}

static bool act(TALLOC_CTX *mem, void *context, const char **why, struct error *err)
{
    struct building *building = context;
    const struct config_release *release = &building->request->environment->release;
    struct task task = make_task(building, "release.build", release->build, release->n_build);
    task.show = building->request->show;
    task.show_context = building->request->show_context;
    TRY(task_run(mem, &task, &building->end, err));
    *why = building->end.why;
    building->has_built = building->end.why == NULL;
    return true;
}

static json_t *make_data(const struct building *building)
{
    json_t *data = json_object();
    json_put_text(data, "environment", building->request->environment->name);
    json_put_text(data, "version", building->request->version);
    json_put_text(data, "verified_in", building->request->verified_in);
    return data;
}

bool build_act(TALLOC_CTX *mem, const struct build_request *request, struct act *out,
               struct error *err)
{
    const struct config_release *release = &request->environment->release;
    struct building *building = mem_new(mem, struct building);
    building->request = request;
    talloc_set_destructor(building, drop_data);
    TRY(task_check_version(request->version, err));
    const struct task task = make_task(building, "release.build", release->build, release->n_build);
    building->data = make_data(building);
    TRY(task_put_command(building->data, &task, err));
    if (release->artifact == NULL && release->n_digest == 0) {
        error_set(err, ERROR_CONFIG, "environment '%s': it is not said what the build makes",
                  request->environment->name);
        return error_hint(err,
                          "write release: {artifact: FILE}, or artifact: [COMMAND] that prints "
                          "its SHA-256");
    }
    *out = (struct act){
        .started = EVENT_BUILD_STARTED,
        .done = EVENT_BUILT,
        .failed = EVENT_BUILD_FAILED,
        .data = building->data,
        .needs_certainty = true,
        .context = building,
        .look = look,
        .act = act,
    };
    return true;
}

/*
 * Tags: see tag.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/tag.h"
#include "base/text.h"
#include "change/git.h"
#include "change/git_run.h"
#include "journal/events.h"

#define SHOWN 200

struct tagging {
    const struct tag_request *request;
    const char *ref;    // "refs/tags/NAME"
    const char *commit; // that it is to stand at
    json_t *data;
};

struct standing {   // of the tag, here or there
    const char *id; // of the tag object; NULL: there is none
    const char *commit;
    bool is_annotated;
};

static int drop_data(struct tagging *tagging)
{
    json_decref(tagging->data);
    return 0;
}

static bool ask(TALLOC_CTX *mem, const struct tagging *tagging, const char *const *arguments,
                struct process_result *out, struct error *err)
{
    const struct git_question question = {.folder = tagging->request->folder,
                                          .arguments = arguments};
    return git_ask(mem, &question, out, err);
}

// --- where it stands

static bool find_here(TALLOC_CTX *mem, const struct tagging *tagging, struct standing *out,
                      struct error *err)
{
    const char *folder = tagging->request->folder;
    char *id, *kind = NULL, *commit = NULL;
    TRY(git_ask_line(mem, folder,
                     (const char *const[]){"rev-parse", "--verify", "--quiet", tagging->ref, NULL},
                     &id, err));
    *out = (struct standing){.id = id};
    if (id == NULL)
        return true;
    TRY(git_ask_line(mem, folder, (const char *const[]){"cat-file", "-t", id, NULL}, &kind, err));
    TRY(git_ask_line(mem, folder,
                     (const char *const[]){"rev-parse", "--verify", "--quiet",
                                           mem_printf(mem, "%s^{commit}", id), NULL},
                     &commit, err));
    out->is_annotated = kind != NULL && strcmp(kind, "tag") == 0;
    out->commit = commit == NULL ? "" : commit;
    return true;
}

// Lines "ID\tREF" and, of an annotated one, "COMMIT\tREF^{}".
static struct standing read_listing(TALLOC_CTX *mem, const struct tagging *tagging,
                                    const char *text)
{
    struct standing standing = {0};
    const char *peeled = mem_printf(mem, "%s^{}", tagging->ref);
    for (const char *line = text; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        const char *whole = mem_strndup(mem, line, len);
        const char *tab = strchr(whole, '\t');
        const char *id = tab == NULL ? NULL : mem_strndup(mem, whole, (size_t)(tab - whole));
        if (tab != NULL && strcmp(tab + 1, peeled) == 0) {
            standing.commit = id;
            standing.is_annotated = true;
        } else if (tab != NULL && strcmp(tab + 1, tagging->ref) == 0) {
            standing.id = id;
        }
        line += len + (line[len] == '\n');
    }
    return standing;
}

// What git says last is what it could not do; what a remote's hook says comes before.
static const char *complaint(TALLOC_CTX *mem, const struct process_result *result)
{
    const char *from = strstr(result->errors, "remote: ");
    if (from == NULL)
        from = strstr(result->errors, "fatal: ");
    if (from == NULL)
        from = strstr(result->errors, " ! ");
    if (from == NULL)
        from = result->errors;
    const char *text = strncmp(from, "fatal: ", 7) == 0 ? from + 7 : from;
    return text_shorten(mem, text, strcspn(text, "\n"), SHOWN);
}

// `*why`: it could not be asked; stays NULL else.
static bool find_there(TALLOC_CTX *mem, const struct tagging *tagging, struct standing *out,
                       const char **why, struct error *err)
{
    struct process_result result;
    const char *remote = tagging->request->remote;
    TRY(ask(mem, tagging,
            (const char *const[]){"ls-remote", "--", remote, tagging->ref,
                                  mem_printf(mem, "%s^{}", tagging->ref), NULL},
            &result, err));
    if (result.status == 0)
        *out = read_listing(mem, tagging, result.output);
    else
        *why = mem_printf(mem, "%s cannot be asked: %s", remote, complaint(mem, &result));
    return true;
}

static const char *refusal(TALLOC_CTX *mem, const struct tagging *tagging,
                           const struct standing *standing, const char *where)
{
    const char *name = tagging->request->name;
    if (standing->id == NULL)
        return NULL;
    if (!standing->is_annotated)
        return mem_printf(mem, "%s is no annotated tag %s: a name alone, by nobody", name, where);
    if (strcmp(standing->commit, tagging->commit) != 0)
        return mem_printf(mem, "%s stands at %.12s %s, not at %.12s: a tag is never moved", name,
                          standing->commit, where, tagging->commit);
    return NULL;
}

static json_t *put_evidence(const struct standing *here, const struct standing *there)
{
    json_t *evidence = json_object();
    json_put_text(evidence, "here", here->id);
    json_put_text(evidence, "remote", there->id);
    return evidence;
}

static void conclude(TALLOC_CTX *mem, const struct tagging *tagging, const struct standing *here,
                     const struct standing *there, struct act_seen *out)
{
    const struct tag_request *request = tagging->request;
    const char *remote = request->remote == NULL ? "" : request->remote;
    const char *why = refusal(mem, tagging, here, "here");
    if (why == NULL)
        why = refusal(mem, tagging, there, mem_printf(mem, "at %s", remote));
    if (why == NULL && here->id != NULL && there->id != NULL && strcmp(here->id, there->id) != 0)
        why = mem_printf(mem, "%s is another tag at %s than here", request->name, remote);
    if (why != NULL) {
        *out = (struct act_seen){.state = ACT_REFUSED, .why = why};
    } else if (here->id != NULL && (there->id != NULL || request->remote == NULL)) {
        *out = (struct act_seen){.state = ACT_DONE,
                                 .why = mem_printf(mem, "%s stands at %.12s here%s%s",
                                                   request->name, tagging->commit,
                                                   *remote ? " and at " : "", remote)};
    } else if (here->id == NULL && there->id == NULL) {
        *out = (struct act_seen){.state = ACT_PENDING,
                                 .why = mem_printf(mem, "there is no tag %s", request->name)};
    } else {
        *out = (struct act_seen){.state = ACT_PARTLY,
                                 .why = here->id == NULL
                                            ? mem_printf(mem, "it is at %s, and not here", remote)
                                            : mem_printf(mem, "it is here, and not at %s", remote)};
    }
}

static bool look(TALLOC_CTX *mem, void *context, bool has_acted, struct act_seen *out,
                 struct error *err)
{
    const struct tagging *tagging = context;
    struct standing here, there = {0};
    const char *why = NULL;
    (void)has_acted;
    TRY(find_here(mem, tagging, &here, err));
    if (tagging->request->remote != NULL)
        TRY(find_there(mem, tagging, &there, &why, err));
    if (why != NULL)
        *out = (struct act_seen){.state = ACT_UNKNOWN, .why = why};
    else
        conclude(mem, tagging, &here, &there, out);
    out->evidence = put_evidence(&here, &there);
    return true;
}

// --- making it

static bool do_git(TALLOC_CTX *mem, const struct tagging *tagging, const char *const *arguments,
                   const char **why, struct error *err)
{
    struct process_result result;
    TRY(ask(mem, tagging, arguments, &result, err));
    if (result.status != 0)
        *why = mem_printf(mem, "git %s: %s", arguments[0], complaint(mem, &result));
    return true;
}

// What the remote did not take is nobody's version; what may have arrived stays.
static bool take_back(TALLOC_CTX *mem, const struct tagging *tagging, struct error *err)
{
    struct standing here, there = {0};
    const char *why = NULL;
    TRY(find_there(mem, tagging, &there, &why, err));
    if (why != NULL || there.id != NULL)
        return true;
    TRY(find_here(mem, tagging, &here, err));
    if (here.id == NULL)
        return true;
    return do_git(mem, tagging,
                  (const char *const[]){"update-ref", "-d", tagging->ref, here.id, NULL}, &why,
                  err);
}

static bool act(TALLOC_CTX *mem, void *context, const char **why, struct error *err)
{
    const struct tagging *tagging = context;
    const struct tag_request *request = tagging->request;
    const char *spec = mem_printf(mem, "%s:%s", tagging->ref, tagging->ref);
    struct standing here, there = {0};
    TRY(find_here(mem, tagging, &here, err));
    if (request->remote != NULL)
        TRY(find_there(mem, tagging, &there, why, err));
    if (*why != NULL)
        return true;
    if (there.id != NULL)
        return do_git(mem, tagging,
                      (const char *const[]){"fetch", "--quiet", "--no-tags", "--", request->remote,
                                            spec, NULL},
                      why, err);
    if (here.id == NULL)
        TRY(do_git(mem, tagging,
                   (const char *const[]){"tag", "-a", "-m", request->message, "--", request->name,
                                         tagging->commit, NULL},
                   why, err));
    if (*why != NULL || request->remote == NULL)
        return true;
    TRY(do_git(mem, tagging,
               (const char *const[]){"push", "--quiet", "--", request->remote, spec, NULL}, why,
               err));
    return *why == NULL || here.id != NULL || take_back(mem, tagging, err);
}

// --- what is asked for

static bool check_name(const struct tagging *tagging, struct error *err)
{
    SCRATCH(tmp);
    struct process_result result;
    const char *name = tagging->request->name;
    TRY(ask(tmp, tagging, (const char *const[]){"check-ref-format", tagging->ref, NULL}, &result,
            err));
    if (name[0] != '-' && result.status == 0)
        return true;
    error_set(err, ERROR_USAGE, "'%s' is no name for a tag", name);
    return error_hint(err, "git check-ref-format says what may stand in one");
}

bool tag_act(TALLOC_CTX *mem, const struct tag_request *request, struct act *out, struct error *err)
{
    struct tagging *tagging = mem_new(mem, struct tagging);
    char *commit;
    tagging->request = request;
    tagging->ref = mem_printf(tagging, "refs/tags/%s", request->name);
    talloc_set_destructor(tagging, drop_data);
    TRY(check_name(tagging, err));
    TRY(git_find_commit(tagging, request->folder, request->revision, &commit, err));
    tagging->commit = commit;
    tagging->data = json_object();
    json_put_text(tagging->data, "tag", request->name);
    json_put_text(tagging->data, "commit", commit);
    json_put_text(tagging->data, "remote", request->remote);
    json_put_text(tagging->data, "message", request->message);
    *out = (struct act){
        .started = EVENT_TAG_STARTED,
        .done = EVENT_TAGGED,
        .failed = EVENT_TAG_FAILED,
        .data = tagging->data,
        .needs_certainty = true,
        .context = tagging,
        .look = look,
        .act = act,
    };
    return true;
}

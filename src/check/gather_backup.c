/*
 * What the place of backups tells a poll, and the journal of their restores.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "check/gather.h"
#include "journal/state.h"
#include "rehearsal/backup_find.h"
#include "rehearsal/restore_proof.h"

static bool make_place(TALLOC_CTX *mem, const struct poll_request *request,
                       struct backup_place *out, struct error *err)
{
    char *folder;

    TRY(state_find(mem, request->config->service, request->environment_name, "backup", &folder,
                   err));
    const struct backup_place_request place = {
        .drivers = request->backups,
        .config = request->config,
        .settings = &request->environment->backup,
        .database = request->database,
        .folder = folder,
        .url = request->url,
        .wait = request->target->wait,
    };
    return backup_place_make(mem, &place, out, err);
}

// The newest proof of any backup that is there.
static bool find_proof(const struct poll_request *request, const struct backup *backups, size_t n,
                       struct gate_backup *out, struct error *err)
{
    for (size_t i = 0; i < n; i++) {
        int64_t proven_ms;
        enum verdict proof;
        TRY(restore_proof_last(request->journal, backups[i].id, &proven_ms, &proof, err));
        if (proven_ms > out->proven_ms) {
            out->proven_ms = proven_ms;
            out->proof = proof;
        }
    }
    return true;
}

static void take_newest(const struct poll_request *request, const struct backup *newest,
                        struct gate_backup *out)
{
    const char *system = request->target->identity.system;

    out->is_there = true;
    out->id = newest->id;
    out->damage = newest->damage;
    out->taken_ms = newest->taken_ms;
    out->is_of_other =
        newest->system != NULL && system != NULL && strcmp(newest->system, system) != 0;
}

bool gather_backup(TALLOC_CTX *mem, const struct poll_request *request, struct gate_facts *facts,
                   struct error *err)
{
    struct gate_backup *out = &facts->backup;
    struct backup_place place;
    struct backup *backups;
    size_t n;
    struct error failure = {0};

    out->proven_ms = -1;
    out->is_configured = request->environment != NULL && request->environment->backup.kind != NULL;
    if (!out->is_configured)
        return true;
    if (!make_place(mem, request, &place, &failure) ||
        !backup_list(mem, &place, &backups, &n, &failure)) {
        if (failure.code == ERROR_INTERRUPTED) {
            *err = failure;
            return false;
        }
        out->unknown = mem_strdup(mem, failure.message);
        return true;
    }
    if (n > 0)
        take_newest(request, &backups[0], out);
    return find_proof(request, backups, n, out, err);
}

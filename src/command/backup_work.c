/*
 * The place of backups for the verbs: see backup_work.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/backup_work.h"
#include "base/clock.h"
#include "base/quantity.h"
#include "journal/state.h"

// Without a configured kind, and of another database than the configured one, it follows from that.
static bool choose_settings(TALLOC_CTX *mem, const struct backup_work_request *request,
                            struct backup_work *work, struct config_backup *out, struct error *err)
{
    const struct database_choice *choice = &work->inspection.choice;
    if (choice->environment != NULL)
        *out = choice->environment->backup;
    if (choice->database == NULL && request->directory != NULL)
        out->kind = NULL;
    if (out->kind == NULL && (out->directory != NULL || request->directory != NULL)) {
        enum dialect dialect;
        TRY(engine_dialect_for(request->program->engines, choice->url, &dialect, err));
        out->kind = dialect == DIALECT_SQLITE ? "sqlite" : "pg_dump";
    }
    if (request->directory != NULL) {
        // As it was typed: seen from here, not from the configuration's folder.
        char *here = realpath(".", NULL);
        out->directory =
            request->directory[0] == '/'
                ? mem_strdup(mem, request->directory)
                : mem_printf(mem, "%s/%s", here != NULL ? here : ".", request->directory);
        free(here);
    }
    return true;
}

static bool make_place(TALLOC_CTX *mem, const struct backup_work_request *request,
                       struct backup_work *work, struct error *err)
{
    struct inspection *inspection = &work->inspection;
    const struct database_choice *choice = &inspection->choice;
    struct config_backup *settings = mem_new(mem, struct config_backup);
    char *folder;
    TRY(choose_settings(mem, request, work, settings, err));
    TRY(state_path(mem, choice->config->service, choice->environment_name, "backup", &folder, err));
    const struct backup_place_request place = {
        .drivers = request->program->backups,
        .config = choice->config,
        .settings = settings,
        .database = database_name_among(choice),
        .folder = folder,
        .url = choice->url,
        .wait = work->wait,
    };
    TRY(backup_place_make(mem, &place, &work->place, err));
    work->place.options.progress = backup_work_show;
    work->place.options.context = work;
    work->settings = settings;
    return true;
}

bool backup_work_open(TALLOC_CTX *mem, const struct backup_work_request *request,
                      struct backup_work *out, struct error *err)
{
    struct inspection *inspection = &out->inspection;
    *out = (struct backup_work){.wait = wait_make(mem)};
    inspection->query_timeout_ms = INSPECTION_LONG_MS;
    if (request->needs_target) {
        TRY(inspection_open(mem, request->program, request->options, request->database, inspection,
                            err));
    } else {
        TRY(inspection_open_journal(mem, request->program, request->options, request->database,
                                    inspection, err));
    }
    return make_place(mem, request, out, err);
}

void backup_work_show(void *context, const char *what, int64_t done, int64_t total)
{
    struct backup_work *work = context;
    inspection_show_bytes(&work->inspection, what, done, total);
}

// --- how a backup is shown

json_t *backup_to_json(const struct backup *backup, int64_t proven_ms, enum verdict proof)
{
    json_t *object = json_object();
    json_put_text(object, "id", backup->id);
    json_put_text(object, "kind", backup->kind);
    json_put_text(object, "path", backup->path);
    json_put_text(object, "taken_at", clock_format(backup->taken_ms).text);
    json_put_integer(object, "age_ms", clock_wall_ms() - backup->taken_ms);
    json_put(object, "bytes", backup->bytes >= 0 ? json_integer(backup->bytes) : json_null());
    json_put_text(object, "database", backup->database);
    json_put_text(object, "system", backup->system);
    json_put_text(object, "version", backup->version);
    json_put_text(object, "fingerprints", backup->fingerprints);
    json_put_text(object, "damage", backup->damage);
    json_put_text(object, "proven_at", proven_ms >= 0 ? clock_format(proven_ms).text : NULL);
    json_put_text(object, "proof", proven_ms >= 0 ? verdict_name(proof) : NULL);
    return object;
}

char *backup_age(TALLOC_CTX *mem, int64_t since_ms)
{
    SCRATCH(tmp);
    int64_t age_ms = clock_wall_ms() - since_ms;
    return mem_printf(mem, "%s ago", quantity_duration(tmp, age_ms > 0 ? age_ms : 0));
}

char *backup_size(TALLOC_CTX *mem, const struct backup *backup)
{
    return backup->bytes >= 0 ? quantity_size(mem, backup->bytes) : mem_strdup(mem, "size unknown");
}

void backup_write_verdict(enum verdict verdict, const char *why, const struct journal_head *head)
{
    bool is_colored = log_is_colored(stdout);
    printf("\n%s%s%s  %s\n", is_colored ? verdict_color(verdict) : "", verdict_words(verdict),
           is_colored ? COLOR_PLAIN : "", why);
    if (head != NULL)
        printf("journal %lld:%s\n", (long long)head->sequence, head->hash);
}

void backup_put_journal(json_t *document, const struct journal_head *head)
{
    json_t *journal = json_put_object(document, "journal");
    json_put_integer(journal, "seq", head->sequence);
    json_put_text(journal, "hash", head->hash);
}

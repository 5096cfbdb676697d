/*
 * Inquiries: see inquiry.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/inquiry.h"

static bool ask(TALLOC_CTX *mem, const struct inquiry *inquiry, struct probe_request *request,
                struct error *err)
{
    struct probe_answer answer;
    TRY(probe_ask(mem, inquiry->probes, request, &answer, err));
    inquiry->take(inquiry->context, request, &answer);
    return true;
}

bool inquiry_make(TALLOC_CTX *mem, const struct inquiry *inquiry, const struct config_health *check,
                  struct error *err)
{
    const struct config_environment *environment = inquiry->environment;
    const struct config_database *database =
        config_environment_database(environment, check->database);
    struct probe_request request = {
        .check = check,
        .slot = inquiry->slot,
        .version = inquiry->version,
        .folder = inquiry->config->folder,
        .url = database == NULL ? NULL : database->url,
        .allow_superuser = database != NULL && database->allow_superuser,
        .engines = inquiry->engines,
        .wait = inquiry->wait,
    };
    size_t n = 0;
    for (size_t i = 0; probe_asks_addresses(check) && i < environment->n_slots; i++) {
        const struct config_slot *slot = &environment->slots[i];
        bool is_meant = inquiry->slot == NULL || strcmp(inquiry->slot, slot->name) == 0;
        for (size_t j = 0; is_meant && j < slot->n_addresses; j++, n++) {
            request.slot = slot->name;
            request.address = slot->addresses[j];
            TRY(ask(mem, inquiry, &request, err));
        }
    }
    return n > 0 || ask(mem, inquiry, &request, err);
}

json_t *inquiry_answer_json(const struct probe_request *request, const struct probe_answer *answer)
{
    json_t *object = json_object();
    json_put_text(object, "check", request->check->name);
    json_put_text(object, "slot", request->slot);
    json_put_text(object, "address", request->address);
    json_put_text(object, "status", probe_status_name(answer->status));
    json_put_text(object, "cause", answer->cause);
    json_put_text(object, "expected", answer->expected);
    json_put_text(object, "observed", answer->observed);
    json_put_text(object, "text", answer->text);
    json_put_integer(object, "took_ms", answer->took_ms);
    return object;
}

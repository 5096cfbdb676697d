/*
 * Probes: which driver asks, and what is put into its question.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/probe.h"
#include "base/clock.h"
#include "base/text.h"

// It repeats its question and what came back, which may repeat it too.
static void hide(TALLOC_CTX *mem, struct probe_answer *answer)
{
    const char **texts[] = {&answer->expected, &answer->observed, &answer->text};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (*texts[i] != NULL)
            *texts[i] = secret_hide(mem, *texts[i]);
}

bool probe_ask(TALLOC_CTX *mem, const struct probe_driver *const *drivers,
               const struct probe_request *request, struct probe_answer *out, struct error *err)
{
    int64_t started_ms = clock_monotonic_ms();
    bool asks_version = config_health_asks_version(request->check);
    for (size_t i = 0; drivers[i] != NULL; i++) {
        if (drivers[i]->kind != request->check->kind || drivers[i]->asks_version != asks_version)
            continue;
        TRY(drivers[i]->ask(mem, request, out, err));
        hide(mem, out);
        out->took_ms = clock_monotonic_ms() - started_ms;
        return true;
    }
    bug("no probe asks '%s'", request->check->name);
}

const char *probe_status_name(enum probe_status status)
{
    static const char *const names[] = {"PASS", "FAIL", "UNKNOWN"};
    return names[status];
}

bool probe_fill(TALLOC_CTX *mem, const struct probe_request *request, const char *text,
                const char **out, struct error *err)
{
    const struct {
        const char *hole, *value;
    } holes[] = {{"{address}", request->address},
                 {"{slot}", request->slot},
                 {"{version}", request->version}};
    const char *filled = mem_strdup(mem, text);
    for (size_t i = 0; i < COUNT_OF(holes); i++) {
        if (strstr(text, holes[i].hole) == NULL)
            continue;
        if (holes[i].value == NULL) {
            error_set(err, ERROR_CONFIG, "health check '%s': %s has no value here",
                      request->check->name, holes[i].hole);
            return error_hint(err, "an address comes from slots: {NAME: {address: HOST:PORT}}");
        }
        filled = text_replaced(mem, filled, holes[i].hole, holes[i].value);
    }
    *out = filled;
    return true;
}

bool probe_asks_addresses(const struct config_health *check)
{
    const char *texts[] = {check->http, check->tcp, check->sql};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (texts[i] != NULL && strstr(texts[i], "{address}") != NULL)
            return true;
    for (size_t i = 0; i < check->n_command; i++)
        if (strstr(check->command[i], "{address}") != NULL)
            return true;
    return false;
}

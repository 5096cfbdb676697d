/*
 * What remains of a flight: see remains.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/remains.h"
#include <string.h>

static bool is_undone(const struct flight *flight, const struct step *step)
{
    for (size_t i = 0; i < flight->n_steps; i++) {
        const struct step *back = &flight->steps[i];
        if (back->phase == STEP_BACK && back->undoes != NULL && back->state == STEP_DONE &&
            strcmp(back->undoes, step->name) == 0)
            return true;
    }
    return false;
}

int64_t flight_remaining_migrations(const struct flight *flight)
{
    int64_t n = 0;

    for (size_t i = 0; i < flight->n_steps; i++) {
        const struct step *step = &flight->steps[i];
        bool is_begun = step->state != STEP_PENDING && !step->left_nothing;
        if (step->phase == STEP_DEPLOY && strcmp(step->kind, "migrate") == 0 && is_begun &&
            !is_undone(flight, step))
            n += json_get_integer(step->settings, "pending", 1);
    }
    return n;
}

bool flight_proves_as_before(const struct flight *flight)
{
    return (flight->methods & BACK_MIGRATION) != 0 || flight_remaining_migrations(flight) == 0;
}

static const char *version_before(const struct flight *flight)
{
    for (size_t i = 0; i < flight->n_steps; i++) {
        const struct step *step = &flight->steps[i];
        bool is_release = step->phase == STEP_BACK && strcmp(step->kind, "release") == 0;
        for (size_t k = 0; is_release && step->argv != NULL && step->argv[k] != NULL; k++)
            if (strcmp(step->argv[k], "--version") == 0 && step->state == STEP_DONE)
                return step->argv[k + 1];
    }
    return NULL;
}

char *flight_remains_text(TALLOC_CTX *mem, const struct flight *flight)
{
    const char *version = version_before(flight), *shown = flight->way_back.old_release_survives;
    int64_t n = flight_remaining_migrations(flight);
    bool is_shown = shown != NULL && strcmp(shown, "PASS") == 0;

    return mem_printf(mem, "%s%s%lld migration%s applied, and %s", version == NULL ? "" : version,
                      version == NULL ? "" : " answers; ", (long long)n,
                      n == 1 ? " stays" : "s stay",
                      is_shown ? "a rehearsal showed that the old release runs on that"
                               : "no rehearsal showed that the old release runs on that");
}

const char *flight_says(const struct flight *flight)
{
    return flight->state == FLIGHT_ROLLED_BACK && flight_remaining_migrations(flight) > 0
               ? "is taken back in part: its migrations stay applied"
               : flight_state_says(flight->state);
}

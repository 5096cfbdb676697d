/*
 * The configured steps in a flight's plan: see launch_steps.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/launch_steps.h"
#include "flight/flag.h"
#include <string.h>

// Of the verb itself: connecting, looking before and behind.
#define AROUND_MS ((int64_t)60 * 1000)

static const char *const *own_command(TALLOC_CTX *mem, const struct config_step *step,
                                      const char *version, bool is_undo)
{
    const char **argv = NULL;
    size_t n = 0;
    *mem_append(mem, argv, n) = "tminus";
    *mem_append(mem, argv, n) = step->kind == STEP_KIND_VERIFY ? "verify" : "step";
    if (step->kind != STEP_KIND_VERIFY) {
        *mem_append(mem, argv, n) = step->name;
        if (is_undo)
            *mem_append(mem, argv, n) = "--undo";
        if (version != NULL) {
            *mem_append(mem, argv, n) = "--version";
            *mem_append(mem, argv, n) = version;
        }
    }
    (void)mem_append(mem, argv, n);
    return argv;
}

// {does, undo: "none" where nothing can take it back, back: of which part of the way back it is}
static json_t *make_settings(TALLOC_CTX *mem, const struct config_step *step)
{
    json_t *settings = json_keep(mem, json_object());
    json_put_text(settings, "does", config_step_kind_name(step->kind));
    if (step->undo == STEP_UNDO_NONE)
        json_put_text(settings, "undo", "none");
    json_put_text(settings, "back", step->place == STEP_AT_AFTER_RELEASE ? "version" : "migration");
    return settings;
}

void launch_steps_add(TALLOC_CTX *mem, const struct config_environment *environment,
                      enum step_place place, struct flight *flight)
{
    for (size_t i = 0; environment != NULL && i < environment->n_steps; i++) {
        const struct config_step *step = &environment->steps[i];
        if (step->place != place)
            continue;
        *mem_append(mem, flight->steps, flight->n_steps) = (struct step){
            .name = step->name,
            .phase = place == STEP_AT_PREPARE ? STEP_PREPARE : STEP_DEPLOY,
            .kind = step->kind == STEP_KIND_VERIFY ? "verify" : "step",
            .argv = own_command(mem, step, flight->version, false),
            .timeout_ms = step->timeout_ms + step->wait_ms + step->ready_ms + AROUND_MS,
            .settings = make_settings(mem, step),
        };
    }
}

static bool has_way_back(const struct config_step *step)
{
    return step->undo == STEP_UNDO_GIVEN ||
           (step->kind == STEP_KIND_FLAG && step->undo == STEP_UNDO_UNSAID);
}

void launch_steps_add_back(TALLOC_CTX *mem, const struct config_environment *environment,
                           enum step_place place, struct flight *flight)
{
    for (size_t i = environment == NULL ? 0 : environment->n_steps; i-- > 0;) {
        const struct config_step *step = &environment->steps[i];
        if (step->place != place || place == STEP_AT_PREPARE || !has_way_back(step))
            continue;
        *mem_append(mem, flight->steps, flight->n_steps) = (struct step){
            .name = mem_printf(mem, "back.%s", step->name),
            .phase = STEP_BACK,
            .kind = "step",
            .argv = own_command(mem, step, flight->version, true),
            .undoes = step->name,
            .timeout_ms = step->timeout_ms + step->ready_ms + AROUND_MS,
            .settings = make_settings(mem, step),
        };
    }
}

void launch_steps_order(TALLOC_CTX *mem, struct flight *flight)
{
    struct step *ordered = mem_array(mem, struct step, flight->n_steps + 1);
    size_t n = 0;
    for (int phase = 0; phase < STEP_PHASE_COUNT; phase++)
        for (size_t i = 0; i < flight->n_steps; i++)
            if ((int)flight->steps[i].phase == phase)
                ordered[n++] = flight->steps[i];
    if (n > 0) // of none there is no array
        memcpy(flight->steps, ordered, n * sizeof *ordered);
}

static bool names_version(const struct config_step *step)
{
    bool names = step->kind == STEP_KIND_TAG;
    for (size_t i = 0; i < step->n_command; i++)
        names = names || strstr(step->command[i], "{version}") != NULL;
    return names || (step->read_back != NULL && config_health_asks_version(step->read_back));
}

bool launch_steps_check(const struct config_environment *environment, const struct flight *flight,
                        struct error *err)
{
    for (size_t i = 0; environment != NULL && i < environment->n_steps; i++) {
        const struct config_step *step = &environment->steps[i];
        const struct config_flag *ignored;
        if (flight->version == NULL && names_version(step)) {
            error_set(err, ERROR_USAGE, "step '%s' wants a version, and none is said", step->name);
            return error_hint(err, "tminus launch --version V");
        }
        if (step->kind == STEP_KIND_FLAG)
            TRY(flag_find(environment, step->flag, &ignored, err));
        if (step->kind != STEP_KIND_NOTIFY || environment->n_notify > 0)
            continue;
        error_set(err, ERROR_CONFIG,
                  "step '%s': environment '%s' has no channel to tell anybody by", step->name,
                  environment->name);
        return error_hint(err,
                          "write notify: [{kind: webhook, url: \"${HOOK}\"}] into tminus.yaml");
    }
    return true;
}

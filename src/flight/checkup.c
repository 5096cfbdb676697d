/*
 * Checkups: see checkup.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/checkup.h"
#include "base/digest.h"
#include "base/text.h"
#include <string.h>

#define VERIFY_MS ((int64_t)25 * 60 * 1000)

// --- what a verification says

static bool is_status(const json_t *check, const char *status)
{
    const char *is = json_get_text(check, "status");
    return is != NULL && strcmp(is, status) == 0 &&
           json_is_true(json_object_get(check, "required"));
}

static bool is_named(const json_t *check, const char *name)
{
    const char *is = json_get_text(check, "name");
    return is != NULL && name != NULL && strcmp(is, name) == 0;
}

// The one that decides; else the first, for they stand worst first.
static const json_t *first_check(const json_t *document, const char *status, size_t *n)
{
    const char *decisive = json_get_text(document, "decisive");
    const json_t *check, *first = NULL;
    size_t i;

    *n = 0;
    json_array_foreach(json_object_get(document, "invariants"), i, check)
    {
        if (!is_status(check, status))
            continue;
        first = first == NULL || is_named(check, decisive) ? check : first;
        (*n)++;
    }
    return first;
}

char *checkup_reason(TALLOC_CTX *mem, const json_t *document)
{
    size_t n;
    const json_t *check = first_check(document, "FAIL", &n);

    if (check == NULL)
        check = first_check(document, "UNKNOWN", &n);
    if (check == NULL)
        return NULL;
    const char *title = json_get_text(check, "title"), *observed = json_get_text(check, "observed");
    const char *detail = json_get_text(check, "detail") ?: "";
    size_t len = strcspn(detail, "\n");
    return mem_printf(mem, "%s: %s%s%.*s%s%s", title ?: "a check", observed ?: "unknown",
                      len == 0 ? "" : " (", (int)len, detail, len == 0 ? "" : ")",
                      n < 2 ? "" : mem_printf(mem, ", and %zu more", n - 1));
}

bool checkup_is_unattributable(const json_t *document)
{
    return json_is_true(json_object_get(document, "unattributable"));
}

// Of what was found, without when: the same differences give the same one.
static char *found_digest(TALLOC_CTX *mem, const json_t *document)
{
    static const char *const kept[] = {"name", "status", "observed", "detail"};
    json_auto_t *found = json_object();
    json_t *list = json_put_array(found, "checks");
    const json_t *check;
    size_t i;

    json_array_foreach(json_object_get(document, "invariants"), i, check)
    {
        json_t *object = json_object();
        for (size_t k = 0; k < COUNT_OF(kept); k++)
            json_put_text(object, kept[k], json_get_text(check, kept[k]));
        json_array_append_new(list, object);
    }
    json_put(found, "tables", json_deep_copy(json_object_get(document, "tables")));
    const char *text = json_canonical(mem, found);
    return mem_strdup(mem, digest_of(text, strlen(text)).hex);
}

// --- the data

static const char *shown_by(TALLOC_CTX *mem, const struct checkup *checkup, const char *baseline)
{
    return mem_printf(mem, "tminus verify --baseline %s --expect %s%s shows all",
                      text_shell_quoted(mem, baseline),
                      checkup->as_before ? "as-before" : "applied",
                      checkup->flight->is_after_release ? " --after-release" : "");
}

static void put_answer(TALLOC_CTX *mem, const struct checkup *checkup,
                       const struct verb_answer *answer, const char *baseline,
                       struct flight_answer *out)
{
    bool is_open = checkup_is_unattributable(answer->document);
    const char *reason = checkup_reason(mem, answer->document);

    out->verdict = answer->status == 0                                     ? VERDICT_GO
                   : answer->status == 1 && !answer->timed_out && !is_open ? VERDICT_NO_GO
                                                                           : VERDICT_HOLD;
    if (out->verdict == VERDICT_GO)
        return;
    if (reason == NULL) {
        out->why = mem_strdup(mem, answer->said);
        return;
    }
    if (is_open)
        out->unattributed = found_digest(mem, answer->document);
    out->why = mem_printf(
        mem, "%s%s; %s", reason,
        is_open ? "; it may be traffic as well as damage, for this database does not tell who "
                  "wrote a row"
                : "",
        shown_by(mem, checkup, baseline));
}

bool checkup_data(TALLOC_CTX *mem, const struct checkup *checkup, struct flight_answer *out,
                  struct error *err)
{
    const char *baseline;
    struct verb_answer answer;

    TRY(step_find_baseline(mem, checkup->steps, &baseline, err));
    if (baseline == NULL) {
        *out = (struct flight_answer){.verdict = VERDICT_HOLD,
                                      .why = "the flight has no baseline to compare with"};
        return true;
    }
    const char *const argv[] = {
        "verify", "--baseline", baseline, "--expect", checkup->as_before ? "as-before" : "applied",
        NULL};
    TRY(verb_run(mem, checkup->steps->caller, argv, VERIFY_MS, &answer, err));
    put_answer(mem, checkup, &answer, baseline, out);
    return true;
}

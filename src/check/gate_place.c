/*
 * Gates about the place where the release will run: keys of its environment, age of its secrets,
 * room on the database's disk.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "check/gate.h"

// --- keys of the environment; their values are known to nobody here

static const char *key_problem(const struct gate_key *key)
{
    if (!key->is_there)
        return "missing";
    if (key->is_empty)
        return "empty";
    return key->is_placeholder ? "a placeholder" : NULL;
}

void judge_keys(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    size_t n = 0;

    out->is_configured = facts->gates->n_keys > 0;
    out->layer = LAYER_KNOWN;
    out->expected = "every required key is there, with a value that is none to be filled in";
    if (!out->is_configured || facts->keys_unknown != NULL) {
        gate_answer(out, STATUS_UNKNOWN,
                    out->is_configured ? facts->keys_unknown : "no keys are configured");
        return;
    }
    for (size_t i = 0; i < facts->n_keys; i++) {
        const char *problem = key_problem(&facts->keys[i]);
        if (problem == NULL)
            continue;
        n++;
        gate_add_detail(mem, out, mem_printf(mem, "%s is %s", facts->keys[i].name, problem));
    }
    if (n > 0)
        gate_answer(out, STATUS_FAIL, mem_printf(mem, "%zu of %zu are not", n, facts->n_keys));
    else
        gate_answer(out, STATUS_PASS,
                    mem_printf(mem, "%zu of %zu are", facts->n_keys, facts->n_keys));
}

// --- secrets

void judge_secrets(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    SCRATCH(tmp);
    size_t n_old = 0, n_unknown = 0;

    out->is_configured = facts->n_secrets > 0;
    out->layer = LAYER_KNOWN;
    out->expected = "no secret is older than its max_age";
    for (size_t i = 0; i < facts->n_secrets; i++) {
        const struct gate_secret *secret = &facts->secrets[i];
        n_unknown += secret->unknown != NULL;
        if (secret->unknown != NULL)
            gate_add_detail(mem, out, mem_printf(tmp, "%s: %s", secret->name, secret->unknown));
        if (secret->unknown != NULL || secret->age_ms <= secret->max_age_ms)
            continue;
        n_old++;
        gate_add_detail(mem, out,
                        mem_printf(tmp, "%s is of %s ago, and may be %s old", secret->name,
                                   quantity_duration(tmp, secret->age_ms),
                                   quantity_duration(tmp, secret->max_age_ms)));
    }
    if (n_old > 0)
        gate_answer(out, STATUS_FAIL,
                    mem_printf(mem, "%zu of %zu too old", n_old, facts->n_secrets));
    else if (n_unknown > 0 || !out->is_configured)
        gate_answer(out, STATUS_UNKNOWN,
                    out->is_configured ? mem_printf(mem, "of %zu the age is not known", n_unknown)
                                       : "no secrets are configured");
    else
        gate_answer(out, STATUS_PASS, mem_printf(mem, "%zu young enough", facts->n_secrets));
}

// --- room

void judge_disk(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    SCRATCH(tmp);
    const struct gate_disk *disk = &facts->disk;

    out->is_configured = disk->is_configured;
    out->layer = LAYER_PREDICTED;
    out->expected =
        disk->needed_bytes > 0
            ? mem_printf(mem, "%s free: twice the largest rewritten table (%s), and WAL",
                         quantity_size(tmp, disk->needed_bytes), disk->largest)
            : "twice the largest rewritten table free, and WAL";
    if (disk->needed_bytes == 0)
        gate_answer(out, STATUS_PASS, "nothing is rewritten");
    else if (disk->unknown != NULL)
        gate_answer(out, STATUS_UNKNOWN, disk->unknown);
    else if (disk->needed_bytes < 0)
        gate_answer(out, STATUS_UNKNOWN,
                    mem_printf(mem, "%s is rewritten, and its size is not known", disk->largest));
    else
        gate_answer(out, disk->free_bytes < disk->needed_bytes ? STATUS_FAIL : STATUS_PASS,
                    mem_printf(mem, "%s free", quantity_size(tmp, disk->free_bytes)));
}

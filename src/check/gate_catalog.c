/*
 * Gates about what the catalog tells: sequences, indexes and constraints that were left half done,
 * transaction numbers, standbys.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "check/gate.h"

#define NAMES_SHOWN 5

// Source: D6, D11 and D12 of the diagnosis catalogue; PostgreSQL stops 3 million before the wrap.
#define SEQUENCE_WARN 0.80
#define SEQUENCE_FAIL 0.90
#define WRAP_LIMIT (2147483648.0 - 3000000.0)
#define WRAP_WARN 0.50
#define WRAP_FAIL 0.80
#define LAG_FAIL_MS ((int64_t)10 * 1000)

static bool is_read(const struct gate_facts *facts, struct gate_answer *out)
{
    out->layer = LAYER_KNOWN;
    out->is_moot = !facts->has_server;
    if (out->is_moot)
        return false;
    if (facts->schema != NULL && schema_is_live(facts->schema))
        return true;
    gate_answer(out, STATUS_UNKNOWN, "the catalog was not read");
    return false;
}

static void add_name(TALLOC_CTX *mem, struct gate_answer *out, size_t n, const char *line)
{
    if (n <= NAMES_SHOWN)
        gate_add_detail(mem, out, line);
    else if (n == NAMES_SHOWN + 1)
        gate_add_detail(mem, out, "…");
}

// --- sequences

// As far as the column goes that it fills.
static double limit_of(const struct schema *schema, const struct schema_relation *relation)
{
    const struct schema_relation *table =
        relation->owned_by.name == NULL ? NULL : schema_find(schema, relation->owned_by);
    const struct schema_column *column =
        table == NULL ? NULL : schema_find_column(table, relation->owned_by_column);
    double limit = (double)relation->sequence->max_value;

    if (column != NULL && strcmp(column->type.name, "int4") == 0 && limit > 2147483647.0)
        return 2147483647.0;
    if (column != NULL && strcmp(column->type.name, "int2") == 0 && limit > 32767.0)
        return 32767.0;
    return limit;
}

// -1: it is not known, or has no end.
static double share_of(const struct schema *schema, const struct schema_relation *relation)
{
    const struct schema_sequence *sequence = relation->sequence;

    if (sequence == NULL || !sequence->has_last_value || sequence->cycles ||
        sequence->increment < 0)
        return -1;
    double from = (double)sequence->min_value, limit = limit_of(schema, relation);
    return limit <= from ? 1 : ((double)sequence->last_value - from) / (limit - from);
}

void judge_sequences(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    SCRATCH(tmp);
    double worst = 0;
    size_t n = 0, n_near = 0;

    out->expected = "no sequence has used 90 % of its numbers, or of its column's";
    if (!is_read(facts, out))
        return;
    for (const struct schema_relation *relation = schema_next(facts->schema, NULL);
         relation != NULL; relation = schema_next(facts->schema, relation)) {
        double share = share_of(facts->schema, relation);
        n += relation->sequence != NULL;
        if (share > worst)
            worst = share;
        if (share >= SEQUENCE_WARN)
            add_name(mem, out, ++n_near,
                     mem_printf(tmp, "%s.%s: %.0f %%", relation->name.schema, relation->name.name,
                                share * 100));
    }
    out->has_value = true;
    out->value = worst;
    gate_answer(out,
                worst >= SEQUENCE_FAIL   ? STATUS_FAIL
                : worst >= SEQUENCE_WARN ? STATUS_WARN
                                         : STATUS_PASS,
                mem_printf(mem, "the fullest of %zu has used %.0f %%", n, worst * 100));
}

// --- left half done

void judge_invalid_indexes(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    SCRATCH(tmp);
    size_t n = 0;

    out->expected = "none: a build that broke off leaves one, which costs writes and helps nobody";
    if (!is_read(facts, out))
        return;
    for (const struct schema_relation *relation = schema_next(facts->schema, NULL);
         relation != NULL; relation = schema_next(facts->schema, relation))
        for (size_t i = 0; i < relation->n_indexes; i++) {
            // Of a partitioned table: not every partition has its part yet.
            if (relation->indexes[i].is_valid || relation->kind == RELATION_PARTITIONED)
                continue;
            add_name(mem, out, ++n,
                     mem_printf(tmp, "%s on %s.%s", relation->indexes[i].name,
                                relation->name.schema, relation->name.name));
        }
    gate_answer(out, n > 0 ? STATUS_FAIL : STATUS_PASS, n > 0 ? mem_printf(mem, "%zu", n) : "none");
}

void judge_unvalidated_constraints(TALLOC_CTX *mem, const struct gate_facts *facts,
                                   struct gate_answer *out)
{
    SCRATCH(tmp);
    size_t n = 0;

    out->expected = "none: what an earlier change added NOT VALID was validated since";
    if (!is_read(facts, out))
        return;
    for (const struct schema_relation *relation = schema_next(facts->schema, NULL);
         relation != NULL; relation = schema_next(facts->schema, relation))
        for (size_t i = 0; i < relation->n_constraints; i++) {
            if (relation->constraints[i].is_valid)
                continue;
            add_name(mem, out, ++n,
                     mem_printf(tmp, "%s on %s.%s", relation->constraints[i].name,
                                relation->name.schema, relation->name.name));
        }
    gate_answer(out, n > 0 ? STATUS_FAIL : STATUS_PASS, n > 0 ? mem_printf(mem, "%zu", n) : "none");
}

// --- transaction numbers

void judge_wraparound(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    SCRATCH(tmp);
    const struct gate_wraparound *oldest = &facts->wraparound;

    out->expected = "less than 80 % of the transaction numbers are used since the last freeze";
    out->layer = LAYER_MEASURED;
    out->is_moot = !facts->has_server;
    if (out->is_moot)
        return;
    if (oldest->unknown != NULL || oldest->database == NULL) {
        gate_answer(out, STATUS_UNKNOWN,
                    oldest->unknown != NULL ? oldest->unknown : "the server does not say");
        return;
    }
    double share = (double)oldest->age / WRAP_LIMIT;
    out->has_value = true;
    out->value = share;
    gate_answer(out,
                share >= WRAP_FAIL   ? STATUS_FAIL
                : share >= WRAP_WARN ? STATUS_WARN
                                     : STATUS_PASS,
                mem_printf(mem, "%.0f %%: %s of database %s", share * 100,
                           quantity_count(tmp, oldest->age), oldest->database));
}

// --- standbys

void judge_replication_lag(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    SCRATCH(tmp);
    size_t n_behind = 0, n_unknown = 0;

    out->expected = "no standby is more than 10 s behind";
    out->layer = LAYER_MEASURED;
    out->is_moot = !facts->has_server;
    if (out->is_moot)
        return;
    for (size_t i = 0; i < facts->n_standbys; i++) {
        const struct gate_standby *standby = &facts->standbys[i];
        n_unknown += standby->lag_bytes < 0;
        n_behind += standby->lag_ms > LAG_FAIL_MS;
        gate_add_detail(
            mem, out,
            standby->lag_bytes < 0
                ? mem_printf(tmp, "%s: the role may not see how far it is", standby->name)
                : mem_printf(tmp, "%s: %s, %s behind", standby->name,
                             quantity_duration(tmp, standby->lag_ms),
                             quantity_size(tmp, standby->lag_bytes)));
    }
    if (n_behind > 0)
        gate_answer(out, STATUS_FAIL,
                    mem_printf(mem, "%zu of %zu standbys behind", n_behind, facts->n_standbys));
    else if (facts->standbys_unknown != NULL || n_unknown > 0)
        gate_answer(out, STATUS_UNKNOWN,
                    facts->standbys_unknown != NULL ? facts->standbys_unknown
                                                    : "it is not told how far a standby is");
    else
        gate_answer(out, STATUS_PASS,
                    facts->n_standbys == 0 ? "no standby"
                                           : mem_printf(mem, "%zu of %zu keep up",
                                                        facts->n_standbys, facts->n_standbys));
}

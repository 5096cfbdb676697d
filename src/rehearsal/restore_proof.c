/*
 * Restore proof: see restore_proof.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/restore_proof.h"
#include "base/clock.h"
#include "base/quantity.h"
#include "journal/events.h"
#include "proof/sql.h"
#include <inttypes.h>

// A name without a schema is that of the usual one.
static const struct table_fingerprint *find_table(const struct fingerprints *prints,
                                                  struct name table)
{
    static const char *const usual[] = {NULL, "public", "main"};
    for (size_t i = 0; i < COUNT_OF(usual) && table.schema == NULL; i++) {
        const struct name name = {.schema = usual[i], .name = table.name};
        const struct table_fingerprint *found = fingerprints_find(prints, name);
        if (found != NULL)
            return found;
    }
    return fingerprints_find(prints, table);
}

// `prints` with one of its tables alone, or none.
static struct fingerprints *only(TALLOC_CTX *mem, const struct fingerprints *prints,
                                 struct name table)
{
    struct fingerprints *out = mem_new(mem, struct fingerprints);
    *out = *prints;
    const struct table_fingerprint *found = find_table(prints, table);
    out->tables = mem_array(mem, struct table_fingerprint, 1);
    out->n_tables = found != NULL;
    if (found != NULL)
        out->tables[0] = *found;
    return out;
}

static bool is_unknown(const struct fingerprint_difference *difference)
{
    return strcmp(difference->what, "unknown") == 0;
}

// What differs before what is unknown, each in the order of tables.
static void put_worst_first(TALLOC_CTX *mem, struct fingerprint_differences *differences)
{
    struct fingerprint_difference *sorted =
        mem_array(mem, struct fingerprint_difference, differences->n + 1);
    size_t n = 0;
    for (int unknown = 0; unknown < 2; unknown++)
        for (size_t i = 0; i < differences->n; i++)
            if (is_unknown(&differences->list[i]) == unknown)
                sorted[n++] = differences->list[i];
    differences->list = sorted;
}

static void count_rows(struct restore_proof *proof, const struct fingerprints *recorded)
{
    for (size_t i = 0; i < proof->found->n_tables; i++) {
        const struct table_fingerprint *table = &proof->found->tables[i];
        if (table->print != NULL && fingerprints_find(recorded, table->table) != NULL)
            proof->rows += table->rows;
    }
}

static void judge(TALLOC_CTX *mem, struct restore_proof *proof)
{
    const struct fingerprint_differences *differences = &proof->differences;
    size_t n_differ = differences->n - differences->n_unknown;
    if (n_differ > 0) {
        proof->verdict = VERDICT_NO_GO;
        proof->why = differences->list[0].text;
    } else if (!proof->is_schema_equal) {
        proof->verdict = VERDICT_NO_GO;
        proof->why = "the schema differs: its digest is another";
    } else if (differences->n_unknown > 0) {
        proof->verdict = VERDICT_HOLD;
        proof->why = differences->list[0].text;
    } else if (differences->n_equal == 0) {
        proof->verdict = VERDICT_HOLD;
        proof->why = "no table was compared";
    } else {
        proof->verdict = VERDICT_GO;
        proof->why =
            mem_printf(mem, "%zu table%s and %s rows are what they were", differences->n_equal,
                       differences->n_equal == 1 ? "" : "s", quantity_count(mem, proof->rows));
    }
}

static bool take_found(TALLOC_CTX *mem, const struct restore_proof_request *request,
                       struct fingerprints **out, struct error *err)
{
    const struct fingerprints_request all = {.target = request->restored};
    return fingerprints_take(mem, &all, out, err);
}

bool restore_prove(TALLOC_CTX *mem, const struct restore_proof_request *request,
                   struct restore_proof *out, struct error *err)
{
    struct fingerprints *recorded;
    struct restore_proof proof = {.verdict = VERDICT_HOLD, .is_schema_equal = true};
    if (request->backup->fingerprints == NULL) {
        proof.why = "no fingerprints were recorded when it was taken";
        TRY(take_found(mem, request, &proof.found, err));
        *out = proof;
        return true;
    }
    TRY(fingerprints_read(mem, request->backup->fingerprints, &recorded, err));
    TRY(take_found(mem, request, &proof.found, err));
    if (request->table != NULL) {
        recorded = only(mem, recorded, *request->table);
        proof.found = only(mem, proof.found, *request->table);
    } else if (recorded->digest != NULL) {
        proof.is_schema_equal = strcmp(recorded->digest, proof.found->digest) == 0;
    }
    fingerprints_compare(mem, recorded, proof.found, &proof.differences);
    put_worst_first(mem, &proof.differences);
    count_rows(&proof, recorded);
    judge(mem, &proof);
    *out = proof;
    return true;
}

bool restore_proof_note(struct journal *journal, const struct restore_proof_request *request,
                        const struct restore_proof *proof, int64_t took_ms, struct error *err)
{
    SCRATCH(tmp);
    const struct backup *backup = request->backup;
    const struct fingerprint_differences *differences = &proof->differences;
    json_t *data = json_object();
    json_put_text(data, "backup", backup->id);
    json_put_text(data, "kind", backup->kind);
    json_put_text(data, "taken_at", clock_format(backup->taken_ms).text);
    json_put_text(data, "database", backup->database);
    json_put_text(data, "system", backup->system);
    json_put_text(data, "table", request->table != NULL ? sql_shown(tmp, *request->table) : NULL);
    json_put_text(data, "verdict", verdict_name(proof->verdict));
    json_put_text(data, "why", proof->why);
    json_put_integer(data, "equal", (int64_t)differences->n_equal);
    json_put_integer(data, "differing", (int64_t)(differences->n - differences->n_unknown));
    json_put_integer(data, "unknown", (int64_t)differences->n_unknown);
    json_put_integer(data, "rows", proof->rows);
    json_put_integer(data, "took_ms", took_ms);
    return journal_append(journal, EVENT_RESTORE_PROVEN, data, err);
}

// --- proofs of the journal

struct search {
    const char *id;
    int64_t proven_ms;
    enum verdict verdict;
};

static enum verdict verdict_of(const char *name)
{
    static const enum verdict verdicts[] = {VERDICT_GO, VERDICT_NO_GO};
    for (size_t i = 0; i < COUNT_OF(verdicts) && name != NULL; i++)
        if (strcmp(verdict_name(verdicts[i]), name) == 0)
            return verdicts[i];
    return VERDICT_HOLD;
}

// A proof of one table says nothing of the others.
static bool match_proven(void *context, const json_t *event)
{
    struct search *search = context;
    const json_t *data = json_object_get(event, "data");
    const char *name = json_get_text(event, "event"), *id = json_get_text(data, "backup");
    const char *at = json_get_text(event, "ts");
    struct error ignored = {0};
    if (name != NULL && strcmp(name, EVENT_RESTORE_PROVEN) == 0 && id != NULL &&
        strcmp(id, search->id) == 0 && json_get_text(data, "table") == NULL && at != NULL &&
        clock_parse(at, &search->proven_ms, &ignored))
        search->verdict = verdict_of(json_get_text(data, "verdict"));
    return true;
}

bool restore_proof_last(struct journal *journal, const char *id, int64_t *proven_ms,
                        enum verdict *verdict, struct error *err)
{
    struct search search = {.id = id, .proven_ms = -1, .verdict = VERDICT_HOLD};
    TRY(journal_read(journal, 1, match_proven, &search, err));
    *proven_ms = search.proven_ms;
    *verdict = search.verdict;
    return true;
}

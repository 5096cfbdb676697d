/*
 * Reports of baselines and verifications as JSON.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "proof/report.h"

static void put_results(json_t *object, const struct results *results)
{
    json_t *list = json_put_array(object, "invariants");
    for (size_t i = 0; i < results->n; i++)
        json_array_append_new(
            list, result_to_json(&results->list[i], clock_format(results->list[i].at_ms).text));
}

static void put_relation(json_t *object, const char *name, struct name relation)
{
    char text[512];

    if (relation.name == NULL) {
        json_put_text(object, name, NULL);
        return;
    }
    snprintf(text, sizeof(text), "%s%s%s", relation.schema == NULL ? "" : relation.schema,
             relation.schema == NULL ? "" : ".", relation.name);
    json_put_text(object, name, text);
}

static json_t *texts(char *const *list, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(array, json_text(list[i]));
    return array;
}

static void put_journal(json_t *object, const struct journal_head *journal)
{
    if (journal == NULL || journal->sequence == 0)
        return;
    json_t *head = json_put_object(object, "journal");
    json_put_integer(head, "seq", journal->sequence);
    json_put_text(head, "hash", journal->hash);
}

static void put_baseline(json_t *object, const struct baseline *baseline)
{
    json_put_text(object, "path", baseline->path);
    json_put_text(object, "sha256", baseline->sha256);
    json_put_text(object, "taken_at", clock_format(baseline->taken_ms).text);
    json_put_text(object, "database", baseline->identity.database);
    json_put_text(object, "system", baseline->identity.system);
    json_put_text(object, "schema_digest", baseline->schema_digest);
    json_put_text(object, "title", baseline->title);
    json_put(object, "migrations", json_deep_copy(baseline->migrations));
}

// --- baseline

static json_t *column_json(const struct baseline_column *column)
{
    json_t *object = json_object();
    json_put_text(object, "column", column->name);
    json_put_text(object, "type", column->type);
    json_put_integer(object, "nulls", column->nulls);
    json_put_text(object, "least", column->least);
    json_put_text(object, "greatest", column->greatest);
    json_put_text(object, "sum", column->total);
    return object;
}

static json_t *table_json(const struct baseline_table *table)
{
    json_t *object = json_object();

    put_relation(object, "table", table->name);
    json_put_integer(object, "rows", table->rows);
    json_t *key = json_put_array(object, "key");
    for (size_t i = 0; i < table->n_key; i++)
        json_array_append_new(key, json_text(table->key[i]));
    json_put_text(object, "age_column", table->age_column);
    json_put_text(object, "age", table->age);
    json_t *columns = json_put_array(object, "columns");
    for (size_t i = 0; i < table->n_columns; i++)
        json_array_append_new(columns, column_json(&table->columns[i]));
    return object;
}

void report_baseline_json(FILE *out, const struct baseline *baseline, const struct results *results,
                          const struct report_proof_options *options)
{
    json_auto_t *document = json_object();

    json_put_text(document, "schema", "tminus/baseline/1");
    json_put_text(document, "verdict", verdict_name(baseline_verdict(baseline, results)));
    put_baseline(document, baseline);
    put_results(document, results);
    json_t *tables = json_put_array(document, "tables");
    for (size_t i = 0; i < baseline->n_tables; i++)
        json_array_append_new(tables, table_json(&baseline->tables[i]));
    put_journal(document, options->journal);
    json_write(out, document);
}

void report_comparison_json(FILE *out, const struct baseline *a, const struct baseline *b,
                            const struct baseline_difference *differences, size_t n)
{
    json_auto_t *document = json_object();

    json_put_text(document, "schema", "tminus/baseline/1");
    json_put_bool(document, "equal", n == 0);
    put_baseline(json_put_object(document, "a"), a);
    put_baseline(json_put_object(document, "b"), b);
    json_t *list = json_put_array(document, "differences");
    for (size_t i = 0; i < n; i++) {
        json_t *object = json_object();
        json_put_text(object, "what", differences[i].what);
        json_put_text(object, "a", differences[i].a);
        json_put_text(object, "b", differences[i].b);
        json_array_append_new(list, object);
    }
    json_write(out, document);
}

// --- verification

static void put_answer(json_t *object, const struct unexplained *rest)
{
    json_put_integer(object, "by_traffic", rest->answer.by_traffic);
    json_put_integer(object, "unattributed", rest->answer.unattributed);
    json_put_text(object, "reason", rest->answer.reason);
}

static json_t *difference_json(const struct column_difference *difference)
{
    json_t *object = json_object();
    json_put_text(object, "column", difference->column);
    json_put_integer(object, "rows", difference->rows);
    json_put_integer(object, "by_migration", difference->by_migration);
    put_answer(object, &difference->rest);
    json_put_text(object, "cause", difference->cause);
    return object;
}

static void put_keys(json_t *object, const char *name, const struct key_difference *keys)
{
    json_t *counts = json_put_object(object, name);

    json_put_integer(counts, "keys", keys->keys);
    json_put_integer(counts, "by_migration", keys->keys - writer_counts_sum(&keys->rest.by));
    put_answer(counts, &keys->rest);
    json_put_text(counts, "cause", keys->cause);
}

static json_t *shown(char *const *all, size_t n_all, const struct unexplained *rest)
{
    return rest->n_samples > 0 ? texts(rest->samples, rest->n_samples) : texts(all, n_all);
}

static void put_traffic_samples(json_t *samples, const struct comparison *comparison)
{
    json_t *traffic = json_put_object(samples, "by_traffic");
    const struct unexplained *extra = &comparison->extra.rest;

    json_put(traffic, "extra", texts(extra->traffic_samples, extra->n_traffic_samples));
    json_t *columns = json_put_object(traffic, "columns");
    for (size_t i = 0; i < comparison->n_columns; i++) {
        const struct unexplained *rest = &comparison->columns[i].rest;
        if (rest->n_traffic_samples > 0)
            json_put(columns, comparison->columns[i].column,
                     texts(rest->traffic_samples, rest->n_traffic_samples));
    }
}

static void put_samples(json_t *object, const struct comparison *comparison)
{
    json_t *samples = json_put_object(object, "samples");
    const struct key_difference *missing = &comparison->missing, *extra = &comparison->extra;

    json_put(samples, "missing", shown(missing->samples, missing->n_samples, &missing->rest));
    json_put(samples, "extra", shown(extra->samples, extra->n_samples, &extra->rest));
    json_put(samples, "duplicated",
             texts(comparison->doubled.samples, comparison->doubled.n_samples));
    json_t *columns = json_put_object(samples, "columns");
    for (size_t i = 0; i < comparison->n_columns; i++)
        json_put(columns, comparison->columns[i].column,
                 texts(comparison->columns[i].rest.samples, comparison->columns[i].rest.n_samples));
    put_traffic_samples(samples, comparison);
}

static json_t *comparison_json(const struct comparison *comparison)
{
    json_t *object = json_object();
    bool is_known = comparison->unknown == NULL && comparison->after.name != NULL;

    put_relation(object, "table", comparison->before->name);
    put_relation(object, "now", comparison->after);
    json_put(object, "equal", is_known ? json_boolean(comparison->is_equal) : json_null());
    json_put_text(object, "unknown", comparison->unknown);
    json_put_text(object, "dropped", comparison->dropped);
    json_put_text(object, "rebuilt", comparison->rebuilt);
    json_put_integer(object, "rows_before", comparison->before->rows);
    json_put(object, "rows_after", is_known ? json_integer(comparison->rows_after) : json_null());
    json_t *differs = json_put_array(object, "differs");
    for (size_t i = 0; i < comparison->n_columns; i++)
        json_array_append_new(differs, difference_json(&comparison->columns[i]));
    json_put_integer(object, "missing_keys", comparison->missing.keys);
    json_put_integer(object, "extra_keys", comparison->extra.keys);
    json_put_integer(object, "duplicated_keys", comparison->doubled.keys);
    json_put_integer(object, "duplicate_rows", comparison->doubled.rows);
    put_keys(object, "missing", &comparison->missing);
    put_keys(object, "extra", &comparison->extra);
    json_put_integer(object, "by_traffic", comparison_by_traffic(comparison));
    json_put_integer(object, "unattributed", comparison_unattributed(comparison));
    json_put_text(object, "damage", comparison->damage);
    json_put_text(object, "unread", comparison->unread);
    json_put_text(object, "missing_trait", comparison->missing.trait);
    json_put_text(object, "duplicated_trait", comparison->doubled.trait);
    put_samples(object, comparison);
    return object;
}

void report_verification_json(FILE *out, const struct verification *verification,
                              const struct report_proof_options *options)
{
    json_auto_t *document = json_object();

    json_put_text(document, "schema", "tminus/verify/1");
    json_put_text(document, "verdict", verdict_name(verification->verdict));
    bool is_decided = verification->decisive != NULL;
    json_put_bool(document, "unattributable",
                  verification->verdict == VERDICT_NO_GO && !is_decided);
    json_put_text(document, "decisive", is_decided ? verification->decisive->name : NULL);
    json_put_text(document, "expectation", expectation_name(verification->expectation));
    put_baseline(json_put_object(document, "baseline"), verification->baseline);
    put_results(document, &verification->invariants);
    json_t *tables = json_put_array(document, "tables");
    for (size_t i = 0; i < verification->n_tables; i++)
        json_array_append_new(tables, comparison_json(&verification->tables[i]));
    json_put_integer(document, "took_ms", verification->took_ms);
    put_journal(document, options->journal);
    json_write(out, document);
}

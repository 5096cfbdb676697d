/*
 * Estimates from a measured run: see estimate_scale.h.
 *
 * A statement's time grows with the tables that it works on: by bytes where both sizes are known,
 * by rows else. A table that is small on the copy gives no rate, only the cost of beginning; there
 * calibrated or general rates speak, and are named.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/estimate_scale.h"
#include "analysis/rule.h"
#include "base/quantity.h"
#include "base/text.h"
#include <inttypes.h>

// Below these a rate is noise: a page more or less, the first plan, the catalog's own work.
#define MEASURABLE_BYTES ((int64_t)4 * 1024 * 1024)
#define MEASURABLE_ROWS 20000
#define MEASURABLE_US 20000
// Sooner than this nobody asks how long it took.
#define CONTRADICTION_S 1.0

struct one {                        // statement
    struct work_amount amounts[16]; // by relation of the copy
    const char *names[16];
    size_t n;
    int64_t written;
    double copy_size, target_size; // of what it works on, in one unit
    bool is_by_bytes;
    const char *unknown; // NULL: both sizes are known
};

static struct name name_of(TALLOC_CTX *mem, const char *text)
{
    const char *dot = strchr(text, '.');
    return dot == NULL ? (struct name){NULL, text}
                       : (struct name){mem_strndup(mem, text, (size_t)(dot - text)), dot + 1};
}

static const struct schema_relation *find(const struct schema *schema, const char *text)
{
    SCRATCH(tmp);
    return schema == NULL ? NULL : schema_find(schema, name_of(tmp, text));
}

static void add(const struct estimate_scale_request *request, struct one *one, const char *name,
                enum estimate_kind kind)
{
    size_t at = 0;
    while (at < one->n && strcmp(one->names[at], name) != 0)
        at++;
    if (at == COUNT_OF(one->amounts))
        return;
    if (at == one->n) {
        one->names[one->n++] = name;
        one->amounts[at] = (struct work_amount){.relation = find(request->copy, name)};
    }
    one->amounts[at].n[kind] = 1;
}

static bool is_among(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

// A rewrite builds the indexes anew, and an index build reads the rows: the heaviest is told.
static void add_work(const struct estimate_scale_request *request,
                     const struct measured_statement *statement, struct one *one)
{
    const struct effects *effects = statement->effects;
    for (size_t i = 0; i < effects->n_rewrites; i++)
        add(request, one, effects->rewrites[i], ESTIMATE_REWRITE);
    for (size_t i = 0; i < effects->n_index_builds; i++) {
        if (!is_among(effects->rewrites, effects->n_rewrites, effects->index_builds[i]))
            add(request, one, effects->index_builds[i], ESTIMATE_INDEX);
    }
    for (size_t i = 0; i < effects->n_scans; i++) {
        const char *name = effects->scans[i];
        if (!is_among(effects->rewrites, effects->n_rewrites, name) &&
            !is_among(effects->index_builds, effects->n_index_builds, name))
            add(request, one, name, ESTIMATE_SCAN);
    }
    for (size_t i = 0; i < statement->n_written; i++) {
        const struct rehearsal_written *written = &statement->written[i];
        add(request, one, written->table, ESTIMATE_WRITE);
        one->written += written->inserted + written->updated + written->deleted;
    }
}

// In bytes when every table is sized so on both sides, in rows else.
static void size_up(const struct estimate_scale_request *request, struct one *one)
{
    int64_t bytes[2] = {0, 0};
    int64_t rows[2] = {0, 0};
    bool has_bytes = true;
    bool has_rows = true;
    for (size_t i = 0; i < one->n; i++) {
        const struct schema_relation *copy = one->amounts[i].relation;
        const struct schema_relation *target = find(request->target, one->names[i]);
        if (copy == NULL || target == NULL) {
            one->unknown = one->names[i];
            return;
        }
        has_bytes = has_bytes && copy->bytes >= 0 && target->bytes >= 0;
        has_rows = has_rows && copy->rows >= 0 && target->rows >= 0;
        bytes[0] += copy->bytes;
        bytes[1] += target->bytes;
        rows[0] += copy->rows;
        rows[1] += target->rows;
    }
    if (!has_bytes && !has_rows)
        one->unknown = one->names[0];
    one->is_by_bytes = has_bytes;
    one->copy_size = (double)(has_bytes ? bytes[0] : rows[0]);
    one->target_size = (double)(has_bytes ? bytes[1] : rows[1]);
}

static struct one one_make(const struct estimate_scale_request *request,
                           const struct measured_statement *statement)
{
    struct one one = {0};
    add_work(request, statement, &one);
    if (one.n > 0)
        size_up(request, &one);
    return one;
}

static bool is_measurable(const struct one *one, int64_t took_us)
{
    return took_us >= MEASURABLE_US &&
           one->copy_size >= (double)(one->is_by_bytes ? MEASURABLE_BYTES : MEASURABLE_ROWS);
}

// --- words

static char *size_words(TALLOC_CTX *mem, const struct one *one, double size)
{
    return one->is_by_bytes ? quantity_size(mem, (int64_t)size)
                            : mem_printf(mem, "%s rows", quantity_count(mem, (int64_t)size));
}

static char *works(TALLOC_CTX *mem, const struct one *one)
{
    char *text = NULL;
    for (size_t i = 0; i < one->n; i++)
        text = mem_printf(mem, "%s%s%s %s", text ? text : "", text ? "; " : "", one->names[i],
                          work_words(mem, &one->amounts[i]));
    return text;
}

// --- one statement at the target's size

static struct rehearsal_estimate by_measure(TALLOC_CTX *mem, const struct one *one, double took_s)
{
    double factor = one->target_size / one->copy_size;
    double per_s = one->copy_size / took_s;
    return (struct rehearsal_estimate){
        .low_s = took_s * factor,
        .high_s = took_s * factor * CALIBRATION_SLOWER,
        .basis = mem_printf(mem, "%s: measured %s/s on %s; the target has %s", works(mem, one),
                            size_words(mem, one, per_s), size_words(mem, one, one->copy_size),
                            size_words(mem, one, one->target_size)),
    };
}

static struct rehearsal_estimate by_rates(TALLOC_CTX *mem,
                                          const struct estimate_scale_request *request,
                                          const struct one *one)
{
    struct duration sum = {0, 0};
    for (size_t i = 0; i < one->n; i++) {
        struct work_amount amount = one->amounts[i];
        amount.relation = find(request->target, one->names[i]);
        amount.writes_some = amount.n[ESTIMATE_WRITE] > 0;
        struct duration duration = work_duration(&amount, request->calibration);
        sum.low += duration.low;
        sum.high += duration.high;
    }
    return (struct rehearsal_estimate){
        .low_s = sum.low,
        .high_s = sum.high,
        .basis = mem_printf(mem, "%s: %s on the copy is too little to measure a rate; %s",
                            works(mem, one), size_words(mem, one, one->copy_size),
                            estimate_basis(mem, request->calibration)),
    };
}

// Without work on rows that were there, the size of the target changes nothing.
static struct rehearsal_estimate constant(TALLOC_CTX *mem, double took_s)
{
    return (struct rehearsal_estimate){
        .low_s = took_s,
        .high_s = took_s * CALIBRATION_SLOWER,
        .basis = mem_strdup(mem, "measured; no table that is there is gone through"),
    };
}

static struct rehearsal_estimate estimate_one(TALLOC_CTX *mem,
                                              const struct estimate_scale_request *request,
                                              const struct measured_statement *statement)
{
    struct one one = one_make(request, statement);
    double took_s = (double)statement->took_us / 1e6;
    struct rehearsal_estimate estimate;
    if (one.n == 0)
        estimate = constant(mem, took_s);
    else if (one.unknown != NULL)
        estimate = (struct rehearsal_estimate){
            .low_s = -1,
            .high_s = -1,
            .basis = mem_printf(mem, "unknown: how large %s is on the target is not known",
                                one.unknown)};
    else if (is_measurable(&one, statement->took_us))
        estimate = by_measure(mem, &one, took_s);
    else
        estimate = by_rates(mem, request, &one);
    estimate.what = mem_printf(mem, "%s:%zu", statement->path, statement->line);
    return estimate;
}

void estimate_scale(TALLOC_CTX *mem, const struct estimate_scale_request *request,
                    struct rehearsal_estimate **out, size_t *n)
{
    struct rehearsal_estimate *list = NULL;
    struct rehearsal_estimate all = {.what = "up", .basis = "the sum of its statements"};
    *n = 0;
    for (size_t i = 0; i < request->run->n_statements; i++) {
        const struct measured_statement *statement = &request->run->statements[i];
        struct rehearsal_estimate one = estimate_one(mem, request, statement);
        if (one.high_s < 0 && all.high_s >= 0)
            all = (struct rehearsal_estimate){
                .what = "up", .low_s = -1, .high_s = -1, .basis = one.basis};
        else if (all.high_s >= 0) {
            all.low_s += one.low_s;
            all.high_s += one.high_s;
        }
        if (one_make(request, statement).n > 0)
            *mem_append(mem, list, *n) = one;
    }
    *mem_append(mem, list, *n) = all;
    *out = list;
}

// --- against general rates

static void contradict(const struct estimate_scale_request *request,
                       const struct measured_statement *statement, struct findings *out)
{
    SCRATCH(tmp);
    struct one one = one_make(request, statement);
    double took_s = (double)statement->took_us / 1e6;
    struct duration said = {0, 0};
    for (size_t i = 0; i < one.n; i++) {
        if (!work_is_sized(&one.amounts[i]))
            return;
        struct duration duration = work_duration(&one.amounts[i], NULL);
        said.high += duration.high;
        said.low += duration.low;
    }
    if (one.n == 0 || took_s < CONTRADICTION_S || took_s <= said.high)
        return;
    const struct rule *rule = rule_find("contradiction-seconds");
    const struct finding finding = {
        .rule = "contradiction-seconds",
        .severity = rule->severity,
        .path = statement->path,
        .line = statement->line,
        .column = statement->column,
        .message = mem_printf(
            tmp, "%s took %s on the copy (%s), which was estimated at %s (" ESTIMATE_RATES ")",
            statement->kind, quantity_duration(tmp, (int64_t)(took_s * 1000)), works(tmp, &one),
            duration_text(tmp, said)),
        .hint = rule->safe_form,
        .layer = LAYER_MEASURED,
    };
    findings_add(out, &finding, statement->sql);
}

void estimate_contradictions(const struct estimate_scale_request *request, struct findings *out)
{
    for (size_t i = 0; i < request->run->n_statements; i++)
        contradict(request, &request->run->statements[i], out);
}

// --- calibration

struct tally {
    double bytes, rows, seconds;
    bool has_bytes, has_rows;
};

// A statement of one kind of work alone says what that kind costs.
static bool one_kind(const struct one *one, enum estimate_kind *out)
{
    size_t n = 0;
    for (size_t i = 0; i < one->n; i++) {
        for (size_t kind = 0; kind < ESTIMATE_KIND_COUNT; kind++) {
            if (one->amounts[i].n[kind] == 0)
                continue;
            if (n > 0 && *out != (enum estimate_kind)kind)
                return false;
            *out = (enum estimate_kind)kind;
            n++;
        }
    }
    return n > 0;
}

static void tally_add(struct tally *tally, const struct one *one, enum estimate_kind kind,
                      int64_t took_us)
{
    struct tally sum = {.has_bytes = kind != ESTIMATE_WRITE, .has_rows = true};
    for (size_t i = 0; i < one->n; i++) {
        const struct schema_relation *relation = one->amounts[i].relation;
        if (relation == NULL)
            return;
        sum.has_bytes = sum.has_bytes && relation->bytes >= 0;
        sum.has_rows = sum.has_rows && relation->rows >= 0;
        sum.bytes += (double)relation->bytes;
        sum.rows += (double)relation->rows;
    }
    if (kind == ESTIMATE_WRITE)
        sum.rows = (double)one->written;
    bool is_enough = (sum.has_bytes && sum.bytes >= (double)MEASURABLE_BYTES) ||
                     (sum.has_rows && sum.rows >= MEASURABLE_ROWS);
    if (took_us < MEASURABLE_US || !is_enough)
        return;
    bool is_first = tally->seconds <= 0;
    tally->has_bytes = sum.has_bytes && (is_first || tally->has_bytes);
    tally->has_rows = sum.has_rows && (is_first || tally->has_rows);
    tally->bytes += sum.bytes;
    tally->rows += sum.rows;
    tally->seconds += (double)took_us / 1e6;
}

void estimate_calibrate(TALLOC_CTX *mem, const struct estimate_scale_request *request,
                        const char *machine, const char *taken_at, struct calibration *calibration)
{
    struct tally tallies[ESTIMATE_KIND_COUNT] = {0};
    for (size_t i = 0; i < request->run->n_statements; i++) {
        const struct measured_statement *statement = &request->run->statements[i];
        struct one one = one_make(request, statement);
        enum estimate_kind kind = ESTIMATE_SCAN;
        if (one_kind(&one, &kind))
            tally_add(&tallies[kind], &one, kind, statement->took_us);
    }
    for (size_t i = 0; i < ESTIMATE_KIND_COUNT; i++) {
        const struct tally *tally = &tallies[i];
        if (tally->seconds <= 0)
            continue;
        calibration->rates[i] = (struct calibration_rate){
            .bytes_per_s = tally->has_bytes ? tally->bytes / tally->seconds : 0,
            .rows_per_s = tally->has_rows ? tally->rows / tally->seconds : 0,
            .taken_at = mem_strdup(mem, taken_at),
            .machine = mem_strdup(mem, machine),
        };
    }
}

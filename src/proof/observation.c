/*
 * Observations: what an invariant's query gave at one instant.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/observation.h"
#include "base/clock.h"
#include "base/quantity.h"
#include "proof/label.h"
#include <math.h>

bool observation_tables(struct table_file *file, struct error *err)
{
    return table_file_run(
        file,
        "CREATE TABLE observation (invariant TEXT PRIMARY KEY, is_known INTEGER NOT NULL,"
        " value REAL, text TEXT, rows INTEGER NOT NULL, reason TEXT, detail TEXT,"
        " took_ms INTEGER NOT NULL, at_ms INTEGER NOT NULL);"
        "CREATE TABLE observed_row (invariant TEXT, label TEXT, number REAL, text TEXT,"
        " PRIMARY KEY (invariant, label)) WITHOUT ROWID;"
        "CREATE TABLE observed_key (invariant TEXT, key TEXT,"
        " PRIMARY KEY (invariant, key)) WITHOUT ROWID;"
        "CREATE TABLE drift (invariant TEXT PRIMARY KEY, absolute REAL NOT NULL)",
        err);
}

#define DETAIL_VALUES 8

struct taking {
    const struct invariant *invariant;
    const struct target *target;
    struct table_query *insert; // a row or a key
    int64_t rows;
    size_t n_columns;
    double value; // ZERO: offenders; SAME: the last number
    bool is_number;
    char text[512];    // first value of the first row
    char detail[1024]; // offenders, the most frequent first
    char reason[256];  // why it is not known; "" when it is
    struct error err;  // the table file's
    bool has_failed;
};

static bool read_number(const struct engine_value *value, double *out)
{
    char *end;

    if (value->is_null || value->len == 0)
        return false;
    *out = strtod(value->text, &end);
    return *end == '\0';
}

static bool stop(struct taking *taking, const char *reason)
{
    // A server's message may be longer; its beginning says enough.
    snprintf(taking->reason, sizeof(taking->reason), "%.*s", (int)sizeof(taking->reason) - 1,
             reason);
    return false;
}

static bool insert_row(struct taking *taking)
{
    if (table_query_run(taking->insert, &taking->err))
        return true;
    taking->has_failed = true;
    return false;
}

// (value …, how many): offenders. Differences of both signs must not add up to none.
static bool take_offender(struct taking *taking, const char *const *names,
                          const struct engine_value *values, size_t n)
{
    SCRATCH(tmp);
    double number;

    if (!read_number(&values[n - 1], &number))
        return stop(taking, "the last column of a row of offenders is no number");
    taking->value += fabs(number);
    if (taking->rows > DETAIL_VALUES)
        return true;
    const char *label = label_of(tmp, taking->target, names, values, n - 1);
    size_t used = strlen(taking->detail);
    if (used < sizeof(taking->detail))
        snprintf(taking->detail + used, sizeof(taking->detail) - used, "%s%s (%s)",
                 used == 0 ? "" : ", ", label, quantity_count(tmp, (int64_t)number));
    return true;
}

static bool take_zero(struct taking *taking, const char *const *names,
                      const struct engine_value *values, size_t n)
{
    if (n > 1)
        return take_offender(taking, names, values, n);
    // One column: one number, or a list of offenders, of which each row is one.
    if (taking->rows == 1) {
        taking->is_number = read_number(&values[0], &taking->value);
        if (values[0].is_null)
            return stop(taking, "the query gave NULL: nothing was counted");
    }
    if (taking->rows > 1 || !taking->is_number)
        taking->value = (double)taking->rows;
    return true;
}

static bool take_same(struct taking *taking, const char *const *names,
                      const struct engine_value *values, size_t n)
{
    SCRATCH(tmp);
    const struct engine_value *last = &values[n - 1];
    bool is_masked = target_is_masked(taking->target, names[n - 1]);
    double number = 0;

    if (taking->rows > OBSERVATION_GROUPS_MAX)
        return stop(taking, "more than 100,000 groups");
    taking->is_number = !is_masked && read_number(last, &number);
    taking->value = number;
    table_query_bind_text(taking->insert, 1, taking->invariant->name);
    table_query_bind_text(taking->insert, 2, label_of(tmp, taking->target, names, values, n - 1));
    if (taking->is_number)
        table_query_bind_real(taking->insert, 3, number);
    else
        table_query_bind_text(taking->insert, 3, NULL);
    table_query_bind_text(taking->insert, 4,
                          last->is_null ? NULL
                          : taking->is_number
                              ? last->text
                              : label_of(tmp, taking->target, &names[n - 1], last, 1));
    return insert_row(taking);
}

static bool take_key(struct taking *taking, const char *const *names,
                     const struct engine_value *values, size_t n)
{
    SCRATCH(tmp);

    table_query_bind_text(taking->insert, 1, taking->invariant->name);
    table_query_bind_text(taking->insert, 2, label_of(tmp, taking->target, names, values, n));
    return insert_row(taking);
}

static bool take_value(struct taking *taking, const char *const *names,
                       const struct engine_value *values, size_t n)
{
    taking->is_number = read_number(&values[0], &taking->value);
    if (taking->rows > 1 || n > 1)
        return stop(taking, "the query gave more than one value");
    if (target_is_masked(taking->target, names[0]))
        return stop(taking, "it would show a masked column");
    if (values[0].kind == VALUE_TEXT)
        snprintf(taking->text, sizeof(taking->text), "%s", values[0].text);
    return true;
}

static bool take_row(void *context, const char *const *names, const struct engine_value *values,
                     size_t n)
{
    SCRATCH(tmp);
    struct taking *taking = context;

    taking->rows++;
    taking->n_columns = n;
    if (n == 0)
        return stop(taking, "the query gave rows without columns");
    if (taking->rows == 1)
        snprintf(taking->text, sizeof(taking->text), "%s",
                 label_of(tmp, taking->target, names, values, 1));
    switch (taking->invariant->kind) {
    case INVARIANT_ZERO: return take_zero(taking, names, values, n);
    case INVARIANT_SAME: return take_same(taking, names, values, n);
    case INVARIANT_KEYS_KEPT: return take_key(taking, names, values, n);
    case INVARIANT_VALUE: return take_value(taking, names, values, n);
    }
    return false;
}

// A list whose last rows are left out of the detail says so.
static void finish(struct taking *taking)
{
    size_t used = strlen(taking->detail);

    if (taking->invariant->kind == INVARIANT_ZERO && taking->n_columns > 1 &&
        taking->rows > DETAIL_VALUES && used < sizeof(taking->detail))
        snprintf(taking->detail + used, sizeof(taking->detail) - used, " and %lld more values",
                 (long long)(taking->rows - DETAIL_VALUES));
    if (taking->reason[0] != '\0')
        return;
    if (taking->invariant->kind == INVARIANT_VALUE && taking->rows == 0)
        stop(taking, "the query gave no row");
}

static bool store(struct table_file *file, const struct taking *taking, int64_t took_ms,
                  struct error *err)
{
    SCRATCH(tmp);
    struct table_query *insert;
    bool has_value = taking->invariant->kind == INVARIANT_ZERO || taking->is_number;

    TRY(table_query_make(
        tmp, file,
        "INSERT OR REPLACE INTO observation (invariant, is_known, value, text, rows, "
        "reason, detail, took_ms, at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        &insert, err));
    table_query_bind_text(insert, 1, taking->invariant->name);
    table_query_bind_integer(insert, 2, taking->reason[0] == '\0');
    if (has_value)
        table_query_bind_real(insert, 3, taking->value);
    table_query_bind_text(insert, 4, taking->rows > 0 ? taking->text : NULL);
    table_query_bind_integer(insert, 5, taking->rows);
    table_query_bind_text(insert, 6, taking->reason[0] == '\0' ? NULL : taking->reason);
    table_query_bind_text(insert, 7, taking->detail[0] == '\0' ? NULL : taking->detail);
    table_query_bind_integer(insert, 8, took_ms);
    table_query_bind_integer(insert, 9, clock_wall_ms());
    return table_query_run(insert, err);
}

// Sample keys of offenders: "id=17, id=23".
struct sampling {
    const struct target *target;
    char *text;
    size_t size;
};

static bool take_sample(void *context, const char *const *names, const struct engine_value *values,
                        size_t n)
{
    SCRATCH(tmp);
    struct sampling *sampling = context;

    for (size_t i = 0; i < n; i++) {
        size_t used = strlen(sampling->text);
        if (used + 1 >= sampling->size)
            return false;
        bool is_plain = values[i].is_null || !target_is_masked(sampling->target, names[i]);
        snprintf(sampling->text + used, sampling->size - used, "%s%s=%s", used == 0 ? "" : ", ",
                 names[i],
                 values[i].is_null ? "NULL"
                 : is_plain        ? values[i].text
                                   : label_of(tmp, sampling->target, &names[i], &values[i], 1));
    }
    return true;
}

// Keys are an addition: when they cannot be had, the number stands alone.
static void add_samples(const struct target *target, struct taking *taking)
{
    char keys[512] = "";
    struct sampling sampling = {.target = target, .text = keys, .size = sizeof(keys)};
    struct error ignored;

    if (taking->invariant->samples == NULL || taking->value <= 0 || taking->reason[0] != '\0' ||
        !target->driver->session->query(target->engine, taking->invariant->samples, take_sample,
                                        &sampling, &ignored) ||
        keys[0] == '\0')
        return;
    size_t used = strlen(taking->detail);
    if (used < sizeof(taking->detail))
        snprintf(taking->detail + used, sizeof(taking->detail) - used, "%s%s%s",
                 used == 0 ? "" : ": ", keys, taking->value > 5 ? ", …" : "");
}

// Of two rows of one group only one could be compared.
static bool check_groups(struct table_file *file, struct taking *taking, struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;
    bool has_row;

    if (taking->invariant->kind != INVARIANT_SAME || taking->reason[0] != '\0')
        return true;
    TRY(table_query_make(tmp, file, "SELECT count(*) FROM main.observed_row WHERE invariant = ?1",
                         &query, err));
    table_query_bind_text(query, 1, taking->invariant->name);
    TRY(table_query_next(query, &has_row, err));
    if (table_query_integer(query, 0) != taking->rows)
        stop(taking, "the query gave more than one row for one group: all columns but the last are "
                     "the group");
    return true;
}

static const char *insert_sql(const struct invariant *invariant)
{
    return invariant->kind == INVARIANT_KEYS_KEPT
               ? "INSERT OR IGNORE INTO observed_key (invariant, key) VALUES (?1, ?2)"
               : "INSERT OR IGNORE INTO observed_row (invariant, label, number, text) "
                 "VALUES (?1, ?2, ?3, ?4)";
}

bool observation_take(struct table_file *file, const struct target *target,
                      const struct invariant *invariant, enum invariant_moment moment,
                      struct error *err)
{
    SCRATCH(tmp);
    struct taking *taking = mem_new(tmp, struct taking);
    struct error failure = {0};
    int64_t started_ms = clock_monotonic_ms();
    const char *sql = moment == MOMENT_BEFORE && invariant->sql_before != NULL
                          ? invariant->sql_before
                          : invariant->sql;

    taking->invariant = invariant;
    taking->target = target;
    TRY(table_query_make(tmp, file, insert_sql(invariant), &taking->insert, err));
    bool was_answered =
        target->driver->session->query(target->engine, sql, take_row, taking, &failure);
    if (taking->has_failed) {
        *err = taking->err;
        return false;
    }
    if (!was_answered) {
        if (failure.code == ERROR_INTERRUPTED || failure.code == ERROR_UNREACHABLE) {
            *err = failure;
            return false;
        }
        stop(taking, failure.message);
    }
    finish(taking);
    TRY(check_groups(file, taking, err));
    if (invariant->kind == INVARIANT_ZERO)
        add_samples(target, taking);
    return store(file, taking, clock_monotonic_ms() - started_ms, err);
}

/*
 * Facts of one table for a baseline, asked through the guarded channel.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/table_facts.h"
#include "base/text.h"
#include "proof/sql.h"

struct facts {
    TALLOC_CTX *mem;
    const struct target *target;
    struct baseline_table *table;
    const char *relation; // quoted
    const struct schema_relation *schema_relation;
};

static bool is_listed(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (text_equal_nocase(names[i], name))
            return true;
    return false;
}

// What has min, max and sum: a type of PostgreSQL that is not among these may have none of them.
static bool is_postgres_number(const char *type)
{
    static const char *const words[] = {"int2",   "int4",   "int8",  "numeric",
                                        "float4", "float8", "money", "interval"};
    return word_in(type, words, COUNT_OF(words));
}

static bool is_postgres_ordered(const char *type)
{
    static const char *const words[] = {"text", "varchar", "bpchar",    "date",
                                        "time", "timetz",  "timestamp", "timestamptz"};
    return word_in(type, words, COUNT_OF(words));
}

// SQLite takes any word for a type: these parts make it a number there as well (affinity rules).
static bool is_number(const struct facts *facts, const struct baseline_column *column)
{
    static const char *const parts[] = {"int", "real", "floa", "doub", "num", "dec", "serial"};
    SCRATCH(tmp);
    const char *lower = text_lower(tmp, column->type);

    if (facts->target->driver->dialect == DIALECT_POSTGRES)
        return is_postgres_number(column->type);

    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (strstr(lower, parts[i]) != NULL && strstr(lower, "interval") == NULL &&
            strstr(lower, "point") == NULL)
            return true;
    return false;
}

static bool is_ordered(const struct facts *facts, const struct baseline_column *column)
{
    static const char *const parts[] = {"char", "text", "date", "time", "clob"};
    SCRATCH(tmp);
    const char *lower = text_lower(tmp, column->type);

    if (facts->target->driver->dialect == DIALECT_POSTGRES)
        return is_postgres_ordered(column->type);

    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (strstr(lower, parts[i]) != NULL)
            return true;
    return false;
}

static char *type_of(TALLOC_CTX *mem, const struct schema_column *column)
{
    if (column == NULL || column->type.name == NULL)
        return mem_strdup(mem, "");
    return mem_printf(mem, "%s%s", column->type.name, column->type.is_array ? "[]" : "");
}

static bool add_columns(struct facts *facts, const struct trace_table *traced,
                        const struct schema_relation *relation, const struct config_table *settings,
                        struct error *err)
{
    for (size_t i = 0; i < traced->n_columns; i++) {
        const char *name = traced->columns[i]->before;
        if (name == NULL ||
            (settings != NULL && is_listed(settings->ignore, settings->n_ignore, name)))
            continue;
        const struct schema_column *column = schema_find_column(relation, name);
        *mem_append(facts->mem, facts->table->columns, facts->table->n_columns) =
            (struct baseline_column){
                .name = mem_strdup(facts->mem, name),
                .type = type_of(facts->mem, column),
                .written_rows = -1,
            };
    }
    if (facts->table->n_columns == 0)
        return error_set(err, ERROR_INPUT, "table '%s' has no column that can be compared",
                         facts->table->name.name);
    return true;
}

// --- the numbers of all columns in one pass

static bool take_numbers(void *context, const char *const *names, const struct engine_value *values,
                         size_t n)
{
    struct facts *facts = context;

    (void)names;
    facts->table->rows = strtoll(values[0].text, NULL, 10);
    for (size_t i = 0; i < facts->table->n_columns && 4 * i + 4 < n; i++) {
        struct baseline_column *column = &facts->table->columns[i];
        const struct engine_value *value = &values[4 * i + 1];
        column->nulls = facts->table->rows - strtoll(value[0].text, NULL, 10);
        column->least = value[1].is_null ? NULL : mem_strdup(facts->mem, value[1].text);
        column->greatest = value[2].is_null ? NULL : mem_strdup(facts->mem, value[2].text);
        column->total = value[3].is_null ? NULL : mem_strdup(facts->mem, value[3].text);
    }
    return false; // one row
}

static char *numbers_sql(TALLOC_CTX *mem, const struct facts *facts)
{
    char *sql = mem_strdup(mem, "SELECT count(*)");

    for (size_t i = 0; i < facts->table->n_columns; i++) {
        const struct baseline_column *column = &facts->table->columns[i];
        const char *name = sql_name(mem, column->name);
        bool is_masked = target_is_masked(facts->target, column->name);
        sql = mem_printf(mem, "%s, count(%s)", sql, name);
        if (!is_masked && is_number(facts, column))
            sql = mem_printf(mem, "%s, min(%s), max(%s), sum(%s)", sql, name, name, name);
        else if (!is_masked && is_ordered(facts, column))
            sql = mem_printf(mem,
                             "%s, substr(CAST(min(%s) AS text), 1, 64), "
                             "substr(CAST(max(%s) AS text), 1, 64), NULL",
                             sql, name, name);
        else
            sql = mem_printf(mem, "%s, NULL, NULL, NULL", sql);
    }
    return mem_printf(mem, "%s FROM %s", sql, facts->relation);
}

// --- single numbers

static bool take_number(void *context, const char *const *names, const struct engine_value *values,
                        size_t n)
{
    int64_t *number = context;

    (void)names;
    if (n == 1 && !values[0].is_null)
        *number = strtoll(values[0].text, NULL, 10);
    return false;
}

static bool is_fatal(const struct error *err)
{
    return err->code == ERROR_INTERRUPTED || err->code == ERROR_UNREACHABLE;
}

// -1 when it cannot be told: a predicate that is refused makes nothing known, and fails nothing.
static bool count(const struct facts *facts, const char *sql, int64_t *out, struct error *err)
{
    struct error failure = {0};

    *out = -1;
    if (facts->target->driver->session->query(facts->target->engine, sql, take_number, out,
                                              &failure) ||
        !is_fatal(&failure))
        return true;
    *err = failure;
    return false;
}

static bool count_rows(const struct facts *facts, const struct trace_rows *rows, int64_t *out,
                       struct error *err)
{
    SCRATCH(tmp);

    *out = -1;
    if (rows->cause == NULL || !rows->is_countable)
        return true;
    return count(facts,
                 mem_printf(tmp, "SELECT count(*) FROM %s%s%s", facts->relation,
                            rows->where == NULL ? "" : " WHERE ",
                            rows->where == NULL ? "" : rows->where),
                 out, err);
}

// Few different values by the catalog; whether they are few indeed is seen when the rows are read.
static int64_t known_distinct(const struct facts *facts, const char *name)
{
    const struct schema_column *column = schema_find_column(facts->schema_relation, name);
    return facts->target->driver->dialect == DIALECT_POSTGRES && column != NULL
               ? column->distinct_values
               : -1;
}

static bool find_shown(struct facts *facts, struct error *err)
{
    SCRATCH(tmp);

    for (size_t i = 0; i < facts->table->n_columns; i++) {
        struct baseline_column *column = &facts->table->columns[i];
        int64_t distinct;
        if (target_is_masked(facts->target, column->name))
            continue;
        distinct = known_distinct(facts, column->name);
        if (distinct < 0)
            TRY(count(
                facts,
                mem_printf(tmp, "SELECT count(*) FROM (SELECT DISTINCT %s FROM %s LIMIT %d) AS few",
                           sql_name(tmp, column->name), facts->relation, BASELINE_DISTINCT_MAX + 1),
                &distinct, err));
        // A column in which every row has its own value tells no groups apart.
        column->is_shown = distinct > 0 && distinct <= BASELINE_DISTINCT_MAX &&
                           (distinct < facts->table->rows || facts->table->rows == 1);
    }
    return true;
}

// --- age

static const char *age_column(const struct facts *facts, const struct config_table *settings)
{
    static const char *const usual[] = {"updated_at", "created_at"};

    if (settings != NULL && settings->age != NULL)
        return settings->age;
    for (size_t u = 0; u < COUNT_OF(usual); u++)
        for (size_t i = 0; i < facts->table->n_columns; i++)
            if (text_equal_nocase(facts->table->columns[i].name, usual[u]))
                return facts->table->columns[i].name;
    return NULL;
}

static bool take_age(void *context, const char *const *names, const struct engine_value *values,
                     size_t n)
{
    struct facts *facts = context;

    (void)names;
    if (n == 1 && !values[0].is_null)
        facts->table->age = mem_strdup(facts->mem, values[0].text);
    return false;
}

// It was asked with all other numbers.
static const char *greatest(const struct facts *facts, const char *column)
{
    for (size_t i = 0; i < facts->table->n_columns; i++)
        if (text_equal_nocase(facts->table->columns[i].name, column))
            return facts->table->columns[i].greatest;
    return NULL;
}

static bool read_age(struct facts *facts, const struct config_table *settings, struct error *err)
{
    SCRATCH(tmp);
    struct error failure = {0};
    const char *column = age_column(facts, settings);

    if (column == NULL || target_is_masked(facts->target, column))
        return true;
    facts->table->age_column = mem_strdup(facts->mem, column);
    if (facts->target->driver->dialect == DIALECT_POSTGRES) {
        facts->table->age = greatest(facts, column);
        return true;
    }
    const char *sql =
        mem_printf(tmp, "SELECT max(%s) FROM %s", sql_name(tmp, column), facts->relation);
    if (facts->target->driver->session->query(facts->target->engine, sql, take_age, facts,
                                              &failure) ||
        !is_fatal(&failure))
        return true;
    *err = failure;
    return false;
}

bool table_facts_read(TALLOC_CTX *mem, const struct baseline_request *request,
                      const struct trace_table *traced, const struct schema_relation *relation,
                      struct baseline_table *table, struct error *err)
{
    SCRATCH(tmp);
    const struct config_table *settings = baseline_settings(request->config, traced->before);
    struct error failure = {0};
    struct facts facts = {
        .mem = mem,
        .target = request->target,
        .table = table,
        .relation = sql_relation(tmp, traced->before),
        .schema_relation = relation,
    };

    TRY(add_columns(&facts, traced, relation, settings, err));
    // A sum that overflows, a type without order: the other facts do not need it.
    if (!request->target->driver->session->query(request->target->engine, numbers_sql(tmp, &facts),
                                                 take_numbers, &facts, &failure) &&
        is_fatal(&failure)) {
        *err = failure;
        return false;
    }
    TRY(find_shown(&facts, err));
    TRY(read_age(&facts, settings, err));
    TRY(count_rows(&facts, &traced->removed, &table->removed_rows, err));
    for (size_t i = 0; i < table->n_columns; i++)
        TRY(count_rows(&facts, &trace_column_before(traced, table->columns[i].name)->written,
                       &table->columns[i].written_rows, err));
    return true;
}

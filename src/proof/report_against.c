/*
 * Reports of two databases' tables beside each other.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/json.h"
#include "base/quantity.h"
#include "proof/against.h"
#include "proof/sql.h"

#define SHOWN 5

// "; 3 rows are missing: id=1, id=2, …"
static void write_rows(FILE *out, const struct located_rows *rows, const char *what)
{
    SCRATCH(tmp);

    if (rows->rows == 0)
        return;
    fprintf(out, "        %s row%s %s", quantity_count(tmp, rows->rows), rows->rows == 1 ? "" : "s",
            what);
    for (size_t i = 0; i < rows->n_samples && i < SHOWN; i++)
        fprintf(out, "%s%s", i == 0 ? ": " : ", ", rows->samples[i]);
    fputs(rows->n_samples > 0 && rows->rows > SHOWN ? ", …\n" : "\n", out);
}

static void write_names(FILE *out, const char *what, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s%s%s", i == 0 ? "        " : ", ", i == 0 ? what : "", names[i]);
    if (n > 0)
        fputc('\n', out);
}

static bool is_pair(const struct against_table *table)
{
    return table->here.name != NULL && table->there.name != NULL;
}

static void write_differences(FILE *out, const struct against_table *table)
{
    SCRATCH(tmp);
    const struct location *location = &table->location;

    if (table->unknown != NULL)
        fprintf(out, "        %s\n", table->unknown);
    if (is_pair(table) && table->unknown == NULL && !table->has_key && !location->is_equal)
        fputs("        the rows differ; without a key nobody can say which: name one in "
              "tminus.yaml, tables: {NAME: {key: …}}\n",
              out);
    write_rows(out, &location->missing, "missing here");
    write_rows(out, &location->extra, "only here");
    for (size_t i = 0; i < location->n_columns; i++) {
        const struct located_column *column = &location->columns[i];
        if (column->unknown != NULL)
            fprintf(out, "        %s is not compared: %s\n", column->column, column->unknown);
        else
            write_rows(out, &column->changed,
                       mem_printf(tmp, "differ%s in %s", column->changed.rows == 1 ? "s" : "",
                                  column->column));
    }
    write_names(out, "columns missing here: ", location->only_before, location->n_only_before);
    write_names(out, "columns only here: ", location->only_after, location->n_only_after);
}

static void write_table(FILE *out, const struct against_table *table)
{
    SCRATCH(tmp);
    const struct location *location = &table->location;
    enum status status = against_status(table);
    bool is_here = table->here.name != NULL;
    const char *here = sql_shown(tmp, is_here ? table->here : table->there);
    const char *there = sql_shown(tmp, is_pair(table) ? table->there : table->here);

    fprintf(out, "%-7s %s", status_name(status), here);
    if (is_pair(table) && strcmp(here, there) != 0)
        fprintf(out, " and %s", there);
    if (!is_pair(table))
        fprintf(out, ": only %s", is_here ? "here" : "there");
    else if (status == STATUS_PASS)
        fputs(": equal", out);
    if (is_pair(table) && table->unknown == NULL && location->rows_after >= 0 &&
        location->rows_before >= 0)
        fprintf(out, ", %s and %s rows", quantity_count(tmp, location->rows_after),
                quantity_count(tmp, location->rows_before));
    fputc('\n', out);
    write_differences(out, table);
}

void report_against_text(FILE *out, const struct against *against, bool is_colored)
{
    SCRATCH(tmp);
    static const char *const reasons[] = {
        [VERDICT_GO] = "every row is the same",
        [VERDICT_NO_GO] = "the tables differ",
        [VERDICT_HOLD] = "not everything could be compared",
    };

    for (size_t i = 0; i < against->n_tables; i++)
        write_table(out, &against->tables[i]);
    fprintf(out, "\n%s%s%s: %s\n%s against %s, in %s\n",
            is_colored ? verdict_color(against->verdict) : "", verdict_words(against->verdict),
            is_colored ? COLOR_PLAIN : "", reasons[against->verdict], against->here->identity.text,
            against->there == against->here ? "itself" : against->there->identity.text,
            quantity_duration(tmp, against->took_ms));
}

// --- JSON

static json_t *names(const char *const *list, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(array, json_text(list[i]));
    return array;
}

static void put_relation(json_t *object, const char *member, struct name relation)
{
    SCRATCH(tmp);

    json_put_text(object, member,
                  relation.name == NULL ? NULL
                  : relation.schema == NULL
                      ? relation.name
                      : mem_printf(tmp, "%s.%s", relation.schema, relation.name));
}

static json_t *samples(const struct located_rows *rows)
{
    json_t *array = json_array();
    for (size_t i = 0; i < rows->n_samples; i++)
        json_array_append_new(array, json_text(rows->samples[i]));
    return array;
}

static void put_columns(json_t *object, const struct location *location)
{
    json_t *differs = json_put_array(object, "differs");
    json_t *shown = json_put_object(object, "samples");
    json_t *columns = json_object();

    json_put(shown, "missing", samples(&location->missing));
    json_put(shown, "extra", samples(&location->extra));
    for (size_t i = 0; i < location->n_columns; i++) {
        const struct located_column *column = &location->columns[i];
        if (column->changed.rows == 0 && column->unknown == NULL)
            continue;
        json_t *entry = json_object();
        json_put_text(entry, "column", column->column);
        json_put_integer(entry, "rows", column->changed.rows);
        json_put_text(entry, "unknown", column->unknown);
        json_array_append_new(differs, entry);
        json_put(columns, column->column, samples(&column->changed));
    }
    json_put(shown, "columns", columns);
}

static json_t *table_json(const struct against_table *table)
{
    json_t *object = json_object();
    const struct location *location = &table->location;
    enum status status = against_status(table);

    put_relation(object, "table", table->here);
    put_relation(object, "other", table->there);
    json_put(object, "equal",
             status == STATUS_UNKNOWN ? json_null() : json_boolean(status == STATUS_PASS));
    json_put_text(object, "unknown", table->unknown);
    json_put_bool(object, "has_key", table->has_key);
    json_put_integer(object, "missing_keys", location->missing.rows);
    json_put_integer(object, "extra_keys", location->extra.rows);
    json_put_integer(object, "changed_keys", location->changed.rows);
    put_columns(object, location);
    json_put(object, "columns_only_here", names(location->only_after, location->n_only_after));
    json_put(object, "columns_only_there", names(location->only_before, location->n_only_before));
    return object;
}

static void put_database(json_t *document, const char *name, const struct target *target)
{
    json_t *object = json_put_object(document, name);
    json_put_text(object, "database", target->identity.database);
    json_put_text(object, "system", target->identity.system);
    json_put_text(object, "text", target->identity.text);
}

void report_against_json(FILE *out, const struct against *against)
{
    json_auto_t *document = json_object();

    json_put_text(document, "schema", "tminus/verify/1");
    json_put_text(document, "verdict", verdict_name(against->verdict));
    put_database(document, "database", against->here);
    put_database(document, "against", against->there);
    json_put_array(document, "invariants");
    json_t *tables = json_put_array(document, "tables");
    for (size_t i = 0; i < against->n_tables; i++)
        json_array_append_new(tables, table_json(&against->tables[i]));
    json_put_integer(document, "took_ms", against->took_ms);
    json_write(out, document);
}

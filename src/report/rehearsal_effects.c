/*
 * Effects of a rehearsal as text: a table a block, worst first, values beside what they became.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "report/rehearsal.h"
#include <inttypes.h>

#define TABLES_SHOWN 20
#define PAIRS_SHOWN 6
#define SCATTERED_SHOWN 2
#define OBJECTS_SHOWN 12

static void write_rows(FILE *out, int64_t rows, const char *what)
{
    SCRATCH(tmp);
    if (rows > 0)
        fprintf(out, ", %s %s", quantity_count(tmp, rows), what);
}

static void write_value(FILE *out, const char *value)
{
    if (value == NULL)
        fputs("NULL", out);
    else
        fprintf(out, "'%s'", value);
}

static void write_pairs(FILE *out, const struct column_effect *column, bool is_whole)
{
    SCRATCH(tmp);
    // Where each row has a pair of its own, two are enough to see that.
    bool is_scattered = column->n_pairs > 0 && column->pairs[0].rows == 1;
    size_t most = is_scattered ? SCATTERED_SHOWN : PAIRS_SHOWN;
    size_t shown = is_whole || column->n_pairs < most ? column->n_pairs : most;
    for (size_t i = 0; i < shown; i++) {
        const struct value_pair *pair = &column->pairs[i];
        fprintf(out, "      %12s  ", quantity_count(tmp, pair->rows));
        write_value(out, pair->before);
        fputs(" → ", out);
        write_value(out, pair->after);
        fputc('\n', out);
    }
    if (shown > 0 && (shown < column->n_pairs || !column->has_all_pairs))
        fprintf(out, "      %12s  others\n", "");
}

static void write_column(FILE *out, const struct column_effect *column, bool is_whole)
{
    SCRATCH(tmp);
    fprintf(out, "    %s", column->column);
    if (column->is_dropped) {
        fprintf(out, ": dropped, %s rows had a value", quantity_count(tmp, column->changed));
    } else if (column->before == NULL) {
        fprintf(out, ": new, filled in %s rows", quantity_count(tmp, column->changed));
    } else {
        if (strcmp(column->before, column->column) != 0)
            fprintf(out, " (was %s)", column->before);
        fprintf(out, ": %s changed", quantity_count(tmp, column->changed));
        write_rows(out, column->to_null, "to NULL");
        write_rows(out, column->from_null, "from NULL");
        if (column->distinct_before >= 0 && column->distinct_after >= 0 &&
            column->distinct_after < column->distinct_before)
            fprintf(out, "; %s different values became %s",
                    quantity_count(tmp, column->distinct_before),
                    quantity_count(tmp, column->distinct_after));
    }
    fprintf(out, "%s\n", column->is_masked ? " (masked)" : "");
    if (column->unknown != NULL)
        fprintf(out, "      not compared: %s\n", column->unknown);
    if (!column->is_dropped)
        write_pairs(out, column, is_whole);
}

static void write_keys(FILE *out, const char *what, const struct key_sample *sample)
{
    SCRATCH(tmp);
    if (sample->rows == 0)
        return;
    fprintf(out, "    %s %s row%s", what, quantity_count(tmp, sample->rows),
            sample->rows == 1 ? "" : "s");
    for (size_t i = 0; i < sample->n_keys; i++)
        fprintf(out, "%s%s", i == 0 ? ": " : ", ", sample->keys[i]);
    if (sample->n_keys > 0 && (int64_t)sample->n_keys < sample->rows)
        fputs(", …", out);
    fputc('\n', out);
}

static void write_table(FILE *out, const struct table_effect *table, bool is_whole)
{
    SCRATCH(tmp);
    fprintf(out, "  %s", table->table);
    if (table->before == NULL)
        fprintf(out, ": new, %s rows\n", quantity_count(tmp, table->rows_after));
    else if (table->is_dropped)
        fprintf(out, ": dropped, with %s rows\n", quantity_count(tmp, table->rows_before));
    else
        fprintf(out, "%s%s%s: %s → %s rows\n",
                strcmp(table->before, table->table) != 0 ? " (was " : "",
                strcmp(table->before, table->table) != 0 ? table->before : "",
                strcmp(table->before, table->table) != 0 ? ")" : "",
                quantity_count(tmp, table->rows_before), quantity_count(tmp, table->rows_after));
    if (table->unknown != NULL)
        fprintf(out, "    not compared row by row: %s\n", table->unknown);
    if (table->before == NULL || table->is_dropped)
        return;
    write_keys(out, "removed", &table->removed);
    write_keys(out, "added", &table->added);
    write_keys(out, "doubled", &table->duplicated);
    write_keys(out, "changed", &table->changed);
    for (size_t i = 0; i < table->n_columns; i++)
        write_column(out, &table->columns[i], is_whole);
}

static void write_objects(FILE *out, const struct measured_effects *effects, bool is_whole)
{
    size_t shown =
        is_whole || effects->n_objects <= OBJECTS_SHOWN ? effects->n_objects : OBJECTS_SHOWN;
    for (size_t i = 0; i < shown; i++)
        fprintf(out, "  %-7s %s%s\n", effects->objects[i].what, effects->objects[i].object,
                effects->objects[i].is_reordered ? " (the order of its columns)" : "");
    if (shown < effects->n_objects)
        fprintf(out, "  and %zu more objects of the schema: --verbose\n",
                effects->n_objects - shown);
}

void report_effects_text(FILE *out, const struct measured_effects *effects,
                         const struct report_rehearsal_options *options)
{
    size_t shown =
        options->is_whole || effects->n_tables <= TABLES_SHOWN ? effects->n_tables : TABLES_SHOWN;
    for (size_t i = 0; i < shown; i++)
        write_table(out, &effects->tables[i], options->is_whole);
    if (shown < effects->n_tables)
        fprintf(out, "  and %zu more tables: --verbose\n", effects->n_tables - shown);
    write_objects(out, effects, options->is_whole);
}

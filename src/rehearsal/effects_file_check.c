/*
 * Effects files, checked: a run beside what was approved.
 *
 * An effect that is not in the file, one that is in it and did not happen, and one of another size
 * are findings. Nothing is exactly nothing; what is more scales with the table.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "base/quantity.h"
#include "rehearsal/effects_file_parts.h"
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#define KEYS_SHOWN 3

struct checking {
    const struct effects_file *file;
    struct findings *out;
    const struct approved_table *approved; // the table at hand
    const struct table_effect *measured;
    const struct tolerance *tolerance; // of the table or column at hand; NULL: the usual one
    size_t line;
    const char *place; // "emails", "emails.status"
};

// --- findings

static PRINTF_LIKE(4, 5) void find(const struct checking *checking, const char *rule, size_t line,
                                   const char *format, ...)
{
    SCRATCH(tmp);
    va_list values;
    va_start(values, format);
    const char *message = mem_checked(talloc_vasprintf(tmp, format, values));
    va_end(values);
    const struct finding finding = {
        .rule = rule,
        .severity = SEVERITY_STOP,
        .path = checking->file->path,
        .line = line,
        .column = line > 0 ? 1 : 0,
        .message = message,
        .hint = "is it meant? `tminus rehearse --write` writes the file anew: have the difference "
                "reviewed, and commit it",
        .layer = LAYER_MEASURED,
    };
    findings_add(checking->out, &finding, message);
}

static char *keys_text(TALLOC_CTX *mem, const struct key_sample *sample)
{
    char *text = mem_strdup(mem, "");
    for (size_t i = 0; i < sample->n_keys && i < KEYS_SHOWN; i++)
        text = mem_printf(mem, "%s%s%s", text, i > 0 ? "; " : " (", sample->keys[i]);
    if (sample->n_keys == 0)
        return text;
    return mem_printf(mem, "%s%s)", text, sample->rows > KEYS_SHOWN ? "; …" : "");
}

static char *share_text(TALLOC_CTX *mem, int64_t rows, int64_t of)
{
    char *count = quantity_count(mem, rows);
    return of > 0 ? mem_printf(mem, "%s of %s", count, quantity_count(mem, of)) : count;
}

// --- numbers

static double expected_rows(const struct checking *checking, const struct approved_number *number)
{
    int64_t base = checking->measured->rows_before;
    if (!number->has_share || base == checking->approved->rows)
        return (double)number->rows;
    return number->share * (double)(base > 0 ? base : 0);
}

static double margin(const struct checking *checking, double expected)
{
    static const double rounding = 0.5;
    const struct tolerance *tolerance = checking->tolerance;
    if (tolerance == NULL)
        return fmax(EFFECTS_TOLERANCE_SHARE * expected, EFFECTS_TOLERANCE_ROWS);
    switch (tolerance->kind) {
    case TOLERANCE_SHARE: return fmax(tolerance->value * expected, rounding);
    case TOLERANCE_ABSOLUTE: return tolerance->value;
    case TOLERANCE_EXACT:
    case TOLERANCE_LEARNED: break;
    }
    return rounding;
}

// How many rows a new table gets depends on others: some remain some.
static bool is_near(const struct checking *checking, const struct approved_number *number,
                    int64_t rows)
{
    bool is_free = checking->approved->state != NULL &&
                   strcmp(checking->approved->state, "new") == 0 && checking->tolerance == NULL;
    double expected = expected_rows(checking, number);
    if (is_free && number->rows > 0 && rows > 0)
        return true;
    return fabs((double)rows - expected) <= margin(checking, expected);
}

// `what`: "rows were removed". `keys` NULL: none are told.
static void check_number(const struct checking *checking, const struct approved_number *number,
                         int64_t rows, const char *what, const struct key_sample *keys)
{
    SCRATCH(tmp);
    const char *shown = keys == NULL ? "" : keys_text(tmp, keys);
    size_t line = number->line > 0 ? number->line : checking->line;
    char *measured = share_text(tmp, rows, checking->measured->rows_before);
    char *approved = share_text(tmp, number->rows, checking->approved->rows);
    if (rows > 0 && number->rows == 0)
        find(checking, "effect-not-approved", line, "%s: %s %s%s, approved are none",
             checking->place, measured, what, shown);
    else if (number->rows > 0 && is_near(checking, number, rows))
        return;
    else if (number->rows > 0 && rows == 0)
        find(checking, "effect-missing", line, "%s: no %s, approved are %s", checking->place, what,
             approved);
    else if (number->rows > 0)
        find(checking, "effect-differs", line, "%s: %s %s%s, approved are %s", checking->place,
             measured, what, shown, approved);
}

// --- pairs

static bool is_same_value(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static char *value_text(TALLOC_CTX *mem, const char *value)
{
    return value == NULL ? mem_strdup(mem, "NULL") : mem_printf(mem, "'%s'", value);
}

static const struct approved_pair *find_approved(const struct approved_column *column,
                                                 const struct value_pair *pair)
{
    for (size_t i = 0; i < column->n_pairs; i++)
        if (is_same_value(column->pairs[i].from, pair->before) &&
            is_same_value(column->pairs[i].to, pair->after))
            return &column->pairs[i];
    return NULL;
}

static bool has_pair(const struct column_effect *column, const struct approved_pair *pair)
{
    for (size_t i = 0; i < column->n_pairs; i++)
        if (is_same_value(column->pairs[i].before, pair->from) &&
            is_same_value(column->pairs[i].after, pair->to))
            return true;
    return false;
}

static void check_pair(const struct checking *checking, const struct approved_column *approved,
                       const struct value_pair *pair)
{
    SCRATCH(tmp);
    const struct approved_pair *found = find_approved(approved, pair);
    const char *before = value_text(tmp, pair->before);
    const char *after = value_text(tmp, pair->after);
    if (found != NULL)
        check_number(checking, &found->rows, pair->rows,
                     mem_printf(tmp, "values %s became %s", before, after), NULL);
    else if (!approved->has_other_pairs)
        find(checking, "effect-not-approved", checking->line,
             "%s: %s values %s became %s, which is not approved", checking->place,
             quantity_count(tmp, pair->rows), before, after);
}

static void check_pairs(const struct checking *checking, const struct approved_column *approved,
                        const struct column_effect *measured)
{
    if (approved->has_any_pairs || approved->is_masked || measured->is_masked)
        return;
    for (size_t i = 0; i < measured->n_pairs; i++)
        check_pair(checking, approved, &measured->pairs[i]);
    if (!measured->has_all_pairs) {
        if (!approved->has_other_pairs)
            find(checking, "effect-not-approved", checking->line,
                 "%s: there are more pairs of values than the approved ones", checking->place);
        return;
    }
    for (size_t i = 0; i < approved->n_pairs; i++) {
        SCRATCH(tmp);
        const struct approved_pair *pair = &approved->pairs[i];
        if (!has_pair(measured, pair))
            check_number(checking, &pair->rows, 0,
                         mem_printf(tmp, "values %s became %s", value_text(tmp, pair->from),
                                    value_text(tmp, pair->to)),
                         NULL);
    }
}

// --- columns

static const char *state_of(bool is_dropped, const char *before)
{
    return is_dropped ? "dropped" : before == NULL ? "new" : NULL;
}

static void check_state(const struct checking *checking, const char *approved, const char *measured)
{
    if (is_same_value(approved, measured))
        return;
    find(checking, "effect-not-approved", checking->line, "%s is %s, approved is that it is %s",
         checking->place, measured ? measured : "there before and after",
         approved ? approved : "there before and after");
}

static void check_unknown(const struct checking *checking, const char *approved,
                          const char *measured)
{
    if (measured != NULL && approved == NULL)
        find(checking, "effect-not-approved", checking->line, "%s could not be compared: %s",
             checking->place, measured);
}

static void check_column(struct checking *checking, const struct approved_column *approved,
                         const struct column_effect *measured)
{
    const char *state = state_of(measured->is_dropped, measured->before);
    if (approved->tolerance != NULL)
        checking->tolerance = approved->tolerance;
    checking->line = approved->line;
    check_state(checking, approved->state, state);
    check_unknown(checking, approved->unknown, measured->unknown);
    check_number(checking, &approved->changed, measured->changed,
                 state == NULL          ? "values changed"
                 : measured->is_dropped ? "values are gone"
                                        : "values were filled in",
                 NULL);
    if (state == NULL) {
        check_number(checking, &approved->to_null, measured->to_null, "values became NULL", NULL);
        check_number(checking, &approved->from_null, measured->from_null, "NULLs were filled in",
                     NULL);
    }
    check_pairs(checking, approved, measured);
}

static void find_column(const struct checking *checking, const struct column_effect *measured)
{
    SCRATCH(tmp);
    const char *place = mem_printf(tmp, "%s.%s", checking->place, measured->column);
    const char *rows = quantity_count(tmp, measured->changed);
    const char *nulls = quantity_count(tmp, measured->to_null);
    const char *rule = "effect-not-approved";
    if (measured->unknown != NULL)
        find(checking, rule, checking->line, "%s could not be compared: %s", place,
             measured->unknown);
    else if (measured->is_dropped)
        find(checking, rule, checking->line, "%s was dropped, with %s values: not approved", place,
             rows);
    else if (measured->before == NULL)
        find(checking, rule, checking->line, "%s was added, with %s values: not approved", place,
             rows);
    else
        find(checking, rule, checking->line,
             "%s: %s values changed, %s of them became NULL: not approved", place, rows, nulls);
}

static const struct column_effect *measured_column(const struct table_effect *table,
                                                   const char *name)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (strcmp(table->columns[i].column, name) == 0)
            return &table->columns[i];
    return NULL;
}

static bool is_expected(const struct checking *checking, const struct approved_column *column)
{
    return column->state != NULL || !is_near(checking, &column->changed, 0);
}

static void check_columns(const struct checking *checking)
{
    const struct approved_table *approved = checking->approved;
    const struct table_effect *measured = checking->measured;
    for (size_t i = 0; i < measured->n_columns; i++) {
        SCRATCH(tmp);
        const struct column_effect *column = &measured->columns[i];
        const struct approved_column *found = approved_table_column(approved, column->column);
        struct checking of_column = *checking;
        of_column.place = mem_printf(tmp, "%s.%s", checking->place, column->column);
        if (found == NULL)
            find_column(checking, column);
        else
            check_column(&of_column, found, column);
    }
    for (size_t i = 0; i < approved->n_columns; i++) {
        const struct approved_column *column = &approved->columns[i];
        if (measured_column(measured, column->name) == NULL && is_expected(checking, column))
            find(checking, "effect-missing", column->line,
                 "%s.%s is as it was, approved is that it changes", checking->place, column->name);
    }
}

// --- tables

static void check_table(const struct checking *whole, const struct approved_table *approved,
                        const struct table_effect *measured)
{
    const struct checking checking = {
        .file = whole->file,
        .out = whole->out,
        .approved = approved,
        .measured = measured,
        .tolerance = approved->tolerance ? approved->tolerance : whole->file->tolerance,
        .line = approved->line,
        .place = measured->table,
    };
    check_state(&checking, approved->state, state_of(measured->is_dropped, measured->before));
    check_unknown(&checking, approved->unknown, measured->unknown);
    check_number(&checking, &approved->added, measured->added.rows, "rows were added",
                 &measured->added);
    check_number(&checking, &approved->removed, measured->removed.rows, "rows were removed",
                 &measured->removed);
    check_number(&checking, &approved->changed, measured->changed.rows, "rows changed",
                 &measured->changed);
    check_number(&checking, &approved->doubled, measured->duplicated.rows, "rows equal another one",
                 &measured->duplicated);
    check_columns(&checking);
}

static void find_table(const struct checking *checking, const struct table_effect *measured)
{
    SCRATCH(tmp);
    const char *state = state_of(measured->is_dropped, measured->before);
    find(checking, "effect-not-approved", 0,
         "%s%s%s%s is not in the file: %s rows added, %s removed, %s changed%s%s", measured->table,
         state ? ", which is " : "", state ? state : "", state ? "," : "",
         quantity_count(tmp, measured->added.rows), quantity_count(tmp, measured->removed.rows),
         quantity_count(tmp, measured->changed.rows),
         measured->unknown ? "; not all of it could be compared: " : "",
         measured->unknown ? measured->unknown : "");
}

static const struct table_effect *measured_table(const struct measured_effects *effects,
                                                 const char *name)
{
    for (size_t i = 0; i < effects->n_tables; i++)
        if (strcmp(effects->tables[i].table, name) == 0)
            return &effects->tables[i];
    return NULL;
}

static void check_tables(const struct checking *checking, const struct measured_effects *effects)
{
    const struct effects_file *file = checking->file;
    for (size_t i = 0; i < effects->n_tables; i++) {
        const struct approved_table *found = effects_file_table(file, effects->tables[i].table);
        if (found == NULL)
            find_table(checking, &effects->tables[i]);
        else
            check_table(checking, found, &effects->tables[i]);
    }
    for (size_t i = 0; i < file->n_tables; i++)
        if (measured_table(effects, file->tables[i].name) == NULL)
            find(checking, "effect-missing", file->tables[i].line,
                 "%s is as it was, approved is that it changes", file->tables[i].name);
}

// --- the schema

static bool has_object(const struct measured_effects *effects, const struct approved_object *object)
{
    for (size_t i = 0; i < effects->n_objects; i++)
        if (strcmp(effects->objects[i].object, object->object) == 0 &&
            strcmp(effects->objects[i].what, object->what) == 0)
            return true;
    return false;
}

static bool is_approved(const struct effects_file *file, const struct object_effect *object)
{
    for (size_t i = 0; i < file->n_objects; i++)
        if (strcmp(file->objects[i].object, object->object) == 0 &&
            strcmp(file->objects[i].what, object->what) == 0)
            return true;
    return false;
}

static void check_objects(const struct checking *checking, const struct measured_effects *effects)
{
    const struct effects_file *file = checking->file;
    for (size_t i = 0; i < effects->n_objects; i++)
        if (!is_approved(file, &effects->objects[i]))
            find(checking, "effect-not-approved", 0, "%s was %s, which is not in the file",
                 effects->objects[i].object, effects->objects[i].what);
    for (size_t i = 0; i < file->n_objects; i++)
        if (!has_object(effects, &file->objects[i]))
            find(checking, "effect-missing", file->objects[i].line,
                 "%s was not %s, and that is approved", file->objects[i].object,
                 file->objects[i].what);
}

// --- the whole

static void check_digests(const struct checking *checking, const struct migration *migration)
{
    SCRATCH(tmp);
    const struct effects_file *file = checking->file;
    const char *up = effects_file_digest(tmp, &migration->up);
    const char *down = effects_file_digest(tmp, &migration->down);
    if (!is_same_value(file->up, up))
        find(checking, "effects-file-stale", 1,
             "%s was changed since its effects were approved: rehearse again",
             file_base(migration->path));
    if (!is_same_value(file->down, down))
        find(checking, "effects-file-stale", 1,
             "the down of %s was changed since its effects were approved: rehearse again",
             file_base(migration->path));
}

void effects_file_check(const struct effects_file *file, const struct migration_effects *effects,
                        struct findings *out)
{
    SCRATCH(tmp);
    const struct effects_file none = {.path = effects_file_path(tmp, effects->migration)};
    const struct checking checking = {.file = file == NULL ? &none : file, .out = out};
    if (file == NULL) {
        find(&checking, "effects-file-missing", 0,
             "%s has no effects file: nobody approved what it does",
             file_base(effects->migration->path));
        return;
    }
    check_digests(&checking, effects->migration);
    check_tables(&checking, &effects->effects);
    check_objects(&checking, &effects->effects);
}

/*
 * Effects files, written: in the order of names, so that two runs differ only in what differs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "rehearsal/effects_file_parts.h"
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>

#define PAIR_SHARE_MIN 0.01 // of pairs that are not all told: rarer ones differ from copy to copy

struct writing {
    FILE *out;
    const struct effects_file *existing; // NULL
};

// --- where it lies

static bool is_of_folder(const char *base)
{
    static const char *const names[] = {"up.sql", "down.sql", "migration.sql"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcmp(base, names[i]) == 0)
            return true;
    return false;
}

char *effects_file_path(TALLOC_CTX *mem, const struct migration *migration)
{
    SCRATCH(tmp);
    static const char *const ends[] = {".sql", ".py", ".rb", ".js", ".ts", ".up", ".down"};
    const char *folder = file_folder(tmp, migration->path);
    char *base = mem_strdup(tmp, file_base(migration->path));
    if (is_of_folder(base))
        return file_join(mem, folder, "effects.yaml");
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        if (text_ends_with(base, ends[i]) && strlen(base) > strlen(ends[i]))
            base[strlen(base) - strlen(ends[i])] = '\0';
    return file_join(mem, folder, mem_printf(tmp, "%s.effects.yaml", base));
}

// --- scalars

static bool is_plain(const char *text)
{
    static const char *const words[] = {"null", "true", "false", "yes", "no",
                                        "on",   "off",  "y",     "n"};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (text_equal_nocase(words[i], text))
            return false;
    if (!isalpha((unsigned char)text[0]) && text[0] != '_')
        return false;
    for (const char *at = text; *at != '\0'; at++)
        if (!isalnum((unsigned char)*at) && *at != '_' && *at != '.')
            return false;
    return true;
}

// What JSON escapes, YAML reads in double quotes.
static void put_quoted(FILE *out, const char *text)
{
    SCRATCH(tmp);
    char *valid = text_to_utf8(tmp, text, strlen(text));
    fputc('"', out);
    for (const char *at = valid; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte == '"' || byte == '\\')
            fprintf(out, "\\%c", byte);
        else if (byte < ' ' || byte == 0x7f)
            fprintf(out, "\\x%02X", byte);
        else
            fputc(byte, out);
    }
    fputc('"', out);
}

static void put_text(FILE *out, const char *text)
{
    if (is_plain(text))
        fputs(text, out);
    else
        put_quoted(out, text);
}

static void put_value(FILE *out, const char *value)
{
    if (value == NULL)
        fputs("null", out);
    else
        put_quoted(out, value);
}

static void put_rows(FILE *out, int64_t rows, int64_t of)
{
    fprintf(out, "rows: %" PRId64, rows);
    if (of > 0)
        fprintf(out, ", share: %.4g%%", 100.0 * (double)rows / (double)of);
}

static void put_number(FILE *out, const char *indent, const char *key, int64_t rows, int64_t of)
{
    if (rows == 0)
        return;
    fprintf(out, "%s%s: {", indent, key);
    put_rows(out, rows, of);
    fputs("}\n", out);
}

static void put_optional(FILE *out, const char *indent, const char *key, const char *text)
{
    if (text == NULL)
        return;
    fprintf(out, "%s%s: ", indent, key);
    put_text(out, text);
    fputc('\n', out);
}

static void put_tolerance(FILE *out, const char *indent, const struct tolerance *tolerance)
{
    if (tolerance == NULL)
        return;
    fprintf(out, "%stolerance: ", indent);
    if (tolerance->kind == TOLERANCE_EXACT)
        fputs("exact\n", out);
    else if (tolerance->kind == TOLERANCE_SHARE)
        fprintf(out, "%g%%\n", 100 * tolerance->value);
    else
        fprintf(out, "%g\n", tolerance->value);
}

// --- pairs

static int compare_values(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return (a != NULL) - (b != NULL);
    return strcmp(a, b);
}

static int by_values(const void *a, const void *b)
{
    const struct value_pair *x = a, *y = b;
    int before = compare_values(x->before, y->before);
    return before != 0 ? before : compare_values(x->after, y->after);
}

static bool is_uuid(const char *text)
{
    for (size_t i = 0; i < 36; i++)
        if (i == 8 || i == 13 || i == 18 || i == 23 ? text[i] != '-'
                                                    : !isxdigit((unsigned char)text[i]))
            return false;
    return text[36] == '\0';
}

// The time of the run, or something drawn by it: another run makes other ones.
static bool is_of_run(const char *text)
{
    const struct clock_text now = clock_format(clock_wall_ms());
    return text != NULL && (is_uuid(text) || (strncmp(text, now.text, 10) == 0 &&
                                              (text[10] == ' ' || text[10] == 'T')));
}

static bool are_of_run(const struct column_effect *column)
{
    for (size_t i = 0; i < column->n_pairs; i++)
        if (column->pairs[i].after != NULL && !is_of_run(column->pairs[i].after))
            return false;
    return column->n_pairs > 0;
}

static void put_pairs(FILE *out, const struct column_effect *column, int64_t of)
{
    SCRATCH(tmp);
    struct value_pair *pairs = mem_array(tmp, struct value_pair, column->n_pairs + 1);
    size_t n = 0;
    for (size_t i = 0; i < column->n_pairs; i++)
        if (column->has_all_pairs || (double)column->pairs[i].rows >= PAIR_SHARE_MIN * (double)of)
            pairs[n++] = column->pairs[i];
    qsort(pairs, n, sizeof *pairs, by_values);
    if (n > 0)
        fputs("        pairs:\n", out);
    for (size_t i = 0; i < n; i++) {
        fputs("          - {from: ", out);
        put_value(out, pairs[i].before);
        fputs(", to: ", out);
        put_value(out, pairs[i].after);
        fputs(", ", out);
        put_rows(out, pairs[i].rows, of);
        fputs("}\n", out);
    }
    if (!column->has_all_pairs)
        fputs("        other_pairs: true\n", out);
}

// --- columns

static void put_column(const struct writing *writing, const struct table_effect *table,
                       const struct column_effect *column)
{
    static const char indent[] = "        ";
    FILE *out = writing->out;
    const struct approved_table *before =
        writing->existing == NULL ? NULL : effects_file_table(writing->existing, table->table);
    const struct approved_column *kept =
        before == NULL ? NULL : approved_table_column(before, column->column);
    fputs("      ", out);
    put_text(out, column->column);
    fputs(":\n", out);
    if (kept != NULL) {
        put_optional(out, indent, "note", kept->note);
        put_tolerance(out, indent, kept->tolerance);
    }
    if (column->is_dropped || column->before == NULL)
        put_optional(out, indent, "state", column->is_dropped ? "dropped" : "new");
    else if (strcmp(column->before, column->column) != 0)
        put_optional(out, indent, "was", column->before);
    put_optional(out, indent, "unknown", column->unknown);
    fprintf(out, "%schanged: {", indent);
    put_rows(out, column->changed, table->rows_before);
    fputs("}\n", out);
    bool is_paired = !column->is_dropped && column->before != NULL;
    put_number(out, indent, "to_null", is_paired ? column->to_null : 0, table->rows_before);
    put_number(out, indent, "from_null", is_paired ? column->from_null : 0, table->rows_before);
    if (column->is_masked)
        fprintf(out, "%smasked: true\n", indent);
    else if ((kept != NULL && kept->has_any_pairs) || are_of_run(column))
        fprintf(out, "%spairs: any\n", indent);
    else if (column->changed > 0)
        put_pairs(out, column, table->rows_before);
}

static int by_column(const void *a, const void *b)
{
    const struct column_effect *const *x = a, *const *y = b;
    int names = strcmp((*x)->column, (*y)->column);
    return names != 0 ? names : (*x)->is_dropped - (*y)->is_dropped;
}

static void put_columns(const struct writing *writing, const struct table_effect *table)
{
    SCRATCH(tmp);
    const struct column_effect **list =
        mem_array(tmp, const struct column_effect *, table->n_columns + 1);
    for (size_t i = 0; i < table->n_columns; i++)
        list[i] = &table->columns[i];
    qsort(list, table->n_columns, sizeof *list, by_column);
    if (table->n_columns > 0)
        fputs("    columns:\n", writing->out);
    for (size_t i = 0; i < table->n_columns; i++)
        put_column(writing, table, list[i]);
}

// --- tables

static void put_table(const struct writing *writing, const struct table_effect *table)
{
    static const char indent[] = "    ";
    FILE *out = writing->out;
    const struct approved_table *kept =
        writing->existing == NULL ? NULL : effects_file_table(writing->existing, table->table);
    fputs("  ", out);
    put_text(out, table->table);
    fputs(":\n", out);
    if (kept != NULL) {
        put_optional(out, indent, "note", kept->note);
        put_tolerance(out, indent, kept->tolerance);
    }
    if (table->is_dropped || table->before == NULL)
        put_optional(out, indent, "state", table->is_dropped ? "dropped" : "new");
    else if (strcmp(table->before, table->table) != 0)
        put_optional(out, indent, "was", table->before);
    put_optional(out, indent, "unknown", table->unknown);
    fprintf(out, "%srows: %" PRId64 "\n", indent, table->rows_before < 0 ? 0 : table->rows_before);
    put_number(out, indent, "added", table->added.rows, table->rows_before);
    put_number(out, indent, "removed", table->removed.rows, table->rows_before);
    put_number(out, indent, "changed", table->changed.rows, table->rows_before);
    put_number(out, indent, "doubled", table->duplicated.rows, table->rows_before);
    put_columns(writing, table);
}

static int by_table(const void *a, const void *b)
{
    const struct table_effect *const *x = a, *const *y = b;
    return strcmp((*x)->table, (*y)->table);
}

static void put_tables(const struct writing *writing, const struct measured_effects *effects)
{
    SCRATCH(tmp);
    const struct table_effect **list =
        mem_array(tmp, const struct table_effect *, effects->n_tables + 1);
    for (size_t i = 0; i < effects->n_tables; i++)
        list[i] = &effects->tables[i];
    qsort(list, effects->n_tables, sizeof *list, by_table);
    fprintf(writing->out, "tables:%s\n", effects->n_tables == 0 ? " {}" : "");
    for (size_t i = 0; i < effects->n_tables; i++)
        put_table(writing, list[i]);
}

static void put_objects(const struct writing *writing, const struct measured_effects *effects)
{
    static const char *const kinds[] = {"added", "changed", "removed"};
    FILE *out = writing->out;
    if (effects->n_objects > 0)
        fputs("schema:\n", out);
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        bool has_begun = false;
        for (size_t i = 0; i < effects->n_objects; i++) {
            if (strcmp(effects->objects[i].what, kinds[k]) != 0)
                continue;
            if (!has_begun)
                fprintf(out, "  %s:\n", kinds[k]);
            has_begun = true;
            fputs("    - ", out);
            put_text(out, effects->objects[i].object);
            fputc('\n', out);
        }
    }
}

// --- the whole

static void put_head(FILE *out, const struct migration *migration)
{
    fprintf(out,
            "# What %s really does to the data, as measured on a copy of it.\n"
            "# Made by `tminus rehearse --write`: do so again when the migration changes, review "
            "what differs,\n"
            "# and commit it with the migration. A run that does anything else is stopped.\n"
            "# A share is of the table's rows before, and what copies of another size are compared "
            "by: within 10 %%\n"
            "# or 2 rows; `tolerance:` of a table or column says otherwise. What is not in here "
            "must not happen.\n"
            "# Notes (`note:`) and tolerances are kept when the file is made again; other comments "
            "are not.\n",
            file_base(migration->path));
}

char *effects_file_text(TALLOC_CTX *mem, const struct migration_effects *effects,
                        const struct effects_file *existing)
{
    SCRATCH(tmp);
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    const struct writing writing = {.out = out, .existing = existing};
    const char *up = effects_file_digest(tmp, &effects->migration->up);
    const char *down = effects_file_digest(tmp, &effects->migration->down);
    put_head(out, effects->migration);
    fprintf(out, "effects: %d\nup: %s\ndown: %s\n", EFFECTS_FILE_FORMAT, up ? up : "none",
            down ? down : "none");
    if (existing != NULL) {
        put_optional(out, "", "note", existing->note);
        put_tolerance(out, "", existing->tolerance);
    }
    put_tables(&writing, &effects->effects);
    put_objects(&writing, &effects->effects);
    fclose(out);
    char *whole = mem_strndup(mem, text, len);
    free(text);
    return whole;
}

/*
 * Which values of a relation's rows are asked for, and in which order they come.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/selection.h"
#include "driver/engine/postgres/value_text.h"

#define FIELDS_MAX 1664 // Source: MaxTupleAttributeNumber of PostgreSQL

struct building {
    struct selection *selection;
    const struct engine_fingerprint_request *request;
    FILE *list;
};

static size_t add_field(struct building *building, const char *sql)
{
    if (building->selection->n_fields > 0)
        fputs(", ", building->list);
    fputs(sql, building->list);
    return building->selection->n_fields++;
}

static size_t add_column(struct building *building, const char *name)
{
    SCRATCH(tmp);
    return add_field(building, quote_name(tmp, name));
}

static size_t add_text(struct building *building, const char *sql)
{
    SCRATCH(tmp);
    return add_field(building, mem_printf(tmp, "(%s\n)::pg_catalog.text AS \"tminus text\"", sql));
}

static struct selected_column selected(const struct relation_column *column)
{
    return (struct selected_column){
        .column = column,
        .place = PLACE_NONE,
        .text = PLACE_NONE,
        .type_oid = column->base_oid,
        .has_oids = column->has_oids,
    };
}

// --- the key

static bool choose_given_key(struct building *building, struct error *err)
{
    SCRATCH(tmp);
    struct selection *selection = building->selection;
    for (size_t i = 0; i < building->request->n_key; i++) {
        const char *name = building->request->key[i];
        const struct relation_column *column = relation_column(selection->relation, name);
        if (column == NULL)
            return error_set(err, ERROR_UNKNOWN, "table '%s' has no column '%s' for its key",
                             selection->relation->shown, name);
        if (column->unknown != NULL) {
            error_set(err, ERROR_UNKNOWN, "%s: the key column '%s' cannot be read: %s",
                      selection->relation->shown, name, column->unknown);
            return error_hint(err, "GRANT SELECT (%s) ON %s, or name another key",
                              quote_name(tmp, name), selection->relation->sql);
        }
        *mem_append(selection, selection->key, selection->n_key) = selected(column);
    }
    return true;
}

// The primary key; none when a column of it cannot be read.
static void choose_primary_key(struct selection *selection)
{
    const struct relation *relation = selection->relation;
    for (size_t position = 1; position <= relation->n_key; position++) {
        for (size_t i = 0; i < relation->n_columns; i++) {
            const struct relation_column *column = &relation->columns[i];
            if (column->key_position == (int)position && column->unknown == NULL)
                *mem_append(selection, selection->key, selection->n_key) = selected(column);
        }
    }
    if (selection->n_key != relation->n_key)
        selection->n_key = 0;
}

// --- the columns

static bool choose_columns(struct building *building, struct error *err)
{
    struct selection *selection = building->selection;
    const struct relation *relation = selection->relation;
    const struct engine_fingerprint_request *request = building->request;
    size_t n = request->columns == NULL ? relation->n_columns : request->n_columns;
    selection->columns = mem_array(selection, struct selected_column, n);
    selection->n_columns = n;
    for (size_t i = 0; i < n; i++) {
        const struct relation_column *column = request->columns == NULL
                                                   ? &relation->columns[i]
                                                   : relation_column(relation, request->columns[i]);
        if (column == NULL)
            return error_set(err, ERROR_UNKNOWN, "table '%s' has no column '%s'", relation->shown,
                             request->columns[i]);
        selection->columns[i] = selected(column);
    }
    return true;
}

// What stands for the first column, cast as a column of that type would store it.
static bool add_value(struct building *building, struct error *err)
{
    SCRATCH(tmp);
    struct selected_column *first = &building->selection->columns[0];
    const struct engine_fingerprint_request *request = building->request;
    const struct value_layout *layout = building->selection->relation->layout;
    const char *type = request->value_type ? request->value_type : first->column->type;
    if (request->value_type != NULL)
        first->type_oid = value_layout_base(layout, value_layout_named(layout));
    if (first->type_oid == 0)
        return error_set(err, ERROR_UNKNOWN, "%s: there is no type '%s'",
                         building->selection->relation->shown, type);
    const char *without = value_layout_without_form(layout, first->type_oid);
    if (without != NULL)
        return error_set(err, ERROR_UNKNOWN, "%s: type '%s' has no binary form",
                         building->selection->relation->shown, without);
    first->has_oids = value_layout_has_oids(layout, first->type_oid);
    first->place = add_field(building, mem_printf(tmp, "CAST((%s\n) AS %s)", request->value, type));
    return true;
}

static size_t key_place(const struct selection *selection, const struct relation_column *column)
{
    for (size_t i = 0; i < selection->n_key; i++)
        if (selection->key[i].column == column)
            return selection->key[i].place;
    return PLACE_NONE;
}

static bool add_columns(struct building *building, struct error *err)
{
    struct selection *selection = building->selection;
    for (size_t i = 0; i < selection->n_columns; i++) {
        struct selected_column *column = &selection->columns[i];
        if (i == 0 && building->request->value != NULL) {
            TRY(add_value(building, err));
            continue;
        }
        if (column->column->unknown != NULL)
            continue;
        column->place = key_place(selection, column->column);
        if (column->place == PLACE_NONE)
            column->place = add_column(building, column->column->name);
    }
    return true;
}

// --- texts

static void ask_text(struct building *building, struct selected_column *column)
{
    SCRATCH(tmp);
    bool is_value = building->request->value != NULL && column == building->selection->columns;
    if (column->place == PLACE_NONE || column->text != PLACE_NONE ||
        value_text_is_made(column->type_oid))
        return;
    column->text = add_text(building, is_value ? building->request->value
                                               : quote_name(tmp, column->column->name));
}

static void add_texts(struct building *building)
{
    struct selection *selection = building->selection;
    for (size_t i = 0; i < selection->n_key; i++)
        ask_text(building, &selection->key[i]);
    for (size_t i = 0; i < building->request->n_shown; i++)
        ask_text(building, &selection->columns[building->request->shown[i]]);
}

static bool fill(struct building *building, bool wants_texts, struct error *err)
{
    struct selection *selection = building->selection;
    selection->has_writer = building->request->wants_writer && selection->relation->shows_system;
    if (selection->has_writer)
        add_field(building, "xmin");
    for (size_t i = 0; i < selection->n_key; i++)
        selection->key[i].place = add_column(building, selection->key[i].column->name);
    TRY(add_columns(building, err));
    if (wants_texts)
        add_texts(building);
    if (selection->n_fields > FIELDS_MAX)
        return error_set(err, ERROR_UNKNOWN,
                         "%s: %zu values of a row are asked for, at most %d can be",
                         selection->relation->shown, selection->n_fields, FIELDS_MAX);
    return true;
}

bool selection_make(TALLOC_CTX *mem, const struct relation *relation,
                    const struct engine_fingerprint_request *request, bool wants_texts,
                    struct selection **out, struct error *err)
{
    SCRATCH(tmp);
    char *list;
    size_t len;
    struct selection *selection = mem_new(tmp, struct selection);
    struct building building = {.selection = selection, .request = request};
    selection->relation = relation;
    TRY(choose_given_key(&building, err));
    if (request->n_key == 0)
        choose_primary_key(selection);
    TRY(choose_columns(&building, err));
    building.list = open_memstream(&list, &len);
    bool is_done = fill(&building, wants_texts, err);
    fclose(building.list);
    selection->list = mem_strdup(selection, list);
    free(list);
    TRY(is_done);
    *out = talloc_steal(mem, selection);
    return true;
}

char *selection_sql(TALLOC_CTX *mem, const struct selection *selection, const char *where,
                    const char *condition, const char *order)
{
    SCRATCH(tmp);
    const char *rows = where == NULL ? "" : mem_printf(tmp, " WHERE (%s\n)", where);
    const char *part =
        condition == NULL ? "" : mem_printf(tmp, "%s%s", where ? " AND " : " WHERE ", condition);
    return mem_printf(mem, "SELECT %s FROM %s%s%s%s%s", selection->list, selection->relation->sql,
                      rows, part, order ? " ORDER BY " : "", order ? order : "");
}

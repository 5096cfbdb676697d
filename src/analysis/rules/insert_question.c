/*
 * Questions about INSERT ... SELECT: columns of the SELECT beside those of the target.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/insert_question.h"
#include "analysis/rules/copy_question.h"

// A copy while it is judged: its columns, and where the values come from.
struct copy {
    struct rule_place *place;
    const struct query *query;
    const struct schema_relation *target;
    const struct schema_relation *source; // NULL: several, none, or not known
    const char **columns;                 // n_outputs of them
};

static bool has_star(const struct query *query)
{
    for (size_t i = 0; i < query->n_outputs; i++) {
        const char *text = query->outputs[i].text;
        if (text == NULL || text[0] == '\0' || text[strlen(text) - 1] == '*')
            return true;
    }
    return query->n_outputs == 0;
}

static bool copy_read(struct rule_place *place, const struct query *query, struct copy *out)
{
    const struct schema_relation *target =
        query->target.name == NULL ? NULL : schema_find(place->before, query->target);
    if (query->verb != QUERY_INSERT || query->has_values || query->has_default_values ||
        query->n_reads == 0 || target == NULL || !relation_is_table(target) || has_star(query) ||
        schema_doubts_relation(place->before, target) ||
        query->n_outputs > (query->n_columns > 0 ? query->n_columns : target->n_columns))
        return false;
    *out = (struct copy){.place = place, .query = query, .target = target};
    if (query->n_reads == 1)
        out->source = schema_find(place->before, query->reads[0]);
    out->columns = mem_array(place->mem, const char *, query->n_outputs);
    for (size_t i = 0; i < query->n_outputs; i++)
        out->columns[i] = query->n_columns > 0 ? query->columns[i] : target->columns[i].name;
    return true;
}

// The value that is copied into the column; NULL: its default stays.
static const struct expression *value_of(const struct copy *copy, const char *column)
{
    for (size_t i = 0; i < copy->query->n_outputs; i++) {
        if (strcmp(copy->columns[i], column) == 0)
            return &copy->query->outputs[i];
    }
    return NULL;
}

// A column of the source and nothing else: its name; NULL: more is done to it.
static const char *bare_column(const struct copy *copy, const struct expression *value)
{
    if (value->n_columns != 1 || value->n_functions > 0 || value->n_relations > 0 ||
        copy->source == NULL || schema_find_column(copy->source, value->columns[0]) == NULL)
        return NULL;
    const char *text = value->text, *name = value->columns[0];
    size_t len = strlen(text), name_len = strlen(name);
    bool is_bare = len >= name_len && strcmp(text + len - name_len, name) == 0 &&
                   strcspn(text, " ()|+-*/:") == len;
    return is_bare ? name : NULL;
}

static bool reads_target(const struct copy *copy)
{
    for (size_t i = 0; i < copy->query->n_reads; i++) {
        if (name_may_equal(copy->query->reads[i], copy->target->name) ||
            name_may_equal(schema_resolve(copy->place->before, copy->query->reads[i]),
                           copy->target->name))
            return true;
    }
    return false;
}

// --- keys

// The copied rows may give two rows the same values of the key: the values come from columns, and
// are not known to differ.
static bool may_collide(const struct copy *copy, const char *const *columns, size_t n)
{
    const char **sources = mem_array(copy->place->mem, const char *, n);
    bool are_bare = true, reads = false;
    for (size_t i = 0; i < n; i++) {
        const struct expression *value = value_of(copy, columns[i]);
        if (value == NULL || value->is_null || (value->n_columns == 0 && value->n_functions > 0))
            return false; // a default, no value, or one that is made for each row
        reads = reads || value->n_columns > 0;
        sources[i] = bare_column(copy, value);
        are_bare = are_bare && sources[i] != NULL;
    }
    if (!reads)
        return false;
    // Nothing is there yet, and the source has the same key; what joins double is told as that.
    bool is_empty = copy->target->rows == 0 ||
                    (place_is_new(copy->place, copy->target->name) && !copy->target->is_filled);
    bool has_key = copy->source == NULL || (are_bare && relation_has_key(copy->source, sources, n));
    return !(is_empty && has_key);
}

static const char *const *index_columns(const struct copy *copy, const struct schema_index *index)
{
    const char **columns = mem_array(copy->place->mem, const char *, index->n_columns);
    for (size_t i = 0; i < index->n_columns; i++) {
        columns[i] = index->columns[i].column;
        if (columns[i] == NULL)
            return NULL;
    }
    return columns;
}

static void report_collision(const struct copy *copy, const char *const *columns, size_t n)
{
    struct rule_place *place = copy->place;
    struct asking asking = ask(place, NULL, copy->target->name);
    ask_key_collisions(&asking, copy->query, columns, n);
    const char *table = place_name(place, copy->target->name);
    const char *list = words_join(place->mem, columns, n);
    ask_report(&asking, place->rule->severity,
               mem_printf(place->mem, "no row that is copied into %s has a (%s) that is there",
                          table, list),
               "fails when a copied row has a (%s) that %s has, or another copied row", list,
               table);
}

void report_insert_collisions(struct rule_place *place, const struct query *query)
{
    struct copy copy;
    // One that asks the target which rows it has leaves those out.
    if (!copy_read(place, query, &copy) || query->conflict != CONFLICT_NONE || reads_target(&copy))
        return;
    for (size_t i = 0; i < copy.target->n_indexes; i++) {
        const struct schema_index *index = &copy.target->indexes[i];
        const char *const *columns =
            index->is_unique && index->predicate_text == NULL ? index_columns(&copy, index) : NULL;
        if (columns == NULL || !may_collide(&copy, columns, index->n_columns))
            continue;
        report_collision(&copy, columns, index->n_columns);
        return;
    }
}

// --- NOT NULL

static bool has_insert_trigger(const struct schema_relation *table)
{
    for (size_t i = 0; i < table->n_triggers; i++) {
        const struct trigger_definition *trigger = table->triggers[i].definition;
        if (trigger == NULL || (trigger->timing == TRIGGER_BEFORE && trigger->on_insert))
            return true;
    }
    return false;
}

static bool where_proves(const struct query *query, const char *column)
{
    return query->where != NULL &&
           (word_in(column, query->where->columns, query->where->n_columns));
}

static void report_null(const struct copy *copy, const char *column, const char *source)
{
    struct rule_place *place = copy->place;
    struct asking asking = ask(place, NULL, copy->target->name);
    ask_copied_nulls(&asking, copy->query, column);
    const char *table = place_name(place, copy->target->name);
    const char *from = place_name(place, copy->source->name);
    ask_report(&asking, place->rule->severity,
               mem_printf(place->mem, "every row that is copied from %s has a %s", from, source),
               "fails when a row that is copied from %s has no %s: %s.%s is NOT NULL", from, source,
               table, column);
}

void report_insert_nulls(struct rule_place *place, const struct query *query)
{
    struct copy copy;
    if (!copy_read(place, query, &copy) || copy.source == NULL || !relation_is_table(copy.source) ||
        query->n_inner_joined > 0 || query->has_group_by || query->has_set_operation ||
        query->has_limit || has_insert_trigger(copy.target) ||
        place_has_no_rows(place, copy.source->name))
        return;
    for (size_t i = 0; i < query->n_outputs; i++) {
        const char *source = bare_column(&copy, &query->outputs[i]);
        const struct schema_column *column = schema_find_column(copy.target, copy.columns[i]);
        if (source == NULL || column == NULL || !column->is_not_null ||
            relation_proves_not_null(copy.source, source) || where_proves(query, source))
            continue;
        report_null(&copy, column->name, source);
    }
}

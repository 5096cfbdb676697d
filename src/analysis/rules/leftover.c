/*
 * Rules on what stays behind: an index that an earlier attempt left invalid, a sequence that stays
 * as small as its column was.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/question.h"
#include "statement/quoting.h"

static void ask_invalid_index(struct asking *asking, struct name index)
{
    TALLOC_CTX *mem = asking->place->mem;
    const char *name = quoting_relation(mem, DIALECT_POSTGRES, index);
    asking->question.sql = mem_printf(mem,
                                      "SELECT count(*) FROM pg_catalog.pg_index WHERE indexrelid = "
                                      "pg_catalog.to_regclass(%s) AND NOT indisvalid",
                                      quoting_text(mem, name));
}

static void left_invalid(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_CREATE_INDEX || !action->concurrently || !action->if_exists ||
        action->index->name == NULL || place_is_new(place, action->relation))
        return;
    struct name table = schema_resolve(place->before, action->relation);
    struct name name = {table.schema, action->index->name};
    struct schema_index *known = NULL;
    bool is_known = schema_find_index(place->before, name, &known) != NULL;
    if (is_known ? known->is_valid : place->is_history_known && schema_is_complete(place->before))
        return;
    struct asking asking = ask(place, action, action->relation);
    ask_invalid_index(&asking, name);
    const char *text = place_name(place, name);
    const char *title = mem_printf(place->mem, "no invalid index %s is left", text);
    if (is_known)
        ask_report(&asking, SEVERITY_STOP, title,
                   "%s is there and invalid: IF NOT EXISTS leaves it so", text);
    else
        ask_report(&asking, place->rule->severity, title,
                   "IF NOT EXISTS skips %s when an attempt that failed left it invalid", text);
}

static void check_concurrent_index_left_invalid(struct rule_place *place)
{
    place_each_action(place, left_invalid);
}

// --- sequences

static bool widens_sequence(const struct rule_place *place, struct name sequence)
{
    for (size_t i = 0; i < place->script->n_statements; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct action *action = &statement->actions[j];
            if (action->kind == ACTION_ALTER_SEQUENCE && action->option != NULL &&
                strstr(action->option, "as") != NULL && name_may_equal(action->relation, sequence))
                return true;
        }
    }
    return false;
}

static void not_widened(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_ALTER_TYPE || place_is_new(place, action->relation) ||
        action->definition->type.name == NULL || strcmp(action->definition->type.name, "int8") != 0)
        return;
    const struct schema_relation *table = schema_find(place->before, action->relation);
    const struct schema_column *column =
        table == NULL ? NULL : schema_find_column(table, action->column);
    // An identity column's sequence goes with it.
    if (column == NULL || column->owned_sequence == NULL || column->is_identity ||
        column->type.name == NULL || strcmp(column->type.name, "int8") == 0)
        return;
    struct name sequence = {table->name.schema, column->owned_sequence};
    if (widens_sequence(place, sequence))
        return;
    const char *name = quoting_relation(place->mem, DIALECT_POSTGRES, sequence);
    rule_report_as(place, place->rule->severity,
                   mem_printf(place->mem, "ALTER SEQUENCE %s AS bigint", name),
                   "%s.%s becomes bigint, its sequence %s still ends where %s ends",
                   place_name(place, table->name), column->name, place_name(place, sequence),
                   column->type.text);
}

static void check_sequence_not_widened(struct rule_place *place)
{
    place_each_action(place, not_widened);
}

// --- rows

const struct rule rule_concurrent_index_left_invalid = {
    .id = "concurrent-index-left-invalid",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary =
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS, which takes an invalid index for a good one",
    .why = "An attempt that failed leaves its index behind: no query uses it, a unique one holds "
           "nothing, and it is written to all the same. It stops when the catalog has it so.",
    .safe_form = "DROP INDEX CONCURRENTLY IF EXISTS first, then CREATE INDEX CONCURRENTLY",
    .source = "PostgreSQL 15 manual, Building Indexes Concurrently",
    .kinds = {ACTION_CREATE_INDEX},
    .check = check_concurrent_index_left_invalid,
};

const struct rule rule_sequence_not_widened = {
    .id = "sequence-not-widened",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "a serial column becomes bigint, and its sequence does not",
    .why = "INSERT fails at the old type's last number, as it would have without the change.",
    .safe_form = "ALTER SEQUENCE ... AS bigint in the same migration",
    .source = "measured on PostgreSQL 15: pg_sequences.data_type stays integer",
    .kinds = {ACTION_ALTER_TYPE},
    .check = check_sequence_not_widened,
};

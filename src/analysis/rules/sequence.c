/*
 * Rules on sequences: numbers that are given out a second time, and those that come to an end.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/question.h"
#include "statement/lexer.h"
#include "statement/quoting.h"
#include <errno.h>
#include <stdlib.h>

// What a statement makes a sequence begin with, and the column that takes its values from it.
struct beginning {
    struct name sequence; // name NULL: an identity column's own
    struct name table;    // name NULL: not known
    const char *column;
    int64_t first;
};

// --- what is there

static const struct schema_relation *find_sequence(const struct rule_place *place, struct name name)
{
    const struct schema_relation *sequence = schema_find(place->before, name);
    return sequence != NULL && sequence->kind == RELATION_SEQUENCE ? sequence : NULL;
}

static void drop_sequence(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_DROP || action->object != OBJECT_SEQUENCE ||
        place_is_new(place, action->relation))
        return;
    const struct schema_relation *sequence = find_sequence(place, action->relation);
    if (sequence == NULL && action->if_exists && place->is_history_known)
        return;
    if (sequence != NULL && sequence->owned_by.name != NULL)
        rule_report(place, "drops sequence %s: the next number for %s.%s is known to nobody",
                    place_name(place, action->relation), place_name(place, sequence->owned_by),
                    sequence->owned_by_column);
    else
        rule_report(place, "drops sequence %s: the number that it has come to is known to nobody",
                    place_name(place, action->relation));
}

static void check_drop_sequence(struct rule_place *place)
{
    place_each_action(place, drop_sequence);
}

// --- where a statement makes it begin

static bool number_read(const char *text, int64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

// RESTART and START alone go back to where the sequence was made to begin, mostly 1.
static bool first_of(const struct action *action, int64_t *first)
{
    *first = 1;
    return action->value == NULL || number_read(action->value->text, first);
}

static void set_owner(const struct rule_place *place, struct beginning *beginning)
{
    const struct schema_relation *sequence = find_sequence(place, beginning->sequence);
    if (sequence == NULL || sequence->owned_by.name == NULL)
        return;
    beginning->table = sequence->owned_by;
    beginning->column = sequence->owned_by_column;
}

// ALTER SEQUENCE s RESTART; ALTER COLUMN c RESTART; ADD GENERATED AS IDENTITY on a column with
// values.
static bool begins_by_action(const struct rule_place *place, const struct action *action,
                             struct beginning *out)
{
    bool restarts = action->option != NULL && strstr(action->option, "restart") != NULL;
    *out = (struct beginning){.table = action->relation, .column = action->column};
    if (action->kind == ACTION_ALTER_SEQUENCE && restarts) {
        *out = (struct beginning){.sequence = action->relation};
        set_owner(place, out);
        return first_of(action, &out->first);
    }
    if (action->kind != ACTION_ADD_IDENTITY && (action->kind != ACTION_SET_IDENTITY || !restarts))
        return false;
    return first_of(action, &out->first);
}

static struct name name_parse(const struct rule_place *place, const char *text)
{
    struct lexer lexer = lexer_make(DIALECT_POSTGRES, text, 0, strlen(text));
    struct name name = {.name = token_value(place->mem, &lexer, lexer_next(&lexer))};
    if (lexer_next(&lexer).kind == TOKEN_DOT) {
        name.schema = name.name;
        name.name = token_value(place->mem, &lexer, lexer_next(&lexer));
    }
    return name;
}

// setval('s', 100) and setval(pg_get_serial_sequence('t', 'id'), 100): names and a number, nothing
// that is computed.
static bool read_setval(const struct rule_place *place, const char *text, struct beginning *out)
{
    const char *strings[2] = {NULL, NULL};
    size_t n = 0;
    struct lexer lexer = lexer_make(DIALECT_POSTGRES, text, 0, strlen(text));
    struct token token = lexer_next(&lexer);
    bool is_of_column = false;
    for (; token.kind != TOKEN_END && token.kind != TOKEN_NUMBER; token = lexer_next(&lexer)) {
        is_of_column = is_of_column || token_is(&lexer, token, "pg_get_serial_sequence");
        if (token.kind == TOKEN_STRING && n < COUNT_OF(strings))
            strings[n++] = token_value(place->mem, &lexer, token);
    }
    if (token.kind != TOKEN_NUMBER || n == 0 ||
        !number_read(token_value(place->mem, &lexer, token), &out->first))
        return false;
    // The next number is the one behind it unless is_called is false.
    lexer_next(&lexer);
    out->first += token_is(&lexer, lexer_next(&lexer), "false") ? 0 : 1;
    struct name name = name_parse(place, strings[0]);
    if (!is_of_column) {
        out->sequence = name;
        set_owner(place, out);
    } else if (n == 2) {
        out->table = name;
        out->column = strings[1];
    }
    return true;
}

static bool sets_constant(const struct expression *value)
{
    for (size_t i = 0; i < value->n_functions; i++) {
        if (strcmp(value->functions[i].name, "setval") == 0)
            return value->n_columns == 0 && value->n_relations == 0;
    }
    return false;
}

// --- the rule

// A later statement of the script computes it from the rows.
static bool is_set_later(const struct rule_place *place)
{
    for (size_t i = place->index + 1; i < place->script->n_statements; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct query *query = statement->actions[j].query;
            for (size_t k = 0; query != NULL && k < query->n_calls; k++) {
                if (strcmp(query->calls[k].name, "setval") == 0)
                    return true;
            }
        }
    }
    return false;
}

static const char *set_to_maximum(const struct asking *asking, const char *column)
{
    TALLOC_CTX *mem = asking->place->mem;
    return mem_printf(
        mem, "behind it: SELECT setval(pg_get_serial_sequence(%s, %s), (SELECT max(%s) FROM %s))",
        quoting_text(mem, ask_table(asking)), quoting_text(mem, column), ask_name(asking, column),
        ask_table(asking));
}

static void report_beginning(struct rule_place *place, const struct action *action,
                             const struct beginning *beginning)
{
    long long first = beginning->first;
    if (beginning->table.name == NULL) {
        rule_report_as(place, SEVERITY_NOTE, NULL,
                       "sequence %s gives %lld next, whatever numbers are taken",
                       place_name(place, beginning->sequence), first);
        return;
    }
    if (place_has_no_rows(place, beginning->table) || is_set_later(place))
        return;
    struct asking asking = ask(place, action, beginning->table);
    ask_needs_columns(&asking, &beginning->column, 1);
    ask_rows(&asking, ask_table(&asking),
             mem_printf(place->mem, "%s >= %lld", ask_name(&asking, beginning->column), first));
    asking.question.loses = true;
    asking.hint = set_to_maximum(&asking, beginning->column);
    const char *table = place_name(place, beginning->table);
    ask_report(&asking, place->rule->severity,
               mem_printf(place->mem, "no %s.%s is %lld or above", table, beginning->column, first),
               "the next number for %s.%s is %lld: rows that have it or one above it are met again",
               table, beginning->column, first);
}

static void restart_by_query(struct rule_place *place, const struct query *query)
{
    for (size_t i = 0; i < query->n_outputs; i++) {
        struct beginning beginning = {0};
        if (!sets_constant(&query->outputs[i]) ||
            !read_setval(place, query->outputs[i].text, &beginning))
            continue;
        if (beginning.sequence.name == NULL || !place_is_new(place, beginning.sequence))
            report_beginning(place, NULL, &beginning);
    }
}

static void restart_by_action(struct rule_place *place, const struct action *action)
{
    struct beginning beginning;
    if (action->relation.name != NULL && !place_is_new(place, action->relation) &&
        begins_by_action(place, action, &beginning))
        report_beginning(place, action, &beginning);
}

static void check_sequence_restart(struct rule_place *place)
{
    place_each_query(place, restart_by_query);
    place_each_action(place, restart_by_action);
}

// --- rows

const struct rule rule_drop_sequence = {
    .id = "drop-sequence",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "DROP SEQUENCE of a sequence that was there before the migration",
    .why = "The number that it had come to is gone: one that is made again begins at 1 and gives "
           "out numbers that rows already have.",
    .safe_form = "note last_value first; behind a new one SELECT setval('sequence', (SELECT "
                 "max(id) FROM table))",
    .source = "PostgreSQL 15 manual, DROP SEQUENCE",
    .kinds = {ACTION_DROP},
    .check = check_drop_sequence,
};

const struct rule rule_sequence_restart = {
    .id = "sequence-restart",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "a sequence that rows took numbers from begins again at a fixed number: RESTART, "
               "setval, ADD ... AS IDENTITY",
    .why = "INSERT fails on numbers that are taken, or, without a key, gives them out twice.",
    .safe_form = "SELECT setval('sequence', (SELECT max(id) FROM table)) under a lock against "
                 "writers",
    .source = "PostgreSQL 15 manual, Sequence Manipulation Functions; ALTER TABLE, measured",
    .kinds = {ACTION_QUERY, ACTION_ALTER_SEQUENCE, ACTION_ADD_IDENTITY, ACTION_SET_IDENTITY},
    .check = check_sequence_restart,
};

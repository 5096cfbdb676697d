/*
 * Rules on PRAGMA foreign_keys of SQLite around a rebuild: set where it does nothing, never set
 * again, on while a table is dropped that others reference.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/foreign_keys.h"
#include "analysis/rules/question.h"
#include "base/text.h"

bool pragma_is_off(const char *value)
{
    static const char *const words[] = {"off", "0", "false", "no"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (text_equal_nocase(value, words[i]))
            return true;
    }
    return false;
}

static void follow_pragma(const struct action *action, size_t at, struct foreign_keys_state *state)
{
    if (action->option == NULL || strcmp(action->member, "foreign_keys") != 0)
        return;
    bool off = pragma_is_off(action->option);
    if (!state->is_in_transaction) {
        state->keys = off ? FOREIGN_KEYS_OFF : FOREIGN_KEYS_ON;
        state->off_at = at;
        return;
    }
    if (off ? state->keys == FOREIGN_KEYS_OFF
            : state->keys == FOREIGN_KEYS_ON || state->keys == FOREIGN_KEYS_STILL_ON)
        return; // it says what is so already
    state->without_at = state->without_at == SIZE_MAX ? at : state->without_at;
    if (off)
        state->keys = FOREIGN_KEYS_STILL_ON;
}

struct foreign_keys_state foreign_keys_before(const struct rule_place *place, size_t end)
{
    struct foreign_keys_state state = {
        .is_in_transaction = place->is_down ? place->migration->down.in_transaction
                                            : place->migration->up.in_transaction,
        .without_at = SIZE_MAX,
    };
    for (size_t i = 0; i < end; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct action *action = &statement->actions[j];
            if (action->kind == ACTION_BEGIN)
                state.is_in_transaction = true;
            else if (action->kind == ACTION_COMMIT || action->kind == ACTION_ROLLBACK)
                state.is_in_transaction = false;
            else if (action->kind == ACTION_PRAGMA)
                follow_pragma(action, i, &state);
        }
    }
    return state;
}

const char *foreign_key_loss(const struct rule_place *place, const struct schema_relation *child,
                             const struct schema_constraint *key)
{
    if (key->on_delete == NULL)
        return NULL;
    const char *name = place_name(place, child->name);
    if (strcmp(key->on_delete, "CASCADE") == 0)
        return mem_printf(place->mem, "deletes its rows of %s", name);
    if (strcmp(key->on_delete, "SET NULL") != 0 && strcmp(key->on_delete, "SET DEFAULT") != 0)
        return NULL;
    return mem_printf(place->mem, "sets %s.%s to %s", name, key->columns[0],
                      strcmp(key->on_delete, "SET NULL") == 0 ? "NULL" : "its default");
}

// --- PRAGMA foreign_keys itself

// The rules on DROP TABLE say it there.
static bool drops_parent(const struct rule_place *place, size_t start)
{
    for (size_t i = start; i < place->script->n_statements; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct action *action = &statement->actions[j];
            const struct schema_relation *table =
                action->kind == ACTION_DROP && action->object == OBJECT_TABLE
                    ? schema_find(place->before, action->relation)
                    : NULL;
            if (table != NULL && table->is_referenced)
                return true;
        }
    }
    return false;
}

static void check_foreign_keys_pragma_ignored(struct rule_place *place)
{
    struct foreign_keys_state state = foreign_keys_before(place, place->script->n_statements);
    if (state.without_at == SIZE_MAX || drops_parent(place, state.without_at))
        return;
    place->index = state.without_at;
    place->statement = &place->script->statements[state.without_at];
    rule_report(place,
                "inside a transaction PRAGMA foreign_keys = %s does nothing: foreign keys "
                "stay as they were",
                place->statement->actions[0].option);
}

static void check_foreign_keys_left_off(struct rule_place *place)
{
    struct foreign_keys_state state = foreign_keys_before(place, place->script->n_statements);
    if (state.keys != FOREIGN_KEYS_OFF)
        return;
    place->index = state.off_at;
    place->statement = &place->script->statements[state.off_at];
    rule_report(place, "foreign keys are not turned on again: whatever runs behind it on the same "
                       "connection writes unchecked");
}

// --- DROP TABLE of a parent

static bool refuses_delete(const struct schema_constraint *key)
{
    return key->on_delete == NULL || strcmp(key->on_delete, "RESTRICT") == 0 ||
           strcmp(key->on_delete, "NO ACTION") == 0;
}

static void report_refused(struct rule_place *place, const struct schema_relation *table,
                           const struct schema_relation *child, const struct schema_constraint *key)
{
    enum foreign_keys keys = foreign_keys_before(place, place->index).keys;
    if (keys == FOREIGN_KEYS_OFF)
        return;
    static const char *const when[] = {
        [FOREIGN_KEYS_UNKNOWN] = "where foreign keys are on",
        [FOREIGN_KEYS_ON] = "foreign keys are on",
        [FOREIGN_KEYS_STILL_ON] = "PRAGMA foreign_keys = OFF does nothing inside the transaction",
    };
    enum severity severity = keys == FOREIGN_KEYS_UNKNOWN ? SEVERITY_NOTE : place->rule->severity;
    struct asking asking = ask(place, NULL, child->name);
    ask_needs_columns(&asking, key->columns, key->n_columns);
    if (keys == FOREIGN_KEYS_ON)
        ask_rows(&asking, ask_table(&asking),
                 mem_printf(place->mem, "%s IS NOT NULL", ask_name(&asking, key->columns[0])));
    const char *name = place_name(place, table->name), *other = place_name(place, child->name);
    ask_report(&asking, severity, mem_printf(place->mem, "no row of %s references %s", other, name),
               "%s: dropping %s fails when a row of %s references it", when[keys], name, other);
}

static void drop_refused(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_DROP || action->object != OBJECT_TABLE ||
        place_is_new(place, action->relation) || place_has_no_rows(place, action->relation))
        return;
    const struct schema_relation *table = schema_find(place->before, action->relation);
    const struct schema_relation *child = NULL;
    while (table != NULL && table->is_referenced &&
           (child = schema_next(place->before, child)) != NULL) {
        bool has_rows =
            child->rows != 0 && (!schema_is_new(place->before, child) || child->is_filled);
        for (size_t i = 0; child != table && has_rows && i < child->n_constraints; i++) {
            const struct schema_constraint *key = &child->constraints[i];
            if (key->kind != CONSTRAINT_FOREIGN_KEY || !refuses_delete(key) ||
                schema_find(place->before, key->references) != table)
                continue;
            report_refused(place, table, child, key);
            break;
        }
    }
}

static void check_drop_refused_by_children(struct rule_place *place)
{
    place_each_action(place, drop_refused);
}

// --- rows

const struct rule rule_foreign_keys_pragma_ignored = {
    .id = "foreign-keys-pragma-ignored",
    .severity = SEVERITY_WARN,
    .dialects = SQLITE,
    .summary = "PRAGMA foreign_keys is set inside a transaction",
    .why = "There it does nothing and says nothing: the script runs with the foreign keys of its "
           "connection, on or off.",
    .safe_form = "set it before the transaction begins: tell the tool not to open one, then write "
                 "BEGIN and COMMIT",
    .source = "SQLite, PRAGMA foreign_keys; measured on SQLite 3.40",
    .kinds = {ACTION_PRAGMA},
    .check_migration = check_foreign_keys_pragma_ignored,
};

const struct rule rule_foreign_keys_left_off = {
    .id = "foreign-keys-left-off",
    .severity = SEVERITY_WARN,
    .dialects = SQLITE,
    .summary = "foreign keys are turned off and not on again",
    .why = "The connection keeps it: later migrations, and a program that migrates itself, write "
           "orphans without an error.",
    .safe_form = "PRAGMA foreign_key_check before COMMIT, PRAGMA foreign_keys = ON behind it",
    .source = "SQLite, ALTER TABLE, 7, step 12; measured on SQLite 3.40",
    .kinds = {ACTION_PRAGMA},
    .check_migration = check_foreign_keys_left_off,
};

const struct rule rule_drop_refused_by_children = {
    .id = "drop-refused-by-children",
    .severity = SEVERITY_WARN,
    .dialects = SQLITE,
    .summary = "DROP TABLE of a table that others reference without ON DELETE, also in a rebuild",
    .why = "With foreign keys on, SQLite deletes the table's rows first, and one row that is "
           "referenced makes it fail, whatever defer_foreign_keys says. A note where the script "
           "does not tell whether they are on.",
    .safe_form = "PRAGMA foreign_keys = OFF before the transaction begins (tell the tool not "
                 "to open one), PRAGMA foreign_key_check before COMMIT, ON behind it",
    .source = "SQLite, Foreign Key Support, 5; measured on SQLite 3.40",
    .kinds = {ACTION_DROP},
    .check = check_drop_refused_by_children,
};

/*
 * The down of a fixed migration: each of its statements goes to the part that made what it takes
 * back, so that a part can be undone and applied again.
 *
 * Parts are undone from the last to the first, and that order is right for what they made. A
 * statement that takes nothing back by name stays where it was among the others; where that cannot
 * be, the whole down stays with the first part.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/fixed_pieces.h"
#include "analysis/safe_form_source.h"
#include "statement/reader.h"

#define NO_PART ((size_t)-1)
#define NOTHING_TO_UNDO "-- Nothing to undo: what this part made goes with the parts before it.\n"

// What a part made or took away.
struct object_key {
    char *text; // "index a_x_idx"
    size_t part;
    bool is_taken; // a statement of the down is for it
};

struct division {
    TALLOC_CTX *tmp;
    struct object_key *keys;
    size_t n_keys;
    struct unit *units;
    size_t n_units;
};

// What the action makes, changes or takes away; NULL: nothing that a name tells.
static char *key_of(TALLOC_CTX *mem, const struct action *action)
{
    const char *table = action->relation.name;
    switch ((int)action->kind) {
    case ACTION_CREATE_INDEX:
        return action->index->name == NULL ? NULL
                                           : mem_printf(mem, "index %s", action->index->name);
    case ACTION_DROP:
        if (action->object == OBJECT_INDEX)
            return mem_printf(mem, "index %s", table);
        return table == NULL ? NULL : mem_printf(mem, "relation %s", table);
    case ACTION_CREATE_TABLE:
    case ACTION_CREATE_TABLE_AS:
    case ACTION_CREATE_VIEW:
    case ACTION_CREATE_SEQUENCE:
    case ACTION_CREATE_FUNCTION:
    case ACTION_CREATE_TYPE: return table == NULL ? NULL : mem_printf(mem, "relation %s", table);
    case ACTION_CREATE_TRIGGER:
    case ACTION_DROP_TRIGGER: return mem_printf(mem, "trigger %s.%s", table, action->member);
    case ACTION_ATTACH_INDEX: return mem_printf(mem, "index %s", table);
    case ACTION_ADD_COLUMN: return mem_printf(mem, "column %s.%s", table, action->definition->name);
    case ACTION_DROP_COLUMN: return mem_printf(mem, "column %s.%s", table, action->column);
    case ACTION_SET_NOT_NULL:
    case ACTION_DROP_NOT_NULL: return mem_printf(mem, "not null %s.%s", table, action->column);
    case ACTION_ADD_CONSTRAINT:
        return action->constraint->name == NULL
                   ? NULL
                   : mem_printf(mem, "constraint %s.%s", table, action->constraint->name);
    case ACTION_DROP_CONSTRAINT: return mem_printf(mem, "constraint %s.%s", table, action->member);
    default: return NULL;
    }
}

// The parts of one object, the last first: what it did must be taken back first.
static void key_add(struct division *division, char *text, size_t part)
{
    *mem_append(division->tmp, division->keys, division->n_keys) =
        (struct object_key){.text = text, .part = part};
}

static bool keys_read(struct division *division, const struct fixed_migration *fixed,
                      struct reader *reader, struct error *err)
{
    for (size_t part = 0; part < fixed->n_parts; part++) {
        const char *text = fixed->parts[part].up;
        struct script_source source = {
            .path = fixed->migration->path, .text = text, .len = strlen(text), .end = strlen(text)};
        struct script *script;
        TRY(reader_read(division->tmp, reader, &source, &script, err));
        for (size_t i = 0; i < script->n_statements; i++) {
            const struct statement *statement = &script->statements[i];
            for (size_t k = 0; k < statement->n_actions; k++) {
                char *key = key_of(division->tmp, &statement->actions[k]);
                if (key != NULL)
                    key_add(division, key, part);
            }
        }
    }
    return true;
}

// The last part that has to do with the object and is not taken back yet; once all are, the first.
static size_t take_part(struct division *division, const char *key)
{
    size_t part = NO_PART;
    for (size_t i = division->n_keys; key != NULL && i-- > 0;) {
        if (strcmp(division->keys[i].text, key) != 0)
            continue;
        part = division->keys[i].part;
        if (!division->keys[i].is_taken) {
            division->keys[i].is_taken = true;
            break;
        }
    }
    return part;
}

// A statement of the down, or one action of it where they belong to several parts.
struct unit {
    size_t statement;
    const char *sql; // NULL: as it was written
    size_t part;
    bool is_known; // it takes back what a part made
};

static void unit_add(struct division *division, size_t statement, const char *sql, size_t part)
{
    *mem_append(division->tmp, division->units, division->n_units) = (struct unit){
        .statement = statement, .sql = sql, .part = part, .is_known = part != NO_PART};
}

static bool is_divisible(const struct statement *statement)
{
    return statement->n_actions > 1 && strcmp(statement->kind, "ALTER TABLE") == 0;
}

static void units_add(struct division *division, const struct statement *statement, size_t index)
{
    TALLOC_CTX *tmp = division->tmp;
    size_t n = statement->n_actions;
    size_t *parts = mem_array(tmp, size_t, n + 1);
    size_t first = NO_PART;
    bool is_same = true;
    for (size_t k = 0; k < n; k++) {
        parts[k] = take_part(division, key_of(tmp, &statement->actions[k]));
        is_same = is_same && parts[k] == parts[0];
        first = parts[k] < first ? parts[k] : first;
    }
    if (is_same || !is_divisible(statement)) {
        unit_add(division, index, NULL, is_same && n > 0 ? parts[0] : first);
        return;
    }
    const char *head = statement_head(tmp, statement);
    for (size_t k = 0; k < n; k++)
        unit_add(
            division, index,
            mem_printf(tmp, "%s %s", head, action_source(tmp, statement, &statement->actions[k])),
            parts[k] == NO_PART ? first : parts[k]);
}

static bool counts(const struct statement *statement)
{
    return !statement_is_transaction(statement) && !statement_is_setting(statement);
}

// Where each unit goes; false: one that no part knows would come before one that it follows.
static bool divide(struct division *division, const struct script *down)
{
    for (size_t i = 0; i < down->n_statements; i++) {
        if (counts(&down->statements[i]))
            units_add(division, &down->statements[i], i);
    }
    size_t latest = 0;
    for (size_t i = division->n_units; i-- > 0;) {
        struct unit *unit = &division->units[i];
        if (!unit->is_known)
            unit->part = latest;
        latest = unit->part > latest ? unit->part : latest;
    }
    for (size_t i = 0; i < division->n_units; i++) {
        for (size_t k = 0; k < i && !division->units[i].is_known; k++) {
            if (division->units[k].part < division->units[i].part)
                return false;
        }
    }
    return true;
}

static const char *concurrently(TALLOC_CTX *mem, const struct statement *statement)
{
    const struct action *action = &statement->actions[0];
    bool is_index =
        (action->kind == ACTION_DROP && action->object == OBJECT_INDEX && !action->cascade) ||
        (action->kind == ACTION_CREATE_INDEX && !action->only);
    if (!is_index || statement->n_actions != 1 || action->concurrently)
        return NULL;
    struct source source = source_make(mem, statement->sql);
    size_t at = 0;
    while (at < source.n && !source_is(&source, at, "index"))
        at++;
    return source_insert(&source, at, "CONCURRENTLY");
}

struct down_text {
    char *statements, *settings;
    char *undo;       // what only the forms needed
    const char *only; // its one statement, which runs outside of a transaction; NULL: another kind
    size_t n;
    bool has_transaction, has_outside;
};

static void part_write(struct fixed_part *part, const struct down_text *text, TALLOC_CTX *mem)
{
    part->down_in_transaction = true;
    if (text->n == 0 && text->undo[0] == '\0') {
        part->down = NOTHING_TO_UNDO;
    } else if (!part->in_transaction && text->only != NULL) {
        part->down = mem_printf(mem, "%s;\n", text->only);
        part->down_in_transaction = false;
    } else {
        part->down_in_transaction = !text->has_outside;
        part->down = mem_printf(mem, "%s%s%s%s%s", text->has_transaction ? "BEGIN;\n" : "",
                                text->has_outside ? "" : text->settings, text->statements,
                                text->undo, text->has_transaction ? "COMMIT;\n" : "");
    }
}

// DROP … IF EXISTS of what a statement of the down drops itself.
static bool is_dropped(const struct down_text *text, const char *undo)
{
    static const char words[] = "IF EXISTS ";
    const char *name = strstr(undo, words);
    return name != NULL && strstr(text->statements, name + strlen(words)) != NULL;
}

// What the forms made for themselves goes last.
static void take_undo(TALLOC_CTX *mem, const struct fixed_pieces *pieces, size_t part,
                      struct down_text *text)
{
    for (size_t i = pieces->n; i-- > 0;) {
        const struct fixed_piece *piece = &pieces->list[i];
        if (piece->part != part || piece->undo == NULL || is_dropped(text, piece->undo) ||
            (piece->kind == PIECE_OUTSIDE && text->n > 0))
            continue;
        text->undo = mem_printf(mem, "%s%s;\n", text->undo, piece->undo);
        text->only = piece->kind == PIECE_OUTSIDE ? piece->undo : NULL;
    }
}

static void take_unit(TALLOC_CTX *mem, const struct fixed_migration *fixed,
                      const struct script *down, const struct unit *unit, struct down_text *text)
{
    const struct statement *statement = &down->statements[unit->statement];
    const char *sql = statement_written(mem, down, unit->statement, &fixed->migration->down,
                                        unit->sql != NULL ? unit->sql : statement->sql);
    text->statements = mem_printf(mem, "%s%s;\n", text->statements, sql);
    text->has_outside = text->has_outside || statement_runs_outside(statement);
    text->only = text->n++ == 0 ? concurrently(mem, statement) : NULL;
}

static struct down_text text_of(TALLOC_CTX *mem, const struct fixed_migration *fixed,
                                const struct script *down, const struct division *division,
                                size_t part)
{
    struct down_text text = {.statements = mem_strdup(mem, ""),
                             .settings = mem_strdup(mem, ""),
                             .undo = mem_strdup(mem, "")};
    for (size_t i = 0; i < down->n_statements; i++) {
        const struct statement *statement = &down->statements[i];
        text.has_transaction = text.has_transaction || statement_is_transaction(statement);
        if (statement_is_setting(statement))
            text.settings = mem_printf(mem, "%s%s;\n", text.settings, statement->sql);
    }
    for (size_t i = 0; i < division->n_units; i++) {
        if (division->units[i].part == part)
            take_unit(mem, fixed, down, &division->units[i], &text);
    }
    return text;
}

static void keep_whole(struct fixed_migration *fixed)
{
    const struct migration_text *down = &fixed->migration->down;
    for (size_t part = 0; part < fixed->n_parts; part++) {
        fixed->parts[part].down = NOTHING_TO_UNDO;
        fixed->parts[part].down_in_transaction = true;
    }
    fixed->parts[0].down =
        mem_strndup(fixed->parts, down->text + down->start, down->end - down->start);
    fixed->parts[0].down_in_transaction = down->in_transaction;
}

bool parts_divide_down(struct fixed_migration *fixed, const struct fixed_pieces *pieces,
                       const struct script *down, struct reader *reader, struct error *err)
{
    SCRATCH(tmp);
    struct division division = {.tmp = tmp};
    bool can = script_obstacle(tmp, down, &fixed->migration->down) == NULL;
    TRY(keys_read(&division, fixed, reader, err));
    can = can && divide(&division, down);
    for (size_t part = 0; can && part < fixed->n_parts; part++) {
        struct down_text text = text_of(pieces->mem, fixed, down, &division, part);
        take_undo(pieces->mem, pieces, part, &text);
        can = text.n < 2 || !text.has_outside; // tools send a file as one string
        part_write(&fixed->parts[part], &text, pieces->mem);
    }
    if (!can)
        keep_whole(fixed);
    return true;
}

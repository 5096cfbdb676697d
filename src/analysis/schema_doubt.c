/*
 * What a schema no longer knows: after a statement that nobody could read, things may be there or
 * gone that no other statement tells of.
 *
 * A statement of one of the usual verbs is about what its text names. Anything else (a DO block, a
 * call, a tool's own work) may have made or dropped whatever there is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/schema_edit.h"
#include "statement/lexer.h"

// Each is compared with every name that is asked for: with more of them, all is in doubt.
#define NAMING_DOUBTS_MAX ((size_t)64)
#define DOUBT_WORDS_MAX ((size_t)4096)

// The statement may reach what it does not name.
static bool is_open_word(const struct lexer *lexer, struct token token)
{
    static const char *const open[] = {"cascade", "execute", "do", "call"};
    for (size_t i = 0; i < COUNT_OF(open); i++) {
        if (token_is(lexer, token, open[i]))
            return true;
    }
    return lexer->text[token.offset] == '{' || lexer->text[token.offset] == '$';
}

static bool begins_with_verb(const struct lexer *lexer, struct token token)
{
    static const char *const verbs[] = {"alter",   "create", "drop",   "comment", "grant",
                                        "revoke",  "insert", "update", "delete",  "merge",
                                        "analyze", "vacuum", "copy",   "reindex", "truncate"};
    for (size_t i = 0; i < COUNT_OF(verbs); i++) {
        if (token_is(lexer, token, verbs[i]))
            return true;
    }
    return false;
}

// False: it may be about anything.
static bool read_names(struct schema *schema, struct schema_doubt *doubt, const char *text,
                       size_t len)
{
    struct lexer lexer = lexer_make(schema->dialect, text, 0, len);
    struct token token = lexer_next(&lexer);
    if (!begins_with_verb(&lexer, token))
        return false;
    for (; token.kind != TOKEN_END; token = lexer_next(&lexer)) {
        if (token.kind == TOKEN_BROKEN || is_open_word(&lexer, token) ||
            doubt->n_names == DOUBT_WORDS_MAX)
            return false;
        if (token.kind == TOKEN_WORD || token.kind == TOKEN_IDENTIFIER)
            *mem_append(schema->pool, doubt->names, doubt->n_names) =
                token_value(schema->pool, &lexer, token);
    }
    return true;
}

void schema_add_doubt(struct schema *schema, const struct not_understood *place, const char *text,
                      size_t len)
{
    struct schema_doubt *doubt = mem_new(schema->pool, struct schema_doubt);
    doubt->path = schema_keep_text(schema, place->path);
    doubt->line = place->line;
    doubt->reason = schema_keep_text(schema, place->reason);
    doubt->before = schema->doubt;
    doubt->number = doubt->before ? doubt->before->number + 1 : 1;
    schema->doubt = doubt;
    bool names = doubt->number <= NAMING_DOUBTS_MAX && text && read_names(schema, doubt, text, len);
    if (!names) {
        doubt->names = NULL;
        doubt->n_names = 0;
        schema->all_doubted = doubt->number;
    }
}

const struct schema_doubt *schema_doubts(const struct schema *schema)
{
    return schema->doubt;
}

bool schema_doubts_all(const struct schema *schema)
{
    return schema->all_doubted > 0;
}

// By a doubt later than the first `n`.
static bool is_doubted(const struct schema *schema, const char *name, size_t n)
{
    for (const struct schema_doubt *doubt = schema->doubt; name && doubt && doubt->number > n;
         doubt = doubt->before) {
        if (list_contains(schema, doubt->names, doubt->n_names, name))
            return true;
    }
    return false;
}

bool schema_doubts_relation(const struct schema *schema, const struct schema_relation *relation)
{
    return schema->all_doubted > relation->n_doubts ||
           is_doubted(schema, relation->name.name, relation->n_doubts);
}

static bool doubts_query(const struct schema *schema, const struct query *query)
{
    bool is_in_doubt = is_doubted(schema, query->target.name, 0);
    for (size_t i = 0; !is_in_doubt && i < query->n_reads; i++)
        is_in_doubt = is_doubted(schema, query->reads[i].name, 0);
    for (size_t i = 0; !is_in_doubt && i < query->n_inner; i++) {
        for (size_t k = 0; !is_in_doubt && k < query->inner[i]->n_reads; k++)
            is_in_doubt = is_doubted(schema, query->inner[i]->reads[k].name, 0);
    }
    return is_in_doubt;
}

static bool doubts_action(const struct schema *schema, const struct action *action)
{
    const char *const names[] = {
        action->relation.name,
        action->other.name,
        action->partition_of.name,
        action->member,
        action->column,
        action->new_name,
        action->constraint ? action->constraint->references.name : NULL,
        action->index ? action->index->name : NULL,
        action->definition ? action->definition->name : NULL,
        action->definition ? action->definition->type.name : NULL,
    };
    bool is_in_doubt = action->query && doubts_query(schema, action->query);
    for (size_t i = 0; !is_in_doubt && i < COUNT_OF(names); i++)
        is_in_doubt = is_doubted(schema, names[i], 0);
    for (size_t i = 0; !is_in_doubt && i < action->n_parents; i++)
        is_in_doubt = is_doubted(schema, action->parents[i].name, 0);
    for (size_t i = 0; !is_in_doubt && i < action->n_columns; i++) {
        const struct column *column = &action->columns[i];
        is_in_doubt = is_doubted(schema, column->type.name, 0);
        for (size_t k = 0; !is_in_doubt && k < column->n_constraints; k++)
            is_in_doubt = is_doubted(schema, column->constraints[k].references.name, 0);
    }
    for (size_t i = 0; !is_in_doubt && i < action->n_constraints; i++)
        is_in_doubt = is_doubted(schema, action->constraints[i].references.name, 0);
    return is_in_doubt;
}

bool schema_doubts_statement(const struct schema *schema, const struct statement *statement)
{
    if (!schema->doubt || schema->all_doubted > 0)
        return schema->doubt != NULL;
    for (size_t i = 0; i < statement->n_actions; i++) {
        if (doubts_action(schema, &statement->actions[i]))
            return true;
    }
    return false;
}

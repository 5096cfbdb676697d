/*
 * Policies, rules and statistics objects of a relation, with the text that defines them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/schema_edit.h"

#include "statement/lexer.h"

static enum object_kind member_kind(const struct action *action)
{
    switch ((int)action->kind) {
    case ACTION_CREATE_RULE:
    case ACTION_DROP_RULE: return OBJECT_RULE;
    case ACTION_CREATE_STATISTICS: return OBJECT_STATISTICS;
    default: return OBJECT_POLICY;
    }
}

static struct schema_member *find_member(const struct schema *schema,
                                         const struct schema_relation *relation,
                                         enum object_kind object, const char *name)
{
    for (size_t i = 0; i < relation->n_members; i++) {
        struct schema_member *member = &relation->members[i];
        if (member->object == object && schema_same(schema, member->name, name))
            return member;
    }
    return NULL;
}

struct schema_member *schema_find_member(const struct schema *schema,
                                         const struct schema_relation *relation,
                                         const struct action *action)
{
    return find_member(schema, relation, member_kind(action), action->member);
}

// Behind the name that follows the first `word`; of statistics where their columns begin.
static const char *definition_of(const struct schema *schema, enum object_kind object)
{
    const char *sql = schema->statement ? schema->statement->sql : NULL;
    if (!sql)
        return NULL;
    struct lexer lexer = lexer_make(DIALECT_POSTGRES, sql, 0, strlen(sql));
    struct token t = lexer_next(&lexer);
    const char *word = object == OBJECT_RULE ? "to" : "on";
    while (t.kind != TOKEN_END && !token_is(&lexer, t, word))
        t = lexer_next(&lexer);
    if (t.kind == TOKEN_END || object == OBJECT_STATISTICS)
        return sql + t.offset;
    lexer_next(&lexer); // the table
    t = lexer_next(&lexer);
    while (t.kind == TOKEN_DOT) {
        lexer_next(&lexer);
        t = lexer_next(&lexer);
    }
    return sql + t.offset;
}

// What a rule's actions write, for statements on its table.
static void keep_rule(struct schema *schema, struct schema_member *member,
                      const struct action *action)
{
    struct name *writes = mem_array(schema->pool, struct name, action->n_rule_queries + 1);
    for (size_t i = 0; i < action->n_rule_queries; i++) {
        if (action->rule_queries[i]->target.name)
            writes[member->n_writes++] = schema_keep_name(schema, action->rule_queries[i]->target);
    }
    member->is_instead = action->is_instead;
    member->writes = writes;
}

void change_create_member(struct schema *schema, const struct action *action)
{
    struct schema_relation *relation = schema_edit(schema, action->relation);
    enum object_kind object = member_kind(action);
    struct schema_member *member = relation ? schema_find_member(schema, relation, action) : NULL;
    if (!relation || !action->member || (member && !action->or_replace))
        return; // IF NOT EXISTS, or the statement fails
    if (!member)
        member = mem_append(relation, relation->members, relation->n_members);
    *member = (struct schema_member){
        .object = object,
        .name = mem_strdup(schema->pool, action->member),
        .definition = schema_keep_text(schema, definition_of(schema, object)),
        .event = object == OBJECT_RULE ? mem_strdup(schema->pool, action->option) : NULL};
    if (object == OBJECT_RULE)
        keep_rule(schema, member, action);
    if (action->value == NULL)
        return;
    member->columns = schema_keep_list(schema, action->value->columns, action->value->n_columns);
    member->n_columns = action->value->n_columns;
}

// ALTER POLICY tells a part of it anew: what it is as a whole is not known then.
void change_alter_member(struct schema *schema, const struct action *action)
{
    struct schema_relation *relation = schema_edit(schema, action->relation);
    struct schema_member *member = relation ? schema_find_member(schema, relation, action) : NULL;
    if (!member)
        return;
    if (!action->new_name) {
        member->definition = NULL;
        return;
    }
    const char *name = mem_strdup(schema->pool, action->new_name);
    schema_rename_part(relation, member->object, member->name, name);
    member->name = name;
}

static void drop_member(struct schema_relation *relation, struct schema_member *member)
{
    schema_forget_part(relation, member->object, member->name);
    *member = relation->members[--relation->n_members];
}

void change_drop_member(struct schema *schema, const struct action *action)
{
    struct schema_relation *relation = schema_edit(schema, action->relation);
    struct schema_member *member = relation ? schema_find_member(schema, relation, action) : NULL;
    if (member)
        drop_member(relation, member);
}

// DROP STATISTICS does not name the table.
void schema_drop_statistics(struct schema *schema, const char *name)
{
    for (struct schema_relation *r = schema_next(schema, NULL); r; r = schema_next(schema, r)) {
        if (!find_member(schema, r, OBJECT_STATISTICS, name))
            continue;
        struct schema_relation *relation = schema_edit(schema, r->name);
        drop_member(relation, find_member(schema, relation, OBJECT_STATISTICS, name));
        return;
    }
}

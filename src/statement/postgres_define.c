/*
 * Rules, policies, functions, types, domains, schemas, extensions, publications.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/postgres_tree.h"

#include "statement/postgres_reading.h"

// --- on tables

static const char *rule_event(CmdType event)
{
    switch (event) {
    case CMD_SELECT: return "SELECT";
    case CMD_INSERT: return "INSERT";
    case CMD_UPDATE: return "UPDATE";
    default: return "DELETE";
    }
}

void read_create_rule(struct reading *reading, Node *node)
{
    const RuleStmt *create = (RuleStmt *)node;
    struct action *action = action_add(reading, ACTION_CREATE_RULE);
    action->object = OBJECT_RULE;
    action->relation = name_of_range(reading, create->relation);
    action->member = mem_strdup(reading->mem, create->rulename);
    action->option = rule_event(create->event);
    action->or_replace = create->replace;
    action->is_instead = create->instead;
    action->without_data = create->actions == NIL;
    ListCell *cell;
    foreach (cell, create->actions) {
        Node *query = lfirst(cell);
        if (!IsA(query, NotifyStmt))
            *mem_append(reading->mem, action->rule_queries, action->n_rule_queries) =
                query_make(reading, query, NULL);
    }
}

// USING and WITH CHECK are read as one: what they read together.
static void policy_read_conditions(struct reading *reading, Node *using, Node *check,
                                   struct action *action)
{
    List *both = list_make2(using, check);
    action->value = mem_new(reading->mem, struct expression);
    expression_read(reading, (Node *)both, NULL, action->value);
}

static struct action *policy_add(struct reading *reading, enum action_kind kind,
                                 const RangeVar *table, const char *name)
{
    struct action *action = action_add(reading, kind);
    action->object = OBJECT_POLICY;
    action->relation = name_of_range(reading, table);
    action->member = mem_strdup(reading->mem, name);
    return action;
}

void read_create_policy(struct reading *reading, Node *node)
{
    const CreatePolicyStmt *create = (CreatePolicyStmt *)node;
    struct action *action =
        policy_add(reading, ACTION_CREATE_POLICY, create->table, create->policy_name);
    policy_read_conditions(reading, create->qual, create->with_check, action);
}

void read_alter_policy(struct reading *reading, Node *node)
{
    const AlterPolicyStmt *alter = (AlterPolicyStmt *)node;
    policy_add(reading, ACTION_ALTER_POLICY, alter->table, alter->policy_name);
}

// --- functions

static const char *option_string(struct reading *reading, const List *options, const char *name)
{
    const DefElem *option = option_find(options, name);
    if (option == NULL || option->arg == NULL)
        return NULL;
    // AS is a list: source, or object file and symbol.
    const Node *value = IsA(option->arg, List) ? linitial((List *)option->arg) : option->arg;
    return IsA(value, String) ? mem_strdup(reading->mem, ((const String *)value)->sval) : NULL;
}

// RETURN … or BEGIN ATOMIC … END: from that word on.
static const char *body_text(struct reading *reading)
{
    size_t depth = 0;
    size_t last = token_index(reading, (int)(reading->end - reading->base));
    for (size_t i = 0; i < last; i++) {
        const struct token *token = &reading->tokens[i];
        depth += token->kind == TOKEN_OPEN ? 1 : 0;
        depth -= token->kind == TOKEN_CLOSE && depth > 0 ? 1 : 0;
        bool is_begin = depth == 0 &&
                        (token_word(reading, i, "return") ||
                         (token_word(reading, i, "begin") && token_word(reading, i + 1, "atomic")));
        if (is_begin)
            return span_text(reading, (struct span){.start = token->offset, .end = reading->end});
    }
    return reading->statement->sql;
}

// False: it is the type of a column (%TYPE), which only the server knows.
static bool parameter_type_read(struct reading *reading, const TypeName *type,
                                struct type_name *out)
{
    if (type == NULL)
        return true;
    type_read(reading, type, out);
    return !type->pct_type;
}

static bool parameter_read(struct reading *reading, const FunctionParameter *from,
                           struct parameter *out)
{
    FunctionParameterMode mode = from->mode;
    *out = (struct parameter){
        .name = from->name != NULL ? mem_strdup(reading->mem, from->name) : NULL,
        .is_input = mode != FUNC_PARAM_OUT && mode != FUNC_PARAM_TABLE,
        .is_output = mode == FUNC_PARAM_OUT || mode == FUNC_PARAM_INOUT || mode == FUNC_PARAM_TABLE,
        .has_default = from->defexpr != NULL,
    };
    return parameter_type_read(reading, from->argType, &out->type);
}

static struct signature *signature_read(struct reading *reading, const CreateFunctionStmt *create)
{
    struct signature *signature = mem_new(reading->mem, struct signature);
    signature->is_procedure = create->is_procedure;
    bool is_known = parameter_type_read(reading, create->returnType, &signature->returns);
    signature->returns_set = create->returnType != NULL && create->returnType->setof;
    ListCell *cell;
    foreach (cell, create->parameters) {
        is_known &= parameter_read(
            reading, lfirst(cell),
            mem_append(reading->mem, signature->parameters, signature->n_parameters));
    }
    return is_known ? signature : NULL;
}

void read_create_function(struct reading *reading, Node *node)
{
    const CreateFunctionStmt *create = (CreateFunctionStmt *)node;
    struct action *action = action_add(reading, ACTION_CREATE_FUNCTION);
    action->object = create->is_procedure ? OBJECT_PROCEDURE : OBJECT_FUNCTION;
    action->relation = name_of_list(reading, create->funcname);
    action->or_replace = create->replace;
    action->signature = signature_read(reading, create);
    action->language = option_string(reading, create->options, "language");
    action->body = option_string(reading, create->options, "as");
    action->option = option_string(reading, create->options, "volatility");
    if (action->body == NULL && create->sql_body != NULL)
        action->body = body_text(reading);
    if (action->language == NULL && create->sql_body != NULL)
        action->language = "sql";
    if (create->is_procedure)
        reading->statement->kind = "CREATE PROCEDURE";
}

// --- types

static struct action *type_add(struct reading *reading, enum object_kind object, const List *name)
{
    struct action *action = action_add(reading, ACTION_CREATE_TYPE);
    action->object = object;
    action->relation = name_of_list(reading, name);
    return action;
}

void read_create_enum(struct reading *reading, Node *node)
{
    const CreateEnumStmt *create = (CreateEnumStmt *)node;
    struct action *action = type_add(reading, OBJECT_ENUM, create->typeName);
    action->labels = strings_of_list(reading, create->vals, &action->n_labels);
}

void read_create_range(struct reading *reading, Node *node)
{
    type_add(reading, OBJECT_RANGE, ((CreateRangeStmt *)node)->typeName);
}

void read_create_composite(struct reading *reading, Node *node)
{
    const CompositeTypeStmt *create = (CompositeTypeStmt *)node;
    struct action *action = type_add(reading, OBJECT_COMPOSITE, NIL);
    action->relation = name_of_range(reading, create->typevar);
    ListCell *cell;
    foreach (cell, create->coldeflist)
        column_read(reading, lfirst(cell),
                    mem_append(reading->mem, action->columns, action->n_columns));
}

// ALTER TYPE … ADD VALUE and RENAME VALUE.
void read_alter_enum(struct reading *reading, Node *node)
{
    const AlterEnumStmt *alter = (AlterEnumStmt *)node;
    bool is_rename = alter->oldVal != NULL;
    struct action *action =
        action_add(reading, is_rename ? ACTION_RENAME_ENUM_VALUE : ACTION_ADD_ENUM_VALUE);
    action->object = OBJECT_ENUM;
    action->relation = name_of_list(reading, alter->typeName);
    action->member = mem_strdup(reading->mem, is_rename ? alter->oldVal : alter->newVal);
    action->new_name = is_rename ? mem_strdup(reading->mem, alter->newVal) : NULL;
    action->if_exists = alter->skipIfNewValExists;
}

// CREATE TYPE of a base type; AGGREGATE, OPERATOR, COLLATION, TEXT SEARCH … as well.
void read_define(struct reading *reading, Node *node)
{
    const DefineStmt *create = (DefineStmt *)node;
    struct action *action =
        action_add(reading, create->kind == PG_OBJECT_TYPE ? ACTION_CREATE_TYPE : ACTION_OTHER);
    action->object = object_of(create->kind);
    action->relation = name_of_list(reading, create->defnames);
    action->if_exists = create->if_not_exists;
    action->or_replace = create->replace;
    kind_set(reading, "CREATE", create->kind);
}

void read_create_domain(struct reading *reading, Node *node)
{
    const CreateDomainStmt *create = (CreateDomainStmt *)node;
    struct action *action = type_add(reading, OBJECT_DOMAIN, create->domainname);
    // A domain is written like a column.
    ColumnDef written = {.type = T_ColumnDef,
                         .typeName = create->typeName,
                         .collClause = create->collClause,
                         .constraints = create->constraints};
    action->definition = mem_new(reading->mem, struct column);
    column_read(reading, &written, action->definition);
    action->definition->name = action->relation.name;
}

static const char *domain_option(char subtype, bool has_definition)
{
    switch (subtype) {
    case 'T': return has_definition ? "set default" : "drop default";
    case 'N': return "drop not null";
    case 'O': return "set not null";
    case 'C': return "add constraint";
    case 'X': return "drop constraint";
    default: return "validate constraint";
    }
}

void read_alter_domain(struct reading *reading, Node *node)
{
    const AlterDomainStmt *alter = (AlterDomainStmt *)node;
    struct action *action = action_add(reading, ACTION_ALTER_DOMAIN);
    action->object = OBJECT_DOMAIN;
    action->relation = name_of_list(reading, alter->typeName);
    action->option = domain_option(alter->subtype, alter->def != NULL);
    action->member = mem_strdup(reading->mem, alter->name);
    action->cascade = alter->behavior == DROP_CASCADE;
    action->if_exists = alter->missing_ok;
    if (alter->subtype != 'C')
        return;
    action->constraint = mem_new(reading->mem, struct constraint);
    constraint_read(reading, (Constraint *)alter->def, NULL, action->constraint);
    action->member = action->constraint->name;
}

// --- schemas, extensions, publications

// Statements within CREATE SCHEMA add their own actions; they cannot hold a CREATE SCHEMA again.
void read_create_schema(struct reading *reading, Node *node)
{
    const CreateSchemaStmt *create = (CreateSchemaStmt *)node;
    struct action *action = action_add(reading, ACTION_CREATE_SCHEMA);
    action->object = OBJECT_SCHEMA;
    const char *role = create->authrole == NULL ? NULL : create->authrole->rolename;
    action->relation.name =
        mem_strdup(reading->mem, create->schemaname != NULL ? create->schemaname : role);
    action->if_exists = create->if_not_exists;
    ListCell *cell;
    foreach (cell, create->schemaElts)
        statement_read(reading, lfirst(cell));
    reading->statement->kind = "CREATE SCHEMA";
}

void read_create_extension(struct reading *reading, Node *node)
{
    const CreateExtensionStmt *create = (CreateExtensionStmt *)node;
    struct action *action = action_add(reading, ACTION_CREATE_EXTENSION);
    action->object = OBJECT_EXTENSION;
    action->relation.name = mem_strdup(reading->mem, create->extname);
    action->if_exists = create->if_not_exists;
    action->cascade = option_is_on(create->options, "cascade");
}

static void publication_add(struct reading *reading, const char *publication, const List *objects,
                            bool is_all)
{
    if (is_all || objects == NIL) {
        struct action *action = action_add(reading, ACTION_PUBLICATION);
        action->object = OBJECT_PUBLICATION;
        action->member = mem_strdup(reading->mem, publication);
        action->option = is_all ? "all tables" : NULL;
    }
    ListCell *cell;
    foreach (cell, objects) {
        const PublicationObjSpec *object = lfirst(cell);
        struct action *action = action_add(reading, ACTION_PUBLICATION);
        action->object = OBJECT_PUBLICATION;
        action->member = mem_strdup(reading->mem, publication);
        if (object->pubtable != NULL)
            action->relation = name_of_range(reading, object->pubtable->relation);
        else
            action->relation.schema = mem_strdup(reading->mem, object->name);
    }
}

void read_create_publication(struct reading *reading, Node *node)
{
    const CreatePublicationStmt *create = (CreatePublicationStmt *)node;
    publication_add(reading, create->pubname, create->pubobjects, create->for_all_tables);
}

void read_alter_publication(struct reading *reading, Node *node)
{
    const AlterPublicationStmt *alter = (AlterPublicationStmt *)node;
    publication_add(reading, alter->pubname, alter->pubobjects, alter->for_all_tables);
    const char *verb = alter->action == AP_DropObjects  ? "drop"
                       : alter->action == AP_SetObjects ? "set"
                                                        : "add";
    for (size_t i = 0; alter->pubobjects != NIL && i < reading->statement->n_actions; i++)
        reading->statement->actions[i].option = verb;
}

/*
 * Derivation for a change that leaves every row of what is there alone: what it makes is there
 * afterwards, and an index can be used. Without that there would be nothing to ask.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "proof/claim.h"
#include "statement/quoting.h"

static bool is_one_of(enum action_kind kind, const enum action_kind *kinds, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (kinds[i] == kind)
            return true;
    return false;
}

// Neither rows nor what a row is made of. What is dropped takes nothing with it that has rows.
static bool keeps_rows(const struct action *action)
{
    static const enum action_kind keeping[] = {ACTION_CREATE_TABLE,
                                               ACTION_CREATE_TABLE_AS,
                                               ACTION_REFRESH,
                                               ACTION_CREATE_VIEW,
                                               ACTION_CREATE_INDEX,
                                               ACTION_REINDEX,
                                               ACTION_ATTACH_INDEX,
                                               ACTION_CREATE_SEQUENCE,
                                               ACTION_CREATE_TYPE,
                                               ACTION_ADD_ENUM_VALUE,
                                               ACTION_CREATE_FUNCTION,
                                               ACTION_CREATE_SCHEMA,
                                               ACTION_CREATE_STATISTICS,
                                               ACTION_CREATE_POLICY,
                                               ACTION_ALTER_POLICY,
                                               ACTION_DROP_POLICY,
                                               ACTION_COMMENT,
                                               ACTION_GRANT,
                                               ACTION_OWNER,
                                               ACTION_SET_OPTIONS,
                                               ACTION_SET_DEFAULT,
                                               ACTION_DROP_DEFAULT,
                                               ACTION_SET_STATISTICS,
                                               ACTION_DROP_TRIGGER,
                                               ACTION_VALIDATE_CONSTRAINT,
                                               ACTION_DROP_CONSTRAINT,
                                               ACTION_DROP_NOT_NULL,
                                               ACTION_RENAME_CONSTRAINT,
                                               ACTION_ANALYZE,
                                               ACTION_VACUUM,
                                               ACTION_BEGIN,
                                               ACTION_COMMIT,
                                               ACTION_COLUMN_OPTIONS,
                                               ACTION_SET_STORAGE,
                                               ACTION_SET_COMPRESSION,
                                               ACTION_REPLICA_IDENTITY};
    static const enum object_kind without_rows[] = {OBJECT_INDEX,   OBJECT_VIEW, OBJECT_POLICY,
                                                    OBJECT_TRIGGER, OBJECT_RULE, OBJECT_STATISTICS};
    if (action->kind == ACTION_SET_VARIABLE) // the names after it would be others
        return action->member != NULL && strcmp(action->member, "search_path") != 0;
    if (action->kind != ACTION_DROP)
        return is_one_of(action->kind, keeping, COUNT_OF(keeping));
    for (size_t i = 0; i < COUNT_OF(without_rows); i++)
        if (action->object == without_rows[i])
            return true;
    return action->object == OBJECT_FUNCTION && !action->cascade;
}

static bool script_keeps_rows(const struct script *script)
{
    if (script->n_not_understood > 0)
        return false;
    for (size_t i = 0; i < script->n_statements; i++)
        for (size_t a = 0; a < script->statements[i].n_actions; a++)
            if (!keeps_rows(&script->statements[i].actions[a]))
                return false;
    return true;
}

static bool is_up(const struct assessed_script *script)
{
    return !script->is_down && !script->migration->is_context;
}

bool derivation_keeps_rows(const struct assessment *assessment, const struct trace *trace)
{
    size_t n = 0;
    for (size_t i = 0; i < assessment->n_scripts; i++) {
        const struct assessed_script *script = &assessment->scripts[i];
        if (!is_up(script))
            continue;
        if (script->script == NULL || !script_keeps_rows(script->script))
            return false;
        n++;
    }
    for (size_t i = 0; i < trace->n_tables; i++)
        if (trace->tables[i]->before.name != NULL)
            return false;
    return n > 0 && trace->hidden == NULL;
}

// --- what is made

struct made {
    const struct statement *statement;
    const struct action *action;
    const char *schema, *name;
};

static struct made what_is_made(const struct derivation *derivation,
                                const struct statement *statement, const struct action *action)
{
    struct made made = {.statement = statement, .action = action};
    bool is_index = action->kind == ACTION_CREATE_INDEX && action->index != NULL;
    if (is_index && !action->only) // ONLY: it is valid when those of all partitions are attached
        made.name = action->index->name;
    if (!is_index && !action->is_temporary &&
        (action->kind == ACTION_CREATE_TABLE || action->kind == ACTION_CREATE_TABLE_AS ||
         action->kind == ACTION_CREATE_VIEW))
        made.name = action->relation.name;
    if (made.name != NULL)
        made.schema = schema_resolve(derivation->schema, action->relation).schema;
    return made;
}

static const char *presence_sql(TALLOC_CTX *mem, enum dialect dialect, const struct made *made)
{
    SCRATCH(tmp);
    bool is_index = made->action->kind == ACTION_CREATE_INDEX;
    const char *name = quoting_text(tmp, made->name);
    if (dialect == DIALECT_SQLITE)
        return mem_printf(mem, "SELECT count(*) FROM sqlite_schema WHERE lower(name) = lower(%s)%s",
                          name, is_index ? " AND type = 'index'" : "");
    return mem_printf(mem,
                      "SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
                      "ON n.oid = c.relnamespace%s WHERE c.relname = %s AND n.nspname = %s%s",
                      is_index ? " JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid" : "", name,
                      quoting_text(tmp, made->schema == NULL ? "public" : made->schema),
                      is_index ? " AND i.indisvalid AND i.indisready" : "");
}

static void add_presence(struct derivation *derivation, const struct made *made)
{
    SCRATCH(tmp);
    TALLOC_CTX *mem = derivation->mem;
    bool is_index = made->action->kind == ACTION_CREATE_INDEX;
    bool is_postgres = derivation->dialect == DIALECT_POSTGRES;
    const char *what = is_index                                   ? "index"
                       : made->action->kind == ACTION_CREATE_VIEW ? "view"
                                                                  : "table";
    const struct claim claim = {
        .cause = mem_printf(mem, "derived from %s", trace_cause(tmp, made->statement))};
    claim_invariant(derivation, &claim,
                    (struct invariant){
                        .name = mem_printf(mem, "I15/%s is there", made->name),
                        .catalogue = "I15",
                        .title = mem_printf(mem, "%s %s is there%s", what, made->name,
                                            is_index && is_postgres ? ", and valid" : ""),
                        .kind = INVARIANT_VALUE,
                        .moments = MOMENT_AFTER,
                        .sql = presence_sql(mem, derivation->dialect, made),
                        .expect = {.has_equals = true, .equals = "1"},
                        .is_required = true,
                    });
}

static void withdraw(struct made *list, size_t n, const struct action *action)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].name != NULL && text_equal_nocase(list[i].name, action->relation.name))
            list[i].name = NULL;
}

void derive_presence(struct derivation *derivation, const struct assessment *assessment)
{
    struct made *list = NULL;
    size_t n = 0;
    for (size_t i = 0; i < assessment->n_scripts; i++) {
        const struct assessed_script *script = &assessment->scripts[i];
        for (size_t s = 0; is_up(script) && s < script->script->n_statements; s++) {
            const struct statement *statement = &script->script->statements[s];
            for (size_t a = 0; a < statement->n_actions; a++) {
                const struct action *action = &statement->actions[a];
                if (action->kind == ACTION_DROP && action->relation.name != NULL)
                    withdraw(list, n, action);
                *mem_append(derivation->mem, list, n) = what_is_made(derivation, statement, action);
            }
        }
    }
    for (size_t i = 0; i < n; i++)
        if (list[i].name != NULL)
            add_presence(derivation, &list[i]);
}

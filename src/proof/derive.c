/*
 * Derivation: walks the change's statements, collects claims, and writes them as invariants.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "base/text.h"
#include "proof/claim.h"
#include "proof/sql.h"

#define SAMPLE_KEYS 5

struct claim *claim_add(struct derivation *derivation, claim_write *write,
                        const struct statement *statement, const struct trace_table *table)
{
    struct claim *claim = mem_new(derivation->mem, struct claim);

    claim->write = write;
    claim->statement = statement;
    claim->cause = mem_printf(claim, "derived from %s", trace_cause(claim, statement));
    claim->table = table;
    if (table != NULL)
        claim->before = table->before;
    *mem_append(derivation->mem, derivation->claims, derivation->n_claims) = claim;
    return claim;
}

void claim_invariant(struct derivation *derivation, const struct claim *claim,
                     struct invariant invariant)
{
    if (invariants_find(derivation->out, invariant.name) != NULL) // two statements, one promise
        return;
    if (invariant.because == NULL)
        invariant.because = claim->cause;
    if (invariant.table == NULL && claim->table != NULL)
        invariant.table = claim->table->after.name != NULL
                              ? sql_shown(derivation->mem, claim->table->after)
                              : sql_shown(derivation->mem, claim->table->before);
    *mem_append(derivation->mem, derivation->out->list, derivation->out->n) = invariant;
}

char *claim_name(struct derivation *derivation, const char *catalogue,
                 const struct trace_table *table, const char *column)
{
    struct name name = table->before.name != NULL ? table->before : table->after;
    return mem_printf(derivation->mem, "%s/%s%s%s", catalogue, sql_shown(derivation->mem, name),
                      column == NULL ? "" : ".", column == NULL ? "" : column);
}

bool claim_has_after(const struct trace_table *table, const struct trace_column *column)
{
    return table->after.name != NULL && (column == NULL || column->after != NULL);
}

const char *claim_aliased(struct derivation *derivation, const char *relation,
                          const struct claim *claim)
{
    if (claim->query->target_alias == NULL)
        return relation;
    return mem_printf(derivation->mem, "%s AS %s", relation,
                      sql_name(derivation->mem, claim->query->target_alias));
}

char *claim_before_sql(struct derivation *derivation, const struct trace_table *table)
{
    return sql_relation(derivation->mem, table->before);
}

char *claim_after_sql(struct derivation *derivation, const struct trace_table *table)
{
    return sql_relation(derivation->mem, table->after);
}

char *claim_samples(struct derivation *derivation, const struct trace_table *table, bool is_after,
                    const char *where)
{
    SCRATCH(tmp);
    const char **names = mem_array(tmp, const char *, table->n_key + 1);

    for (size_t i = 0; i < table->n_key; i++) {
        const struct trace_column *column = trace_column_before(table, table->key[i]);
        names[i] = column == NULL ? NULL : is_after ? column->after : column->before;
        if (names[i] == NULL)
            return NULL;
    }
    if (table->n_key == 0)
        return NULL;
    return mem_printf(derivation->mem, "SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT %d",
                      sql_list(tmp, NULL, names, table->n_key, ", "),
                      sql_relation(tmp, is_after ? table->after : table->before), where,
                      sql_list(tmp, NULL, names, table->n_key, ", "), SAMPLE_KEYS);
}

char *claim_value(struct derivation *derivation, const struct trace_column *column,
                  const char *name)
{
    SCRATCH(tmp);
    return sql_comparable(derivation->mem, derivation->dialect, column->type, sql_name(tmp, name));
}

static bool is_same_table(const struct trace_table *table)
{
    return table->before.name != NULL && table->after.name != NULL &&
           strcmp(table->before.name, table->after.name) == 0;
}

bool claim_holds_after(const struct derivation *derivation, const struct claim *claim,
                       const struct expression *expression)
{
    const struct trace_table *table = claim->table;

    if (!is_same_table(table))
        return false;
    for (size_t i = 0; i < expression->n_columns; i++) {
        const struct trace_column *column = trace_column_before(table, expression->columns[i]);
        if (column == NULL)
            column = trace_column_now(table, expression->columns[i]);
        if (column == NULL)
            continue;
        if (column->after == NULL || !text_equal_nocase(column->after, expression->columns[i]) ||
            (column->written.cause != NULL && column != claim->column))
            return false;
    }
    for (size_t i = 0; i < expression->n_relations; i++) {
        const struct trace_table *read = tracer_find(derivation->tracer, expression->relations[i]);
        if (read == NULL)
            return false;
    }
    return true;
}

// --- the walk

// Can what the statement reads be asked before the change?
static bool reads_are_untouched(struct derivation *derivation, const struct query *query)
{
    for (size_t i = 0; i < query->n_reads; i++)
        if (schema_find(derivation->schema, query->reads[i]) == NULL ||
            tracer_is_touched(derivation->tracer, query->reads[i]))
            return false;
    return true;
}

static void derive_query(struct derivation *derivation, const struct statement *statement,
                         const struct action *action)
{
    const struct query *query = action->query;
    const struct trace_table *table = query == NULL || query->target.name == NULL
                                          ? NULL
                                          : tracer_find(derivation->tracer, query->target);
    if (table == NULL || action->option != NULL)
        return;
    if (query->verb == QUERY_UPDATE)
        derive_update(derivation, statement, query, table);
    else if (query->verb == QUERY_DELETE)
        derive_delete(derivation, statement, query, table);
}

static bool sets_path(const struct statement *statement)
{
    return statement->n_actions == 1 && statement->actions[0].kind == ACTION_SET_VARIABLE &&
           statement->actions[0].member != NULL &&
           strcmp(statement->actions[0].member, "search_path") == 0;
}

static void walk_statement(struct derivation *derivation, struct schema *names,
                           const struct statement *statement)
{
    size_t copies = tracer_state(derivation->tracer)->n_copies;
    bool is_countable = true;

    if (sets_path(statement)) {
        schema_apply(names, statement);
        tracer_set_path(derivation->tracer, true);
        return;
    }

    for (size_t i = 0; i < statement->n_actions; i++) {
        const struct action *action = &statement->actions[i];
        if (action->query != NULL)
            is_countable = is_countable && reads_are_untouched(derivation, action->query);
        if (action->kind == ACTION_QUERY)
            derive_query(derivation, statement, action);
        else
            derive_schema(derivation, statement, action);
    }
    tracer_apply(derivation->tracer, statement);
    derive_copies(derivation, statement, copies, is_countable);
}

// A statement of code may run never, or once for each row of a loop: it promises nothing and
// explains no difference. Its DO counts as hidden, whose rows the tables tell.
//
// `names` is the schema of before, of which only the search path follows the statements.
static void walk(struct derivation *derivation, struct schema *names,
                 const struct assessment *assessment)
{
    for (size_t i = 0; i < assessment->n_scripts; i++) {
        const struct assessed_script *script = &assessment->scripts[i];
        if (script->is_down || script->migration->is_context || script->script == NULL)
            continue;
        schema_begin_migration(names, script->migration->version);
        tracer_set_path(derivation->tracer, false);
        for (size_t s = 0; s < script->script->n_statements; s++)
            if (!script->script->statements[s].is_inner)
                walk_statement(derivation, names, &script->script->statements[s]);
    }
    schema_begin_migration(names, NULL);
}

static void add_users(struct derivation *derivation)
{
    const struct config *config = derivation->config;

    for (size_t i = 0; config != NULL && i < config->n_invariants; i++) {
        const struct config_invariant *given = &config->invariants[i];
        *mem_append(derivation->mem, derivation->out->list, derivation->out->n) =
            (struct invariant){
                .name = mem_strdup(derivation->mem, given->name),
                .title = mem_strdup(derivation->mem, given->name),
                .kind = given->kind,
                .moments = MOMENT_BOTH,
                .sql = mem_strdup(derivation->mem, given->sql),
                .tolerance = given->tolerance,
                .expect = given->expect,
                .is_required = true,
                .because =
                    mem_printf(derivation->mem, "%s:%zu",
                               file_base(config->path ? config->path : "tminus.yaml"), given->line),
            };
    }
}

bool invariants_derive(TALLOC_CTX *mem, const struct assessment *assessment,
                       const struct schema *schema, const struct config *config,
                       struct invariants *out, struct trace **trace, struct error *err)
{
    (void)err;
    struct invariants invariants = {0};
    struct schema *names = schema_copy(mem, schema);
    struct derivation derivation = {
        .mem = mem,
        .dialect = assessment->dialect,
        .schema = names,
        .config = config,
        .tracer = tracer_make(mem, names),
        .out = &invariants,
    };

    add_users(&derivation);
    walk(&derivation, names, assessment);
    *trace = tracer_end(derivation.tracer);
    for (size_t i = 0; i < derivation.n_claims; i++)
        derivation.claims[i]->write(&derivation, derivation.claims[i]);
    derive_tables(&derivation);
    trace_prune(*trace);
    (*trace)->keeps_rows = derivation_keeps_rows(assessment, *trace);
    if ((*trace)->keeps_rows)
        derive_presence(&derivation, assessment);
    *out = invariants;
    return true;
}

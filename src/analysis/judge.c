/*
 * The judge: order of reading, what is new and what is known, and the call of each rule.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/judge.h"
#include "analysis/estimate.h"
#include "analysis/rule_index.h"
#include "analysis/rule_setting.h"
#include "analysis/rules/rules.h"
#include "base/text.h"

// After so many ups that named nothing unknown, the history counts as whole.
#define HISTORY_UPS_MIN 3

struct judge {
    struct assessment *out;
    const struct assessment_options *options;
    struct reader *reader;
    struct schema *schema;
    struct touched touched;
    struct lock_orders *orders;
    struct rule_index rules;
    struct estimate estimate; // what the rule at work weighed last
    size_t n_ups;             // replayed so far
    bool names_unknown;       // something was named that nobody created
    bool others_have_downs;
};

// One direction of one migration on its way through the rules.
struct trial {
    const struct migration *migration;
    const struct migration_text *text;
    const struct script *other;
    const struct schema *down_target; // of a down
    struct schema *schema;            // changed statement by statement
    bool is_down;
};

static struct script_source source_of(const struct migration_text *text)
{
    return (struct script_source){.path = text->path,
                                  .text = text->text,
                                  .len = text->len,
                                  .start = text->start,
                                  .end = text->end};
}

static bool is_history_known(const struct judge *judge, const struct schema *schema)
{
    return !schema_doubts_all(schema) &&
           (schema_is_complete(schema) ||
            (judge->n_ups >= HISTORY_UPS_MIN && !judge->names_unknown));
}

static void add_not_understood(struct assessment *out, const struct not_understood *place)
{
    *mem_append(out, out->not_understood, out->n_not_understood) = *place;
}

// What a statement does at run time only: read, and still not understood.
static void note_unknown_effects(struct assessment *out, const struct statement *statement,
                                 const struct effects *effects)
{
    struct not_understood place = {
        .path = statement->path,
        .line = statement->line,
        .column = statement->column,
        .offset = statement->offset,
        .reason = effects->unknown_reason,
        .sql = statement->sql,
    };
    add_not_understood(out, &place);
}

// Work that the tool does and the text does not show: code, another language.
static struct not_understood unseen_place(const struct migration_text *text)
{
    return (struct not_understood){
        .path = text->path,
        .line = text->unseen_line > 0 ? text->unseen_line : 1,
        .column = 1,
        .reason = text->unseen,
        .sql = "",
    };
}

static void note_unseen(struct judge *judge, struct schema *schema,
                        const struct migration_text *text)
{
    if (text->unseen == NULL)
        return;
    struct not_understood place = unseen_place(text);
    add_not_understood(judge->out, &place);
    schema_add_doubt(schema, &place, NULL, 0);
}

// Of a script, in order: what was not understood before `offset` leaves its doubt. `*done` of them
// did.
static void doubt_until(struct schema *schema, const struct script_source *source,
                        const struct script *script, size_t offset, size_t *done)
{
    for (; *done < script->n_not_understood && script->not_understood[*done].start <= offset;
         ++*done) {
        const struct not_understood *place = &script->not_understood[*done];
        bool is_told = place->end > place->start && place->end <= source->len;
        schema_add_doubt(schema, place, is_told ? source->text + place->start : NULL,
                         place->end - place->start);
    }
}

static bool query_may_run_code(const struct query *query)
{
    return query != NULL &&
           (query->n_calls > 0 || text_equal_nocase(query->target.name, "sqlite_master") ||
            text_equal_nocase(query->target.name, "sqlite_schema"));
}

// Code that only the run knows. Of a DO block whose text was read its statements tell.
static bool may_run_code(const struct statement *statement)
{
    for (size_t i = 0; i < statement->n_actions; i++) {
        const struct action *action = &statement->actions[i];
        if ((action->kind == ACTION_DO && action->option != NULL) || action->kind == ACTION_CALL ||
            action->kind == ACTION_EXECUTE || action->kind == ACTION_PRAGMA ||
            action->kind == ACTION_ATTACH_DATABASE ||
            (action->kind == ACTION_QUERY && query_may_run_code(action->query)))
            return true;
    }
    return false;
}

static void doubt_code(struct schema *schema, const struct statement *statement, const char *reason)
{
    if (reason != NULL && may_run_code(statement))
        schema_add_doubt(schema,
                         &(struct not_understood){
                             .path = statement->path, .line = statement->line, .reason = reason},
                         NULL, 0);
}

// The tests prove of every statement that they judge: the kinds of a rule leave nothing out.
#ifdef __SANITIZE_ADDRESS__
#define PROVES_KINDS true
#else
#define PROVES_KINDS false
#endif

static void run_rules(const struct judge *judge, struct rule_place *place,
                      const struct rule_set *chosen)
{
    const struct rule_set *set = PROVES_KINDS ? &judge->rules.all : chosen;
    const struct statement *statement = place->statement;
    size_t at = 0;
    while ((place->rule = rule_set_next(set, &at)) != NULL) {
        size_t n_before = place->findings->n;
        place->statement = statement;
        *place->estimate = (struct estimate){0};
        if (place->is_down && !place->rule->in_downs)
            continue;
        if (statement == NULL && place->rule->check_migration != NULL)
            place->rule->check_migration(place);
        if (statement != NULL && place->rule->check != NULL)
            place->rule->check(place);
        if (place->findings->n > n_before && !rule_set_has(chosen, at - 1))
            bug("rule '%s' looks at more kinds of action than its row says", place->rule->id);
    }
}

// Code whose condition asks what is there fits whatever is.
static const char *mismatch_of(TALLOC_CTX *mem, const struct schema *schema,
                               const struct statement *statement)
{
    return statement->is_conditional ? NULL : statement_mismatch(mem, schema, statement);
}

static void judge_statement(struct judge *judge, struct rule_place *place,
                            struct assessed_script *assessed)
{
    SCRATCH_PACKED(tmp);
    struct assessment *out = judge->out;
    const struct statement *statement = place->statement;
    struct effects *effects = effects_predict(out, place->before, statement, out->pg_version);
    assessed->effects[place->index] = effects;
    if (statement->needs_version > out->pg_version && effects->unknown_reason == NULL)
        effects->unknown_reason = mem_printf(out, "it needs PostgreSQL %u, and is judged for %u",
                                             statement->needs_version, out->pg_version);
    if (effects->unknown_reason != NULL)
        note_unknown_effects(out, statement, effects);
    place->mem = tmp;
    timeline_enter(assessed->timeline, place->index, statement, effects, place->before);
    // Code runs within one transaction, wherever it is called.
    place->in_transaction =
        timeline_now(assessed->timeline)->kind != TRANSACTION_ALONE || statement->is_inner;
    place->mismatch = mismatch_of(tmp, place->before, statement);
    judge->names_unknown =
        judge->names_unknown || (!place->is_down && place->mismatch != NULL &&
                                 !schema_doubts_statement(place->before, statement));
    struct rule_set chosen = rule_index_choose(&judge->rules, statement, place->is_down);
    run_rules(judge, place, &chosen);
    timeline_leave(assessed->timeline, place->index, statement);
}

static void judge_statements(struct judge *judge, const struct trial *trial,
                             const struct script_source *source, struct assessed_script *assessed)
{
    struct script *script = assessed->script;
    struct rule_place place = {
        .migration = trial->migration,
        .is_down = trial->is_down,
        .script = script,
        .other = trial->other,
        .effects = (const struct effects *const *)assessed->effects,
        .timeline = assessed->timeline,
        .orders = judge->orders,
        .session = &assessed->timeline->session.now,
        .before = trial->schema,
        .start = judge->out->before,
        .touched = &judge->touched,
        .down_target = trial->down_target,
        .is_history_known = is_history_known(judge, trial->schema),
        .others_have_downs = judge->others_have_downs,
        .pg_version = judge->out->pg_version,
        .budget = judge->options->budget,
        .calibration = judge->options->calibration,
        .estimate = &judge->estimate,
        .findings = &judge->out->findings,
    };
    bool is_known = place.is_history_known;
    size_t n_doubted = 0;
    for (size_t i = 0; i < script->n_statements; i++) {
        place.index = i;
        place.statement = &script->statements[i];
        doubt_until(trial->schema, source, script, place.statement->offset, &n_doubted);
        place.is_history_known =
            is_known && !schema_doubts_statement(trial->schema, place.statement);
        judge_statement(judge, &place, assessed);
        if (!trial->is_down)
            touched_add_statement(judge->out, &judge->touched, place.statement,
                                  assessed->effects[i]);
        schema_apply(trial->schema, place.statement);
        doubt_code(trial->schema, place.statement, assessed->effects[i]->unknown_reason);
    }
    doubt_until(trial->schema, source, script, SIZE_MAX, &n_doubted);
}

static void judge_whole(struct judge *judge, const struct trial *trial,
                        const struct assessed_script *assessed, const struct schema *before)
{
    SCRATCH_PACKED(tmp);
    struct rule_place place = {
        .mem = tmp,
        .migration = trial->migration,
        .is_down = trial->is_down,
        .in_transaction = assessed->in_transaction,
        .script = assessed->script,
        .other = trial->other,
        .effects = (const struct effects *const *)assessed->effects,
        .timeline = assessed->timeline,
        .orders = judge->orders,
        .session = &assessed->timeline->session.now,
        .before = before,
        .start = judge->out->before,
        .touched = &judge->touched,
        .after = trial->schema,
        .down_target = trial->down_target,
        .is_history_known = is_history_known(judge, trial->schema),
        .others_have_downs = judge->others_have_downs,
        .pg_version = judge->out->pg_version,
        .budget = judge->options->budget,
        .calibration = judge->options->calibration,
        .estimate = &judge->estimate,
        .findings = &judge->out->findings,
    };
    struct rule_set chosen =
        rule_index_choose_for_script(&judge->rules, place.script, place.is_down);
    run_rules(judge, &place, &chosen);
}

static bool is_in(const struct statement *statement, const struct not_understood *place)
{
    return strcmp(statement->path, place->path) == 0 && place->offset >= statement->offset &&
           place->offset < statement->offset + statement->len;
}

// A statement with code counts once, whatever its code holds, and is understood when all of it is.
// Places from `first` on are those of this script.
static void count_coverage(struct assessment *out, const struct assessed_script *assessed,
                           size_t first)
{
    size_t place = first;
    for (size_t i = 0; i < assessed->script->n_statements; i++) {
        const struct statement *statement = &assessed->script->statements[i];
        bool is_understood = true;
        if (statement->is_inner)
            continue;
        for (size_t j = first; j < out->n_not_understood; j++)
            is_understood = is_understood && !is_in(statement, &out->not_understood[j]);
        out->n_statements++;
        out->n_understood += is_understood ? 1 : 0;
    }
    // Those that no statement could be made of.
    for (; place < out->n_not_understood; place++) {
        bool is_alone = true;
        for (size_t i = 0; is_alone && i < assessed->script->n_statements; i++)
            is_alone = !is_in(&assessed->script->statements[i], &out->not_understood[place]);
        out->n_statements += is_alone ? 1 : 0;
    }
}

// Read and judge one direction; `before` is the schema at its start, `trial->schema` moves on.
static bool judge_script(struct judge *judge, const struct trial *trial,
                         const struct schema *before, const struct script **read, struct error *err)
{
    struct assessment *out = judge->out;
    struct script_source source = source_of(trial->text);
    struct script *script;
    TRY(reader_read(out, judge->reader, &source, &script, err));
    struct assessed_script *assessed = mem_append(out, out->scripts, out->n_scripts);
    *assessed = (struct assessed_script){
        .migration = trial->migration,
        .is_down = trial->is_down,
        .in_transaction = trial->text->in_transaction,
        .script = script,
        .effects = mem_array(out, struct effects *, script->n_statements),
        .timeline = timeline_make(out, trial->text->in_transaction),
    };
    size_t n_before = out->n_not_understood;
    note_unseen(judge, trial->schema, trial->text);
    for (size_t i = 0; i < script->n_not_understood; i++)
        add_not_understood(out, &script->not_understood[i]);
    judge_statements(judge, trial, &source, assessed);
    judge_whole(judge, trial, assessed, before);
    count_coverage(out, assessed, n_before);
    if (read != NULL)
        *read = script;
    return true;
}

static bool judge_down(struct judge *judge, const struct migration *migration,
                       const struct script *up, const struct schema *target, struct error *err)
{
    SCRATCH(tmp);
    struct schema *schema = schema_copy(tmp, judge->schema);
    struct trial trial = {.migration = migration,
                          .text = &migration->down,
                          .other = up,
                          .down_target = target,
                          .schema = schema,
                          .is_down = true};
    // Not the up's own string: what the up created is not new to its down.
    schema_begin_migration(schema, mem_strdup(tmp, migration->down.path));
    reader_begin_trial(judge->reader);
    bool is_judged = judge_script(judge, &trial, judge->schema, NULL, err);
    reader_end_trial(judge->reader);
    return is_judged;
}

// The down's text is needed to judge the up (does the down bring back what the up drops?), and it
// can only be read in order; so the up is judged with its down unread: rules that compare the two
// belong to the down.
static bool judge_migration(struct judge *judge, const struct migration *migration,
                            struct error *err)
{
    SCRATCH(tmp);
    const struct script *up = NULL;
    struct schema *before = schema_copy(tmp, judge->schema);
    struct trial trial = {.migration = migration, .text = &migration->up, .schema = judge->schema};
    schema_begin_migration(judge->schema, migration->path);
    if (judge->options->sizes != NULL)
        sizes_apply(judge->options->sizes, judge->schema);
    if (migration->up.path != NULL)
        TRY(judge_script(judge, &trial, before, &up, err));
    if (migration->down.path != NULL)
        TRY(judge_down(judge, migration, up, before, err));
    return true;
}

// A migration that was applied before the change: only its schema counts.
static bool replay(struct judge *judge, const struct migration *migration, struct error *err)
{
    SCRATCH(tmp);
    if (migration->up.path == NULL)
        return true;
    struct script_source source = source_of(&migration->up);
    struct script *script;
    TRY(reader_read(tmp, judge->reader, &source, &script, err));
    schema_begin_migration(judge->schema, migration->path);
    struct not_understood unseen = unseen_place(&migration->up);
    if (unseen.reason != NULL)
        schema_add_doubt(judge->schema, &unseen, NULL, 0);
    size_t n_doubted = 0;
    for (size_t i = 0; i < script->n_statements; i++) {
        const struct statement *statement = &script->statements[i];
        doubt_until(judge->schema, &source, script, statement->offset, &n_doubted);
        if (!schema_doubts_statement(judge->schema, statement) &&
            mismatch_of(tmp, judge->schema, statement) != NULL)
            judge->names_unknown = true;
        const char *reason =
            may_run_code(statement)
                ? effects_predict(tmp, judge->schema, statement, judge->out->pg_version)
                      ->unknown_reason
                : NULL;
        schema_apply(judge->schema, statement);
        doubt_code(judge->schema, statement, reason);
    }
    doubt_until(judge->schema, &source, script, SIZE_MAX, &n_doubted);
    return true;
}

static bool read_schemas(struct judge *judge, struct error *err)
{
    SCRATCH(tmp);
    bool is_whole = judge->options->n_schemas > 0;
    for (size_t i = 0; i < judge->options->n_schemas; i++) {
        struct script *script;
        TRY(reader_read(tmp, judge->reader, &judge->options->schemas[i], &script, err));
        is_whole = is_whole && script->n_not_understood == 0;
        size_t n_doubted = 0;
        for (size_t j = 0; j < script->n_statements; j++)
            schema_apply(judge->schema, &script->statements[j]);
        doubt_until(judge->schema, &judge->options->schemas[i], script, SIZE_MAX, &n_doubted);
    }
    if (is_whole)
        schema_set_complete(judge->schema, true);
    return true;
}

static bool has_downs(const struct change *change)
{
    for (size_t i = 0; i < change->n_migrations; i++) {
        if (change->migrations[i].down.path != NULL)
            return true;
    }
    return false;
}

// What the change starts from.
static void keep_before(struct judge *judge)
{
    if (judge->out->before != NULL)
        return;
    if (judge->options->sizes != NULL)
        sizes_apply(judge->options->sizes, judge->schema);
    judge->out->before = schema_copy(judge->out, judge->schema);
}

bool judge_change(struct assessment *assessment, const struct change *change,
                  const struct assessment_options *options, struct error *err)
{
    SCRATCH(tmp);
    struct judge judge = {
        .out = assessment, .options = options, .others_have_downs = has_downs(change)};
    judge.orders = lock_orders_make(tmp);
    TRY(reader_open(tmp, options->dialect, &judge.reader, err));
    rule_index_make(&judge.rules, options->dialect);
    for (size_t i = 0; i < rule_count; i++) {
        if (!rule_is_on(rule_table[i], options->rules))
            rule_index_leave_out(&judge.rules, i);
    }
    judge.schema = options->known != NULL ? schema_copy(assessment, options->known)
                                          : schema_make(assessment, options->dialect);
    assessment->schema = judge.schema;
    TRY(read_schemas(&judge, err));
    for (size_t i = 0; i < change->n_migrations; i++) {
        const struct migration *migration = &change->migrations[i];
        if (migration->is_context) {
            TRY(replay(&judge, migration, err));
        } else {
            keep_before(&judge);
            TRY(judge_migration(&judge, migration, err));
        }
        judge.n_ups++;
    }
    keep_before(&judge);
    return true;
}

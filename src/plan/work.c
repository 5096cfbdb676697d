/*
 * Work: see work.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "plan/work.h"
#include "analysis/estimate.h"
#include "analysis/size.h"
#include "base/quantity.h"

#define BATCH_ROWS 5000          // Source: docs/plan.md, "Batches"
#define BATCH_FROM_ROWS 100000   // fewer are done in about a second
#define NOTHING_HIGH_SECONDS 1.0 // a change of the catalog alone

// One table that was there before the migration.
struct table_work {
    const char *name;
    struct work_amount amount;
    bool has_lock;
    enum lock_mode lock;
    bool blocks_long;
};

struct adding {
    const struct making *making;
    struct table_work *tables;
    size_t n_tables;
    bool in_transaction;
};

static struct table_work *table_of(struct adding *adding, const char *name)
{
    for (size_t i = 0; i < adding->n_tables; i++)
        if (strcmp(adding->tables[i].name, name) == 0)
            return &adding->tables[i];
    struct table_work *table = mem_append(adding->making->mem, adding->tables, adding->n_tables);
    table->name = name;
    table->amount.relation = making_relation(adding->making, name);
    return table;
}

static bool is_index(const struct adding *adding, const char *name)
{
    const struct schema_relation *relation = making_relation(adding->making, name);
    return relation != NULL &&
           (relation->kind == RELATION_INDEX || relation->kind == RELATION_SEQUENCE);
}

static bool is_listed(const char *const *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

// A scan that a rewrite or an index build needs is part of it.
static void add_effects(struct adding *adding, const struct effects *effects)
{
    for (size_t i = 0; i < effects->n_rewrites; i++)
        if (!is_index(adding, effects->rewrites[i]))
            table_of(adding, effects->rewrites[i])->amount.n[ESTIMATE_REWRITE]++;
    for (size_t i = 0; i < effects->n_index_builds; i++)
        if (!is_listed(effects->rewrites, effects->n_rewrites, effects->index_builds[i]))
            table_of(adding, effects->index_builds[i])->amount.n[ESTIMATE_INDEX]++;
    for (size_t i = 0; i < effects->n_scans; i++)
        if (!is_listed(effects->rewrites, effects->n_rewrites, effects->scans[i]) &&
            !is_listed(effects->index_builds, effects->n_index_builds, effects->scans[i]))
            table_of(adding, effects->scans[i])->amount.n[ESTIMATE_SCAN]++;
    for (size_t i = 0; i < effects->n_blocks_writes_long; i++)
        table_of(adding, effects->blocks_writes_long[i])->blocks_long = true;
    for (size_t i = 0; i < effects->n_locks; i++) {
        const struct effect_lock *lock = &effects->locks[i];
        if (lock->mode <= LOCK_ROW_SHARE || is_index(adding, lock->relation))
            continue;
        struct table_work *table = table_of(adding, lock->relation);
        if (!table->has_lock || lock->mode > table->lock)
            table->lock = lock->mode;
        table->has_lock = true;
    }
}

static bool is_there(const struct adding *adding, struct name name)
{
    const struct schema_relation *relation = schema_find(adding->making->facts->schema, name);
    return relation != NULL || !schema_is_complete(adding->making->facts->schema);
}

// An INSERT … SELECT writes at most the rows of what it reads, a copy of a table's rows.
static void add_query(struct adding *adding, const struct query *query)
{
    TALLOC_CTX *mem = adding->making->mem;
    const struct schema *schema = adding->making->facts->schema;
    bool is_change =
        query->verb == QUERY_UPDATE || query->verb == QUERY_DELETE || query->verb == QUERY_MERGE;

    if (is_change && is_there(adding, query->target)) {
        struct table_work *table = table_of(adding, schema_name_text(mem, schema, query->target));
        bool is_every = query->where == NULL || query->where->is_true;
        table->amount.n[ESTIMATE_WRITE]++;
        table->amount.writes_some = table->amount.writes_some || !is_every;
    }
    bool copies = query->verb == QUERY_INSERT && !query->has_values && query->n_reads > 0;
    for (size_t i = 0; copies && i < query->n_reads; i++) {
        const struct schema_relation *read = schema_find(schema, query->reads[i]);
        if (read == NULL && schema_is_complete(schema))
            continue;
        struct table_work *table = table_of(adding, schema_name_text(mem, schema, query->reads[i]));
        table->amount.n[ESTIMATE_WRITE]++;
        table->amount.writes_some = true;
    }
    for (size_t i = 0; i < query->n_inner; i++)
        if (query->inner[i]->target.name != NULL && is_there(adding, query->inner[i]->target))
            table_of(adding, schema_name_text(mem, schema, query->inner[i]->target))
                ->amount.n[ESTIMATE_WRITE]++;
}

// What this change itself makes is empty, and nobody waits for it.
static bool is_made(const struct adding *adding, const struct table_work *table)
{
    SCRATCH(tmp);
    const char *dot = strchr(table->name, '.');
    struct name name = {NULL, table->name};

    if (dot != NULL)
        name = (struct name){mem_strndup(tmp, table->name, (size_t)(dot - table->name)), dot + 1};
    return table->amount.relation == NULL &&
           schema_find(adding->making->facts->assessment->schema, name) != NULL;
}

static void leave_out_made(struct adding *adding)
{
    size_t n = 0;

    for (size_t i = 0; i < adding->n_tables; i++)
        if (!is_made(adding, &adding->tables[i]))
            adding->tables[n++] = adding->tables[i];
    adding->n_tables = n;
}

static void add_script(struct adding *adding, const struct assessed_script *script)
{
    adding->in_transaction = script->in_transaction;
    for (size_t i = 0; i < script->script->n_statements; i++) {
        const struct statement *statement = &script->script->statements[i];
        add_effects(adding, script->effects[i]);
        for (size_t j = 0; j < statement->n_actions; j++)
            if (statement->actions[j].query != NULL)
                add_query(adding, statement->actions[j].query);
    }
}

static bool has_work(const struct table_work *table)
{
    for (size_t i = 0; i < ESTIMATE_KIND_COUNT; i++)
        if (table->amount.n[i] > 0)
            return true;
    return false;
}

static enum size_class size_of(const struct table_work *table)
{
    return size_class(table->amount.relation);
}

// What is locked in a transaction stays so until the last statement of it is done.
static void extend_locks(struct adding *adding)
{
    bool is_long = false;

    for (size_t i = 0; i < adding->n_tables; i++)
        is_long =
            is_long || (has_work(&adding->tables[i]) && size_of(&adding->tables[i]) != SIZE_SMALL);
    for (size_t i = 0; is_long && adding->in_transaction && i < adding->n_tables; i++) {
        struct table_work *table = &adding->tables[i];
        table->blocks_long =
            table->blocks_long || (table->has_lock && lock_mode_blocks_writes(table->lock));
    }
}

static void find_locked(const struct adding *adding, struct work *work)
{
    int worst = SIZE_SMALL;

    for (size_t i = 0; i < adding->n_tables; i++) {
        const struct table_work *table = &adding->tables[i];
        // What is not known may be large.
        int size = size_of(table) == SIZE_UNKNOWN ? SIZE_LARGE : (int)size_of(table);
        bool is_view =
            table->amount.relation != NULL && table->amount.relation->kind == RELATION_VIEW;
        if (!table->blocks_long || is_view || size <= worst)
            continue;
        worst = size;
        work->locked = table->name;
        work->locked_relation = table->amount.relation;
    }
}

// --- seconds

static struct plan_estimate estimate(const struct adding *adding)
{
    SCRATCH(tmp);
    TALLOC_CTX *mem = adding->making->mem;
    double low = 0, high = NOTHING_HIGH_SECONDS;
    char *basis = mem_strdup(tmp, "");

    for (size_t i = 0; i < adding->n_tables; i++) {
        const struct table_work *table = &adding->tables[i];
        if (!has_work(table))
            continue;
        if (!work_is_sized(&table->amount))
            return (struct plan_estimate){
                .basis = mem_printf(mem,
                                    "how large %s is, is not known: a database or --sizes "
                                    "tells it",
                                    table->name)};
        struct duration duration =
            work_duration(&table->amount, adding->making->facts->calibration);
        low += duration.low;
        high += duration.high;
        basis = mem_printf(tmp, "%s%s%s (%s) %s", basis, basis[0] == '\0' ? "" : "; ", table->name,
                           size_text(tmp, table->amount.relation), work_words(tmp, &table->amount));
    }
    return (struct plan_estimate){
        .is_known = true,
        .low = low,
        .high = high,
        .layer = LAYER_PREDICTED,
        .basis = basis[0] == '\0'
                     ? "the catalog alone is changed; waiting for locks comes on top"
                     : mem_printf(mem, "%s; %s", basis,
                                  estimate_basis(tmp, adding->making->facts->calibration)),
    };
}

// --- words

static char *lock_words(TALLOC_CTX *mem, const struct table_work *table)
{
    const char *blocks = lock_mode_blocks_reads(table->lock)    ? "nobody reads or writes it"
                         : lock_mode_blocks_writes(table->lock) ? "nobody writes it"
                                                                : "reads and writes go on";
    return mem_printf(mem, "%s lock: %s%s", lock_mode_sql(table->lock), blocks,
                      table->blocks_long ? " for the whole time" : "");
}

static char *detail(const struct adding *adding)
{
    SCRATCH(tmp);
    char *text = NULL;
    bool is_sqlite = adding->making->facts->assessment->dialect == DIALECT_SQLITE;

    for (size_t i = 0; i < adding->n_tables; i++) {
        const struct table_work *table = &adding->tables[i];
        const char *words = work_words(tmp, &table->amount);
        // SQLite has one lock for all: it is said once, below.
        const char *lock = table->has_lock && !is_sqlite ? lock_words(tmp, table) : "";
        if (words[0] == '\0' && lock[0] == '\0')
            continue;
        text = mem_printf(tmp, "%s%s%s (%s): %s%s%s", text == NULL ? "" : text,
                          text == NULL ? "" : "\n", table->name,
                          size_text(tmp, table->amount.relation), words,
                          words[0] != '\0' && lock[0] != '\0' ? "; " : "", lock);
    }
    if (is_sqlite && text != NULL)
        text =
            mem_printf(tmp, "%s\nthe whole database is locked for writing until it commits", text);
    return text == NULL ? NULL : mem_strdup(adding->making->mem, text);
}

static const char *key_of(TALLOC_CTX *mem, const struct schema_relation *relation)
{
    for (size_t i = 0; i < relation->n_constraints; i++) {
        const struct schema_constraint *constraint = &relation->constraints[i];
        if (constraint->kind != CONSTRAINT_PRIMARY_KEY || constraint->n_columns == 0)
            continue;
        char *list = mem_strdup(mem, constraint->columns[0]);
        for (size_t j = 1; j < constraint->n_columns; j++)
            list = mem_printf(mem, "%s, %s", list, constraint->columns[j]);
        return list;
    }
    return NULL;
}

static char *batching(const struct adding *adding)
{
    SCRATCH(tmp);
    TALLOC_CTX *mem = adding->making->mem;
    bool writes = false;

    for (size_t i = 0; i < adding->n_tables; i++) {
        const struct table_work *table = &adding->tables[i];
        if (table->amount.n[ESTIMATE_WRITE] == 0)
            continue;
        writes = true;
        bool is_small = table->amount.relation != NULL && table->amount.relation->rows >= 0 &&
                        table->amount.relation->rows < BATCH_FROM_ROWS;
        if (is_small)
            continue;
        const char *key =
            table->amount.relation == NULL ? NULL : key_of(tmp, table->amount.relation);
        if (key == NULL)
            return mem_printf(mem,
                              "none: %s is changed in one statement, and no key is known to "
                              "cut it by",
                              table->name);
        return mem_printf(mem,
                          "none as written: one statement over %s (%s); 5,000 rows by %s at a time "
                          "hold no lock long",
                          table->name, size_text(tmp, table->amount.relation), key);
    }
    return mem_strdup(mem, writes ? "none: few rows" : "none: no rows are changed");
}

struct work work_of(const struct making *making, const struct migration *migration)
{
    const struct assessment *assessment = making->facts->assessment;
    struct adding adding = {.making = making};

    const struct assessed_script *up = making_up(making, migration);
    if (up != NULL)
        add_script(&adding, up);
    leave_out_made(&adding);
    extend_locks(&adding);
    struct work work = {
        .estimate = estimate(&adding), .batching = batching(&adding), .detail = detail(&adding)};
    find_locked(&adding, &work);
    for (size_t i = 0; i < assessment->n_not_understood; i++)
        if (strcmp(assessment->not_understood[i].path, migration->path) == 0)
            work.estimate = (struct plan_estimate){
                .basis = mem_printf(making->mem, "line %zu is not understood",
                                    assessment->not_understood[i].line)};
    return work;
}

/*
 * Contradictions: where what was predicted of a statement and what it did on the copy disagree.
 *
 * One finding a statement and kind of disagreement, whatever the number of relations. Locks that
 * the transaction has already are not measured again, so they contradict nothing. What a query
 * reads is its plan's matter; scans are compared where a definition asks for them. Where the
 * prediction said unknown, it is told what was learnt.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rule.h"
#include "base/text.h"
#include "rehearsal/measured_run.h"
#include <inttypes.h>

struct held {
    const char *relation;
    enum lock_mode mode;
};

struct comparing {
    TALLOC_CTX *mem;
    struct findings *out;
    bool has_locks; // of tables: SQLite has one, of the whole file
    const struct measured_statement *statement;
    const struct effects *measured, *predicted;
    struct held *held; // by the statements of this migration so far
    size_t n_held;
};

// "public.a, public.b"
static char *listed(TALLOC_CTX *mem, char *list, const char *name)
{
    return list == NULL ? mem_strdup(mem, name) : mem_printf(mem, "%s, %s", list, name);
}

// SQLite's predictions name its one schema, its measurements do not.
static const char *bare(const char *relation)
{
    return text_starts_with(relation, "main.") ? relation + strlen("main.") : relation;
}

static bool is_same(const char *a, const char *b)
{
    return strcmp(bare(a), bare(b)) == 0;
}

static bool has_name(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (is_same(names[i], name))
            return true;
    }
    return false;
}

static const struct effect_lock *find_lock(const struct effects *effects, const char *relation)
{
    for (size_t i = 0; i < effects->n_locks; i++) {
        if (is_same(effects->locks[i].relation, relation))
            return &effects->locks[i];
    }
    return NULL;
}

static void report(struct comparing *c, const char *id, enum severity severity, const char *message)
{
    const struct rule *rule = rule_find(id);
    const struct measured_statement *statement = c->statement;
    if (rule == NULL)
        bug("contradictions: no rule %s", id);
    const struct finding finding = {
        .rule = rule->id,
        .severity = severity,
        .path = statement->path,
        .line = statement->line,
        .column = statement->column,
        .message = message,
        .hint = rule->safe_form,
        .layer = LAYER_MEASURED,
    };
    findings_add(c->out, &finding, statement->sql);
}

// --- locks

static struct held *find_held(const struct comparing *c, const char *relation)
{
    for (size_t i = 0; i < c->n_held; i++) {
        if (is_same(c->held[i].relation, relation))
            return &c->held[i];
    }
    return NULL;
}

static void hold(struct comparing *c)
{
    for (size_t i = 0; i < c->measured->n_locks; i++) {
        const struct effect_lock *lock = &c->measured->locks[i];
        struct held *held = find_held(c, lock->relation);
        if (held == NULL)
            *mem_append(c->mem, c->held, c->n_held) = (struct held){lock->relation, lock->mode};
        else if (lock->mode > held->mode)
            held->mode = lock->mode;
    }
}

static bool is_written(const struct measured_statement *statement, const char *relation)
{
    for (size_t i = 0; i < statement->n_written; i++) {
        if (strcmp(statement->written[i].table, relation) == 0)
            return true;
    }
    return false;
}

static void compare_taken(struct comparing *c)
{
    char *list = NULL;
    enum severity severity = SEVERITY_NOTE;
    for (size_t i = 0; i < c->measured->n_locks; i++) {
        const struct effect_lock *lock = &c->measured->locks[i];
        const struct effect_lock *said = find_lock(c->predicted, lock->relation);
        if (lock->mode == LOCK_ACCESS_SHARE || (said != NULL && said->mode >= lock->mode))
            continue;
        if (lock->mode == LOCK_ROW_EXCLUSIVE && is_written(c->statement, lock->relation))
            continue; // told by its rows
        if (lock_mode_blocks_writes(lock->mode))
            severity = SEVERITY_WARN;
        list =
            listed(c->mem, list,
                   mem_printf(c->mem, "%s on %s%s%s", lock_mode_sql(lock->mode), lock->relation,
                              said ? " instead of " : "", said ? lock_mode_sql(said->mode) : ""));
    }
    if (list != NULL)
        report(c, "contradiction-lock", severity,
               mem_printf(c->mem, "%s took %s, which was not predicted", c->statement->kind, list));
}

static void compare_not_taken(struct comparing *c)
{
    char *list = NULL;
    for (size_t i = 0; i < c->predicted->n_locks; i++) {
        const struct effect_lock *said = &c->predicted->locks[i];
        const struct effect_lock *lock = find_lock(c->measured, said->relation);
        const struct held *held = find_held(c, said->relation);
        bool is_taken = (lock != NULL && lock->mode >= said->mode) ||
                        (held != NULL && held->mode >= said->mode);
        // Weaker ones are taken at the first row, and there may be none.
        if (!is_taken && lock_mode_blocks_writes(said->mode))
            list =
                listed(c->mem, list,
                       mem_printf(c->mem, "%s on %s", lock_mode_sql(said->mode), said->relation));
    }
    if (list != NULL)
        report(c, "contradiction-lock", SEVERITY_NOTE,
               mem_printf(c->mem, "%s did not take %s, which was predicted", c->statement->kind,
                          list));
}

// --- work

struct work {
    const char *rule, *did, *did_not;
    const char *const *measured;
    size_t n_measured;
    const char *const *predicted;
    size_t n_predicted;
    bool is_any_enough; // one side of what was predicted is as good as all
};

// Those of `names` that are in none of the other two lists.
static char *only_in(struct comparing *c, const char *const *names, size_t n,
                     const struct work *work, bool is_measured)
{
    char *list = NULL;
    const char *const *others = is_measured ? work->predicted : work->measured;
    size_t n_others = is_measured ? work->n_predicted : work->n_measured;
    for (size_t i = 0; i < n; i++) {
        if (!has_name(others, n_others, names[i]) && !has_name(names, i, names[i]))
            list = listed(c->mem, list, names[i]);
    }
    return list;
}

static void compare_work(struct comparing *c, const struct work *work)
{
    char *more = only_in(c, work->measured, work->n_measured, work, true);
    bool has_read = work->n_measured + c->measured->n_rewrites + c->measured->n_index_builds > 0;
    char *less = work->is_any_enough && has_read
                     ? NULL
                     : only_in(c, work->predicted, work->n_predicted, work, false);
    if (more != NULL)
        report(c, work->rule, SEVERITY_WARN,
               mem_printf(c->mem, "%s %s %s, which was not predicted", c->statement->kind,
                          work->did, more));
    if (less != NULL)
        report(c, work->rule, SEVERITY_NOTE,
               mem_printf(c->mem, "%s %s %s, which was predicted", c->statement->kind,
                          work->did_not, less));
}

// The tables that are read and no more: neither written anew nor indexed.
static void keep_lighter(TALLOC_CTX *mem, const struct effects *effects, const char ***out,
                         size_t *n)
{
    for (size_t i = 0; i < effects->n_scans; i++) {
        const char *name = effects->scans[i];
        if (!has_name(effects->rewrites, effects->n_rewrites, name) &&
            !has_name(effects->index_builds, effects->n_index_builds, name))
            *mem_append(mem, *out, *n) = name;
    }
}

static bool is_definition(const struct measured_statement *statement)
{
    return text_starts_with(statement->kind, "ALTER") ||
           text_starts_with(statement->kind, "CREATE") || text_starts_with(statement->kind, "DROP");
}

static void compare_scans(struct comparing *c)
{
    const char **measured = NULL;
    const char **predicted = NULL;
    // A foreign key is checked by reading one side and asking for the other.
    struct work work = {"contradiction-scan", "read all rows of", "did not read the rows of",
                        .is_any_enough = true};
    if (!is_definition(c->statement))
        return;
    keep_lighter(c->mem, c->measured, &measured, &work.n_measured);
    keep_lighter(c->mem, c->predicted, &predicted, &work.n_predicted);
    work.measured = measured;
    work.predicted = predicted;
    compare_work(c, &work);
}

static void compare_files(struct comparing *c)
{
    const struct effects *measured = c->measured;
    const struct effects *predicted = c->predicted;
    compare_work(c, &(struct work){"contradiction-rewrite", "wrote every row anew of",
                                   "did not write anew", measured->rewrites, measured->n_rewrites,
                                   predicted->rewrites, predicted->n_rewrites});
    compare_work(c, &(struct work){"contradiction-index-build", "built an index of",
                                   "did not build an index of", measured->index_builds,
                                   measured->n_index_builds, predicted->index_builds,
                                   predicted->n_index_builds});
}

// --- rows

static char *written_text(TALLOC_CTX *mem, const struct rehearsal_written *written)
{
    return mem_printf(mem, "%s (%" PRId64 " inserted, %" PRId64 " updated, %" PRId64 " deleted)",
                      written->table, written->inserted, written->updated, written->deleted);
}

static void compare_written(struct comparing *c)
{
    char *list = NULL;
    for (size_t i = 0; i < c->statement->n_written; i++) {
        const struct rehearsal_written *written = &c->statement->written[i];
        const struct effect_lock *said = find_lock(c->predicted, written->table);
        if (said == NULL || said->mode < LOCK_ROW_EXCLUSIVE)
            list = listed(c->mem, list, written_text(c->mem, written));
    }
    if (list != NULL)
        report(c, "contradiction-written-table", SEVERITY_WARN,
               mem_printf(c->mem, "%s wrote rows of %s, which its text does not name",
                          c->statement->kind, list));
}

// --- what nobody could predict

static char *learnt_names(TALLOC_CTX *mem, char *list, const char *did, const char *const *names,
                          size_t n)
{
    for (size_t i = 0; i < n; i++)
        list = listed(mem, list, mem_printf(mem, "%s %s", did, names[i]));
    return list;
}

static void tell_learnt(struct comparing *c)
{
    char *list = NULL;
    const struct effects *measured = c->measured;
    for (size_t i = 0; i < measured->n_locks; i++) {
        const struct effect_lock *lock = &measured->locks[i];
        if (lock_mode_blocks_writes(lock->mode))
            list = listed(
                c->mem, list,
                mem_printf(c->mem, "took %s on %s", lock_mode_sql(lock->mode), lock->relation));
    }
    list = learnt_names(c->mem, list, "wrote anew", measured->rewrites, measured->n_rewrites);
    list = learnt_names(c->mem, list, "built an index of", measured->index_builds,
                        measured->n_index_builds);
    for (size_t i = 0; i < c->statement->n_written; i++)
        list = listed(c->mem, list,
                      mem_printf(c->mem, "wrote rows of %s",
                                 written_text(c->mem, &c->statement->written[i])));
    if (list != NULL)
        report(c, "unknown-measured", SEVERITY_NOTE,
               mem_printf(c->mem, "%s (not predictable: %s) %s", c->statement->kind,
                          c->predicted->unknown_reason, list));
}

static void compare(struct comparing *c)
{
    if (c->predicted == NULL)
        return;
    if (c->predicted->unknown_reason != NULL) {
        tell_learnt(c);
        return;
    }
    if (c->has_locks) {
        compare_taken(c);
        compare_not_taken(c);
    }
    compare_files(c);
    compare_scans(c);
    compare_written(c);
}

void contradictions_find(const struct measured_run *run, bool has_locks, struct findings *out)
{
    SCRATCH(tmp);
    struct comparing c = {.mem = tmp, .out = out, .has_locks = has_locks};
    for (size_t i = 0; i < run->n_statements; i++) {
        const struct measured_statement *statement = &run->statements[i];
        if (i > 0 && strcmp(statement->path, run->statements[i - 1].path) != 0)
            c.n_held = 0;
        c.statement = statement;
        c.measured = statement->effects;
        c.predicted = statement->predicted;
        compare(&c);
        hold(&c);
    }
}

/*
 * Every row of the table of facts that the server's version has, on the server: what its example
 * locks, reads, writes anew and builds, against the row and against the prediction.
 *
 * The statement runs in a transaction that is rolled back; one that may not stand in a transaction
 * is watched from a second connection while a third is in its way.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fact_server.h"
#include "predict.h"

#include "analysis/postgres_fact.h"

struct trial {
    const struct postgres_fact *fact;
    const char *setup;
    size_t n_setup; // which one, from 1
    struct schema *schema;
    struct effects *effects;
    struct measured *measured;
    unsigned seen; // roles of the row that were met, a bit each
    bool agrees;
};

static void disagree(struct trial *trial, const char *what, const char *relation, const char *took, const char *said)
{
    trial->agrees = false;
    print_message("# %s: %s behind set-up %zu\n#   %s of %s: the server %s, we say %s\n", trial->fact->id,
                  trial->fact->example, trial->n_setup, what, relation, took, said);
}

static const char *mode_text(int mode)
{
    return mode < 0 ? "none" : lock_mode_sql((enum lock_mode)mode);
}

// Locks that the rows do not speak of: ACCESS SHARE, and what queries take on indexes.
static int mode_counted(const struct measured_relation *relation, int mode)
{
    bool is_index = relation->kind == 'i' || relation->kind == 'I';
    return mode <= LOCK_ACCESS_SHARE || (is_index && mode < LOCK_SHARE_UPDATE_EXCLUSIVE) ? -1 : mode;
}

static bool list_has(const char *const *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i], name) == 0)
            return true;
    }
    return false;
}

// --- against the prediction, relation by relation

static void compare_prediction(struct trial *trial, const struct measured_relation *r)
{
    const struct effects *e = trial->effects;
    const struct effect_lock *lock = effects_lock_on(e, r->name);
    int said = mode_counted(r, lock ? (int)lock->mode : -1);
    int took = mode_counted(r, r->mode);
    if (said != took)
        disagree(trial, "predicted lock", r->name, mode_text(took), mode_text(said));
    if (lock && lock->mode == LOCK_ACCESS_SHARE && r->mode < 0)
        disagree(trial, "predicted lock", r->name, "none", "ACCESS SHARE");
    bool rewrites = list_has(e->rewrites, e->n_rewrites, r->name);
    bool scans = list_has(e->scans, e->n_scans, r->name) && !rewrites;
    bool builds = list_has(e->index_builds, e->n_index_builds, r->name);
    if (rewrites != r->is_rewritten)
        disagree(trial, "predicted rewrite", r->name, r->is_rewritten ? "yes" : "no", rewrites ? "yes" : "no");
    if (scans != (r->is_scanned && !r->is_rewritten) && (scans || !trial->measured->is_query))
        disagree(trial, "predicted scan", r->name, r->is_scanned ? "yes" : "no", scans ? "yes" : "no");
    if (builds != r->is_built)
        disagree(trial, "predicted index build", r->name, r->is_built ? "yes" : "no", builds ? "yes" : "no");
}

// What is predicted of relations that the server does not have.
static void compare_extra(struct trial *trial)
{
    for (size_t i = 0; i < trial->effects->n_locks; i++) {
        bool is_there = false;
        for (size_t k = 0; k < trial->measured->n; k++)
            is_there |= strcmp(trial->measured->list[k].name, trial->effects->locks[i].relation) == 0;
        if (!is_there)
            disagree(trial, "predicted lock", trial->effects->locks[i].relation, "has no such relation", "it is locked");
    }
}

// --- against the rows that were used, role by role

struct role_effect {
    int mode;
    unsigned work;
};

static struct role_effect role_said(const struct trial *trial, enum fact_role role)
{
    struct role_effect said = {-1, 0};
    for (size_t i = 0; i < trial->effects->n_facts; i++) {
        const struct fact_effect *effect = postgres_fact_effect(trial->effects->facts[i], role);
        if (effect && (int)effect->mode > said.mode)
            said.mode = (int)effect->mode;
        if (effect)
            said.work |= effect->work;
    }
    return said;
}

static enum fact_role role_of(const struct trial *trial, const struct measured_relation *r)
{
    static const struct {
        const char *name;
        enum fact_role role;
    } names[] = {{"t", ROLE_TABLE},          {"t_child", ROLE_CHILD},         {"r", ROLE_REFERENCED},
                 {"r_1", ROLE_REFERENCED},   {"c", ROLE_REFERENCING},         {"p", ROLE_PARENT},
                 {"q", ROLE_ATTACHED},       {"p_default", ROLE_DEFAULT_PARTITION}, {"v", ROLE_VIEW},
                 {"w", ROLE_DEPENDENT_VIEW}, {"y", ROLE_WRITTEN}, {"z", ROLE_READ},                {"s", ROLE_SEQUENCE},
                 {"u", ROLE_TYPE_USER},      {"t_1", ROLE_PARTITION},         {"t_default", ROLE_PARTITION}};
    const char *name = predict_bare(r->name);
    if (r->kind == 'i' || r->kind == 'I')
        return strcmp(r->table, "public.p") == 0 ? ROLE_PARENT_INDEX : ROLE_INDEX;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(names[i].name, name) == 0)
            return names[i].role;
    }
    if (r->kind == 'S')
        return r->is_new ? ROLE_NEW_SEQUENCE : ROLE_OWNED_SEQUENCE;
    if (strcmp(name, "k") == 0)
        return postgres_fact_effect(trial->fact, ROLE_TAKER) ? ROLE_TAKER : ROLE_CALLER;
    return strchr(name, '.') ? ROLE_CONTENT : ROLE_NONE;
}

static unsigned work_of(const struct trial *trial, const struct measured_relation *r, unsigned said)
{
    unsigned work = 0;
    if (r->is_rewritten)
        work |= WORK_REWRITE;
    else if (r->is_scanned && (!trial->measured->is_query || said & WORK_SCAN))
        work |= WORK_SCAN;
    if (r->is_built)
        work |= WORK_BUILD;
    return work;
}

// A build is a table's work, and rows may tell it of the index.
static void compare_rows(struct trial *trial, const struct measured_relation *r)
{
    enum fact_role role = role_of(trial, r);
    struct role_effect said = role_said(trial, role);
    unsigned build = role_said(trial, ROLE_INDEX).work & WORK_BUILD;
    unsigned work = work_of(trial, r, said.work);
    int took = said.mode == LOCK_ACCESS_SHARE ? r->mode : mode_counted(r, r->mode);
    if (r->is_new && role != ROLE_NEW_SEQUENCE)
        return;
    if (took >= 0 && took != said.mode)
        disagree(trial, fact_role_name(role), r->name, mode_text(took), mode_text(said.mode));
    if ((work & ~(said.work | build)) != 0)
        disagree(trial, "work", r->name, "does more", fact_role_name(role));
    const struct fact_effect *own = postgres_fact_effect(trial->fact, role);
    bool is_built = role == ROLE_INDEX || role == ROLE_PARENT_INDEX; // its table tells
    if (own && took == (int)own->mode && (is_built || (own->work & ~work) == 0))
        trial->seen |= 1u << role;
}

// --- running

static bool facts_name(const struct trial *trial)
{
    for (size_t i = 0; i < trial->effects->n_facts; i++) {
        if (trial->effects->facts[i] == trial->fact)
            return true;
    }
    print_message("# %s: %s is not predicted by this row\n", trial->fact->id, trial->fact->example);
    return false;
}

static void trial_run(TALLOC_CTX *mem, struct fact_server *server, struct trial *trial)
{
    struct script *setup = predict_read(mem, trial->setup);
    struct script *script = predict_read(mem, trial->fact->example);
    trial->schema = schema_make(mem, DIALECT_POSTGRES);
    predict_migrate(trial->schema, trial->setup, "setup");
    schema_begin_migration(trial->schema, "judged");
    trial->effects = effects_predict(mem, trial->schema, &script->statements[0], server->version);
    trial->agrees &= facts_name(trial);
    fact_server_reset(server);
    for (size_t i = 0; i < setup->n_statements; i++)
        fact_server_do(server->worker, setup->statements[i].sql);
    trial->measured = trial->fact->is_outside_transactions
                          ? fact_server_watch(mem, server, trial->fact->example, trial->fact->effects[0].role != ROLE_NONE)
                          : fact_server_try(mem, server, trial->fact->example);
    if (trial->measured->error)
        disagree(trial, "the statement", trial->measured->error, "refuses it", "it works");
    compare_extra(trial);
    enum action_kind kind = script->statements[0].actions[0].kind;
    trial->measured->is_query = kind == ACTION_QUERY || kind == ACTION_CREATE_TABLE_AS;
    for (size_t i = 0; i < trial->measured->n && !trial->measured->error; i++) {
        if (!trial->measured->list[i].is_new)
            compare_prediction(trial, &trial->measured->list[i]);
        compare_rows(trial, &trial->measured->list[i]);
    }
}

// Does the row hold in each of its set-ups, and was everything that it says seen?
static bool row_agrees(struct fact_server *server, const struct postgres_fact *fact)
{
    struct trial trial = {.fact = fact, .agrees = true};
    for (size_t i = 0; i < FACT_SETUPS_MAX && fact->setups[i]; i++) {
        SCRATCH(tmp);
        trial.setup = fact->setups[i];
        trial.n_setup = i + 1;
        trial_run(tmp, server, &trial);
    }
    for (size_t i = 0; i < FACT_EFFECTS_MAX && fact->effects[i].role; i++) {
        if (trial.seen & (1u << fact->effects[i].role))
            continue;
        print_message("# %s: %s is not seen in any of its set-ups as the row says\n", fact->id,
                      fact_role_name(fact->effects[i].role));
        trial.agrees = false;
    }
    return trial.agrees;
}

static void test_postgres_fact__as_the_server_does(void **state)
{
    (void)state;
    const char *only = getenv("FACT"); // one row, for looking closer
    struct fact_server *server = fact_server_open();
    size_t n = 0, n_agree = 0;
    for (const struct postgres_fact *f = postgres_fact_next(NULL); f; f = postgres_fact_next(f)) {
        if (!postgres_fact_holds(f, server->version) || !f->setups[0] || (only && strcmp(only, f->id) != 0))
            continue;
        n++;
        n_agree += row_agrees(server, f);
    }
    fact_server_close(server);
    print_message("# %zu of %zu rows agree with PostgreSQL %u\n", n_agree, n, server->version);
    talloc_free(server);
    assert_true(n > 0);
    assert_int_equal(n_agree, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_postgres_fact__as_the_server_does)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

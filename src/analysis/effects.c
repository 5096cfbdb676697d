/*
 * Effects: lock modes and their conflicts, and the way to the dialect's predictor.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/effects.h"
#include "analysis/effects_prediction.h"
#include "analysis/postgres_fact.h"
#include "base/text.h"

#include <assert.h>

const char *layer_name(enum layer layer)
{
    static const char *const names[] = {"predicted", "known", "measured"};
    return names[layer];
}

// Source: PostgreSQL manual, 13.3 Explicit Locking, "Conflicting Lock Modes". Bit = mode.
#define BIT(mode) (1u << (mode))
#define FROM(mode) (0xffu & ~(BIT(mode) - 1u)) // that mode and every stronger one
static const struct {
    const char *name, *sql;
    unsigned conflicts;
} modes[] = {
    [LOCK_ACCESS_SHARE] = {"AccessShareLock", "ACCESS SHARE", FROM(LOCK_ACCESS_EXCLUSIVE)},
    [LOCK_ROW_SHARE] = {"RowShareLock", "ROW SHARE", FROM(LOCK_EXCLUSIVE)},
    [LOCK_ROW_EXCLUSIVE] = {"RowExclusiveLock", "ROW EXCLUSIVE", FROM(LOCK_SHARE)},
    [LOCK_SHARE_UPDATE_EXCLUSIVE] = {"ShareUpdateExclusiveLock", "SHARE UPDATE EXCLUSIVE",
                                     FROM(LOCK_SHARE_UPDATE_EXCLUSIVE)},
    [LOCK_SHARE] = {"ShareLock", "SHARE", (FROM(LOCK_ROW_EXCLUSIVE) & ~BIT(LOCK_SHARE))},
    [LOCK_SHARE_ROW_EXCLUSIVE] = {"ShareRowExclusiveLock", "SHARE ROW EXCLUSIVE",
                                  FROM(LOCK_ROW_EXCLUSIVE)},
    [LOCK_EXCLUSIVE] = {"ExclusiveLock", "EXCLUSIVE", FROM(LOCK_ROW_SHARE)},
    [LOCK_ACCESS_EXCLUSIVE] = {"AccessExclusiveLock", "ACCESS EXCLUSIVE", FROM(LOCK_ACCESS_SHARE)},
};
static_assert(COUNT_OF(modes) == LOCK_MODE_COUNT, "a row for each mode");

const char *lock_mode_name(enum lock_mode mode)
{
    return modes[mode].name;
}

const char *lock_mode_sql(enum lock_mode mode)
{
    return modes[mode].sql;
}

bool lock_mode_blocks_writes(enum lock_mode mode)
{
    return mode >= LOCK_SHARE;
}

bool lock_mode_blocks_reads(enum lock_mode mode)
{
    return mode == LOCK_ACCESS_EXCLUSIVE;
}

bool lock_mode_conflicts(enum lock_mode a, enum lock_mode b)
{
    return modes[a].conflicts & BIT(b);
}

bool lock_mode_by_name(const char *name, enum lock_mode *out)
{
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        if (text_equal_nocase(name, modes[i].name) || text_equal_nocase(name, modes[i].sql)) {
            *out = (enum lock_mode)i;
            return true;
        }
    }
    return false;
}

const struct effect_lock *effects_lock_on(const struct effects *effects, const char *relation)
{
    for (size_t i = 0; i < effects->n_locks; i++) {
        if (text_equal(effects->locks[i].relation, relation))
            return &effects->locks[i];
    }
    return NULL;
}

static bool texts_contain(const char *const *texts, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++) {
        if (text_equal(texts[i], text))
            return true;
    }
    return false;
}

// Work on a relation that is long, and that nobody else can write to meanwhile.
static void find_long_blocks(TALLOC_CTX *mem, struct effects *e)
{
    for (size_t i = 0; i < e->n_locks; i++) {
        const char *relation = e->locks[i].relation;
        if (lock_mode_blocks_writes(e->locks[i].mode) &&
            (texts_contain(e->rewrites, e->n_rewrites, relation) ||
             texts_contain(e->scans, e->n_scans, relation) ||
             texts_contain(e->index_builds, e->n_index_builds, relation)))
            *mem_append(mem, e->blocks_writes_long, e->n_blocks_writes_long) = relation;
    }
}

struct effects *effects_predict(TALLOC_CTX *mem, const struct schema *schema,
                                const struct statement *statement, unsigned pg_version)
{
    SCRATCH_PACKED(tmp);
    struct effects *effects = mem_array(mem, struct effects, 1);
    effects->layer = schema_is_live(schema) ? LAYER_KNOWN : LAYER_PREDICTED;
    struct prediction p = {.mem = mem,
                           .tmp = tmp,
                           .schema = schema,
                           .statement = statement,
                           .pg_version = pg_version ? pg_version : POSTGRES_VERSION_USUAL,
                           .effects = effects};
    switch (schema_dialect(schema)) {
    case DIALECT_POSTGRES: predict_postgres(&p); break;
    case DIALECT_SQLITE: predict_sqlite(&p); break;
    }
    find_long_blocks(mem, effects);
    return effects;
}

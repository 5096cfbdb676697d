/*
 * Predictions for tests: SQL in, one line of effects out.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_UNIT_ANALYSIS_PREDICT_H
#define TEST_UNIT_ANALYSIS_PREDICT_H

#include "expect.h"

#include "analysis/effects.h"
#include "base/memory.h"
#include "statement/reader.h"

static inline struct script *predict_read(TALLOC_CTX *mem, const char *sql)
{
    struct error err = {0};
    struct reader *reader;
    struct script *script;
    size_t len = strlen(sql);
    struct script_source source = {.path = "test.sql", .text = sql, .len = len, .end = len};
    EXPECT_OK(reader_open(mem, DIALECT_POSTGRES, &reader, &err));
    EXPECT_OK(reader_read(mem, reader, &source, &script, &err));
    if (script->n_not_understood)
        fail_msg("%s: %s", sql, script->not_understood[0].reason);
    return script;
}

// Apply `sql` as a migration of that name (compared by pointer).
static inline void predict_migrate(struct schema *schema, const char *sql, const char *migration)
{
    SCRATCH(tmp);
    struct script *script = predict_read(tmp, sql);
    schema_begin_migration(schema, migration);
    for (size_t i = 0; i < script->n_statements; i++)
        schema_apply(schema, &script->statements[i]);
}

static inline int predict_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static inline const char *predict_bare(const char *relation)
{
    return strncmp(relation, "public.", 7) == 0 ? relation + 7 : relation;
}

// " a b" in order of name.
static inline char *predict_join(TALLOC_CTX *mem, const char **words, size_t n)
{
    char *text = mem_strdup(mem, "");
    if (n)
        qsort(words, n, sizeof(*words), predict_compare);
    for (size_t i = 0; i < n; i++)
        text = mem_printf(mem, "%s%s%s", text, i ? " " : "", words[i]);
    return text;
}

// "a:AX b:SRE ; rewrites a ; long", as in effects_measured.txt; "none" when there is no lock.
static inline char *predict_line(TALLOC_CTX *mem, const struct effects *effects)
{
    static const char *const modes[] = {"AS", "RS", "RX", "SUE", "S", "SRE", "X", "AX"};
    const char **words = mem_array(mem, const char *, effects->n_locks + 1);
    size_t n = 0;
    for (size_t i = 0; i < effects->n_locks; i++) {
        const struct effect_lock *lock = &effects->locks[i];
        if (lock->mode != LOCK_ACCESS_SHARE)
            words[n++] = mem_printf(mem, "%s:%s", predict_bare(lock->relation), modes[lock->mode]);
    }
    char *line = n ? predict_join(mem, words, n) : mem_strdup(mem, "none");
    const char **rewrites = mem_array(mem, const char *, effects->n_rewrites + 1);
    for (size_t i = 0; i < effects->n_rewrites; i++)
        rewrites[i] = predict_bare(effects->rewrites[i]);
    if (effects->n_rewrites)
        line = mem_printf(mem, "%s ; rewrites %s", line,
                          predict_join(mem, rewrites, effects->n_rewrites));
    return effects->n_blocks_writes_long ? mem_printf(mem, "%s ; long", line) : line;
}

#endif

/*
 * Rig for proofs: a real SQLite database, a migration's text, a baseline before and a verification
 * after, all through the same calls as the verbs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SUPPORT_PROOF_RIG_H
#define SUPPORT_PROOF_RIG_H

#include "proof/verification.h"
// cmocka asks for these first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <unistd.h>

struct proof_rig {
    const struct engine_driver *driver;
    const char *folder;
    const char *database;   // file, or URL
    void (*execute)(const char *database, const char *sql); // NULL: of SQLite
    struct journal *journal; // NULL: none
    const char *baseline;   // file
    struct config *config;  // empty until a test fills it
    struct target target;   // opened for reading
    struct schema *schema;  // before the change
    struct assessment *assessment;
    struct trace *trace;
    struct invariants invariants;
    struct results before;  // of the baseline
    struct verification after;
    struct error err;
};

#define CHECK(rig, call)                                                                           \
    do {                                                                                           \
        if (!(call))                                                                               \
            fail_msg("%s", (rig)->err.message);                                                    \
    } while (0)

// Run SQL on it as an application or a person would.
static inline void proof_rig_run(struct proof_rig *rig, const char *sql)
{
    SCRATCH(tmp);
    struct table_file *file;

    if (rig->execute != NULL) {
        rig->execute(rig->database, sql);
        return;
    }
    CHECK(rig, table_file_open(tmp, rig->database, TABLE_FILE_WRITE, &file, &rig->err));
    CHECK(rig, table_file_run(file, sql, &rig->err));
}

// Make the database from `sql`.
static inline struct proof_rig *proof_rig_make(TALLOC_CTX *mem, const char *sql)
{
    struct proof_rig *rig = mem_new(mem, struct proof_rig);
    char folder[] = "/tmp/tminus-proof-XXXXXX";

    assert_non_null(mkdtemp(folder));
    rig->driver = &engine_sqlite;
    rig->folder = mem_strdup(rig, folder);
    rig->database = mem_printf(rig, "%s/data.db", folder);
    rig->baseline = mem_printf(rig, "%s/baseline.db", folder);
    rig->config = mem_new(rig, struct config);
    proof_rig_run(rig, sql);
    return rig;
}

static inline void proof_rig_open(struct proof_rig *rig)
{
    const struct engine_open_options options = {
        .url = secret_make(rig, rig->database),
        .read_only = true,
        .name = "tminus/test",
    };

    rig->target.driver = rig->driver;
    CHECK(rig, rig->driver->session->open(rig, &options, &rig->target.engine, &rig->err));
    CHECK(rig, rig->driver->session->identity(rig, rig->target.engine, &rig->target.identity, &rig->err));
}

// Derive from the migration's text, "0003_change.up.sql".
static inline void proof_rig_derive(struct proof_rig *rig, const char *migration)
{
    struct migration up = {
        .version = "0003",
        .name = "change",
        .path = "migrations/0003_change.up.sql",
        .up = {.path = "migrations/0003_change.up.sql", .text = migration, .len = strlen(migration),
               .end = strlen(migration), .in_transaction = true},
    };
    struct migration *list = mem_new(rig, struct migration);
    struct change *change = mem_new(rig, struct change);
    struct assessment_options options = {.dialect = rig->driver->dialect};

    *list = up;
    change->migrations = list;
    change->n_migrations = 1;
    if (rig->target.engine == NULL)
        proof_rig_open(rig);
    CHECK(rig, rig->driver->catalog->read(rig, rig->target.engine, &rig->schema, &rig->err));
    if (rig->driver->dialect == DIALECT_POSTGRES)
        options.known = rig->schema;
    CHECK(rig, assessment_make(rig, change, &options, &rig->assessment, &rig->err));
    assert_int_equal(rig->assessment->n_not_understood, 0);
    CHECK(rig, invariants_derive(rig, rig->assessment, rig->schema, rig->config, &rig->invariants,
                                 &rig->trace, &rig->err));
}

// Derive, and take the baseline.
static inline void proof_rig_baseline(struct proof_rig *rig, const char *migration)
{
    json_auto_t *migrations = json_array();

    proof_rig_derive(rig, migration);
    const struct baseline_request request = {
        .target = &rig->target,
        .schema = rig->schema,
        .config = rig->config,
        .invariants = &rig->invariants,
        .trace = rig->trace,
        .migrations = migrations,
        .service = "test",
        .environment = "test",
        .title = "change",
        .path = rig->baseline,
    };
    CHECK(rig, baseline_save(rig, &request, &rig->before, &rig->err));
}

static inline void proof_rig_verify(struct proof_rig *rig, enum expectation expectation)
{
    struct baseline *baseline;

    CHECK(rig, baseline_open(rig, rig->baseline, &baseline, &rig->err));
    const struct verification_request request = {
        .target = &rig->target,
        .baseline = baseline,
        .expectation = expectation,
        .journal = rig->journal,
    };
    CHECK(rig, verification_make(rig, &request, &rig->after, &rig->err));
}

static inline const struct result *proof_rig_find(const struct results *results, const char *name)
{
    for (size_t i = 0; i < results->n; i++)
        if (strcmp(results->list[i].name, name) == 0)
            return &results->list[i];
    return NULL;
}

// By name; NULL when there is none.
static inline const struct result *proof_rig_before(const struct proof_rig *rig, const char *name)
{
    return proof_rig_find(&rig->before, name);
}

static inline const struct result *proof_rig_after(const struct proof_rig *rig, const char *name)
{
    return proof_rig_find(&rig->after.invariants, name);
}

// Remove its files.
static inline void proof_rig_clean(struct proof_rig *rig)
{
    unlink(rig->database);
    unlink(rig->baseline);
    rmdir(rig->folder);
}

#endif

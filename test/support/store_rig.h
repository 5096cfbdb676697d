/*
 * Stores for tests: a fresh one of each driver, as many connections to it as a test wants, and
 * processes that use it at the same time.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SUPPORT_STORE_RIG_H
#define SUPPORT_STORE_RIG_H

#include "base/process_mark.h"
#include "driver/store.h"
#include "postgres_server.h"
#include <signal.h>
#include <sys/wait.h>

static const struct store_driver *const store_drivers[] = {&store_sqlite, &store_postgres};

struct store_rig {
    const struct store_driver *driver;
    struct database *database; // a SQLite file's folder, or a database of PostgreSQL
    const char *location;
    struct store *store;
    struct error err;
    int64_t made_last; // sequence that the last `make` was given
    bool refuses;
};

static inline bool store_rig_is_file(const struct store_rig *rig)
{
    return rig->driver == &store_sqlite;
}

static inline bool store_rig_open_as(TALLOC_CTX *mem, struct store_rig *rig, const char *location, bool must_exist,
                                     struct store **out)
{
    const struct store_open_options options = {
        .location = secret_make(mem, location), .journal = "shop/production", .must_exist = must_exist};
    return rig->driver->open(mem, &options, out, &rig->err);
}

static inline bool store_rig_open(TALLOC_CTX *mem, struct store_rig *rig, struct store **out)
{
    return store_rig_open_as(mem, rig, rig->location, false, out);
}

static int store_rig_end(struct store_rig *rig)
{
    talloc_free(rig->store);
    talloc_free(rig->database);
    return 0;
}

// A place where there is no store yet.
static inline struct store_rig *store_rig_place(TALLOC_CTX *mem, const struct store_driver *driver)
{
    struct store_rig *rig = mem_new(mem, struct store_rig);
    rig->driver = driver;
    rig->database = driver == &store_sqlite ? database_make(NULL) : postgres_database_make(NULL);
    rig->location = rig->database->path;
    talloc_set_destructor(rig, store_rig_end);
    return rig;
}

static inline struct store_rig *store_rig_make(TALLOC_CTX *mem, const struct store_driver *driver)
{
    struct store_rig *rig = store_rig_place(mem, driver);
    if (!store_rig_open(rig, rig, &rig->store))
        fail_msg("%s", rig->err.message);
    return rig;
}

// Behind the driver's back.
static inline void store_rig_execute(const struct store_rig *rig, const char *sqlite, const char *postgres)
{
    if (store_rig_is_file(rig))
        database_execute(rig->location, sqlite);
    else
        postgres_execute(rig->location, postgres);
}

static bool store_rig_row(void *context, const struct store_row *last, struct store_row *row, struct error *err)
{
    static char hash[64];
    struct store_rig *rig = context;
    rig->made_last = last->sequence;
    if (rig->refuses)
        return error_set(err, ERROR_INPUT, "refused");
    row->sequence = last->sequence + 1;
    row->line = "{\"text\":\"ü\\n'\"}";
    snprintf(hash, sizeof hash, "%d-%lld", (int)getpid(), (long long)row->sequence);
    row->hash = hash;
    return true;
}

static inline bool store_rig_append(struct store_rig *rig, const struct store_fence *fence)
{
    const struct store_append append = {.make = store_rig_row, .context = rig, .fence = fence};
    return rig->driver->append(rig->store, &append, &rig->err);
}

static inline int64_t store_rig_last(struct store_rig *rig)
{
    SCRATCH(tmp);
    struct store_row last;
    if (!rig->driver->last(tmp, rig->store, &last, &rig->err))
        fail_msg("%s", rig->err.message);
    return last.sequence;
}

// `n` processes at once; each opens the store for itself and does `work`. How many of them said true.
static inline int store_rig_processes(struct store_rig *rig, int n, bool (*work)(struct store_rig *rig))
{
    int n_true = 0;
    int gate[2];
    pid_t children[16];
    assert_int_equal(pipe(gate), 0);
    for (int i = 0; i < n; i++) {
        children[i] = fork();
        if (children[i] != 0)
            continue;
        char byte;
        close(gate[1]);
        bool is_told = read(gate[0], &byte, 1) == 0; // until all are there
        bool is_good = is_told && work(rig);
        if (!is_good)
            print_message("# %s\n", rig->err.message);
        _exit(is_good ? 0 : 1);
    }
    close(gate[0]);
    close(gate[1]);
    for (int i = 0; i < n; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        n_true += WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    return n_true;
}

#endif

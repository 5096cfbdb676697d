/*
 * Copy: databases that tminus makes for itself, to rehearse on, and removes again.
 *
 * A site is where they are made: a scratch server that tminus starts, a server that was named, a
 * folder of SQLite files. Everything in it carries a mark by which a later run, or `tminus clean`,
 * finds and removes what a killed one left behind. A source is only ever read.
 *
 * Only main.c names implementations. test/contract/ runs one suite on each of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_COPY_H
#define DRIVER_COPY_H

#include "driver/engine.h"

struct copy_site; // each driver defines its own; closed and removed when it is freed

struct copy_site_options {
    const char *folder; // where scratch servers and files are made; made when missing, 0700
    const struct secret
        *server; // a server to make databases on; NULL: a scratch one (SQLite: none)
    // The database that copies are made of: its server's version, settings, roles and extensions
    // and its own locale are read, so that a scratch server is like it; NULL: it is not reachable,
    // or there is no need.
    const struct secret *like;
    // PostgreSQL: puts a data folder out of a physical backup into `folder`, which is empty; the
    // scratch server runs on it, and `adopt` takes its databases by name. NULL: a new server.
    bool (*fill)(void *context, const char *folder, struct error *err);
    void *fill_context;
    const char *const *settings; // lines of postgresql.conf for a scratch server, NULL-terminated
    int64_t timeout_ms;          // of starting it; 0: a minute, of a backup's recovery an hour
    struct wait *wait;
    // What is done now, of how many bytes (≤ 0: not known); NULL: nobody wants to know.
    void (*progress)(void *context, const char *what, int64_t done, int64_t total);
    // In what the site is not like the source: another version, a locale that this machine lacks.
    void (*note)(void *context, const char *text);
    void *context;
};

// What an earlier tminus left behind.
struct copy_leftover {
    const char *what; // one line for people: "scratch server in /…, 1.2 GB, since …"
    const char *id;   // for `remove`
    int64_t bytes;    // -1
};

struct copy_driver {
    const char *name; // "postgres" "sqlite": as the engine's
    enum dialect dialect;
    // ERROR_SYSTEM: no room, no permission, no server program; ERROR_UNREACHABLE: the server does
    // not answer; ERROR_POLICY: the role may not make databases there; ERROR_INPUT: an extension
    // that `like` has is not installed there.
    bool (*open)(TALLOC_CTX *mem, const struct copy_site_options *options, struct copy_site **out,
                 struct error *err);
    // An empty database. Names are ours; the driver makes them unique on the server.
    bool (*create)(struct copy_site *site, const char *name, struct error *err);
    // A database of the site again, as it is now. Nobody may be connected to `from`.
    bool (*clone)(struct copy_site *site, const char *from, const char *name, struct error *err);
    // A copy of a database that `create` and `clone` did not make: a golden clone on the same
    // server, by its name; a SQLite file, by its path. The source is only read. (Of a server that
    // was filled it becomes the site's.) ERROR_UNREACHABLE: it changes while it is copied, or
    // somebody is connected to it.
    bool (*adopt)(struct copy_site *site, const char *source, const char *name, struct error *err);
    // Take from it what would let it reach other databases, as its source does. NULL: nothing
    // would.
    bool (*seal)(struct copy_site *site, const char *name, struct error *err);
    bool (*drop)(struct copy_site *site, const char *name, struct error *err);
    // To open it with the engine. `*out` is `mem`'s.
    bool (*url)(TALLOC_CTX *mem, const struct copy_site *site, const char *name,
                struct secret **out, struct error *err);
    bool (*bytes)(struct copy_site *site, const char *name, int64_t *out, struct error *err);
    // Room for copies in bytes; -1: it cannot be told (a server elsewhere).
    int64_t (*room)(const struct copy_site *site);
    // Here, for files that go when the site goes: a dump, a restored folder.
    const char *(*folder)(const struct copy_site *site);
    // What the server logged since `*from` (bytes of its log; set to the end, or behind 64 MB of
    // it: then call again), for changes that another program runs: lines "[PROCESS] DATABASE
    // APPLICATION LEVEL:  text", each followed by those that begin with a tab. With "log_statement
    // = all" among the settings every statement is there. ERROR_UNKNOWN: of this server it cannot
    // be read. NULL: there is no such log.
    bool (*log)(TALLOC_CTX *mem, struct copy_site *site, int64_t *from, char **out,
                struct error *err);
    // Of sites in this folder (or on this server) whose tminus is gone.
    bool (*leftovers)(TALLOC_CTX *mem, const struct copy_site_options *options,
                      struct copy_leftover **out, size_t *n, struct error *err);
    bool (*remove)(const struct copy_site_options *options, const char *id, struct error *err);
};

extern const struct copy_driver copy_postgres;
extern const struct copy_driver copy_sqlite;

#endif

/*
 * Others at work on the database: a migration of a process that is gone, or on another machine,
 * goes on at the server until its statement ends, and one that is only slow may still commit.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/migrating.h"
#include "sql/queries.h"

struct found {
    TALLOC_CTX *mem;
    const char *text;
};

static bool take(void *context, const char *const *names, const struct engine_value *values,
                 size_t n)
{
    struct found *found = context;
    (void)names;
    (void)n;
    found->text = mem_strdup(found->mem, values[0].text);
    return true;
}

// Before the record is read: who ends in between is in the record then.
bool migrating_note_others(const struct migrating *migrating, struct error *err)
{
    struct found found = {.mem = migrating->mem};

    if (migrating->request->driver->dialect != DIALECT_POSTGRES)
        return true; // of a file's writers SQLite's own lock tells
    TRY(migrating->session->query(migrating->reader, sql_postgres_migrating_others, take, &found,
                                  err));
    struct migrate_report *report = migrating->report;
    report->at_work = found.text;
    if (found.text != NULL)
        *mem_append(report, report->notes, report->n_notes) =
            mem_printf(report, "another session migrates this database now: %s", found.text);
    return true;
}

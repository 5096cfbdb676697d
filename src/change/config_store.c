/*
 * Keys of tminus.yaml about the store of the journal.
 *
 * A variable in them that is not set is noted in the store itself: verbs that open no journal do
 * not need it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/config_key_rows.h"

static const char *const kinds[] = {"sqlite", "postgres", NULL};
static const struct config_key store_keys[] = {
    {.name = "kind",
     .shape = KEY_CHOICE,
     .is_required = true,
     .offset = offsetof(struct config_store, kind),
     .choices = kinds},
    KEY("url", KEY_SECRET, struct config_store, url),
    SHOWN("path", struct config_store, path),
};
static const struct config_map store_map = MAP("store", store_keys);

static const char *wrong_key(const struct config_store *store, bool is_of_environment)
{
    bool is_postgres = strcmp(store->kind, "postgres") == 0;
    if (is_postgres && store->url == NULL)
        return "a store on PostgreSQL needs 'url', the address of a database that is not the "
               "target";
    if (is_postgres && store->path != NULL)
        return "'path' is of a store on SQLite";
    if (!is_postgres && store->url != NULL)
        return "'url' is of a store on PostgreSQL; on SQLite it is 'path'";
    // Two environments' events in one chain would be taken for each other's.
    if (!is_postgres && store->path != NULL && !is_of_environment)
        return "'path' belongs into an environment's own 'store': each has its own journal";
    return NULL;
}

void config_parse_store(struct config_reading *reading, const struct yaml *node, void *at)
{
    struct config_store *store = at;
    struct error *outer = reading->missing;
    reading->missing = &store->missing;
    config_read_map(reading, node, &store_map, store);
    reading->missing = outer;
    const char *wrong = store->kind == NULL ? NULL : wrong_key(store, outer != NULL);
    if (wrong != NULL)
        config_problem(reading, node->line, node->column, NULL, "%s", wrong);
}

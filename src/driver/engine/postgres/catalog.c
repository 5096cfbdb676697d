/*
 * The catalog of PostgreSQL: the schema as known facts, in a few queries over all relations.
 *
 * Each query of sql/postgres/catalog_*.sql goes over the whole database and its rows come one at a
 * time, so that ten thousand tables cost a second and what the schema itself needs. pg_catalog is
 * readable by everybody: what a role may not do on a table does not hide that it is there.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/catalog.h"
#include "sql/queries.h"

// --- one instant, and expressions printed in one way

#define SAVEPOINT "tminus_catalog"
#define KEPT_BLOCK 1024

static const char *const settings[] = {
    "SET LOCAL search_path = ''", // every name is printed with its schema
    "SET LOCAL lock_timeout = '5s'",
    "SET LOCAL jit = off",                           // compiling takes longer than these queries
    "SET LOCAL max_parallel_workers_per_gather = 0", // they would be taken from the traffic
    // Everything is asked for at once, of which the planner knows little: with its own choice ten
    // thousand tables take three times as long.
    "SET LOCAL enable_nestloop = off",
    "SET LOCAL work_mem = '32MB'",
    "SET LOCAL quote_all_identifiers = off",
    "SET LOCAL DateStyle = 'ISO, YMD'",
    "SET LOCAL IntervalStyle = 'postgres'",
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL extra_float_digits = 1",
    "SET LOCAL bytea_output = 'hex'",
};

bool catalog_begin(struct engine *engine, struct error *err)
{
    // Within a snapshot of the caller's the settings are taken back with the savepoint.
    const char *begin = engine->is_in_snapshot ? "SAVEPOINT " SAVEPOINT
                                               : "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
    return connection_execute(engine->connection, begin, err);
}

bool catalog_pin(struct engine *engine, struct error *err)
{
    for (size_t i = 0; i < COUNT_OF(settings); i++)
        TRY(connection_execute(engine->connection, settings[i], err));
    return true;
}

static bool take_holder(void *context, const PGresult *row)
{
    struct error *err = context;
    error_set(err, ERROR_UNREACHABLE,
              "the catalog cannot be read: process %s (%s) holds ACCESS EXCLUSIVE on %s",
              PQgetvalue(row, 0, 0), PQgetvalue(row, 0, 1), PQgetvalue(row, 0, 2));
    error_hint(err, "wait for its transaction, or end it: SELECT pg_terminate_backend(%s)",
               PQgetvalue(row, 0, 0));
    return true;
}

// Sizes take a lock on their table: say who keeps it from us.
static void name_holder(struct engine *engine, struct error *err)
{
    struct error ignored;
    (void)!connection_each(engine->connection, sql_postgres_lock_holders, take_holder, err,
                           &ignored);
}

static bool end_transaction(struct engine *engine, struct error *err)
{
    if (!engine->is_in_snapshot)
        return connection_execute(engine->connection, "ROLLBACK", err);
    TRY(connection_execute(engine->connection, "ROLLBACK TO SAVEPOINT " SAVEPOINT, err));
    return connection_execute(engine->connection, "RELEASE SAVEPOINT " SAVEPOINT, err);
}

bool catalog_end(struct engine *engine, bool is_done, struct error *err)
{
    struct error ignored;
    if (is_done)
        return end_transaction(engine, err);
    bool waited = strcmp(connection_sqlstate(engine->connection), "55P03") == 0;
    (void)!end_transaction(engine, &ignored);
    if (waited)
        name_holder(engine, err);
    return false;
}

// --- fields

const char *field_text(const PGresult *row, int field)
{
    return PQgetisnull(row, 0, field) ? NULL : PQgetvalue(row, 0, field);
}

bool field_bool(const PGresult *row, int field)
{
    return PQgetvalue(row, 0, field)[0] == 't';
}

int64_t field_integer(const PGresult *row, int field)
{
    return strtoll(PQgetvalue(row, 0, field), NULL, 10);
}

uint32_t field_oid(const PGresult *row, int field)
{
    return (uint32_t)strtoul(PQgetvalue(row, 0, field), NULL, 10);
}

size_t field_numbers(const PGresult *row, int field, int64_t *numbers, size_t room)
{
    const char *at = PQgetvalue(row, 0, field);
    size_t n = 0;
    while (n < room) {
        char *end;
        at += strspn(at, "{, ");
        long long number = strtoll(at, &end, 10);
        if (end == at)
            break;
        numbers[n++] = number;
        at = end;
    }
    return n;
}

// --- what is kept

const char *catalog_keep(struct catalog *catalog, const char *text)
{
    if (text == NULL)
        return NULL;
    const struct name *kept = name_table_find(&catalog->texts, (struct name){.name = text});
    if (kept != NULL)
        return kept->name;
    const char *copy = schema_keep_text(catalog->schema, text);
    catalog_know(catalog, copy);
    return copy;
}

void catalog_know(struct catalog *catalog, const char *text)
{
    if (catalog->n_kept_left == 0) {
        catalog->kept = mem_array(catalog->tmp, struct name, KEPT_BLOCK);
        catalog->n_kept_left = KEPT_BLOCK;
    }
    struct name *added = &catalog->kept[--catalog->n_kept_left];
    added->name = text;
    name_table_put(&catalog->texts, added);
}

struct name catalog_keep_name(struct catalog *catalog, const char *schema, const char *name)
{
    return (struct name){catalog_keep(catalog, schema), catalog_keep(catalog, name)};
}

struct catalog_relation *catalog_find(const struct catalog *catalog, uint32_t oid)
{
    size_t low = 0;
    size_t high = catalog->n_relations;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (catalog->relations[middle].oid < oid)
            low = middle + 1;
        else
            high = middle;
    }
    bool is_there = low < catalog->n_relations && catalog->relations[low].oid == oid;
    return is_there ? &catalog->relations[low] : NULL;
}

// Of the size that is used: arrays grow by doubling, from eight elements, and talloc keeps its room
// when less than 1 kB would be given back.
static void *trimmed(TALLOC_CTX *mem, void *array, size_t n, size_t size)
{
    if (n == 0 || talloc_get_size(array) == n * size)
        return array;
    void *exact = mem_checked(talloc_memdup(mem, array, n * size));
    talloc_free(array);
    return exact;
}

void catalog_turn(struct catalog *catalog, struct catalog_relation *owner)
{
    struct catalog_relation *done = catalog->filled;
    if (done == owner)
        return;
    catalog->filled = owner;
    if (done == NULL)
        return;
    struct schema_relation *r = done->relation;
    r->columns = trimmed(r, r->columns, r->n_columns, sizeof(*r->columns));
    r->constraints = trimmed(r, r->constraints, r->n_constraints, sizeof(*r->constraints));
    r->indexes = trimmed(r, r->indexes, r->n_indexes, sizeof(*r->indexes));
    done->numbers = trimmed(catalog->tmp, done->numbers, r->n_columns, sizeof(*done->numbers));
}

const char *catalog_column(const struct catalog_relation *owner, int64_t attnum)
{
    // Columns come in the order of their numbers; dropped ones leave gaps before their places.
    size_t n = owner->relation->n_columns;
    size_t place = attnum < 1 ? 0 : (size_t)attnum < n ? (size_t)attnum : n;
    while (place > 0 && owner->numbers[place - 1] > attnum)
        place--;
    bool is_there = place > 0 && owner->numbers[place - 1] == attnum;
    return is_there ? owner->relation->columns[place - 1].name : NULL;
}

// --- reading

struct visit {
    struct catalog *catalog;
    catalog_row *each;
};

static bool visit_row(void *context, const PGresult *row)
{
    const struct visit *visit = context;
    visit->each(visit->catalog, row);
    return true;
}

static bool catalog_each(struct catalog *catalog, const char *sql, catalog_row *each,
                         struct error *err)
{
    struct visit visit = {.catalog = catalog, .each = each};
    return connection_each(catalog->engine->connection, sql, visit_row, &visit, err);
}

static void add_to_path(struct catalog *catalog, const PGresult *row)
{
    *mem_append(catalog->tmp, catalog->path, catalog->n_path) =
        catalog_keep(catalog, field_text(row, 0));
}

static void add_unusable(struct catalog *catalog, const PGresult *row)
{
    SCRATCH(tmp);
    schema_add_gap(catalog->schema,
                   mem_printf(tmp,
                              "the role has no USAGE on schema \"%s\": its tables are known, "
                              "their rows cannot be read (GRANT USAGE ON SCHEMA)",
                              field_text(row, 0)));
}

static bool read_relations(struct catalog *catalog, struct error *err)
{
    TRY(catalog_each(catalog, sql_postgres_catalog_relations, catalog_add_relation, err));
    catalog_own_indexes(catalog);
    TRY(catalog_each(catalog, sql_postgres_catalog_columns, catalog_add_column, err));
    TRY(catalog_each(catalog, sql_postgres_catalog_constraints, catalog_add_constraint, err));
    TRY(catalog_each(catalog, sql_postgres_catalog_indexes, catalog_add_index, err));
    catalog_turn(catalog, NULL);
    TRY(catalog_each(catalog, sql_postgres_catalog_parents, catalog_add_parent, err));
    TRY(catalog_each(catalog, sql_postgres_catalog_views, catalog_add_read, err));
    TRY(catalog_each(catalog, sql_postgres_catalog_sequences, catalog_add_sequence, err));
    TRY(catalog_each(catalog, sql_postgres_catalog_triggers, catalog_add_trigger, err));
    TRY(catalog_each(catalog, sql_postgres_catalog_members, catalog_add_member, err));
    TRY(catalog_each(catalog, sql_postgres_catalog_sizes, catalog_add_size, err));
    catalog_sum_partitions(catalog);
    return catalog_each(catalog, sql_postgres_catalog_statistics, catalog_add_statistic, err);
}

static bool read_all(struct catalog *catalog, struct error *err)
{
    TRY(catalog_each(catalog, sql_postgres_catalog_search_path, add_to_path, err));
    schema_set_path(catalog->schema, catalog->path, catalog->n_path);
    TRY(catalog_pin(catalog->engine, err));
    TRY(read_relations(catalog, err));
    TRY(catalog_each(catalog, sql_postgres_catalog_types, catalog_add_type, err));
    TRY(catalog_each(catalog, sql_postgres_catalog_functions, catalog_add_function, err));
    TRY(catalog_each(catalog, sql_postgres_catalog_publications, catalog_add_publication, err));
    return catalog_each(catalog, sql_postgres_catalog_unusable, add_unusable, err);
}

bool postgres_catalog_read(TALLOC_CTX *mem, struct engine *engine, struct schema **out,
                           struct error *err)
{
    SCRATCH(tmp);
    struct catalog catalog = {.engine = engine, .tmp = tmp};
    TRY(reader_open(tmp, DIALECT_POSTGRES, &catalog.reader, err));
    catalog.schema = schema_make(tmp, DIALECT_POSTGRES);
    catalog.texts = name_table_make(tmp, false);
    connection_set_timeout(engine->connection, engine->timeout_ms);
    TRY(catalog_begin(engine, err));
    if (!catalog_end(engine, read_all(&catalog, err), err))
        return false;
    schema_set_live(catalog.schema);
    *out = talloc_steal(mem, catalog.schema);
    return true;
}

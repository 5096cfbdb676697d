/*
 * Relations of the PostgreSQL catalog, and what hangs on them: parents, what views read, sequences,
 * triggers, policies, rules, sizes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/catalog.h"
#include <stdlib.h>

static enum relation_kind relation_kind_of(char relkind)
{
    switch (relkind) {
    case 'p': return RELATION_PARTITIONED;
    case 'v': return RELATION_VIEW;
    case 'm': return RELATION_MATERIALIZED_VIEW;
    case 'i':
    case 'I': return RELATION_INDEX;
    case 'S': return RELATION_SEQUENCE;
    case 'f': return RELATION_FOREIGN_TABLE;
    case 'c': return RELATION_COMPOSITE;
    default: return RELATION_TABLE;
    }
}

// As the server prints them: "RANGE (a, lower(b))", "FOR VALUES IN ('x')".
static void read_partitioning(struct catalog *catalog, struct schema_relation *relation,
                              const char *key, const char *bound)
{
    SCRATCH(tmp);
    const struct action *action = NULL;
    if (key != NULL)
        action = catalog_read_action(tmp, catalog,
                                     mem_printf(tmp, "CREATE TABLE t () PARTITION BY %s", key));
    if (action != NULL && action->partition_key != NULL)
        relation->partition_key = schema_keep_key(catalog->schema, action->partition_key);
    action = NULL;
    if (bound != NULL)
        action = catalog_read_action(tmp, catalog,
                                     mem_printf(tmp, "ALTER TABLE t ATTACH PARTITION p %s", bound));
    if (action != NULL && action->bound != NULL)
        relation->bound = schema_keep_bound(catalog->schema, action->bound);
}

// oid, schema, name, relkind, is_unlogged, relispartition, is_default, indrelid, partition_key,
// bound
void catalog_add_relation(struct catalog *catalog, const PGresult *row)
{
    struct name name = {.schema = field_text(row, 1), .name = field_text(row, 2)};
    enum relation_kind kind = relation_kind_of(PQgetvalue(row, 0, 3)[0]);
    struct schema_relation *relation = schema_add(catalog->schema, name, kind);
    catalog_know(catalog, relation->name.name);
    relation->is_unlogged = field_bool(row, 4);
    relation->is_partition = kind != RELATION_INDEX && field_bool(row, 5);
    relation->is_default_partition = field_bool(row, 6);
    if (kind != RELATION_INDEX)
        read_partitioning(catalog, relation, field_text(row, 8), field_text(row, 9));
    *mem_append(catalog->tmp, catalog->relations, catalog->n_relations) = (struct catalog_relation){
        .oid = field_oid(row, 0), .owner = field_oid(row, 7), .relation = relation};
}

void catalog_own_indexes(struct catalog *catalog)
{
    for (size_t i = 0; i < catalog->n_relations; i++) {
        const struct catalog_relation *index = &catalog->relations[i];
        const struct catalog_relation *table =
            index->owner != 0 ? catalog_find(catalog, index->owner) : NULL;
        if (table != NULL)
            index->relation->owned_by = table->relation->name;
    }
}

// inhrelid, inhparent
void catalog_add_parent(struct catalog *catalog, const PGresult *row)
{
    const struct catalog_relation *child = catalog_find(catalog, field_oid(row, 0));
    const struct catalog_relation *parent = catalog_find(catalog, field_oid(row, 1));
    if (child != NULL && parent != NULL)
        *mem_append(child->relation, child->relation->parents, child->relation->n_parents) =
            parent->relation->name;
}

// view, relation, column's number; the rows of a view come together
void catalog_add_read(struct catalog *catalog, const PGresult *row)
{
    const struct catalog_relation *view = catalog_find(catalog, field_oid(row, 0));
    const struct catalog_relation *read = catalog_find(catalog, field_oid(row, 1));
    if (view == NULL || read == NULL)
        return;
    struct schema_relation *v = view->relation;
    const char *column = catalog_column(read, field_integer(row, 2));
    bool is_known = v->n_reads > 0 && v->reads[v->n_reads - 1].name == read->relation->name.name &&
                    v->reads[v->n_reads - 1].schema == read->relation->name.schema;
    if (!is_known)
        *mem_append(v, v->reads, v->n_reads) = read->relation->name;
    if (column != NULL)
        *mem_append(v, v->read_columns, v->n_read_columns) = column;
}

// seqrelid, type, min, max, increment, cycles, last value, owner, its column's number
void catalog_add_sequence(struct catalog *catalog, const PGresult *row)
{
    const struct catalog_relation *found = catalog_find(catalog, field_oid(row, 0));
    if (found == NULL)
        return;
    struct schema_sequence *sequence = mem_new(found->relation, struct schema_sequence);
    *sequence = (struct schema_sequence){.type = catalog_keep(catalog, field_text(row, 1)),
                                         .min_value = field_integer(row, 2),
                                         .max_value = field_integer(row, 3),
                                         .increment = field_integer(row, 4),
                                         .cycles = field_bool(row, 5),
                                         .has_last_value = field_text(row, 6) != NULL,
                                         .last_value = field_integer(row, 6)};
    found->relation->sequence = sequence;
    const struct catalog_relation *table = catalog_find(catalog, field_oid(row, 7));
    const char *name = table != NULL ? catalog_column(table, field_integer(row, 8)) : NULL;
    if (name == NULL)
        return;
    found->relation->owned_by = table->relation->name;
    found->relation->owned_by_column = name;
    schema_find_column(table->relation, name)->owned_sequence = found->relation->name.name;
}

// tgrelid, name, function's schema, function, is_disabled, is_clone, definition
void catalog_add_trigger(struct catalog *catalog, const PGresult *row)
{
    SCRATCH(tmp);
    const struct catalog_relation *owner = catalog_find(catalog, field_oid(row, 0));
    if (owner == NULL)
        return;
    struct schema_relation *table = owner->relation;
    *mem_append(table, table->triggers, table->n_triggers) = (struct schema_trigger){
        .name = catalog_keep(catalog, field_text(row, 1)),
        .function =
            catalog_keep(catalog, mem_printf(tmp, "%s.%s", field_text(row, 2), field_text(row, 3))),
        .is_disabled = field_bool(row, 4),
        .is_clone = field_bool(row, 5)};
    const struct action *action = catalog_read_action(tmp, catalog, field_text(row, 6));
    if (action != NULL && action->trigger != NULL)
        table->triggers[table->n_triggers - 1].definition =
            schema_keep_trigger(catalog->schema, action->trigger);
}

// relation, kind, name
void catalog_add_member(struct catalog *catalog, const PGresult *row)
{
    const struct catalog_relation *owner = catalog_find(catalog, field_oid(row, 0));
    if (owner == NULL)
        return;
    struct schema_relation *table = owner->relation;
    const char *kind = field_text(row, 1);
    *mem_append(table, table->members, table->n_members) =
        (struct schema_member){.object = strcmp(kind, "policy") == 0 ? OBJECT_POLICY
                                         : strcmp(kind, "rule") == 0 ? OBJECT_RULE
                                                                     : OBJECT_STATISTICS,
                               .name = catalog_keep(catalog, field_text(row, 2))};
}

// --- sizes

// oid, rows, bytes, rows written a second
void catalog_add_size(struct catalog *catalog, const PGresult *row)
{
    const struct catalog_relation *found = catalog_find(catalog, field_oid(row, 0));
    if (found == NULL || field_text(row, 2) == NULL)
        return; // dropped meanwhile
    found->relation->rows = field_integer(row, 1);
    found->relation->bytes = field_integer(row, 2);
    found->relation->writes_per_second = strtod(field_text(row, 3), NULL);
}

// A figure that is not known of one part is not known of the whole.
static void add_figure(int64_t *sum, int64_t part)
{
    *sum = *sum < 0 || part < 0 ? -1 : *sum + part;
}

static void add_pace(double *sum, double part)
{
    *sum = *sum < 0 || part < 0 ? -1 : *sum + part;
}

void catalog_sum_partitions(struct catalog *catalog)
{
    for (size_t i = 0; i < catalog->n_relations; i++) {
        struct schema_relation *r = catalog->relations[i].relation;
        if (r->kind != RELATION_PARTITIONED)
            continue;
        r->rows = r->bytes = 0;
        r->writes_per_second = 0;
    }
    for (size_t i = 0; i < catalog->n_relations; i++) {
        const struct schema_relation *leaf = catalog->relations[i].relation;
        const struct schema_relation *r = leaf;
        while (leaf->kind != RELATION_PARTITIONED && r->is_partition && r->n_parents == 1) {
            struct schema_relation *parent = schema_find(catalog->schema, r->parents[0]);
            if (parent == NULL)
                break;
            add_figure(&parent->rows, leaf->rows);
            add_figure(&parent->bytes, leaf->bytes);
            add_pace(&parent->writes_per_second, leaf->writes_per_second);
            r = parent;
        }
    }
}

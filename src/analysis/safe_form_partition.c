/*
 * Safe forms for partitioned tables: the index of each partition alone, and coming and going of
 * partitions without a scan under a lock.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/partition_check.h"
#include "analysis/safe_form_parts.h"
#include "analysis/schema_edit.h"
#include "statement/quoting.h"

#define PG_DETACH_CONCURRENTLY 14

// --- an index

static bool is_plain_partition(const struct schema_relation *relation)
{
    return relation->is_partition && relation->kind == RELATION_TABLE;
}

// What the index is called on `table` when the server may choose.
static const char *name_on(const struct schema *schema, struct name table)
{
    const struct schema_relation *relation = schema_find(schema, table);
    return relation->indexes[relation->n_indexes - 1].name;
}

// CREATE [UNIQUE] INDEX … name ON table …: the words behind the table's name.
static const char *definition_of(const struct source *source)
{
    size_t at = 0;
    while (at < source->n && !source_is(source, at, "on"))
        at++;
    at++;
    while (at + 1 < source->n && source->tokens[at + 1].kind == TOKEN_DOT)
        at += 2;
    return source_cut(source, at + 1, source->n);
}

// The index of the partitioned table.
struct parent_index {
    const char *name;       // as it is written
    const char *definition; // "(a) WHERE …"
    const char *unique;     // "UNIQUE ", or ""
};

static void add_partition(struct forming *forming, const struct schema *after,
                          const struct parent_index *parent, struct name partition)
{
    const char *name = name_on(after, partition);
    struct name index = {partition.schema, name};
    step_add_with_undo(forming->mem, &forming->before, SAFE_OUTSIDE,
                       mem_printf(forming->mem, "CREATE %sINDEX CONCURRENTLY %s ON %s %s",
                                  parent->unique, forming_quote(forming, name),
                                  quoting_relation(forming->mem, DIALECT_POSTGRES, partition),
                                  parent->definition),
                       mem_printf(forming->mem, "DROP INDEX CONCURRENTLY IF EXISTS %s",
                                  quoting_relation(forming->mem, DIALECT_POSTGRES, index)));
    step_add(forming->mem, &forming->behind, SAFE_TRANSACTION,
             mem_printf(forming->mem, "ALTER INDEX %s ATTACH PARTITION %s", parent->name,
                        quoting_relation(forming->mem, DIALECT_POSTGRES, index)));
}

bool form_partitioned_index(struct forming *forming, const struct action *action)
{
    SCRATCH(tmp);
    const struct schema *schema = forming->question->schema;
    struct schema *after = schema_copy(tmp, schema);
    struct relation_list all = schema_descendants(tmp, schema, forming->table);
    struct source source = source_make(forming->mem, forming->question->statement->sql);
    const char *unique = action->index->is_unique ? "UNIQUE " : "";
    const char *definition = definition_of(&source);
    schema_apply_action(after, action);
    struct name parent = {forming->table->name.schema, name_on(after, forming->table->name)};
    const struct parent_index written = {
        .name = quoting_relation(forming->mem, DIALECT_POSTGRES, parent),
        .definition = definition,
        .unique = unique};
    forming->rule = "index-create-blocking";
    step_add_with_undo(forming->mem, &forming->before, SAFE_TRANSACTION,
                       mem_printf(forming->mem, "CREATE %sINDEX %s ON ONLY %s %s", unique,
                                  forming_quote(forming, parent.name), forming->table_sql,
                                  definition),
                       mem_printf(forming->mem, "DROP INDEX IF EXISTS %s",
                                  quoting_relation(forming->mem, DIALECT_POSTGRES, parent)));
    for (size_t i = 1; i < all.n; i++) {
        if (!is_plain_partition(all.list[i]))
            forming_obstruct(forming, "%s is no plain partition", all.list[i]->name.name);
        add_partition(forming, after, &written, all.list[i]->name);
    }
    if (action->if_exists)
        forming_obstruct(forming, "IF NOT EXISTS: some of the indexes may be there");
    return true;
}

// --- coming and going

bool form_detach(struct forming *forming, const struct action *action)
{
    if (forming->head == NULL || action->concurrently || action->option != NULL ||
        forming->question->pg_version < PG_DETACH_CONCURRENTLY)
        return false;
    forming->rule = "partition-detach-blocking";
    step_add(forming->mem, &forming->before, SAFE_OUTSIDE,
             mem_printf(forming->mem, "%s %s CONCURRENTLY", forming->head, forming->instead));
    forming->instead = NULL;
    forming_obstruct(forming, "DETACH … CONCURRENTLY leaves a CHECK of the partition's bounds on "
                              "the table that DETACH does not");
    return true;
}

bool form_attach(struct forming *forming, const struct action *action)
{
    const char *partition = quoting_relation(forming->mem, DIALECT_POSTGRES, action->other);
    const char *name = forming_quote(forming, "partition_bounds");
    if (forming->head == NULL || action->is_default_partition)
        return false;
    forming->rule = "partition-attach-scan";
    const char *inside = forming->table == NULL
                             ? NULL
                             : partition_check_text(forming->mem, forming->table->partition_key,
                                                    action->bound, true);
    step_add(forming->mem, &forming->before, SAFE_TRANSACTION,
             mem_printf(forming->mem, "ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s) NOT VALID",
                        partition, name,
                        inside != NULL ? inside : "/* key NOT NULL and in the bounds */"));
    step_add(forming->mem, &forming->before, SAFE_OWN_TRANSACTION,
             mem_printf(forming->mem, "ALTER TABLE %s VALIDATE CONSTRAINT %s", partition, name));
    step_add(forming->mem, &forming->behind, SAFE_TRANSACTION,
             mem_printf(forming->mem, "ALTER TABLE %s DROP CONSTRAINT %s", partition, name));
    forming_obstruct(forming, inside == NULL
                                  ? "the CHECK that proves the bounds must be written by hand"
                                  : "its parts need a down of their own: write them by hand");
    return true;
}

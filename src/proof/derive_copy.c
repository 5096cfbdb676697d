/*
 * Derivation from INSERT … SELECT and CREATE TABLE … AS: rows preserved, none doubled, every
 * partner found. Counts alone are not enough: as many rows may be lost as are doubled.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "proof/claim.h"
#include "proof/sql.h"

static const struct trace_copy *copy_of(const struct derivation *derivation,
                                        const struct claim *claim)
{
    return &tracer_state(derivation->tracer)->copies[claim->copy];
}

// The output that is a plain copy of the source's key; only a key of one column is followed.
static bool find_key(const struct trace_copy *copy, size_t *at)
{
    if (copy->from->n_key != 1)
        return false;
    for (size_t i = 0; i < copy->n_columns; i++)
        if (copy->from_columns[i] != NULL && copy->from_columns[i]->before != NULL &&
            strcmp(copy->from_columns[i]->before, copy->from->key[0]) == 0) {
            *at = i;
            return true;
        }
    return false;
}

static const char *source_name(struct derivation *derivation, const struct trace_copy *copy)
{
    return sql_shown(derivation->mem,
                     copy->from->before.name != NULL ? copy->from->before : copy->from->after);
}

// --- before: what the SELECT would give

// The rows that the SELECT gives, as they stand in FROM, and its output that is the key. Two
// outputs may have one name: PostgreSQL lets us give them ours, SQLite takes the first.
struct given {
    const char *rows;
    const char *key;
    const char *output; // as the SELECT calls it
};

static struct given given_rows(struct derivation *derivation, const struct query *query,
                               const char *select, size_t at)
{
    TALLOC_CTX *mem = derivation->mem;
    char *names = mem_strdup(mem, "");

    if (derivation->dialect != DIALECT_POSTGRES)
        return (struct given){.rows = mem_printf(mem, "(%s)", select),
                              .key = query->output_names[at],
                              .output = query->output_names[at]};
    for (size_t i = 0; i < query->n_outputs; i++)
        names = mem_printf(mem, "%s%sc%zu", names, i == 0 ? "" : ", ", i);
    return (struct given){
        .rows = mem_printf(mem, "(SELECT * FROM (%s) AS given (%s))", select, names),
        .key = mem_printf(mem, "c%zu", at),
        .output = query->output_names[at],
    };
}

static void write_lost_before(struct derivation *derivation, const struct claim *claim,
                              const struct trace_copy *copy, const struct given *given)
{
    TALLOC_CTX *mem = derivation->mem;
    const char *from = sql_relation(mem, copy->from->before);
    const char *where = sql_no_partner(mem, derivation->dialect, copy->from->before,
                                       copy->from->key[0], given->rows, given->key);

    claim_invariant(derivation, claim,
                    (struct invariant){
                        .name = claim_name(derivation, "I20", copy->from, "before"),
                        .catalogue = "I20",
                        .title = mem_printf(mem, "the copy takes every row of %s along",
                                            source_name(derivation, copy)),
                        .kind = INVARIANT_ZERO,
                        .moments = MOMENT_BEFORE,
                        .sql = mem_printf(mem, "SELECT count(*) FROM %s WHERE %s", from, where),
                        .samples = claim_samples(derivation, copy->from, false, where),
                        .is_required = true,
                        .table = source_name(derivation, copy),
                    });
}

static void write_doubled_before(struct derivation *derivation, const struct claim *claim,
                                 const struct trace_copy *copy, const struct given *given)
{
    TALLOC_CTX *mem = derivation->mem;
    const char *key = sql_name(mem, given->key);

    claim_invariant(
        derivation, claim,
        (struct invariant){
            .name = claim_name(derivation, "I9", copy->from, "before"),
            .catalogue = "I9",
            .title =
                mem_printf(mem, "the copy takes no row of %s twice", source_name(derivation, copy)),
            .kind = INVARIANT_ZERO,
            .moments = MOMENT_BEFORE,
            .sql = mem_printf(mem, "SELECT count(*) - count(DISTINCT %s) FROM %s AS copied", key,
                              given->rows),
            .samples =
                mem_printf(mem,
                           "SELECT %s AS %s FROM %s AS copied GROUP BY %s HAVING count(*) > 1 "
                           "ORDER BY %s LIMIT 5",
                           key, sql_name(mem, copy->from->key[0]), given->rows, key, key),
            .is_required = true,
            .table = source_name(derivation, copy),
        });
}

// ON of all equalities between the source `s` and one joined relation `j`; `names` are the columns
// of the last one: the source's, the joined relation's. NULL when there is none.
static char *join_of(struct derivation *derivation, const struct sources *sources,
                     const struct trace_copy *copy, struct name joined, const char **names)
{
    TALLOC_CTX *mem = derivation->mem;
    char *on = NULL;

    for (size_t i = 0; i < sources->n_equalities; i++) {
        const struct equality *equality = &sources->equalities[i];
        bool is_left = strcmp(equality->left.name, joined.name) == 0;
        struct name other = is_left ? equality->right : equality->left;
        if ((!is_left && strcmp(equality->right.name, joined.name) != 0) ||
            tracer_find(derivation->tracer, other) == NULL ||
            strcmp(other.name, copy->from->before.name) != 0)
            continue;
        names[0] = is_left ? equality->right_column : equality->left_column;
        names[1] = is_left ? equality->left_column : equality->right_column;
        on = mem_printf(mem, "%s%sj.%s = s.%s", on == NULL ? "" : on, on == NULL ? "" : " AND ",
                        sql_name(mem, names[1]), sql_name(mem, names[0]));
    }
    return on;
}

static bool is_inner(const struct query *query, struct name joined)
{
    for (size_t i = 0; i < query->n_inner_joined; i++)
        if (strcmp(query->inner_joined[i].name, joined.name) == 0)
            return true;
    return false;
}

// Why rows would be lost or doubled: values without a partner, values with several.
static void write_partners(struct derivation *derivation, const struct claim *claim,
                           const struct trace_copy *copy, const struct sources *sources,
                           struct name joined)
{
    TALLOC_CTX *mem = derivation->mem;
    const char *names[2];
    const char *on = join_of(derivation, sources, copy, joined, names);
    const char *from = sql_relation(mem, copy->from->before);
    struct name lookup = schema_resolve(derivation->schema, joined);

    if (on == NULL)
        return;
    const char *column = names[0], *key = names[1];
    if (is_inner(claim->query, joined))
        claim_invariant(
            derivation, claim,
            (struct invariant){
                .name = claim_name(derivation, "I6", copy->from, column),
                .catalogue = "I6",
                .title = mem_printf(mem, "every %s of %s is in %s", column,
                                    source_name(derivation, copy), sql_shown(mem, lookup)),
                .kind = INVARIANT_ZERO,
                .moments = MOMENT_BEFORE,
                .sql = mem_printf(
                    mem,
                    "SELECT s.%s, count(*) FROM %s AS s LEFT JOIN %s AS j ON %s WHERE j.%s IS NULL "
                    "GROUP BY s.%s ORDER BY 2 DESC",
                    sql_name(mem, column), from, sql_relation(mem, lookup), on, sql_name(mem, key),
                    sql_name(mem, column)),
                .is_required = true,
                .table = source_name(derivation, copy),
            });
    claim_invariant(
        derivation, claim,
        (struct invariant){
            .name = mem_printf(mem, "I9/%s.%s", sql_shown(mem, lookup), key),
            .catalogue = "I9",
            .title = mem_printf(mem, "%s has one row for each %s of %s", sql_shown(mem, lookup),
                                column, source_name(derivation, copy)),
            .kind = INVARIANT_ZERO,
            .moments = MOMENT_BEFORE,
            .sql = mem_printf(
                mem,
                "SELECT j.%s, count(*) FROM %s AS j WHERE EXISTS (SELECT 1 FROM %s AS s WHERE %s) "
                "GROUP BY j.%s HAVING count(*) > 1 ORDER BY 2 DESC",
                sql_name(mem, key), sql_relation(mem, lookup), from, on, sql_name(mem, key)),
            .is_required = true,
            .table = sql_shown(mem, lookup),
        });
}

static void write_before(struct derivation *derivation, const struct claim *claim,
                         const struct trace_copy *copy)
{
    size_t at;
    const struct query *query = claim->query;
    const char *select =
        sources_select(derivation->mem, derivation->dialect, claim->statement->sql);
    struct sources *sources =
        sources_read(derivation->mem, derivation->dialect, claim->statement->sql, query);

    if (!query->has_distinct && !query->has_group_by && !query->has_limit)
        for (size_t i = 0; i < query->n_reads; i++)
            if (tracer_find(derivation->tracer, query->reads[i]) != copy->from)
                write_partners(derivation, claim, copy, sources, query->reads[i]);
    // A key that is an output under its own name can be asked for behind the SELECT.
    if (select == NULL || !find_key(copy, &at) || at >= query->n_outputs ||
        query->output_names[at] == NULL || copy->n_columns != query->n_outputs)
        return;
    const struct given given = given_rows(derivation, query, select, at);
    write_lost_before(derivation, claim, copy, &given);
    write_doubled_before(derivation, claim, copy, &given);
}

// --- after

// The sources of a table that several statements fill: their names, and all their rows as an
// expression. False: what fills it besides is not counted, or this is not the first copy to it.
static bool count_sources(struct derivation *derivation, const struct trace_copy *copy,
                          const char **names, const char **rows)
{
    TALLOC_CTX *mem = derivation->mem;
    const struct trace *trace = tracer_state(derivation->tracer);

    *names = *rows = NULL;
    for (size_t i = 0; i < trace->n_copies; i++) {
        const struct trace_copy *other = &trace->copies[i];
        if (other->to != copy->to)
            continue;
        if (other->from->before.name == NULL ||
            (other != copy && (other->is_filtered || *rows == NULL)))
            return false;
        const char *count =
            mem_printf(mem, "(SELECT count(*) FROM %s)", sql_relation(mem, other->from->before));
        *rows = *rows == NULL ? count : mem_printf(mem, "%s + %s", *rows, count);
        *names = *names == NULL
                     ? source_name(derivation, other)
                     : mem_printf(mem, "%s and %s", *names, source_name(derivation, other));
    }
    return !copy->to->is_added_apart;
}

static void write_rows(struct derivation *derivation, const struct claim *claim,
                       const struct trace_copy *copy)
{
    TALLOC_CTX *mem = derivation->mem;
    const char *names, *rows;

    if (copy->to->before.name != NULL || !count_sources(derivation, copy, &names, &rows))
        return;
    claim_invariant(
        derivation, claim,
        (struct invariant){
            .name = claim_name(derivation, "I19", copy->from, "copied"),
            .catalogue = "I19",
            .title = mem_printf(mem, "%s has as many rows as %s had",
                                sql_shown(mem, copy->to->after), names),
            .kind = INVARIANT_SAME,
            .moments = MOMENT_BOTH,
            .sql = mem_printf(mem, "SELECT count(*) FROM %s", sql_relation(mem, copy->to->after)),
            .sql_before = mem_printf(mem, "SELECT %s", rows),
            .is_required = true,
        });
}

static bool is_only_key(const struct trace_table *table, const struct trace_column *column)
{
    return table->n_key == 1 && column->before != NULL &&
           strcmp(table->key[0], column->before) == 0;
}

static void write_doubled(struct derivation *derivation, const struct claim *claim,
                          const struct trace_copy *copy, const struct trace_column *key)
{
    TALLOC_CTX *mem = derivation->mem;
    const char *name = sql_name(mem, key->after);
    const char *to = sql_relation(mem, copy->to->after);

    // What was in it may have the value as often as it likes.
    if (copy->to->before.name != NULL && !is_only_key(copy->to, key))
        return;
    claim_invariant(
        derivation, claim,
        (struct invariant){
            .name = claim_name(derivation, "I9", copy->from, copy->from->key[0]),
            .catalogue = "I9",
            .title = mem_printf(mem, "%s has no row twice", sql_shown(mem, copy->to->after)),
            .kind = INVARIANT_ZERO,
            .moments = MOMENT_AFTER,
            .sql = mem_printf(mem, "SELECT count(%s) - count(DISTINCT %s) FROM %s", name, name, to),
            .samples = mem_printf(
                mem, "SELECT %s FROM %s GROUP BY %s HAVING count(*) > 1 ORDER BY %s LIMIT 5", name,
                to, name, name),
            .is_required = true,
        });
}

// The source is still there beside the copy: every key of it must be in the copy.
static void write_kept(struct derivation *derivation, const struct claim *claim,
                       const struct trace_copy *copy, const struct trace_column *key)
{
    TALLOC_CTX *mem = derivation->mem;
    const struct trace_column *source = trace_column_before(copy->from, copy->from->key[0]);

    if (copy->from->rebuilt != NULL || copy->from->after.name == NULL || source->after == NULL ||
        copy->from->removed.cause != NULL)
        return;
    const char *where = sql_no_partner(mem, derivation->dialect, copy->from->after, source->after,
                                       sql_relation(mem, copy->to->after), key->after);
    claim_invariant(
        derivation, claim,
        (struct invariant){
            .name = claim_name(derivation, "I20", copy->to, key->after),
            .catalogue = "I20",
            .title = mem_printf(mem, "every row of %s is in %s", sql_shown(mem, copy->from->after),
                                sql_shown(mem, copy->to->after)),
            .kind = INVARIANT_ZERO,
            .moments = MOMENT_AFTER,
            .sql = mem_printf(mem, "SELECT count(*) FROM %s WHERE %s",
                              sql_relation(mem, copy->from->after), where),
            .samples = claim_samples(derivation, copy->from, true, where),
            .is_required = true,
        });
}

// Nothing but this copy fills the table, which is new.
static bool fills_alone(struct derivation *derivation, const struct trace_copy *copy)
{
    const struct trace *trace = tracer_state(derivation->tracer);

    for (size_t i = 0; i < trace->n_copies; i++)
        if (trace->copies[i].to == copy->to && &trace->copies[i] != copy)
            return false;
    return copy->to->before.name == NULL && copy->to->after.name != NULL &&
           copy->to->removed.cause == NULL && !copy->to->is_added_apart;
}

static void write_part_keys(struct derivation *derivation, const struct claim *claim,
                            const struct trace_copy *copy, const char *select)
{
    TALLOC_CTX *mem = derivation->mem;
    size_t at;

    if (!find_key(copy, &at) || at >= claim->query->n_outputs ||
        claim->query->output_names[at] == NULL || copy->to_columns[at] == NULL ||
        copy->to_columns[at]->after == NULL)
        return;
    const struct given given = given_rows(derivation, claim->query, select, at);
    claim_invariant(
        derivation, claim,
        (struct invariant){
            .name = claim_name(derivation, "I20", copy->to, copy->to_columns[at]->after),
            .catalogue = "I20",
            .title = mem_printf(mem, "%s has each row of %s that its WHERE names",
                                sql_shown(mem, copy->to->after), source_name(derivation, copy)),
            .kind = INVARIANT_KEYS_KEPT,
            .moments = MOMENT_BOTH,
            .sql = mem_printf(mem, "SELECT %s FROM %s", sql_name(mem, copy->to_columns[at]->after),
                              sql_relation(mem, copy->to->after)),
            .sql_before =
                mem_printf(mem, "SELECT %s AS %s FROM %s AS copied", sql_name(mem, given.key),
                           sql_name(mem, given.output), given.rows),
            .is_required = true,
        });
}

// A table is split: what the SELECT gives before the change is what the new table holds after it.
static void write_part(struct derivation *derivation, const struct claim *claim,
                       const struct trace_copy *copy)
{
    TALLOC_CTX *mem = derivation->mem;
    const char *select = sources_select(mem, derivation->dialect, claim->statement->sql);

    if (!claim->is_countable || select == NULL || copy->from->before.name == NULL ||
        !fills_alone(derivation, copy))
        return;
    claim_invariant(
        derivation, claim,
        (struct invariant){
            .name = claim_name(derivation, "I19", copy->to, "part"),
            .catalogue = "I19",
            .title = mem_printf(mem, "%s has as many rows as its SELECT from %s gave",
                                sql_shown(mem, copy->to->after), source_name(derivation, copy)),
            .kind = INVARIANT_SAME,
            .moments = MOMENT_BOTH,
            .sql = mem_printf(mem, "SELECT count(*) FROM %s", sql_relation(mem, copy->to->after)),
            .sql_before = mem_printf(mem, "SELECT count(*) FROM (%s) AS copied", select),
            .is_required = true,
        });
    write_part_keys(derivation, claim, copy, select);
}

// Does it call what gives several rows for one?
static bool is_multiplied(const struct query *query)
{
    static const char *const words[] = {"unnest",  "generate_series", "_each", "_elements",
                                        "_to_set", "split_to_table",  "_keys", "string_to_table"};
    for (size_t i = 0; i < query->n_calls; i++)
        for (size_t w = 0; w < COUNT_OF(words); w++)
            if (strstr(query->calls[i].name, words[w]) != NULL)
                return true;
    return false;
}

static void write_copy(struct derivation *derivation, const struct claim *claim)
{
    const struct trace_copy *copy = copy_of(derivation, claim);
    size_t at;

    // A filter says that not all rows are meant, unless the copy takes the table's place.
    bool is_part = copy->is_filtered || is_multiplied(claim->query);
    if (is_part && copy->from->rebuilt == NULL) {
        write_part(derivation, claim, copy);
        return;
    }
    if (claim->is_countable && copy->from->before.name != NULL)
        write_before(derivation, claim, copy);
    if (copy->to->after.name == NULL || copy->to->removed.cause != NULL)
        return;
    write_rows(derivation, claim, copy);
    if (!find_key(copy, &at) || copy->to_columns[at] == NULL || copy->to_columns[at]->after == NULL)
        return;
    write_doubled(derivation, claim, copy, copy->to_columns[at]);
    write_kept(derivation, claim, copy, copy->to_columns[at]);
}

void derive_copies(struct derivation *derivation, const struct statement *statement, size_t first,
                   bool is_countable)
{
    const struct trace *trace = tracer_state(derivation->tracer);

    for (size_t i = first; i < trace->n_copies; i++) {
        struct claim *claim = claim_add(derivation, write_copy, statement, trace->copies[i].to);
        claim->copy = i;
        claim->query = trace->copies[i].query;
        claim->is_countable = is_countable;
    }
}

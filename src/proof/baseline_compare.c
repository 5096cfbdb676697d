/*
 * Baselines: where two of them differ.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "proof/baseline.h"
#include "proof/sql.h"

struct differences {
    TALLOC_CTX *mem;
    struct baseline_difference *list;
    size_t n;
};

static void add(struct differences *differences, const char *what, const char *a, const char *b)
{
    *mem_append(differences->mem, differences->list, differences->n) = (struct baseline_difference){
        .what = what,
        .a = a == NULL ? "none" : mem_strdup(differences->mem, a),
        .b = b == NULL ? "none" : mem_strdup(differences->mem, b),
    };
}

static bool is_equal(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void compare_texts(struct differences *differences, const char *what, const char *a,
                          const char *b)
{
    if (!is_equal(a, b))
        add(differences, what, a, b);
}

static void compare_counts(struct differences *differences, const char *what, int64_t a, int64_t b)
{
    if (a != b)
        add(differences, what, quantity_count(differences->mem, a),
            quantity_count(differences->mem, b));
}

static void compare_column(struct differences *differences, const char *table,
                           const struct baseline_column *a, const struct baseline_column *b)
{
    TALLOC_CTX *mem = differences->mem;
    size_t before = differences->n;
    const char *name = mem_printf(mem, "%s.%s", table, a->name);

    compare_counts(differences, mem_printf(mem, "%s: NULLs", name), a->nulls, b->nulls);
    compare_texts(differences, mem_printf(mem, "%s: least", name), a->least, b->least);
    compare_texts(differences, mem_printf(mem, "%s: greatest", name), a->greatest, b->greatest);
    compare_texts(differences, mem_printf(mem, "%s: sum", name), a->total, b->total);
    if (differences->n == before && memcmp(a->sum.bytes, b->sum.bytes, sizeof(a->sum.bytes)) != 0)
        add(differences, mem_printf(mem, "%s: values", name), "one fingerprint", "another");
}

static void compare_table(struct differences *differences, const struct baseline_table *a,
                          const struct baseline_table *b)
{
    TALLOC_CTX *mem = differences->mem;
    const char *table = sql_shown(mem, a->name);

    compare_counts(differences, mem_printf(mem, "%s: rows", table), a->rows, b->rows);
    compare_texts(differences, mem_printf(mem, "%s: greatest age", table), a->age, b->age);
    for (size_t i = 0; i < a->n_columns; i++) {
        const struct baseline_column *other = NULL;
        for (size_t c = 0; c < b->n_columns; c++)
            if (strcmp(a->columns[i].name, b->columns[c].name) == 0)
                other = &b->columns[c];
        if (other == NULL)
            add(differences, mem_printf(mem, "%s.%s", table, a->columns[i].name), "there", NULL);
        else
            compare_column(differences, table, &a->columns[i], other);
    }
}

static void compare_tables(struct differences *differences, const struct baseline *a,
                           const struct baseline *b)
{
    for (size_t i = 0; i < a->n_tables; i++)
        for (size_t t = 0; t < b->n_tables; t++)
            if (strcmp(a->tables[i].name.name, b->tables[t].name.name) == 0 &&
                is_equal(a->tables[i].name.schema, b->tables[t].name.schema))
                compare_table(differences, &a->tables[i], &b->tables[t]);
}

// Values of invariants that both have; keys and groups that one has and the other has not.
static bool compare_observations(struct differences *differences, const struct baseline *a,
                                 const struct baseline *b, struct error *err)
{
    SCRATCH(tmp);
    struct table_file *file;
    struct table_query *query;
    bool has_row;

    TRY(table_file_open(tmp, "the temporary file of compare", TABLE_FILE_TEMPORARY, &file, err));
    TRY(table_file_attach(file, a->path, "a", err));
    TRY(table_file_attach(file, b->path, "b", err));
    TRY(table_query_make(
        tmp, file,
        "SELECT invariant || CASE label WHEN '' THEN '' ELSE ': ' || label END, max(x), max(y) "
        "FROM ("
        "SELECT invariant, label, text AS x, NULL AS y FROM a.observed_row UNION ALL "
        "SELECT invariant, label, NULL, text FROM b.observed_row) "
        "WHERE invariant IN (SELECT invariant FROM a.observation) AND invariant IN (SELECT "
        "invariant FROM b.observation) "
        "GROUP BY invariant, label HAVING max(x) IS NOT max(y) UNION ALL "
        "SELECT invariant, a.observation.rows || ' rows', b.observation.rows || ' rows' FROM "
        "a.observation "
        "JOIN b.observation USING (invariant) WHERE a.observation.rows <> b.observation.rows UNION "
        "ALL "
        "SELECT invariant || ': keys gone', 0, count(*) FROM a.observed_key k WHERE NOT EXISTS "
        "(SELECT 1 FROM b.observed_key o WHERE o.invariant = k.invariant AND o.key = k.key) "
        "AND invariant IN (SELECT invariant FROM b.observation) GROUP BY invariant",
        &query, err));
    for (;;) {
        TRY(table_query_next(query, &has_row, err));
        if (!has_row)
            return true;
        add(differences, mem_strdup(differences->mem, table_query_text(query, 0)),
            table_query_text(query, 1), table_query_text(query, 2));
    }
}

bool baseline_compare(TALLOC_CTX *mem, const struct baseline *a, const struct baseline *b,
                      struct baseline_difference **out, size_t *n, struct error *err)
{
    struct differences differences = {.mem = mem};

    TRY(baseline_check_identity(a, &b->identity, err));
    compare_texts(&differences, "schema", a->schema_digest, b->schema_digest);
    compare_tables(&differences, a, b);
    TRY(compare_observations(&differences, a, b, err));
    *out = differences.list;
    *n = differences.n;
    return true;
}

/*
 * Tables that the change writes anew under their old name: what stood on the old one and is not on
 * the new one. And rows that the change added twice.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "proof/sql.h"
#include "rehearsal/mined_table.h"

struct rebuilding {
    const struct mining *mining;
    const struct mined_table *table;
    const struct schema_relation *before, *after;
};

static void report(const struct rebuilding *rebuilding, const char *what)
{
    TALLOC_CTX *mem = rebuilding->mining->mem;
    mining_add(
        rebuilding->mining, "mined-rebuilt", SEVERITY_WARN,
        mem_printf(mem, "%s was written anew without its %s", rebuilding->table->shown, what),
        "make it for the new table too, or drop it in a statement that says so",
        mem_printf(mem, "%s/%s", rebuilding->table->shown, what));
}

// --- names of columns

static const char *name_now(const struct rebuilding *rebuilding, const char *before)
{
    const struct mined_column *column = mined_column_find(rebuilding->table, before);
    return column == NULL ? NULL : column->after;
}

// Are all of them still there, as the others are named? A column that goes takes the rest along.
static bool are_columns(const struct rebuilding *rebuilding, const char *const *before, size_t n,
                        const char *const *after, size_t n_after)
{
    for (size_t i = 0; i < n; i++) {
        const char *now = name_now(rebuilding, before[i]);
        if (n != n_after || now == NULL || strcmp(now, after[i]) != 0)
            return false;
    }
    return n == n_after;
}

static bool have_columns_gone(const struct rebuilding *rebuilding, const char *const *before,
                              size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (name_now(rebuilding, before[i]) == NULL)
            return true;
    return false;
}

static const char *joined(TALLOC_CTX *mem, const char *const *names, size_t n)
{
    char *text = mem_strdup(mem, "");
    for (size_t i = 0; i < n; i++)
        text = mem_printf(mem, "%s%s%s", text, i > 0 ? ", " : "", names[i]);
    return text;
}

// --- constraints

static bool has_constraint(const struct rebuilding *rebuilding, const struct schema_constraint *was)
{
    for (size_t i = 0; i < rebuilding->after->n_constraints; i++) {
        const struct schema_constraint *is = &rebuilding->after->constraints[i];
        bool is_key = was->kind == CONSTRAINT_UNIQUE && is->kind == CONSTRAINT_PRIMARY_KEY;
        if ((is->kind == was->kind || is_key) &&
            (was->kind == CONSTRAINT_CHECK ||
             are_columns(rebuilding, was->columns, was->n_columns, is->columns, is->n_columns)))
            return true;
    }
    return false;
}

static size_t count_checks(const struct schema_relation *table)
{
    size_t n = 0;
    for (size_t i = 0; i < table->n_constraints; i++)
        n += table->constraints[i].kind == CONSTRAINT_CHECK;
    return n;
}

static void mine_constraints(const struct rebuilding *rebuilding)
{
    TALLOC_CTX *mem = rebuilding->mining->mem;
    for (size_t i = 0; i < rebuilding->before->n_constraints; i++) {
        const struct schema_constraint *was = &rebuilding->before->constraints[i];
        const char *columns = joined(mem, was->columns, was->n_columns);
        if (has_constraint(rebuilding, was) ||
            have_columns_gone(rebuilding, was->columns, was->n_columns))
            continue;
        switch (was->kind) {
        case CONSTRAINT_UNIQUE: report(rebuilding, mem_printf(mem, "UNIQUE (%s)", columns)); break;
        case CONSTRAINT_FOREIGN_KEY:
            report(rebuilding, mem_printf(mem, "FOREIGN KEY (%s)", columns));
            break;
        case CONSTRAINT_PRIMARY_KEY:
            report(rebuilding, mem_printf(mem, "PRIMARY KEY (%s)", columns));
            break;
        case CONSTRAINT_CHECK:
        case CONSTRAINT_NOT_NULL:
        case CONSTRAINT_EXCLUDE: break;
        }
    }
    // Their texts may be written in another way; that there are fewer is no question of style.
    if (count_checks(rebuilding->before) > count_checks(rebuilding->after))
        report(rebuilding, "CHECK constraints, or one of them");
}

// --- indexes and triggers

static bool is_same_index(const struct rebuilding *rebuilding, const struct schema_index *was,
                          const struct schema_index *is)
{
    if (was->n_columns != is->n_columns || (was->is_unique && !is->is_unique))
        return false;
    for (size_t i = 0; i < was->n_columns; i++) {
        const char *now =
            was->columns[i].column == NULL ? NULL : name_now(rebuilding, was->columns[i].column);
        if (now != NULL &&
            (is->columns[i].column == NULL || strcmp(now, is->columns[i].column) != 0))
            return false;
    }
    return true;
}

static bool is_of_columns_gone(const struct rebuilding *rebuilding, const struct schema_index *was)
{
    for (size_t i = 0; i < was->n_columns; i++)
        if (was->columns[i].column != NULL && name_now(rebuilding, was->columns[i].column) == NULL)
            return true;
    return false;
}

static bool is_behind_constraint(const struct schema_relation *table,
                                 const struct schema_index *index)
{
    for (size_t i = 0; i < table->n_constraints; i++)
        if (table->constraints[i].index != NULL &&
            strcmp(table->constraints[i].index, index->name) == 0)
            return true;
    return index->is_primary;
}

static void mine_indexes(const struct rebuilding *rebuilding)
{
    for (size_t i = 0; i < rebuilding->before->n_indexes; i++) {
        const struct schema_index *was = &rebuilding->before->indexes[i];
        bool is_there =
            is_behind_constraint(rebuilding->before, was) || is_of_columns_gone(rebuilding, was);
        for (size_t a = 0; a < rebuilding->after->n_indexes && !is_there; a++)
            is_there = is_same_index(rebuilding, was, &rebuilding->after->indexes[a]);
        if (!is_there)
            report(rebuilding, mem_printf(rebuilding->mining->mem, "%sindex %s",
                                          was->is_unique ? "unique " : "", was->name));
    }
}

static void mine_triggers(const struct rebuilding *rebuilding)
{
    for (size_t i = 0; i < rebuilding->before->n_triggers; i++) {
        const struct schema_trigger *was = &rebuilding->before->triggers[i];
        bool is_there = false;
        for (size_t a = 0; a < rebuilding->after->n_triggers && !is_there; a++)
            is_there = strcmp(was->name, rebuilding->after->triggers[a].name) == 0;
        if (!is_there)
            report(rebuilding, mem_printf(rebuilding->mining->mem, "trigger %s", was->name));
    }
}

// --- what the catalog alone knows: of PostgreSQL, the question is an error elsewhere

static char *literal(TALLOC_CTX *mem, const char *text)
{
    char *quoted = mem_strdup(mem, "'");
    for (; *text != '\0'; text++)
        quoted = mem_printf(mem, *text == '\'' ? "%s'%c" : "%s%c", quoted, *text);
    return mem_printf(mem, "%s'", quoted);
}

static bool count_grants(const struct mining *mining, bool is_after, struct name table,
                         int64_t *out, bool *is_known, struct error *err)
{
    SCRATCH(tmp);
    const char *relation = literal(tmp, sql_relation(tmp, table));
    return mining_ask(mining, is_after ? mining->request->after : mining->request->before,
                      mem_printf(tmp,
                                 "SELECT count(*) FROM pg_catalog.pg_class c, "
                                 "pg_catalog.aclexplode(c.relacl) a WHERE c.oid = %s::regclass AND "
                                 "a.grantee <> c.relowner",
                                 relation),
                      out, 1, is_known, err);
}

static bool mine_grants(const struct rebuilding *rebuilding, struct error *err)
{
    const struct mining *mining = rebuilding->mining;
    int64_t before, after;
    bool is_known;
    TRY(count_grants(mining, false, rebuilding->table->before, &before, &is_known, err));
    if (!is_known || before == 0)
        return true;
    TRY(count_grants(mining, true, rebuilding->table->after, &after, &is_known, err));
    if (is_known && after < before)
        report(rebuilding,
               mem_printf(mining->mem, "privileges of others (%s of %s are left)",
                          quantity_count(mining->mem, after), quantity_count(mining->mem, before)));
    return true;
}

bool mine_rebuilt(const struct mining *mining, const struct mined_table *table, struct error *err)
{
    const struct trace *trace = mining->request->trace;
    const struct trace_table *traced =
        trace == NULL ? NULL : trace_find_before(trace, table->before);
    const struct rebuilding rebuilding = {mining, table, table->schema,
                                          schema_find(mining->request->schema_after, table->after)};
    if (traced == NULL || traced->rebuilt == NULL || rebuilding.after == NULL)
        return true;
    mine_constraints(&rebuilding);
    mine_indexes(&rebuilding);
    mine_triggers(&rebuilding);
    return mine_grants(&rebuilding, err);
}

// --- rows twice

void mine_doubled(const struct mining *mining)
{
    TALLOC_CTX *mem = mining->mem;
    for (size_t i = 0; i < mining->request->effects->n_tables; i++) {
        const struct table_effect *effect = &mining->request->effects->tables[i];
        const struct key_sample *doubled = &effect->duplicated;
        if (doubled->rows == 0)
            continue;
        mining_add(mining, "mined-doubled", SEVERITY_WARN,
                   mem_printf(mem, "%s: %s of the rows that the change adds equal another: %s",
                              effect->table, quantity_count(mem, doubled->rows),
                              joined(mem, doubled->keys, doubled->n_keys)),
                   "look for a trigger or a second INSERT that writes them too, or approve it in "
                   "the effects file",
                   effect->table);
    }
}

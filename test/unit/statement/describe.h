/*
 * Statements as one line of text, so that a test is a row: SQL and what was read.
 *
 * Only what is set is printed: `ALTER TABLE: drop column table t column=a cascade`. Expressions
 * stand in «» with what was found of them behind: «a + f(1)» reads a calls f.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_STATEMENT_DESCRIBE_H
#define TEST_STATEMENT_DESCRIBE_H

#include "expect.h"

#include "base/memory.h"
#include "statement/reader.h"

static inline void describe_text(FILE *out, const char *key, const char *value)
{
    if (value != NULL)
        fprintf(out, " %s=%s", key, value);
}

static inline void describe_flag(FILE *out, const char *word, bool is_set)
{
    if (is_set)
        fprintf(out, " %s", word);
}

static inline void describe_name(FILE *out, const char *key, struct name name)
{
    if (name.schema == NULL && name.name == NULL)
        return;
    fprintf(out, " %s%s%s%s", key, name.schema == NULL ? "" : name.schema,
            name.schema == NULL ? "" : ".", name.name == NULL ? "*" : name.name);
}

static inline void describe_names(FILE *out, const char *key, const struct name *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        describe_name(out, i == 0 ? key : "", names[i]);
}

static inline void describe_strings(FILE *out, const char *key, const char *const *strings,
                                    size_t n)
{
    for (size_t i = 0; i < n; i++)
        fprintf(out, " %s%s", i == 0 ? key : "", strings[i]);
}

static inline void describe_expression(FILE *out, const char *key, const struct expression *e)
{
    if (e == NULL)
        return;
    fprintf(out, " %s«%s»", key, e->text == NULL ? "" : e->text);
    describe_strings(out, "reads ", e->columns, e->n_columns);
    describe_names(out, "calls ", e->functions, e->n_functions);
    describe_names(out, "from ", e->relations, e->n_relations);
    describe_flag(out, "null", e->is_null);
    describe_flag(out, "constant", e->is_constant && e->constant == NULL && !e->is_null);
    describe_text(out, "literal", e->constant);
    describe_flag(out, "true", e->is_true);
    describe_flag(out, e->has_else ? "case-else" : "case", e->is_case);
    describe_text(out, "not-null", e->proves_not_null);
}

static inline void describe_constraint(FILE *out, const struct constraint *c)
{
    static const char *const kinds[] = {"check",  "not-null",    "primary-key",
                                        "unique", "foreign-key", "exclude"};
    fprintf(out, " {%s", kinds[c->kind]);
    describe_text(out, "name", c->name);
    describe_strings(out, "on ", c->columns, c->n_columns);
    describe_expression(out, "", c->check);
    describe_name(out, "-> ", c->references);
    describe_strings(out, "key ", c->referenced, c->n_referenced);
    describe_text(out, "delete", c->on_delete);
    describe_text(out, "update", c->on_update);
    describe_text(out, "using-index", c->using_index);
    describe_text(out, "method", c->method);
    describe_flag(out, "not-valid", c->is_not_valid);
    describe_flag(out, "deferrable", c->is_deferrable);
    describe_flag(out, "nulls-not-distinct", c->nulls_not_distinct);
    fputs("}", out);
}

static inline void describe_column(FILE *out, const struct column *c)
{
    fprintf(out, " (%s", c->name == NULL ? "" : c->name);
    if (c->type.name != NULL)
        fprintf(out, " %s", c->type.text);
    describe_text(out, "collation", c->collation);
    describe_flag(out, "not-null", c->is_not_null);
    describe_flag(out, "identity", c->is_identity);
    describe_expression(out, "default ", c->default_value);
    describe_expression(out, c->generated_is_stored ? "stored " : "virtual ", c->generated);
    for (size_t i = 0; i < c->n_constraints; i++)
        describe_constraint(out, &c->constraints[i]);
    fputs(")", out);
}

static inline void describe_index(FILE *out, const struct index_definition *index)
{
    if (index == NULL)
        return;
    fprintf(out, " %s%s", index->is_unique ? "unique " : "", index->method);
    describe_text(out, "name", index->name);
    for (size_t i = 0; i < index->n_columns; i++) {
        describe_text(out, "column", index->columns[i].column);
        describe_expression(out, "column=", index->columns[i].expression);
        describe_text(out, "opclass", index->columns[i].opclass);
        describe_text(out, "collation", index->columns[i].collation);
    }
    describe_strings(out, "includes ", index->includes, index->n_includes);
    describe_expression(out, "where ", index->predicate);
    describe_flag(out, "nulls-not-distinct", index->nulls_not_distinct);
}

static inline void describe_clauses(FILE *out, const struct query *q)
{
    static const char *const conflicts[] = {NULL, "nothing", "update", "replace"};
    describe_text(out, "conflict", conflicts[q->conflict]);
    describe_flag(out, "distinct", q->has_distinct);
    describe_flag(out, "group-by", q->has_group_by);
    describe_flag(out, "set-operation", q->has_set_operation);
    describe_flag(out, "order-by", q->has_order_by);
    describe_flag(out, "limit", q->has_limit);
    describe_flag(out, "locking", q->is_locking);
    describe_flag(out, "into", q->selects_into);
    describe_flag(out, "default-values", q->has_default_values);
    describe_flag(out, "returning", q->has_returning);
    describe_flag(out, "program", q->copies_from_program);
    describe_flag(out, "to", q->copies_to);
    describe_flag(out, "merge-deletes", q->merge_deletes);
    if (q->has_values)
        fprintf(out, " values=%zu", q->n_values);
}

// Recursion: a query has inner ones one level deep.
static inline void describe_query(FILE *out, const struct query *q)
{
    static const char *const verbs[] = {"select", "insert", "update", "delete",
                                        "merge",  "values", "copy"};
    if (q == NULL)
        return;
    fprintf(out, " <%s", verbs[q->verb]);
    describe_name(out, "", q->target);
    describe_text(out, "alias", q->target_alias);
    describe_strings(out, "columns ", q->columns, q->n_columns);
    describe_names(out, "reads ", q->reads, q->n_reads);
    describe_names(out, "joins ", q->inner_joined, q->n_inner_joined);
    for (size_t i = 0; i < q->n_outputs; i++) {
        describe_expression(out, "out ", &q->outputs[i]);
        describe_text(out, "as", q->output_names[i]);
    }
    for (size_t i = 0; i < q->n_assignments; i++) {
        describe_text(out, "set", q->assignments[i].column);
        describe_expression(out, "", &q->assignments[i].value);
    }
    describe_expression(out, "where ", q->where);
    describe_expression(out, "on ", q->join_condition);
    describe_clauses(out, q);
    for (size_t i = 0; i < q->n_inner; i++)
        describe_query(out, q->inner[i]);
    fputs(">", out);
}

static inline void describe_flags(FILE *out, const struct action *a)
{
    describe_flag(out, "like", a->is_like);
    describe_flag(out, "default-partition", a->is_default_partition);
    describe_flag(out, "partitioned", a->is_partitioned);
    describe_flag(out, "if-exists", a->if_exists);
    describe_flag(out, "relation-if-exists", a->relation_if_exists);
    describe_flag(out, "cascade", a->cascade);
    describe_flag(out, "concurrently", a->concurrently);
    describe_flag(out, "only", a->only);
    describe_flag(out, "or-replace", a->or_replace);
    describe_flag(out, "temporary", a->is_temporary);
    describe_flag(out, "unlogged", a->is_unlogged);
    describe_flag(out, "full", a->is_full);
    describe_flag(out, "local", a->is_local);
    describe_flag(out, "nowait", a->is_nowait);
    describe_flag(out, "restart-identity", a->restart_identity);
    describe_flag(out, "without-data", a->without_data);
}

static inline void describe_action(FILE *out, const struct action *a)
{
    fprintf(out, " %s", action_kind_name(a->kind));
    if (a->object != OBJECT_NONE)
        fprintf(out, " %s", object_kind_name(a->object));
    describe_name(out, "", a->relation);
    describe_name(out, "other=", a->other);
    describe_text(out, "column", a->column);
    describe_text(out, "member", a->member);
    describe_text(out, "new", a->new_name);
    describe_text(out, "option", a->option);
    describe_text(out, "language", a->language);
    describe_text(out, "body", a->body);
    for (size_t i = 0; i < a->n_columns; i++)
        describe_column(out, &a->columns[i]);
    for (size_t i = 0; i < a->n_constraints; i++)
        describe_constraint(out, &a->constraints[i]);
    describe_names(out, "parents ", a->parents, a->n_parents);
    describe_name(out, "partition-of ", a->partition_of);
    if (a->definition != NULL)
        describe_column(out, a->definition);
    describe_expression(out, "using ", a->using_expr);
    describe_expression(out, "value ", a->value);
    if (a->constraint != NULL)
        describe_constraint(out, a->constraint);
    describe_index(out, a->index);
    describe_query(out, a->query);
    describe_flags(out, a);
}

static inline char *describe_script(TALLOC_CTX *mem, const struct script *script)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    for (size_t i = 0; i < script->n_statements; i++) {
        const struct statement *statement = &script->statements[i];
        fprintf(out, "%s%s:", i == 0 ? "" : "\n", statement->kind);
        for (size_t j = 0; j < statement->n_actions; j++) {
            if (j > 0)
                fputs(";", out);
            describe_action(out, &statement->actions[j]);
        }
    }
    for (size_t i = 0; i < script->n_not_understood; i++)
        fprintf(out, "%snot understood %zu:%zu %s", i + script->n_statements == 0 ? "" : "\n",
                script->not_understood[i].line, script->not_understood[i].column,
                script->not_understood[i].reason);
    fclose(out);
    char *copy = mem_strdup(mem, text);
    free(text);
    return copy;
}

static inline bool read_text(TALLOC_CTX *mem, enum dialect dialect, const char *text, size_t len,
                             struct script **out, struct error *err)
{
    struct reader *reader;
    const struct script_source source = {.path = "a.sql", .text = text, .len = len, .end = len};
    TRY(reader_open(mem, dialect, &reader, err));
    return reader_read(mem, reader, &source, out, err);
}

struct reading_case {
    const char *sql;
    const char *expected;
};

static inline void check_cases(enum dialect dialect, const struct reading_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        SCRATCH(tmp);
        struct error err = {0};
        struct script *script;
        EXPECT_OK(read_text(tmp, dialect, cases[i].sql, strlen(cases[i].sql), &script, &err));
        assert_string_equal(describe_script(tmp, script), cases[i].expected);
    }
}

#endif

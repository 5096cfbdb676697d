/*
 * Safe forms of constraints that are checked row by row: added NOT VALID, which is short, and
 * validated under a lock that lets writers through; NOT NULL by a CHECK that proves it.
 *
 * Source: PostgreSQL's manual, ALTER TABLE, "Notes"; measured in test/live/fix.t.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/safe_form_parts.h"
#include "statement/quoting.h"

#define NAME_BYTES_MAX 63 // NAMEDATALEN - 1
// The first release that takes a valid CHECK for a proof of NOT NULL; that has NOT NULL NOT VALID;
// that has foreign keys NOT VALID on partitioned tables. Source: its release notes.
#define PG_NOT_NULL_BY_CHECK 12
#define PG_NOT_NULL_NOT_VALID 18
#define PG_PARTITIONED_NOT_VALID 18

static void add_validate(struct forming *forming, struct safe_steps *steps, const char *name)
{
    step_add(forming->mem, steps, SAFE_OWN_TRANSACTION,
             mem_printf(forming->mem, "%s VALIDATE CONSTRAINT %s", forming->head,
                        forming_quote(forming, name)));
}

const char *forming_add_not_valid(struct forming *forming, const char *name, const char *definition)
{
    add_validate(forming, &forming->validate, name);
    return mem_printf(forming->mem, "ADD CONSTRAINT %s %s NOT VALID", forming_quote(forming, name),
                      definition);
}

bool forming_allows_not_valid(const struct forming *forming, enum constraint_kind kind)
{
    if (kind == CONSTRAINT_CHECK)
        return true;
    bool is_partitioned = forming->table != NULL && forming->table->kind == RELATION_PARTITIONED;
    return kind == CONSTRAINT_FOREIGN_KEY &&
           (!is_partitioned || forming->question->pg_version >= PG_PARTITIONED_NOT_VALID);
}

bool form_add_constraint(struct forming *forming, const struct action *action)
{
    const struct constraint *constraint = action->constraint;
    bool is_refused = constraint->is_no_inherit && forming->table != NULL &&
                      forming->table->kind == RELATION_PARTITIONED;
    if (forming->head == NULL || constraint->is_not_valid || is_refused ||
        !forming_allows_not_valid(forming, constraint->kind))
        return false;
    const char *name = forming_constraint_name(forming, action, 0);
    if (name == NULL)
        return false; // the statement fails: there is one of that name
    forming->rule =
        constraint->kind == CONSTRAINT_FOREIGN_KEY ? "fk-add-locks-both" : "check-add-scan";
    forming->drop = mem_printf(forming->mem, "%s DROP CONSTRAINT IF EXISTS %s", forming->head,
                               forming_quote(forming, name));
    struct source source = source_make(forming->mem, forming->instead);
    size_t at = source_is(&source, 1, "constraint") ? 3 : 1; // behind ADD [CONSTRAINT name]
    forming->instead = forming_add_not_valid(forming, name, source_cut(&source, at, source.n));
    return true;
}

// --- NOT NULL

static const char *proof_name(const struct forming *forming, const char *column)
{
    const struct action *action = &forming->question->statement->actions[0];
    char *name = mem_printf(forming->mem, "%s_%s_not_null", action->relation.name, column);
    return forming_free_name(forming, strlen(name) > NAME_BYTES_MAX ? "proof_not_null" : name);
}

static const char *proof_text(const struct forming *forming, const char *name, const char *column)
{
    const char *quoted = forming_quote(forming, column);
    bool has_own = forming->question->pg_version >= PG_NOT_NULL_NOT_VALID;
    return mem_printf(forming->mem,
                      has_own ? "ADD CONSTRAINT %s NOT NULL %s NOT VALID"
                              : "ADD CONSTRAINT %s CHECK (%s IS NOT NULL) NOT VALID",
                      forming_quote(forming, name), quoted);
}

static const char *proof_undo(const struct forming *forming, const char *name)
{
    return mem_printf(forming->mem, "%s DROP CONSTRAINT IF EXISTS %s", forming->head,
                      forming_quote(forming, name));
}

static void add_not_null(struct forming *forming, struct safe_steps *steps, const char *name,
                         const char *column)
{
    if (forming->question->pg_version >= PG_NOT_NULL_NOT_VALID)
        return; // validated, it is what SET NOT NULL makes
    step_add(forming->mem, steps, SAFE_TRANSACTION,
             mem_printf(forming->mem, "%s ALTER COLUMN %s SET NOT NULL", forming->head,
                        forming_quote(forming, column)));
    // A statement of its own: what ALTER TABLE drops goes first, and the proof with it.
    step_add_with_undo(
        forming->mem, steps, SAFE_TRANSACTION,
        mem_printf(forming->mem, "%s DROP CONSTRAINT %s", forming->head,
                   forming_quote(forming, name)),
        mem_printf(forming->mem, "%s %s", forming->head, proof_text(forming, name, column)));
}

bool form_set_not_null(struct forming *forming, const struct action *action)
{
    bool leaves_children = action->only && forming->table != NULL && forming->table->has_children;
    if (forming->head == NULL || forming->question->pg_version < PG_NOT_NULL_BY_CHECK ||
        leaves_children || !forming_scans(forming) || forming_rewrites(forming))
        return false;
    forming->rule = "set-not-null-scan";
    const char *name = proof_name(forming, action->column);
    forming->instead = proof_text(forming, name, action->column);
    if (forming->undo == NULL)
        forming->undo = proof_undo(forming, name);
    else
        forming->undo =
            mem_printf(forming->mem, "%s;\n%s", forming->undo, proof_undo(forming, name));
    add_validate(forming, &forming->validate, name);
    add_not_null(forming, &forming->behind, name, action->column);
    return true;
}

void forming_require_not_null(struct forming *forming, const char *column)
{
    const char *name = proof_name(forming, column);
    step_add_with_undo(
        forming->mem, &forming->before, SAFE_TRANSACTION,
        mem_printf(forming->mem, "%s %s", forming->head, proof_text(forming, name, column)),
        proof_undo(forming, name));
    add_validate(forming, &forming->before, name);
    add_not_null(forming, &forming->before, name, column);
}

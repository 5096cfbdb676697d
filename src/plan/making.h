/*
 * Making: the plan while its sections are written, and the command lines that they share.
 *
 * Private to plan/.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PLAN_MAKING_H
#define PLAN_MAKING_H

#include "plan/facts.h"

#define UNDO_READS "none: it only reads"

struct making {
    TALLOC_CTX *mem;
    const struct plan_facts *facts;
    struct plan *plan;
    // Who does it: of tminus.yaml, else the role's name.
    const char *deployer, *database_owner, *reviewer, *on_call;
};

// Append `step`; its status is that of nothing asked.
struct plan_step *making_add(struct making *making, enum plan_section_kind section,
                             struct plan_step step);

// --- sections, in the order of the document
void making_pre_deploy(struct making *making);
void making_deploy(struct making *making);
void making_post_deploy(struct making *making);
void making_monitoring(struct making *making);
void making_rollback(struct making *making);

// The line of making_pre_deploy on the code that runs (deployed_code.c).
void making_deployed_code(struct making *making);
// The release is everywhere before this migration runs (deploy.c).
bool making_is_after_release(const struct making *making, const struct migration *migration);

// --- command lines
// "tminus VERB OPTIONS PATHS"; `verb` may have options of its own.
char *command_tminus(const struct making *making, const char *verb);
// "tminus assess OPTIONS PATHS"
char *command_assessment(const struct making *making);
// What a person types to see the answer of `sql`.
char *command_query(const struct making *making, const char *sql);
// The same in the project's own language where there is one.
char *command_console(const struct making *making, const char *sql);
// Apply up to `migration`, or undo the last `n`: tminus, or the layout's own tool.
char *command_apply(const struct making *making, const struct migration *migration);
char *command_undo(const struct making *making, size_t n);

// The up of a migration, as it was judged; NULL: it has none.
const struct assessed_script *making_up(const struct making *making,
                                        const struct migration *migration);
// Before the change, by the name that effects give; NULL: not known.
const struct schema_relation *making_relation(const struct making *making, const char *text);
// Every query of an up that writes rows.
typedef void making_write(void *context, const struct query *query);
void making_each_write(const struct making *making, making_write *each, void *context);

// --- the configured release
// The command of `release.NAME` with {version} and {slot} put in, NULL-terminated; NULL: not
// configured, or `version` is NULL and it asks for one.
const char *const *release_argv(const struct making *making, const char *name, const char *slot,
                                const char *version);
char *command_of(TALLOC_CTX *mem, const char *const *argv); // NULL of NULL
bool release_has_slots(const struct making *making, const char *name);
const struct yaml *environment_section(const struct making *making, const char *name); // or NULL

// --- what the change destroys
struct loss {
    const char **objects; // "public.emails.status"
    size_t n_objects;
    const char **tables; // "public.emails"
    size_t n_tables;
    int64_t rows;       // of those tables together; -1: of one of them not known
    bool is_unrecorded; // of one no copy can be named (a schema, a database)
};
struct loss making_loss(const struct making *making);
// "before-0003": what a copy made before the change is called.
char *making_copy_name(const struct making *making);

#endif

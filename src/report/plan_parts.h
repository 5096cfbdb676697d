/*
 * Parts of a plan's reports: what Markdown, HTML and text say in the same words.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REPORT_PLAN_PARTS_H
#define REPORT_PLAN_PARTS_H

#include "plan/plan.h"

// The checklist's mark of a section: "🔴"; in ASCII "[RED]".
const char *plan_mark(enum plan_section_kind kind, bool is_ascii);
// "✓ PASS"; in ASCII the word alone. Never a colour alone.
const char *plan_status_text(enum status status, bool is_ascii);
const char *plan_verdict_mark(enum verdict verdict); // "✓" "✗" "‖"

// Nothing is left to do or to look at on this line.
bool plan_step_is_done(const struct plan_step *step);
// Of a section's lines, those that are done.
size_t plan_count_done(const struct plan_section *section);
// Is it done in an order that matters? Then its lines have numbers.
bool plan_is_ordered(enum plan_section_kind kind);

// What stands at the head: a name and a text each; those without a text are not known.
struct plan_fact {
    const char *name, *text;
};
#define PLAN_FACTS 8
void plan_facts(TALLOC_CTX *mem, const struct plan *plan, struct plan_fact facts[PLAN_FACTS]);

char *plan_estimate_text(TALLOC_CTX *mem, const struct plan_estimate *estimate); // "2 to 9 s"
// "0 (2026-11-22 02:19:59 UTC, 12 ms)"; NULL: nothing was asked.
char *plan_observed_text(TALLOC_CTX *mem, const struct plan_step *step);

// The lines of all invariants, each once: where it was asked, or else where it stands first.
const struct plan_step **plan_invariants(TALLOC_CTX *mem, const struct plan *plan, size_t *n);

// The checklist's boxes under "Can we roll back?", with the one that is better than its four.
struct plan_answer {
    enum rollback_class class;
    const char *text;
};
extern const struct plan_answer plan_answers[];
// Those of the checklist are always shown, the better ones where it is one.
bool plan_answer_is_shown(const struct plan_answer *answer, enum rollback_class class);
extern const size_t plan_answer_count;
// What one is told below the boxes: the reason, how it is known, and how many rows would be lost.
char *plan_rollback_text(TALLOC_CTX *mem, const struct plan_rollback *rollback);

#endif

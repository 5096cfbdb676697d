/*
 * What the rules on locks ask about a place: how bad a short wait is, who else is locked, and how
 * to write the statement instead.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_RULES_LOCK_PLACE_H
#define ANALYSIS_RULES_LOCK_PLACE_H

#include "analysis/rules/rules.h"

// A lock_timeout up to this keeps a queue behind a waiting lock short.
// Source: strong_migrations and GitLab's migration guide advise 1 to 10 s.
#define LOCK_TIMEOUT_SHORT_MS 10000

// The statement gives up soon when it has to wait.
bool place_gives_up(const struct rule_place *place);
// How bad is a lock that is held for a moment, but waits without limit while everybody queues
// behind it: false, when there is nothing to say (a short lock_timeout, a table known to be small,
// a lock that the transaction has already);
// `unknown` when nobody told the size, a warning when the table is known to be larger.
bool place_weigh_wait(const struct rule_place *place, struct name table, enum severity unknown,
                      enum severity *severity);
// The table existed before the migration.
bool place_is_old(const struct rule_place *place, struct name table);
// "nobody reads or writes", "no writes to", "no other DDL on": what others feel of a lock.
const char *lock_mode_felt(enum lock_mode mode);
// A name as effects give it: "schema.name".
struct name relation_name(const struct rule_place *place, const char *text);
// The worst of place_weigh over relations named as in effects.
enum severity place_weigh_all(const struct rule_place *place, const char *const *relations,
                              size_t n);
// Among the relations that the statement locks in `mode` or stronger: tables (no indexes, no
// sequences, no views) other than `table`. Names as in effects.
const char **place_other_tables(const struct rule_place *place, enum lock_mode mode,
                                struct name table, size_t *n);
// Names as SQL takes them.
const char *place_sql_table(const struct rule_place *place, struct name table);
const char *place_sql_name(const struct rule_place *place, const char *name);
// A foreign key of one of the two refers to the other.
bool place_are_linked(const struct rule_place *place, struct name a, struct name b);
// "a, b and 3 more".
const char *words_shorten(TALLOC_CTX *mem, const char *const *words, size_t n);

#endif

/*
 * Foreign keys of SQLite: what a script proves about PRAGMA foreign_keys, which has no effect
 * inside a transaction.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_RULES_FOREIGN_KEYS_H
#define ANALYSIS_RULES_FOREIGN_KEYS_H

#include "analysis/rules/rules.h"

enum foreign_keys {
    FOREIGN_KEYS_UNKNOWN, // as the connection's program set it
    FOREIGN_KEYS_ON,
    FOREIGN_KEYS_OFF,
    FOREIGN_KEYS_STILL_ON // the script says OFF inside a transaction, where that does nothing
};

struct foreign_keys_state {
    enum foreign_keys keys;
    bool is_in_transaction;
    size_t off_at;     // the statement that turned them off, when they are
    size_t without_at; // the first PRAGMA foreign_keys that does nothing; SIZE_MAX: none
};

// Before statement `end` of the script.
struct foreign_keys_state foreign_keys_before(const struct rule_place *place, size_t end);
// What deleting its parent's row does to a child's; NULL: nothing, or it is refused.
const char *foreign_key_loss(const struct rule_place *place, const struct schema_relation *child,
                             const struct schema_constraint *key);
// A value of a PRAGMA that means no.
bool pragma_is_off(const char *value);

#endif

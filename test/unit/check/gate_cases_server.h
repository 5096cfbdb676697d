/*
 * Cases of gates about the server and its catalog.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef GATE_CASES_SERVER_H
#define GATE_CASES_SERVER_H

#include "gate_spoilers.h"

static void wrap_near(struct good_facts *good)
{
    good->facts.wraparound.age = 1800000000;
}
static void wrap_half(struct good_facts *good)
{
    good->facts.wraparound.age = 1100000000;
}
static void wrap_unsaid(struct good_facts *good)
{
    good->facts.wraparound.database = NULL;
}
static void standby_behind(struct good_facts *good)
{
    good->standby.lag_ms = 11000;
}
static void standby_hidden(struct good_facts *good)
{
    good->standby.lag_bytes = -1;
}
static void standbys_unread(struct good_facts *good)
{
    good->facts.n_standbys = 0;
    good->facts.standbys_unknown = "refused";
}
static void no_catalog(struct good_facts *good)
{
    good->facts.schema = NULL;
}
static struct schema_relation *add_relation(struct good_facts *good, const char *name,
                                            enum relation_kind kind)
{
    return schema_add(good->schema, (struct name){"public", name}, kind);
}
static void add_sequence(struct good_facts *good, int64_t last, bool cycles)
{
    struct schema_relation *relation = add_relation(good, "s", RELATION_SEQUENCE);
    struct schema_sequence *sequence = mem_new(good->schema, struct schema_sequence);
    *sequence = (struct schema_sequence){.min_value = 1,
                                         .max_value = 1000,
                                         .increment = 1,
                                         .last_value = last,
                                         .has_last_value = true,
                                         .cycles = cycles};
    relation->sequence = sequence;
}
static void sequence_young(struct good_facts *good)
{
    add_sequence(good, 10, false);
}
static void sequence_near(struct good_facts *good)
{
    add_sequence(good, 850, false);
}
static void sequence_used_up(struct good_facts *good)
{
    add_sequence(good, 950, false);
}
static void sequence_that_cycles(struct good_facts *good)
{
    add_sequence(good, 999, true);
}
static void add_index(struct good_facts *good, enum relation_kind kind)
{
    struct schema_relation *relation = add_relation(good, "t", kind);
    relation->indexes = mem_new(good->schema, struct schema_index);
    relation->indexes[0] = (struct schema_index){.name = "t_i"};
    relation->n_indexes = 1;
}
static void index_invalid(struct good_facts *good)
{
    add_index(good, RELATION_TABLE);
}
static void index_waits_for_parts(struct good_facts *good)
{
    add_index(good, RELATION_PARTITIONED);
}
static void constraint_unvalidated(struct good_facts *good)
{
    struct schema_relation *relation = add_relation(good, "t", RELATION_TABLE);
    relation->constraints = mem_new(good->schema, struct schema_constraint);
    relation->constraints[0] = (struct schema_constraint){.name = "t_check"};
    relation->n_constraints = 1;
}

static const struct gate_case gate_cases_server[] = {
    {"long-transactions", nothing, STATUS_PASS, "none"},
    {"long-transactions", young_transaction, STATUS_PASS, "none"},
    {"long-transactions", old_transaction, STATUS_FAIL, "1 in the way"},
    {"long-transactions", somebody_waits, STATUS_FAIL, "1 in the way"},
    {"long-transactions", unseen, STATUS_UNKNOWN, "grant pg_monitor"},
    {"long-transactions", server_silent, STATUS_UNKNOWN, "permission denied"},
    {"prepared-transactions", nothing, STATUS_PASS, "none"},
    {"prepared-transactions", prepared, STATUS_FAIL, "1"},
    {"prepared-transactions", server_silent, STATUS_UNKNOWN, NULL},
    {"replication-slots", read_slot, STATUS_PASS, "0 of 1 not active"},
    {"replication-slots", idle_slot, STATUS_FAIL, "1 of 1 not active"},
    {"replication-slots", server_silent, STATUS_UNKNOWN, NULL},
    {"connections", nothing, STATUS_PASS, "5 of 100 in use"},
    {"connections", connections_many, STATUS_WARN, "80 of 100 in use"},
    {"connections", connections_full, STATUS_FAIL, "95 of 100 in use"},
    {"connections", connections_unsaid, STATUS_UNKNOWN, "the server does not say"},
    {"wraparound", nothing, STATUS_PASS, "0 %: 1,000,000 of database shop"},
    {"wraparound", wrap_half, STATUS_WARN, NULL},
    {"wraparound", wrap_near, STATUS_FAIL, "84 %: 1,800,000,000 of database shop"},
    {"wraparound", wrap_unsaid, STATUS_UNKNOWN, "the server does not say"},
    {"replication-lag", nothing, STATUS_PASS, "1 of 1 keep up"},
    {"replication-lag", standby_behind, STATUS_FAIL, "1 of 1 standbys behind"},
    {"replication-lag", standby_hidden, STATUS_UNKNOWN, "it is not told how far a standby is"},
    {"replication-lag", standbys_unread, STATUS_UNKNOWN, "refused"},
    {"sequences", nothing, STATUS_PASS, "the fullest of 0 has used 0 %"},
    {"sequences", sequence_young, STATUS_PASS, "the fullest of 1 has used 1 %"},
    {"sequences", sequence_that_cycles, STATUS_PASS, NULL},
    {"sequences", sequence_near, STATUS_WARN, "the fullest of 1 has used 85 %"},
    {"sequences", sequence_used_up, STATUS_FAIL, "the fullest of 1 has used 95 %"},
    {"sequences", no_catalog, STATUS_UNKNOWN, "the catalog was not read"},
    {"invalid-indexes", nothing, STATUS_PASS, "none"},
    {"invalid-indexes", index_waits_for_parts, STATUS_PASS, "none"},
    {"invalid-indexes", index_invalid, STATUS_FAIL, "1"},
    {"invalid-indexes", no_catalog, STATUS_UNKNOWN, NULL},
    {"unvalidated-constraints", nothing, STATUS_PASS, "none"},
    {"unvalidated-constraints", constraint_unvalidated, STATUS_FAIL, "1"},
    {"unvalidated-constraints", no_catalog, STATUS_UNKNOWN, NULL},
};

#endif

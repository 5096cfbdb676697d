/*
 * Example flights of test_flying.c: what goes wrong in each, how it ends, and which step took effect
 * how often.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_FLYING_EXAMPLES_H
#define TEST_FLYING_EXAMPLES_H

#include "flight/flying.h"

// From 1: an example that names none has 0.
enum { NO_STEP, TAG, BACKUP, MIGRATE, RELEASE, BACK_RELEASE, BACK_MIGRATE, GRANT, SEAL, BACK_GRANT, STEPS };

struct example {
    const char *name;
    enum verdict poll, verify, checks, proof; // 0: GO
    int fails;                                // the step whose command fails, with nothing done
    int fails_unseen; // likewise, but nobody can prove that nothing was done
    int fails_half;                           // with half of it done
    int lies;                                 // it says done and did nothing
    int is_unknown; // reading back does not answer, until a person is asked
    bool is_open; // what holds at a verification is nothing but rows that nobody can attribute
    bool is_blocked; // something stands in the way back
    bool passes_later; // what failed a verification passes once a person was asked
    bool cannot_go_back;
    bool has_own; // steps of its own: `grant` behind the migrations, and `seal`, without a way back
    const char *asks; // once, when the flight holds or needs a person
    bool answers;     // and says what became of the step
    bool asks_at_end; // also when it has ended
    unsigned methods; // of a rollback
    const char *to, *allowed_by;
    bool nobody_takes;  // the calls to people
    bool oversleeps;    // whoever was to check the points was away for a while
    enum flight_state end;
    int effects[STEPS]; // how often each step took effect in the end
};

static const struct example examples[] = {
    {"all goes well", .end = FLIGHT_DONE, .effects = {0, 1, 1, 1, 1, 0, 0}},
    {"its own steps go well", .has_own = true, .end = FLIGHT_DONE,
     .effects = {0, 1, 1, 1, 1, 0, 0, 1, 1, 0}},
    {"its own step fails, nothing done", .has_own = true, .fails = GRANT,
     .end = FLIGHT_ROLLED_BACK, .effects = {0, 1, 1, 1, 0, 0, 1, 0, 0, 0}},
    {"its own step fails, and perhaps something is there", .has_own = true, .fails_unseen = GRANT,
     .end = FLIGHT_ROLLED_BACK, .effects = {0, 1, 1, 1, 0, 0, 1, 0, 0, 1}},
    {"its own step is not there though it said so", .has_own = true, .lies = GRANT,
     .end = FLIGHT_ROLLED_BACK, .effects = {0, 1, 1, 1, 0, 0, 1, 0, 0, 1}},
    {"nobody knows of its own step, a person does", .has_own = true, .is_unknown = GRANT,
     .asks = "go", .answers = true, .end = FLIGHT_DONE,
     .effects = {0, 1, 1, 1, 1, 0, 0, 1, 1, 0}},
    {"the release fails before what has no way back", .has_own = true, .fails = RELEASE,
     .end = FLIGHT_ROLLED_BACK, .effects = {0, 1, 1, 1, 0, 0, 1, 1, 0, 1}},
    {"verification fails behind what has no way back", .has_own = true, .verify = VERDICT_NO_GO,
     .end = FLIGHT_NEEDS_PERSON, .effects = {0, 1, 1, 1, 1, 0, 0, 1, 1, 0}},
    {"the same, and a person sends back the rest", .has_own = true, .verify = VERDICT_NO_GO,
     .asks = "go", .end = FLIGHT_ROLLED_BACK, .effects = {0, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"it is done, and only the migration with its own step is taken back", .has_own = true,
     .asks = "rollback", .asks_at_end = true, .methods = BACK_MIGRATION, .allowed_by = "ben",
     .end = FLIGHT_ROLLED_BACK, .effects = {0, 1, 1, 1, 1, 0, 1, 1, 1, 1}},
    {"whoever was to check was away", .oversleeps = true, .end = FLIGHT_DONE,
     .effects = {0, 1, 1, 1, 1, 0, 0}},
    {"nobody takes the calls", .nobody_takes = true, .verify = VERDICT_NO_GO,
     .cannot_go_back = true, .asks = "abort", .end = FLIGHT_CLOSED,
     .effects = {0, 1, 1, 1, 1, 0, 0}},
    {"the gates say no", .poll = VERDICT_NO_GO, .end = FLIGHT_ABORTED},
    {"a gate is unknown, a person aborts", .poll = VERDICT_HOLD, .asks = "abort",
     .end = FLIGHT_ABORTED},
    {"a gate is unknown, a person says go", .poll = VERDICT_HOLD, .asks = "go", .end = FLIGHT_DONE,
     .effects = {0, 1, 1, 1, 1, 0, 0}},
    {"the backup fails", .fails = BACKUP, .end = FLIGHT_ABORTED, .effects = {0, 1}},
    {"the migration fails and is gone", .fails = MIGRATE, .end = FLIGHT_ABORTED,
     .effects = {0, 1, 1}},
    {"the release fails, nothing done", .fails = RELEASE, .end = FLIGHT_ROLLED_BACK,
     .effects = {0, 1, 1, 1, 0, 0, 1}},
    {"the release fails, and perhaps something is there", .fails_unseen = RELEASE,
     .end = FLIGHT_ROLLED_BACK, .effects = {0, 1, 1, 1, 0, 1, 1}},
    {"the release is not there though it said so", .lies = RELEASE, .end = FLIGHT_ROLLED_BACK,
     .effects = {0, 1, 1, 1, 0, 1, 1}},
    {"the release fails half-way", .fails_half = RELEASE, .asks = "abort",
     .end = FLIGHT_ROLLED_BACK, .effects = {0, 1, 1, 1, 1, 1, 1}},
    {"verification fails", .verify = VERDICT_NO_GO, .end = FLIGHT_ROLLED_BACK,
     .effects = {0, 1, 1, 1, 1, 1, 1}},
    {"a point of the watch fails", .checks = VERDICT_NO_GO, .end = FLIGHT_ROLLED_BACK,
     .effects = {0, 1, 1, 1, 1, 1, 1}},
    {"verification fails and it cannot go back", .verify = VERDICT_NO_GO, .cannot_go_back = true,
     .asks = "abort", .end = FLIGHT_CLOSED, .effects = {0, 1, 1, 1, 1, 0, 0}},
    {"the same, and a person sends it back", .verify = VERDICT_NO_GO, .cannot_go_back = true,
     .asks = "go", .end = FLIGHT_ROLLED_BACK, .effects = {0, 1, 1, 1, 1, 1, 1}},
    {"the rollback cannot be proven", .verify = VERDICT_NO_GO, .proof = VERDICT_NO_GO,
     .asks = "abort", .end = FLIGHT_CLOSED, .effects = {0, 1, 1, 1, 1, 1, 1}},
    {"nobody knows of the release, a person does", .is_unknown = RELEASE, .asks = "go",
     .answers = true, .end = FLIGHT_DONE, .effects = {0, 1, 1, 1, 1, 0, 0}},
    {"verification unanswered, a person aborts", .verify = VERDICT_HOLD, .asks = "abort",
     .end = FLIGHT_ROLLED_BACK, .effects = {0, 1, 1, 1, 1, 1, 1}},
    {"rows that nobody can attribute, a person says go: not asked at the points again",
     .verify = VERDICT_HOLD, .checks = VERDICT_HOLD, .is_open = true, .asks = "go",
     .end = FLIGHT_DONE, .effects = {0, 1, 1, 1, 1, 0, 0}},
    {"rows that nobody can attribute at a point, a person aborts", .checks = VERDICT_HOLD,
     .is_open = true, .asks = "abort", .end = FLIGHT_ROLLED_BACK,
     .effects = {0, 1, 1, 1, 1, 1, 1}},
    {"rows that nobody can attribute after the rollback", .checks = VERDICT_NO_GO,
     .proof = VERDICT_HOLD, .is_open = true, .asks = "abort", .end = FLIGHT_CLOSED,
     .effects = {0, 1, 1, 1, 1, 1, 1}},
    {"something stands in the way back", .verify = VERDICT_NO_GO, .is_blocked = true,
     .asks = "abort", .end = FLIGHT_CLOSED, .effects = {0, 1, 1, 1, 1, 0, 0}},
    {"it still stands there when a person says go", .verify = VERDICT_NO_GO, .is_blocked = true,
     .asks = "go", .end = FLIGHT_NEEDS_PERSON, .effects = {0, 1, 1, 1, 1, 0, 0}},
    {"something stands in the way back, it was mended, and is watched on", .checks = VERDICT_NO_GO,
     .is_blocked = true, .passes_later = true, .asks = "watch", .end = FLIGHT_DONE,
     .effects = {0, 1, 1, 1, 1, 0, 0}},
    {"the same, and it was not mended", .checks = VERDICT_NO_GO, .is_blocked = true, .asks = "watch",
     .end = FLIGHT_NEEDS_PERSON, .effects = {0, 1, 1, 1, 1, 0, 0}},
    {"its first verification failed, it was mended, and is watched", .verify = VERDICT_NO_GO,
     .cannot_go_back = true, .passes_later = true, .asks = "watch", .end = FLIGHT_DONE,
     .effects = {0, 1, 1, 1, 1, 0, 0}},
    {"what was taken back is not watched on", .verify = VERDICT_NO_GO, .proof = VERDICT_NO_GO,
     .passes_later = true, .asks = "watch", .end = FLIGHT_NEEDS_PERSON,
     .effects = {0, 1, 1, 1, 1, 1, 1}},
    {"it is done, and taken back whole", .asks = "rollback", .asks_at_end = true,
     .end = FLIGHT_ROLLED_BACK, .effects = {0, 1, 1, 1, 1, 1, 1}},
    {"it is done, and only the version is taken back", .asks = "rollback", .asks_at_end = true,
     .methods = BACK_VERSION, .end = FLIGHT_ROLLED_BACK, .effects = {0, 1, 1, 1, 1, 1, 0}},
    {"it is done, and only the migration is taken back", .asks = "rollback", .asks_at_end = true,
     .methods = BACK_MIGRATION, .end = FLIGHT_ROLLED_BACK, .effects = {0, 1, 1, 1, 1, 0, 1}},
    {"it is done, and nothing shows that it comes back", .asks = "rollback", .asks_at_end = true,
     .cannot_go_back = true, .end = FLIGHT_DONE, .effects = {0, 1, 1, 1, 1, 0, 0}},
    {"the same, and a second person accepts what is lost", .asks = "rollback", .asks_at_end = true,
     .cannot_go_back = true, .allowed_by = "ben", .end = FLIGHT_ROLLED_BACK,
     .effects = {0, 1, 1, 1, 1, 1, 1}},
    {"it is done, and its way back cannot be proven", .asks = "rollback", .asks_at_end = true,
     .proof = VERDICT_NO_GO, .end = FLIGHT_NEEDS_PERSON, .effects = {0, 1, 1, 1, 1, 1, 1}},
    {"it is done, and a step back fails", .asks = "rollback", .asks_at_end = true,
     .fails = BACK_MIGRATE, .end = FLIGHT_NEEDS_PERSON, .effects = {0, 1, 1, 1, 1, 1, 0}},
    {"a person wants back a flight that is aborted", .poll = VERDICT_NO_GO, .asks = "rollback",
     .asks_at_end = true, .end = FLIGHT_ABORTED},
    {"it holds before anything was changed, and a person wants back", .poll = VERDICT_HOLD,
     .asks = "rollback", .end = FLIGHT_ABORTED},
    {"it needs a person, who asks for the way back", .verify = VERDICT_NO_GO,
     .cannot_go_back = true, .asks = "rollback", .allowed_by = "ben", .end = FLIGHT_ROLLED_BACK,
     .effects = {0, 1, 1, 1, 1, 1, 1}},
};

#endif

/*
 * What the verbs of a flight share: its journal, its lease, its view, and the screen.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_FLIGHT_WORK_H
#define COMMAND_FLIGHT_WORK_H

#include "command/database.h"
#include "command/options.h"
#include "flight/board.h"
#include "flight/flying.h"
#include "journal/lease.h"

struct flight_work {
    const struct program *program;
    const struct options *options;
    struct database_choice choice;
    struct journal *journal;
    const char *lease_name; // "shop/production"
    char *verbs_lock;       // path: held by each verb that a flight runs
    struct lease *lease;    // NULL: this process only looks
    struct flight_reader *reader;
    struct flight *flight; // NULL: there is none
};

// The environment's journal, and the flight called `id` (NULL: its last one) in it. ERROR_POLICY:
// it is another environment's.
MUST_CHECK bool flight_work_open(TALLOC_CTX *mem, const struct program *program,
                                 const struct options *options, const char *id,
                                 struct flight_work *out, struct error *err);
// The same, for who acts on a flight. ERROR_INPUT: there is none, with what begins one, or none of
// this id, with the last ones. Of a journal that cannot be trusted it prints what a person does by
// hand (command/by_hand.h).
MUST_CHECK bool flight_work_find(TALLOC_CTX *mem, const struct program *program,
                                 const struct options *options, const char *id,
                                 struct flight_work *out, struct error *err);
// The same, for who only looks: also where this user may read the journal and not write it.
MUST_CHECK bool flight_work_look(TALLOC_CTX *mem, const struct program *program,
                                 const struct options *options, const char *id,
                                 struct flight_work *out, struct error *err);
// A reader of the environment's last flight, or of the one called `id` (flight/flight.h).
struct flight_reader *flight_work_reader(TALLOC_CTX *mem, const struct flight_work *work,
                                         const char *id);
// Is it one of this service's environment?
bool flight_work_has(const struct flight_work *work, const struct flight *flight);
// Turns to the last flight that did not end before any change, where there is one.
MUST_CHECK bool flight_work_find_flown(TALLOC_CTX *mem, struct flight_work *work,
                                       struct error *err);
// The lease, under which everything is journaled from now on. ERROR_POLICY: another one flies.
MUST_CHECK bool flight_work_take(TALLOC_CTX *mem, struct flight_work *work, struct error *err);
// Fly with the lease that was taken, and show how it stands; gives the exit status, or -1.
int flight_work_fly(TALLOC_CTX *mem, struct flight_work *work, const struct flying_options *options,
                    struct error *err);
// What stands in the way of `flight`, the work's as it would be taken back, before its first step
// back, in words; NULL: nothing. The same that is found when it is flown back.
MUST_CHECK bool flight_work_check_back(TALLOC_CTX *mem, struct flight_work *work,
                                       const struct flight *flight, const char **refused,
                                       struct error *err);
// As step_undo_command has it (flight/step_kind.h).
MUST_CHECK bool flight_work_undo_command(TALLOC_CTX *mem, struct flight_work *work,
                                         const struct step *step, const char **out,
                                         struct error *err);
// Journal the wish, and do it here when nobody else flies: who says go wants it to go on. Gives the
// exit status, or -1.
int flight_work_ask(TALLOC_CTX *mem, struct flight_work *work, const struct flight_wish *wish,
                    struct error *err);
// How it stands, in the format that was asked for. Gives the exit status that says so, or -1.
int flight_work_show(const struct flight_work *work, struct error *err);
// Nobody flies it: an alarm, for which people are called once; whoever flew it is not fenced. Shows
// how it stands, and gives the exit status, or -1.
int flight_work_alarm(TALLOC_CTX *mem, struct flight_work *work, const struct store_lease *pilot,
                      struct error *err);

#endif

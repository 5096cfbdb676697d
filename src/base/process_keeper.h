/*
 * Keepers: a process between ours and a command, which ends the command's whole group when ours is
 * gone, however it went. Killed as we may be, what we started does not go on behind our back.
 *
 * A keeper is a copy of us: it holds our locks (flock) until its command has ended, so that nobody
 * who waits for one meets that command still at work.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_PROCESS_KEEPER_H
#define BASE_PROCESS_KEEPER_H

#include <sys/types.h>

#define KEEPER_TERM_MS 2000 // between SIGTERM and SIGKILL

// Runs in the keeper: starts the command as leader of a group, closes what is not the keeper's, and
// gives 0 or errno's value.
typedef int keeper_start(void *context, pid_t *pid);

// Fork one; it ends behind the command, with the command's status. Gives errno's value.
int keeper_fork(keeper_start *start, void *context, pid_t *keeper, pid_t *command);

#endif

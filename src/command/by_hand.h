/*
 * By hand: what a person types to take a change back when the journal cannot be trusted.
 *
 * Nothing of it is taken from the journal: the target's own record says what is applied, the
 * migrations' files how it is undone, the configuration how a release is deployed. What cannot be
 * known is said to be unknown.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_BY_HAND_H
#define COMMAND_BY_HAND_H

#include "command/command.h"
#include "command/options.h"
#include <stdio.h>

// To stdout, in the format of the options. `why`: what is wrong with the journal.
void by_hand_write(const struct program *program, const struct options *options, const char *why);

#endif

/*
 * The screen of a flight: its board on a terminal, drawn again once a second and whenever something
 * happened; where there is no terminal, a line for each thing that happened.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_FLIGHT_SCREEN_H
#define COMMAND_FLIGHT_SCREEN_H

#include "command/flight_work.h"

struct flight_screen;

// Of `work`, which must outlive it. Freeing it gives the terminal back.
struct flight_screen *flight_screen_open(TALLOC_CTX *mem, const struct flight_work *work);
// What struct world_options calls: something happened; what runs said something; time passed.
void flight_screen_tell(void *context, const struct flight *flight);
void flight_screen_hear(void *context, const char *line);
void flight_screen_pass(void *context);

#endif

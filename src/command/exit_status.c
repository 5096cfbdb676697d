/*
 * The exit status of a verdict, the same for every verb.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/command.h"

int command_exit_status(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_GO: return EXIT_GO;
    case VERDICT_NO_GO: return EXIT_NO_GO;
    case VERDICT_HOLD: return EXIT_HOLD;
    }
    bug("verdict %d", (int)verdict);
}

/*
 * Process marks: which process it was, told from every other that ran or will run.
 *
 * A number of a process is used again, so the mark has the moment of its start too, the boot of the
 * machine, and the space that its number is counted in (containers have their own):
 * "PID/START/BOOT/SPACE".
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_PROCESS_MARK_H
#define BASE_PROCESS_MARK_H

#include "base/memory.h"

char *process_mark(TALLOC_CTX *mem); // ours

enum process_life {
    PROCESS_LIVES,
    PROCESS_DEAD,
    PROCESS_OTHER_BOOT, // of another machine, or of this one before it was started anew
    PROCESS_UNKNOWN     // of another container on this machine, or no mark
};
enum process_life process_mark_life(const char *mark);

#endif

/*
 * Output: stdout is written whole, or the program says that it was not.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_OUTPUT_H
#define COMMAND_OUTPUT_H

// Once, at the start of main: at exit, output that could not be written (disk full) is an error
// with status 2. A reader that closed its pipe early is none: the run goes on and keeps its exit
// status.
void output_guard(void);

#endif

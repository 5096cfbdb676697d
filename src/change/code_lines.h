/*
 * Code lines: which lines of a file a range changes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_CODE_LINES_H
#define CHANGE_CODE_LINES_H

#include "change/change.h"

struct code_lines {
    bool all;       // a new or deleted file
    size_t *starts; // changed lines: [starts[i], ends[i]]
    size_t *ends;
    size_t n;
    bool has_deleted_code; // lines went that were neither blank nor a comment
};

MUST_CHECK bool code_lines_read(TALLOC_CTX *mem, const struct change *change,
                                const struct changed_file *file, struct code_lines *out,
                                struct error *err);
// Does the range change one of the lines from `first` to `last`?
bool code_lines_touch(const struct code_lines *lines, size_t first, size_t last);

#endif

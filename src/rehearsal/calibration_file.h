/*
 * Calibration as a file of the state: calibration.json.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_CALIBRATION_FILE_H
#define REHEARSAL_CALIBRATION_FILE_H

#include "analysis/calibration.h"
#include "base/error.h"

#define CALIBRATION_FILE "calibration.json" // in the folder of rehearsals

// `*is_there` false: no rehearsal has measured anything yet. ERROR_INPUT: not such a file.
MUST_CHECK bool calibration_read(TALLOC_CTX *mem, const char *path, struct calibration *out,
                                 bool *is_there, struct error *err);
MUST_CHECK bool calibration_write(const struct calibration *calibration, const char *path,
                                  struct error *err);

#endif

/*
 * The estimates of a rehearsal: what was measured, at the target's size, and kept for the next
 * assessment.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/file.h"
#include "rehearsal/calibration_file.h"
#include "rehearsal/estimate_scale.h"
#include "rehearsal/rehearsing.h"
#include <sys/utsname.h>
#include <unistd.h>

static const char *machine(TALLOC_CTX *mem, const struct target *work)
{
    struct utsname host;
    const char *name = uname(&host) == 0 ? host.nodename : "unknown host";
    return mem_printf(mem, "%s %s, %ld processors of %s", dialect_title(work->driver->dialect),
                      work->identity.version, sysconf(_SC_NPROCESSORS_ONLN), name);
}

// What cannot be read is not known: the rehearsal goes on.
static void read_target(TALLOC_CTX *mem, struct rehearsing *rehearsing, struct schema **out)
{
    struct error why;
    const struct target *source = rehearsing->request->copies.source;
    *out = NULL;
    if (source != NULL && !source->driver->catalog->read(mem, source->engine, out, &why))
        rehearsing_note(rehearsing, why.message);
}

bool rehearse_estimates(struct rehearsing *rehearsing, struct error *err)
{
    SCRATCH(tmp);
    struct rehearsal_report *report = rehearsing->report;
    struct calibration calibration = {0};
    struct error why;
    struct schema *target;
    bool is_there;
    const char *path = file_join(tmp, rehearsing->request->copies.folder, CALIBRATION_FILE);

    read_target(tmp, rehearsing, &target);
    if (!calibration_read(tmp, path, &calibration, &is_there, &why))
        rehearsing_note(rehearsing, why.message);
    const struct estimate_scale_request request = {
        .run = &report->up,
        .copy = rehearsing->reading.schema,
        .target = target,
        .calibration = &calibration,
    };
    estimate_scale(rehearsing->mem, &request, &report->estimates, &report->n_estimates);
    estimate_contradictions(&request, report->contradictions);
    estimate_calibrate(tmp, &request, machine(tmp, &rehearsing->copies->work),
                       clock_format(clock_wall_ms()).text, &calibration);
    return calibration_write(&calibration, path, err);
}

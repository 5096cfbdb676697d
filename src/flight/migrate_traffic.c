/*
 * Before the first migration: what traffic wrote since the baseline is noted, for verify.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/log.h"
#include "base/quantity.h"
#include "flight/migrating.h"
#include "proof/traffic.h"

static void show_progress(void *context, const char *what, int64_t done, int64_t total)
{
    struct log_progress *progress = context;

    if (progress->what == NULL || strcmp(progress->what, what) != 0) {
        if (progress->what != NULL)
            log_progress_end(progress);
        log_progress_start(progress, what);
    }
    log_progress_set(progress, done, total);
}

// Evidence for later, not a reason to stop: without it verify knows less, and says so.
bool migrating_note_traffic(const struct migrating *migrating, struct error *err)
{
    SCRATCH(tmp);
    struct log_progress progress = {0};
    struct traffic_noted noted;
    struct error failure = {0};
    struct target target = {
        .driver = migrating->request->driver,
        .engine = migrating->reader,
        .progress = show_progress,
        .context = &progress,
    };

    TRY(migrating->session->identity(tmp, migrating->reader, &target.identity, err));
    bool is_done = traffic_note(tmp, &target, migrating->request->journal, &noted, &failure);
    if (progress.what != NULL)
        log_progress_end(&progress);
    if (is_done && noted.is_noted && noted.rows > 0)
        log_info("noted %s row%s that traffic wrote since the baseline",
                 quantity_count(tmp, noted.rows), noted.rows == 1 ? "" : "s");
    if (is_done)
        return true;
    if (failure.code == ERROR_INTERRUPTED || failure.code == ERROR_UNREACHABLE) {
        *err = failure;
        return false;
    }
    log_warning("what traffic wrote since the baseline could not be noted: %s", failure.message);
    return true;
}

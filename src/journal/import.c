/*
 * Importing: see import.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "journal/import.h"
#include "journal/events.h"
#include "journal/journal_parts.h"

static bool note_there(void *context, const struct store_row *row)
{
    (void)row;
    *(bool *)context = true;
    return false;
}

// Was it said already, and by whom it is signed?
static bool is_noted(struct journal *journal, const struct import_request *request,
                     const char *head, bool *out, struct error *err)
{
    json_t *event = NULL;
    TRY(journal_last(journal, EVENT_JOURNAL_IMPORTED, "head", head, &event, err));
    const char *signed_by = json_get_text(json_object_get(event, "data"), "signed_by");
    *out = event != NULL && (request->signed_by == NULL ||
                             (signed_by != NULL && strcmp(signed_by, request->signed_by) == 0));
    json_decref(event);
    return true;
}

bool journal_import(struct journal *journal, const struct import_request *request, bool *is_new,
                    struct error *err)
{
    SCRATCH(tmp);
    const struct exported *exported = request->rows;
    const struct store_import import = {
        .head = exported->head.hash, .rows = exported->rows, .n = exported->n};
    const char *head = journal_head_text(tmp, &exported->head);
    bool is_there = false, is_known;
    TRY(journal->driver->read(journal->store, import.head, 1, note_there, &is_there, err));
    TRY(is_noted(journal, request, head, &is_known, err));
    if (!is_there || !is_known) {
        json_t *data = json_object();
        json_put_text(data, "head", head);
        json_put_integer(data, "events", (int64_t)exported->n);
        json_put_text(data, "sha256", request->sha256);
        json_put_text(data, "from", request->from);
        json_put_text(data, "signed_by", request->signed_by);
        TRY(journal_append_with(journal, EVENT_JOURNAL_IMPORTED, data, is_there ? NULL : &import,
                                err));
    }
    *is_new = !is_there || !is_known;
    return true;
}

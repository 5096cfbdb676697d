/*
 * Tags: an annotated tag of a version at one commit, here and at the remote.
 *
 * A tag is never moved and never forced. One that stands elsewhere, or is no annotated one, is
 * refused. When the remote refuses a tag that was just made, it is taken away again here.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_TAG_H
#define FLIGHT_TAG_H

#include "flight/act.h"

struct tag_request {
    const char *folder; // of the repository
    const char *name;
    const char *revision; // what is tagged: "HEAD"
    const char *message;
    const char *remote; // NULL: it is not pushed
};

// ERROR_USAGE: no name for a tag. ERROR_INPUT: no repository, no such revision.
MUST_CHECK bool tag_act(TALLOC_CTX *mem, const struct tag_request *request, struct act *out,
                        struct error *err);

#endif

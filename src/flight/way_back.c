/*
 * Ways back: see way_back.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/way_back.h"

bool way_back_check(TALLOC_CTX *mem, const struct way_back *way_back, const struct flight *flight,
                    const char **refused, struct error *err)
{
    const char *type = "take that back first, then tminus go";

    *refused = NULL;
    TRY(way_back->since(mem, way_back->context, refused, err));
    for (size_t i = 0; *refused == NULL && i < flight->n_steps; i++) {
        const struct step *step = &flight->steps[i];
        if (step->phase != STEP_BACK || step->state == STEP_DONE ||
            !flight_is_called_for(flight, step))
            continue;
        TRY(step_check_back(mem, way_back->steps, step, refused, err));
        type = "mend that, then tminus go";
    }
    if (*refused != NULL)
        *refused = mem_printf(mem, "%s; %s; tminus abort closes the flight%s", *refused, type,
                              flight_facts(flight).stands ? ", tminus go --watch watches on" : "");
    return true;
}

/*
 * Flying a question: the gates, and the comparison with the baseline.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "flight/acceptance.h"
#include "flight/flying_parts.h"
#include "flight/remains.h"

bool flying_poll(struct flying *flying, struct error *err)
{
    SCRATCH(tmp);
    struct flight_answer answer = {0};

    TRY(flying->world->poll(flying->world->context, tmp, flying->flight, &answer, err));
    enum flight_occurrence occurrence = answer.verdict == VERDICT_GO      ? OCCURRED_POLL_GO
                                        : answer.verdict == VERDICT_NO_GO ? OCCURRED_POLL_NO_GO
                                                                          : OCCURRED_POLL_HOLD;
    return flying_move(flying, occurrence, answer.why, answer.detail, err);
}

static bool is_last_point(const struct flight *flight)
{
    const struct flight_point *point = flight_next_point(flight);
    return point == NULL || point == &flight->points[flight->n_points - 1];
}

// By how much an answer of now is late; 0: it is not.
static int64_t late_ms(const struct flying *flying)
{
    const struct flight *flight = flying->flight;
    const struct flight_point *point = flight_next_point(flight);

    if (flight->state == FLIGHT_VERIFYING)
        return flight_verification_late_ms(flight, flying->world->now_ms(flying->world->context));
    if (flight->state != FLIGHT_CHECKING || point == NULL)
        return 0;
    struct flight_point checked = *point;
    checked.checked_ms = flight->reached_ms[FLIGHT_CHECKING];
    return flight_point_late_ms(flight, &checked);
}

static const char *with_lateness(TALLOC_CTX *mem, const char *why, int64_t ms)
{
    return mem_printf(mem, "%s%slate by %s", why == NULL ? "" : why, why == NULL ? "" : "; ",
                      quantity_duration(mem, ms));
}

// A person said go to differences of these kinds, however many more of them there are by now.
static void accept(TALLOC_CTX *mem, const struct flight *flight, struct flight_answer *answer)
{
    const struct flight_acceptance *acceptance = &flight->acceptance;

    answer->detail = answer->detail == NULL ? json_object() : answer->detail;
    json_put_text(answer->detail, "unattributed", answer->unattributed);
    if (!acceptance_covers(acceptance->accepted, answer->unattributed))
        return;
    answer->verdict = VERDICT_GO;
    answer->why = mem_printf(mem, "of a kind that %s accepted: %s", acceptance->by, answer->why);
    json_put_text(answer->detail, "accepted_by", acceptance->by);
}

bool flying_verify(struct flying *flying, bool as_before, struct error *err)
{
    SCRATCH(tmp);
    struct flight_answer answer = {0};
    enum flight_occurrence occurrence = OCCURRED_VERIFY_HOLD;

    TRY(flying->world->verify(flying->world->context, tmp, flying->flight, as_before, &answer,
                              err));
    if (answer.unattributed != NULL && flying->flight->state != FLIGHT_PROVING)
        accept(tmp, flying->flight, &answer);
    if (answer.verdict == VERDICT_NO_GO)
        occurrence = OCCURRED_VERIFY_NO_GO;
    else if (answer.verdict == VERDICT_GO)
        occurrence = flying->flight->state == FLIGHT_CHECKING && is_last_point(flying->flight)
                         ? OCCURRED_POINTS_DONE
                         : OCCURRED_VERIFY_GO;
    if (occurrence == OCCURRED_VERIFY_GO && flying->flight->state == FLIGHT_PROVING && !as_before) {
        occurrence = OCCURRED_VERSION_BACK;
        answer.why = flight_remains_text(tmp, flying->flight);
    }
    int64_t late = late_ms(flying);
    if (late > 0) {
        answer.why = with_lateness(tmp, answer.why, late);
        answer.detail = answer.detail == NULL ? json_object() : answer.detail;
        json_put_integer(answer.detail, "late_ms", late);
    }
    return flying_move(flying, occurrence, answer.why, answer.detail, err);
}

/*
 * Poll: see poll.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "check/poll.h"
#include "check/gather.h"
#include "check/judging.h"
#include "journal/events.h"

static json_t *polled_event(const struct poll_request *request, const struct poll_report *report)
{
    json_t *data = json_object();

    json_put_text(data, "digest", report->digest);
    json_put_text(data, "database", request->target->identity.database);
    json_put_text(data, "environment", request->environment_name);
    json_put_text(data, "verdict", verdict_name(report->verdict));
    json_put_text(data, "why", report->reason);
    json_t *list = json_put_array(data, "results");
    for (size_t i = 0; i < report->results.n; i++) {
        const struct result *result = &report->results.list[i];
        json_t *object = json_object();
        json_put_text(object, "name", result->name);
        json_put_text(object, "status", status_name(result->status));
        json_put_bool(object, "required", result->is_required);
        json_put_text(object, "observed", result->observed);
        json_array_append_new(list, object);
    }
    return data;
}

static bool gather(TALLOC_CTX *mem, const struct poll_request *request, struct gate_facts *facts,
                   struct error *err)
{
    const struct config_environment *environment = request->environment;

    *facts = (struct gate_facts){
        .now_ms = request->now_ms,
        .actor = journal_actor(request->journal),
        .plan = request->plan,
        .gates = environment != NULL ? &environment->gates : &config_gates_default,
        .limits = environment != NULL ? &environment->backup : &config_backup_default,
        .identity = request->target->identity,
        .risk = request->plan->assessment->risk,
        .schema = request->plan->assessment->before,
        .announced_ms = -1,
        .baseline_rows = -1,
        .options = request->options,
        .paths = request->paths,
    };
    gather_time(mem, facts);
    TRY(gather_traffic(mem, request, facts, err));
    TRY(gather_journal(mem, request, facts, err));
    TRY(gather_staging(request, facts, err));
    TRY(gather_backup(mem, request, facts, err));
    TRY(gather_size(mem, request, facts, err));
    TRY(gather_keys(mem, request, facts, err));
    TRY(gather_secrets(mem, request, facts, err));
    gather_commands(mem, request, facts);
    TRY(gather_flags(mem, request, facts, err));
    TRY(gather_disk(mem, request, facts, err));
    return gather_server(mem, request, facts, err);
}

bool poll_run(TALLOC_CTX *mem, const struct poll_request *request, struct poll_report *out,
              struct error *err)
{
    struct gate_facts facts;
    struct poll_report report;

    TRY(gather(mem, request, &facts, err));
    TRY(poll_judge(mem, &facts, &report, err));
    TRY(journal_append(request->journal, EVENT_POLLED, polled_event(request, &report), err));
    *out = report;
    return true;
}

/*
 * Probes over TCP: does somebody accept a connection there?
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/http.h"
#include "base/text.h"
#include "driver/probe.h"

static bool tcp_probe(TALLOC_CTX *mem, const struct probe_request *request,
                      struct probe_answer *out, struct error *err)
{
    SCRATCH(tmp);
    struct http_response response;
    const char *address;
    TRY(probe_fill(tmp, request, request->check->tcp, &address, err));
    if (strchr(address, ':') == NULL)
        return error_set(err, ERROR_CONFIG, "health check '%s': '%s' is no address as HOST:PORT",
                         request->check->name, address);
    // The library resolves, connects to each address of a name, and knows why not.
    const struct http_request connection = {
        .url = secret_make(tmp, mem_printf(tmp, "http://%s", address)),
        .timeout_ms = request->check->timeout_ms,
        .is_direct = true,
        .wait = request->wait,
    };
    TRY(http_ask(tmp, &connection, &response, err));
    bool is_there = response.outcome == HTTP_ANSWERED;
    const char *why = is_there ? "accepts connections" : strstr(response.why, ": ") + 2;
    *out = (struct probe_answer){
        .status = is_there                           ? PROBE_PASS
                  : response.outcome == HTTP_NO_NAME ? PROBE_UNKNOWN
                                                     : PROBE_FAIL,
        .cause = http_outcome_name(response.outcome),
        .expected = "a connection",
        .observed = is_there ? "connected" : NULL,
        .text = mem_printf(mem, "%s: %s", address, why),
    };
    return true;
}

const struct probe_driver probe_tcp = {.name = "tcp", .kind = HEALTH_TCP, .ask = tcp_probe};

/*
 * Gathering: reads what a poll's gates are judged by.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHECK_GATHER_H
#define CHECK_GATHER_H

#include "check/facts.h"
#include "check/poll.h"

// Rehearsals and the effects files that they compared, approvals and waivers, in one pass over the
// journal.
MUST_CHECK bool gather_journal(TALLOC_CTX *mem, const struct poll_request *request,
                               struct gate_facts *facts, struct error *err);
MUST_CHECK bool gather_backup(TALLOC_CTX *mem, const struct poll_request *request,
                              struct gate_facts *facts, struct error *err);
// The same migrations in staging's journal.
MUST_CHECK bool gather_staging(const struct poll_request *request, struct gate_facts *facts,
                               struct error *err);
MUST_CHECK bool gather_size(TALLOC_CTX *mem, const struct poll_request *request,
                            struct gate_facts *facts, struct error *err);
// How busy each hour of the day is.
MUST_CHECK bool gather_traffic(TALLOC_CTX *mem, const struct poll_request *request,
                               struct gate_facts *facts, struct error *err);
void gather_time(TALLOC_CTX *mem, struct gate_facts *facts);
MUST_CHECK bool gather_keys(TALLOC_CTX *mem, const struct poll_request *request,
                            struct gate_facts *facts, struct error *err);
MUST_CHECK bool gather_secrets(TALLOC_CTX *mem, const struct poll_request *request,
                               struct gate_facts *facts, struct error *err);
// Programs, files and flags that tminus.yaml names for a flight.
void gather_commands(TALLOC_CTX *mem, const struct poll_request *request, struct gate_facts *facts);
MUST_CHECK bool gather_flags(TALLOC_CTX *mem, const struct poll_request *request,
                             struct gate_facts *facts, struct error *err);
MUST_CHECK bool gather_disk(TALLOC_CTX *mem, const struct poll_request *request,
                            struct gate_facts *facts, struct error *err);
MUST_CHECK bool gather_server(TALLOC_CTX *mem, const struct poll_request *request,
                              struct gate_facts *facts, struct error *err);

#endif

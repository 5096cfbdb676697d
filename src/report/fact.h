/*
 * Report of PostgreSQL's facts: what a form of statement locks, reads and writes anew.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REPORT_FACT_H
#define REPORT_FACT_H

#include "analysis/postgres_fact.h"
#include "base/json_writer.h"
#include <stdio.h>

// One row, as a block of lines that continues an explained statement.
void report_fact_text(FILE *out, const struct postgres_fact *fact);
void report_fact_json(struct json_writer *writer, const struct postgres_fact *fact);
// Every row: a line each, an array, or a table for docs/effects.md.
void report_facts_text(FILE *out);
void report_facts_json(FILE *out);
void report_facts_markdown(FILE *out);

#endif

/*
 * Printed SQL: an expression as a person wrote it beside the same one as PostgreSQL prints it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_PRINTED_SQL_H
#define ANALYSIS_PRINTED_SQL_H

#include <stdbool.h>

// May one be what the server prints of the other? Casts, parentheses, the case of words, IN and
// = ANY, LIKE and ~~ do not count; names, operators and constants do, in their order.
bool printed_sql_same(const char *a, const char *b);

#endif

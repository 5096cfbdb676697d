/*
 * Findings: a rule matched here, how bad it is, why, and what to write instead.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_FINDING_H
#define ANALYSIS_FINDING_H

#include "analysis/effects.h"
#include "base/memory.h"
#include <stddef.h>
#include <stdint.h>

enum severity { SEVERITY_NOTE, SEVERITY_WARN, SEVERITY_STOP };
const char *severity_name(enum severity severity); // "note" "warn" "stop"

// What the data must answer before the statement may run: a count (or rows of value and count) that
// must be 0, with names quoted so that the server takes it as it is.
struct data_question {
    const char *title;    // "no email has two rows of one address"
    const char *sql;      // one SELECT
    const char *decision; // the same, but it counts no further than 1; NULL: `sql` is cheap
    const char *samples;  // a SELECT of a few keys of offenders; NULL
    bool loses;           // what it counts does not fail: it is lost or changed without an error
};

// What is known of the release that still runs: a line of its code, a statement that it sends.
struct sighting {
    const char *source; // "code" "pg_stat_statements"
    const char *text;   // for people: the line, the statement, or what was not found
    const char *path;   // of code, from the top of the repository; NULL
    size_t line;
    int64_t calls;        // of a statement; -1
    const char *revision; // of code; NULL
    bool is_comment;      // the line of code is one
    bool is_unknown;      // it could not be asked, `text` says why
};

struct suppression;
struct estimate;

struct finding {
    const char *rule; // kebab-case id
    enum severity severity;
    const char *path;
    size_t line, column; // from 1; line 0: the whole file
    const char *message; // one sentence about this place
    const char *hint;    // the safe form, may have several lines; never NULL
    enum layer layer;
    const char
        *fingerprint; // stable over moved lines: XXH3 of rule, path, finding_evidence (hex, 16)
    const char *tool; // NULL: tminus; else whose finding it is (--findings)
    const struct data_question *question; // group E: asked by plan; NULL
    const struct sighting *evidence;      // what of the running release it concerns
    size_t n_evidence;
    const struct estimate *estimate; // how long work takes that others wait for; NULL: not known
    const struct suppression *suppression; // the comment that allows it (suppression.h); NULL
};

struct findings {
    TALLOC_CTX *mem; // owns the list and its texts
    struct finding *list;
    size_t n;
};

// Append a copy; fingerprint is computed when NULL (from rule, path and `evidence`).
void findings_add(struct findings *findings, const struct finding *finding, const char *evidence);
// Evidence of a statement: its words without blanks and comments, which may be written anew.
char *finding_evidence(TALLOC_CTX *mem, enum dialect dialect, const char *sql);
// Worst first, then by path and line. Two findings with one fingerprint are told apart here.
void findings_sort(struct findings *findings);
size_t findings_count(const struct findings *findings, enum severity severity);

#endif

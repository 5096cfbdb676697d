/*
 * Findings: the list, its order and the fingerprints.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/finding.h"
#include "analysis/estimate.h"
#include "base/error.h"
#include "statement/lexer.h"
#include <ctype.h>
#include <xxhash.h>

#define FINGERPRINT_LEN 16 // 64 bits

const char *severity_name(enum severity severity)
{
    switch (severity) {
    case SEVERITY_NOTE: return "note";
    case SEVERITY_WARN: return "warn";
    case SEVERITY_STOP: return "stop";
    }
    bug("severity %d", (int)severity);
}

// Tells findings apart; nobody gains by making two alike, so it need not withstand an attack.
static const char *fingerprint_make(TALLOC_CTX *mem, const struct finding *finding,
                                    const char *evidence)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t hash = XXH3_64bits(finding->rule, strlen(finding->rule));
    hash = XXH3_64bits_withSeed(finding->path, strlen(finding->path), hash);
    hash = XXH3_64bits_withSeed(evidence, strlen(evidence), hash);
    char *text = mem_checked(talloc_size(mem, FINGERPRINT_LEN + 1));
    for (size_t i = FINGERPRINT_LEN; i-- > 0; hash >>= 4)
        text[i] = digits[hash & 0xf];
    text[FINGERPRINT_LEN] = '\0';
    return text;
}

char *finding_evidence(TALLOC_CTX *mem, enum dialect dialect, const char *sql)
{
    size_t len = strlen(sql), n = 0;
    char *text = mem_checked(talloc_size(mem, 2 * len + 1)); // each token and one blank
    struct lexer lexer = lexer_make(dialect, sql, 0, len);
    for (struct token token = lexer_next(&lexer); token.kind != TOKEN_END;
         token = lexer_next(&lexer)) {
        for (size_t i = 0; i < token.len; i++) {
            char c = sql[token.offset + i];
            text[n++] = token.kind == TOKEN_WORD ? (char)tolower((unsigned char)c) : c;
        }
        text[n++] = ' ';
    }
    text[n] = '\0';
    return text;
}

static const struct data_question *question_copy(TALLOC_CTX *mem,
                                                 const struct data_question *question)
{
    if (question == NULL)
        return NULL;
    struct data_question *copy = mem_new(mem, struct data_question);
    *copy = (struct data_question){
        .title = mem_strdup(mem, question->title),
        .sql = mem_strdup(mem, question->sql),
        .decision = mem_strdup(mem, question->decision),
        .samples = mem_strdup(mem, question->samples),
        .loses = question->loses,
    };
    return copy;
}

static const struct estimate *estimate_copy(TALLOC_CTX *mem, const struct estimate *estimate)
{
    if (estimate == NULL)
        return NULL;
    struct estimate *copy = mem_new(mem, struct estimate);
    *copy = *estimate;
    copy->basis = mem_strdup(mem, estimate->basis);
    return copy;
}

void findings_add(struct findings *findings, const struct finding *finding, const char *evidence)
{
    TALLOC_CTX *mem = findings->mem;
    struct finding *copy = mem_append(mem, findings->list, findings->n);
    *copy = *finding;
    copy->rule = mem_strdup(mem, finding->rule);
    copy->path = mem_strdup(mem, finding->path);
    copy->message = mem_strdup(mem, finding->message);
    copy->hint = mem_strdup(mem, finding->hint == NULL ? "" : finding->hint);
    copy->tool = mem_strdup(mem, finding->tool);
    copy->question = question_copy(mem, finding->question);
    copy->estimate = estimate_copy(mem, finding->estimate);
    copy->fingerprint = finding->fingerprint == NULL ? fingerprint_make(mem, finding, evidence)
                                                     : mem_strdup(mem, finding->fingerprint);
}

static int compare_places(const struct finding *a, const struct finding *b)
{
    int order = strcmp(a->path, b->path);
    if (order != 0)
        return order;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    order = strcmp(a->rule, b->rule);
    return order != 0 ? order : strcmp(a->message, b->message);
}

static int compare_fingerprints(const void *left, const void *right)
{
    const struct finding *a = left, *b = right;
    int order = strcmp(a->fingerprint, b->fingerprint);
    return order != 0 ? order : compare_places(a, b);
}

static int compare_worst(const void *left, const void *right)
{
    const struct finding *a = left, *b = right;
    if (a->severity != b->severity)
        return a->severity > b->severity ? -1 : 1;
    return compare_places(a, b);
}

// The same statement twice in one file: the second of its findings must not hide behind the first.
static void findings_tell_apart(struct findings *findings)
{
    SCRATCH(tmp);
    const char *first = NULL;
    size_t n_same = 0;
    for (size_t i = 0; i < findings->n; i++) {
        struct finding *finding = &findings->list[i];
        if (first == NULL || finding->tool != NULL || strcmp(first, finding->fingerprint) != 0) {
            first = finding->fingerprint;
            n_same = 0;
            continue;
        }
        const char *evidence = mem_printf(tmp, "%s %zu", first, ++n_same);
        finding->fingerprint = fingerprint_make(findings->mem, finding, evidence);
    }
}

void findings_sort(struct findings *findings)
{
    if (findings->n == 0)
        return;
    qsort(findings->list, findings->n, sizeof(*findings->list), compare_fingerprints);
    findings_tell_apart(findings);
    qsort(findings->list, findings->n, sizeof(*findings->list), compare_worst);
}

size_t findings_count(const struct findings *findings, enum severity severity)
{
    size_t n = 0;
    for (size_t i = 0; i < findings->n; i++)
        n += findings->list[i].severity == severity;
    return n;
}

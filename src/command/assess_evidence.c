/*
 * Evidence for findings about the release that still runs: its code at the deployed revision, and
 * the statements that the server counted.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/contract_judgement.h"
#include "analysis/named.h"
#include "base/text.h"
#include "change/config.h"
#include "change/config_reading.h"
#include "change/deployed.h"
#include "change/deployed_line.h"
#include "command/assess.h"
#include "command/inspection.h"
#include "statement/quoting.h"
#include <ctype.h>
#include <inttypes.h>

#define COMMIT_SHOWN 10 // characters of a commit's name
#define STATEMENT_WIDTH 100
#define STATEMENTS_SHOWN 3
#define STATEMENTS_READ 5000

// A finding that asks, and what it asks about.
struct asking {
    struct finding *finding;
    struct named named;
};

struct askings {
    TALLOC_CTX *mem;
    struct asking *list;
    size_t n;
};

static void collect(struct assessment *assessment, struct findings *findings,
                    struct askings *askings)
{
    struct named named;
    for (size_t i = 0; i < findings->n; i++) {
        if (named_by(assessment, &findings->list[i], &named))
            *mem_append(askings->mem, askings->list, askings->n) =
                (struct asking){.finding = &findings->list[i], .named = named};
    }
}

static void add_evidence(struct assessment *assessment, struct finding *finding,
                         const struct sighting *evidence)
{
    struct sighting *list = NULL;
    size_t n = 0;
    for (size_t i = 0; i < finding->n_evidence; i++)
        *mem_append(assessment, list, n) = finding->evidence[i];
    *mem_append(assessment, list, n) = *evidence;
    finding->evidence = list;
    finding->n_evidence = n;
}

static const char *named_text(TALLOC_CTX *mem, const struct named *named)
{
    return named->column == NULL ? named->table
                                 : mem_printf(mem, "%s.%s", named->table, named->column);
}

// --- code

static void add_lines(struct assessment *assessment, const struct asking *asking,
                      const struct deployed_lines *lines, const char *commit)
{
    struct sighting evidence = {.source = "code", .calls = -1, .revision = commit};
    for (size_t i = 0; i < lines->n; i++) {
        evidence.path = lines->list[i].path;
        evidence.line = lines->list[i].line;
        evidence.text = lines->list[i].text;
        evidence.is_comment = lines->list[i].rank == RANK_COMMENT;
        add_evidence(assessment, asking->finding, &evidence);
    }
    evidence.path = NULL;
    evidence.line = 0;
    evidence.text = NULL;
    evidence.is_comment = false;
    if (lines->n_all > lines->n)
        evidence.text = mem_printf(assessment, "and %zu more lines", lines->n_all - lines->n);
    if (lines->n_all == 0)
        evidence.text = mem_printf(
            assessment,
            "no line of the deployed code names %s (SQL put together at run time is not seen)",
            named_text(assessment, &asking->named));
    if (evidence.text != NULL)
        add_evidence(assessment, asking->finding, &evidence);
}

static bool search_code(struct assessment *assessment, const struct askings *askings,
                        const struct assess_request *request, const struct assess_input *input,
                        const char *revision, struct error *err)
{
    struct deployed_name *names = mem_array(askings->mem, struct deployed_name, askings->n + 1);
    struct deployed_lines *lines;
    struct config *config;
    const char *commit;
    TRY(config_read(askings->mem, request->options.config_path, false, &config, err));
    for (size_t i = 0; i < askings->n; i++)
        names[i] =
            (struct deployed_name){askings->list[i].named.table, askings->list[i].named.column};
    TRY(deployed_search(assessment, config->folder, revision, input->change, config, names,
                        askings->n, &lines, &commit, err));
    const char *shown = mem_strndup(assessment, commit, COMMIT_SHOWN);
    for (size_t i = 0; i < askings->n; i++)
        add_lines(assessment, &askings->list[i], &lines[i], shown);
    return true;
}

static void add_unknown(struct assessment *assessment, const struct askings *askings,
                        const struct sighting *unknown)
{
    struct sighting evidence = *unknown;
    evidence.calls = -1;
    evidence.is_unknown = true;
    for (size_t i = 0; i < askings->n; i++)
        add_evidence(assessment, askings->list[i].finding, &evidence);
}

// A revision that somebody typed is there or is an error; of one in the file the clone may know
// nothing, which is said where it is asked for.
static bool ask_code(struct assessment *assessment, const struct assess_request *request,
                     const struct assess_input *input, const struct askings *askings,
                     struct error *err)
{
    struct error why = {0};
    bool is_configured = request->deployed == NULL && input->deployed != NULL;
    const char *revision = request->deployed != NULL ? request->deployed
                           : is_configured           ? input->deployed
                                                     : input->change->base;
    if (revision == NULL || (is_configured && askings->n == 0))
        return true;
    if (!is_configured)
        return search_code(assessment, askings, request, input, revision, err);
    if (config_is_open(revision))
        error_set(&why, ERROR_CONFIG, "deployed of tminus.yaml is %s, which is not set here",
                  revision);
    else if (search_code(assessment, askings, request, input, revision, &why))
        return true;
    if (why.code == ERROR_INTERRUPTED) {
        *err = why;
        return false;
    }
    add_unknown(
        assessment, askings,
        &(struct sighting){
            .source = "code",
            .text = mem_printf(assessment, "where deployed code uses it is not known: %s%s%s",
                               why.message, why.hint[0] == '\0' ? "" : "; ", why.hint)});
    return true;
}

// --- statements that the server counted

struct counted {
    const char *query;
    int64_t calls;
};

struct counting {
    TALLOC_CTX *mem;
    struct counted *list; // most calls first
    size_t n;
    const char *where;     // the extension's schema, NULL: not installed
    bool is_partly_hidden; // the role may not see what others send
};

static bool take_schema(void *context, const char *const *names, const struct engine_value *values,
                        size_t n)
{
    struct counting *counting = context;
    (void)names;
    if (n == 1 && !values[0].is_null)
        counting->where = mem_strdup(counting->mem, values[0].text);
    return true;
}

static bool take_counted(void *context, const char *const *names, const struct engine_value *values,
                         size_t n)
{
    struct counting *counting = context;
    (void)names;
    if (n != 2 || values[0].is_null || values[1].is_null)
        return true;
    if (text_starts_with(values[1].text, "<insufficient")) {
        counting->is_partly_hidden = true;
        return true;
    }
    *mem_append(counting->mem, counting->list, counting->n) =
        (struct counted){.query = mem_strdup(counting->mem, values[1].text),
                         .calls = strtoll(values[0].text, NULL, 10)};
    return true;
}

// PostgreSQL's word boundaries: a name of letters, digits and '_' means itself in a pattern.
static char *pattern_of(const struct askings *askings)
{
    char *pattern = mem_strdup(askings->mem, "");
    for (size_t i = 0; i < askings->n; i++) {
        const struct named *named = &askings->list[i].named;
        const char *word = named->column != NULL ? named->column : named->table;
        bool is_plain = true;
        for (const char *c = word; *c != '\0'; c++)
            is_plain = is_plain && (isalnum((unsigned char)*c) || *c == '_');
        if (is_plain)
            pattern =
                talloc_asprintf_append_buffer(pattern, "%s%s", pattern[0] == '\0' ? "" : "|", word);
    }
    return pattern;
}

static bool read_counted(const struct inspection *inspection, const struct askings *askings,
                         struct counting *counting, struct error *err)
{
    const struct engine_session_table *session = inspection->target.driver->session;
    TRY(session->query(
        inspection->target.engine,
        "SELECT n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace "
        "n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'",
        take_schema, counting, err));
    if (counting->where == NULL)
        return true;
    const char *view = quoting_relation(counting->mem, DIALECT_POSTGRES,
                                        (struct name){counting->where, "pg_stat_statements"});
    const char *pattern = mem_printf(counting->mem, "\\m(%s)\\M", pattern_of(askings));
    return session->query(
        inspection->target.engine,
        mem_printf(
            counting->mem,
            "SELECT sum(calls)::bigint, query FROM %s WHERE dbid = (SELECT oid FROM "
            "pg_catalog.pg_database WHERE datname = current_database()) AND (query ~* %s OR "
            "query LIKE '<insufficient%%') AND query !~* "
            "'^\\s*(alter|create|drop|comment|copy .* to|explain)\\M' GROUP BY query ORDER BY 1 "
            "DESC LIMIT %d",
            view, quoting_text(counting->mem, pattern), STATEMENTS_READ),
        take_counted, counting, err);
}

static void add_statements(struct assessment *assessment, const struct asking *asking,
                           const struct counting *counting)
{
    struct sighting evidence = {.source = "pg_stat_statements", .calls = -1};
    size_t n = 0;
    for (size_t i = 0; i < counting->n; i++) {
        const struct counted *counted = &counting->list[i];
        if (!text_has_word_nocase(counted->query, asking->named.table) ||
            (asking->named.column != NULL &&
             !text_has_word_nocase(counted->query, asking->named.column)) ||
            ++n > STATEMENTS_SHOWN)
            continue;
        evidence.calls = counted->calls;
        evidence.text =
            text_shorten(assessment, counted->query, strlen(counted->query), STATEMENT_WIDTH);
        add_evidence(assessment, asking->finding, &evidence);
    }
    evidence.calls = -1;
    evidence.text = NULL;
    if (n > STATEMENTS_SHOWN)
        evidence.text = mem_printf(assessment, "and %zu more statements", n - STATEMENTS_SHOWN);
    if (n == 0)
        evidence.text = mem_printf(assessment, "no statement that the server counted names %s",
                                   named_text(assessment, &asking->named));
    if (counting->is_partly_hidden)
        evidence.text = mem_printf(assessment,
                                   "%s%sthis role does not see what others send: GRANT "
                                   "pg_read_all_stats",
                                   evidence.text == NULL ? "" : evidence.text,
                                   evidence.text == NULL ? "" : "; ");
    if (evidence.text != NULL)
        add_evidence(assessment, asking->finding, &evidence);
}

static void counted_unknown(struct assessment *assessment, const struct askings *askings,
                            const char *text)
{
    add_unknown(assessment, askings,
                &(struct sighting){.source = "pg_stat_statements", .text = text});
}

// What cannot be asked is said, and decides nothing else.
static void ask_server(struct assessment *assessment, const struct inspection *inspection,
                       const struct askings *askings)
{
    struct counting counting = {.mem = askings->mem};
    struct error err;
    if (assessment->dialect != DIALECT_POSTGRES)
        return;
    if (!read_counted(inspection, askings, &counting, &err)) {
        counted_unknown(
            assessment, askings,
            mem_printf(assessment, "which statements use it is not known: %s", err.message));
        return;
    }
    if (counting.where == NULL) {
        counted_unknown(
            assessment, askings,
            "which statements use it is not known: pg_stat_statements is not installed");
        return;
    }
    for (size_t i = 0; i < askings->n; i++)
        add_statements(assessment, &askings->list[i], &counting);
}

bool assess_read_evidence(struct assessment *assessment, const struct assess_request *request,
                          const struct assess_input *input, struct error *err)
{
    SCRATCH(tmp);
    struct askings askings = {.mem = tmp};
    collect(assessment, &assessment->findings, &askings);
    collect(assessment, &assessment->suppressed, &askings);
    TRY(ask_code(assessment, request, input, &askings, err));
    if (input->inspection != NULL && askings.n > 0)
        ask_server(assessment, input->inspection, &askings);
    contract_judge(assessment);
    return true;
}

/*
 * Report of PostgreSQL's facts as text, JSON and Markdown.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report/fact.h"

static const struct {
    enum fact_work work;
    const char *id, *words;
} works[] = {
    {WORK_SCAN, "scan", "every row read"},
    {WORK_REWRITE, "rewrite", "every row written anew"},
    {WORK_BUILD, "index_build", "index built"},
};

static char *work_words(TALLOC_CTX *mem, unsigned work)
{
    char *words = mem_strdup(mem, "");
    for (size_t i = 0; i < COUNT_OF(works); i++) {
        if (work & works[i].work)
            words = mem_printf(mem, "%s, %s", words, works[i].words);
    }
    return words;
}

// "14 to 18", "19 and later", "any": as far as explain speaks of versions.
static const char *version_words(TALLOC_CTX *mem, const struct postgres_fact *fact)
{
    bool is_old = fact->since <= POSTGRES_FACT_FIRST;
    if (fact->until == 0)
        return is_old ? "any" : mem_printf(mem, "%u and later", fact->since);
    return is_old ? mem_printf(mem, "up to %u", fact->until)
                  : mem_printf(mem, "%u to %u", fact->since, fact->until);
}

static void write_line(FILE *out, const char *label, const char *text)
{
    if (text)
        fprintf(out, "  %-9s  %s\n", label, text);
}

void report_fact_text(FILE *out, const struct postgres_fact *fact)
{
    SCRATCH(tmp);
    fprintf(out, "  %-9s  %s: %s\n", "form", fact->id, fact->title);
    for (size_t i = 0; i < FACT_EFFECTS_MAX && fact->effects[i].role; i++) {
        const struct fact_effect *effect = &fact->effects[i];
        fprintf(out, "  %-9s  %s: %s%s\n", i == 0 ? "takes" : "", fact_role_name(effect->role),
                lock_mode_sql(effect->mode), work_words(tmp, effect->work));
    }
    if (!fact->effects[0].role)
        write_line(out, "takes", "no lock on a relation that is there");
    if (fact->is_outside_transactions)
        write_line(out, "", "not in a transaction block");
    write_line(out, "why", fact->why);
    write_line(out, "versions", fact->history);
    write_line(out, "safe form", fact->safe_form);
    write_line(out, "source", fact->source);
}

static void put_effects(struct json_writer *writer, const struct postgres_fact *fact)
{
    json_writer_open_array(writer, "effects");
    for (size_t i = 0; i < FACT_EFFECTS_MAX && fact->effects[i].role; i++) {
        json_writer_open_object(writer, NULL);
        json_writer_text(writer, "role", fact_role_id(fact->effects[i].role));
        json_writer_text(writer, "mode", lock_mode_name(fact->effects[i].mode));
        for (size_t k = 0; k < COUNT_OF(works); k++)
            json_writer_bool(writer, works[k].id, fact->effects[i].work & works[k].work);
        json_writer_close_object(writer);
    }
    json_writer_close_array(writer);
}

static void put_version(struct json_writer *writer, const char *name, unsigned version)
{
    if (version == 0)
        json_writer_null(writer, name);
    else
        json_writer_integer(writer, name, version);
}

void report_fact_json(struct json_writer *writer, const struct postgres_fact *fact)
{
    json_writer_open_object(writer, NULL);
    json_writer_text(writer, "id", fact->id);
    json_writer_text(writer, "title", fact->title);
    put_version(writer, "since", fact->since);
    put_version(writer, "until", fact->until);
    put_effects(writer, fact);
    json_writer_bool(writer, "in_transaction", !fact->is_outside_transactions);
    json_writer_text(writer, "why", fact->why);
    json_writer_text(writer, "history", fact->history);
    json_writer_text(writer, "safe_form", fact->safe_form);
    json_writer_text(writer, "source", fact->source);
    json_writer_text(writer, "example", fact->example);
    json_writer_close_object(writer);
}

// Of versions that tminus speaks of.
static bool is_shown(const struct postgres_fact *fact)
{
    return fact->until == 0 || fact->until >= POSTGRES_FACT_FIRST;
}

void report_facts_text(FILE *out)
{
    int width = 0;
    for (const struct postgres_fact *f = postgres_fact_next(NULL); f; f = postgres_fact_next(f)) {
        int len = (int)strlen(f->id);
        width = len > width ? len : width;
    }
    for (const struct postgres_fact *f = postgres_fact_next(NULL); f; f = postgres_fact_next(f)) {
        SCRATCH(tmp);
        if (is_shown(f))
            fprintf(out, "%-*s  %-12s  %s\n", width, f->id, version_words(tmp, f), f->title);
    }
}

void report_facts_json(FILE *out)
{
    struct json_writer writer;
    json_writer_begin(&writer, out);
    json_writer_open_object(&writer, NULL);
    json_writer_text(&writer, "schema", "tminus/explain/1");
    json_writer_open_array(&writer, "facts");
    for (const struct postgres_fact *f = postgres_fact_next(NULL); f; f = postgres_fact_next(f)) {
        if (is_shown(f))
            report_fact_json(&writer, f);
    }
    json_writer_close_array(&writer);
    json_writer_close_object(&writer);
    json_writer_end(&writer);
}

void report_facts_markdown(FILE *out)
{
    fputs("| form | statement | version | locks and work | why | source |\n"
          "|---|---|---|---|---|---|\n",
          out);
    for (const struct postgres_fact *f = postgres_fact_next(NULL); f; f = postgres_fact_next(f)) {
        SCRATCH(tmp);
        if (!is_shown(f))
            continue;
        fprintf(out, "| `%s` | %s | %s | ", f->id, f->title, version_words(tmp, f));
        for (size_t i = 0; i < FACT_EFFECTS_MAX && f->effects[i].role; i++)
            fprintf(out, "%s%s: %s%s", i == 0 ? "" : "<br>", fact_role_name(f->effects[i].role),
                    lock_mode_sql(f->effects[i].mode), work_words(tmp, f->effects[i].work));
        fputs(f->effects[0].role ? "" : "none", out);
        fputs(f->is_outside_transactions ? "<br>not in a transaction block" : "", out);
        fprintf(out, " | %s%s%s", f->why, f->history ? "; " : "", f->history ? f->history : "");
        fprintf(out, "%s%s | %s |\n", f->safe_form ? "<br>Safe form: " : "",
                f->safe_form ? f->safe_form : "", f->source);
    }
}

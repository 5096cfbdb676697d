/*
 * Report of a plan as one HTML file: nothing is loaded, no script runs, and everything that came
 * from outside is escaped. Read on a screen, on a telephone, in the dark, and on paper.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "base/text.h"
#include "report/plan.h"
#include "report/plan_parts.h"
#include "report/plan_style.h"

static const char *const section_classes[PLAN_SECTION_COUNT] = {
    [PLAN_PRE_DEPLOY] = "red",  [PLAN_DEPLOY] = "yellow",   [PLAN_POST_DEPLOY] = "green",
    [PLAN_MONITORING] = "blue", [PLAN_ROLLBACK] = "violet",
};

static const char *status_class(enum status status)
{
    switch (status) {
    case STATUS_PASS: return "pass";
    case STATUS_FAIL: return "fail";
    case STATUS_WARN: return "warn";
    case STATUS_UNKNOWN: return "unknown";
    case STATUS_WAIVED:
    case STATUS_MANUAL: return "manual";
    }
    bug("status %d", (int)status);
}

static const char *verdict_class(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_GO: return "go";
    case VERDICT_NO_GO: return "no-go";
    case VERDICT_HOLD: return "hold";
    }
    bug("verdict %d", (int)verdict);
}

// Drawn, not a sign: fonts without colour pictures show a box in its place.
static void write_mark(FILE *out, enum plan_section_kind kind)
{
    if (kind == PLAN_ROLLBACK)
        fputs("<span class=\"mark back\" aria-hidden=\"true\">↻</span> ", out);
    else
        fputs("<span class=\"mark\" aria-hidden=\"true\"></span> ", out);
}

static void write_element(FILE *out, const char *name, const char *text)
{
    fprintf(out, "<%s>", name);
    text_write_xml(out, text);
    fprintf(out, "</%s>", name);
}

// Lines and blanks as they are: an escaped newline is one within <pre>.
static void write_code(FILE *out, const char *class, const char *text)
{
    fprintf(out, "<pre class=\"%s\"><code>", class);
    text_write_xml(out, text);
    fputs("</code></pre>\n", out);
}

static void write_fact(FILE *out, const char *name, const char *text)
{
    if (text == NULL)
        return;
    write_element(out, "dt", name);
    write_element(out, "dd", text);
    fputc('\n', out);
}

// --- head

static void write_head(FILE *out, const struct plan *plan)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" "
          "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>",
          out);
    fprintf(out, "%s: ", verdict_words(plan->verdict));
    text_write_xml(out, plan->title);
    fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n", plan_style);
}

static void write_banner(FILE *out, const struct plan *plan)
{
    fputs("<header>\n<p class=\"kind\">Deployment Checklist</p>\n", out);
    write_element(out, "h1", plan->title);
    fprintf(out, "\n<p class=\"verdict %s\"><strong>%s %s</strong> <span>",
            verdict_class(plan->verdict), plan_verdict_mark(plan->verdict),
            verdict_words(plan->verdict));
    text_write_xml(out, plan->reason);
    fputs("</span></p>\n", out);
}

static void write_facts(FILE *out, const struct plan *plan)
{
    SCRATCH(tmp);
    struct plan_fact facts[PLAN_FACTS];
    fputs("<dl class=\"facts\">\n", out);
    plan_facts(tmp, plan, facts);
    for (size_t i = 0; i < PLAN_FACTS; i++)
        write_fact(out, facts[i].name, facts[i].text);
    fputs("</dl>\n", out);
}

static void write_contents(FILE *out, const struct plan *plan)
{
    fputs("<nav aria-label=\"Sections\"><ul>\n", out);
    for (size_t i = 0; i < PLAN_SECTION_COUNT; i++) {
        const struct plan_section *section = &plan->sections[i];
        fprintf(out, "<li class=\"%s\">", section_classes[section->kind]);
        write_mark(out, section->kind);
        fprintf(out, "<a href=\"#%s\">%s</a> <small>%zu of %zu done</small></li>\n",
                plan_section_name(section->kind), plan_section_title(section->kind),
                plan_count_done(section), section->n_steps);
    }
    fputs("</ul></nav>\n</header>\n", out);
}

// --- lines

static void write_title(FILE *out, const struct plan_step *step, const char *tag)
{
    bool is_done = plan_step_is_done(step);
    fprintf(out, "<%s><span class=\"box\" aria-label=\"%s\">%s</span> ", tag,
            is_done ? "done" : "to do", is_done ? "☑" : "☐");
    // What is done and not asked has no answer before its turn.
    if (step->kind == STEP_CHECK || step->at != NULL)
        fprintf(out, "<span class=\"chip %s\">%s</span> ", status_class(step->status),
                plan_status_text(step->status, false));
    text_write_xml(out, step->title);
    if (!step->is_required)
        fputs(" <small>not required</small>", out);
    fprintf(out, "</%s>\n", tag);
}

static void write_step(FILE *out, const struct plan_step *step)
{
    SCRATCH(tmp);
    fprintf(out, "<li class=\"step %s\">\n", status_class(step->status));
    write_title(out, step, "h3");
    if (step->command != NULL)
        write_code(out, "command", step->command);
    fputs("<dl>\n", out);
    write_fact(out, "Expected", step->expected);
    write_fact(out, "Observed", plan_observed_text(tmp, step));
    write_fact(out, "Proof", step->proof);
    write_fact(out, "Undo", step->undo);
    write_fact(out, "Owner", step->owner);
    fputs("</dl>\n", out);
    if (step->detail != NULL)
        write_code(out, "detail", step->detail);
    // Within the command it may be hidden behind the quotes of a shell.
    if (step->sql != NULL && (step->command == NULL || strstr(step->command, step->sql) == NULL)) {
        fputs("<p class=\"label\">The query alone</p>\n", out);
        write_code(out, "sql", step->sql);
    }
    if (!plan_step_is_done(step))
        fputs("<p class=\"sign\">Done by <span></span> at <span></span></p>\n", out);
    fputs("</li>\n", out);
}

static void write_steps(FILE *out, const struct plan_section *section)
{
    const char *list = plan_is_ordered(section->kind) ? "ol" : "ul";
    if (section->n_steps == 0) {
        fputs("<p>Nothing.</p>\n", out);
        return;
    }
    fprintf(out, "<%s class=\"steps\">\n", list);
    for (size_t i = 0; i < section->n_steps; i++)
        write_step(out, &section->steps[i]);
    fprintf(out, "</%s>\n", list);
}

// --- what stands at the head of a section

static void write_invariants(FILE *out, const struct plan *plan)
{
    SCRATCH(tmp);
    size_t n;
    const struct plan_step **list = plan_invariants(tmp, plan, &n);
    if (n == 0)
        return;
    fputs("<table>\n<caption>Invariants, which must hold before and after</caption>\n"
          "<thead><tr><th>Status</th><th>Invariant</th><th>Expected</th><th>Now</th></tr></thead>\n"
          "<tbody>\n",
          out);
    for (size_t i = 0; i < n; i++) {
        const char *observed = plan_observed_text(tmp, list[i]);
        fprintf(out, "<tr><td><span class=\"chip %s\">%s</span></td>",
                status_class(list[i]->status), plan_status_text(list[i]->status, false));
        write_element(out, "td", list[i]->title);
        write_element(out, "td", list[i]->expected);
        write_element(out, "td", observed == NULL ? "not asked" : observed);
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table>\n", out);
}

static void write_deploy_table(FILE *out, const struct plan_section *section)
{
    SCRATCH(tmp);
    fputs(
        "<table>\n<caption>The steps at a glance</caption>\n"
        "<thead><tr><th>Step</th><th>Estimated runtime</th><th>Batching</th><th>Rollback</th></tr>"
        "</thead>\n<tbody>\n",
        out);
    for (size_t i = 0; i < section->n_steps; i++) {
        const struct plan_step *step = &section->steps[i];
        bool is_timed = step->kind == STEP_ACTION && step->estimate.basis != NULL;
        fprintf(out, "<tr><td>%zu. ", i + 1);
        text_write_xml(out, step->title);
        fputs("</td><td>", out);
        text_write_xml(out, is_timed ? plan_estimate_text(tmp, &step->estimate) : "by hand");
        if (is_timed) {
            fputs("<br>", out);
            write_element(out, "small", step->estimate.basis);
        }
        fputs("</td>", out);
        write_element(out, "td", step->batching != NULL ? step->batching : "none needed");
        write_element(out, "td", step->undo);
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table>\n", out);
}

static void write_answers(FILE *out, const struct plan_rollback *rollback)
{
    SCRATCH(tmp);
    fputs("<h3 class=\"question\">Can we roll back?</h3>\n<ul class=\"answers\">\n", out);
    for (size_t i = 0; i < plan_answer_count; i++) {
        bool is_it = plan_answers[i].class == rollback->class;
        if (plan_answer_is_shown(&plan_answers[i], rollback->class))
            fprintf(out, "<li%s><span class=\"box\" aria-label=\"%s\">%s</span> %s</li>\n",
                    is_it ? " class=\"chosen\"" : "", is_it ? "yes" : "no", is_it ? "☑" : "☐",
                    plan_answers[i].text);
    }
    fputs("</ul>\n", out);
    write_element(out, "p",
                  mem_printf(tmp, "%s: %s", rollback_class_answer(rollback->class),
                             plan_rollback_text(tmp, rollback)));
    fputc('\n', out);
}

static void write_section(FILE *out, const struct plan *plan, enum plan_section_kind kind)
{
    const struct plan_section *section = &plan->sections[kind];
    fprintf(out, "<section id=\"%s\" class=\"%s\">\n<h2>", plan_section_name(kind),
            section_classes[kind]);
    write_mark(out, kind);
    fprintf(out, "%s</h2>\n", plan_section_title(kind));
    if (kind == PLAN_PRE_DEPLOY)
        write_invariants(out, plan);
    if (kind == PLAN_DEPLOY && section->n_steps > 0)
        write_deploy_table(out, section);
    if (kind == PLAN_ROLLBACK)
        write_answers(out, &plan->rollback);
    write_steps(out, section);
    fputs("</section>\n", out);
}

// --- what follows

static void write_notes(FILE *out, const struct plan *plan)
{
    if (plan->n_notes == 0)
        return;
    fputs("<section id=\"notes\" class=\"grey\">\n<h2>Not known</h2>\n<ul>\n", out);
    for (size_t i = 0; i < plan->n_notes; i++) {
        write_element(out, "li", plan->notes[i]);
        fputc('\n', out);
    }
    fputs("</ul>\n</section>\n", out);
}

static void write_finding(FILE *out, const struct finding *finding)
{
    SCRATCH(tmp);
    static const char *const classes[] = {"manual", "warn", "fail"};
    fprintf(out, "<tr><td><span class=\"chip %s\">%s</span></td><td>", classes[finding->severity],
            severity_name(finding->severity));
    text_write_xml(out, finding->line > 0 ? mem_printf(tmp, "%s:%zu", finding->path, finding->line)
                                          : finding->path);
    fputs("<br>", out);
    write_element(out, "small", finding->rule);
    fputs("</td>", out);
    write_element(out, "td", finding->message);
    write_element(out, "td", finding->hint);
    fputs("</tr>\n", out);
}

static void write_findings(FILE *out, const struct plan *plan)
{
    const struct findings *findings = plan->assessment == NULL ? NULL : &plan->assessment->findings;
    if (findings == NULL || findings->n == 0)
        return;
    fputs("<section id=\"findings\" class=\"grey\">\n<h2>What was found in the migrations</h2>\n"
          "<table>\n<thead><tr><th>Severity</th><th>Place and rule</th><th>What</th><th>Safe form"
          "</th></tr></thead>\n<tbody>\n",
          out);
    for (size_t i = 0; i < findings->n; i++)
        write_finding(out, &findings->list[i]);
    fputs("</tbody></table>\n</section>\n", out);
}

void report_plan_html(FILE *out, const struct plan *plan)
{
    write_head(out, plan);
    write_banner(out, plan);
    write_facts(out, plan);
    write_contents(out, plan);
    for (size_t i = 0; i < PLAN_SECTION_COUNT; i++)
        write_section(out, plan, plan->sections[i].kind);
    write_notes(out, plan);
    write_findings(out, plan);
    fputs("</main>\n</body>\n</html>\n", out);
}

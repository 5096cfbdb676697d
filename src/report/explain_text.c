/*
 * Report of explain as text.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report/explain.h"
#include "report/fact.h"
#include "report/hint.h"

#define IN_WAY_LISTED 5

void report_rules_text(FILE *out)
{
    int width = 0;
    for (size_t i = 0; i < rule_count; i++) {
        int len = (int)strlen(rule_table[i]->id);
        width = len > width ? len : width;
    }
    for (size_t i = 0; i < rule_count; i++)
        fprintf(out, "%-4s  %-*s  %s\n",
                rule_table[i]->is_optional ? "off" : severity_name(rule_table[i]->severity), width,
                rule_table[i]->id, rule_table[i]->summary);
}

static void write_rule(FILE *out, const struct rule *rule)
{
    fprintf(out, "%s (%s%s): %s\n\n", rule->id, rule->is_optional ? "off by default; " : "",
            severity_name(rule->severity), rule->summary);
    fprintf(out, "  why        %s\n  safe form  %s\n  source     %s\n", rule->why, rule->safe_form,
            rule->source);
}

void report_word_text(FILE *out, const struct rule *rule, const struct postgres_fact *fact)
{
    if (rule != NULL)
        write_rule(out, rule);
    if (rule != NULL && fact != NULL)
        fputc('\n', out);
    if (fact != NULL) {
        report_fact_text(out, fact);
        fprintf(out, "  %-9s  %s\n", "example", fact->example);
    }
}

// What others notice of a lock.
static const char *lock_words(enum lock_mode mode)
{
    if (lock_mode_blocks_reads(mode))
        return "nobody reads or writes";
    if (lock_mode_blocks_writes(mode))
        return "reads go on, writes wait";
    return mode == LOCK_SHARE_UPDATE_EXCLUSIVE ? "reads and writes go on, other DDL waits"
                                               : "reads and writes go on";
}

static bool is_published(const struct schema_publication *publication,
                         const struct schema_relation *relation)
{
    for (size_t i = 0; i < publication->n_tables; i++)
        if (strcmp(publication->tables[i].name, relation->name.name) == 0 &&
            strcmp(publication->tables[i].schema, relation->name.schema) == 0)
            return true;
    return publication->has_all_tables;
}

// Subscribers do not get what a statement does to the schema.
static char *published_words(TALLOC_CTX *mem, const struct schema *schema,
                             const struct schema_relation *relation)
{
    size_t n;
    char *words = mem_strdup(mem, "");

    if (relation == NULL || relation->kind != RELATION_TABLE)
        return words;
    const struct schema_publication *publications = schema_publications(schema, &n);
    for (size_t i = 0; i < n; i++)
        if (is_published(&publications[i], relation))
            words = mem_printf(mem, "%s, published by %s", words, publications[i].name);
    return words;
}

// ", 2,000,000 rows, 310 MB" where it is a table whose size is known. A dot may be part of a name.
static const char *size_words(TALLOC_CTX *mem, const struct schema *schema, const char *relation)
{
    const struct schema_relation *found = NULL;
    for (const char *dot = strchr(relation, '.'); schema != NULL && dot != NULL && found == NULL;
         dot = strchr(dot + 1, '.'))
        found = schema_find(
            schema, (struct name){mem_strndup(mem, relation, (size_t)(dot - relation)), dot + 1});
    const char *published = published_words(mem, schema, found);
    if (size_class(found) == SIZE_UNKNOWN)
        return published;
    return mem_printf(mem, " (%s)%s", size_text(mem, found), published);
}

static void write_locks(FILE *out, const struct effects *effects, const struct schema *schema)
{
    SCRATCH(tmp);
    int width = 0;
    for (size_t i = 0; i < effects->n_locks; i++) {
        int len = (int)strlen(effects->locks[i].relation);
        width = len > width ? len : width;
    }
    for (size_t i = 0; i < effects->n_locks; i++) {
        const struct effect_lock *lock = &effects->locks[i];
        fprintf(out, "  %-9s  %-*s  %s: %s%s\n", i == 0 ? "locks" : "", width, lock->relation,
                lock_mode_sql(lock->mode), lock_words(lock->mode),
                size_words(tmp, schema, lock->relation));
    }
    if (effects->n_locks == 0)
        fputs("  locks      nothing that was there before\n", out);
}

static void write_list(FILE *out, const char *what, const char *const *relations, size_t n,
                       const char *how)
{
    for (size_t i = 0; i < n; i++)
        fprintf(out, "  %-9s  %s%s\n", i == 0 ? what : "", relations[i], how);
}

static void write_effects(FILE *out, const struct statement *statement,
                          const struct effects *effects, const struct schema *schema)
{
    fprintf(out, "%s\n", statement->kind);
    if (effects->unknown_reason != NULL)
        fprintf(out, "  unknown    %s\n", effects->unknown_reason);
    write_locks(out, effects, schema);
    write_list(out, "rewrites", effects->rewrites, effects->n_rewrites, "");
    write_list(out, "scans", effects->scans, effects->n_scans, "");
    write_list(out, "indexes", effects->index_builds, effects->n_index_builds, ": one is built");
    write_list(out, "blocks", effects->blocks_writes_long, effects->n_blocks_writes_long,
               ": nobody writes until that is done");
    for (size_t i = 0; i < effects->n_destroys; i++)
        fprintf(out, "  %-9s  %s %s\n", i == 0 ? "destroys" : "", effects->destroys[i].what,
                effects->destroys[i].object);
    for (size_t i = 0; i < effects->n_facts; i++)
        report_fact_text(out, effects->facts[i]);
    fputc('\n', out);
}

static bool keeps_others_waiting(const struct explain_scene *scene)
{
    for (size_t i = 0; i < scene->n_in_way; i++) {
        if (scene->in_way[i].has_lock)
            return true;
    }
    return false;
}

// Whom the statement would wait for now.
static void write_scene(FILE *out, const struct explain_scene *scene)
{
    size_t n = scene->n_in_way < IN_WAY_LISTED ? scene->n_in_way : IN_WAY_LISTED;
    if (scene->database == NULL)
        return;
    fprintf(out, "%s, read at %s\n", scene->database, scene->read_at);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "  %-9s  %s\n", i == 0 ? "waits for" : "", scene->in_way[i].text);
    if (scene->n_in_way > n)
        fprintf(out, "             and %zu more\n", scene->n_in_way - n);
    if (keeps_others_waiting(scene))
        fputs("             whoever comes later waits behind it: set lock_timeout\n", out);
    if (scene->unseen != NULL)
        fprintf(out, "  unknown    %s\n", scene->unseen);
    else if (scene->is_watched && n == 0)
        fputs("  waits for  nobody now\n", out);
    fputc('\n', out);
}

void report_explain_text(FILE *out, const struct assessment *assessment,
                         const struct explain_scene *scene)
{
    for (size_t i = 0; i < assessment->n_scripts; i++) {
        const struct assessed_script *assessed = &assessment->scripts[i];
        for (size_t j = 0; j < assessed->script->n_statements; j++)
            write_effects(out, &assessed->script->statements[j], assessed->effects[j],
                          scene->schema);
    }
    write_scene(out, scene);
    for (size_t i = 0; i < assessment->findings.n; i++) {
        const struct finding *finding = &assessment->findings.list[i];
        fprintf(out, "%-4s  %s: %s\n      %s\n", severity_name(finding->severity), finding->rule,
                finding->message, rule_find(finding->rule)->why);
        report_hint(out, finding->hint);
    }
}

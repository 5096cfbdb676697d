/*
 * Report of explain as JSON, schema tminus/explain/1.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report/explain.h"
#include "report/fact.h"
#include "report/json_parts.h"

static void document_begin(struct json_writer *writer, FILE *out)
{
    json_writer_begin(writer, out);
    json_writer_open_object(writer, NULL);
    json_writer_text(writer, "schema", "tminus/explain/1");
}

static void document_end(struct json_writer *writer)
{
    json_writer_close_object(writer);
    json_writer_end(writer);
}

static void put_rule(struct json_writer *writer, const char *name, const struct rule *rule)
{
    json_writer_open_object(writer, name);
    json_writer_text(writer, "id", rule->id);
    json_writer_text(writer, "severity", severity_name(rule->severity));
    json_writer_bool(writer, "optional", rule->is_optional);
    json_writer_open_array(writer, "dialects");
    for (unsigned i = DIALECT_POSTGRES; i <= DIALECT_SQLITE; i++) {
        if ((rule->dialects & (1U << i)) != 0)
            json_writer_text(writer, NULL, dialect_name((enum dialect)i));
    }
    json_writer_close_array(writer);
    json_writer_text(writer, "summary", rule->summary);
    json_writer_text(writer, "why", rule->why);
    json_writer_text(writer, "safe_form", rule->safe_form);
    json_writer_text(writer, "source", rule->source);
    json_writer_close_object(writer);
}

void report_rules_json(FILE *out)
{
    struct json_writer writer;
    document_begin(&writer, out);
    json_writer_open_array(&writer, "rules");
    for (size_t i = 0; i < rule_count; i++)
        put_rule(&writer, NULL, rule_table[i]);
    json_writer_close_array(&writer);
    document_end(&writer);
}

void report_word_json(FILE *out, const struct rule *rule, const struct postgres_fact *fact)
{
    struct json_writer writer;
    document_begin(&writer, out);
    if (rule != NULL)
        put_rule(&writer, "rule", rule);
    if (fact != NULL) {
        json_writer_open_array(&writer, "facts");
        report_fact_json(&writer, fact);
        json_writer_close_array(&writer);
    }
    document_end(&writer);
}

static void put_findings(struct json_writer *writer, const struct findings *findings)
{
    json_writer_open_array(writer, "findings");
    for (size_t i = 0; i < findings->n; i++) {
        json_writer_open_object(writer, NULL);
        report_finding_members(writer, &findings->list[i]);
        json_writer_text(writer, "why", rule_find(findings->list[i].rule)->why);
        json_writer_close_object(writer);
    }
    json_writer_close_array(writer);
}

static void put_scene(struct json_writer *writer, const struct explain_scene *scene)
{
    json_writer_open_object(writer, "database");
    json_writer_text(writer, "text", scene->database);
    json_writer_text(writer, "read_at", scene->read_at);
    json_writer_close_object(writer);
    json_writer_open_array(writer, "in_the_way");
    for (size_t i = 0; i < scene->n_in_way; i++) {
        json_writer_open_object(writer, NULL);
        json_writer_text(writer, "kind", scene->in_way[i].kind);
        json_writer_text(writer, "who", scene->in_way[i].who);
        json_writer_integer(writer, "age_ms", scene->in_way[i].age_ms);
        json_writer_text(writer, "text", scene->in_way[i].text);
        json_writer_close_object(writer);
    }
    json_writer_close_array(writer);
    json_writer_text(writer, "not_seen", scene->unseen);
}

static bool is_locked(const struct assessment *assessment, const char *relation)
{
    for (size_t i = 0; i < assessment->n_scripts; i++) {
        const struct assessed_script *assessed = &assessment->scripts[i];
        for (size_t j = 0; j < assessed->script->n_statements; j++) {
            const struct effects *effects = assessed->effects[j];
            for (size_t k = 0; k < effects->n_locks; k++) {
                if (strcmp(effects->locks[k].relation, relation) == 0)
                    return true;
            }
        }
    }
    return false;
}

static void put_known(struct json_writer *writer, const char *name, int64_t value)
{
    if (value < 0)
        json_writer_null(writer, name);
    else
        json_writer_integer(writer, name, value);
}

static void put_sizes(struct json_writer *writer, const struct assessment *assessment,
                      const struct schema *schema)
{
    json_writer_open_array(writer, "relations");
    for (const struct schema_relation *r = schema_next(schema, NULL); r != NULL;
         r = schema_next(schema, r)) {
        SCRATCH(tmp);
        const char *name = schema_name_text(tmp, schema, r->name);
        if (size_class(r) == SIZE_UNKNOWN || !is_locked(assessment, name))
            continue;
        json_writer_open_object(writer, NULL);
        json_writer_text(writer, "relation", name);
        put_known(writer, "rows", r->rows);
        put_known(writer, "bytes", r->bytes);
        json_writer_close_object(writer);
    }
    json_writer_close_array(writer);
}

static void put_statements(struct json_writer *writer, const struct assessment *assessment)
{
    json_writer_open_array(writer, "statements");
    for (size_t i = 0; i < assessment->n_scripts; i++) {
        const struct assessed_script *assessed = &assessment->scripts[i];
        for (size_t j = 0; j < assessed->script->n_statements; j++)
            report_statement(writer, &assessed->script->statements[j], assessed->effects[j]);
    }
    json_writer_close_array(writer);
}

static bool is_used(const struct assessment *assessment, const struct postgres_fact *fact)
{
    for (size_t i = 0; i < assessment->n_scripts; i++) {
        const struct assessed_script *assessed = &assessment->scripts[i];
        for (size_t j = 0; j < assessed->script->n_statements; j++) {
            for (size_t k = 0; k < assessed->effects[j]->n_facts; k++) {
                if (assessed->effects[j]->facts[k] == fact)
                    return true;
            }
        }
    }
    return false;
}

static void put_facts(struct json_writer *writer, const struct assessment *assessment)
{
    json_writer_open_array(writer, "facts");
    for (const struct postgres_fact *f = postgres_fact_next(NULL); f; f = postgres_fact_next(f)) {
        if (is_used(assessment, f))
            report_fact_json(writer, f);
    }
    json_writer_close_array(writer);
}

void report_explain_json(FILE *out, const struct assessment *assessment,
                         const struct explain_scene *scene)
{
    struct json_writer writer;
    document_begin(&writer, out);
    json_writer_text(&writer, "dialect", dialect_name(assessment->dialect));
    json_writer_integer(&writer, "pg_version", assessment->pg_version);
    put_statements(&writer, assessment);
    if (assessment->dialect == DIALECT_POSTGRES)
        put_facts(&writer, assessment);
    put_findings(&writer, &assessment->findings);
    if (scene->database != NULL)
        put_scene(&writer, scene);
    if (scene->schema != NULL)
        put_sizes(&writer, assessment, scene->schema);
    document_end(&writer);
}

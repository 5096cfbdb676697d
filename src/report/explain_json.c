/*
 * Report of explain as JSON, schema tminus/explain/1.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report/explain.h"
#include "report/json_parts.h"

static json_t *document_make(void)
{
    json_t *document = json_object();
    json_put_text(document, "schema", "tminus/explain/1");
    return document;
}

static void document_write(FILE *out, json_t *document)
{
    json_write(out, document);
    json_decref(document);
}

static json_t *rule_json(const struct rule *rule)
{
    json_t *object = json_object();
    json_put_text(object, "id", rule->id);
    json_put_text(object, "severity", severity_name(rule->severity));
    json_t *dialects = json_put_array(object, "dialects");
    for (unsigned i = DIALECT_POSTGRES; i <= DIALECT_SQLITE; i++) {
        if ((rule->dialects & (1U << i)) != 0)
            json_array_append_new(dialects, json_text(dialect_name((enum dialect)i)));
    }
    json_put_text(object, "summary", rule->summary);
    json_put_text(object, "why", rule->why);
    json_put_text(object, "safe_form", rule->safe_form);
    json_put_text(object, "source", rule->source);
    return object;
}

void report_rules_json(FILE *out)
{
    json_t *document = document_make();
    json_t *rules = json_put_array(document, "rules");
    for (size_t i = 0; i < rule_count; i++)
        json_array_append_new(rules, rule_json(rule_table[i]));
    document_write(out, document);
}

void report_rule_json(FILE *out, const struct rule *rule)
{
    json_t *document = document_make();
    json_put(document, "rule", rule_json(rule));
    document_write(out, document);
}

static json_t *explained_finding(const struct finding *finding)
{
    const struct rule *rule = rule_find(finding->rule);
    json_t *object = report_finding(finding);
    json_put_text(object, "why", rule->why);
    return object;
}

static void put_scene(json_t *document, const struct explain_scene *scene)
{
    json_t *database = json_put_object(document, "database");
    json_put_text(database, "text", scene->database);
    json_put_text(database, "read_at", scene->read_at);
    json_t *list = json_put_array(document, "in_the_way");
    for (size_t i = 0; i < scene->n_in_way; i++) {
        json_t *object = json_object();
        json_put_text(object, "kind", scene->in_way[i].kind);
        json_put_text(object, "who", scene->in_way[i].who);
        json_put_integer(object, "age_ms", scene->in_way[i].age_ms);
        json_put_text(object, "text", scene->in_way[i].text);
        json_array_append_new(list, object);
    }
    json_put_text(document, "not_seen", scene->unseen);
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

static void put_sizes(json_t *document, const struct assessment *assessment,
                      const struct schema *schema)
{
    json_t *list = json_put_array(document, "relations");
    for (const struct schema_relation *r = schema_next(schema, NULL); r != NULL;
         r = schema_next(schema, r)) {
        SCRATCH(tmp);
        const char *name = schema_name_text(tmp, schema, r->name);
        if (size_class(r) == SIZE_UNKNOWN || !is_locked(assessment, name))
            continue;
        json_t *object = json_object();
        json_put_text(object, "relation", name);
        json_put(object, "rows", r->rows < 0 ? json_null() : json_integer(r->rows));
        json_put(object, "bytes", r->bytes < 0 ? json_null() : json_integer(r->bytes));
        json_array_append_new(list, object);
    }
}

void report_explain_json(FILE *out, const struct assessment *assessment,
                         const struct explain_scene *scene)
{
    json_t *document = document_make();
    json_put_text(document, "dialect", dialect_name(assessment->dialect));
    json_put_integer(document, "pg_version", assessment->pg_version);
    json_t *statements = json_put_array(document, "statements");
    for (size_t i = 0; i < assessment->n_scripts; i++) {
        const struct assessed_script *assessed = &assessment->scripts[i];
        for (size_t j = 0; j < assessed->script->n_statements; j++)
            json_array_append_new(statements, report_statement(&assessed->script->statements[j],
                                                               assessed->effects[j]));
    }
    json_t *findings = json_put_array(document, "findings");
    for (size_t i = 0; i < assessment->findings.n; i++)
        json_array_append_new(findings, explained_finding(&assessment->findings.list[i]));
    if (scene->database != NULL)
        put_scene(document, scene);
    if (scene->schema != NULL)
        put_sizes(document, assessment, scene->schema);
    document_write(out, document);
}

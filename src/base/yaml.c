/*
 * YAML: libyaml's document as our tree.
 *
 * Two passes: the first goes through the events and stops at what is too deep or too much, before
 * anything is built; the second builds.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/yaml.h"
#include "base/text.h"
#include <yaml.h>

#define CORE_TAGS "tag:yaml.org,2002:"

struct builder {
    TALLOC_CTX *mem;
    const char *path;
    yaml_document_t *document;
    size_t n_nodes;
};

static bool fail_at(struct error *err, const char *path, yaml_mark_t mark, const char *what)
{
    return error_set(err, ERROR_CONFIG, "%s:%zu:%zu: %s", path, mark.line + 1, mark.column + 1,
                     what);
}

static bool fail_parser(struct error *err, const char *path, const yaml_parser_t *parser)
{
    const char *problem = parser->problem == NULL ? "not valid YAML" : parser->problem;
    fail_at(err, path, parser->problem_mark, problem);
    if (parser->context != NULL)
        error_hint(err, "%s that began in line %zu", parser->context,
                   parser->context_mark.line + 1);
    return false;
}

static void delete_parser(yaml_parser_t *parser)
{
    yaml_parser_delete(parser);
}

static void delete_document(yaml_document_t *document)
{
    yaml_document_delete(document);
}

#define PARSER(name)                                                                               \
    __attribute__((cleanup(delete_parser))) yaml_parser_t name;                                    \
    if (!yaml_parser_initialize(&(name)))                                                          \
    bug("libyaml is out of memory")

static bool check_encoding(const char *path, const char *text, size_t len, struct error *err)
{
    size_t bad_offset;
    if (text_is_utf8(text, len, &bad_offset))
        return true;
    struct text_place place = text_place(text, len, bad_offset);
    return error_set(err, ERROR_CONFIG, "%s:%zu:%zu: not UTF-8 (byte 0x%02X)", path, place.line,
                     place.column, (unsigned char)text[bad_offset]);
}

// Depth, amount and number of documents, while nothing has been built yet.
static bool check_event(const yaml_event_t *event, const char *path, size_t *depth,
                        size_t *n_documents, struct error *err)
{
    bool is_start =
        event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT;
    bool is_end = event->type == YAML_SEQUENCE_END_EVENT || event->type == YAML_MAPPING_END_EVENT;
    *depth += is_start;
    *depth -= is_end;
    if (*depth > YAML_DEPTH_MAX)
        return error_set(err, ERROR_CONFIG, "%s:%zu:%zu: nested deeper than the limit of %d", path,
                         event->start_mark.line + 1, event->start_mark.column + 1, YAML_DEPTH_MAX);
    if (event->type == YAML_DOCUMENT_START_EVENT && ++*n_documents > 1)
        return fail_at(err, path, event->start_mark, "a second document, only one is read");
    return true;
}

static bool check_events(const char *path, const char *text, size_t len, struct error *err)
{
    PARSER(parser);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    size_t depth = 0;
    size_t n_documents = 0;
    for (bool is_over = false; !is_over;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event))
            return fail_parser(err, path, &parser);
        is_over = event.type == YAML_STREAM_END_EVENT;
        bool is_good = check_event(&event, path, &depth, &n_documents, err);
        yaml_event_delete(&event);
        TRY(is_good);
    }
    return true;
}

static const yaml_node_t *get_node(const struct builder *builder, int index)
{
    return yaml_document_get_node(builder->document, index);
}

static bool check_text(const struct builder *builder, const yaml_node_t *node, struct error *err)
{
    if (node->type != YAML_SCALAR_NODE)
        return fail_at(err, builder->path, node->start_mark, "a key must be a plain text");
    if (strlen((const char *)node->data.scalar.value) != node->data.scalar.length)
        return fail_at(err, builder->path, node->start_mark, "a text with a NUL character");
    return true;
}

static int compare_entries(const void *a, const void *b)
{
    const struct yaml_entry *one = *(const struct yaml_entry *const *)a;
    const struct yaml_entry *other = *(const struct yaml_entry *const *)b;
    int order = strcmp(one->key, other->key);
    return order != 0 ? order : (one > other) - (one < other);
}

static bool check_duplicates(const struct builder *builder, const struct yaml *map,
                             struct error *err)
{
    SCRATCH(tmp);
    const struct yaml_entry **sorted = mem_array(tmp, const struct yaml_entry *, map->n);
    for (size_t i = 0; i < map->n; i++)
        sorted[i] = &map->entries[i];
    if (map->n > 1)
        qsort(sorted, map->n, sizeof(*sorted), compare_entries);
    for (size_t i = 1; i < map->n; i++) {
        if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0)
            return error_set(err, ERROR_CONFIG, "%s:%zu:%zu: key '%s' is already in line %zu",
                             builder->path, sorted[i]->key_line, sorted[i]->key_column,
                             sorted[i]->key, sorted[i - 1]->key_line);
    }
    return true;
}

static bool build(struct builder *builder, const yaml_node_t *node, size_t depth, struct yaml **out,
                  struct error *err);

static bool build_map(struct builder *builder, const yaml_node_t *node, size_t depth,
                      struct yaml *map, struct error *err)
{
    map->kind = YAML_MAP;
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = get_node(builder, pair->key);
        TRY(check_text(builder, key, err));
        struct yaml_entry *entry = mem_append(builder->mem, map->entries, map->n);
        entry->key = mem_strdup(builder->mem, (const char *)key->data.scalar.value);
        entry->key_line = key->start_mark.line + 1;
        entry->key_column = key->start_mark.column + 1;
        TRY(build(builder, get_node(builder, pair->value), depth + 1, &entry->value, err));
    }
    return check_duplicates(builder, map, err);
}

static bool build_list(struct builder *builder, const yaml_node_t *node, size_t depth,
                       struct yaml *list, struct error *err)
{
    list->kind = YAML_LIST;
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        struct yaml **place = mem_append(builder->mem, list->items, list->n);
        TRY(build(builder, get_node(builder, *item), depth + 1, place, err));
    }
    return true;
}

// Aliases were resolved to the node itself, so depth and amount are counted again here.
static bool build(struct builder *builder, const yaml_node_t *node, size_t depth, struct yaml **out,
                  struct error *err)
{
    if (depth > YAML_DEPTH_MAX)
        return fail_at(err, builder->path, node->start_mark,
                       "an alias within itself, or nested too deep");
    if (++builder->n_nodes > YAML_NODES_MAX)
        return error_set(err, ERROR_CONFIG, "%s: more than the limit of %d values, aliases counted",
                         builder->path, YAML_NODES_MAX);
    if (node->tag != NULL && !text_starts_with((const char *)node->tag, CORE_TAGS))
        return fail_at(err, builder->path, node->start_mark,
                       "tags of one's own have no meaning here");
    struct yaml *yaml = mem_new(builder->mem, struct yaml);
    yaml->line = node->start_mark.line + 1;
    yaml->column = node->start_mark.column + 1;
    *out = yaml;
    if (node->type == YAML_MAPPING_NODE)
        return build_map(builder, node, depth, yaml, err);
    if (node->type == YAML_SEQUENCE_NODE)
        return build_list(builder, node, depth, yaml, err);
    TRY(check_text(builder, node, err));
    yaml->kind = YAML_SCALAR;
    yaml->text = mem_strdup(builder->mem, (const char *)node->data.scalar.value);
    yaml->is_quoted = node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return true;
}

// All nodes hang under `mem`.
static bool build_document(TALLOC_CTX *mem, const char *path, const char *text, size_t len,
                           struct yaml **out, struct error *err)
{
    PARSER(parser);
    __attribute__((cleanup(delete_document))) yaml_document_t document = {0};
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    if (!yaml_parser_load(&parser, &document))
        return fail_parser(err, path, &parser);
    struct builder builder = {.mem = mem, .path = path, .document = &document};
    const yaml_node_t *root = yaml_document_get_root_node(&document);
    if (root != NULL)
        return build(&builder, root, 1, out, err);
    *out = mem_new(mem, struct yaml);
    **out = (struct yaml){.kind = YAML_MAP, .line = 1, .column = 1};
    return true;
}

bool yaml_read(TALLOC_CTX *mem, const char *path, const char *text, size_t len, struct yaml **out,
               struct error *err)
{
    SCRATCH(tmp);
    TALLOC_CTX *nodes = talloc_named_const(tmp, 0, "yaml");
    struct yaml *root = NULL;
    TRY(check_encoding(path, text, len, err));
    TRY(check_events(path, text, len, err));
    TRY(build_document(nodes, path, text, len, &root, err));
    talloc_steal(mem, nodes);
    *out = root;
    return true;
}

const struct yaml *yaml_get(const struct yaml *map, const char *key)
{
    for (size_t i = 0; map->kind == YAML_MAP && i < map->n; i++) {
        if (strcmp(map->entries[i].key, key) == 0)
            return map->entries[i].value;
    }
    return NULL;
}

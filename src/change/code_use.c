/*
 * Code uses: where a program writes through an ORM, a query builder or SQL.
 *
 * A call is followed back to what it is called on: `Email.where(…).update_all(…)` to Email,
 * `@email.save!` to email, `knex("emails").insert(…)` to the string. What that is called is looked
 * up among the models and tables of the repository. Methods whose names have many meanings (update,
 * delete, create …) count only when that lookup finds a table.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/code_use.h"
#include "base/text.h"
#include "change/code_sql.h"
#include "change/inflection.h"
#include <ctype.h>

#define SEGMENTS_MAX 16

// Nothing but a write to a database is called this.
static const char *const sure_methods[] = {
    // Rails: Active Record Basics; ActiveRecord::Persistence, ::Relation
    "save",
    "save!",
    "update!",
    "create!",
    "destroy!",
    "update_all",
    "update_columns",
    "update_column",
    "update_attribute",
    "update_attributes",
    "update_attributes!",
    "destroy_all",
    "delete_all",
    "destroy_by",
    "delete_by",
    "insert_all",
    "insert_all!",
    "upsert_all",
    "touch_all",
    "increment!",
    "decrement!",
    "toggle!",
    "find_or_create_by",
    "find_or_create_by!",
    "create_or_find_by",
    "create_or_find_by!",
    "first_or_create",
    "first_or_create!",
    // Django: QuerySet API
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "update_or_create",
    "abulk_create",
    "abulk_update",
    "aupdate_or_create",
    "aget_or_create",
    "asave",
    "adelete",
    // Prisma, Sequelize, TypeORM, Laravel
    "updateMany",
    "deleteMany",
    "createMany",
    "createManyAndReturn",
    "updateManyAndReturn",
    "bulkCreate",
    "findOrCreate",
    "softDelete",
    "softRemove",
    "updateOrCreate",
    "firstOrCreate",
    "insertGetId",
    "insertOrIgnore",
    "saveMany",
};
// These have other meanings too.
static const char *const loose_methods[] = {
    "update",        "create", "delete",          "insert", "remove",  "destroy",
    "upsert",        "del",    "truncate",        "Update", "Updates", "UpdateColumn",
    "UpdateColumns", "Create", "CreateInBatches", "Save",   "Delete",  "increment",
    "decrement",     "toggle", "persist",         "merge",  "set",
};
// Calls whose argument names the table or the model.
static const char *const naming_calls[] = {
    "table", "from", "into", "knex", "trx", "db", "Table", "Model", "model", "getRepository",
};
// Calls that take the row or the model itself: session.add(email), update(Email).
static const char *const argument_calls[] = {
    "add",
    "add_all",
    "Save",
    "Create",
    "Delete",
    "persist",
    "merge",
    "update",
    "insert",
    "delete",
    "update_all",
    "insert_all",
    "delete_all",
    "bulk_insert_mappings",
    "bulk_update_mappings",
};

static bool is_one_of(const struct code_text *code, size_t i, const char *const *words, size_t n)
{
    for (size_t j = 0; j < n; j++)
        if (code_is_word(code, i, words[j]))
            return true;
    return false;
}
#define IS_ONE_OF(code, i, list) is_one_of(code, i, list, COUNT_OF(list))

static void add_use(TALLOC_CTX *mem, const struct code_text *code, size_t i, const char *table,
                    enum code_source source, struct code_uses *uses)
{
    size_t start = code->tokens[i].start;
    while (start > 0 && code->text[start - 1] != '\n')
        start--;
    const char *newline = memchr(code->text + start, '\n', code->len - start);
    size_t end = newline == NULL ? code->len : (size_t)(newline - code->text);
    *mem_append(mem, uses->list, uses->n) = (struct code_write){
        .line = code->tokens[i].line,
        .table = mem_strdup(mem, table),
        .source = source,
        .evidence = text_shorten(mem, code->text + start, end - start, 80),
        .is_data_change = true,
    };
}

// --- SQL

// Strings that are put together where they are written: "UPDATE t " + "SET a = 1", adjacent ones.
static size_t last_of_string(const struct code_text *code, size_t i)
{
    size_t last = i;
    for (size_t next = i + 1; next < code->n && next < last + 4; next++) {
        const struct code_token *token = &code->tokens[next];
        if (token->kind == CODE_STRING) {
            last = next;
            continue;
        }
        bool is_joint =
            token->kind == CODE_MARK && strchr("+.\\&~<", code->text[token->start]) != NULL;
        bool is_prefix = token->kind == CODE_WORD && token->end - token->start <= 2; // f"…"
        if (!is_joint && !is_prefix)
            break;
    }
    return last;
}

static void find_in_string(TALLOC_CTX *mem, const struct code_text *code, size_t first, size_t last,
                           const struct code_models *models, struct code_uses *uses)
{
    SCRATCH(tmp);
    char *text = mem_strdup(tmp, "");
    for (size_t i = first; i <= last; i++)
        if (code->tokens[i].kind == CODE_STRING)
            text = mem_printf(tmp, "%s%s%s", text, i == first ? "" : " ",
                              code_token_text(tmp, code, i));
    struct code_sql_write *writes = NULL;
    size_t n = 0;
    code_sql_find(tmp, text, strlen(text), &writes, &n);
    for (size_t i = 0; i < n; i++) {
        if (writes[i].table == NULL) {
            uses->has_unnamed = true;
            continue;
        }
        // JPQL and HQL name the class.
        const char *table = code_models_of_class(models, writes[i].table);
        struct code_write *use = mem_append(mem, uses->list, uses->n);
        use->line = code->tokens[first].line;
        for (size_t at = 0; first == last && at < writes[i].offset; at++)
            use->line += text[at] == '\n';
        use->table = mem_strdup(mem, table != NULL ? table : writes[i].table);
        use->source = CODE_SQL;
        use->evidence = mem_strdup(mem, writes[i].evidence);
        use->is_data_change = true;
    }
}

void code_uses_sql(TALLOC_CTX *mem, const struct code_text *code, const struct code_models *models,
                   struct code_uses *uses)
{
    for (size_t i = 0; i < code->n; i++) {
        if (code->tokens[i].kind != CODE_STRING)
            continue;
        size_t last = last_of_string(code, i);
        find_in_string(mem, code, i, last, models, uses);
        i = last;
    }
}

// --- chains of calls

struct chain {
    size_t words[SEGMENTS_MAX]; // the nearest first
    size_t n;
};

// Is there a separator of a call in front of token `i`? `before` is then the token in front of it.
static bool separator_before(const struct code_text *code, size_t i, size_t *before)
{
    size_t at = i;
    if (at > 0 && code_is_mark(code, at - 1, '.'))
        at--;
    else if (at > 1 && code_is_mark(code, at - 1, '>') && code_is_mark(code, at - 2, '-'))
        at -= 2;
    else if (at > 1 && code_is_mark(code, at - 1, ':') && code_is_mark(code, at - 2, ':'))
        at -= 2;
    else
        return false;
    while (at > 0 && (code_is_mark(code, at - 1, '?') || code_is_mark(code, at - 1, '!') ||
                      code_is_mark(code, at - 1, '&')))
        at--;
    if (at == 0)
        return false;
    *before = at - 1;
    return true;
}

// Behind a closing bracket: the token of its opening one; `i` itself when there is none.
static size_t skip_brackets(const struct code_text *code, size_t i)
{
    int depth = 0;
    for (size_t at = i + 1; at-- > 0;) {
        if (code_is_mark(code, at, ')') || code_is_mark(code, at, ']') ||
            code_is_mark(code, at, '}'))
            depth++;
        if (code_is_mark(code, at, '(') || code_is_mark(code, at, '[') ||
            code_is_mark(code, at, '{'))
            depth--;
        if (depth == 0)
            return at;
    }
    return i;
}

static void chain_read(const struct code_text *code, size_t method, struct chain *chain)
{
    size_t at = method;
    size_t before;
    while (chain->n < SEGMENTS_MAX && separator_before(code, at, &before)) {
        at = before;
        while (code_is_mark(code, at, ')') || code_is_mark(code, at, ']') ||
               code_is_mark(code, at, '}')) {
            size_t open = skip_brackets(code, at);
            if (open == at || open == 0)
                return;
            at = open - 1;
        }
        if (code->tokens[at].kind != CODE_WORD)
            return;
        chain->words[chain->n++] = at;
    }
}

static bool is_class_name(const char *word)
{
    return isupper((unsigned char)word[0]) &&
           word[strcspn(word, "abcdefghijklmnopqrstuvwxyz")] != '\0';
}

// The table of one word: a class, or a variable.
static const char *table_of_word(TALLOC_CTX *mem, const struct code_text *code, size_t i,
                                 const struct code_models *models)
{
    SCRATCH(tmp);
    if (i >= code->n || code->tokens[i].kind != CODE_WORD)
        return NULL;
    const char *word = code_token_text(tmp, code, i);
    const char *table = code_models_of_class(models, word);
    if (table != NULL)
        return mem_strdup(mem, table);
    return code_models_of_variable(mem, models, word);
}

// What stands in the brackets behind `i`: a string, &email, Email, new Email.
static const char *table_of_argument(TALLOC_CTX *mem, const struct code_text *code, size_t i,
                                     const struct code_models *models, bool takes_string)
{
    size_t at = i + 1;
    if (!code_is_mark(code, at, '('))
        return NULL;
    at++;
    while (code_is_mark(code, at, '&') || code_is_mark(code, at, '*') ||
           code_is_mark(code, at, ':') || code_is_word(code, at, "new"))
        at++;
    if (at >= code->n)
        return NULL;
    if (code->tokens[at].kind == CODE_STRING) {
        char *text = code_token_text(mem, code, at);
        bool is_name = text[0] != '\0' &&
                       text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                         "0123456789_.")] == '\0';
        return is_name && takes_string ? text : NULL;
    }
    // "models.Email": the last of the words.
    while (code_is_mark(code, at + 1, '.') && at + 2 < code->n &&
           code->tokens[at + 2].kind == CODE_WORD)
        at += 2;
    return table_of_word(mem, code, at, models);
}

static const char *table_of_chain(TALLOC_CTX *mem, const struct code_text *code,
                                  const struct chain *chain, const struct code_models *models)
{
    for (size_t i = 0; i < chain->n; i++) {
        size_t word = chain->words[i];
        const char *table = NULL;
        if (IS_ONE_OF(code, word, naming_calls))
            table = table_of_argument(mem, code, word, models, true);
        bool is_call = code_is_mark(code, word + 1, '(');
        SCRATCH(tmp);
        if (table == NULL && (!is_call || is_class_name(code_token_text(tmp, code, word))))
            table = table_of_word(mem, code, word, models);
        if (table != NULL)
            return table;
    }
    return NULL;
}

// Nothing is known of the repository's tables, or the language's convention is strong enough: a
// class of Rails, a variable that is named like a row.
static char *guess_table(TALLOC_CTX *mem, const struct code_text *code, const struct chain *chain,
                         const struct code_models *models)
{
    static const char *const general[] = {
        "self",     "this",   "record", "item",   "object",   "obj",        "model",
        "instance", "form",   "row",    "entity", "data",     "result",     "session",
        "tx",       "db",     "conn",   "file",   "image",    "serializer", "workbook",
        "document", "canvas", "plt",    "config", "settings", "cache",      "store"};
    SCRATCH(tmp);
    const char *word = code_token_text(tmp, code, chain->words[0]);
    if (is_class_name(word)) // also Mail::Category
        return code_is_ruby(code) ? inflection_table(mem, word) : NULL;
    if (chain->n != 1)
        return NULL;
    bool is_known_repository = models->n > 0 || models->n_tables > 0;
    if (is_known_repository || strlen(word) < 3 || IS_ONE_OF(code, chain->words[0], general) ||
        code_is_mark(code, chain->words[0] + 1, '('))
        return NULL;
    return inflection_table(mem, word + strspn(word, "@"));
}

// A write through something without a name: to the models that this file speaks of.
static void add_mentioned(TALLOC_CTX *mem, const struct code_text *code, size_t method,
                          const struct code_models *models, struct code_uses *uses)
{
    size_t before = uses->n;
    for (size_t i = 0; i < code->n; i++) {
        SCRATCH(tmp);
        if (code->tokens[i].kind != CODE_WORD)
            continue;
        const char *table = code_models_of_class(models, code_token_text(tmp, code, i));
        bool is_new = table != NULL;
        for (size_t j = before; j < uses->n && is_new; j++)
            is_new = strcmp(uses->list[j].table, table) != 0;
        if (is_new)
            add_use(mem, code, method, table, CODE_MODEL, uses);
    }
    if (uses->n == before)
        uses->has_unnamed = true;
}

// session.add(email), entityManager.persist(email); a set has an add, too.
static bool is_on_session(const struct code_text *code, const struct chain *chain)
{
    SCRATCH(tmp);
    const char *word = text_lower(tmp, code_token_text(tmp, code, chain->words[0]));
    return strstr(word, "session") != NULL || strstr(word, "manager") != NULL ||
           strstr(word, "repo") != NULL || strcmp(word, "db") == 0 || strcmp(word, "em") == 0 ||
           strcmp(word, "tx") == 0;
}

static void take_method(TALLOC_CTX *mem, const struct code_text *code, size_t i, bool is_sure,
                        const struct code_models *models, struct code_uses *uses)
{
    struct chain chain = {0};
    const char *table = NULL;
    chain_read(code, i, &chain);
    if (chain.n == 0)
        return;
    if (is_sure || IS_ONE_OF(code, i, loose_methods))
        table = table_of_chain(mem, code, &chain, models);
    if (table == NULL && IS_ONE_OF(code, i, argument_calls) && is_on_session(code, &chain))
        table = table_of_argument(mem, code, i, models, is_sure);
    if (table == NULL && is_sure)
        table = guess_table(mem, code, &chain, models);
    if (table != NULL)
        add_use(mem, code, i, table, CODE_MODEL, uses);
    else if (is_sure && !code_is_word(code, i, "save"))
        add_mentioned(mem, code, i, models, uses);
}

// SQLAlchemy, drizzle: update(Email), insert(emails): a function, not a method.
static void take_function(TALLOC_CTX *mem, const struct code_text *code, size_t i,
                          const struct code_models *models, struct code_uses *uses)
{
    SCRATCH(tmp);
    if (!code_is_mark(code, i + 1, '(') || i + 2 >= code->n ||
        code->tokens[i + 2].kind != CODE_WORD)
        return;
    const char *table = code_models_of_class(models, code_token_text(tmp, code, i + 2));
    if (table != NULL)
        add_use(mem, code, i, table, CODE_MODEL, uses);
}

// email.category = "brief"
static void take_assignment(TALLOC_CTX *mem, const struct code_text *code, size_t i,
                            const struct code_models *models, struct code_uses *uses)
{
    bool is_assignment = code_is_mark(code, i + 1, '.') && i + 3 < code->n &&
                         code->tokens[i + 2].kind == CODE_WORD && code_is_mark(code, i + 3, '=') &&
                         !code_is_mark(code, i + 4, '=') && !code_is_mark(code, i + 4, '~') &&
                         !code_is_mark(code, i + 4, '>');
    size_t before;
    if (!is_assignment || separator_before(code, i, &before))
        return;
    SCRATCH(tmp);
    const char *word = code_token_text(tmp, code, i);
    const char *table =
        isupper((unsigned char)word[0]) ? NULL : code_models_of_variable(tmp, models, word);
    if (table != NULL)
        add_use(mem, code, i, table, CODE_MODEL, uses);
}

void code_uses_model(TALLOC_CTX *mem, const struct code_text *code,
                     const struct code_models *models, struct code_uses *uses)
{
    for (size_t i = 0; i < code->n; i++) {
        if (code->tokens[i].kind != CODE_WORD)
            continue;
        size_t before;
        bool is_method = separator_before(code, i, &before);
        bool is_sure = IS_ONE_OF(code, i, sure_methods);
        if (is_method &&
            (is_sure || IS_ONE_OF(code, i, loose_methods) || IS_ONE_OF(code, i, argument_calls)))
            take_method(mem, code, i, is_sure, models, uses);
        else if (!is_method && (code_is_word(code, i, "update") ||
                                code_is_word(code, i, "insert") || code_is_word(code, i, "delete")))
            take_function(mem, code, i, models, uses);
        else
            take_assignment(mem, code, i, models, uses);
    }
}

/*
 * Code model scan: the model classes that one source file defines, line by line.
 *
 * Each row of the table below is a form that a framework's manual shows. A line may begin a class,
 * and a later line may name the table of the class that was begun last.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "base/text.h"
#include "change/code_model.h"
#include "change/inflection.h"
#include "change/line.h"
#include <ctype.h>

enum form {
    FORM_CLASS,      // a model: its table follows from its name, until a line names it
    FORM_PENDING,    // perhaps a model: only if a line names its table
    FORM_TABLE,      // names the table of the class begun last
    FORM_NEXT_TABLE, // an annotation: names the table of the class that follows
    FORM_NEXT_CLASS, // an annotation: the class that follows is a model
    FORM_DEFINE,     // define("Email": name in quotes
};

enum naming { NAMING_PLURAL, NAMING_DJANGO, NAMING_SNAKE, NAMING_SAME };

static const struct {
    const char *ending;
    const char *start; // the line, blanks before it skipped, starts with this …
    const char *holds; // … and holds this
    enum form form;
    enum naming naming;
} forms[] = {
    // Rails: Active Record Basics, "Naming Conventions", "Overriding the Naming Conventions"
    {".rb", "class ", "< ApplicationRecord", FORM_CLASS, NAMING_PLURAL},
    {".rb", "class ", "< ActiveRecord::Base", FORM_CLASS, NAMING_PLURAL},
    {".rb", "self.table_name", "=", FORM_TABLE, NAMING_SAME},
    // Django: Model Meta options, "db_table"; SQLAlchemy: Declarative Table
    {".py", "class ", "models.Model)", FORM_CLASS, NAMING_DJANGO},
    {".py", "class ", "models.Model,", FORM_CLASS, NAMING_DJANGO},
    {".py", "class ", "(", FORM_PENDING, NAMING_SAME},
    {".py", "db_table", "=", FORM_TABLE, NAMING_SAME},
    {".py", "__tablename__", "=", FORM_TABLE, NAMING_SAME},
    // Prisma: schema reference, "model", "@@map"
    {".prisma", "model ", "{", FORM_CLASS, NAMING_SAME},
    {".prisma", "@@map(", "", FORM_TABLE, NAMING_SAME},
    // TypeORM: Entities, "@Entity"; Sequelize: Model Basics
    {".ts", "@Entity(", "", FORM_NEXT_CLASS, NAMING_SNAKE},
    {".ts", "export class ", "", FORM_PENDING, NAMING_SNAKE},
    {".ts", "class ", "", FORM_PENDING, NAMING_SNAKE},
    {".ts", "", "equelize.define(", FORM_DEFINE, NAMING_PLURAL},
    {".js", "", "equelize.define(", FORM_DEFINE, NAMING_PLURAL},
    {".js", "tableName:", "", FORM_TABLE, NAMING_SAME},
    {".ts", "tableName:", "", FORM_TABLE, NAMING_SAME},
    // gorm: Conventions, "TableName"
    {".go", "type ", " struct", FORM_PENDING, NAMING_SAME},
    {".go", "func (", ") TableName() string", FORM_PENDING, NAMING_SAME},
    {".go", "return \"", "", FORM_TABLE, NAMING_SAME},
    // Jakarta Persistence: @Entity, @Table(name = …)
    {".java", "@Entity", "", FORM_NEXT_CLASS, NAMING_SNAKE},
    {".java", "@Table(", "name", FORM_NEXT_TABLE, NAMING_SAME},
    {".java", "public class ", "", FORM_PENDING, NAMING_SNAKE},
    {".java", "class ", "", FORM_PENDING, NAMING_SNAKE},
    {".kt", "@Entity", "", FORM_NEXT_CLASS, NAMING_SNAKE},
    {".kt", "@Table(", "name", FORM_NEXT_TABLE, NAMING_SAME},
    {".kt", "class ", "", FORM_PENDING, NAMING_SNAKE},
    {".kt", "data class ", "", FORM_PENDING, NAMING_SNAKE},
    // Ecto: Ecto.Schema
    {".ex", "defmodule ", "", FORM_PENDING, NAMING_SAME},
    {".ex", "schema \"", "", FORM_TABLE, NAMING_SAME},
    // Laravel: Eloquent, "Table Names"
    {".php", "class ", "extends Model", FORM_CLASS, NAMING_PLURAL},
    {".php", "protected $table", "=", FORM_TABLE, NAMING_SAME},
};

struct model_scan {
    TALLOC_CTX *mem;
    struct code_models *models;
    const char *path;
    const char *name; // the class begun last, or NULL
    size_t line;
    bool is_added;          // it is in the list, as its last element
    bool next_is_model;     // an annotation said so
    const char *next_table; // an annotation named it
    bool awaits_table;      // gorm: the return of TableName follows
};

// The name behind "class ", "model ", "func (e *": the last word before one of " <({:)".
static char *class_name(TALLOC_CTX *mem, const char *line, const char *start)
{
    const char *at = line + strlen(start);
    if (strcmp(start, "func (") == 0) {
        size_t receiver = strcspn(at, ")");
        char *inner = mem_strndup(mem, at, receiver);
        char *last = strrchr(inner, ' ');
        last = last == NULL ? inner : last + 1;
        return last + strspn(last, "*");
    }
    size_t len = 0;
    while (isalnum((unsigned char)at[len]) ||
           strchr("_:.", at[len] == '\0' ? ' ' : at[len]) != NULL)
        len++;
    char *name = mem_strndup(mem, at, len);
    while (len > 0 && strchr(":.", name[len - 1]) != NULL)
        name[--len] = '\0';
    char *colon = strrchr(name, ':');
    char *dot = strrchr(name, '.');
    return colon != NULL ? colon + 1 : dot != NULL ? dot + 1 : name;
}

// The first text in quotes, or behind a Ruby symbol's colon.
static char *quoted(TALLOC_CTX *mem, const char *line)
{
    const char *quote = strpbrk(line, "\"'");
    if (quote != NULL) {
        size_t len = strcspn(quote + 1, "\"'");
        return len == 0 ? NULL : mem_strndup(mem, quote + 1, len);
    }
    const char *colon = strstr(line, "= :");
    return colon == NULL ? NULL
                         : mem_strndup(mem, colon + 3,
                                       strspn(colon + 3, "abcdefghijklmnopqrstuvwxyz"
                                                         "_0123456789"));
}

// Django: the application's label and the class, lower case: mail_email.
static char *django_table(TALLOC_CTX *mem, const char *path, const char *name)
{
    const char *folder = file_folder(mem, path);
    if (strcmp(file_base(folder), "models") == 0)
        folder = file_folder(mem, folder);
    return text_lower(mem, mem_printf(mem, "%s_%s", file_base(folder), name));
}

static char *table_of(TALLOC_CTX *mem, enum naming naming, const char *path, const char *name)
{
    switch (naming) {
    case NAMING_PLURAL: return inflection_table(mem, name);
    case NAMING_DJANGO: return django_table(mem, path, name);
    case NAMING_SNAKE: return inflection_snake(mem, name);
    case NAMING_SAME: break;
    }
    return mem_strdup(mem, name);
}

static void begin_class(struct model_scan *scan, const char *name, bool is_model,
                        enum naming naming, size_t line)
{
    // Django: "class Meta(Base.Meta)" stands inside of the model whose table it names.
    if (name[0] == '\0' || strcmp(name, "Meta") == 0)
        return;
    scan->name = name;
    scan->line = line;
    scan->is_added = is_model || scan->next_is_model || scan->next_table != NULL;
    if (scan->is_added)
        code_model_add(scan->mem, scan->models, name,
                       scan->next_table != NULL ? scan->next_table
                                                : table_of(scan->mem, naming, scan->path, name),
                       scan->path, line);
    scan->next_is_model = false;
    scan->next_table = NULL;
}

static void name_table(struct model_scan *scan, const char *table)
{
    if (scan->name == NULL || table == NULL)
        return;
    if (scan->is_added)
        scan->models->list[scan->models->n - 1].table = table;
    else
        code_model_add(scan->mem, scan->models, scan->name, table, scan->path, scan->line);
    scan->is_added = true;
}

static void take_form(struct model_scan *scan, size_t i, const char *text, size_t line)
{
    char *name = class_name(scan->mem, text, forms[i].start);
    switch (forms[i].form) {
    case FORM_CLASS: begin_class(scan, name, true, forms[i].naming, line); return;
    case FORM_PENDING:
        begin_class(scan, name, false, forms[i].naming, line);
        scan->awaits_table = strcmp(forms[i].start, "func (") == 0;
        return;
    case FORM_TABLE:
        if (strcmp(forms[i].ending, ".go") == 0 && !scan->awaits_table)
            return;
        name_table(scan, quoted(scan->mem, text));
        scan->awaits_table = false;
        return;
    case FORM_NEXT_TABLE: scan->next_table = quoted(scan->mem, text); return;
    case FORM_NEXT_CLASS:
        scan->next_is_model = true;
        if (strstr(text, "name:") != NULL || strstr(text, "Entity('") != NULL ||
            strstr(text, "Entity(\"") != NULL)
            scan->next_table = quoted(scan->mem, text);
        return;
    case FORM_DEFINE:
        name = quoted(scan->mem, strstr(text, "define("));
        if (name != NULL)
            begin_class(scan, name, true, NAMING_PLURAL, line);
        return;
    }
}

void code_models_scan(TALLOC_CTX *mem, const char *path, const char *text, size_t len,
                      struct code_models *models)
{
    struct model_scan scan = {.mem = mem, .models = models, .path = path};
    for (struct line line = {.text = text}; line_next(&line, len);) {
        SCRATCH(tmp);
        const char *copy = line_copy(tmp, &line);
        copy += strspn(copy, " \t");
        for (size_t i = 0; i < COUNT_OF(forms); i++) {
            if (!text_ends_with(path, forms[i].ending) || !text_starts_with(copy, forms[i].start) ||
                strstr(copy, forms[i].holds) == NULL)
                continue;
            take_form(&scan, i, copy, line.number);
            break;
        }
    }
}

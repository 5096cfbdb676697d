/*
 * Command lines: what a person types, quoted for a POSIX shell.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "change/layout.h"
#include "plan/making.h"

#define AFTER_RELEASE "--after-release"

char *command_of(TALLOC_CTX *mem, const char *const *argv)
{
    SCRATCH(tmp);
    char *line = NULL;

    for (size_t i = 0; argv != NULL && argv[i] != NULL; i++)
        line = mem_printf(tmp, "%s%s%s", line == NULL ? "" : line, line == NULL ? "" : " ",
                          text_shell_quoted(tmp, argv[i]));
    return mem_strdup(mem, line);
}

char *command_tminus(const struct making *making, const char *verb)
{
    const struct plan_facts *facts = making->facts;

    return mem_printf(making->mem, "tminus %s%s%s%s%s", verb, facts->options[0] == '\0' ? "" : " ",
                      facts->options, facts->paths[0] == '\0' ? "" : " ", facts->paths);
}

char *command_assessment(const struct making *making)
{
    const struct plan_facts *facts = making->facts;

    return mem_printf(making->mem, "tminus assess%s%s%s%s",
                      facts->assess_options[0] == '\0' ? "" : " ", facts->assess_options,
                      facts->paths[0] == '\0' ? "" : " ", facts->paths);
}

char *command_query(const struct making *making, const char *sql)
{
    if (making->facts->client == NULL)
        return command_tminus(making, "plan --check");
    return mem_printf(making->mem, "%s %s", making->facts->client,
                      text_shell_quoted(making->mem, sql));
}

// A text in double quotes, with a backslash before each of `special`.
static char *code_quoted(TALLOC_CTX *mem, const char *text, const char *special)
{
    char *quoted = mem_array(mem, char, 2 * strlen(text) + 3);
    char *at = quoted;

    *at++ = '"';
    for (; *text != '\0'; text++) {
        if (strchr(special, *text) != NULL)
            *at++ = '\\';
        *at++ = *text == '\n' ? ' ' : *text;
    }
    *at = '"';
    return quoted;
}

char *command_console(const struct making *making, const char *sql)
{
    SCRATCH(tmp);
    TALLOC_CTX *mem = making->mem;

    switch (making->facts->console) {
    case CONSOLE_CLIENT: return command_query(making, sql);
    case CONSOLE_RAILS:
        return mem_printf(mem, "bin/rails runner %s",
                          text_shell_quoted(tmp, mem_printf(tmp,
                                                            "puts ActiveRecord::Base.connection"
                                                            ".select_rows(%s).inspect",
                                                            code_quoted(tmp, sql, "\"\\#"))));
    case CONSOLE_DJANGO:
        return mem_printf(mem, "python3 manage.py shell -c %s",
                          text_shell_quoted(tmp, mem_printf(tmp,
                                                            "from django.db import connection; c = "
                                                            "connection.cursor(); c.execute(%s); "
                                                            "print(c.fetchall())",
                                                            code_quoted(tmp, sql, "\"\\"))));
    }
    bug("console %d", (int)making->facts->console);
}

// --- the layouts' own tools. Source: each tool's manual of its command line; %V is the version,
// %N the name, %F the folder, %U the URL, %D the dialect, %S how many are undone.

struct tool_command {
    const char *layout;
    const char *apply, *undo; // NULL: the tool has no such command
    bool undoes_one;          // at a time, whatever %S
};

static const struct tool_command tool_commands[] = {
    {"rails", "bin/rails db:migrate VERSION=%V", "bin/rails db:rollback STEP=%S", false},
    {"alembic", "alembic upgrade %V", "alembic downgrade -%S", false},
    {"django", "python3 manage.py migrate", NULL, false},
    {"flyway", "flyway -target=%V migrate", NULL, false},
    {"golang-migrate", "migrate -path %F -database %U goto %V",
     "migrate -path %F -database %U down %S", false},
    {"goose", "goose -dir %F %D %U up-to %V", "goose -dir %F %D %U down", true},
    {"dbmate", "dbmate --migrations-dir %F --url %U up", "dbmate --migrations-dir %F --url %U down",
     true},
    {"sqitch", "sqitch deploy --to-change %N", "sqitch revert --to @HEAD^%S", false},
    {"prisma", "npx prisma migrate deploy", NULL, false},
    {"diesel", "diesel migration run", "diesel migration revert --number %S", false},
};

static const struct tool_command *tool_of(const struct making *making)
{
    const struct migration_layout *layout = making->facts->change->layout;

    for (size_t i = 0; layout != NULL && i < COUNT_OF(tool_commands); i++)
        if (strcmp(tool_commands[i].layout, layout->name) == 0)
            return &tool_commands[i];
    return NULL;
}

static char *put_in(const struct making *making, const char *format,
                    const struct migration *migration, size_t n)
{
    SCRATCH(tmp);
    char *text = mem_strdup(tmp, "");

    for (const char *at = format; *at != '\0'; at++) {
        const char *value = NULL;
        if (*at == '%' && at[1] == 'V')
            value = text_shell_quoted(tmp, migration->version);
        else if (*at == '%' && at[1] == 'N')
            value = text_shell_quoted(tmp, migration->name);
        else if (*at == '%' && at[1] == 'F')
            value = making->facts->folder == NULL ? "." : making->facts->folder;
        else if (*at == '%' && at[1] == 'U')
            value = making->facts->url;
        else if (*at == '%' && at[1] == 'D')
            value = making->facts->assessment->dialect == DIALECT_SQLITE ? "sqlite3" : "postgres";
        else if (*at == '%' && at[1] == 'S')
            value = mem_printf(tmp, "%zu", n);
        text = value == NULL ? mem_printf(tmp, "%s%c", text, *at)
                             : mem_printf(tmp, "%s%s", text, value);
        at += value != NULL;
    }
    return mem_strdup(making->mem, text);
}

char *command_apply(const struct making *making, const struct migration *migration)
{
    SCRATCH(tmp);
    const struct tool_command *tool = tool_of(making);

    if (!making->facts->runs_migrations && tool != NULL)
        return put_in(making, tool->apply, migration, 1);
    const char *version = migration->version == NULL ? "" : migration->version;
    char *command =
        command_tminus(making, mem_printf(tmp, "migrate --to %s", text_shell_quoted(tmp, version)));
    // Which half of the configured folders; what paths name is run as it is, and the options of a
    // plan of that half say it already.
    if (migration->phase != PHASE_AFTER_RELEASE || making->facts->paths[0] != '\0' ||
        strstr(making->facts->options, AFTER_RELEASE) != NULL)
        return command;
    return mem_printf(making->mem, "%s " AFTER_RELEASE, command);
}

char *command_undo(const struct making *making, size_t n)
{
    SCRATCH(tmp);
    const struct tool_command *tool = tool_of(making);

    if (making->facts->runs_migrations || tool == NULL)
        return command_tminus(making, mem_printf(tmp, "migrate --undo --steps %zu", n));
    if (tool->undo == NULL)
        return NULL;
    char *command = put_in(making, tool->undo, NULL, n);
    for (size_t i = 1; tool->undoes_one && i < n; i++)
        command = mem_printf(making->mem, "%s\n%s", command, put_in(making, tool->undo, NULL, n));
    return command;
}

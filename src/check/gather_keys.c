/*
 * Keys of the environment that the release will run in: their names, and whether somebody still has
 * to fill them in. Values are looked at here and go nowhere.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "base/text.h"
#include "check/gather.h"
#include "check/gather_command.h"

#define ENVIRONMENT_MAX ((size_t)4 * 1024 * 1024)

// What nobody means to leave there, as whole words or anywhere in it.
static const char *const placeholder_words[] = {
    "changeme",    "change_me", "change-me", "todo",       "fixme", "tbd",  "xxx",      "xxxx",
    "placeholder", "dummy",     "replaceme", "replace_me", "none",  "null", "undefined"};
static const char *const placeholder_parts[] = {"example.com", "example.org", "your_", "your-",
                                                "changeme",    "<",           "${"};

static bool is_placeholder(TALLOC_CTX *mem, const char *value)
{
    char *lower = text_lower(mem, value);

    if (word_in(lower, placeholder_words, COUNT_OF(placeholder_words)))
        return true;
    for (size_t i = 0; i < COUNT_OF(placeholder_parts); i++)
        if (strstr(lower, placeholder_parts[i]) != NULL)
            return true;
    return false;
}

// --- lines of NAME=VALUE

static char *trimmed(TALLOC_CTX *mem, const char *text, size_t len)
{
    while (len > 0 && strchr(" \t\r", text[0]) != NULL) {
        text++;
        len--;
    }
    while (len > 0 && strchr(" \t\r", text[len - 1]) != NULL)
        len--;
    bool is_quoted = len >= 2 && (text[0] == '"' || text[0] == '\'') && text[len - 1] == text[0];
    return is_quoted ? mem_strndup(mem, text + 1, len - 2) : mem_strndup(mem, text, len);
}

static struct gate_key *find_key(struct gate_facts *facts, const char *name)
{
    for (size_t i = 0; i < facts->n_keys; i++)
        if (strcmp(facts->keys[i].name, name) == 0)
            return &facts->keys[i];
    return NULL;
}

// A name alone says that it is there: some commands tell no values.
static void take_line(struct gate_facts *facts, const char *line, size_t len)
{
    SCRATCH(tmp);
    const char *equals = memchr(line, '=', len);
    size_t name_len = equals == NULL ? len : (size_t)(equals - line);
    const char *name = trimmed(tmp, line, name_len);

    if (text_starts_with(name, "export "))
        name = trimmed(tmp, name + 7, strlen(name + 7));
    struct gate_key *key = find_key(facts, name);
    if (key == NULL)
        return;
    key->is_there = true;
    if (equals == NULL)
        return;
    const char *value = trimmed(tmp, equals + 1, len - name_len - 1);
    key->is_empty = *value == '\0';
    key->is_placeholder = is_placeholder(tmp, value);
}

static void take_lines(struct gate_facts *facts, const char *text, size_t len, char end)
{
    for (size_t at = 0; at < len;) {
        const char *found = memchr(text + at, end, len - at);
        size_t line = found == NULL ? len - at : (size_t)(found - text) - at;
        if (line > 0 && text[at] != '#')
            take_line(facts, text + at, line);
        at += line + 1;
    }
}

// --- where they are looked for

static bool read_process(TALLOC_CTX *mem, const char *pid_file, char **text, size_t *len,
                         struct error *err)
{
    char *number;
    size_t n;

    TRY(file_read(mem, pid_file, 64, &number, &n, err));
    char *pid = trimmed(mem, number, strcspn(number, "\n"));
    if (*pid == '\0' || pid[strspn(pid, "0123456789")] != '\0')
        return error_set(err, ERROR_INPUT, "%s: no process number", pid_file);
    return file_read(mem, mem_printf(mem, "/proc/%s/environ", pid), ENVIRONMENT_MAX, text, len,
                     err);
}

static bool read_keys(TALLOC_CTX *mem, const struct poll_request *request, char **text, size_t *len,
                      char *end, struct error *err)
{
    const struct config_gates *gates = &request->environment->gates;

    *end = '\n';
    if (gates->keys_file != NULL)
        return file_read(mem, config_resolve(mem, request->config, gates->keys_file),
                         ENVIRONMENT_MAX, text, len, err);
    if (gates->keys_pid_file != NULL) {
        *end = '\0';
        return read_process(mem, config_resolve(mem, request->config, gates->keys_pid_file), text,
                            len, err);
    }
    if (gates->n_keys_command == 0)
        return error_set(err, ERROR_CONFIG,
                         "keys: where they are is not configured: file, "
                         "pid_file or command");
    return gather_command(mem, request, gates->keys_command, gates->n_keys_command, text, len, err);
}

bool gather_keys(TALLOC_CTX *mem, const struct poll_request *request, struct gate_facts *facts,
                 struct error *err)
{
    SCRATCH(tmp);
    const struct config_gates *gates = facts->gates;
    struct error failure = {0};
    char *text, end;
    size_t len;

    if (gates->n_keys == 0)
        return true;
    for (size_t i = 0; i < gates->n_keys; i++)
        mem_append(mem, facts->keys, facts->n_keys)->name = gates->keys[i];
    if (read_keys(tmp, request, &text, &len, &end, &failure)) {
        take_lines(facts, text, len, end);
        return true;
    }
    if (failure.code == ERROR_INTERRUPTED) {
        *err = failure;
        return false;
    }
    facts->keys_unknown = mem_strdup(mem, failure.message);
    return true;
}

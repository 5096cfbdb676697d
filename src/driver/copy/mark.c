/*
 * Marks: making, writing and reading them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/copy/mark.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include <inttypes.h>
#include <sys/random.h>
#include <unistd.h>

#define PREFIX "tminus copy "
#define START_FIELD 20 // of /proc/PID/stat, counted from the state, which stands behind the name

// 0: there is no such process, or it cannot be seen.
static int64_t process_start(int64_t pid)
{
    SCRATCH(tmp);
    struct error ignored;
    char *text;
    size_t len;
    const char *path = mem_printf(tmp, "/proc/%" PRId64 "/stat", pid);
    if (!file_read(tmp, path, 4096, &text, &len, &ignored))
        return 0;
    const char *at = strrchr(text, ')'); // a program's name may hold anything
    for (int i = 0; at != NULL && i < START_FIELD; i++)
        at = strchr(at + 1, ' ');
    return at == NULL ? 0 : strtoll(at, NULL, 10);
}

static void boot_id(char out[40])
{
    SCRATCH(tmp);
    struct error ignored;
    char *text;
    size_t len;
    out[0] = '\0';
    if (file_read(tmp, "/proc/sys/kernel/random/boot_id", 64, &text, &len, &ignored))
        snprintf(out, 40, "%.*s", (int)strcspn(text, "\n"), text);
}

struct mark mark_make(const char *kind)
{
    struct mark mark = {.pid = getpid(), .since_ms = clock_wall_ms()};
    uint32_t token = 0;
    snprintf(mark.kind, sizeof mark.kind, "%s", kind);
    boot_id(mark.boot);
    mark.started = process_start(mark.pid);
    while (token == 0) {
        if (getrandom(&token, sizeof token, 0) != sizeof token)
            bug("getrandom failed");
        token &= 0x7fffffff; // a server's advisory lock takes a signed number
    }
    mark.token = token;
    return mark;
}

char *mark_text(TALLOC_CTX *mem, const struct mark *mark)
{
    SCRATCH(tmp);
    json_auto_t *object = json_object();
    json_put_text(object, "kind", mark->kind);
    json_put_integer(object, "pid", mark->pid);
    json_put_integer(object, "started", mark->started);
    json_put_text(object, "boot", mark->boot);
    json_put_text(object, "since", clock_format(mark->since_ms).text);
    json_put_integer(object, "token", mark->token);
    return mem_printf(mem, PREFIX "%s", json_canonical(tmp, object));
}

static bool copy_text(char *out, size_t size, const json_t *object, const char *name)
{
    const char *text = json_get_text(object, name);
    return text != NULL && (size_t)snprintf(out, size, "%s", text) < size;
}

bool mark_read(const char *text, struct mark *out)
{
    struct error ignored;
    struct mark mark = {0};
    json_t *read;
    if (text == NULL || !text_starts_with(text, PREFIX))
        return false;
    text += strlen(PREFIX);
    if (!json_read("mark", text, strcspn(text, "\n"), &read, &ignored))
        return false;
    json_auto_t *object = read;
    const char *since = json_get_text(object, "since");
    mark.pid = json_get_integer(object, "pid", 0);
    mark.started = json_get_integer(object, "started", 0);
    mark.token = json_get_integer(object, "token", 0);
    if (!copy_text(mark.kind, sizeof mark.kind, object, "kind") ||
        !copy_text(mark.boot, sizeof mark.boot, object, "boot") || since == NULL ||
        !clock_parse(since, &mark.since_ms, &ignored) || mark.pid <= 0 || mark.token <= 0)
        return false;
    *out = mark;
    return true;
}

bool mark_maker_runs(const struct mark *mark)
{
    char boot[40];
    boot_id(boot);
    return strcmp(boot, mark->boot) == 0 && mark->started != 0 &&
           process_start(mark->pid) == mark->started;
}

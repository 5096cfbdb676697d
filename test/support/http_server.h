/*
 * http_server.py for programs: started with a folder of its own, gone with the test.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_SUPPORT_HTTP_SERVER_H
#define TEST_SUPPORT_HTTP_SERVER_H

#include "base/file.h"
#include "expect.h"
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

struct http_server {
    pid_t pid;
    int input;
    char folder[64];
    char *ports;
};

static struct http_server http_server;

static inline void http_server_write(const char *name, const char *text)
{
    struct error err = {0};
    SCRATCH(tmp);
    EXPECT_OK(file_write(file_join(tmp, http_server.folder, name), text, strlen(text), 0644, &err));
}

static inline int http_server_start(void **state)
{
    (void)state;
    SCRATCH(tmp);
    int ends[2];
    struct http_server server = {.folder = "/tmp/tminus-http-XXXXXX"};
    const char *root = getenv("SOURCE") != NULL ? getenv("SOURCE") : ".";
    char *script = mem_printf(tmp, "%s/test/support/http_server.py", root);
    if (mkdtemp(server.folder) == NULL || pipe(ends) != 0)
        return -1;
    char *argv[] = {mem_strdup(tmp, "python3"), script, server.folder, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    if (posix_spawnp(&server.pid, "python3", &actions, NULL, argv, environ) != 0)
        return -1;
    posix_spawn_file_actions_destroy(&actions);
    close(ends[0]);
    server.input = ends[1];
    char *path = file_join(tmp, server.folder, "ports");
    for (int i = 0; i < 200 && file_kind(path) == FILE_MISSING; i++)
        poll(NULL, 0, 50);
    struct error err;
    size_t len;
    if (!file_read(NULL, path, 10000, &server.ports, &len, &err))
        return -1;
    http_server = server;
    return 0;
}

static inline int http_server_stop(void **state)
{
    (void)state;
    SCRATCH(tmp);
    static const char *const names[] = {"ports",           "version", "version.second",
                                        "certificate.pem", "key.pem", "requests"};
    kill(http_server.pid, SIGKILL);
    waitpid(http_server.pid, NULL, 0);
    close(http_server.input);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        unlink(file_join(tmp, http_server.folder, names[i]));
    rmdir(http_server.folder);
    talloc_free(http_server.ports);
    return 0;
}

// "127.0.0.1:PORT" of a name in http_server.py.
static inline char *http_server_address(TALLOC_CTX *mem, const char *name)
{
    const char *line = strstr(http_server.ports, mem_printf(mem, "%s=", name));
    assert_non_null(line);
    return mem_printf(mem, "127.0.0.1:%ld", strtol(line + strlen(name) + 1, NULL, 10));
}

#endif

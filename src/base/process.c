/*
 * Processes: spawn, feed and read through the poll loop, end the group at the deadline, reap.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/process.h"
#include "base/clock.h"
#include "base/process_keeper.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define TERM_TIME_MS 2000  // between SIGTERM and SIGKILL
#define DRAIN_TIME_MS 1000 // for output that arrives after the command has ended
#define CHUNK_SIZE 65536

// One end of a pipe, closed with its owner.
struct end {
    int fd;
};

struct output {
    struct process *process;
    struct end *end; // NULL at its end of file
    struct wait_source *source;
    char *text;
    size_t len;
    size_t room;
};

struct process {
    const struct process_options *options;
    struct wait *wait;
    pid_t pid;   // that is waited for
    pid_t group; // that is ended
    struct end *pidfd;
    struct wait_source *exit_source;
    struct output outputs[2]; // of stdout and stderr
    struct end *input;
    struct wait_source *input_source;
    size_t input_done;
    size_t output_max;
    bool was_cut;
    bool has_ended;
    bool is_drained; // both outputs at their end
    int status;
};

static int close_end(struct end *end)
{
    close(end->fd);
    return 0;
}

static struct end *make_end(TALLOC_CTX *mem, int fd)
{
    struct end *end = mem_new(mem, struct end);
    end->fd = fd;
    talloc_set_destructor(end, close_end);
    return end;
}

static bool make_pipe(TALLOC_CTX *mem, struct end **read_end, struct end **write_end,
                      struct error *err)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
        return error_set(err, ERROR_SYSTEM, "no pipe can be made: %s", strerror(errno));
    *read_end = make_end(mem, fds[0]);
    *write_end = make_end(mem, fds[1]);
    return true;
}

static void set_nonblocking(const struct end *end)
{
    fcntl(end->fd, F_SETFL, fcntl(end->fd, F_GETFL) | O_NONBLOCK);
}

// Our environment with `added` in place of what has the same names.
static char **merge_environment(TALLOC_CTX *mem, const struct process_options *options)
{
    const char *const *added = options->environment;
    char **merged = NULL;
    size_t n = 0;
    for (char **own = environ; *own != NULL && !options->is_environment_whole; own++) {
        size_t name_len = strcspn(*own, "=") + 1;
        bool is_replaced = false;
        for (const char *const *one = added; one != NULL && *one != NULL; one++)
            is_replaced = is_replaced || strncmp(*one, *own, name_len) == 0;
        if (!is_replaced)
            *mem_append(mem, merged, n) = *own;
    }
    for (const char *const *one = added; one != NULL && *one != NULL; one++)
        *mem_append(mem, merged, n) = mem_strdup(mem, *one);
    *mem_append(mem, merged, n) = NULL;
    return merged;
}

struct spawning {
    struct process *process;
    char **environment;
    const int *fds; // the command's three
};

// Gives errno's value.
static int spawn(const struct spawning *spawning, pid_t *pid)
{
    SCRATCH(tmp);
    const struct process_options *options = spawning->process->options;
    assert(options->argv[0] != NULL);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE); // ignored in ours
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    for (int i = 0; i < 3; i++)
        posix_spawn_file_actions_adddup2(&actions, spawning->fds[i], i);
    if (options->folder != NULL)
        posix_spawn_file_actions_addchdir_np(&actions, options->folder);
    char **argv = NULL;
    size_t n = 0;
    for (const char *const *word = options->argv; *word != NULL; word++)
        *mem_append(tmp, argv, n) = mem_strdup(tmp, *word);
    *mem_append(tmp, argv, n) = NULL;
    int cause =
        posix_spawnp(pid, options->argv[0], &actions, &attributes, argv, spawning->environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return cause;
}

// In the keeper: only the command may hold its ends of the pipes, and only we the others.
static int spawn_kept(void *context, pid_t *pid)
{
    const struct spawning *spawning = context;
    const struct process *process = spawning->process;
    int cause = spawn(spawning, pid);
    for (int i = 0; i < 3; i++)
        close(spawning->fds[i]);
    for (int i = 0; i < 2; i++)
        close(process->outputs[i].end->fd);
    if (process->input != NULL)
        close(process->input->fd);
    return cause;
}

static bool start(struct process *process, struct error *err)
{
    SCRATCH(tmp); // the child's ends
    const struct process_options *options = process->options;
    struct end *ends[3];
    if (options->input != NULL) {
        TRY(make_pipe(tmp, &ends[0], &process->input, err));
    } else {
        int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            return error_set(err, ERROR_SYSTEM, "/dev/null: %s", strerror(errno));
        ends[0] = make_end(tmp, fd);
    }
    for (int i = 0; i < 2; i++)
        TRY(make_pipe(tmp, &process->outputs[i].end, &ends[i + 1], err));
    const int fds[3] = {ends[0]->fd, ends[1]->fd, ends[2]->fd};
    char **environment = merge_environment(tmp, options);
    struct spawning spawning = {.process = process, .environment = environment, .fds = fds};
    int cause = options->ends_with_us
                    ? keeper_fork(spawn_kept, &spawning, &process->pid, &process->group)
                    : spawn(&spawning, &process->pid);
    if (!options->ends_with_us)
        process->group = process->pid;
    if (cause != 0 && options->folder != NULL && access(options->folder, X_OK) != 0)
        return error_set(err, ERROR_INPUT, "%s: cannot be started in folder '%s': %s",
                         options->argv[0], options->folder, strerror(errno));
    if (cause == ENOENT)
        return error_set(err, ERROR_INPUT, "%s: command not found", options->argv[0]);
    if (cause != 0)
        return error_set(err, ERROR_INPUT, "%s: cannot be started: %s", options->argv[0],
                         strerror(cause));
    if (process->input != NULL)
        talloc_steal(process, process->input);
    for (int i = 0; i < 2; i++)
        talloc_steal(process, process->outputs[i].end);
    return true;
}

static void finish_output(struct output *output)
{
    TALLOC_FREE(output->source);
    TALLOC_FREE(output->end);
    struct process *process = output->process;
    process->is_drained = process->outputs[0].end == NULL && process->outputs[1].end == NULL;
}

// Keep what fits; the rest is read and dropped, so that the command is not held up.
static void keep(struct output *output, const char *chunk, size_t len)
{
    struct process *process = output->process;
    if (len > process->output_max - output->len) {
        len = process->output_max - output->len;
        process->was_cut = true;
    }
    if (output->len + len + 1 > output->room) {
        output->room = (output->len + len + 1) * 2;
        output->text = mem_checked(talloc_realloc_size(process, output->text, output->room));
    }
    memcpy(output->text + output->len, chunk, len);
    output->len += len;
    output->text[output->len] = '\0';
}

static void output_ready(void *context, int fd, short events)
{
    (void)events;
    char chunk[CHUNK_SIZE];
    ssize_t n = read(fd, chunk, sizeof(chunk));
    struct output *output = context;
    const struct process_options *options = output->process->options;
    if (n > 0 && options->write != NULL)
        options->write(options->write_context, output == &output->process->outputs[1], chunk,
                       (size_t)n);
    if (n > 0)
        keep(output, chunk, (size_t)n);
    else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        finish_output(context);
}

static void input_ready(void *context, int fd, short events)
{
    (void)events;
    struct process *process = context;
    const struct process_options *options = process->options;
    ssize_t n = 0;
    if (process->input_done < options->input_len)
        n = write(fd, options->input + process->input_done,
                  options->input_len - process->input_done);
    if (n > 0)
        process->input_done += (size_t)n;
    bool is_closed = n < 0 && errno != EINTR && errno != EAGAIN; // it reads no more: its right
    if (is_closed || process->input_done == options->input_len) {
        TALLOC_FREE(process->input_source);
        TALLOC_FREE(process->input);
    }
}

static void exit_ready(void *context, int fd, short events)
{
    (void)fd;
    (void)events;
    struct process *process = context;
    int status;
    pid_t reaped = waitpid(process->pid, &status, WNOHANG);
    if (reaped == 0)
        return;
    if (reaped < 0)
        bug("waitpid: %s", strerror(errno));
    process->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    process->has_ended = true;
    TALLOC_FREE(process->exit_source);
}

static void watch(struct process *process)
{
    int fd = pidfd_open(process->pid, 0);
    if (fd < 0)
        bug("pidfd_open: %s", strerror(errno));
    process->pidfd = make_end(process, fd);
    process->exit_source = wait_add(process->wait, fd, POLLIN, exit_ready, process);
    for (int i = 0; i < 2; i++) {
        struct output *output = &process->outputs[i];
        output->process = process;
        keep(output, "", 0);
        set_nonblocking(output->end);
        output->source = wait_add(process->wait, output->end->fd, POLLIN, output_ready, output);
    }
    if (process->input != NULL) {
        set_nonblocking(process->input);
        process->input_source =
            wait_add(process->wait, process->input->fd, POLLOUT, input_ready, process);
    }
}

// Sources belong to the loop, which may outlive the process.
static int unwatch(struct process *process)
{
    TALLOC_FREE(process->exit_source);
    TALLOC_FREE(process->input_source);
    TALLOC_FREE(process->outputs[0].source);
    TALLOC_FREE(process->outputs[1].source);
    return 0;
}

static void end_group(struct process *process)
{
    kill(-process->group, SIGTERM);
    bool has_obeyed =
        wait_out(process->wait, &process->has_ended, clock_monotonic_ms() + TERM_TIME_MS);
    // Children may have stayed although their parent went.
    kill(-process->group, SIGKILL);
    if (!has_obeyed && !wait_out(process->wait, &process->has_ended, 0))
        bug("a killed process did not end");
}

// Turn the loop until the command has ended and its output is read; `timed_out` when it was ended.
static bool await_end(struct process *process, bool *timed_out, struct error *err)
{
    int64_t timeout_ms = process->options->timeout_ms;
    int64_t deadline_ms = timeout_ms == 0 ? 0 : clock_monotonic_ms() + timeout_ms;
    struct error cause = {0};
    *timed_out = false;
    if (!wait_until(process->wait, &process->has_ended, deadline_ms, &cause)) {
        end_group(process);
        if (cause.code != ERROR_UNREACHABLE) {
            *err = cause;
            return false;
        }
        *timed_out = true;
    }
    // Whatever still holds the other end may go on holding it.
    (void)!wait_out(process->wait, &process->is_drained, clock_monotonic_ms() + DRAIN_TIME_MS);
    return true;
}

static bool run(struct process *process, bool *timed_out, struct error *err)
{
    TRY(start(process, err));
    watch(process);
    return await_end(process, timed_out, err);
}

bool process_run(TALLOC_CTX *mem, const struct process_options *options, struct process_result *out,
                 struct error *err)
{
    SCRATCH(tmp);
    int64_t started_ms = clock_monotonic_ms();
    struct process *process = mem_new(tmp, struct process);
    process->options = options;
    process->wait = options->wait != NULL ? options->wait : wait_make(process);
    process->output_max = options->output_max == 0 ? PROCESS_OUTPUT_MAX : options->output_max;
    talloc_set_destructor(process, unwatch);

    // A command that closes its input early must not end us.
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    sigaction(SIGPIPE, &ignore, &before);
    bool timed_out;
    bool has_run = run(process, &timed_out, err);
    sigaction(SIGPIPE, &before, NULL);
    if (!has_run)
        return false;
    *out = (struct process_result){.status = process->status,
                                   .timed_out = timed_out,
                                   .was_cut = process->was_cut,
                                   .output = talloc_steal(mem, process->outputs[0].text),
                                   .output_len = process->outputs[0].len,
                                   .errors = talloc_steal(mem, process->outputs[1].text),
                                   .errors_len = process->outputs[1].len,
                                   .took_ms = clock_monotonic_ms() - started_ms};
    return true;
}

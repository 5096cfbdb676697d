/*
 * Terminal: see terminal.h. Control sequences are those that every terminal since xterm knows.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/terminal.h"
#include "base/wait.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define WIDTH_USUAL 80 // where a terminal does not tell
#define HEIGHT_USUAL 24
#define ENTER "\033[?1049h\033[?25l\033[2J" // the other screen, without a cursor, empty
#define LEAVE "\033[0m\033[?25h\033[?1049l"
#define BEGIN "\033[?7l\033[H"  // no wrapping; from the top
#define FINISH "\033[J\033[?7h" // nothing of what was drawn before below it

struct terminal {
    int fd; // of our own, which does not wait; others write to the same terminal through theirs
    size_t width, height;
    bool was_drawn;
};

// What a signal must give back: it can reach nothing else.
static struct {
    volatile sig_atomic_t is_taken;
    volatile sig_atomic_t was_stopped;
    int fd;
    struct termios before;
} given;

// --- taking and giving back

static bool is_ours(int fd)
{
    return tcgetpgrp(fd) == getpgrp();
}

// Only functions that a signal handler may call.
static void give_back(void)
{
    if (!given.is_taken)
        return;
    given.is_taken = 0;
    // Through stderr, which waits: this must arrive.
    if (write(STDERR_FILENO, LEAVE, sizeof LEAVE - 1) < 0)
        return; // it is gone
    if (is_ours(given.fd))
        tcsetattr(given.fd, TCSADRAIN, &given.before);
}

static bool take(struct terminal *terminal)
{
    struct termios silent;

    if (!is_ours(terminal->fd) || tcgetattr(terminal->fd, &given.before) != 0)
        return false;
    given.fd = terminal->fd;
    silent = given.before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ICANON); // what is typed must not stand in the picture
    if (tcsetattr(terminal->fd, TCSADRAIN, &silent) != 0)
        return false;
    given.is_taken = 1;
    given.was_stopped = 0;
    terminal->was_drawn = false;
    return write(terminal->fd, ENTER, sizeof ENTER - 1) > 0;
}

// Signals that end the program, or stop it, and what was to happen at them before.
static struct {
    const int number;
    struct sigaction before;
} caught[] = {
    {.number = SIGHUP},  {.number = SIGQUIT}, {.number = SIGABRT},
    {.number = SIGSEGV}, {.number = SIGBUS},  {.number = SIGFPE},
    {.number = SIGILL},  {.number = SIGTSTP}, {.number = SIGCONT},
};

static void handle(int number);

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < COUNT_OF(caught); i++)
        if (caught[i].before.sa_handler != SIG_IGN)
            sigaction(caught[i].number, &action, NULL);
    wait_before_exit(give_back);
}

static void forget_signals(void)
{
    wait_before_exit(NULL);
    for (size_t i = 0; i < COUNT_OF(caught); i++)
        sigaction(caught[i].number, &caught[i].before, NULL);
}

static void handle(int number)
{
    if (number == SIGCONT) {
        catch_signals();
        return;
    }
    given.was_stopped = number == SIGTSTP;
    give_back();
    forget_signals();
    if (number == SIGTSTP) { // to be caught again when it goes on
        struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
        sigemptyset(&action.sa_mask);
        sigaction(SIGCONT, &action, NULL);
    }
    raise(number);
}

static int close_terminal(struct terminal *terminal)
{
    give_back();
    forget_signals();
    close(terminal->fd);
    return 0;
}

static bool is_dumb(void)
{
    const char *term = getenv("TERM");
    return term == NULL || *term == '\0' || strcmp(term, "dumb") == 0;
}

struct terminal *terminal_open(TALLOC_CTX *mem)
{
    char name[128];

    if (is_dumb() || ttyname_r(STDERR_FILENO, name, sizeof name) != 0)
        return NULL;
    int fd = open(name, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    struct terminal *terminal = mem_new(mem, struct terminal);
    terminal->fd = fd;
    for (size_t i = 0; i < COUNT_OF(caught); i++)
        sigaction(caught[i].number, NULL, &caught[i].before);
    catch_signals();
    talloc_set_destructor(terminal, close_terminal);
    if (take(terminal))
        return terminal;
    talloc_free(terminal);
    return NULL;
}

// --- drawing

void terminal_size(const struct terminal *terminal, size_t *width, size_t *height)
{
    struct winsize size = {0};

    if (ioctl(terminal->fd, TIOCGWINSZ, &size) != 0)
        size = (struct winsize){0};
    *width = size.ws_col > 0 ? size.ws_col : WIDTH_USUAL;
    *height = size.ws_row > 0 ? size.ws_row : HEIGHT_USUAL;
}

bool terminal_has_changed(const struct terminal *terminal)
{
    size_t width, height;

    terminal_size(terminal, &width, &height);
    return !terminal->was_drawn || given.was_stopped != 0 || width != terminal->width ||
           height != terminal->height;
}

void terminal_draw(struct terminal *terminal, const char *text)
{
    SCRATCH(tmp);
    size_t len = strlen(text), end = strlen(TERMINAL_END_OF_LINE);

    if (!given.is_taken && !(given.was_stopped && take(terminal)))
        return;
    terminal_size(terminal, &terminal->width, &terminal->height);
    // A line's end at the bottom would scroll.
    if (len >= end && strcmp(text + len - end, TERMINAL_END_OF_LINE) == 0)
        len--;
    const char *frame = mem_printf(tmp, BEGIN "%.*s" FINISH, (int)len, text);
    size_t frame_len = strlen(frame);
    terminal->was_drawn = write(terminal->fd, frame, frame_len) == (ssize_t)frame_len;
}

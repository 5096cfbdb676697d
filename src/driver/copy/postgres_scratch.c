/*
 * Scratch servers: a PostgreSQL server of ours, in a folder of ours, for as long as we live.
 *
 * It listens on a socket in its own folder, which nobody else can enter; only where that path is
 * too long for a socket, on 127.0.0.1 with a password of its own. What it writes need not survive
 * a crash of the machine, so nothing is synced. Servers refuse to run as root: then they run as the
 * owner of the folder, else as user postgres.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "base/quantity.h"
#include "base/text.h"
#include "driver/copy/postgres_site.h"
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_PORT 5432 // of the socket's name alone
#define ROOT_OF_ROOT "/var/tmp/tminus"
#define ROOM_MIN ((int64_t)200 * 1024 * 1024) // an empty server's files and its first WAL
#define START_MS 60000
#define RECOVERY_MS 3600000
#define STOP_MS 10000
#define LOOK_EVERY_MS 50
#define VERSION_WITHOUT_COLLECTOR 15 // older servers connect to a socket of their own
#define READY_LINE 8                 // of postmaster.pid; Source: src/include/utils/pidfile.h

// --- where and as whom

static bool fail_user(struct error *err)
{
    error_set(err, ERROR_SYSTEM,
              "PostgreSQL does not run as root, and there is no user '%s' that "
              "it could run as",
              SUPERUSER);
    return error_hint(err, "start tminus as an ordinary user, or name a folder that belongs to "
                           "one: rehearsal: {folder: …}");
}

static bool may_enter(const struct child_user *user, const char *folder)
{
    SCRATCH(tmp);
    const char *const test[] = {"test", "-x", folder, NULL};
    const struct process_options options = {.argv = child_arguments_as(tmp, user, test)};
    struct process_result result;
    struct error ignored;
    return process_run(tmp, &options, &result, &ignored) && result.status == 0;
}

// Made by us alone: in /var/tmp anybody could have put something of this name.
static bool root_of_root(TALLOC_CTX *mem, char **out, struct error *err)
{
    struct stat info;
    (void)!mkdir(ROOT_OF_ROOT, 0711);
    if (lstat(ROOT_OF_ROOT, &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != 0)
        return error_set(err, ERROR_SYSTEM, ROOT_OF_ROOT ": not a folder of root's");
    if (chmod(ROOT_OF_ROOT, 0711) != 0)
        return error_set(err, ERROR_SYSTEM, ROOT_OF_ROOT ": %s", strerror(errno));
    *out = mem_strdup(mem, ROOT_OF_ROOT);
    return true;
}

bool scratch_root(TALLOC_CTX *mem, const struct copy_site_options *options, char **out,
                  struct child_user **user, struct error *err)
{
    struct stat info;
    *user = NULL;
    *out = mem_strdup(mem, options->folder);
    if (geteuid() != 0)
        return true;
    *user = mem_new(mem, struct child_user);
    bool is_there = stat(options->folder, &info) == 0;
    if (is_there && info.st_uid != 0) {
        **user = (struct child_user){.uid = info.st_uid, .gid = info.st_gid};
        return true;
    }
    const struct passwd *postgres = getpwnam(SUPERUSER);
    if (postgres == NULL)
        return fail_user(err);
    **user = (struct child_user){.uid = postgres->pw_uid, .gid = postgres->pw_gid};
    if (is_there && may_enter(*user, options->folder))
        return true;
    return root_of_root(mem, out, err);
}

// --- its files

bool scratch_write(const struct scratch *scratch, const char *name, const char *text,
                   struct error *err)
{
    SCRATCH(tmp);
    const char *path = file_join(tmp, scratch->folder, name);
    TRY(file_write(path, text, strlen(text), 0600, err));
    if (scratch->user != NULL && chown(path, scratch->user->uid, scratch->user->gid) != 0)
        return error_set(err, ERROR_SYSTEM, "%s: %s", path, strerror(errno));
    return true;
}

// A port that nobody listens on now.
static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_bound = fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0 &&
                    getsockname(fd, (struct sockaddr *)&address, &len) == 0;
    if (fd >= 0)
        close(fd);
    return is_bound ? ntohs(address.sin_port) : 0;
}

// A socket whose path is too long cannot be made; then TCP and a password.
static bool choose_door(struct scratch *scratch, struct error *err)
{
    struct sockaddr_un address;
    uint8_t random[16];
    scratch->port = SOCKET_PORT;
    if (strlen(scratch->folder) + strlen("/.s.PGSQL.5432.lock") < sizeof address.sun_path)
        return true;
    scratch->port = free_port();
    if (scratch->port == 0)
        return error_set(err, ERROR_SYSTEM, "no TCP port can be had: %s", strerror(errno));
    if (getrandom(random, sizeof random, 0) != sizeof random)
        bug("getrandom failed");
    char *password = mem_strdup(scratch, "");
    for (size_t i = 0; i < sizeof random; i++)
        password = talloc_asprintf_append_buffer(password, "%02x", random[i]);
    scratch->password = password;
    return true;
}

static char *conf_text(TALLOC_CTX *mem, const char *text)
{
    return text_enclosed(mem, text, '\'', "'\\");
}

// Libraries of the source's that are installed here: the server would not start with others.
static const char *libraries_text(TALLOC_CTX *mem, const struct scratch *scratch,
                                  const struct origin *origin,
                                  const struct copy_site_options *options)
{
    SCRATCH(tmp);
    const char *kept = "";
    const char *at = origin && origin->libraries ? origin->libraries : "";
    while (*at != '\0') {
        size_t len = strcspn(at, ", ");
        const char *name = mem_strndup(tmp, at, len);
        // pg_cron would run the jobs of the copy.
        bool is_wanted = len > 0 && strcmp(name, "pg_cron") != 0;
        if (is_wanted && program_has_library(&scratch->program, name))
            kept = mem_printf(tmp, "%s%s%s", kept, *kept ? "," : "", name);
        else if (is_wanted && options->note != NULL)
            options->note(options->context,
                          mem_printf(tmp,
                                     "the source's server loads library '%s', which the scratch "
                                     "server does not have",
                                     name));
        at += len + (at[len] != '\0');
    }
    return mem_strdup(mem, kept);
}

static char *settings_text(TALLOC_CTX *mem, const struct scratch *scratch,
                           const struct copy_site_options *options, const struct origin *origin)
{
    SCRATCH(tmp);
    const char *data = file_join(tmp, scratch->folder, "data");
    const char *socket = scratch->password ? "" : scratch->folder;
    char *text = mem_printf(
        tmp,
        "data_directory = %s\nhba_file = %s\nident_file = %s\nunix_socket_directories = %s\n"
        "listen_addresses = '%s'\nport = %d\n"
        "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n"
        "wal_level = logical\nmax_wal_size = 2GB\ncheckpoint_timeout = 1h\n"
        "max_connections = 50\nmax_prepared_transactions = 10\nmax_locks_per_transaction = 256\n"
        "archive_mode = off\nprimary_conninfo = ''\nhot_standby = off\n"
        // A subscription of a physical backup would take the publisher's rows.
        "max_logical_replication_workers = 0\n"
        "autovacuum = off\njit = off\nmaintenance_work_mem = 128MB\n"
        "logging_collector = off\nlog_destination = stderr\nlc_messages = 'C'\n"
        "log_line_prefix = '[%%p] %%d %%a '\n",
        conf_text(tmp, data), conf_text(tmp, file_join(tmp, scratch->folder, "hba.conf")),
        conf_text(tmp, file_join(tmp, scratch->folder, "ident.conf")), conf_text(tmp, socket),
        scratch->password ? "127.0.0.1" : "", scratch->port);
    for (size_t i = 0; origin != NULL && i < origin->n_settings; i++)
        text = mem_printf(tmp, "%s%s\n", text, origin->settings[i]);
    text = mem_printf(tmp, "%sshared_preload_libraries = %s\n", text,
                      conf_text(tmp, libraries_text(tmp, scratch, origin, options)));
    for (size_t i = 0; options->settings != NULL && options->settings[i] != NULL; i++)
        text = mem_printf(tmp, "%s%s\n", text, options->settings[i]);
    return mem_strdup(mem, text);
}

static bool write_settings(const struct scratch *scratch, const struct copy_site_options *options,
                           const struct origin *origin, struct error *err)
{
    SCRATCH(tmp);
    TRY(scratch_write(scratch, "postgresql.conf", settings_text(tmp, scratch, options, origin),
                      err));
    TRY(scratch_write(scratch, "ident.conf", "", err));
    return scratch_write(scratch, "hba.conf",
                         scratch->password ? "host all all 127.0.0.1/32 scram-sha-256\n"
                                           : "local all all trust\n",
                         err);
}

// --- running

const char *scratch_said(TALLOC_CTX *mem, const char *text, const char *word)
{
    const char *found = NULL;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
        found = at;
    return found == NULL ? NULL : mem_strndup(mem, found, strcspn(found, "\n"));
}

static bool fail_start(const struct scratch *scratch, const char *what, struct error *err)
{
    SCRATCH(tmp);
    struct error ignored;
    char *text = mem_strdup(tmp, "");
    size_t len;
    (void)!file_read(tmp, scratch->log_path, SCRATCH_LOG_MAX, &text, &len, &ignored);
    const char *why = scratch_said(tmp, text, "FATAL:  ");
    if (why == NULL)
        why = scratch_said(tmp, text, "PANIC:  ");
    return error_set(err, ERROR_SYSTEM, "the scratch server %s%s%s", what, why ? ": " : "",
                     why ? why : "");
}

// What its own file of its number says: does it take connections?
static bool is_ready(const struct scratch *scratch)
{
    SCRATCH(tmp);
    struct error ignored;
    char *text;
    size_t len;
    const char *path = mem_printf(tmp, "%s/data/postmaster.pid", scratch->folder);
    if (!file_read(tmp, path, 4096, &text, &len, &ignored))
        return false;
    for (int line = 1; line < READY_LINE && text != NULL; line++)
        text = strchr(text, '\n') ? strchr(text, '\n') + 1 : NULL;
    return text != NULL && text_starts_with(text, "ready");
}

static bool await_ready(struct scratch *scratch, const struct copy_site_options *options,
                        struct error *err)
{
    SCRATCH(tmp);
    const bool never = false;
    struct wait *wait = options->wait ? options->wait : wait_make(tmp);
    int64_t limit_ms = options->timeout_ms ? options->timeout_ms
                       : options->fill     ? RECOVERY_MS
                                           : START_MS;
    int64_t deadline_ms = clock_monotonic_ms() + limit_ms;
    while (!is_ready(scratch)) {
        struct error why = {0};
        if (!child_is_running(scratch->child))
            return fail_start(scratch, "did not start", err);
        if (clock_monotonic_ms() >= deadline_ms)
            return fail_start(scratch, "is not ready in time", err);
        if (!wait_until(wait, &never, clock_monotonic_ms() + LOOK_EVERY_MS, &why) &&
            why.code == ERROR_INTERRUPTED) {
            *err = why;
            return false;
        }
    }
    return true;
}

void scratch_stop(struct scratch *scratch)
{
    child_end(scratch->child, STOP_MS);
}

static bool check_room(const char *folder, struct error *err)
{
    SCRATCH(tmp);
    int64_t room = folder_room(folder);
    if (room < 0 || room >= ROOM_MIN)
        return true;
    error_set(err, ERROR_SYSTEM, "%s: no room for a scratch server: %s are needed, %s are free",
              folder, quantity_size(tmp, ROOM_MIN), quantity_size(tmp, room));
    return error_hint(err, "make room, or name another folder: rehearsal: {folder: …}");
}

static bool start(struct scratch *scratch, bool is_sealed, struct error *err)
{
    SCRATCH(tmp);
    const char *const argv[] = {file_join(tmp, scratch->program.folder, "postgres"), "-c",
                                mem_printf(tmp, "config_file=%s/postgresql.conf", scratch->folder),
                                NULL};
    const struct child_options starting = {
        .argv = argv,
        .user = scratch->user,
        .output = scratch->log_path,
        .end_signal = is_sealed ? SIGQUIT : SIGINT,
        .no_programs = is_sealed,
        .no_connections = is_sealed && scratch->program.major >= VERSION_WITHOUT_COLLECTOR,
        .only_folder = is_sealed ? scratch->folder : NULL,
    };
    return child_start(scratch, &starting, &scratch->child, err);
}

// What brings the WAL of a physical backup is a program: only then does the server run any.
static bool recover(struct scratch *scratch, const struct copy_site_options *options,
                    struct error *err)
{
    TRY(start(scratch, false, err));
    TRY(await_ready(scratch, options, err));
    child_end(scratch->child, START_MS);
    TALLOC_FREE(scratch->child);
    return true;
}

static void note_doors(const struct scratch *scratch, const struct copy_site_options *options)
{
    SCRATCH(tmp);
    const char *why = child_unconfined(scratch->child);
    if (options->note == NULL)
        return;
    if (why != NULL)
        options->note(options->context,
                      mem_printf(tmp,
                                 "what the change runs can reach other servers or files: the "
                                 "scratch server could not be confined whole: %s",
                                 why));
    else if (scratch->program.major < VERSION_WITHOUT_COLLECTOR)
        options->note(options->context, "what the change runs can reach other servers: the scratch "
                                        "server is older than PostgreSQL 15");
}

bool scratch_start(TALLOC_CTX *mem, const struct site_folder *folder, const struct child_user *user,
                   const struct copy_site_options *options, const struct origin *origin,
                   struct scratch **out, struct error *err)
{
    SCRATCH(tmp);
    struct scratch *scratch = mem_new(tmp, struct scratch);
    scratch->folder = mem_strdup(scratch, folder->path);
    scratch->user = user;
    scratch->superuser = options->fill && origin ? origin->superuser : SUPERUSER;
    scratch->log_path = file_join(scratch, folder->path, "log");
    TRY(check_room(folder->path, err));
    if (user != NULL)
        folder_give(folder->path, user->uid, user->gid);
    TRY(choose_door(scratch, err));
    TRY(options->fill ? scratch_fill(scratch, options, err)
                      : scratch_init(scratch, options, origin, err));
    TRY(write_settings(scratch, options, origin, err));
    TRY(scratch_write(scratch, "log", "", err));
    TRY(options->fill == NULL || recover(scratch, options, err));
    TRY(start(scratch, true, err));
    TRY(await_ready(scratch, options, err));
    note_doors(scratch, options);
    *out = talloc_steal(mem, scratch);
    return true;
}

struct secret *scratch_url(TALLOC_CTX *mem, const struct scratch *scratch, const char *database)
{
    SCRATCH(tmp);
    const char *name = text_percent_encoded(tmp, database);
    const char *user = text_percent_encoded(tmp, scratch->superuser);
    if (scratch->password != NULL)
        return secret_make(mem, mem_printf(tmp, "postgresql://%s:%s@127.0.0.1:%d/%s", user,
                                           scratch->password, scratch->port, name));
    return secret_make(mem, mem_printf(tmp, "postgresql://%s@/%s?host=%s&port=%d", user, name,
                                       text_percent_encoded(tmp, scratch->folder), scratch->port));
}

// --- what a killed tminus left

// The number in postmaster.pid, when that process works in this very folder; 0: it is gone.
static pid_t left_server(const char *folder)
{
    SCRATCH(tmp);
    struct error ignored;
    char *text, *end;
    size_t len;
    struct stat data, works;
    const char *path = mem_printf(tmp, "%s/data/postmaster.pid", folder);
    if (!file_read(tmp, path, 4096, &text, &len, &ignored))
        return 0;
    long pid = strtol(text, &end, 10);
    if (pid <= 1 || *end != '\n')
        return 0;
    bool is_there = stat(mem_printf(tmp, "/proc/%ld/cwd", pid), &works) == 0 &&
                    stat(mem_printf(tmp, "%s/data", folder), &data) == 0;
    return is_there && works.st_ino == data.st_ino && works.st_dev == data.st_dev ? (pid_t)pid : 0;
}

void scratch_end_left(const char *folder)
{
    pid_t pid = left_server(folder);
    if (pid == 0)
        return;
    kill(pid, SIGQUIT);
    SCRATCH(tmp);
    const bool never = false;
    struct wait *wait = wait_make(tmp);
    int64_t deadline_ms = clock_monotonic_ms() + STOP_MS;
    while (left_server(folder) == pid) {
        if (clock_monotonic_ms() > deadline_ms)
            kill(pid, SIGKILL);
        (void)!wait_out(wait, &never, clock_monotonic_ms() + LOOK_EVERY_MS);
    }
}

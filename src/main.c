/*
 * tminus: the tables of commands and drivers, and dispatch; nothing else.
 *
 * No other file names an implementation of a driver or lists the verbs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/log.h"
#include "base/wait.h"
#include "command/command.h"
#include "command/help.h"
#include "command/output.h"
#include "flight/verb.h"
#include <argp.h>
#include <locale.h>

static const struct command *const commands[] = {
    &command_abort,       &command_approve,
    &command_assess,      &command_backup,
    &command_baseline,    &command_build,
    &command_clean,       &command_config,
    &command_explain,     &command_flag,
    &command_go,          &command_help,
    &command_hold,        &command_init,
    &command_journal,     &command_launch,
    &command_maintenance, &command_migrate,
    &command_notify,      &command_plan,
    &command_poll,        &command_rehearse,
    &command_release,     &command_restore,
    &command_resume,      &command_rollback,
    &command_status,      &command_step,
    &command_tag,         &command_verify,
    &command_version,     &command_waive,
    &command_watch,       NULL,
};

static const struct engine_driver *const engines[] = {
    &engine_sqlite,
    &engine_postgres,
    NULL,
};

static const struct store_driver *const stores[] = {
    &store_sqlite,
    &store_postgres,
    NULL,
};

static const struct copy_driver *const copies[] = {
    &copy_sqlite,
    &copy_postgres,
    NULL,
};

static const struct backup_driver *const backups[] = {
    &backup_pg_dump,    &backup_sqlite,  &backup_pg_basebackup,
    &backup_pgbackrest, &backup_command, NULL,
};

static const struct probe_driver *const probes[] = {
    &probe_http, &probe_version, &probe_tcp, &probe_command, &probe_sql, NULL,
};

static const struct flag_driver *const flags[] = {
    &flag_command, &flag_file, &flag_flagsmith, &flag_launchdarkly, &flag_sql, &flag_unleash, NULL,
};

static const struct notifier_driver *const notifiers[] = {
    &notifier_file,
    &notifier_webhook,
    NULL,
};

static int run_verb(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "-?") == 0)
        name = command_help.name;
    else if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        name = command_version.name;
    const struct command *command;
    if (!help_find_verb(program, name, &command, err))
        return -1;
    argv[1] = mem_printf(tmp, "tminus %s", command->name); // the name in argp's messages
    return command->run(program, argc - 1, argv + 1, err);
}

int main(int argc, char **argv)
{
    const struct program program = {.commands = commands,
                                    .engines = engines,
                                    .stores = stores,
                                    .copies = copies,
                                    .backups = backups,
                                    .probes = probes,
                                    .flags = flags,
                                    .notifiers = notifiers};
    output_guard();
    wait_catch_signals();
    verb_follow_flight();
    setlocale(LC_CTYPE, "");
    argp_err_exit_status = EXIT_USAGE;
    if (argc < 2) {
        help_write_verbs(stderr, &program);
        return EXIT_USAGE;
    }
    struct error err = {0};
    int status = run_verb(&program, argc, argv, &err);
    if (status >= 0)
        return status;
    log_error(&err);
    if (err.code == ERROR_INTERRUPTED && wait_signal() != 0)
        return 128 + wait_signal();
    return error_exit_status(err.code);
}

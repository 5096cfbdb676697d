/*
 * One verb on every database of a release: see database.h.
 *
 * A verb prints its own document; here is only the frame around several of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/json.h"
#include "base/log.h"
#include "command/command.h"
#include "command/database.h"

// From what may be gone on with to what a person must see at once.
static int severity(int status)
{
    static const int order[] = {EXIT_GO,    EXIT_POLICY,     EXIT_USAGE,  EXIT_HOLD,
                                EXIT_NO_GO, EXIT_TAKEN_BACK, EXIT_PARTIAL};
    for (int i = 0; i < (int)COUNT_OF(order); i++) {
        if (order[i] == status)
            return i;
    }
    return COUNT_OF(order);
}

static bool read_names(TALLOC_CTX *mem, const struct options *options, const char ***names,
                       size_t *n, struct error *err)
{
    struct config *config;
    const struct config_environment *environment;
    const char *slot;
    TRY(config_read(mem, options->config_path, true, &config, err));
    *n = 0;
    if (config->n_environments == 0)
        return true;
    TRY(config_environment(config, options->environment, &environment, &slot, err));
    for (size_t i = 0; i < environment->n_databases; i++)
        *mem_append(mem, *names, *n) = environment->databases[i].name;
    return true;
}

static void show_failure(const struct options *options, const char *name, const struct error *err)
{
    if (options->format != FORMAT_JSON)
        return;
    json_auto_t *document = json_object();
    json_put_text(document, "database", name);
    json_t *error = json_put_object(document, "error");
    json_put_text(error, "code", error_code_name(err->code));
    json_put_integer(error, "exit_status", error_exit_status(err->code));
    json_put_text(error, "message", err->message);
    json_put_text(error, "hint", err->hint);
    json_write(stdout, document);
}

static int run_one(const struct database_work *work, const char *name, struct error *err)
{
    bool is_shown = false;
    int status = work->run(work->context, name, &is_shown, err);
    if (status < 0 && !is_shown)
        show_failure(work->options, name, err);
    if (status >= 0 || err->code == ERROR_INTERRUPTED)
        return status;
    error_wrap(err, "database '%s'", name);
    log_error(err);
    return error_exit_status(err->code);
}

static int run_all(const struct database_work *work, const char *const *names, size_t n,
                   struct error *err)
{
    bool is_json = work->options->format == FORMAT_JSON;
    int worst = EXIT_GO;
    if (is_json)
        printf("{\"schema\": \"%s\", \"databases\": [\n", work->schema);
    for (size_t i = 0; i < n && worst >= 0; i++) {
        if (is_json)
            fputs(i ? ",\n" : "", stdout);
        else
            printf("%s== %s\n", i ? "\n" : "", names[i]);
        int status = run_one(work, names[i], err);
        if (status < 0 || severity(status) > severity(worst))
            worst = status;
        if (worst == EXIT_GO || !work->stops || i + 1 == n)
            continue;
        log_warning("not begun, because of this: %zu more database%s, from '%s' on", n - i - 1,
                    i + 2 == n ? "" : "s", names[i + 1]);
        break;
    }
    if (is_json)
        fputs("]}\n", stdout);
    return worst;
}

int database_each(const struct database_work *work, struct error *err)
{
    SCRATCH(tmp);
    const char **names = NULL;
    size_t n = 0;
    bool is_shown;
    if (work->given == NULL && !work->needs_name &&
        !read_names(tmp, work->options, &names, &n, err))
        return -1;
    if (n < 2)
        return work->run(work->context, work->given, &is_shown, err);
    return run_all(work, names, n, err);
}

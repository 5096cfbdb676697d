/*
 * Setting flags: see flag.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/flag.h"
#include "base/text.h"
#include "flight/task.h"
#include "journal/events.h"

struct setting_flag {
    const struct flag_setting *setting;
    json_t *data;
};

static int drop_data(struct setting_flag *flagging)
{
    json_decref(flagging->data);
    return 0;
}

static struct flag_request make_request(const struct flag_setting *setting)
{
    const struct config_database *database =
        config_environment_database(setting->environment, setting->flag->database);
    return (struct flag_request){
        .flag = setting->flag,
        .folder = setting->config->folder,
        .url = database == NULL ? NULL : database->url,
        .allow_superuser = database != NULL && database->allow_superuser,
        .engines = setting->engines,
        .wait = setting->wait,
    };
}

bool flag_find(const struct config_environment *environment, const char *name,
               const struct config_flag **out, struct error *err)
{
    SCRATCH(tmp);
    const char **names = mem_array(tmp, const char *, environment->n_flags + 1);
    for (size_t i = 0; i < environment->n_flags; i++) {
        *out = &environment->flags[i];
        names[i] = (*out)->name;
        if (strcmp(names[i], name) == 0)
            return true;
    }
    const char *nearest = text_nearest(name, names, environment->n_flags);
    error_set(err, ERROR_USAGE, "environment '%s' has no flag '%s'", environment->name, name);
    return nearest != NULL ? error_hint(err, "did you mean '%s'?", nearest)
                           : error_hint(err, "write flags: {%s: {kind: …}} into tminus.yaml", name);
}

bool flag_read(TALLOC_CTX *mem, const struct flag_setting *setting, struct flag_answer *out,
               struct error *err)
{
    const struct flag_request request = make_request(setting);
    return flag_ask(mem, setting->drivers, &request, out, err);
}

// --- what it waits for

struct zero { // one number that must be 0, or rows of which there must be none
    TALLOC_CTX *mem;
    size_t rows, columns;
    const char *first; // NULL: NULL
};

static bool take_row(void *context, const char *const *names, const struct engine_value *values,
                     size_t n)
{
    struct zero *zero = context;
    (void)names;
    zero->columns = n;
    if (zero->rows++ == 0 && !values[0].is_null)
        zero->first = mem_strndup(zero->mem, values[0].text, values[0].len);
    return zero->rows < 2;
}

static bool ask_zero(TALLOC_CTX *mem, const struct flag_setting *setting,
                     const struct config_invariant *invariant, struct zero *zero, struct error *err)
{
    const struct config_database *database =
        config_environment_database(setting->environment, invariant->database);
    const struct engine_driver *driver;
    struct engine *engine;
    if (database == NULL || database->url == NULL)
        return error_set(err, ERROR_CONFIG, "there is no database to ask");
    const struct engine_open_options options = {.url = database->url,
                                                .read_only = true,
                                                .allow_superuser = database->allow_superuser,
                                                .connections = 1,
                                                .name = "tminus/flag",
                                                .wait = setting->wait};
    TRY(engine_driver_for(setting->engines, database->url, &driver, err));
    TRY(driver->session->open(mem, &options, &engine, err));
    return driver->session->query(engine, invariant->sql, take_row, zero, err);
}

static const struct config_invariant *find_invariant(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->n_invariants; i++)
        if (config->invariants[i].kind == INVARIANT_ZERO &&
            strcmp(config->invariants[i].name, name) == 0)
            return &config->invariants[i];
    return NULL;
}

bool flag_check(const struct flag_setting *setting, struct error *err)
{
    SCRATCH(tmp);
    const char *name = setting->flag->only_when_zero;
    struct zero zero = {.mem = tmp};
    struct error cause = {0};
    if (name == NULL || !setting->is_on)
        return true;
    const struct config_invariant *invariant = find_invariant(setting->config, name);
    if (invariant == NULL)
        return error_set(err, ERROR_CONFIG, "flag '%s': no invariant of kind zero is called '%s'",
                         setting->flag->name, name);
    if (!ask_zero(tmp, setting, invariant, &zero, &cause)) {
        if (cause.code == ERROR_INTERRUPTED)
            return error_set(err, cause.code, "%s", cause.message);
        error_set(err, ERROR_POLICY, "flag '%s': it is not known whether '%s' holds: %s",
                  setting->flag->name, name, cause.message);
        return error_hint(err, "it is switched on only when that is 0");
    }
    bool is_number = zero.rows == 1 && zero.columns == 1;
    if (zero.rows == 0 || (is_number && zero.first != NULL && strcmp(zero.first, "0") == 0))
        return true;
    if (is_number)
        error_set(err, ERROR_POLICY, "flag '%s': '%s' is %s, not 0", setting->flag->name, name,
                  zero.first == NULL ? "NULL" : zero.first);
    else
        error_set(err, ERROR_POLICY, "flag '%s': '%s' does not hold, beginning with %s",
                  setting->flag->name, name, zero.first == NULL ? "NULL" : zero.first);
    return error_hint(err, "finish the backfill first; tminus verify names the rows");
}

// --- setting

static bool look(TALLOC_CTX *mem, void *context, bool has_acted, struct act_seen *out,
                 struct error *err)
{
    const struct setting_flag *flagging = context;
    const struct flag_setting *setting = flagging->setting;
    struct flag_answer answer;
    (void)has_acted;
    TRY(flag_read(mem, setting, &answer, err));
    bool is_right = answer.value == (setting->is_on ? FLAG_ON : FLAG_OFF);
    *out = (struct act_seen){.state = answer.value == FLAG_UNKNOWN ? ACT_UNKNOWN
                                      : is_right                   ? ACT_DONE
                                                                   : ACT_PENDING,
                             .why = answer.text,
                             .evidence = json_object()};
    json_put_text(out->evidence, "value", flag_value_name(answer.value));
    json_put_text(out->evidence, "text", answer.text);
    return true;
}

static bool run_command(TALLOC_CTX *mem, const struct flag_setting *setting, const char **why,
                        struct error *err)
{
    const struct config_flag *flag = setting->flag;
    const struct config_release *release = &setting->environment->release;
    const struct task task = {
        .name = setting->is_on ? "flag.on" : "flag.off",
        .words = (const char *const *)(setting->is_on ? flag->on : flag->off),
        .n_words = setting->is_on ? flag->n_on : flag->n_off,
        .environment = release->environment,
        .n_environment = release->n_environment,
        .config = setting->config,
        .timeout_ms = flag->timeout_ms,
        .wait = setting->wait,
        .show = setting->show,
        .show_context = setting->show_context,
    };
    struct task_end end;
    TRY(task_run(mem, &task, &end, err));
    *why = end.why;
    return true;
}

static bool run_sql(TALLOC_CTX *mem, const struct flag_setting *setting, struct error *err)
{
    SCRATCH(tmp);
    const struct flag_request request = make_request(setting);
    const char *sql = setting->is_on ? setting->flag->on[0] : setting->flag->off[0];
    const struct engine_driver *driver;
    struct engine *engine;
    struct engine_run run;
    const struct engine_open_options options = {.url = request.url,
                                                .allow_superuser = request.allow_superuser,
                                                .name = "tminus/flag",
                                                .wait = setting->wait};
    const struct engine_run_request asked = {
        .path = mem_printf(tmp, "flag %s", setting->flag->name),
        .text = sql,
        .end = strlen(sql),
        .in_transaction = true,
        .lock_timeout_ms = setting->flag->timeout_ms,
    };
    TRY(engine_driver_for(setting->engines, request.url, &driver, err));
    TRY(driver->session->open(tmp, &options, &engine, err));
    return driver->session->run(mem, engine, &asked, &run, err);
}

static bool act(TALLOC_CTX *mem, void *context, const char **why, struct error *err)
{
    const struct setting_flag *flagging = context;
    const struct flag_setting *setting = flagging->setting;
    const struct flag_driver *driver = flag_driver_for(setting->drivers, setting->flag);
    const struct flag_request request = make_request(setting);
    if (driver->set != NULL)
        return driver->set(mem, &request, setting->is_on, why, err);
    return strcmp(driver->name, "sql") == 0 ? run_sql(mem, setting, err)
                                            : run_command(mem, setting, why, err);
}

struct act flag_act(TALLOC_CTX *mem, const struct flag_setting *setting)
{
    struct setting_flag *flagging = mem_new(mem, struct setting_flag);
    flagging->setting = setting;
    flagging->data = json_object();
    talloc_set_destructor(flagging, drop_data);
    json_put_text(flagging->data, "environment", setting->environment->name);
    json_put_text(flagging->data, "flag", setting->flag->name);
    json_put_text(flagging->data, "kind", setting->flag->kind);
    json_put_text(flagging->data, "set", setting->is_on ? "on" : "off");
    json_put_text(flagging->data, "only_when_zero", setting->flag->only_when_zero);
    return (struct act){
        .started = EVENT_FLAG_SET_STARTED,
        .done = EVENT_FLAG_SET,
        .failed = EVENT_FLAG_SET_FAILED,
        .data = flagging->data,
        .needs_certainty = true,
        .context = flagging,
        .look = look,
        .act = act,
    };
}

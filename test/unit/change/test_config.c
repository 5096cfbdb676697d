/*
 * Configuration: what is understood, and each way in which a file can be wrong, with its place.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tree.h"

#include "change/config.h"

// The example of the design, as a user would write it.
static const char example[] =
    "service: shop\n"
    "environments:\n"
    "  production:\n"
    "    database: {url: \"${TMINUS_TEST_URL}\", migrations: db/migrations, post_migrations: "
    "db/post_migrations, allow_superuser: false, undo_log: true, undo_log_keep: 3d}\n"
    "    rehearsal: {from: backup}\n"
    "    backup: {kind: pg_dump, directory: /var/backups/shop, max_age: 1h, "
    "max_restore_proof_age: 7d}\n"
    "    release: {strategy: canary, build: [make, image], deploy: [./deploy.sh, --env, "
    "\"{slot}\", --version, \"{version}\"]}\n"
    "    deployed: v1.2\n"
    "    slots: {blue: {address: \"127.0.0.1:8081\"}, green: {address: \"127.0.0.1:8082\"}}\n"
    "    traffic: {kind: haproxy, socket: /run/haproxy/admin.sock, backend: app, steps: [5%, 10%, "
    "50%, 100%], step_time: 5m}\n"
    "    metrics: {kind: haproxy}\n"
    "    health: [{name: api, http: \"http://{address}/health\", expect: {status: 200, json: "
    "{version: \"{version}\"}}}]\n"
    "    thresholds: {error_rate: 0.1%, rollback_error_rate: 1% for 5m, p95: 200ms, success_rate: "
    "99.9%, cpu: 70%, memory: 80%}\n"
    "    gates: {review: {approvals: 1}, window: {not_on: [friday], zone: Europe/Berlin}, size: "
    "{max_lines: 200}, baseline: {max_age: 30m}}\n"
    "    notify: [{kind: slack, webhook: \"${TMINUS_TEST_URL}\"}]\n"
    "    watch: [30m, 1h]\n"
    "    watch_tolerance: 90s\n"
    "    maintenance: {enable: [./page, on], disable: [./page, off], check: [{name: page, http: "
    "\"http://{address}/\", expect: {status: 503}}], for: 20m, in_flight: true}\n"
    "invariants:\n"
    "  - name: brief emails stay selectable\n"
    "    keys_kept: \"SELECT id FROM emails WHERE category = 'brief'\"\n"
    "  - {name: no orphan attachments, zero: \"SELECT count(*) FROM attachments a\"}\n"
    "  - {name: counts by status, same: \"SELECT status, count(*) FROM emails GROUP BY status\", "
    "tolerance: 1%}\n"
    "  - {name: newest email, value: \"SELECT 1\", expect: {below: 3600}}\n"
    "  - {name: share, value: \"SELECT 1\", expect: {between: [0.5, 1]}, tolerance: learned}\n"
    "tables: {emails: {key: id, ignore: [updated_at, seen_at], mask: body, age: created_at, "
    "tolerance: 10}}\n"
    "references: [{from: attachments.email_id, to: public.emails.id}]\n"
    "paths: {\"app/classify/**\": [emails, briefs], \"docs/**\": []}\n"
    "generated: [\"*.pb.go\"]\n"
    "owners: {deployer: ana, on_call: the phone}\n"
    "budget: {blocks_writes: 5s, blocks_reads: 500ms}\n";

static struct config *read_ok(TALLOC_CTX *mem, const char *path)
{
    struct error err = {0};
    struct config *config = NULL;
    if (!config_read(mem, path, true, &config, &err))
        fail_msg("%s", err.message);
    return config;
}

static void test_example(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    setenv("TMINUS_TEST_URL", "postgresql://shop:s3cret@db/shop", 1);
    struct config *config = read_ok(tmp, tree_write(tree, "tminus.yaml", example));
    assert_string_equal(config->service, "shop");
    assert_string_equal(config->folder, tree->folder);
    assert_int_equal(config->n_environments, 1);
    const struct config_environment *environment = &config->environments[0];
    assert_string_equal(environment->name, "production");
    assert_int_equal(environment->n_databases, 1);
    assert_string_equal(environment->databases[0].name, "main");
    assert_string_equal(secret_reveal(environment->databases[0].url),
                        "postgresql://shop:s3cret@db/shop");
    assert_int_equal(environment->databases[0].url_line, 4);
    assert_string_equal(environment->databases[0].post_migrations, "db/post_migrations");
    assert_true(environment->databases[0].has_undo_log);
    assert_int_equal(environment->databases[0].undo_log_keep_ms, 3 * 24 * 3600 * 1000);
    assert_int_equal(environment->n_slots, 2);
    assert_string_equal(environment->slots[1].name, "green");
    assert_string_equal(environment->deployed, "v1.2");
    assert_string_equal(environment->slots[1].addresses[0], "127.0.0.1:8082");
    assert_int_equal(environment->baseline_max_age_ms, 30 * 60 * 1000);
    assert_int_equal(environment->n_watch, 2);
    assert_int_equal(environment->watch_tolerance_ms, 90 * 1000);
    assert_int_equal(environment->maintenance.n_enable, 2);
    assert_string_equal(environment->maintenance.disable[1], "off");
    assert_int_equal(environment->maintenance.check[0].status, 503);
    assert_int_equal(environment->maintenance.for_ms, 20 * 60 * 1000);
    assert_int_equal(environment->maintenance.ready_ms, 30 * 1000); // the default
    assert_true(environment->maintenance.in_flight);

    assert_int_equal(config->n_invariants, 5);
    assert_int_equal(config->invariants[0].kind, INVARIANT_KEYS_KEPT);
    assert_int_equal(config->invariants[0].tolerance.kind, TOLERANCE_EXACT);
    assert_int_equal(config->invariants[1].kind, INVARIANT_ZERO);
    assert_int_equal(config->invariants[2].tolerance.kind, TOLERANCE_SHARE);
    assert_float_equal(config->invariants[2].tolerance.value, 0.01, 1e-9);
    assert_true(config->invariants[3].expect.has_below && !config->invariants[3].expect.has_above);
    assert_float_equal(config->invariants[3].expect.below, 3600, 0);
    assert_true(config->invariants[4].expect.is_inclusive);
    assert_int_equal(config->invariants[4].tolerance.kind, TOLERANCE_LEARNED);

    assert_int_equal(config->tables[0].n_ignore, 2);
    assert_string_equal(config->tables[0].key[0], "id");
    assert_string_equal(config->tables[0].mask[0], "body");
    assert_string_equal(config->tables[0].age, "created_at");
    assert_int_equal(config->tables[0].tolerance.kind, TOLERANCE_ABSOLUTE);
    assert_string_equal(config->references[0].from_table, "attachments");
    assert_string_equal(config->references[0].to_table, "public.emails");
    assert_string_equal(config->references[0].to_column, "id");
    assert_int_equal(config->n_code_paths, 2);
    assert_int_equal(config->code_paths[0].n_tables, 2);
    assert_int_equal(config->code_paths[1].n_tables, 0);
    assert_string_equal(config->generated[0], "*.pb.go");
    assert_string_equal(config->owners.deployer, "ana");
    assert_string_equal(config->owners.on_call, "the phone");
    assert_null(config->owners.database);
    assert_int_equal(config->budget.blocks_writes_ms, 5000);
    assert_int_equal(config->budget.blocks_reads_ms, 500);
}

static void test_defaults(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    char *path = tree_write(tree, "shop/tminus.yaml", "environments: {live: {}}\n");
    struct config *config = read_ok(tmp, path);
    assert_string_equal(config->service, "shop");
    assert_int_equal(config->environments[0].baseline_max_age_ms, 3600000);
    assert_string_equal(config_resolve(tmp, config, "db"), tree_path(tree, "shop/db"));
    assert_string_equal(config_resolve(tmp, config, "/db"), "/db");

    char *before = getcwd(NULL, 0); // no file: defaults, and no environment
    assert_int_equal(chdir(tree->folder), 0);
    config = read_ok(tmp, NULL);
    assert_int_equal(chdir(before), 0);
    free(before);
    assert_null(config->path);
    assert_string_equal(config->service, file_base(tree->folder));
    struct error err = {0};
    const struct config_environment *environment;
    const char *slot = NULL;
    assert_false(config_environment(config, NULL, &environment, &slot, &err));
    assert_non_null(strstr(err.hint, "tminus init"));
}

static void test_several_databases(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    struct config *config = read_ok(
        tmp, tree_write(tree, "tminus.yaml",
                        "environments: {p: {databases: {main: {url: sqlite:a}, billing: {url: "
                        "sqlite:b}}}}\n"
                        "invariants: [{name: x, zero: SELECT 0, database: billing}]\n"));
    assert_int_equal(config->environments[0].n_databases, 2);
    assert_string_equal(config->environments[0].databases[1].name, "billing");
    assert_string_equal(secret_reveal(config->environments[0].databases[1].url), "sqlite:b");
    assert_string_equal(config->invariants[0].database, "billing");
}

static void test_environment_choice(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    struct config *config =
        read_ok(tmp, tree_write(tree, "tminus.yaml",
                                "environments:\n  staging: {slots: {red: {address: x}}}\n"
                                "  production: {slots: {blue: {address: y}}}\n"));
    struct error err = {0};
    const struct config_environment *environment;
    const char *slot = NULL;
    assert_true(config_environment(config, NULL, &environment, &slot, &err));
    assert_string_equal(environment->name, "production");
    assert_true(config_environment(config, "staging", &environment, &slot, &err));
    assert_string_equal(environment->name, "staging");
    assert_null(slot);
    assert_true(config_environment(config, "blue", &environment, &slot, &err));
    assert_string_equal(environment->name, "production");
    assert_string_equal(slot, "blue");
    assert_false(config_environment(config, "red", &environment, &slot, &err)); // of staging only
    assert_false(config_environment(config, "prodction", &environment, &slot, &err));
    assert_int_equal(err.code, ERROR_USAGE);
    assert_non_null(strstr(err.hint, "'production'"));
}

static void test_variables(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    setenv("TMINUS_TEST_HOST", "db.example", 1);
    unsetenv("TMINUS_TEST_UNSET");
    char *path =
        tree_write(tree, "tminus.yaml",
                   "service: \"a $${x} ${TMINUS_TEST_HOST}$\"\n"
                   "environments:\n"
                   "  production: {database: {url: \"postgres://${TMINUS_TEST_HOST}/x\"}}\n"
                   "  staging: {database: {url: \"${TMINUS_TEST_UNSET}\"}}\n");
    struct config *config = read_ok(tmp, path);
    assert_string_equal(config->service, "a ${x} db.example$");
    struct error err = {0};
    const struct config_environment *environment;
    const char *slot = NULL;
    // Production does not need staging's variable.
    assert_true(config_environment(config, "production", &environment, &slot, &err));
    assert_string_equal(secret_reveal(environment->databases[0].url), "postgres://db.example/x");
    assert_false(config_environment(config, "staging", &environment, &slot, &err));
    assert_int_equal(err.code, ERROR_CONFIG);
    assert_non_null(strstr(err.message, "tminus.yaml:4:29: ${TMINUS_TEST_UNSET} is not set"));

    assert_true(config_read(tmp, path, false, &config, &err)); // left as they are
    assert_true(config_environment(config, "staging", &environment, &slot, &err));
    assert_string_equal(secret_reveal(environment->databases[0].url), "${TMINUS_TEST_UNSET}");
}

static void test_gates(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    char *path = tree_write(
        tree, "tminus.yaml",
        "environments:\n"
        "  a: {database: {url: a}}\n"
        "  b: {gates: {required: [down], optional: [size, risk], review: {approvals: 2}, "
        "rehearsal: "
        "{max_age: 2h}, risk: {flag: f}, window: {not_on: [friday, Sunday], between: [09:00-16:30, "
        "22:00-04:00], zone: Europe/Berlin}, freeze: [{from: 2026-12-20, to: 2027-01-02 06:00, "
        "reason: r}], holidays: [12-25, 2026-05-01], size: {max_lines: 300, base: main}, "
        "announced: "
        "{before: 30m}, staging: {environment: a}, keys: {required: [A, B], file: .env}, secrets: "
        "[{name: s, path: p, max_age: 90d}], disk: {command: [df, /]}}}\n");
    const struct config *config = read_ok(tmp, path);
    const struct config_gates *gates = &config->environments[0].gates;
    assert_int_equal(gates->rehearsal_max_age_ms, 24 * 3600 * 1000);
    assert_int_equal(gates->n_required + gates->n_not_on + gates->n_freeze, 0);
    gates = &config->environments[1].gates;
    assert_int_equal(gates->rehearsal_max_age_ms, 2 * 3600 * 1000);
    assert_string_equal(gates->required[0], "down");
    assert_string_equal(gates->optional[1], "risk");
    assert_int_equal(gates->approvals, 2);
    assert_string_equal(gates->risk_flag, "f");
    assert_string_equal(gates->not_on[1], "Sunday");
    assert_int_equal(gates->hours[0].to, 16 * 60 + 30);
    assert_int_equal(gates->hours[1].from, 22 * 60);
    assert_string_equal(gates->zone, "Europe/Berlin");
    assert_string_equal(gates->freeze[0].to, "2027-01-02 06:00");
    assert_string_equal(gates->holidays[0], "12-25");
    assert_int_equal(gates->max_lines, 300);
    assert_string_equal(gates->size_base, "main");
    assert_int_equal(gates->announced_ms, 30 * 60 * 1000);
    assert_string_equal(gates->staging, "a");
    assert_string_equal(gates->keys[1], "B");
    assert_string_equal(gates->keys_file, ".env");
    assert_string_equal(gates->secrets[0].path, "p");
    assert_string_equal(gates->disk_command[1], "/");
}

// Its variables are noted in the store alone: who opens no journal does not need them.
static void test_store(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    setenv("TMINUS_TEST_URL", "postgresql://journal/x", 1);
    unsetenv("TMINUS_TEST_UNSET");
    char *path = tree_write(tree, "tminus.yaml",
                            "store: {kind: postgres, url: \"${TMINUS_TEST_UNSET}\"}\n"
                            "environments:\n"
                            "  a: {store: {kind: postgres, url: \"${TMINUS_TEST_URL}\"}}\n"
                            "  b: {store: {kind: sqlite, path: b.db}}\n"
                            "  c: {database: {url: c}}\n");
    struct config *config = read_ok(tmp, path);
    assert_string_equal(config->store.kind, "postgres");
    assert_non_null(
        strstr(config->store.missing.message, "tminus.yaml:1:30: ${TMINUS_TEST_UNSET} is not set"));
    const struct config_environment *list = config->environments;
    assert_string_equal(secret_reveal(list[0].store.url), "postgresql://journal/x");
    assert_int_equal(list[0].store.missing.code, ERROR_NONE);
    assert_string_equal(list[1].store.path, "b.db");
    assert_null(list[2].store.kind);
    assert_int_equal(list[2].missing.code, ERROR_NONE);
}

// Each wrong file: the text, the place, a part of the message or hint.
static const struct {
    const char *text, *place, *part;
} wrong_files[] = {
    {"servce: x\n", "1:1", "unknown key 'servce' in tminus.yaml"},
    {"servce: x\n", "1:1", "did you mean 'service'?"},
    {"environments:\n  p:\n    databse: {url: x}\n", "3:5", "did you mean 'database'?"},
    {"environments:\n  p: {zzz: 1}\n", "2:7", "an environment has the keys database,"},
    {"environments: 5\n", "1:15", "expected a map of names, found '5'"},
    {"environments: {p: }\n", "1:19", "expected an environment as a map of keys"},
    {"environments: {p: {database: sqlite:x}}\n", "1:30", "expected a database as a map"},
    {"environments: {p: {database: {allow_superuser: yes}}}\n", "1:48",
     "expected true or false, found 'yes'"},
    {"environments: {p: {database: {layout: flywy}}}\n", "1:39", "expected one of"},
    {"environments: {p: {database: {url: a}, databases: {b: {url: c}}}}\n", "1:19",
     "both 'database' and 'databases'"},
    {"environments: {p: {gates: {baseline: {max_age: 5}}}}\n", "1:48",
     "expected a duration as 90s, 5m, 1h, 7d, found '5'"},
    {"environments: {p: {gates: {size: {max_lines: many}}}}\n", "1:46", "expected a whole number"},
    {"environments: {p: {gates: {window: {between: [9-16]}}}}\n", "1:47",
     "expected hours as 09:00-16:00"},
    {"environments: {p: {gates: {window: {between: [09:00-24:01]}}}}\n", "1:47",
     "expected hours as 09:00-16:00"},
    {"environments: {p: {gates: {holidays: [12-24, 25.12.]}}}\n", "1:46",
     "expected a day as 2026-12-25, or 12-25 of every year, found '25.12.'"},
    {"environments: {p: {gates: {freeze: [{from: 2026-12-20, to: 2026-13-01}]}}}\n", "1:60",
     "expected a day as 2026-12-20, or 2026-12-20 18:00"},
    {"environments: {p: {gates: {freeze: [{from: 2026-12-20, to: 2026-12-19}]}}}\n", "1:37",
     "it ends before it begins"},
    {"environments: {p: {gates: {freeze: [{from: 2026-12-20}]}}}\n", "1:37",
     "'to' is missing in a freeze"},
    {"environments: {p: {gates: {secrets: [{name: a, max_age: 1d}]}}}\n", "1:38",
     "expected one of path and command, found none"},
    {"environments: {p: {gates: {window: {not_on: [frday]}}}}\n", "1:46",
     "expected a day of the week"},
    {"environments: {p: {traffic: {steps: [5, 10%]}}}\n", "1:38", "expected a share as 5%"},
    {"environments: {p: {thresholds: {p95: fast}}}\n", "1:38", "expected a threshold"},
    {"environments: {p: {backup: {kind: tape}}}\n", "1:35", "expected one of pg_dump,"},
    {"store: {kind: redis}\n", "1:15", "expected one of sqlite, postgres"},
    {"store: {url: x}\n", "1:8", "'kind' is missing in store"},
    {"store: {kind: postgres}\n", "1:8", "a store on PostgreSQL needs 'url'"},
    {"store: {kind: postgres, url: a, path: b}\n", "1:8", "'path' is of a store on SQLite"},
    {"store: {kind: sqlite, url: a}\n", "1:8", "'url' is of a store on PostgreSQL"},
    {"store: {kind: sqlite, path: a}\n", "1:8", "each has its own journal"},
    {"environments: {p: {store: {kind: postgres}}}\n", "1:27", "needs 'url'"},
    {"environments: {p: {health: [{http: x}]}}\n", "1:29", "'name' is missing in a health"},
    {"environments: {p: {health: [{name: a}]}}\n", "1:29", "the check asks nothing"},
    {"environments: {p: {health: [{name: a, tcp: b, http: c}]}}\n", "1:29",
     "the check asks 2 things at once"},
    {"environments: {p: {health: [{name: a, sql: SELECT 0}]}}\n", "1:29",
     "the check expects nothing of its sql"},
    {"environments: {p: {health: [{name: a, tcp: b, expect: 1}]}}\n", "1:55",
     "expects a connection, and nothing else"},
    {"environments: {p: {health: [{name: a, http: b, expect: {stauts: 1}}]}}\n", "1:57",
     "did you mean 'status'?"},
    {"environments: {p: {health: [{name: a, command: [b], expect: {status: 1}}]}}\n", "1:62",
     "in what is expected of a command"},
    {"environments: {p: {health: [{name: a, http: b, expect: {json: [c]}}]}}\n", "1:63",
     "expected a map of names to values"},
    {"environments: {p: {flags: {f: {kind: flie}}}}\n", "1:38", "expected one of command, file"},
    {"environments: {p: {flags: {f: {kind: file, path: x}}}}\n", "1:31",
     "a flag of kind file needs 'key'"},
    {"environments: {p: {watch_tolerance: soon}}\n", "1:37", "expected a duration"},
    {"environments: {p: {maintenance: {enabel: [x]}}}\n", "1:34", "did you mean 'enable'?"},
    {"environments: {p: {steps: [{name: a, at: prepare}]}}\n", "1:28", "the step does nothing"},
    {"environments: {p: {steps: [{name: a, at: prepare, tag: true, wait: 1s}]}}\n", "1:28",
     "the step does 2 things at once"},
    {"environments: {p: {steps: [{name: a, at: later, wait: 1s}]}}\n", "1:42",
     "expected one of prepare, before_migrations"},
    {"environments: {p: {steps: [{name: a, at: prepare, wait: 1s, undoo: 1}]}}\n", "1:61",
     "did you mean 'undo'?"},
    {"environments: {p: {steps: [{name: a, at: prepare, command: b}]}}\n", "1:60",
     "expected a list of arguments"},
    {"environments: {p: {steps: [{name: a b, at: prepare, wait: 1s}]}}\n", "1:28",
     "no name of letters, digits, _ and -"},
    {"environments: {p: {steps: [{name: migrate, at: prepare, wait: 1s}]}}\n", "1:28",
     "has the name of one of the flight's own"},
    {"environments: {p: {steps: [{name: a, at: prepare, wait: 1s}, {name: a, at: prepare, "
     "wait: 2s}]}}\n",
     "1:62", "step 'a' is there twice"},
    {"environments: {p: {steps: [{name: a, at: after_release, command: [b]}]}}\n", "1:28",
     "step 'a' changes something and does not say how that is taken back"},
    {"environments: {p: {steps: [{name: a, at: after_release, command: [b], undo: none}]}}\n",
     "1:28", "has 'undo: none' and no 'reason'"},
    {"environments: {p: {steps: [{name: a, at: after_release, command: [b], undo: [c], reason: "
     "d}]}}\n",
     "1:28", "which belongs to 'undo: none'"},
    {"environments: {p: {steps: [{name: a, at: prepare, command: [b], changes_schema: true}]}}\n",
     "1:28", "changes the schema, and preparation does not"},
    {"environments: {p: {steps: [{name: a, at: after_release, wait: 1s, changes_schema: true}]}}\n",
     "1:28", "which has no 'changes_schema'"},
    {"environments: {p: {steps: [{name: a, at: after_release, command: [b], undo: [c], database: "
     "d}]}}\n",
     "1:28", "has a 'database', which belongs to 'changes_schema'"},
    {"environments: {p: {steps: [{name: a, at: after_release, command: [b], undo: c.sql}]}}\n",
     "1:28", "is undone by what it is done by"},
    {"environments: {p: {steps: [{name: a, at: after_release, sql: b, undo: c}]}}\n", "1:28",
     "only a question of SQL tells whether it is done"},
    {"environments: {p: {steps: [{name: a, at: after_release, sql: b, undo: c, read_back: {tcp: "
     "d}}]}}\n",
     "1:28", "only a question of SQL tells whether it is done"},
    {"environments: {p: {steps: [{name: a, at: after_release, wait: 1s, read_back: {sql: d}}]}}\n",
     "1:78", "the check expects nothing of its sql"},
    {"environments: {p: {steps: [{name: a, at: prepare, sql: b, read_back: {sql: c, expect: 1}}]}}\n",
     "1:28", "changes what runs, and preparation does not"},
    {"environments: {p: {steps: [{name: a, at: after_release, flag: b}]}}\n", "1:28",
     "does not say what the flag is set to"},
    {"environments: {p: {steps: [{name: a, at: after_release, flag: b, value: yes}]}}\n", "1:73",
     "expected on or off"},
    {"environments: {p: {steps: [{name: a, at: after_release, wait: 1s, undo: [b]}]}}\n", "1:28",
     "is of kind wait, which has no 'undo'"},
    {"environments: {p: {steps: [{name: a, at: before_migrations, verify: true}]}}\n", "1:28",
     "has nothing to compare before the migrations"},
    {"environments: {p: {steps: [{name: a, at: prepare, tag: false}]}}\n", "1:28",
     "is false, and so nothing"},
    {"environments: {p: {notify: [{kind: webhok, url: x}]}}\n", "1:36",
     "expected one of slack, webhook"},
    {"environments: {p: {notify: [{kind: webhook}]}}\n", "1:29", "kind webhook needs 'url'"},
    {"environments: {p: {notify: [{kind: file, url: x}]}}\n", "1:29", "kind file needs 'path'"},
    {"environments: {p: {release: {artifact: {a: b}}}}\n", "1:40",
     "expected a file, or a command as a list"},
    {"environments: {p: {release: {deploy: ./deploy.sh}}}\n", "1:38",
     "expected a list of arguments"},
    {"environments: {p: {slots: {blue: {adress: x}}}}\n", "1:35", "did you mean 'address'?"},
    {"invariants: [{name: a}]\n", "1:14", "expected one of zero, same, keys_kept, value"},
    {"invariants: [{name: a, zero: SELECT 0, same: SELECT 1}]\n", "1:14", "found several"},
    {"invariants: [{name: a, zero: \"SELECT ${HOME}\"}]\n", "1:30",
     "a query that others are to read and to ask again takes no variable"},
    {"invariants: [{zero: SELECT 0}]\n", "1:14", "'name' is missing in an invariant"},
    {"invariants: [{name: a, value: SELECT 0}]\n", "1:14", "'value' needs 'expect'"},
    {"invariants: [{name: a, zero: SELECT 0, expect: {below: 1}}]\n", "1:14",
     "'expect' belongs to 'value' only"},
    {"invariants: [{name: a, value: SELECT 0, expect: {belw: 1}}]\n", "1:50",
     "unknown key 'belw' in an expectation"},
    {"invariants: [{name: a, value: SELECT 0, expect: {between: [5, 1]}}]\n", "1:59",
     "the first number is greater"},
    {"invariants: [{name: a, value: SELECT 0, expect: {below: 0x10}}]\n", "1:57",
     "expected a number, found '0x10'"},
    {"invariants: [{name: a, zero: SELECT 0, tolerance: lots}]\n", "1:51", "expected a tolerance"},
    {"invariants: [{name: a, zero: SELECT 0}, {name: a, zero: SELECT 1}]\n", "1:41",
     "also that of the invariant in line 1"},
    {"invariants: [{name: a, zero: SELECT 0, database: x}]\n", "1:14",
     "no environment has a database 'x'"},
    {"references: [{from: a, to: b.c}]\n", "1:21", "expected TABLE.COLUMN, found 'a'"},
    {"references: [{from: a.b}]\n", "1:14", "'to' is missing in a reference"},
    {"paths: [a]\n", "1:8", "expected a map of path patterns"},
    {"service: ${}\n", "1:10", "expected a name and '}' behind '${'"},
    {"service: ${TMINUS_TEST_UNSET}\n", "1:10", "${TMINUS_TEST_UNSET} is not set"},
    {"a: [\n", "2:1", ""},                          // YAML itself
    {"service: a\nservice: b\n", "2:1", "service"}, // the same key twice
    {"- a\n", "1:1", "expected tminus.yaml as a map of keys, found a list"},
};

static void test_problems(void **state)
{
    (void)state;
    unsetenv("TMINUS_TEST_UNSET");
    for (size_t i = 0; i < COUNT_OF(wrong_files); i++) {
        SCRATCH(tmp);
        struct tree *tree = tree_make(tmp);
        char *path = tree_write(tree, "tminus.yaml", wrong_files[i].text);
        struct error err = {0};
        struct config *config = NULL;
        if (config_read(tmp, path, true, &config, &err))
            fail_msg("accepted: %s", wrong_files[i].text);
        assert_int_equal(err.code, ERROR_CONFIG);
        char *place = mem_printf(tmp, "%s:%s: ", path, wrong_files[i].place);
        if (strncmp(err.message, place, strlen(place)) != 0 ||
            (strstr(err.message, wrong_files[i].part) == NULL &&
             strstr(err.hint, wrong_files[i].part) == NULL))
            fail_msg("%s → '%s' / '%s'", wrong_files[i].text, err.message, err.hint);
    }
}

static void test_all_problems_in_order(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    char *path =
        tree_write(tree, "tminus.yaml",
                   "invariants: [{name: a}]\nservce: x\nenvironments: {p: {databse: 1}}\n");
    struct config *config;
    struct config_problems problems = {0};
    struct error err = {0};
    assert_true(config_check(tmp, path, true, &config, &problems, &err));
    assert_int_equal(problems.n, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(problems.list[i].line, i + 1);
    assert_false(config_read(tmp, path, true, &config, &err));
    assert_non_null(strstr(err.hint, "lists all 3 problems"));
}

static void test_problems_are_bounded(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    char *text = mem_strdup(tmp, "");
    for (int i = 0; i < 100; i++)
        text = mem_printf(tmp, "%szz%d: 1\n", text, i);
    struct config *config;
    struct config_problems problems = {0};
    struct error err = {0};
    assert_true(
        config_check(tmp, tree_write(tree, "tminus.yaml", text), true, &config, &problems, &err));
    assert_int_equal(problems.n, CONFIG_PROBLEMS_MAX);
}

static void test_no_such_file(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct tree *tree = tree_make(tmp);
    struct config *config;
    struct error err = {0};
    assert_false(config_read(tmp, tree_path(tree, "none.yaml"), true, &config, &err));
    assert_int_equal(err.code, ERROR_CONFIG);
    assert_non_null(strstr(err.message, "none.yaml"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_example),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_several_databases),
        cmocka_unit_test(test_environment_choice),
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_store),
        cmocka_unit_test(test_gates),
        cmocka_unit_test(test_problems),
        cmocka_unit_test(test_all_problems_in_order),
        cmocka_unit_test(test_problems_are_bounded),
        cmocka_unit_test(test_no_such_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

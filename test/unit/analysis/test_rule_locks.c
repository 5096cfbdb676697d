/*
 * Rules on locks, scans and rewrites: how bad each is by size and lock_timeout, what it says, and
 * where it is silent. The pages' examples are not repeated here.
 *
 * Which lock a statement takes, what it scans and rewrites was measured on PostgreSQL 15:
 * effects_measured.txt and docs/effects.md.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "judged.h"

#define EMAILS "CREATE TABLE emails (id bigint PRIMARY KEY, address varchar(20), size int);"
#define SHOP                                                                                       \
    "CREATE TABLE customers (id bigint PRIMARY KEY);"                                              \
    "CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers (id),"    \
    " note varchar(10));"
#define EVENTS                                                                                     \
    "CREATE TABLE events (at date NOT NULL) PARTITION BY RANGE (at);"                              \
    "CREATE TABLE e25 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');"
#define REST "CREATE TABLE rest PARTITION OF events DEFAULT;"
#define LARGE "{emails: {rows: 2000000, bytes: 4GB}, orders: {rows: 2000000}, events: {rows: 2000000}}"
#define SMALL "{emails: {rows: 90}, orders: {rows: 90}, customers: {rows: 90}, events: {rows: 90}}"
#define TIMEOUT "SET lock_timeout = '2s'; "

struct lock_case {
    const char *before, *up, *rule, *sizes;
    const char *expected; // "warn MESSAGE"; NULL: silent
    unsigned pg_version;
};

static const struct lock_case cases[] = {
    // A lock for a moment: size and lock_timeout decide.
    {EMAILS, "ALTER TABLE emails ADD n int;", "no-lock-timeout", NULL,
     "note waits without limit for public.emails, and every reader and writer waits behind it", 0},
    {EMAILS, "ALTER TABLE emails ADD n int;", "no-lock-timeout", LARGE,
     "warn waits without limit for public.emails, and every reader and writer waits behind it", 0},
    {EMAILS, "ALTER TABLE emails ADD n int;", "no-lock-timeout", SMALL, NULL, 0},
    {EMAILS, "CREATE INDEX i ON emails (size);", "no-lock-timeout", NULL,
     "note waits without limit for public.emails, and every writer waits behind it", 0},
    {EMAILS, "SELECT set_config('lock_timeout', '2s', false); ALTER TABLE emails ADD n int;",
     "no-lock-timeout", LARGE, NULL, 0},
    {EMAILS, "COMMENT ON TABLE emails IS 'x';", "no-lock-timeout", NULL, NULL, 0},
    {EMAILS SHOP, "ALTER TABLE emails ADD n int; ALTER TABLE orders ADD n int;", "no-lock-timeout",
     "{emails: {rows: 90}, orders: {rows: 2000000}}",
     "warn waits without limit for public.orders, and every reader and writer waits behind it", 0},
    {EMAILS, "SET lock_timeout = 0; ALTER TABLE emails ADD n int;", "lock-timeout-zero-or-too-long",
     NULL,
     "note waits without limit, lock_timeout is 0, for public.emails, and every reader and writer "
     "waits behind it",
     0},
    {EMAILS, "SET lock_timeout = '1min'; ALTER TABLE emails ADD n int;",
     "lock-timeout-zero-or-too-long", LARGE,
     "warn waits for up to 1 min 0 s for public.emails, and every reader and writer waits behind it", 0},
    {EMAILS, "SET lock_timeout = 0; CREATE TABLE t (a int);", "lock-timeout-zero-or-too-long", NULL,
     NULL, 0},
    {EMAILS, "ALTER TABLE emails ADD n int; SET lock_timeout = '2s';", "lock-timeout-set-too-late",
     NULL,
     "warn line 1 has waited without limit for the ACCESS EXCLUSIVE lock on public.emails before "
     "lock_timeout is set",
     0},
    // One finding, not two.
    {EMAILS, "ALTER TABLE emails ADD n int; SET lock_timeout = '2s';", "no-lock-timeout", NULL, NULL,
     0},
    {EMAILS, "CREATE INDEX i ON emails (size);", "no-statement-timeout", NULL, NULL, 0},
    {EMAILS, "CREATE INDEX i ON emails (size);", "no-statement-timeout", LARGE,
     "note nothing ends this statement when it takes longer than thought, and public.emails stays "
     "blocked meanwhile",
     0},
    {EMAILS, TIMEOUT "CREATE INDEX i ON emails (size);", "no-statement-timeout", SMALL, NULL, 0},
    {EMAILS, TIMEOUT "ALTER TABLE emails ADD n int;", "no-idle-in-transaction-timeout", NULL, NULL, 0},
    // Long work, by size.
    {EMAILS "CREATE INDEX i ON emails (size);", "CREATE INDEX IF NOT EXISTS i ON emails (size);",
     "index-create-blocking", NULL, NULL, 0},
    {EMAILS "CREATE INDEX i ON emails (size);", "DROP INDEX i;", "index-drop-blocking", LARGE,
     "warn waits for every reader of public.emails, and everybody waits behind it", 0},
    {EMAILS "CREATE INDEX i ON emails (size);", TIMEOUT "DROP INDEX i;", "index-drop-blocking", NULL,
     NULL, 0},
    {EMAILS "CREATE INDEX i ON emails (size);", "REINDEX INDEX i;", "reindex-blocking", LARGE,
     "stop no writes to public.emails while its indexes are built again, and readers that plan on "
     "one of them wait too (2,000,000 rows, 4.0 GB: 20 s to 2 min 16 s)",
     0},
    {EMAILS, "REINDEX SCHEMA public;", "reindex-blocking", NULL,
     "warn no writes to one table of public after the other, while its indexes are built again", 0},
    {EMAILS, "VACUUM FULL;", "vacuum-full", NULL,
     "warn nobody reads or writes one table after the other while it is rewritten", 0},
    {EMAILS, "VACUUM FULL emails;", "vacuum-full", SMALL,
     "note nobody reads or writes public.emails while it is rewritten (90 rows: under 1 s)", 0},
    {EMAILS "CREATE MATERIALIZED VIEW v AS SELECT * FROM emails;", "REFRESH MATERIALIZED VIEW v;",
     "matview-refresh-blocking", NULL,
     "warn nobody reads public.v while its query runs (size not known)", 0},
    // The second table.
    {SHOP, "DROP TABLE orders;", "drop-cascades-lock-to-referenced", NULL,
     "warn locks public.customers too: nobody reads or writes there until the transaction ends, "
     "because a foreign key with public.orders goes",
     0},
    {SHOP, "ALTER TABLE orders DROP COLUMN customer_id, DROP COLUMN note;",
     "drop-cascades-lock-to-referenced", NULL,
     "warn locks public.customers too: nobody reads or writes there until the transaction ends, "
     "because a foreign key with public.orders goes",
     0},
    {SHOP, "ALTER TABLE orders DROP COLUMN note;", "drop-cascades-lock-to-referenced", NULL, NULL, 0},
    {SHOP, "DROP TABLE orders;", "drop-cascades-lock-to-referenced", SMALL, NULL, 0},
    {SHOP, TIMEOUT "DROP TABLE orders;", "drop-cascades-lock-to-referenced", NULL, NULL, 0},
    {SHOP, "DROP TABLE orders, customers;", "drop-cascades-lock-to-referenced", NULL, NULL, 0},
    {SHOP, "CREATE TABLE t (o bigint REFERENCES orders, c bigint REFERENCES customers);",
     "fk-in-create-table", NULL,
     "note no writes to public.orders, public.customers until the transaction that creates public.t "
     "ends: a foreign key locks what it refers to",
     0},
    // It is held already: nothing is waited for.
    {SHOP, "ALTER TABLE orders ADD n int; CREATE TABLE t (o bigint REFERENCES orders);",
     "fk-in-create-table", NULL, NULL, 0},
    {EMAILS, "LOCK TABLE emails;", "explicit-lock-table", NULL,
     "warn nobody reads or writes public.emails from here to the end of the transaction, and the wait "
     "for it has no limit",
     0},
    {EMAILS, "LOCK TABLE emails NOWAIT;", "explicit-lock-table", NULL, NULL, 0},
    {EMAILS, "LOCK TABLE emails IN SHARE UPDATE EXCLUSIVE MODE;", "explicit-lock-table", NULL, NULL,
     0},
    {EMAILS, "ALTER TABLE emails FORCE ROW LEVEL SECURITY;", "rls-policy-change", LARGE,
     "warn ALTER TABLE ... ROW LEVEL SECURITY waits for everybody who uses public.emails; meanwhile nobody "
     "reads or writes it",
     0},
    {EMAILS, "CREATE TABLE t (a int); ALTER TABLE t ENABLE ROW LEVEL SECURITY;", "rls-policy-change",
     NULL, NULL, 0},
    {EMAILS, "CREATE VIEW v AS SELECT 1 AS a; CREATE OR REPLACE VIEW v AS SELECT 2 AS a;",
     "view-replace", NULL, NULL, 0},
    // Partitions.
    {EVENTS REST, "CREATE TABLE e26 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
     "partition-create-of", NULL,
     "warn waits for everybody who uses public.events and its default partition public.rest; "
     "meanwhile nobody reads or writes it",
     0},
    {EVENTS REST, "CREATE TABLE e26 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
     "default-partition-scan", NULL,
     "warn nobody reads or writes public.rest, the default partition of public.events, while it is "
     "searched for rows of the new one (size not known)",
     0},
    {EVENTS, "DROP TABLE e25;", "partition-drop", NULL,
     "warn waits for everybody who uses public.events; meanwhile nobody reads or writes it", 0},
    {EVENTS, TIMEOUT "DROP TABLE e25;", "partition-drop", NULL, NULL, 0},
    {EVENTS, "ALTER TABLE events ADD n int;", "partition-recursive-lock", NULL,
     "warn waits for everybody who uses public.events or one of 1 partitions, locked one after the "
     "other; meanwhile nobody reads or writes them",
     0},
    {EVENTS, "ALTER TABLE events ADD CHECK (at > '2000-01-01');", "partition-recursive-lock", NULL,
     NULL, 0}, // check-add-scan says more
    // By the name that it had, the table is still the one that is named.
    {"CREATE TABLE t (id int); CREATE VIEW v AS SELECT id FROM t;",
     "CREATE TABLE c (id int); ALTER TABLE t RENAME TO t_old; ALTER TABLE c RENAME TO t;"
     "DROP TABLE t_old CASCADE;",
     "cascade", NULL, "warn DROP … CASCADE on public.t_old takes with it: view public.v", 0},
    // What a partitioned table refuses.
    {EVENTS, "CREATE INDEX CONCURRENTLY ON events (at);", "partitioned-table-refuses", NULL,
     "stop fails on public.events: an index of a partitioned table cannot be built CONCURRENTLY", 0},
    {EVENTS, "CREATE UNIQUE INDEX ON events (at);", "partitioned-table-refuses", NULL, NULL, 0},
    {EVENTS, "CREATE INDEX CONCURRENTLY ON e25 (at);", "partitioned-table-refuses", NULL, NULL, 0},
    {EVENTS, "ALTER TABLE events DETACH PARTITION e25 CONCURRENTLY;", "partitioned-table-refuses",
     NULL, NULL, 0},
    {EVENTS REST, "ALTER TABLE events DETACH PARTITION e25 CONCURRENTLY;",
     "partitioned-table-refuses", NULL,
     "stop fails on public.events: nothing is detached CONCURRENTLY while there is a default "
     "partition",
     0},
    {EVENTS "CREATE INDEX events_at ON events (at);", "DROP INDEX CONCURRENTLY events_at;",
     "partitioned-table-refuses", NULL,
     "stop fails on public.events: an index of a partitioned table cannot be dropped CONCURRENTLY",
     0},
    {EVENTS "CREATE TABLE days (at date PRIMARY KEY);",
     "ALTER TABLE events ADD FOREIGN KEY (at) REFERENCES days NOT VALID;",
     "partitioned-table-refuses", NULL,
     "stop fails on public.events: NOT VALID is not for foreign keys of partitioned tables before "
     "PostgreSQL 18",
     0},
    {EVENTS "CREATE TABLE e26 (at date NOT NULL CHECK (at >= '2026-01-01' AND at < '2027-01-01'));",
     "ALTER TABLE events ATTACH PARTITION e26 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
     "partition-attach-scan", NULL, NULL, 0}, // proven
    {EVENTS "CREATE TABLE e26 (at date NOT NULL CHECK (date_part('year', at) = 2026));",
     "ALTER TABLE events ATTACH PARTITION e26 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
     "partition-attach-scan", NULL,
     "note nobody reads or writes public.e26 while every row is held against the bound, unless a "
     "CHECK of it implies the bound (size not known)",
     0},
    // Domains.
    {"CREATE DOMAIN d AS text; CREATE TABLE a (x d); CREATE TABLE b (x d);",
     "ALTER DOMAIN d SET NOT NULL;", "domain-add-constraint", NULL,
     "warn no writes to public.a, public.b while every value of domain public.d is checked", 0},
    {"CREATE DOMAIN d AS text;", "ALTER DOMAIN d SET NOT NULL;", "domain-add-constraint", NULL, NULL,
     0},
    // Locks that are kept.
    {SHOP, "ALTER TABLE orders ADD n int;\nALTER TABLE customers ADD CHECK (id > 0);",
     "statements-after-ax", NULL,
     "warn nobody reads or writes public.orders, locked since line 1, while line 2 scans "
     "public.customers",
     0},
    {SHOP, "ALTER TABLE orders ADD n int;\nALTER TABLE orders ALTER n SET NOT NULL;",
     "statements-after-ax", NULL,
     "note nobody reads or writes public.orders, locked since line 1, while line 2 scans "
     "public.orders",
     0},
    {SHOP, "ALTER TABLE customers ADD n int; CREATE INDEX i ON orders (note);", "statements-after-ax",
     SMALL, NULL, 0},
    {SHOP, "ALTER TABLE customers ADD n int; INSERT INTO customers VALUES (1);",
     "statements-after-ax", NULL, NULL, 0},
    {SHOP, "ALTER TABLE customers ADD n int; COMMIT; ALTER TABLE orders ADD CHECK (id > 0);",
     "statements-after-ax", NULL, NULL, 0},
    {SHOP, "ALTER TABLE customers ADD n int; UPDATE orders SET note = 'x';", "statements-after-ax",
     NULL, NULL, 0}, // mix-ddl-and-dml says it
    {SHOP, "ALTER TABLE customers ADD n int; UPDATE orders SET note = 'x';", "mix-ddl-and-dml", NULL,
     "warn rows of public.orders are changed while the ACCESS EXCLUSIVE lock on public.customers is "
     "still held (size not known)",
     0},
    {SHOP, "ALTER TABLE customers ADD n int; CREATE TABLE t AS SELECT * FROM orders;",
     "statements-after-ax", NULL,
     "warn nobody reads or writes public.customers, locked since line 1, while line 1 changes rows of "
     "public.t",
     0},
    {SHOP, "ALTER TABLE customers ADD n int; UPDATE orders SET note = 'x' WHERE id = 7;",
     "mix-ddl-and-dml", NULL, NULL, 0},
    {SHOP, "ALTER TABLE customers ADD n int;"
           "UPDATE orders SET note = 'x' FROM customers c WHERE orders.id = c.id;",
     "mix-ddl-and-dml", NULL,
     "warn rows of public.orders are changed while the ACCESS EXCLUSIVE lock on public.customers is "
     "still held (size not known)",
     0},
    {SHOP, "ALTER TABLE orders ADD CONSTRAINT c CHECK (id > 0) NOT VALID;"
           "ALTER TABLE orders VALIDATE CONSTRAINT c;",
     "validate-while-holding-strong-lock", NULL, NULL, 0}, // not-valid-and-validate-together
    {SHOP, "ALTER TABLE orders ADD CONSTRAINT c CHECK (id > 0) NOT VALID;\n"
           "ALTER TABLE orders VALIDATE CONSTRAINT c;",
     "not-valid-and-validate-together", LARGE,
     "stop the lock with which line 1 added c to public.orders is held while every row is checked: "
     "NOT VALID won nothing (2,000,000 rows: 400 ms to 4.0 s)",
     0},
    {SHOP, "BEGIN; ALTER TABLE orders ADD CONSTRAINT c CHECK (id > 0) NOT VALID; COMMIT;"
           "ALTER TABLE orders VALIDATE CONSTRAINT c;",
     "not-valid-and-validate-together", NULL, NULL, 0},
    {SHOP "ALTER TABLE orders ADD CONSTRAINT c CHECK (id > 0) NOT VALID;",
     "ALTER TABLE orders VALIDATE CONSTRAINT c, ADD COLUMN n int;",
     "validate-while-holding-strong-lock", NULL,
     "warn nobody reads or writes public.orders while c is validated: the ACCESS EXCLUSIVE lock of "
     "another action of this statement is held through the scan (size not known)",
     0},
    {SHOP, "ALTER TABLE orders ADD n int;\nALTER TABLE customers ADD n int;",
     "multiple-tables-locked-order", NULL,
     "note locks public.customers and keeps public.orders, locked since line 1: a transaction of the "
     "application that took them in the other order ends in a deadlock with it",
     0},
    {SHOP EMAILS, "ALTER TABLE orders ADD n int; ALTER TABLE emails ADD n int;",
     "multiple-tables-locked-order", NULL, NULL, 0},
    {EMAILS, "ALTER TABLE emails ADD CHECK (size > 0); ALTER TABLE emails ADD m int;",
     "several-alter-same-table", NULL, NULL, 0},
    {EMAILS, "ALTER TABLE emails ADD a int; SAVEPOINT s; ALTER TABLE emails ADD b int;"
             "ROLLBACK TO s;",
     "savepoint-keeps-locks", NULL,
     "note takes back what came after SAVEPOINT s, but public.emails stays locked (ACCESS EXCLUSIVE) "
     "since line 1: each try keeps others waiting",
     0},
    // Rewrites, by their reason.
    {EMAILS, "ALTER TABLE emails ADD n int DEFAULT 0;", "default-pre-11", NULL,
     "warn nobody reads or writes public.emails while it is rewritten: before PostgreSQL 11 a default "
     "is written into every row (size not known)",
     10},
    {EMAILS, "ALTER TABLE emails ADD n int DEFAULT 0;", "default-pre-11", NULL, NULL, 11},
    {EMAILS, "ALTER TABLE emails ADD n bigserial UNIQUE;", "column-with-inline-unique", NULL, NULL,
     0}, // serial-column says it
    {EMAILS, "ALTER TABLE emails ALTER size TYPE bigint;", "rewrite-replica-lag", LARGE,
     "note rewriting public.emails writes about 4.0 GB of WAL and needs as much disk again: replicas "
     "fall behind, and their readers of it wait or are cancelled",
     0},
    {EMAILS, "ALTER TABLE emails ALTER size TYPE bigint;", "rewrite-replica-lag", NULL, NULL, 0},
    {EMAILS, "ALTER TABLE emails ALTER size TYPE bigint;", "type-change-rewrite", LARGE,
     "stop nobody reads or writes public.emails while it is rewritten: size becomes bigint (2,000,000 "
     "rows, 4.0 GB: 20 s to 2 min 16 s)",
     0},
    // A type change that leaves the rows.
    {EMAILS "CREATE INDEX small ON emails (size) WHERE address IS NULL;",
     "ALTER TABLE emails ALTER address TYPE text;", "type-change-index-rebuild", NULL,
     "warn nobody reads or writes public.emails while indexes of address are built again: small (size "
     "not known)",
     0},
    {EMAILS "CREATE INDEX plain ON emails (address);", "ALTER TABLE emails ALTER address TYPE text;",
     "type-change-index-rebuild", NULL, NULL, 0},
    {EMAILS "CREATE INDEX plain ON emails (address);",
     "ALTER TABLE emails ALTER address TYPE varchar(20) COLLATE \"C\";", "type-change-index-rebuild",
     NULL, NULL, 0}, // collation-change says it
    {EMAILS "ALTER TABLE emails ADD CONSTRAINT c CHECK (address <> '') NOT VALID;",
     "ALTER TABLE emails ALTER address TYPE text;", "type-change-recheck", NULL, NULL, 0},
    // Keys.
    {"CREATE TABLE t (a int, b int NOT NULL);", "ALTER TABLE t ADD PRIMARY KEY (a, b);",
     "primary-key-add", NULL,
     "warn nobody reads or writes public.t while it is searched for NULLs and the index of PRIMARY "
     "KEY (a, b) is built (size not known)",
     0},
    {SHOP, "ALTER TABLE orders ADD c bigint REFERENCES customers DEFAULT NULL;",
     "column-with-inline-fk-and-default", NULL, NULL, 0},
    {EMAILS, "ALTER TABLE emails ADD COLUMN IF NOT EXISTS size int CHECK (size > 0);",
     "column-with-inline-check", NULL, NULL, 0},
    // Rows that others refer to.
    {SHOP, "DELETE FROM customers WHERE id < 9;", "dml-unindexed-fk", NULL,
     "warn reads all of public.orders for each row of public.customers, because customer_id has no "
     "index (size not known)",
     0},
    {SHOP "CREATE INDEX part ON orders (customer_id) WHERE note IS NULL;",
     "DELETE FROM customers WHERE id < 9;", "dml-unindexed-fk", SMALL,
     "note reads all of public.orders for each row of public.customers, because customer_id has no "
     "index (90 rows)",
     0},
    {SHOP "CREATE INDEX whole ON orders (customer_id, id);", "DELETE FROM customers;",
     "dml-unindexed-fk", NULL, NULL, 0},
    {SHOP, "UPDATE orders SET note = 'x';", "dml-unindexed-fk", NULL, NULL, 0},
};

static void test_locks__severity_message_and_silence(void **state)
{
    (void)state;
    size_t n_wrong = 0;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        const struct lock_case *e = &cases[i];
        const struct judged_case c = {.before = e->before, .up = e->up, .sizes = e->sizes,
                                      .pg_version = e->pg_version};
        const struct finding *finding = judged_find(judged(tmp, &c), e->rule);
        const char *said = finding == NULL ? NULL
                                           : mem_printf(tmp, "%s %s", severity_name(finding->severity),
                                                        finding->message);
        bool is_right = said == NULL || e->expected == NULL ? said == e->expected
                                                            : strcmp(said, e->expected) == 0;
        if (is_right)
            continue;
        print_message("# %s\n#   %s says  %s\n#   not  %s\n", e->up, e->rule,
                      said == NULL ? "nothing" : said,
                      e->expected == NULL ? "nothing" : e->expected);
        n_wrong++;
    }
    assert_int_equal(n_wrong, 0);
}

// Two migrations of one change that take two tables in opposite order.
static void test_locks__order_against_another_migration(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err;
    struct assessment *assessment = NULL;
    const char *there = "ALTER TABLE orders ADD a int;\nALTER TABLE customers ADD a int;";
    const char *back = "ALTER TABLE customers ADD b int;\nALTER TABLE orders ADD b int;";
    struct migration migrations[] = {
        {.path = "1.up.sql", .is_context = true, .up = judged_text("1.up.sql", SHOP, true)},
        {.path = "2.up.sql", .up = judged_text("2.up.sql", there, true)},
        {.path = "3.up.sql", .up = judged_text("3.up.sql", back, true)},
    };
    struct change change = {.migrations = migrations, .n_migrations = COUNT_OF(migrations)};
    struct assessment_options options = {0};
    assert_true(assessment_make(tmp, &change, &options, &assessment, &err));
    const char *said = NULL;
    for (size_t i = 0; i < assessment->findings.n; i++) {
        const struct finding *finding = &assessment->findings.list[i];
        if (strcmp(finding->rule, "multiple-tables-locked-order") == 0 &&
            strcmp(finding->path, "3.up.sql") == 0)
            said = finding->message;
    }
    assert_non_null(said);
    assert_string_equal(said, "locks public.orders and keeps public.customers, locked since line 1; "
                              "2.up.sql:2 takes them in the other order: run at the same time, one of "
                              "the two ends in a deadlock");
}

// Nobody waits for what the migration itself makes.
static void test_locks__silent_on_what_is_new(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const struct judged_case c = {
        .up = "CREATE DOMAIN d AS int;"
              "CREATE TABLE a (id bigserial PRIMARY KEY, n d, t varchar(10));"
              "CREATE TABLE b (id bigint PRIMARY KEY, a_id bigint REFERENCES a);"
              "CREATE TABLE p (at date PRIMARY KEY) PARTITION BY RANGE (at);"
              "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');"
              "CREATE TABLE rest PARTITION OF p DEFAULT; CREATE TABLE p2 (LIKE p INCLUDING ALL);"
              "ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');"
              "ALTER TABLE p ADD COLUMN x int; ALTER TABLE p DETACH PARTITION p1; DROP TABLE p1;"
              "INSERT INTO a (n) SELECT g FROM generate_series(1, 10) g;"
              "ALTER TABLE a ADD CONSTRAINT c CHECK (n > 0), ADD UNIQUE (n),"
              " ALTER COLUMN t TYPE text, ALTER COLUMN n SET NOT NULL;"
              "ALTER TABLE a ADD COLUMN z serial, ADD COLUMN u uuid DEFAULT gen_random_uuid(),"
              " ADD COLUMN q int CHECK (q > 0) UNIQUE;"
              "CREATE INDEX ON a (t); LOCK TABLE a; REINDEX TABLE a; CLUSTER a USING a_pkey;"
              "CREATE VIEW v AS SELECT id FROM a; CREATE OR REPLACE VIEW v AS SELECT id FROM a;"
              "CREATE MATERIALIZED VIEW mv AS SELECT id FROM a; REFRESH MATERIALIZED VIEW mv;"
              "ALTER TABLE a ENABLE ROW LEVEL SECURITY; CREATE POLICY po ON a USING (true);"
              "ALTER DOMAIN d ADD CHECK (VALUE > 0); DELETE FROM a; DROP TABLE b;"
              "ALTER TABLE a DROP COLUMN u; SAVEPOINT s; ALTER TABLE a ADD k int; ROLLBACK TO s;"
              "CREATE TEMP TABLE tt (id int PRIMARY KEY); ALTER TABLE tt ADD CHECK (id > 0);"};
    const struct assessment *assessment = judged(tmp, &c);
    for (size_t i = 0; i < assessment->findings.n; i++)
        print_message("# %s: %s\n", assessment->findings.list[i].rule,
                      assessment->findings.list[i].message);
    assert_int_equal(assessment->n_not_understood, 0);
    assert_int_equal(assessment->findings.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_locks__severity_message_and_silence),
        cmocka_unit_test(test_locks__order_against_another_migration),
        cmocka_unit_test(test_locks__silent_on_what_is_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

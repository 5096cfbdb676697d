#!/bin/sh
# tminus rehearse from end to end: what it says of a change as text and as JSON, on both engines, and what it refuses.
# Flawed migrations and their harmless twins are in effects.t.
#
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"

cd "$tmp" || exit 2
export TMINUS_STATE="$tmp/state"

# json EXPRESSION: of the report d in $tmp/out.
json()
{
    python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$tmp/out" "$1"
}

# project NAME SETTINGS: an SQLite database of orders, in a folder of its own, and into it. SETTINGS: of the environment.
project()
{
    mkdir -p "$tmp/$1/migrations" && cd "$tmp/$1" || exit 2
    echo "environments: {here: {database: {url: 'sqlite:shop.db', migrations: migrations}$2}}" >tminus.yaml
    sqlite3 shop.db "CREATE TABLE orders (id integer PRIMARY KEY, status text NOT NULL, email text NOT NULL, paid_on text);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
        INSERT INTO orders SELECT i, CASE WHEN i % 2 = 0 THEN 'paid' ELSE 'new' END, 'buyer' || i || '@example.org',
            CASE WHEN i % 2 = 0 THEN '2025-01-10' END FROM n;
        CREATE TABLE refunds (id integer PRIMARY KEY, order_id integer NOT NULL)"
}

# migration NAME UP DOWN
migration()
{
    echo "$2" >"migrations/$1.up.sql"
    [ -z "$3" ] || echo "$3" >"migrations/$1.down.sql"
}

# --- the main path: SQLite

project good ''
before=$(sqlite3 shop.db .dump | cksum)
migration 1_note 'ALTER TABLE orders ADD COLUMN note text; UPDATE orders SET note = lower(status);' 'ALTER TABLE orders DROP COLUMN note;'
ends 0 'a harmless change: GO' "$TMINUS" rehearse
says 'of what the copy is' out 'rehearsed on a copy (file) of SQLite database'
says 'S11: a table that is empty by nature is equal' out 'equal to the source'
says 'each statement of the up' out 'migrations/1_note.up.sql:1  UPDATE orders SET note'
says 'the effects, down to values' out "100  NULL → 'paid'"
says 'the way back' out 'way back: round_trip, the downs bring schema and data back'
says 'the verdict' out 'GO: the change does what it says, and goes back'
ends 0 'as JSON' "$TMINUS" rehearse --format json
is 'schema, verdict, source' "$(json "d['schema'], d['verdict'], d['source']['kind'], d['source']['fingerprint_equal'], d['source']['tables'], d['source']['restored_rows']")" \
    "('tminus/rehearse/1', 'GO', 'file', True, 2, 200)"
is 'the runs' "$(json "d['up']['state'], len(d['up']['statements']), d['down']['state'], d['up_again']['state']")" "('done', 2, 'done', 'done')"
is 'the effects' "$(json "[(t['table'], t['rows_before'], t['rows_after'], [(c['column'], c['changed'], c['from_null']) for c in t['columns']]) for t in d['effects']['tables']]")" \
    "[('orders', 200, 200, [('note', 200, 200)])]"
is 'the way back' "$(json "d['rollback']['class'], d['rollback']['schema_restored'], d['rollback']['data_restored'], d['rollback']['same_again'], d['rollback']['rows_lost']")" \
    "('round_trip', True, True, True, 0)"
is 'the source is only read' "$(sqlite3 shop.db .dump | cksum)" "$before"
is 'nothing is left behind' "$(find "$TMINUS_STATE" -name '*.db*' ! -name 'journal.db*' | wc -l)" 0
is 'and the journal has it' "$("$TMINUS" journal show | grep -c rehearsed)" 2

# --- effects files

ends 1 'no effects file: --check is NO-GO' "$TMINUS" rehearse --check
says 'and says what to do' out 'tminus rehearse --write'
ends 0 '--write' "$TMINUS" rehearse --write
is 'writes it beside the migration' "$(ls migrations/*.effects.yaml)" 'migrations/1_note.effects.yaml'
ends 0 '--check: the same again' "$TMINUS" rehearse --check
migration 1_note 'ALTER TABLE orders ADD COLUMN note text; UPDATE orders SET note = lower(status); DELETE FROM orders WHERE id = 7;' 'ALTER TABLE orders DROP COLUMN note;'
ends 1 '--check: an effect that nobody approved is NO-GO' "$TMINUS" rehearse --check
says 'and is named' out 'orders'

# --- what is wrong with a change

project swapped ''
migration 1_fix "UPDATE orders SET status = CASE id WHEN 10 THEN 'new' ELSE 'paid' END WHERE id IN (10, 11);" \
    "UPDATE orders SET status = CASE id WHEN 10 THEN 'paid' ELSE 'new' END WHERE id IN (10, 11);"
ends 3 'S2: two rows change places, counts stay: HOLD' "$TMINUS" rehearse
says 'both keys' out 'changed 2 rows: id=10, id=11'
says 'and what held before' out "rows whose status is 'new' never had a paid_on; now 1 of 100 have one"

project split ''
migration 1_code "ALTER TABLE orders ADD COLUMN code integer; UPDATE orders SET code = CASE status WHEN 'new' THEN 1 WHEN 'paid' THEN 2 END WHERE id <> 4;" \
    'ALTER TABLE orders DROP COLUMN code;'
run "$TMINUS" rehearse
is 'S3: an old value becomes one value and NULL: not GO' "$((status == 1 || status == 3))" 1
says 'the column is named' out 'orders.code'

project failing ''
migration 1_bad 'ALTER TABLE orders ADD COLUMN a text; INSERT INTO nowhere VALUES (1);' 'ALTER TABLE orders DROP COLUMN a;'
ends 1 'a migration that fails: NO-GO' "$TMINUS" rehearse
says 'with its place and cause' out 'NO-GO: the up does not run: migrations/1_bad.up.sql:1:39: no such table: nowhere'

project down-fails ''
migration 1_bad 'ALTER TABLE orders ADD COLUMN a text;' 'ALTER TABLE orders DROP COLUMN b;'
ends 1 'a down that fails: NO-GO' "$TMINUS" rehearse
says 'which one' out 'NO-GO: the down does not run: migrations/1_bad.down.sql:1:1'

project elsewhere ''
sqlite3 shop.db 'ALTER TABLE orders ADD COLUMN spare TEXT; ALTER TABLE orders ADD COLUMN last TEXT'
migration 1_spare 'ALTER TABLE orders DROP COLUMN spare;' 'ALTER TABLE orders ADD COLUMN spare TEXT;'
ends 0 'the order of columns alone: GO' "$TMINUS" rehearse
says 'the order of columns alone: told' out 'PASS    the downs restore the schema: but for the order of the columns of orders'
migration 1_spare 'ALTER TABLE orders DROP COLUMN spare;' 'ALTER TABLE orders ADD COLUMN spare INTEGER;'
ends 1 'a column that comes back with another type: NO-GO' "$TMINUS" rehearse

project searched ''
sqlite3 shop.db "CREATE VIRTUAL TABLE found USING fts5(email, content='orders', content_rowid='id');
    INSERT INTO found(found) VALUES ('rebuild'); CREATE VIRTUAL TABLE notes USING fts5(body); INSERT INTO notes VALUES ('a'), ('b')"
migration 1_upper "UPDATE orders SET email = upper(email); INSERT INTO found(found) VALUES ('rebuild');" \
    "UPDATE orders SET email = lower(email); INSERT INTO found(found) VALUES ('rebuild');"
ends 0 'a full-text index that is made anew: GO' "$TMINUS" rehearse
lacks 'a full-text index: nothing of its own tables' out found_
migration 1_upper "DELETE FROM notes WHERE body = 'a';" 'SELECT 1;'
ends 3 'text that only a full-text table has, lost: HOLD, for no backup is there' "$TMINUS" rehearse
says 'text that only a full-text table has: its row' out 'notes_content: 2 → 1 rows'

project one-way ''
migration 1_gone 'DELETE FROM orders WHERE id < 4;' ''
ends 3 'without a down, and without a backup: HOLD' "$TMINUS" rehearse
says 'is irreversible' out 'way back: irreversible'
says 'and why' out '1_gone.up.sql has no down: going back was not rehearsed'

# Rows that the rehearsal wrote as the new release would are none of the change's.
project deleted ', backup: {kind: sqlite, directory: backups}'
migration 1_recent 'DELETE FROM orders WHERE id > 150;' 'SELECT 1;'
run "$TMINUS" rehearse --format json
is 'what the downs leave: counts without the rows that the rehearsal wrote' \
    "$(json "[(t['rows_before'], t['rows_after'], t['removed']) for t in d['rollback']['left']['tables']]")" '[(200, 150, 50)]'

project several ''
migration 1_a 'ALTER TABLE orders ADD COLUMN a integer; UPDATE orders SET a = id;' 'ALTER TABLE orders DROP COLUMN a;'
migration 2_b 'ALTER TABLE orders ADD COLUMN b integer; UPDATE orders SET b = a;' 'ALTER TABLE orders DROP COLUMN b;'
ends 0 'several migrations' "$TMINUS" rehearse --format json
is 'effects of each' "$(json "[(m['version'], [c['column'] for t in m['effects']['tables'] for c in t['columns']]) for m in d['migrations']]")" \
    "[('1', ['a']), ('2', ['b'])]"
"$TMINUS" migrate >"$tmp/migrated" 2>&1
ends 3 'nothing is pending: HOLD' "$TMINUS" rehearse
says 'and said' err 'nothing is pending: all 2 migrations are recorded as applied'

# --- releases

project renamed ''
migration 1_name 'ALTER TABLE orders RENAME TO purchases;' 'ALTER TABLE purchases RENAME TO orders;'
ends 0 'a renamed table: rows that the new release wrote under its new name are no leftover under the old one' "$TMINUS" rehearse --format json
is 'the way back' "$(json "d['rollback']['class'], d['rollback']['left']['tables']")" "('round_trip', [])"

project lost ', rehearsal: {new_release: new.sql}'
echo "WITH RECURSIVE n(i) AS (SELECT 1001 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
    INSERT INTO invoices (id, order_id) SELECT i, i % 200 + 1 FROM n;" >new.sql
migration 1_invoices 'CREATE TABLE invoices (id integer PRIMARY KEY, order_id integer NOT NULL);' 'DROP TABLE invoices;'
ends 3 'S9: the down destroys 1,000 rows of the new release: HOLD' "$TMINUS" rehearse
says 'shows them' out 'invoices: 1,000 rows that the new release wrote: id='
ends 3 'as JSON' "$TMINUS" rehearse --format json
is 'counts them' "$(json "d['rollback']['rows_lost'], d['rollback']['class'], [(l['table'], l['rows']) for l in d['rollback']['lost']]")" \
    "(1000, 'partial', [('invoices', 1000)])"

project old ', rehearsal: {old_release: old.sql}'
printf 'SELECT count(*) FROM orders;\nSELECT paid_on FROM orders WHERE id = 1;\n' >old.sql
migration 1_rename 'ALTER TABLE orders RENAME COLUMN paid_on TO paid_at;' 'ALTER TABLE orders RENAME COLUMN paid_at TO paid_on;'
ends 1 'a statement of the old release fails: NO-GO' "$TMINUS" rehearse
says 'which one' out 'old.sql:2'

# --- secrets

project masked ''
cat >>tminus.yaml <<'END'
tables: {orders: {mask: [email]}}
END
migration 1_shout 'UPDATE orders SET email = upper(email);' 'UPDATE orders SET email = lower(email);'
ends 0 'a masked column' "$TMINUS" rehearse
says 'is compared' out 'email: 200 changed'
is 'and never shown' "$(grep -ci 'buyer[0-9]' "$tmp/out" "$tmp/err" | cut -d: -f2 | tr '\n' ' ')" '0 0 '
ends 0 'nor as JSON' "$TMINUS" rehearse --format json --write
is 'nor written to a file' "$(grep -rci 'buyer[0-9]' "$tmp/out" migrations | grep -vc ':0$')" 0

# --- the main path: PostgreSQL

postgres_start
postgres_database rehearse_golden
postgres_sql rehearse_golden "CREATE TABLE orders (id bigint PRIMARY KEY, status text NOT NULL);
    INSERT INTO orders SELECT i, CASE WHEN i % 2 = 0 THEN 'paid' ELSE 'new' END FROM generate_series(1, 300) i;
    CREATE TABLE refunds (id bigint PRIMARY KEY)"
postgres_database rehearse_target
mkdir -p "$tmp/server/migrations" && cd "$tmp/server" || exit 2
server=postgresql://deployer@127.0.0.1:$postgres_port
echo "environments: {here: {database: {url: '$database_url', migrations: migrations},
    rehearsal: {from: template, template: rehearse_golden, server: '$server/postgres'}}}" >tminus.yaml
migration 1_state "ALTER TABLE orders ADD COLUMN state integer;
UPDATE orders SET state = CASE status WHEN 'new' THEN 1 WHEN 'paid' THEN 2 END;" 'ALTER TABLE orders DROP COLUMN state;'
ends 0 'PostgreSQL: GO' "$TMINUS" rehearse --format json
is 'verdict and source' "$(json "d['verdict'], d['source']['kind'], d['source']['restored_rows']")" "('GO', 'template', 300)"
is 'locks and rows, measured' "$(json "[[(w['table'], w['updated']) for w in s['written']] for s in d['up']['statements']]")" \
    "[[], [('public.orders', 300)]]"
is 'the way back' "$(json "d['rollback']['class'], d['rollback']['rows_lost']")" "('round_trip', 0)"
is 'no copy is left' "$(postgres_sql postgres "SELECT count(*) FROM pg_database WHERE datname LIKE 'tminus%'")" 0
migration 1_state "ALTER TABLE orders ADD COLUMN state integer;
UPDATE orders SET state = CASE status WHEN 'new' THEN 1 END;" 'ALTER TABLE orders DROP COLUMN state;'
ends 1 'a CASE without its ELSE: NO-GO' "$TMINUS" rehearse
says 'which value' out "'paid'"
done_testing

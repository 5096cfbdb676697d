#!/bin/sh
# How long a lock is held, as a range: with --sizes and with a database, against the budget of tminus.yaml.
#
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"
postgres_shared
database=assess_estimate_$$
postgres_database "$database"
url=$database_url
cleanup() { postgres_super postgres "DROP DATABASE IF EXISTS $database WITH (FORCE)"; }
cd "$tmp" || exit 1
json() { python3 -c "import json, sys; d = json.load(open(sys.argv[1])); f = [f for f in d['findings'] if f['rule'] == 'type-change-rewrite'][0]; print($1)" "$tmp/out"; }

mkdir db
echo 'CREATE TABLE orders (id bigint PRIMARY KEY, amount int NOT NULL);' >db/001_orders.up.sql
echo 'ALTER TABLE orders ALTER COLUMN amount TYPE bigint;' >db/002_wide.up.sql
echo '{orders: {rows: 1000000, bytes: 60MB, writes_per_second: 40}}' >sizes.yaml

# --- the text alone, with sizes from a file
ends 1 'a large table' "$TMINUS" assess --sizes sizes.yaml --format json db
is 'its range' "$(json 'f["estimate"]')" "{'low_ms': 300, 'high_ms': 2000, 'basis': 'public.orders (1,000,000 rows, 60.0 MB) written anew with its indexes; rates of docs/plan.md', 'writes_waiting': {'low': 12, 'high': 80}}"
echo 'budget: {blocks_reads: 3s, blocks_writes: 1h}' >tminus.yaml
ends 0 'within the budget' "$TMINUS" assess --sizes sizes.yaml --format json db
is 'it is a note' "$(json 'f["severity"], f["estimate"]["budget_ms"]')" 'note 3000'
echo 'budget: {blocks_reads: 1s, blocks_writes: 1h}' >tminus.yaml
ends 1 'beyond it' "$TMINUS" assess --sizes sizes.yaml db
says 'and says so' out '(1,000,000 rows, 60.0 MB: 300 ms to 2.0 s, about 12 to 80 writes wait; the budget is 1.0 s)'
"$TMINUS" assess --format json db >"$tmp/out"
is 'a size that nobody told is neither' "$(json 'f["severity"], f.get("estimate")')" 'warn None'
echo 'budget: {blocks_reads: soon}' >tminus.yaml
ends 2 'a budget that is no time' "$TMINUS" assess db
says 'where' err 'tminus.yaml:1:24: '

# --- with a database
cat >tminus.yaml <<YAML
budget: {blocks_reads: 1ms}
environments:
  production:
    database: {url: "$url", migrations: db}
YAML
postgres_file "$database" db/001_orders.up.sql
postgres_sql "$database" "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL);
    INSERT INTO schema_migrations VALUES (1, false);
    INSERT INTO orders SELECT i, i FROM generate_series(1, 300000) AS i; ANALYZE orders"
ends 1 'beyond its budget' "$TMINUS" assess --env production --format json
is 'from its sizes' "$(json 'f["estimate"]["basis"][:28], f["estimate"]["budget_ms"], 0 < f["estimate"]["low_ms"] < f["estimate"]["high_ms"]')" \
    'public.orders (300,000 rows, 1 True'
# Counters of less than an hour are no average.
old=$(postgres_super "$database" "SELECT now() - coalesce((SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()),
    (SELECT stats_reset FROM pg_stat_bgwriter)) >= '1 hour'")
is 'writes that wait are told of counters that are old enough' "$(json '"writes_waiting" in f["estimate"]')" \
    "$([ "$old" = t ] && echo True || echo False)"
ends 0 'explain' "$TMINUS" explain --env production 'ALTER TABLE orders ALTER COLUMN amount TYPE bigint'
says 'has it too' out '; the budget is 1 ms)'

done_testing

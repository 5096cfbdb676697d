#!/bin/sh
# What a flight is bound to, on SQLite: its environment where one journal tells of several, its migrations' bytes, its database.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state" TMINUS_ACTOR=ana
fly() { "$TMINUS" "$@"; }
# status MEMBER [--env NAME]
status()
{
    member=$1
    shift
    fly status "$@" --format json | python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$member"
}
columns() { sqlite3 "$1" "SELECT group_concat(name, ' ') FROM pragma_table_info('orders')"; }
# Databases at version 1, by path; the change: version 2, a column.
fresh()
{
    rm -rf state migrations ./*.db*
    mkdir migrations
    echo 'CREATE TABLE orders (id INTEGER PRIMARY KEY, status TEXT NOT NULL);' >migrations/0001_orders.up.sql
    echo 'DROP TABLE orders;' >migrations/0001_orders.down.sql
    for path; do
        sqlite3 "$path" 'PRAGMA user_version = 1'
        "$TMINUS" migrate -q --database "sqlite:$path" migrations >"$tmp/fresh" 2>&1 || { cat "$tmp/fresh"; exit 1; }
        sqlite3 "$path" "INSERT INTO orders SELECT value, 'open' FROM generate_series(1, 50)"
    done
    rm -rf state
    echo 'ALTER TABLE orders ADD COLUMN currency TEXT;' >migrations/0002_currency.up.sql
    echo 'ALTER TABLE orders DROP COLUMN currency;' >migrations/0002_currency.down.sql
}

# --- one journal, two environments

cat >tminus.yaml <<'END'
service: shop
environments:
  production:
    database: {url: "sqlite:shop.db", migrations: migrations}
    watch: [10ms]
    gates: {optional: [effects, restore-proof, approved, risk, backup, staging]}
  staging:
    database: {url: "sqlite:staging.db", migrations: migrations}
    watch: [1h]
    gates: {optional: [effects, restore-proof, approved, risk, backup, staging]}
END
fresh shop.db staging.db
ends 0 'rehearsed at production' fly rehearse --env production -q
ends 0 'flown at production, to the end' fly launch --env production --watch --reason short -q
ends 0 'rehearsed at staging' fly rehearse --env staging -q
ends 0 'flown at staging' fly launch --env staging -q
ends 0 'production: its own status' fly status --env production
says 'production: its own flight' out 'flight production-'
is 'each environment has its own state' "$(status state --env production) $(status state --env staging)" 'done watching'
ends 6 'production: there is nothing to abort' fly abort --env production
ends 6 "staging's flight, asked for at production" fly rollback --env production --flight "$(status flight --env staging)" --dry-run
says "staging's flight: whose it is, and whose not" err 'is one of shop/staging, not of shop/production'
says "staging's flight: how to mean it" err 'say --env staging'
ends 0 'production: nothing is left to be watched' fly watch --env production --once -q
is 'all is as it was' "$(columns shop.db), $(columns staging.db)" 'id status currency, id status currency'
echo 'CREATE TABLE notes (id INTEGER PRIMARY KEY);' >migrations/0003_notes.up.sql
echo 'DROP TABLE notes;' >migrations/0003_notes.down.sql
ends 0 'production may launch while staging is watched' fly launch --env production --reason short --dry-run
ends 0 'a migration by hand, at staging' fly migrate --env staging -q
ends 0 'taken back by hand' fly migrate --env staging --undo --steps 1 -q
rm migrations/0003_notes.*
ends 4 "staging's flight is taken back at staging" fly abort --env staging
is 'at staging alone' "$(columns shop.db), $(columns staging.db)" 'id status currency, id status'
ends 0 "production's flight: what its way back would do" fly rollback --env production --dry-run
says "production's flight: staging's is not in its way" out 'way back of flight production-'
is "production's flight is still done" "$(status state --env production)" 'done'
done_testing

#!/bin/sh
# What is lost for good needs somebody else's signature: to launch it, and to take it back.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state" TMINUS_ACTOR=ana
fly() { "$TMINUS" "$@"; }
ben() { TMINUS_ACTOR=ben "$TMINUS" "$@"; }
cat >tminus.yaml <<'END'
service: shop
environments:
  production:
    database: {url: "sqlite:shop.db", migrations: migrations}
    gates: {optional: [rehearsal, effects, backup, risk]}
END
mkdir migrations
echo 'CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT NOT NULL);' >migrations/0001_orders.up.sql
sqlite3 shop.db 'PRAGMA user_version = 1'
"$TMINUS" migrate -q >"$tmp/made" 2>&1 || show "$tmp/made"
rm -rf state
sqlite3 shop.db "INSERT INTO orders SELECT value, 'Name ' || value FROM generate_series(1, 50)"
echo "DELETE FROM orders WHERE id < 4;" >migrations/0002_gone.up.sql
run fly rehearse -q
class=$(fly journal export | python3 -c 'import json, sys; print([d["data"]["class"] for d in map(json.loads, sys.stdin) if d["event"] == "rehearsed"][-1])')
is 'rehearsed: there is no way back' "$class" irreversible

ends 1 'launched alone: NO-GO' fly launch
says 'launched alone: why' out 'FAIL     rollback'
ends 0 'signed by who launches' fly approve --reason 'capitals are fine'
ends 1 'whose own signature does not count' fly launch
ends 0 'signed by another, who says nothing' ben approve
ends 1 'which is no acceptance' fly launch
ends 0 'signed by another with a reason' ben approve --reason 'the old names stand in the archive'
ends 0 'then it flies' fly launch
is 'it flew' "$(sqlite3 shop.db "SELECT count(*) FROM orders")" 47

ends 5 'aborted: a person decides' fly abort
ends 6 'and not alone' fly go
says 'not alone: why' err 'the way back is irreversible'
is 'not alone: nothing was asked' "$(fly status --format json | python3 -c 'import json, sys; print(json.load(sys.stdin)["state"])')" needs_person
ends 6 'nor by rollback' fly rollback
ends 6 'what cannot be gone to its end is not signed' ben rollback --approve --reason 'the archive has them'
says 'not signed: why' err 'has no down'
ends 5 'a person takes it over' fly abort --reason 'the archive has them'

# Over what is live no backup is restored, whoever signs.
"$TMINUS" backup --directory backups -q >"$tmp/made" 2>&1 || show "$tmp/made"
ends 6 'a backup is not restored over a live database' fly restore --directory backups --into shop.db
says 'not over a live one: what to do' err 'make a new database, prove the restore there, and switch to it'
ends 0 'the journal verifies' fly journal verify
done_testing

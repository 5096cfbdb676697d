#!/bin/sh
# What a flight says is so: a release that is gone is not done, rows that nobody can attribute take nothing back, what
# stays applied is told, and nothing is begun of a way back that cannot be gone.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/http_server.sh"
. "$SOURCE/test/support/flight.sh"

mkdir "$tmp/shop" && cd "$tmp/shop" || exit 1
export TMINUS_STATE="$tmp/shop/state" TMINUS_ACTOR=ana WEB="$web"
# watched POINTS
watched()
{
    cat >tminus.yaml <<END
service: shop
environments:
  production:
    database: {url: "sqlite:shop.db", migrations: migrations}
    watch: [$1]
    gates: {optional: [effects, rollback, backup, rehearsal, approved, risk]}
    slots: {web: {address: "127.0.0.1:$(port http)"}}
    release: {deploy: [./deploy.sh, "{version}"], environment: [WEB], ready: 100ms}
    health:
      - {name: version, http: "http://{address}/health", expect: {json: {version: "{version}"}}, timeout: 2s}
END
}
# Where ./traffic is, the new release writes by it as soon as it is there.
cat >deploy.sh <<'END'
#!/bin/sh
echo "$1" >"$WEB/version"
[ "$1" != v2 ] || [ ! -e traffic ] || sqlite3 shop.db <traffic
END
chmod +x deploy.sh
# v1 runs on a schema of one migration; v2 has another, which was rehearsed.
served()
{
    orders_migration
    sqlite3 shop.db 'PRAGMA user_version = 1'
    fly migrate -q >"$tmp/fresh" 2>&1 && fly release --version v1 -q >>"$tmp/fresh" 2>&1 || show "$tmp/fresh"
    sqlite3 shop.db "INSERT INTO orders SELECT value, 'open' FROM generate_series(1, 50)"
    currency_migration
    fly rehearse -q >"$tmp/fresh" 2>&1 || show "$tmp/fresh"
}
fresh()
{
    rm -rf state migrations traffic shop.db*
    echo v0 >"$web/version"
    once served
    echo v1 >"$web/version"
}
now() { echo "$(state_of) $(cat "$web/version") $(columns)"; }
# The last event of this name: its data.
last() { fly journal export | python3 -c 'import json, sys
print(json.dumps([json.loads(l) for l in sys.stdin if json.loads(l)["event"] == sys.argv[1]][-1]["data"]))' "$1"; }

# --- rows that nobody can attribute

watched 10ms
fresh
echo "UPDATE orders SET status = 'paid', currency = 'USD' WHERE id = 3;" >traffic
ends 3 'the new release writes a row: the flight holds' fly launch --version v2 --reason short
is 'written: nothing is taken back' "$(now) $(sqlite3 shop.db 'SELECT * FROM orders WHERE id = 3')" 'holding v2 id status currency 3|paid|USD'
says 'written: the check that failed' out 'orders: every row is there once, as it was: 1 difference that nothing explains (status differs in 1 row: id=3)'
says 'written: what it may be' out 'it may be traffic as well as damage'
says 'written: what shows all' out 'tminus verify --baseline '
says 'written: what a go would do' out 'go accepts differences of this kind, abort takes it back'
says 'written: when it happened, too' err 'status differs in 1 row: id=3'
last flight-moved >"$tmp/moved"
says 'written: the journal' moved '"unattributed"'
ends 1 'by hand it stays a NO-GO' fly verify
ends 0 'a person accepts it' fly go --reason 'order 3 was paid' -q
is 'accepted: it is watched' "$(now)" 'watching v2 id status currency'
says 'accepted: by whom' out 'of a kind that ana accepted: orders'
sqlite3 shop.db "UPDATE orders SET status = 'paid', currency = 'USD' WHERE id = 4"
sleep 0.01
ends 0 'more of the same kind is not asked about again' fly watch --once -q
is 'accepted: it is done' "$(now)" 'done v2 id status currency'
last flight-moved >"$tmp/moved"
says 'accepted: the journal' moved '"accepted_by": "ana"'

fresh
echo "INSERT INTO orders VALUES (1001, 'new', 'USD');" >traffic
ends 3 'a new row: the flight holds' fly launch --version v2 --reason short -q
says 'a new row: which' out '1001'
ends 0 'it is accepted' fly go -q
sqlite3 shop.db 'DELETE FROM orders WHERE id = 7'
sleep 0.01
ends 3 'another difference holds again' fly watch --once -q
says 'another difference: which' out 'id=7'
is 'another difference: nothing is taken back' "$(now)" 'holding v2 id status currency'
ends 5 'a person takes it back, and rows differ' fly abort -q
says 'taken back: what differs' out 'id=7'
is 'taken back by that person' "$(now)" 'needs_person v1 id status'

fresh
printf 'invariants:\n  - {name: positive, zero: "SELECT count(*) FROM orders WHERE id < 0"}\n' >>tminus.yaml
echo "INSERT INTO orders VALUES (-1, 'new', 'USD');" >traffic
ends 5 'an invariant that fails is a NO-GO' fly launch --version v2 --reason short
says 'invariant: which' err 'the verification failed; what was done is taken back: positive: '
ends 0 'the journal verifies' fly journal verify

# --- a release that is gone

watched 10ms
fresh
ends 0 'released' fly launch --version v2 --reason short -q
echo v1 >"$web/version"
ends 4 'it fell back by itself: the point fails' fly watch --once
says 'fell back: which slot answers what' err 'a point of the watch failed; what was done is taken back: the release: no address answers v2: slot web: '
says 'fell back: the version' err 'version is v1'
is 'fell back: taken back' "$(now)" 'rolled_back v1 id status'

fresh
ends 0 'released again' fly launch --version v2 --reason short -q
ends 0 'somebody deploys the old one on purpose' env TMINUS_ACTOR=ben "$TMINUS" release --version v1 -q
ends 3 'on purpose: the flight holds' fly watch --once
says 'on purpose: who did it' err 'release v1 was deployed by ben at '
is 'on purpose: nothing is taken back' "$(now)" 'holding v1 id status currency'
ends 3 'a go asks again' fly go -q
echo v2 >"$web/version"
ends 0 'the release is back, and the watch goes on' fly go -q
ends 0 'to its end' fly watch --once -q
is 'back: done' "$(now)" 'done v2 id status currency'

fresh
ends 0 'and once more' fly launch --version v2 --reason short -q
sed -i 's#http://{address}/health#http://{slot}.invalid/health#' tminus.yaml
ends 3 'a release that cannot be asked: the flight holds' fly watch --once -q
says 'not asked: why' out 'a point of the watch could not be answered: the release: '

# --- a way back that cannot be gone to its end is not begun

watched 10ms
fresh
ends 0 'flown' fly launch --version v2 --reason short -q
echo 'CREATE TABLE invoices (id INTEGER PRIMARY KEY);' >migrations/0003_invoices.up.sql
echo 'DROP TABLE invoices;' >migrations/0003_invoices.down.sql
ends 0 'somebody migrates' env TMINUS_ACTOR=ben "$TMINUS" migrate -q
ends 5 'an abort is not begun' fly abort
says 'not begun: whose work' out 'migration migrations/0003_invoices.up.sql was applied by ben'
says 'not begun: what to type' out 'take that back first, then tminus go; tminus abort closes the flight'
is 'not begun: nothing was done' "$(now)" 'needs_person v2 id status currency'
ends 5 'a go neither' fly go -q
is 'a go: nothing was done' "$(now)" 'needs_person v2 id status currency'
ends 0 'that is taken back' fly migrate --undo --steps 1 -q
ends 4 'then it goes back' fly go -q
is 'then: taken back' "$(now)" 'rolled_back v1 id status'

fresh
ends 0 'flown again' fly launch --version v2 --reason short -q
mv migrations/0002_currency.down.sql kept.sql
ends 5 'a migration without down: not begun' fly abort
says 'without down: said' out 'has no down'
is 'without down: nothing was done' "$(now)" 'needs_person v2 id status currency'
mv kept.sql migrations/0002_currency.down.sql
ends 4 'with it, it goes back' fly go -q
done_testing

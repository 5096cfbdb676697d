#!/bin/sh
# tminus maintenance: switched by commands, seen from outside, for a time; killed in between; overdue; within a flight.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/http_server.sh"
. "$SOURCE/test/support/flight.sh"

cd "$tmp" || exit 1
export DATABASE_URL=sqlite:shop.db TMINUS_STATE="$tmp/state" TMINUS_ACTOR=ana
# page.sh on|off: what the proxy shows; `manner` makes it lie, fail, or hang.
cat >page.sh <<END
#!/bin/sh
echo "\$1" >>"$tmp/switched"
case \$(cat "$tmp/manner") in
deaf) exit 0 ;;
broken) echo 'no proxy there' >&2; exit 1 ;;
slow) sleep 3; exit 0 ;;
esac
[ "\$1" = on ] && echo 503 >"$web/page" || rm -f "$web/page"
END
chmod +x page.sh
manner() { echo "$1" >manner; }
# configure IN-FLIGHT [MORE…]
configure()
{
    cat >tminus.yaml <<END
service: shop
environments:
  production:
    database: {url: "\${DATABASE_URL}", migrations: migrations}
    gates: {optional: [rehearsal, effects, rollback, restore-proof, risk, backup, approved]}
    maintenance:
      enable: [./page.sh, on]
      disable: [./page.sh, off]
      check: [{name: page, http: "http://127.0.0.1:$(port http)/page", expect: {status: 503}}]
      ready: 1s
      in_flight: $1
END
    shift
    for line; do echo "    $line" >>tminus.yaml; done
}
maintenance() { "$TMINUS" maintenance "$@"; }
seen() { python3 -c 'import sys, urllib.request, urllib.error
try: print(urllib.request.urlopen(sys.argv[1]).status)
except urllib.error.HTTPError as error: print(error.code)' "http://127.0.0.1:$(port http)/page"; }
events() { "$TMINUS" journal export 2>"$tmp/ignored" | python3 -c 'import json, sys; print(*(e["event"] + ":" + str(e["data"].get("set", "")) for e in map(json.loads, sys.stdin) if e["event"].startswith("maintenance")))'; }
fresh() { rm -rf state switched "$web/page" calls.jsonl; : >switched; manner well; }

# --- the verb

configure false
fresh
ends 2 'on or off is not said' maintenance
ends 2 'on and off at once' maintenance --enable --disable
ends 2 '--for without --enable' maintenance --disable --for 5m
ends 2 'no time' maintenance --enable --for 0s
ends 0 'dry run' maintenance --enable --dry-run
says 'dry run: what it would run' out 'command: ./page.sh on'
is 'dry run: nothing happened' "$(seen) $(cat switched) $(ls state 2>"$tmp/ignored")" '200  '
ends 0 'enabled' maintenance --enable --for 10m
is 'enabled: seen from outside' "$(seen)" 503
says 'enabled: what was seen' out 'maintenance is on (page: '
is 'enabled: journaled' "$(events)" 'maintenance-started:on maintenance-set:on'
ends 0 'enabled again' maintenance --enable
says 'enabled again: it was' out 'DONE BEFORE'
is 'enabled again: nothing was run' "$(cat switched)" on
ends 0 'for longer' maintenance --enable --for 20m
is 'for longer: journaled, and nothing was run' "$(cat switched) $(events)" \
    'on maintenance-started:on maintenance-set:on maintenance-started:on maintenance-set:on'
ends 0 'not overdue' maintenance --disable --overdue
is 'not overdue: still on' "$(seen)" 503
ends 0 'disabled' maintenance --disable --format json
is 'disabled: as JSON' "$(python3 -c 'import json; d = json.load(open("out")); print(d["schema"], d["verdict"], d["state"], d["set"])')" \
    'tminus/maintenance/1 GO done off'
is 'disabled: seen from outside' "$(seen)" 200
ends 0 'disabled again' maintenance --disable
says 'disabled again: it was' out 'DONE BEFORE'

manner deaf
ends 5 'the command says it is well, and nothing is seen' maintenance --enable
says 'deaf: what is seen' out 'maintenance is off (page: '
manner broken
ends 4 'the command fails' maintenance --enable
says 'broken: why' out 'no proxy there'
sed -i "s|127.0.0.1:$(port http)|127.0.0.1:$(port closed)|" tminus.yaml
ends 3 'nobody answers: unknown, never off' maintenance --disable
configure false
sed -i '/check:/d' tminus.yaml
ends 2 'no check: it could not be proven' maintenance --enable
says 'no check: said' err 'no check proves its maintenance from outside'
configure false
sed -i '/disable:/d' tminus.yaml
ends 2 'no way to disable it' maintenance --enable

# --- killed while the command runs

configure false
fresh
manner slow
"$TMINUS" maintenance --enable --for 10m >"$tmp/killed" 2>&1 &
pid=$!
for i in $(seq 100); do [ ! -s switched ] || break; sleep 0.1; done
kill -9 $pid
wait $pid 2>"$tmp/ignored"
is 'killed: the intent is journaled' "$(events)" 'maintenance-started:on'
manner well
ends 0 'killed: once more' maintenance --enable
is 'killed: it is on' "$(seen) $(tail -1 switched)" '503 on'

# --- its time is over

configure false 'notify: [{kind: file, path: calls.jsonl}]'
fresh
ends 0 'for a second' maintenance --enable --for 1s
sleep 1.2
ends 0 'overdue: who watches disables it, without any flight' "$TMINUS" watch --once
is 'overdue: seen from outside' "$(seen)" 200
says 'overdue: an alarm' err 'ALARM: maintenance was to end at'
is 'overdue: journaled, and people are called' "$(count maintenance-overdue) $(count called) $(python3 -c 'import json; print("it was disabled now" in json.loads(open("calls.jsonl").read())["text"])')" '1 1 True'
ends 0 'over: nothing more' "$TMINUS" watch --once
is 'over: once' "$(count maintenance-overdue) $(wc -l <calls.jsonl)" '1 1'
fresh
ends 0 'for a second once more' maintenance --enable --for 1s
sleep 1.2
manner broken
ends 4 'it cannot be disabled' maintenance --disable --overdue
says 'it cannot be disabled: an alarm' err 'it could not be disabled'
ends 4 'it still cannot' maintenance --disable --overdue
is 'it cannot: people are called once' "$(count maintenance-overdue) $(wc -l <calls.jsonl)" '1 1'
manner well
ends 0 'it can' maintenance --disable --overdue

# --- within a flight

migrations()
{
    fresh
    rm -rf migrations shop.db*
    mkdir migrations
    sqlite3 shop.db 'PRAGMA user_version = 1'
    echo 'CREATE TABLE orders (id INTEGER PRIMARY KEY);' >migrations/0001_orders.up.sql
    echo 'DROP TABLE orders;' >migrations/0001_orders.down.sql
    "$TMINUS" migrate -q >"$tmp/fresh" 2>&1 || { cat "$tmp/fresh"; exit 1; }
    rm -rf state
    sqlite3 shop.db 'INSERT INTO orders VALUES (1)'
    currency_migration
}
configure true
migrations
ends 0 'launched' "$TMINUS" launch --version v2
is 'launched: on, and off again' "$(seen) $(events)" \
    '200 maintenance-started:on maintenance-set:on maintenance-started:off maintenance-set:off'
says 'launched: its steps' out '✓ maintenance.off'
migrations
sqlite3 shop.db "CREATE TRIGGER no_more BEFORE UPDATE ON orders BEGIN SELECT raise(ABORT, 'orders are closed'); END"
echo 'UPDATE orders SET id = id;' >>migrations/0002_currency.up.sql
ends 4 'the migration fails: maintenance ends on the way back' "$TMINUS" launch --version v2
is 'the migration fails: off' "$(seen) $(tail -1 switched)" '200 off'
migrations
manner slow
"$TMINUS" launch --version v2 >"$tmp/launched" 2>&1 &
pid=$!
for i in $(seq 200); do [ ! -s switched ] || break; sleep 0.1; done
kill -9 $pid
wait $pid 2>"$tmp/ignored"
manner well
ends 0 'killed while it enables: resumed to the end' "$TMINUS" resume
is 'killed while it enables: off in the end' "$(seen) $(columns)" '200 id currency'
# Killed in its migration, and nobody comes: the timer ends the page when its time is over, and no step of the deploy.
sed -i 's/in_flight: true/in_flight: true\n      for: 2s/' tminus.yaml
migrations
sqlite3 shop.db 'PRAGMA journal_mode = WAL' >"$tmp/ignored"
python3 -c 'import sqlite3, time
db = sqlite3.connect("shop.db", isolation_level=None)
db.execute("BEGIN IMMEDIATE")
open("held", "w").close()
time.sleep(60)' &
holder=$!
for i in $(seq 100); do [ ! -e held ] || break; sleep 0.1; done
"$TMINUS" launch --version v2 >"$tmp/launched" 2>&1 &
pid=$!
for i in $(seq 300); do [ "$(count migration-started)" -eq 0 ] || break; sleep 0.1; done
kill -9 $pid $holder
wait $pid $holder 2>"$tmp/ignored"
is 'killed in its migration: the page stands' "$(seen) $(columns)" '503 id'
for i in $(seq 20); do
    run "$TMINUS" watch --once
    [ "$(seen)" != 200 ] || break
    sleep 0.3
done
is 'killed in its migration: the page ended, and the flight waits for a person' "$status $(seen) $(count maintenance-overdue) $(columns)" '3 200 1 id'
ends 0 'killed in its migration: resumed' "$TMINUS" resume
is 'killed in its migration: applied once' "$(seen) $(columns)" '200 id currency'
configure true
sed -i '/check:/d' tminus.yaml
migrations
ends 2 'without a check no flight begins' "$TMINUS" launch --version v2
is 'without a check: nothing was begun' "$(count flight-started)" 0
done_testing

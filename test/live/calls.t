#!/bin/sh
# People are called: by a webhook and a file when a flight holds, needs somebody, ends, or missed a point; once each,
# again at its deadline, and a channel that hangs holds nothing up.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/http_server.sh"
. "$SOURCE/test/support/flight.sh"

cd "$tmp" || exit 1
export DATABASE_URL=sqlite:shop.db TMINUS_STATE="$tmp/state" TMINUS_ACTOR=ana
hook="{kind: webhook, url: \"http://127.0.0.1:$(port http)/status/200\", timeout: 1s}"
hanging="{kind: webhook, url: \"http://127.0.0.1:$(port hang)/\", timeout: 60s}"
# configure OPTIONAL-GATES WATCH CHANNEL…
configure()
{
    cat >tminus.yaml <<END
service: shop
environments:
  production:
    database: {url: "\${DATABASE_URL}", migrations: migrations}
    watch: $2
    watch_tolerance: 1s
    gates: {optional: [rehearsal, effects, rollback, restore-proof, risk, backup$1]}
    notify:
END
    shift 2
    for channel; do echo "      - $channel" >>tminus.yaml; done
}
fresh()
{
    rm -rf state migrations shop.db* calls.jsonl
    : >"$web/requests"
    mkdir migrations
    sqlite3 shop.db 'PRAGMA user_version = 1'
    echo 'CREATE TABLE orders (id INTEGER PRIMARY KEY);' >migrations/0001_orders.up.sql
    echo 'DROP TABLE orders;' >migrations/0001_orders.down.sql
    "$TMINUS" migrate -q >"$tmp/fresh" 2>&1 || { cat "$tmp/fresh"; exit 1; }
    rm -rf state
    sqlite3 shop.db 'INSERT INTO orders VALUES (1)'
    currency_migration
}
# The states that the webhook and the file were told of.
posted() { sed 's/^POST [^ ]* //' "$web/requests" | python3 -c 'import json, sys; print(*(json.loads(l)["state"] for l in sys.stdin))'; }
filed() { python3 -c 'import json; print(*(json.loads(l)["state"] for l in open("calls.jsonl")))' 2>"$tmp/ignored"; }
of_status() { "$TMINUS" status --format json | python3 -c "import json, sys; d = json.load(sys.stdin); print($1)"; }

# --- it holds, and is aborted

configure '' '[30m]' "$hook" '{kind: file, path: calls.jsonl}'
fresh
ends 3 'nobody signed: it holds' "$TMINUS" launch --version v2
is 'holds: told to both' "$(posted), $(filed)" 'holding, holding'
is 'holds: what is said' "$(python3 -c 'import json; m = json.loads(open("calls.jsonl").read()); print(m["service"], m["environment"], m["version"], "a required gate could not be answered" in m["text"], m["next_commands"])')" \
    "shop production v2 True ['tminus go', 'tminus abort']"
is 'holds: journaled' "$(count call-started) $(count called) $(count call-failed)" '1 1 0'
ends 3 'holds still' "$TMINUS" resume
is 'holds still: not told twice' "$(posted)" holding
ends 1 'aborted' "$TMINUS" abort
is 'aborted: told' "$(posted), $(filed)" 'holding aborted, holding aborted'
ends 0 'the journal verifies' "$TMINUS" journal verify

# What people were sent anchors the journal: a tail that is cut off later contradicts it.
head=$(python3 -c 'import json; m = json.loads(open("calls.jsonl").read().splitlines()[-1]); print(m["journal"]); assert m["text"].endswith("\njournal " + m["journal"])')
ends 0 'a head that was sent: intact' "$TMINUS" journal verify --head "$head"
store=$(find state -name journal.db)
sqlite3 "$store" "DELETE FROM event WHERE sequence >= ${head%%:*}"
rm "$store-head"
ends 0 'the tail is cut off: whole in itself' "$TMINUS" journal verify
ends 1 'the tail is cut off: found by what was sent' "$TMINUS" journal verify --head "$head"

# --- nobody takes the call, or a channel hangs

configure '' '[30m]' "{kind: webhook, url: \"http://127.0.0.1:$(port closed)/\"}"
fresh
ends 3 'nobody listens: it holds all the same' "$TMINUS" launch --version v2
is 'nobody listens: journaled' "$(count call-started) $(count called) $(count call-failed)" '1 0 1'
configure '' '[30m]' "$hanging"
fresh
began=$(date +%s)
ends 3 'a channel hangs: it holds all the same' timeout 60 "$TMINUS" launch --version v2
result $(($(date +%s) - began > 35)) 'a channel hangs: not for long'
is 'a channel hangs: journaled' "$(count call-started) $(count called) $(count call-failed)" '1 0 1'
says 'a channel hangs: the next one flies on' out 'next: tminus go'

# --- killed while it calls: the next one does not call again

fresh
"$TMINUS" launch --version v2 >"$tmp/launched" 2>&1 &
pilot=$!
while kill -0 $pilot 2>"$tmp/ignored" && [ "$(count call-started)" -eq 0 ]; do sleep 0.1; done
kill -9 $pilot
wait $pilot 2>"$tmp/ignored"
configure '' '[30m]' "$hook"
ends 3 'killed while it calls: resumed' "$TMINUS" resume
is 'killed while it calls: nobody is called twice for one event' "$(count call-started) $(posted)" '1 '

# --- who flies is killed before it is verified: the watch's timer calls people once, and flies nothing

configure ', approved' '[30m]' "$hook"
fresh
"$TMINUS" launch --version v2 --at 1h >"$tmp/launched" 2>&1 &
pilot=$!
for i in $(seq 300); do [ "$(of_status 'd["state"]' 2>"$tmp/ignored")" != ready ] || break; sleep 0.1; done
ends 0 'flown: status' "$TMINUS" status
ends 0 'flown: the timer does nothing' "$TMINUS" watch --once
kill -9 $pilot
wait $pilot 2>"$tmp/ignored"
ends 3 'killed: status is an alarm' "$TMINUS" status
says 'killed: what is so' out 'ALARM: no tminus flies it any more'
says 'killed: what to do' out 'next: tminus resume'
ends 3 'killed: the timer sees it' "$TMINUS" watch --once
ends 3 'killed: and the next time' "$TMINUS" watch --once
is 'killed: told once' "$(posted) $(count pilot-lost) $(count call-started)" 'ready 1 1'
says 'killed: nothing was done' out 'ready: the flight waits for T-0'
is 'killed: what people read' "$(grep -c 'ALARM: no tminus flies it any more, and it is not done. .*What moves it: tminus resume' "$web/requests")" 1
ends 1 'killed: aborted' "$TMINUS" abort

# --- the watch

configure ', approved' '[1s, 10s, 1h]' "$hook" '{kind: file, path: calls.jsonl}'
fresh
ends 0 'launched' "$TMINUS" launch --version v2 --reason 'short points'
is 'launched: nobody was called' "$(posted)" ''
sleep 2.5
ends 3 'nobody checked: status is an alarm' "$TMINUS" status
says 'an alarm: which point' out 'ALARM: nobody checked T+1 s in time'
says 'an alarm: what to do' out 'next: tminus watch'
is 'an alarm: as JSON' "$(of_status '[p["is_missed"] for p in d["points"]]')" '[True, False, False]'
ends 0 'watched once' "$TMINUS" watch --once
is 'watched: the alarm is journaled and told' "$(count point-missed) $(posted) $(filed)" '1 watching watching'
says 'watched: it was checked, late' out '✓ check         '
says 'watched: marked late' out 'missed, and checked'
is 'watched: as JSON' "$(of_status '[(p["is_passed"], p["is_missed"], p["late_ms"] > 1000) for p in d["points"]][0]')" '(True, False, True)'
for i in $(seq 30); do
    run "$TMINUS" watch --once
    [ "$(of_status 'd["clock"]')" != 'T+1 h' ] || break
    sleep 0.5
done
is 'the next point was checked' "$status $(of_status 'd["clock"]')" '0 T+1 h'
ends 0 'nothing is due' "$TMINUS" watch --once
is 'nothing is due: nothing was checked' "$(count verified)" 3
"$TMINUS" watch >"$tmp/watching" 2>&1 &
pilot=$!
for i in $(seq 100); do
    [ "$(of_status '(d["flown_by"] or {}).get("is_alive")')" != True ] || break
    sleep 0.1
done
ends 0 'a timer finds that somebody watches' "$TMINUS" watch --once
says 'somebody watches: who' out 'flown by ana'
kill $pilot
wait $pilot
ends 0 'the journal verifies' "$TMINUS" journal verify
done_testing

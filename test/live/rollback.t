#!/bin/sh
# Rollbacks: a flight that is done goes back and is proven, by version, by migration, or both; what nothing shows to
# come back needs a second person; nothing goes back through what came after it.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/http_server.sh"
. "$SOURCE/test/support/flight.sh"

mkdir "$tmp/shop" && cd "$tmp/shop" || exit 1
export TMINUS_STATE="$tmp/shop/state" TMINUS_ACTOR=ana WEB="$web"
cat >tminus.yaml <<END
service: shop
environments:
  production:
    database: {url: "sqlite:shop.db", migrations: migrations}
    watch: [10ms]
    gates: {optional: [rehearsal, effects, rollback, backup, approved, risk]}
    slots: {web: {address: "127.0.0.1:$(port http)"}}
    release: {deploy: [./deploy.sh, "{version}"], environment: [WEB], ready: 1s}
    health:
      - {name: version, http: "http://{address}/health", expect: {json: {version: "{version}"}}, timeout: 2s}
END
cat >deploy.sh <<'END'
#!/bin/sh
echo "$1" >"$WEB/version"
END
chmod +x deploy.sh
# v1 is served on a schema of one migration; v2 has another. `fresh unknown`: nobody knows of v1.
served()
{
    orders_migration
    sqlite3 shop.db 'PRAGMA user_version = 1'
    "$TMINUS" migrate -q >"$tmp/fresh" 2>&1 && "$TMINUS" release --version v1 -q >>"$tmp/fresh" 2>&1 || show "$tmp/fresh"
    sqlite3 shop.db "INSERT INTO orders SELECT value, 'open' FROM generate_series(1, 50)"
    currency_migration "UPDATE orders SET currency = 'EUR';"
}
fresh()
{
    rm -rf state migrations shop.db*
    echo v0 >"$web/version"
    once served
    echo v1 >"$web/version"
    [ "${1:-}" != unknown ] || rm -rf state
}
# Flown to its end: `flown rehearsed` or `flown unrehearsed`.
flown()
{
    [ "$1" = unrehearsed ] || "$TMINUS" rehearse -q >"$tmp/flown" 2>&1 || show "$tmp/flown"
    "$TMINUS" launch --version v2 --watch --reason 'a short watch' -q >"$tmp/flown" 2>&1 || show "$tmp/flown"
}
# A flight that was rehearsed and is done.
done_one()
{
    fresh
    flown rehearsed
}
kept()
{
    rm -rf state migrations shop.db*
    once done_one
    echo v2 >"$web/version"
}
now() { echo "$(state_of) $(cat "$web/version") $(columns)"; }
back() { fly journal export | python3 -c 'import json, sys
print(*(d["step"] + ":" + d["outcome"] for d in (json.loads(l)["data"] for l in sys.stdin if "step-ended" in l) if d["step"].startswith("back.")))'; }

# --- whole

fresh
ends 2 'nothing was flown' fly rollback
says 'nothing was flown: said' err 'no flight was begun'
kept
is 'flown to its end' "$(now)" 'done v2 id status currency'
ends 0 'a dry run' fly rollback --dry-run
says 'a dry run: the old version first' out '1. tminus release --version v1'
says 'a dry run: then the data' out '2. tminus migrate --undo --steps 1'
says 'a dry run: what is lost' out 'loses    no row of what was there before (round_trip)'
says 'a dry run: what allows it' out 'allowed  rehearsed on a copy: round_trip'
is 'a dry run asks nothing' "$(count flight-asked) $(now)" '0 done v2 id status currency'
ends 0 'a dry run in JSON' fly rollback --dry-run --format json
is 'a dry run in JSON: its members' "$(python3 -c 'import json; d=json.load(open("'"$tmp"'/out")); print(d["schema"], d["state"], d["methods"], [s["name"] for s in d["steps"]], d["class"], d["rows_lost"], d["refused"], len(d["digest"]))')" \
    "tminus/rollback/1 done ['version', 'migration'] ['back.release', 'back.migrate'] round_trip 0 None 64"
mv migrations/0002*.down.sql kept.down.sql
ends 5 'a dry run without the down: what is found before the first step' fly rollback --dry-run
says 'without the down: said' out 'blocked  before its first step, and a person is needed then: '
says 'without the down: which' out 'has no down'
ends 6 'without the down: nothing is signed for it' env TMINUS_ACTOR=ben "$TMINUS" rollback --approve --reason 'seen'
says 'without the down: nothing is signed, said' err 'has no down'
ends 6 'without the down, the version alone: refused for another reason' fly rollback --dry-run --method version
lacks 'the version alone: no down is missed' out blocked
is 'nothing was asked nor signed' "$(count flight-asked) $(count act-approved) $(state_of)" '0 0 done'
mv kept.down.sql "$(ls migrations/0002*.up.sql | sed 's/up.sql$/down.sql/')"
ends 6 'abort is not for a flight that is done' fly abort
ends 4 'taken back' fly rollback --reason 'too many calls'
says 'taken back: what is lost is said first' err 'loses    no row of what was there before'
says 'taken back: proven' out 'everything is as in the original baseline'
is 'taken back: what is there' "$(now)" 'rolled_back v1 id status'
is 'taken back: in this order' "$(back)" 'back.release:done back.migrate:done'
ends 0 'taken back: as at the baseline' fly verify --expect as-before
ends 6 'it is not taken back twice' fly rollback
says 'not twice: why' err 'it is taken back already'
is 'not twice: nothing was asked' "$(count flight-asked)" 1
ends 0 'the journal of it verifies' fly journal verify
ends 0 'and it can be launched again' fly launch --version v2 --reason 'a short watch' -q

# --- on its way

ends 4 'one that is watched goes back, too' fly rollback
is 'watched: what is there' "$(now)" 'rolled_back v1 id status'

# --- nothing shows that it comes back

fresh
flown unrehearsed
ends 6 'not rehearsed: refused' fly rollback
says 'not rehearsed: why' err 'the way back is not known: these migrations were not rehearsed'
says 'not rehearsed: what to do' err 'tminus rollback --approve --reason TEXT'
ends 2 'a signature needs a reason' fly rollback --approve
ends 0 'signed by who wants it' fly rollback --approve --reason 'it is small'
ends 6 'whose own signature does not count' fly rollback
ends 0 'another rollback is signed' env TMINUS_ACTOR=ben "$TMINUS" rollback --approve --method migration --reason 'only the data'
ends 6 'which is not this one' fly rollback
ends 0 'signed by somebody else' env TMINUS_ACTOR=ben "$TMINUS" rollback --approve --reason 'looked at it together'
says 'signed: by whom' out 'signed by ben: looked at it together'
is 'signed, and nothing happened' "$(now)" 'done v2 id status currency'
ends 4 'then it goes back' fly rollback
says 'signed: what allows it' err 'allowed  ben: looked at it together'
is 'signed and taken back' "$(now)" 'rolled_back v1 id status'

# --- one method

kept
ends 2 'a method that is none' fly rollback --method prayer
ends 6 'the version alone: nothing shows that the old one runs on the new schema' fly rollback --method version
says 'the version alone: why' err 'no rehearsal showed that the old release runs on the new schema'
ends 0 'the version alone, signed' env TMINUS_ACTOR=ben "$TMINUS" rollback --approve --method version --reason 'v1 ignores the column'
ends 4 'the version alone, taken back' fly rollback --method version
is 'the version alone: what is there' "$(now)" 'rolled_back v1 id status currency'
says 'the version alone: what is so' out 'the version is back, and the data as after the migrations: v1 answers; 1 migration stays applied, and no rehearsal showed'
says 'the version alone: no more than that' out 'rolled_back: the flight is taken back in part: its migrations stay applied'
lacks 'the version alone: not as before' out 'original baseline'
says 'the version alone: the rest' out 'next: tminus rollback --method migration'
ends 6 'the version is not taken back twice' fly rollback --method version
ends 4 'the data later' fly rollback
is 'the data later: what is there' "$(now)" 'rolled_back v1 id status'

kept
ends 0 'the data alone, a dry run' fly rollback --method migration --dry-run
says 'the data alone: what stays is said' out 'v2 stays deployed, and nothing shows that it runs on the schema before it'
ends 4 'the data alone' fly rollback --method migration
is 'the data alone: what is there' "$(now)" 'rolled_back v2 id status'
ends 4 'the version later' fly rollback --method version
is 'the version later: what is there' "$(now)" 'rolled_back v1 id status'
says 'the version later: nothing stays' out 'everything is as in the original baseline'

# The old release's statements run on the new schema: then it needs nobody's signature.
fresh
sed -i 's/    watch:/    rehearsal: {old_release: old.sql}\n    watch:/' tminus.yaml
echo "SELECT id, status FROM orders WHERE id = 7;" >old.sql
echo "DELETE FROM orders WHERE id > 40;" >>migrations/0002_currency.up.sql
flown rehearsed
ends 0 'rows are gone for good, the old release runs: the version alone' fly rollback --dry-run
says 'the version alone: allowed by' out 'allowed  rehearsed on a copy: the old release runs on the new schema'
says 'the version alone: loses' out 'no row: the migrations stay applied'
lacks 'the version alone: no step of the data' out 'migrate --undo'
ends 6 'the whole is refused' fly rollback --method version,migration
ends 4 'the version goes back' fly rollback
is 'the version went back' "$(now)" 'rolled_back v1 id status currency'
sed -i '/rehearsal: {old_release/d' tminus.yaml

# --- which version

fresh unknown
flown rehearsed
ends 6 'nobody knows what ran before' fly rollback
says 'nobody knows: what to say' err 'tminus rollback --to VERSION'
ends 6 'back to where it is' fly rollback --to v2
ends 4 'back to a version that is named' fly rollback --to v1
is 'back to a version that is named: what is there' "$(now)" 'rolled_back v1 id status'

# --- what came after

kept
echo 'CREATE TABLE invoices (id INTEGER PRIMARY KEY);' >migrations/0003_invoices.up.sql
echo 'DROP TABLE invoices;' >migrations/0003_invoices.down.sql
ends 0 'somebody migrates by hand' env TMINUS_ACTOR=ben "$TMINUS" migrate -q
ends 6 'not through what came after' fly rollback
says 'what came after: which' err 'migration migrations/0003_invoices.up.sql was applied by ben'
is 'what came after: nothing happened' "$(now)" 'done v2 id status currency'
ends 0 'it is undone' fly migrate --undo --steps 1 -q
rm migrations/0003*
ends 0 'a release by hand' fly release --version v3 -q
ends 6 'not through a release that came after' fly rollback
says 'a release that came after: which' err 'release v3 was deployed by ana'

kept
flight=$(status_of flight)
echo 'ALTER TABLE orders ADD COLUMN note TEXT;' >migrations/0003_note.up.sql
echo 'ALTER TABLE orders DROP COLUMN note;' >migrations/0003_note.down.sql
echo 'DELETE FROM orders;' >migrations/0004_bad.up.sql
ends 1 'a launch that does not begin' fly launch --version v4 --reason 'a short watch' -q
ends 0 'does not stand in the way' fly rollback --dry-run
says 'not in the way: which flight goes back' out "$flight of v2"
rm migrations/0004*
ends 0 'a flight that comes after' fly launch --version v5 --reason 'a short watch' -q
ends 6 'stands in the way' fly rollback --flight "$flight"
says 'in the way: which' err 'of v5 came after it, and is watching'
ends 5 'the last one needs a person' fly abort
ends 4 'who takes it back' fly go
ends 4 'then the one before goes back' fly rollback --flight "$flight"
is 'both are back, and status shows the last that moved' "$(now)" 'rolled_back v1 id status'
ends 4 'status' fly status
says 'status: of the flight that was asked back' out "flight $flight of v2"
ends 0 'the journal of it all verifies' fly journal verify

# --- undone by hand meanwhile

kept
ends 0 'its migration is undone by hand' fly migrate --undo --steps 1 -q
run fly rollback --dry-run
says 'undone by hand: no command that would undo the one before it' out 'nothing: its migrations are undone already'
lacks 'undone by hand: not that of the launch' out 'migrate --undo'

# --- while it is deployed

kept
"$TMINUS" rollback -q >"$tmp/back" 2>&1 || :
printf '%s\n' '#!/bin/sh' 'touch begun' '[ "$1" != v2 ] || sleep 60' 'echo "$1" >"$WEB/version"' >deploy.sh
rm -f begun
"$TMINUS" launch --version v2 --reason 'a short watch' -q >"$tmp/launched" 2>&1 &
pilot=$!
for i in $(seq 300); do [ ! -e begun ] || break; sleep 0.1; done
ends 0 'asked of who flies it' fly rollback --now --reason 'wrong version'
ended=0
wait $pilot || ended=$?
is 'the deploy is ended, and all of it taken back' "$ended $(now)" '4 rolled_back v1 id status'
printf '%s\n' '#!/bin/sh' 'echo "$1" >"$WEB/version"' >deploy.sh

# --- killed on the way back

for point in 1 3 5; do
    kept
    at=$(($(sqlite3 state/journal.db 'SELECT count(*) FROM event') + point))
    "$TMINUS" rollback -q >"$tmp/back" 2>&1 &
    pilot=$!
    while kill -0 $pilot 2>"$tmp/ignored" && [ "$(sqlite3 -cmd '.timeout 10000' state/journal.db 'SELECT count(*) FROM event')" -lt $at ]; do :; done
    kill -9 $pilot 2>"$tmp/ignored"
    wait $pilot 2>"$tmp/ignored"
    run fly resume
    is "killed $point events behind the wish: resumed to the end" "$status $(now) $(($(count migration-undone) <= 1))" '4 rolled_back v1 id status 1'
done
done_testing

#!/bin/sh
# tminus poll, approve and waive on SQLite: a clean change is GO, and each required gate, broken once, stops or holds it.
#
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state" TMINUS_ACTOR=ana
sqlite3 shop.db "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')"
mkdir m
echo "ALTER TABLE t ADD COLUMN note TEXT;" >m/0001_note.up.sql
echo "ALTER TABLE t DROP COLUMN note;" >m/0001_note.down.sql
configure() {
    cat >tminus.yaml <<YAML
service: shop
environments:
  production:
    database: {url: "sqlite:shop.db", migrations: m}
    backup: {kind: sqlite, directory: backups}
    gates: {$1}
YAML
}
# gate NAME [MEMBER]: what the last poll in JSON said of it.
gate() {
    python3 -c 'import json, sys
d = json.load(open("out"))
print(next((c[sys.argv[2]] for c in d["checks"] if c["name"] == sys.argv[1]), "not there"))' "$1" "${2-status}"
}
verdict() { python3 -c 'import json; print(json.load(open("out"))["verdict"])'; }
configure ''

ends 1 'nothing was done yet: NO-GO' "$TMINUS" poll --format json
is 'no backup' "$(gate backup) $(gate backup observed)" 'FAIL there is none'
is 'no baseline' "$(gate baseline)" UNKNOWN
is 'no rehearsal' "$(gate rehearsal)" UNKNOWN
is 'no effects file' "$(gate effects)" UNKNOWN
is 'no restore was proven' "$(gate restore-proof)" UNKNOWN
is 'nobody signed' "$(gate approved)" UNKNOWN
is 'no server: its gates are left out' "$(gate connections)" 'not there'
is 'what mends it' "$(gate backup command)" 'tminus backup --env production'

make_ready() {
    { "$TMINUS" rehearse --write && "$TMINUS" backup && "$TMINUS" restore --prove && "$TMINUS" baseline save &&
        "$TMINUS" approve; } >"$tmp/ready" 2>&1 || show "$tmp/ready"
}
make_ready
ends 0 'everything was done: GO' "$TMINUS" poll
cp out board
says 'in words' out 'GO: all 11 required gates passed'
is 'worst first, all passed' "$(grep -c '^  PASS' board)" 12
is 'no colour where there is no terminal' "$(grep -c "$(printf '\033')" board)" 0
run "$TMINUS" poll --format json
is 'as JSON, of the digest that plan prints' \
    "$(python3 -c 'import json; d = json.load(open("out")); print(d["schema"], d["digest"])')" \
    "tminus/poll/1 $("$TMINUS" plan --format json | python3 -c 'import json, sys; print(json.load(sys.stdin)["digest"])')"
ends 0 'gate is another name of it' "$TMINUS" gate --format json
is 'every poll is in the journal' "$("$TMINUS" journal show --event polled | grep -c 'verdict=')" 4
ends 0 'and the journal verifies' "$TMINUS" journal verify

# --- each gate, broken once

echo '-- a word' >>m/0001_note.up.sql
ends 1 'a migration that was changed since: NO-GO' "$TMINUS" poll --format json
is 'the rehearsal was of another text' "$(gate rehearsal observed)" 'the last rehearsal was of other migrations than these'
is 'the baseline, too' "$(gate baseline)" FAIL
is 'and the signature is void' "$(gate approved observed)" 'what was signed is another plan than this: it is void'
echo "ALTER TABLE t ADD COLUMN note TEXT;" >m/0001_note.up.sql

cp m/0001_note.effects.yaml effects.yaml
echo '# a word' >>m/0001_note.effects.yaml
ends 3 'an effects file that was edited since: HOLD' "$TMINUS" poll --format json
is 'it was not compared' "$(gate effects)" UNKNOWN
mv effects.yaml m/0001_note.effects.yaml

mv backups elsewhere
ends 1 'no backup: NO-GO' "$TMINUS" poll --format json
is 'that gate' "$(gate backup)" FAIL

ends 2 'a waiver needs a reason' "$TMINUS" waive backup --until 1h
says 'said' err 'a waiver needs --reason TEXT and --until TIME'
ends 2 'and words' "$TMINUS" waive backup --reason ' ' --until 1h
ends 2 'of a gate that is there' "$TMINUS" waive bakcup --reason x --until 1h
says 'the nearest one is told' err "'backup' is meant, perhaps"
ends 2 'until a time that comes' "$TMINUS" waive backup --reason x --until 2020-01-01T00:00:00Z
says 'it is over' err 'is over'
ends 2 'and soon' "$TMINUS" waive backup --reason x --until 90d
ends 2 'that is one' "$TMINUS" waive backup --reason x --until tomorrow
for never in target baseline rollback approved; do
    ends 6 "$never cannot be waived" "$TMINUS" waive "$never" --reason x --until 1h
    says "$never: why" err "the gate '$never' cannot be waived: "
done
ends 0 'waived' env TMINUS_ACTOR=ben "$TMINUS" waive backup --reason 'the disk is full' --until 1h
run "$TMINUS" waive restore-proof --reason 'it is away, too' --until 1h
ends 0 'then it is GO' "$TMINUS" poll
says 'and the board shows whose waiver it is' out '  WAIVED   backup         by ben until '
says 'with the reason' out ': the disk is full'
says 'and what it would have said' out 'was     there is none'
says 'the verdict counts them' out 'GO: all 11 required gates passed or were waived (2)'
rm -r backups 2>/dev/null
mv elsewhere backups
run "$TMINUS" poll --format json
is 'a waiver of a gate that passes is not needed' "$(gate backup)" PASS

configure 'review: {approvals: 1}'
ends 3 "where other people count, one's own signature does not" "$TMINUS" poll --format json
is 'that gate' "$(gate approved observed)" "signed by nobody else than who launches"
run env TMINUS_ACTOR=ben "$TMINUS" approve
says 'somebody else signs' out 'ben signed plan '
ends 0 'then it is GO' "$TMINUS" poll
ends 0 "who launches what others signed is GO, too" env TMINUS_ACTOR=cem "$TMINUS" poll --format json

configure 'baseline: {max_age: 1ms}'
ends 1 'a baseline that is too old: NO-GO' "$TMINUS" poll --format json
is 'that gate' "$(gate baseline)" FAIL
configure 'rehearsal: {max_age: 1ms}'
ends 1 'a rehearsal that is too old: NO-GO' "$TMINUS" poll --format json
is 'that gate' "$(gate rehearsal)" FAIL
configure 'optional: [rehearsal], rehearsal: {max_age: 1ms}'
ends 0 'one that tminus.yaml does not require warns' "$TMINUS" poll --format json
is 'that gate' "$(gate rehearsal) $(gate rehearsal required)" 'WARN False'
configure 'optional: [rehersal]'
ends 2 'a gate that does not exist is refused' "$TMINUS" poll
says 'with the nearest one' err "'rehearsal' is meant, perhaps"
configure ''

# --- a plan that was written before

"$TMINUS" plan --format json >plan.json
ends 0 'a plan that was written before is polled' "$TMINUS" poll --plan plan.json
sed -i 's/"production"/"staging"/' plan.json
ends 2 'one that was edited is refused' "$TMINUS" poll --plan plan.json
ends 2 'without a database there is nothing to poll' sh -c 'mkdir bare && cd bare && "$TMINUS" poll ../m'
says 'said' err 'no database is named'

# --- no way back

echo "UPDATE t SET name = upper(name);" >m/0001_note.up.sql
rm m/0001_note.down.sql m/0001_note.effects.yaml
run "$TMINUS" rehearse --write
run "$TMINUS" baseline save
run "$TMINUS" plan --format json
class=$(python3 -c 'import json; print(json.load(open("out"))["rollback"]["class"])')
run "$TMINUS" approve --reason 'names are shown in capitals anyway'
run "$TMINUS" poll --format json
is "what is $class and accepted by who launches alone" "$(gate rollback)" "$([ "$class" = backup ] && echo PASS || echo FAIL)"
done_testing

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
signs=
configure() {
    cat >tminus.yaml <<YAML
service: shop
environments:
  production:
    database: {url: "sqlite:shop.db", migrations: m}
    backup: {kind: sqlite, directory: backups}
    gates: {$1}
YAML
    # What is configured is part of what was signed.
    [ -z "$signs" ] || "$TMINUS" approve >"$tmp/signed" 2>&1 || :
}
# gate NAME [MEMBER]: what the last poll in JSON said of it.
gate() {
    python3 -c 'import json, sys
d = json.load(open("out"))
print(next((c[sys.argv[2]] for c in d["checks"] if c["name"] == sys.argv[1]), "not there"))' "$1" "${2-status}"
}
verdict() { python3 -c 'import json; print(json.load(open("out"))["verdict"])'; }
configure 'window: {between: ["00:00-24:00"]}' # whatever day it is

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
says 'in words' out 'GO: all 12 required gates passed'
is 'worst first, all passed' "$(grep -c '^  PASS' board)" 14
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
is 'and the signature is void, for it covers the file' "$(gate approved observed)" 'what was signed is another plan than this: it is void'
mv effects.yaml m/0001_note.effects.yaml
ends 0 'with the file as it was signed' "$TMINUS" poll
configure 'window: {between: ["00:00-24:00"]}, optional: [down]'
ends 3 'another list of gates than was signed: HOLD' "$TMINUS" poll --format json
is 'the signature is void' "$(gate approved observed)" 'what was signed is another plan than this: it is void'
signs=yes
configure 'window: {between: ["00:00-24:00"]}'

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
says 'the verdict counts them' out 'GO: all 12 required gates passed or were waived (2)'
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

# --- the time and the calendar

today=$(date -u +%A | tr 'A-Z' 'a-z')
open='window: {between: ["00:00-24:00"], zone: UTC}'
configure "window: {not_on: [$today], zone: UTC}"
ends 1 'on a day that is not allowed: NO-GO' "$TMINUS" poll --format json
is 'that gate' "$(gate window) $(gate window required)" 'FAIL True'
run "$TMINUS" waive window --reason 'a hotfix for ticket 7' --until 1h
ends 0 'with a reason, an actor and an end it is let be' "$TMINUS" poll --format json
is 'and the board says so' "$(gate window)" WAIVED
configure "window: {between: [\"00:00-24:00\"], zone: Europe/Berlni}"
ends 0 'a zone that is not known is waived as well' "$TMINUS" poll --format json
is 'it is told' "$(gate window detail)" "no time zone 'Europe/Berlni' is known here"
hours() { for each in $(seq 0 23); do echo "$each,$([ "$each" -eq "$1" ] && echo "$2" || echo 100)"; done; }
hour=$(date -u +%-H)
hours "$hour" 1000 >hourly.csv
configure "$open, low_traffic: {file: hourly.csv}"
ends 1 'the busiest hour of the day: NO-GO' "$TMINUS" poll --format json
is 'that gate' "$(gate low-traffic) $(gate low-traffic required)" 'FAIL True'
hours "$hour" 10 >hourly.csv
ends 0 'a quiet one' "$TMINUS" poll --format json
is 'that gate' "$(gate low-traffic observed)" "$(printf '%02d' "$hour"):00 UTC has 10 % of the busiest hour"
configure "$open, low_traffic: {command: [cat, hourly.csv], below: 5%}"
ends 1 'not quiet enough, as a command says' "$TMINUS" poll --format json
echo 'nine,5' >>hourly.csv
ends 3 'counts that cannot be read: HOLD' "$TMINUS" poll --format json
is 'why' "$(gate low-traffic observed)" 'cat:25: its first field is no hour'
configure "$open, low_traffic: {file: nowhere.csv}"
ends 3 'no counts: HOLD' "$TMINUS" poll --format json
configure "$open, holidays: [$(date -u +%m-%d)]"
ends 1 'a holiday of every year: NO-GO' "$TMINUS" poll --format json
is 'that gate' "$(gate freeze observed)" "$(date -u +%m-%d) is a holiday"
configure "$open, freeze: [{from: $(date -u +%F), to: $(date -u +%F), reason: stocktaking}]"
ends 1 'a freeze: NO-GO' "$TMINUS" poll --format json
is 'with its reason' "$(gate freeze observed)" "frozen until $(date -u +%F): stocktaking"
configure "$open, announced: {before: 30m}"
ends 3 'not announced: HOLD' "$TMINUS" poll --format json
is 'a person signs it' "$(gate announced) $(gate announced command)" 'MANUAL tminus approve --announced --env production'
run "$TMINUS" approve --announced --reason '#deploys'
says 'signed' out 'ana signed the announcement of plan '
ends 1 'announced just now: NO-GO' "$TMINUS" poll --format json
is 'that gate' "$(gate announced)" FAIL
configure "$open, announced: {before: 1ms}"
run "$TMINUS" approve --announced --reason '#deploys'
ends 0 'announced in time' "$TMINUS" poll --format json
is 'where' "$(gate announced detail)" '#deploys'
# Another plan, announced through the channels.
ends 2 'no channel to announce by' "$TMINUS" approve --announce 'a column at 14:30'
echo '    notify: [{kind: file, path: nowhere/told.jsonl}]' >>tminus.yaml
signed=$("$TMINUS" journal export 2>"$tmp/ignored" | grep -c '"announced"')
ends 3 'nobody is told' "$TMINUS" approve --announce 'a column at 14:30'
is 'nobody is told: nothing is signed' "$("$TMINUS" journal export 2>"$tmp/ignored" | grep -c '"announced"')" "$signed"
sed -i 's|nowhere/||' tminus.yaml
ends 0 'told and signed' "$TMINUS" approve --announce 'a column at 14:30' --format json
is 'told: what, and of which plan' "$(python3 -c 'import json; m = json.loads(open("told.jsonl").read()); d = json.load(open("'"$tmp/out"'")); print(m["text"].removesuffix("\njournal " + m["journal"]), m["plan"] == d["digest"], d["announced"], d["reason"])')" \
    'a column at 14:30 True True file told.jsonl'

# --- the place

printf '%s\n' '# of the release' 'export API_KEY="s3cr3t-value"' 'MAIL_HOST = mail.internal' >env
configure "$open, keys: {required: [API_KEY, MAIL_HOST], file: env}"
ends 0 'every key is there' "$TMINUS" poll --format json
is 'that gate' "$(gate keys)" PASS
for bad in 'MAIL_HOST=' 'MAIL_HOST=changeme' 'MAIL_HOST=smtp.example.com' 'MAIL_HOST=TODO' 'MAIL=x'; do
    printf '%s\n' 'API_KEY=s3cr3t-value' "$bad" >env
    ends 1 "$bad: NO-GO" "$TMINUS" poll --format json
    is "$bad: that gate" "$(gate keys)" FAIL
done
is 'the name is told' "$(gate keys detail)" 'MAIL_HOST is missing'
is 'and no value, anywhere' "$(cat out "$tmp"/state/* 2>/dev/null | grep -ac s3cr3t-value)" 0
rm env
ends 3 'no file: HOLD' "$TMINUS" poll --format json
is 'that gate' "$(gate keys)" UNKNOWN
API_KEY=1 MAIL_HOST=mail.internal sleep 60 &
echo $! >pid
configure "$open, keys: {required: [API_KEY, MAIL_HOST], pid_file: pid}"
ends 0 'of a process that runs' "$TMINUS" poll --format json
is 'that gate' "$(gate keys)" PASS
kill "$(cat pid)"
configure "$open, keys: {required: [API_KEY], command: [echo, API_KEY]}"
ends 0 'of a command that tells names alone' "$TMINUS" poll --format json
echo x >secret
configure "$open, secrets: [{name: mail, path: secret, max_age: 90d}]"
ends 0 'a young secret' "$TMINUS" poll --format json
is 'that gate' "$(gate secrets)" PASS
touch -d '100 days ago' secret
ends 1 'an old one: NO-GO' "$TMINUS" poll --format json
says 'which' out 'mail is of 100 d'
configure "$open, secrets: [{name: mail, command: [echo, $(date -u -d '100 days ago' +%F)], max_age: 90d}]"
ends 1 'by a command: NO-GO' "$TMINUS" poll --format json
configure "$open, secrets: [{name: mail, command: [\"false\"], max_age: 90d}]"
ends 3 'a command that fails: HOLD' "$TMINUS" poll --format json
is 'that gate' "$(gate secrets detail)" 'mail: false ended with 1'

# --- the size

export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
git init -q -b main . && echo '*' >.git/info/exclude && git add -f tminus.yaml && git commit -qm one && git tag v1
seq 150 >code.py && seq 900 >yarn.lock && printf 'a\0b' >logo.png && git add -f code.py yarn.lock logo.png && git commit -qm two
configure "$open, size: {base: v1}"
git add tminus.yaml && git commit -qm three
run "$TMINUS" approve
ends 0 'a small change' "$TMINUS" poll --format json
is 'that gate' "$(gate size) $(gate size detail)" 'PASS logo.png is binary: not counted'
seq 250 >code.py && git add code.py && git commit -qm four
run "$TMINUS" approve
ends 1 'a large one: NO-GO' "$TMINUS" poll --format json
is 'that gate' "$(gate size)" FAIL
configure "$open, size: {base: v9}"
ends 3 'a revision that is not there: HOLD' "$TMINUS" poll --format json
is 'that gate' "$(gate size)" UNKNOWN

# --- staging

stage() { cat >>tminus.yaml <<'YAML'
  staging:
    database: {url: "sqlite:staging.db", migrations: m}
YAML
}
sqlite3 shop.db '.backup staging.db'
configure "$open"
stage
run "$TMINUS" approve
ends 1 'staging has not applied it: NO-GO' "$TMINUS" poll --env production --format json
is 'that gate' "$(gate staging observed)" '0 of 1 are applied there as they are now'
run "$TMINUS" baseline save --env staging
run "$TMINUS" migrate --env staging
ends 3 'applied, and not verified: HOLD' "$TMINUS" poll --env production --format json
is 'that gate' "$(gate staging)" UNKNOWN
ends 0 'verify' "$TMINUS" verify --env staging
ends 0 'verified there' "$TMINUS" poll --env production --format json
is 'that gate' "$(gate staging)" PASS
# What was verified on next to nothing is said; on nothing it is no proof.
few() { sqlite3 staging.db "DELETE FROM t$1"; for verb in 'migrate --undo --steps 1' 'baseline save' migrate verify; do "$TMINUS" $verb --env staging -q; done; } >"$tmp/few" 2>&1
run "$TMINUS" baseline save --env production
few ' WHERE id > 1'
ends 0 'verified on one row' "$TMINUS" poll --env production --format json
is 'one row: said' "$(gate staging) $(gate staging detail)" "PASS rows in the tables of the change: 1, 33 % of those here"
few ''
ends 3 'verified on no row: HOLD' "$TMINUS" poll --env production --format json
is 'no row: why' "$(gate staging observed)" 'verified there, where the tables of the change are empty; here they have 3 rows'
run "$TMINUS" migrate --undo --steps 1 --env staging
ends 1 'undone there: NO-GO' "$TMINUS" poll --env production --format json
configure "$open, staging: {environment: stagng}"
ends 2 'a staging that is no environment' "$TMINUS" poll
configure "$open"

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
# --- what a flight needs besides the database
cat >tminus.yaml <<'YAML'
service: shop
environments:
  production:
    database: {url: "${SHOP_URL}", migrations: m}
    flags: {inbox: {kind: file, path: flags.yaml, key: inbox}}
    steps:
      - {name: warm, at: after_release, command: [./warm.sh], undo: none, reason: harmless, read_back: {command: ["true"]}}
      - {name: on, at: after_release, flag: inbox, value: on}
YAML
ends 2 'a variable that is not set' "$TMINUS" poll
says 'a variable that is not set: which' err '${SHOP_URL} is not set'
export SHOP_URL=sqlite:shop.db
run "$TMINUS" poll --format json
is 'a program that is missing' "$(gate commands) $(gate commands detail)" 'FAIL steps.warm: ./warm.sh'
is 'a flag that nobody knows' "$(gate flags)" UNKNOWN
echo '#!/bin/sh' >warm.sh && chmod +x warm.sh
echo 'inbox: off' >flags.yaml
run "$TMINUS" poll --format json
is 'both are there' "$(gate commands) $(gate flags)" 'PASS PASS'
echo 'inbox: on' >flags.yaml
run "$TMINUS" poll --format json
is 'somebody switched it on' "$(gate flags)" FAIL
"$TMINUS" flag inbox off >"$tmp/set" 2>&1 && "$TMINUS" flag inbox on >>"$tmp/set" 2>&1 || show "$tmp/set"
run "$TMINUS" poll --format json
is 'it was switched on through tminus' "$(gate flags)" PASS
done_testing

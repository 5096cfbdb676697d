#!/bin/sh
# What every verb says in bad cases: place, cause, next step, in the same words, with the right exit status.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state" DATABASE_URL=sqlite:mail.db
cp -r "$SOURCE/examples/mail/migrations" .
sed 's/^    database:.*/&\n    slots: {blue: {address: "127.0.0.1:1"}}/' "$SOURCE/examples/mail/tminus.yaml" >tminus.yaml
{
    cat migrations/0001_mail.up.sql migrations/0002_category_map.up.sql
    echo "CREATE TABLE schema_migrations (version uint64, dirty bool);
          INSERT INTO schema_migrations VALUES (2, false);
          INSERT INTO emails VALUES (1, 'a@example.org', 'one', 'text', '2025-01-01', 'active', 'brief');"
} | sqlite3 mail.db

# all STATUS TEXT OPTIONS VERBS: every verb (a line each) ends so and says the text, in two lines at most.
all()
{
    printf '%s\n' "$4" >"$tmp/verbs"
    while read -r verb; do
        # shellcheck disable=SC2086 # words
        ends "$1" "$verb $3: $1" "$TMINUS" $verb $3
        says "$verb $3: $2" err "$2"
        is "$verb $3: short" "$(test "$(wc -l <err)" -le 2 && echo yes)" yes
    done <"$tmp/verbs"
}
reading='baseline save
baseline show
migrate
verify'
configured="$reading
journal verify
config check
assess"
stated='baseline save
migrate
verify
journal verify'

# --- names that are wrong
all 2 "tminus.yaml: no environment or slot 'staging'" '--env staging' "$configured"
all 2 "tminus.yaml: environment 'production' has no slot 'green'" '--slot green' "$configured"
says 'a wrong slot: which there are' err 'the slots are: blue'
all 2 'none.yaml: no such file' '--config none.yaml' "$configured"
says 'a configuration that is missing: next step' err "'tminus init --config none.yaml' writes a first one"
ends 0 'a slot that there is' "$TMINUS" config check --slot blue
ends 0 'a slot in place of its environment' "$TMINUS" config check --env blue
for verb in baseline journal config; do
    ends 2 "$verb without an action" "$TMINUS" "$verb"
    says "$verb without an action: said" err "tminus $verb: an action is missing, known: "
    ends 2 "$verb with an action that is nothing" "$TMINUS" "$verb" frobnicate
    says "$verb with an action that is nothing: said" err "tminus $verb: unknown action 'frobnicate', known: "
done
ends 2 'an action that is nearly right' "$TMINUS" journal sho
says 'an action that is nearly right: suggested' err "unknown action 'sho', did you mean 'show'?"
ends 2 'two actions' "$TMINUS" journal show verify
says 'two actions: said' err "unexpected argument 'verify'"
ends 2 'two baselines to show' "$TMINUS" baseline show a b
says 'two baselines to show: said' err 'show takes one baseline'
ends 2 'one baseline to compare' "$TMINUS" baseline compare a
says 'one baseline to compare: said' err 'compare takes two baselines'
is 'nothing was written so far' "$(ls state 2>/dev/null)" ''

# --- databases that are not there
DATABASE_URL=sqlite:none.db all 2 'none.db: no such database file' '' "$reading"
says 'no database: next step' err 'is this the right folder'
DATABASE_URL=sqlite:migrations all 2 'migrations: a folder, not an SQLite database' '' "$reading"
DATABASE_URL=sqlite: all 2 'the SQLite URL names no file' '' "$reading"
is 'none is made' "$(ls none.db 2>/dev/null)" ''
DATABASE_URL=postgres://u:hunter2@127.0.0.1:1/mail all 3 '127.0.0.1:1/mail: no server listens there' '' "$reading"
lacks 'no password is said' err hunter2

# --- assess reads, and needs no database
DATABASE_URL=postgres://u:hunter2@db/mail run "$TMINUS" assess --format json
is 'assess: the dialect is that of a PostgreSQL URL' \
    "$(python3 -c 'import json; d = json.load(open("out")); print(d["dialect"], d["verdict"])')" 'postgres NO_GO'
DATABASE_URL=sqlite:none.db run "$TMINUS" assess --format json
is 'assess: the dialect is that of an SQLite URL' \
    "$(python3 -c 'import json; print(json.load(open("out"))["dialect"])')" sqlite
DATABASE_URL=mysql://u@db/mail ends 2 'assess: MySQL is refused' "$TMINUS" assess
mkdir empty
ends 2 'assess of nothing' sh -c 'cd empty && "$TMINUS" assess'
says 'assess of nothing: said' err 'no PATH is given, and there is no tminus.yaml'
ends 2 'assess of an empty folder' "$TMINUS" assess empty
says 'assess of an empty folder: every layout is named' err 'sqitch, goose, dbmate, alembic, django, rails, plain'

# --- the state folder
TMINUS_STATE=/proc/none all 2 '/proc/none: the folder cannot be made' '' "$stated"
says 'no state folder: next step' err 'TMINUS_STATE names another folder'
TMINUS_STATE=$tmp/mail.db all 2 'mail.db: the folder cannot be made: Not a directory' '' "$stated"
if [ "$(id -u)" -eq 0 ]; then
    skip 'a state folder of somebody else' 'root may write everywhere'
else
    mkdir -m 0500 sealed
    TMINUS_STATE=$tmp/sealed all 2 'cannot be opened for writing: Permission denied' '' 'baseline save
migrate
verify'
fi
mkdir -p state
for content in 'not a database' "$(printf 'SQLite format 3\0%0200d' 0 | tr '\0' x)"; do
    printf '%s\n' "$content" >state/journal.db
    all 2 'state/journal.db: damaged, or not written by tminus' '' "$stated"
    says 'a damaged journal: next step' err 'move it away to begin a new one'
done
: >state/journal.db
ends 3 'a journal that was emptied' "$TMINUS" journal verify
says 'a journal that was emptied: said' out 'journal EMPTY'
rm -r state

# --- the same line at the end
head_line='^journal [0-9]+:[0-9a-f]{64}$'
for verb in 'baseline save' migrate verify; do
    # shellcheck disable=SC2086
    ends 0 "$verb" "$TMINUS" $verb
    is "$verb: its last line is the head" "$(tail -1 out | grep -cE "$head_line")" 1
    is "$verb: the head is in the chain" \
        "$("$TMINUS" journal verify --head "$(sed -n 's/^journal //p' out)" >/dev/null && echo yes)" yes
done
is 'all events name the database alike' "$("$TMINUS" journal show --format json | python3 -c '
import json, sys
print({event["data"]["database"] for event in json.load(sys.stdin)["events"]} == {sys.argv[1]})' "$(realpath mail.db)")" True

# --- nothing is written over, nothing is added to a record that was tampered with
cp tminus.yaml kept
ends 2 'a baseline over a file' "$TMINUS" baseline save --output tminus.yaml
says 'a baseline over a file: said' err 'tminus.yaml: is there already'
is 'a baseline over a file: it is as it was' "$(cmp tminus.yaml kept 2>&1)" ''
cp -r state intact
sqlite3 state/journal.db "UPDATE event SET line = replace(line, 'production', 'elsewhere') WHERE sequence = 1"
all 2 'state/journal.db: the journal is broken: event 1 was changed' '' "$reading"
all 2 'state/journal.db: the journal is broken: event 1 was changed' '--undo --steps 1' migrate
ends 1 'journal verify' "$TMINUS" journal verify
is 'nothing was undone' "$(sqlite3 mail.db 'SELECT version FROM schema_migrations')" 3
rm -r state && mv intact state

# --- a report that is lost
ends 2 'undo, and the disk is full' sh -c '"$TMINUS" migrate --undo --steps 1 >/dev/full'
says 'undo, and the disk is full: said' err 'standard output cannot be written'
says 'undo, and the disk is full: what was done' err 'the migrations have run'
is 'undo, and the disk is full: it was done' "$(sqlite3 mail.db 'SELECT version FROM schema_migrations')" 2
done_testing

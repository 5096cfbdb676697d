#!/bin/sh
# The main job on the embedded default: a change that silently discards and duplicates records is
# stopped, named and undone; the mended change goes through.
#
#   demo.sh [TMINUS [FOLDER [EMAILS]]]   the binary (build/tminus), a folder to work in (build/mail-demo), how many
#
# Ends 0 only when every answer was the expected one.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
tminus=$(realpath "${1:-$root/build/tminus}")
folder=${2:-$root/build/mail-demo}
emails=${3:-200000}

rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
cp -r "$here/migrations" "$here/tminus.yaml" .
export DATABASE_URL="sqlite:mail.db" TMINUS_STATE="$folder/state"

bold= plain=
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
# run STATUS COMMAND…: show it as a person types it, run it, insist on its exit status.
run() {
    wanted=$1
    shift
    printf '\n$ tminus %s\n' "$*"
    status=0
    "$tminus" "$@" || status=$?
    [ "$status" -eq "$wanted" ] || { echo "demo: 'tminus $*' ended with $status, expected $wanted" >&2; exit 1; }
}
count() { printf '  %-52s %s\n' "$1" "$(sqlite3 mail.db "$2" | tr '\n' ' ')"; }
counts() {
    count 'emails' 'SELECT count(*) FROM emails'
    count 'emails by status' 'SELECT status, count(*) FROM emails GROUP BY status'
    count 'emails in briefs' 'SELECT count(*) FROM briefs'
    count 'attachments without email' 'SELECT count(*) FROM attachments a LEFT JOIN emails e ON e.id = a.email_id WHERE e.id IS NULL'
}

say "1. A mail database of $(echo "$emails" | sed 's/...$/,&/') emails, and a change to how they are classified"
"$here/make-database" mail.db "$emails"
run 1 assess --dialect sqlite migrations

say "2. What the data say, before anything is changed"
run 1 baseline save

say "3. What it does, on a copy: values, rows, the way back. The database is only read"
run 1 rehearse

say "4. It is applied all the same. The counts that a person would check, before and after:"
counts
run 0 migrate
counts

say "5. Every count is equal. The rows are not:"
run 1 verify

say "6. Undone, and proven to be as before"
run 0 migrate --undo --steps 1
run 0 verify

say "7. The mended migration goes through"
cp "$here"/mended/* migrations/
run 0 assess migrations --dialect sqlite
run 0 rehearse --write
run 0 baseline save
run 0 migrate
run 0 verify

say "8. A whole flight, with a release that says that it is there and is not"
# Undone by hand once more, so that there is something to fly; then what the gates ask for.
run 0 migrate --undo --steps 1
cp "$here/flight.yaml" tminus.yaml
cp "$here/deploy.sh" .
mkdir -p www built
touch built/v1
printf '{"version": "v0"}\n' >www/health
PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export PORT TMINUS_ACTOR=ana
python3 -m http.server "$PORT" --bind 127.0.0.1 --directory www >www.log 2>&1 &
trap "kill $!" EXIT
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    ! grep -q Serving www.log || break
    sleep 0.1
done
run 0 release --version v1
run 0 backup
run 0 restore --backup latest --prove
TMINUS_ACTOR=ben
run 0 approve --reason "rehearsed; it goes back whole"
TMINUS_ACTOR=ana
run 4 launch --version v2
counts
run 0 verify --expect as-before

say "The record of it all, hash-chained, outside the database:"
run 0 journal verify

#!/bin/sh
# Backups by the real pgBackRest, of a server and a repository of this test's own.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"
if ! command -v pgbackrest >/dev/null; then
    skip 'pgBackRest' 'it is not installed (tool/setup)'
    done_testing
    exit 0
fi
config=$(mktemp /var/tmp/tminus-rest-XXXXXXXX)
other=$(mktemp -u /var/tmp/tminus-test-XXXXXXXX)
chmod 0644 "$config"
postgres_start "archive_mode = on" "archive_command = 'pgbackrest --config=$config --stanza=shop archive-push %p'"
trap '"$SOURCE/tool/postgres-server" stop "$other"; "$SOURCE/tool/postgres-server" stop "$postgres_own"; rm -rf "$tmp" "$config"' EXIT
cat >"$config" <<END
[global]
repo1-path=$postgres_own/repo
log-path=$postgres_own
lock-path=$postgres_own/lock
start-fast=y
repo1-retention-full=5
[shop]
pg1-path=$postgres_own/data
pg1-port=$postgres_port
pg1-socket-path=$postgres_own
pg1-user=postgres
END
export PGBACKREST_CONFIG="$config" TMINUS_STATE="$tmp/state"
as_owner() { if [ "$(id -u)" -eq 0 ]; then setpriv --reuid postgres --regid postgres --clear-groups -- "$@"; else "$@"; fi; }
# As the server's own user, as pgBackRest is run: files of another one would be in the server's way.
[ "$(id -u)" -ne 0 ] || chown postgres "$tmp"
tminus() { as_owner "$TMINUS" "$@"; }
as_owner mkdir "$postgres_own/repo"
as_owner pgbackrest --stanza=shop stanza-create >"$tmp/stanza" 2>&1 || show "$tmp/stanza"

postgres_database shop
postgres_sql shop "CREATE TABLE emails (id int PRIMARY KEY, body text); CREATE TABLE still (id int PRIMARY KEY);
    INSERT INTO emails SELECT i, 'body ' || i FROM generate_series(1, 1000) i; INSERT INTO still VALUES (1)"
cd "$tmp" || exit 1
echo "environments: {production: {database: {url: \"$database_url\"}, backup: {kind: pgbackrest, stanza: shop}}}" >tminus.yaml

ends 1 'none yet' tminus backup --list
ends 0 'taken' tminus backup
says 'taken: fingerprints from before and after' out '1,001 rows, equal before and after it'
label=$(sed -n 1p "$tmp/out")
ends 3 'listed' tminus backup --list --format json
is 'listed: its system is the one of the database' \
    "$(python3 -c 'import json,sys; print(json.load(sys.stdin)["backups"][0]["system"])' <"$tmp/out")" \
    "$(postgres_super shop 'SELECT system_identifier FROM pg_control_system()')"
ends 0 'checked' tminus backup --check "$label"
ends 0 'restored, started and proven' tminus restore --prove
says 'restored, started and proven: all of it' out 'GO  2 tables and 1,001 rows are what they were'

# A table that is written while the backup is taken is unknown, the others are proven.
(while postgres_sql shop "UPDATE emails SET body = 'body ' || random()" >/dev/null 2>&1; do :; done) &
writer=$!
ends 0 'taken while it is written to' tminus backup
kill $writer
wait $writer 2>/dev/null
says 'taken while it is written to: what moved' out 'emails: it was written while the backup was taken'
ends 3 'what moved is unknown, not failed' tminus restore --prove
says 'what moved is unknown, not failed: so it says' out 'UNKNOWN emails was not read: it was written while the backup was taken'
lacks 'what moved is unknown, not failed: nothing differs' out FAIL

file=$(find "$postgres_own/repo/backup" -path "*$label*" -name 'PG_VERSION.gz' | head -1)
printf x | dd of="$file" bs=1 seek=12 conv=notrunc 2>"$tmp/dd"
ends 1 'a byte of the repository is changed' tminus backup --check "$label"
says 'a byte of the repository is changed: it is found' out 'pgbackrest verify finds it invalid'
sed 's/stanza: shop/stanza: other/' tminus.yaml >none.yaml
ends 2 'no such stanza' tminus backup --list --config none.yaml
says 'no such stanza: it says so' err "stanza 'other': missing stanza path"

# Configured for another server than the database's. (The template's servers have one identifier.)
(unset TMINUS_TEST_TEMPLATE; "$SOURCE/tool/postgres-server" start "$other") || exit 2
sed "s#url: [^}]*#url: \"postgresql://deployer@127.0.0.1:$(cat "$other/port")/postgres\"#" tminus.yaml >other.yaml
ends 1 'of another system' tminus backup --config other.yaml
says 'of another system: it says so' err 'of another system'
done_testing

#!/bin/sh
# No room for a backup: one clear error, nothing half-written stays, and the next one that fits is taken.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"

cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state"
mkdir small
if ! mount -t tmpfs -o size=1m none "$tmp/small" 2>"$tmp/ignored"; then
    skip 'no room for a backup' 'no file system of one megabyte can be mounted here'
    done_testing
    exit
fi
postgres_start
trap 'umount "$tmp/small"; "$SOURCE/tool/postgres-server" stop "$postgres_own"; rm -rf "$tmp"' EXIT
postgres_database roomy
export DATABASE_URL="$database_url"
# Random bytes: nothing that a dump could press together.
postgres_sql roomy "CREATE TABLE letters AS SELECT n AS id, string_agg(md5(random()::text), '') AS body
    FROM generate_series(1, 3000) n, generate_series(1, 40) m GROUP BY n" >"$tmp/ignored"
sqlite3 roomy.db "CREATE TABLE letters (id INTEGER PRIMARY KEY, body BLOB);
    INSERT INTO letters SELECT value, randomblob(1000) FROM generate_series(1, 3000)"
configure() # KIND URL
{
    cat >tminus.yaml <<END
service: shop
environments:
  production:
    database: {url: "$2", migrations: migrations}
    backup: {kind: $1, directory: small}
END
}
mkdir migrations

for kind in pg_dump sqlite; do
    case $kind in
    pg_dump) configure pg_dump '${DATABASE_URL}' ;;
    sqlite) configure sqlite sqlite:roomy.db ;;
    esac
    run "$TMINUS" backup
    result $((status == 0)) "$kind: no room is no success"
    is "$kind: an error of the system" "$status" 2
    says "$kind: what to do" err 'make room there'
    is "$kind: nothing half-written stays" "$(ls -A small | grep -v '^\.' | wc -l)" 0
    is "$kind: nothing is journaled as taken" "$("$TMINUS" journal export 2>"$tmp/ignored" | grep -c backup-taken)" 0
done

postgres_sql roomy 'DELETE FROM letters WHERE id > 10' >"$tmp/ignored"
configure pg_dump '${DATABASE_URL}'
ends 0 'what fits is taken' "$TMINUS" backup
done_testing

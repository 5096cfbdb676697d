#!/bin/sh
# An extension of the target that the scratch server does not have: named, with what to do, and nothing stays behind.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"

cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state"
folder=$(pg_config --sharedir 2>"$tmp/ignored")/extension
extension=tminus_test_$$
if [ ! -w "$folder" ]; then
    skip 'an extension that is missing' 'extensions of the server cannot be written here'
    done_testing
    exit
fi
postgres_start
trap 'rm -f "$folder/$extension.control" "$folder/$extension--1.0.sql"; "$SOURCE/tool/postgres-server" stop "$postgres_own"; rm -rf "$tmp"' EXIT
# Real where the target has it, and gone before the copy is made.
printf "default_version = '1.0'\nrelocatable = true\n" >"$folder/$extension.control"
echo "CREATE FUNCTION ${extension}_answer() RETURNS integer LANGUAGE sql AS 'SELECT 42';" >"$folder/$extension--1.0.sql"
postgres_database extended
export DATABASE_URL="$database_url"
postgres_super extended "CREATE EXTENSION $extension" >"$tmp/ignored"
postgres_sql extended "CREATE TABLE orders (id bigint PRIMARY KEY); INSERT INTO orders SELECT generate_series(1, 10);
    CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)" >"$tmp/ignored"
cat >tminus.yaml <<'END'
service: shop
environments:
  production:
    database: {url: "${DATABASE_URL}", migrations: migrations}
    rehearsal: {from: dump}
END
mkdir migrations
echo 'ALTER TABLE orders ADD COLUMN note text;' >migrations/0001_note.up.sql
echo 'ALTER TABLE orders DROP COLUMN note;' >migrations/0001_note.down.sql
ends 0 'with the extension it is rehearsed' "$TMINUS" rehearse -q
rm -f "$folder/$extension.control" "$folder/$extension--1.0.sql"
run "$TMINUS" rehearse -q
result $((status == 0)) 'without it there is no GO'
says 'without it: which one is missing' err "$extension"
ends 0 'nothing stays behind' "$TMINUS" clean --dry-run
is 'the target is as it was' "$(postgres_sql extended 'SELECT count(*) FROM orders')" 10
done_testing

#!/bin/sh
# tminus explain with a database: locks with live sizes, and who is in the way.
#
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"
postgres_shared
database=explain_catalog_$$
role=explain_plain_$$
postgres_database "$database"
url=$database_url
postgres_sql "$database" "CREATE TABLE emails (id bigint PRIMARY KEY, status text);
    INSERT INTO emails SELECT i, 'x' FROM generate_series(1, 20000) AS i; ANALYZE emails; CREATE TABLE other (id int)"

ends 0 'nobody is in the way' "$TMINUS" explain --database "$url" 'ALTER TABLE emails ADD COLUMN x int'
says 'the size' out 'public.emails  ACCESS EXCLUSIVE: nobody reads or writes (20,000 rows, '
says 'nobody' out 'waits for  nobody now'
says 'the database' out "database $database at 127.0.0.1:"
lacks 'not published' out 'published by'
postgres_sql "$database" 'CREATE PUBLICATION mail FOR TABLE emails'
ends 0 'a published table' "$TMINUS" explain --database "$url" 'ALTER TABLE emails ADD COLUMN x int; ALTER TABLE other ADD COLUMN x int'
says 'its publication' out '), published by mail'
is 'of that table alone' "$(grep -c 'published by' "$tmp/out")" 1
postgres_sql "$database" 'DROP PUBLICATION mail'
ends 0 'offline has neither' "$TMINUS" explain 'ALTER TABLE emails ADD COLUMN x int'
lacks 'no size' out rows,
lacks 'no database' out 'waits for'

# An open transaction that only read: it keeps ACCESS SHARE until it ends.
mkfifo "$tmp/open"
PGAPPNAME=forgotten psql -X -q -d "$database" <"$tmp/open" >/dev/null 2>&1 &
holder=$!
exec 9>"$tmp/open"
echo 'BEGIN; SELECT count(*) FROM emails;' >&9
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
    [ "$(postgres_sql postgres "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'forgotten' AND state = 'idle in transaction'")" = 1 ] && break
    sleep 0.2
done
ends 0 'a forgotten transaction' "$TMINUS" explain --database "$url" 'ALTER TABLE emails ADD COLUMN x int'
says 'is named' out 'idle in transaction: forgotten, deployer, process'
says 'with its lock' out 'it holds ACCESS SHARE on public.emails'
says 'and what it means' out 'whoever comes later waits behind it: set lock_timeout'
ends 0 'it does not keep writes out' "$TMINUS" explain --database "$url" "UPDATE emails SET status = 'y'"
says 'nobody in the way of that' out 'waits for  nobody now'
ends 0 'another table' "$TMINUS" explain --database "$url" 'ALTER TABLE other ADD COLUMN x int'
says 'nobody in the way there' out 'waits for  nobody now'
ends 0 'CONCURRENTLY waits for all' "$TMINUS" explain --database "$url" 'CREATE INDEX CONCURRENTLY i ON other (id)'
says 'for that one too' out 'idle in transaction: forgotten'
lacks 'but nobody behind it' out 'whoever comes later'
ends 0 'as JSON' "$TMINUS" explain --database "$url" --format json 'DROP TABLE emails'
is 'members' "$(python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print([(b["kind"], b["age_ms"] >= 0) for b in d["in_the_way"]], d["not_seen"], [(r["relation"], r["rows"]) for r in d["relations"]], d["statements"][0]["effects"]["layer"])' "$tmp/out")" \
    "[('transaction', True)] None [('public.emails', 20000)] known"

# A role that may not see others says so, and never "nobody".
postgres_super postgres "CREATE ROLE $role LOGIN"
ends 0 'a plain role' "$TMINUS" explain --database "postgresql://$role@127.0.0.1:$postgres_port/$database" 'ALTER TABLE emails ADD COLUMN x int'
says 'says what to grant' out "insufficient privilege: GRANT pg_monitor TO $role"
lacks 'not nobody' out 'nobody now'
exec 9>&-
wait $holder

ends 3 'no server' "$TMINUS" explain --database 'postgresql://deployer@127.0.0.1:1/x' 'DROP TABLE emails'
is 'and nothing is printed' "$(cat "$tmp/out")" ''
ends 2 'contradiction' "$TMINUS" explain --database "$url" --dialect sqlite 'DROP TABLE emails'
postgres_super postgres "DROP DATABASE $database WITH (FORCE)"
postgres_super postgres "DROP ROLE $role"
done_testing

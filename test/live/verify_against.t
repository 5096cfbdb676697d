#!/bin/sh
# verify --against: tables of two databases, and two tables of one, on PostgreSQL and on SQLite.
#
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../support/tap.sh"
. "$SOURCE/test/support/postgres.sh"

export TMINUS_STATE="$tmp/state"
postgres_shared
make="CREATE TABLE emails (id int PRIMARY KEY, status text, size numeric);
    INSERT INTO emails SELECT i, 's' || i % 3, i FROM generate_series(1, 500) i;
    CREATE TABLE loose (a int, b text); INSERT INTO loose VALUES (1, 'x'), (2, 'y'), (2, 'y')"
postgres_database verify_there
there=$database_url
postgres_sql verify_there "$make"
postgres_database verify_here
here=$database_url
postgres_sql verify_here "$make"
postgres_sql verify_here "CREATE TABLE \"copy of emails\" AS SELECT * FROM emails"

against()
{
    wanted=$1
    name=$2
    shift 2
    ends "$wanted" "$name" "$TMINUS" verify --database "$here" "$@"
}

against 0 "equal tables end with 0" --against "$there" --table emails --table loose
says "with their rows" out "PASS    emails: equal, 500 and 500 rows"
says "a table without key is compared by its content" out "PASS    loose: equal, 3 and 3 rows"
against 0 "two tables of one database" --against "$here" --table "copy of emails=emails"
postgres_sql verify_here "UPDATE \"copy of emails\" SET size = 7.0 WHERE id = 7; DELETE FROM \"copy of emails\" WHERE id = 9;
    INSERT INTO \"copy of emails\" VALUES (900, 'new', 1)"
against 1 "that differ in a form of a value, a row too few, a row too many" --against "$here" --table "copy of emails=emails"
says "the changed row" out "1 row differs in size: id=7"
says "the missing row" out "1 row missing here: id=9"
says "the other row" out "1 row only here: id=900"
postgres_sql verify_there "UPDATE emails SET status = 'z' WHERE id IN (3, 4); UPDATE loose SET b = 'z' WHERE a = 1;
    CREATE TABLE more (id int PRIMARY KEY); ALTER TABLE emails ADD COLUMN extra int"
against 1 "without --table, all tables that either has" --against "$there"
says "a table of the other alone" out "FAIL    more: only there"
says "a table of this one alone" out "FAIL    copy of emails: only here"
says "rows that differ in a column" out "2 rows differ in status: id=3, id=4"
says "columns of the other alone" out "columns missing here: extra"
says "rows without key differ, nobody can say which" out "the rows differ; without a key nobody can say which"
"$TMINUS" verify --database "$here" --against "$there" --table emails --format json >"$tmp/json"
is "JSON: schema, verdict and the row counts" "$(python3 -c "
import json
d = json.load(open('$tmp/json')); t = d['tables'][0]
print(d['schema'], d['verdict'], t['table'], t['differs'], t['missing_keys'], t['samples']['columns'])")" \
    "tminus/verify/1 NO_GO public.emails [{'column': 'status', 'rows': 2, 'unknown': None}] 0 {'status': ['id=3', 'id=4']}"

# --- what cannot be compared

against 2 "a table that is not there" --against "$there" --table missing
says "is named with its database" err "there is no table 'missing' in PostgreSQL"
against 2 "a database with itself and no tables named" --against "$here"
says "says what to name" err "name two tables of it: --table ONE=OTHER"
ends 2 "--table without --against" "$TMINUS" verify --database "$here" --table emails
ends 2 "--against with a baseline" "$TMINUS" verify --database "$here" --against "$there" --baseline x
against 3 "a database that does not answer" --against "postgresql://deployer@127.0.0.1:1/x"
postgres_super verify_there "DROP ROLE IF EXISTS verify_reader; CREATE ROLE verify_reader LOGIN;
    GRANT SELECT (id, size) ON emails TO verify_reader; ALTER TABLE emails DROP COLUMN extra"
reader="postgresql://verify_reader@127.0.0.1:$postgres_port/verify_there"
against 3 "a column that may not be read on one side: HOLD" --against "$reader" --table emails
says "is said" out "status is not compared: "

# --- SQLite

sqlite3 "$tmp/a.db" "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'b')"
sqlite3 "$tmp/b.db" "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'B'), (3, 'c')"
ends 1 "two SQLite files" "$TMINUS" verify --database "$tmp/a.db" --against "$tmp/b.db"
says "differ by a row" out "1 row missing here: id=3"
says "and a value" out "1 row differs in v: id=2"
ends 2 "SQLite against PostgreSQL is refused" "$TMINUS" verify --database "$tmp/a.db" --against "$there"

postgres_super verify_there "REVOKE ALL ON emails FROM verify_reader; DROP ROLE verify_reader"
done_testing

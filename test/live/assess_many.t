#!/bin/sh
# Ten thousand tables: the catalog is read in a few queries, and memory stays small.
#
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"
postgres_shared
database=assess_many_$$
postgres_database "$database"
# Of fixed width: a table without long values is made in half the time.
cat >"$tmp/many.sql" <<'SQL'
DO $$ BEGIN
    FOR i IN 1..10000 LOOP
        EXECUTE format('CREATE TABLE t%s (id bigint PRIMARY KEY, user_id bigint NOT NULL, group_id int DEFAULT 7, '
                       'created_at timestamptz DEFAULT now(), price int CHECK (price > 0), at date, ok bool)', i);
        IF i % 500 = 0 THEN COMMIT; END IF;
    END LOOP;
END $$;
SQL
postgres_file "$database" "$tmp/many.sql"
mkdir "$tmp/db"
printf 'ALTER TABLE t9999 ADD COLUMN more int;\nALTER TABLE t10001 ADD COLUMN more int;\n' >"$tmp/db/001_more.up.sql"

# measure PROGRAM: its answer in $tmp/out, seconds and memory in $tmp/used.
measure()
{
    python3 - "$1" "$database_url" "$tmp" <<'PY'
import resource, subprocess, sys, time
program, url, tmp = sys.argv[1:]
start = time.monotonic()
with open(tmp + '/out', 'w') as out:
    subprocess.run([program, 'assess', '--database', url, tmp + '/db'], stdout=out)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(tmp + '/used', 'w') as file:
    file.write(f'{time.monotonic() - start:.1f} s, {used.ru_maxrss // 1024} MB')
PY
}
measure "$TMINUS"
says 'the last one is known' out "relation 'public.t10001' does not exist"
lacks 'the one before is there' out "'public.t9999'"
echo "# $(cat "$tmp/used")"
program=${RELEASE:-$SOURCE/build}/tminus
if [ ! -x "$program" ] || grep -q __asan_init "$program"; then
    skip 'memory stays below 64 MB' 'only a program without sanitizers can be measured'
else
    measure "$program"
    echo "# $(cat "$tmp/used")"
    mb=$(sed 's/.*, \([0-9]*\) MB/\1/' "$tmp/used")
    result "$([ "$mb" -le 64 ] && echo 0 || echo 1)" 'memory stays below 64 MB'
fi
postgres_super postgres "DROP DATABASE $database WITH (FORCE)"
done_testing

#!/bin/sh
# tminus explain: statements, rules, and what is neither.
#
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

ends 0 'a statement' "$TMINUS" explain 'CREATE INDEX i ON emails (size)'
says 'its lock in SQL and in words' out 'public.emails  SHARE: reads go on, writes wait'
says 'its index build' out 'indexes    public.emails'
says 'why' out 'no write to the table until the index is built'
says 'the safe form' out '> CREATE INDEX CONCURRENTLY'
ends 0 'a statement in several words' "$TMINUS" explain DROP TABLE emails
says 'what it destroys' out 'destroys   table public.emails'

echo 'CREATE TABLE emails (id bigint PRIMARY KEY, address varchar(20));' >"$tmp/schema.sql"
ends 0 'with a schema' "$TMINUS" explain --schema "$tmp/schema.sql" \
    'ALTER TABLE emails ALTER COLUMN address TYPE varchar(40)'
is 'a wider varchar rewrites nothing' "$(grep -c rewrites "$tmp/out")" 0
ends 0 'the other way' "$TMINUS" explain --schema "$tmp/schema.sql" \
    'ALTER TABLE emails ALTER COLUMN address TYPE varchar(10)'
says 'a narrower one rewrites' out 'rewrites   public.emails'

ends 0 'SQLite' "$TMINUS" explain --dialect sqlite --schema "$tmp/schema.sql" 'DELETE FROM emails'
says 'SQLite is judged too' out 'update-delete-without-where'

ends 0 'statement as JSON' "$TMINUS" explain --format json 'TRUNCATE emails'
is 'JSON: schema, kind, rule' "$(python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
print(d["schema"], d["statements"][0]["kind"], d["findings"][0]["rule"], "why" in d["findings"][0])
' "$tmp/out")" 'tminus/explain/1 TRUNCATE truncate True'

ends 0 'a rule' "$TMINUS" explain drop-column
says 'a rule: why' out 'why'
ends 0 'all rules' "$TMINUS" explain
is 'all rules: one line each, one page each' "$(wc -l <"$tmp/out")" \
    "$(find "$SOURCE/docs/rules" -name '*.md' | wc -l)"
ends 0 'all rules as JSON' "$TMINUS" explain --format json

ends 2 'a rule that is nearly right' "$TMINUS" explain drop-colum
says 'the nearest one' err "did you mean 'drop-column'?"
is 'nothing on stdout' "$(cat "$tmp/out")" ''
ends 2 'SQL that does not parse' "$TMINUS" explain 'ALTER TABEL emails ADD b int'
says 'its place' err 'statement:1:7: syntax error'
is 'nothing on stdout for it' "$(cat "$tmp/out")" ''
ends 2 'a schema that is not there' "$TMINUS" explain --schema "$tmp/gone.sql" 'SELECT 1;'
done_testing

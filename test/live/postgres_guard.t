#!/bin/sh
# Guarded SQL on PostgreSQL through the program: each way out is refused before it runs, as a superuser whom nothing
# else holds back, and the server is afterwards as it was (scenario S8); what people ask is answered.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"

postgres_shared
database=guard_$$
postgres_database "$database"
cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state"
touched=$postgres_folder/touched-$$ # written by the server, should anything get through
trap 'PGUSER=postgres psql -Xqc "DROP DATABASE IF EXISTS \"$database\" WITH (FORCE)" postgres; rm -rf "$tmp"; [ -z "${postgres_own-}" ] || "$SOURCE/tool/postgres-server" stop "$postgres_own"' EXIT

cat >schema.sql <<END
CREATE TABLE emails (id int PRIMARY KEY, category text, sent timestamptz DEFAULT now(), body jsonb DEFAULT '{"a": 1}');
INSERT INTO emails SELECT i, CASE WHEN i % 3 = 0 THEN 'brief' ELSE 'digest' END FROM generate_series(1, 300) AS i;
CREATE SEQUENCE numbers;
CREATE FUNCTION touch() RETURNS int LANGUAGE plpgsql AS
    \$\$ BEGIN EXECUTE 'COPY (SELECT 1) TO PROGRAM ''touch $touched'''; RETURN 1; END \$\$;
CREATE FUNCTION touch_immutable() RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN touch(); END';
CREATE FUNCTION touch_text(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN touch() = 1; END';
CREATE FUNCTION touch_more(text, text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN touch(); END';
CREATE FUNCTION calls_touch() RETURNS int LANGUAGE sql AS 'SELECT touch()';
CREATE FUNCTION touch_row(emails) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN touch(); END';
CREATE FUNCTION lower(int) RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN touch(); END';
CREATE SCHEMA tools;
CREATE FUNCTION tools.abs(int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN touch(); END';
CREATE FUNCTION tools.md5(varchar) RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN touch(); END';
ALTER DATABASE $database SET search_path = tools, public;
CREATE VIEW one AS SELECT touch() AS n;
CREATE VIEW two AS SELECT n FROM one;
CREATE OPERATOR <+> (leftarg = text, rightarg = text, function = touch_more);
CREATE TYPE pair AS (a int, b text);
CREATE FUNCTION to_pair(text) RETURNS pair LANGUAGE plpgsql AS 'BEGIN PERFORM touch(); RETURN (1, 2); END';
CREATE CAST (text AS pair) WITH FUNCTION to_pair(text);
CREATE DOMAIN checked AS text CHECK (touch_text(VALUE));
CREATE AGGREGATE touches (text) (sfunc = touch_more, stype = text, initcond = '');
CREATE EXTENSION file_fdw;
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE program (a text) SERVER files OPTIONS (program 'touch $touched');
END
PGUSER=postgres postgres_file "$database" schema.sql

# Name and text of each way out, a line each.
cat >ways.txt <<END
second statement|COMMIT; CREATE TABLE escaped ()
COPY PROGRAM|COPY (SELECT 1) TO PROGRAM 'touch $touched'
COPY file|COPY (SELECT 1) TO '$touched'
COPY STDOUT|COPY emails TO STDOUT
EXPLAIN ANALYZE|EXPLAIN ANALYZE SELECT touch()
EXPLAIN (ANALYZE)|EXPLAIN (ANALYZE, COSTS off) SELECT touch()
EXPLAIN of DML|EXPLAIN ANALYZE DELETE FROM emails
SELECT INTO|SELECT * INTO escaped FROM emails
FOR UPDATE|SELECT id FROM emails FOR UPDATE
FOR SHARE|SELECT id FROM emails FOR KEY SHARE
CTE with DML|WITH gone AS (DELETE FROM emails RETURNING id) SELECT count(*) FROM gone
DML|DELETE FROM emails
SET TRANSACTION|SET TRANSACTION READ WRITE
set_config|SELECT set_config('transaction_read_only', 'off', false)
DO|DO 'BEGIN PERFORM touch(); END'
CALL|CALL touch()
LISTEN|LISTEN escaped
NOTIFY|SELECT pg_notify('escaped', '')
PREPARE|PREPARE escaped AS SELECT touch()
EXECUTE|EXECUTE escaped
LOCK|LOCK TABLE emails
terminate|SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()
cancel|SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()
advisory lock|SELECT pg_advisory_lock(4711)
try advisory lock|SELECT pg_try_advisory_lock(4711)
nextval|SELECT nextval('numbers')
setval|SELECT setval('numbers', 99)
sleep|SELECT pg_sleep(60)
large object|SELECT lo_create(4711)
large object export|SELECT lo_export(lo_from_bytea(0, 'a'), '$touched')
read file|SELECT pg_read_file('/etc/passwd')
transaction number|SELECT pg_current_xact_id()
slot|SELECT pg_create_physical_replication_slot('escaped_$$')
logical message|SELECT pg_logical_emit_message(false, 'a', 'b')
snapshot|SELECT pg_export_snapshot()
reload|SELECT pg_reload_conf()
query_to_xml|SELECT query_to_xml('SELECT touch()', true, false, '')
table_to_xml|SELECT table_to_xml('one', true, false, '')
schema_to_xml|SELECT schema_to_xml('public', true, false, '')
cursor_to_xml|SELECT cursor_to_xml('escaped', 1, true, false, '')
ts_stat|SELECT count(*) FROM ts_stat('SELECT to_tsvector(touch()::text)')
ts_rewrite|SELECT ts_rewrite('a'::tsquery, 'SELECT to_tsquery(touch()::text), to_tsquery(''a'')')
domain_in|SELECT domain_in('a', 'checked'::regtype::oid, -1)
volatile function|SELECT touch()
marked immutable|SELECT touch_immutable()
function in a function|SELECT calls_touch()
function by a dot|SELECT e.touch_row FROM emails AS e
view|SELECT n FROM one
view of a view|SELECT n FROM two
overload|SELECT lower(id) FROM emails
shadowed|SELECT abs(id) FROM emails
better types|SELECT md5(category::varchar) FROM emails
operator|SELECT category <+> category FROM emails
cast|SELECT category::pair FROM emails
domain|SELECT category::checked FROM emails
domain in a record|SELECT a FROM json_to_record('{"a": 1}') AS r(a checked)
aggregate|SELECT touches(category) FROM emails
foreign table|SELECT count(*) FROM program
psql command|\\! touch $touched
END

# configure FILE: tminus.yaml whose invariants are the lines of FILE; a text that is long needs no line.
configure()
{
    mkdir -p migrations
    echo "ALTER TABLE emails ADD COLUMN label text;" >migrations/0001_label.up.sql
    python3 - "$1" "$2" >tminus.yaml <<'PY'
import json, sys
print("service: mail\nenvironments:\n  production:\n    database: {url: %s, migrations: migrations, allow_superuser: true}\ninvariants:" % json.dumps(sys.argv[2]))
for line in open(sys.argv[1]):
    name, sql = line.rstrip("\n").split("|", 1)
    print("  - {name: %s, same: %s}" % (json.dumps(name), json.dumps(sql.replace("<newline>", "\n"))))
PY
}

# state: what a way out would have changed.
state()
{
    PGUSER=postgres psql -X -q -A -t -d "$database" <<END
SELECT count(*), sum(id), max(xmin::text::bigint), max(xmax::text::bigint) FROM emails;
SELECT count(*), max(oid) FROM pg_class;
SELECT last_value, is_called FROM numbers;
SELECT count(*) FROM pg_largeobject_metadata;
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory';
SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE 'escaped%';
SELECT count(*) FROM pg_stat_activity WHERE application_name = 'bystander $$';
END
    [ -e "$touched" ] && echo touched
    return 0
}

# A session that a check must not end.
PGAPPNAME="bystander $$" psql -Xqd "$database" -c 'SELECT pg_sleep(600)' >/dev/null 2>&1 &
bystander=$!
for i in 1 2 3 4 5 6 7 8 9 10; do
    [ "$(postgres_super postgres "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'bystander $$'")" = 1 ] && break
    sleep 0.2
done

# --- the ways out

# Without the guard they are ways out: READ ONLY does not hold them (measured-facts M8).
PGUSER=postgres psql -Xqd "$database" -c "BEGIN READ ONLY; COPY (SELECT 1) TO PROGRAM 'touch $touched'" >/dev/null 2>&1
is 'READ ONLY is no sandbox: the file is there' "$([ -e "$touched" ] && echo there)" there
rm -f "$touched"

super_url="postgresql://postgres@127.0.0.1:$postgres_port/$database"
configure ways.txt "$super_url"
state >before
ends 3 'ways out: HOLD' "$TMINUS" baseline save --format json
python3 - ways.txt >judged <<'PY'
import json
results = {r["name"]: r for r in json.load(open("out"))["invariants"]}
for line in open("ways.txt"):
    name = line.split("|")[0]
    r = results[name]
    refused = r["status"] == "UNKNOWN" and r["detail"].startswith("refused, a check may only read: ")
    print("%s|%s" % (name, "refused" if refused else "%s: %s" % (r["status"], r["detail"])))
PY
while IFS='|' read -r name verdict; do
    is "refused: $name" "$verdict" refused
done <judged
is 'every way was judged' "$(wc -l <judged)" "$(wc -l <ways.txt)"
state >after
is 'the server is as it was' "$(cat after)" "$(cat before)"

"$TMINUS" baseline save --verbose >out 2>err
says 'in words: what, where, why' out 'refused, a check may only read: function touch() behind public.one behind public.two in line 1 column 15 is written in plpgsql, so what it does cannot be told'

# --- texts that are no question at all

printf 'nul|SELECT 1\\u0000\n' >odd.txt
configure odd.txt "$super_url"
sed -i 's/\\\\u0000/\\0/' tminus.yaml
ends 2 'a NUL byte: not a configuration' "$TMINUS" baseline save
python3 - >odd.txt <<'PY'
print("long|SELECT 1 -- " + "x" * 1048576)
print("terms|SELECT " + " + ".join(["1"] * 20000))
print("deep|SELECT " + "(" * 3000 + "1" + ")" * 3000)
print("syntax|SELECT<newline> 1 +")
print("unknown|SELECT * FROM nowhere")
PY
configure odd.txt "$super_url"
ends 3 'odd texts: HOLD' "$TMINUS" baseline save --format json
is 'each with its cause' "$(python3 - <<'PY'
import json
for r in json.load(open("out"))["invariants"]:
    if r["name"] in ("long", "terms", "deep", "syntax", "unknown"):
        detail = r["detail"].replace("refused, a check may only read: ", "")
        if detail.startswith("127.0.0.1"):
            detail = detail.split(": ")[1]
        print(r["name"], r["status"], detail[:90])
PY
)" "long UNKNOWN it is longer than 1048576 bytes
terms UNKNOWN stack depth limit exceeded
deep UNKNOWN it is nested deeper than 2000 parentheses
syntax UNKNOWN it is not understood: syntax error at end of input (PostgreSQL 15 grammar) in line 2 colum
unknown UNKNOWN not asked, for the server knows no relation nowhere in line 1 column 15"
is 'the server is as it was' "$(state)" "$(cat before)"

# --- what people ask, as a role that may only look

cat >usual.txt <<'END'
counts|SELECT count(*) FROM emails WHERE category = 'brief'
groups|SELECT category, count(*) FROM emails GROUP BY category
join|SELECT count(*) FROM emails AS a JOIN emails AS b USING (id) LEFT JOIN emails AS c ON c.id = b.id + 1
WITH|WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT sum(i) FROM n
window|SELECT count(*) FROM (SELECT row_number() OVER (PARTITION BY category ORDER BY id) AS r FROM emails) AS x WHERE r = 1
jsonb|SELECT count(*) FROM emails WHERE body ? 'a' AND body ->> 'a' = '1' AND body @> '{"a": 1}' AND jsonb_typeof(body -> 'a') = 'number'
series|SELECT count(*) FROM generate_series(1, 10) AS i LEFT JOIN emails ON emails.id = i WHERE emails.id IS NULL
string_agg|SELECT length(string_agg(category, ',' ORDER BY id)) FROM emails
regex|SELECT count(*) FROM emails WHERE category ~* '^b' AND regexp_replace(category, 'x', 'y', 'g') LIKE 'b%'
times|SELECT count(*) FROM emails WHERE date_trunc('day', sent) <= now() AND extract(year FROM sent) > 2000 AND to_char(sent, 'YYYY') <> ''
uuid|SELECT count(*) FROM emails WHERE gen_random_uuid() IS NULL OR md5(category || 'x') = ''
arrays|SELECT count(*) FROM emails WHERE id = ANY (ARRAY[1, 2, 3]) AND ARRAY[id] && ARRAY[1, 2]
ranges|SELECT count(*) FROM emails WHERE int4range(1, 10) @> id AND tstzrange(sent, NULL) && tstzrange(now(), NULL)
full text|SELECT count(*) FROM emails WHERE to_tsvector('english', category) @@ to_tsquery('english', 'brief') AND ts_rank(to_tsvector(category), plainto_tsquery('a')) >= 0
EXISTS|SELECT count(*) FROM emails AS e WHERE NOT EXISTS (SELECT 1 FROM emails AS f WHERE f.id = e.id + 1)
sizes|SELECT count(*) FROM pg_class WHERE relname = 'emails' AND pg_total_relation_size(oid) > 0
constraints|SELECT count(*) FROM pg_constraint WHERE NOT convalidated
blocked|SELECT count(*) FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0
columns|SELECT count(*) FROM information_schema.columns WHERE table_name = 'emails'
similar|SELECT count(*) FROM emails WHERE similarity(category, 'brief') > 0.9 AND category % 'brief'
citext|SELECT count(*) FROM emails WHERE category::citext = 'BRIEF'
digest|SELECT count(*) FROM emails WHERE encode(digest(category, 'sha256'), 'hex') <> '' AND crypt('a', 'b1') <> ''
hstore|SELECT count(*) FROM emails WHERE hstore('a', category) -> 'a' = 'brief' AND hstore(emails) ? 'id'
unaccent|SELECT count(*) FROM emails WHERE unaccent(category) = 'brief'
intarray|SELECT count(*) FROM emails WHERE idx(ARRAY[1, 2], id) = 1 AND ARRAY[id] @@ '1'::query_int
ltree|SELECT count(*) FROM emails WHERE 'a.b'::ltree <@ 'a' AND 'a.b'::ltree ~ '*.b'::lquery
uuid-ossp|SELECT count(*) FROM emails WHERE uuid_generate_v5(uuid_nil(), category) = uuid_generate_v4()
distance|SELECT count(*) FROM emails WHERE earth_distance(ll_to_earth(1, 1), ll_to_earth(1, 2)) > 1 AND levenshtein(category, 'a') > 0
END
for extension in pg_trgm citext pgcrypto hstore unaccent intarray ltree uuid-ossp cube earthdistance fuzzystrmatch; do
    postgres_super "$database" "SET search_path = public; CREATE EXTENSION \"$extension\""
done
# abs and md5 of schema tools are behind pg_catalog's, but judged all the same: the role looks in public alone.
postgres_super "$database" "ALTER DATABASE $database RESET search_path"
postgres_super "$database" "DROP FUNCTION public.lower(int)"
configure usual.txt "$database_url"
ends 0 'usual questions: GO' "$TMINUS" baseline save --format json
is 'every one is answered' "$(python3 - <<'PY'
import json
results = json.load(open("out"))["invariants"]
for r in results:
    if r["status"] != "PASS":
        print(r["name"], r["status"], r["detail"])
print(len({r["name"] for r in results} & {line.split("|")[0] for line in open("usual.txt")}))
PY
)" "$(wc -l <usual.txt)"

# What tminus itself derives from migrations passes as well.
rm migrations/*
cat >migrations/0001_split.up.sql <<'END'
CREATE TABLE categories (id int PRIMARY KEY, name text UNIQUE);
INSERT INTO categories SELECT min(id), category FROM emails GROUP BY category;
ALTER TABLE emails ADD COLUMN category_id int;
UPDATE emails SET category_id = (SELECT c.id FROM categories AS c WHERE c.name = emails.category);
ALTER TABLE emails ADD CONSTRAINT emails_category FOREIGN KEY (category_id) REFERENCES categories (id);
ALTER TABLE emails ALTER COLUMN category_id SET NOT NULL, ADD CONSTRAINT positive CHECK (id > 0), ALTER COLUMN id TYPE bigint;
CREATE UNIQUE INDEX emails_sent ON emails (id, lower(category)) WHERE sent IS NOT NULL;
END
"$TMINUS" baseline save --format json >out 2>err
is 'derived questions are not refused' "$(grep -c 'refused\|not asked' out)" 0
is 'and there are some' "$(python3 -c 'import json; print(len(json.load(open("out"))["invariants"]) > 30)')" True
cd / # $tmp goes
kill "$bystander"
done_testing

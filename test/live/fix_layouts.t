#!/bin/sh
# assess --fix: what is written for each tool, where, and what is refused. That it runs: fix.t.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
cd "$tmp" || exit 1

table='CREATE TABLE a (x int);'
up='ALTER TABLE a ADD CONSTRAINT c CHECK (x > 0);
-- for searches
CREATE INDEX a_x ON a (x);'
down='DROP INDEX a_x;
ALTER TABLE a DROP CONSTRAINT c;'
fix() { rm -rf new; run "$TMINUS" assess --fix --output new "$@"; }
# shown: every file below new, with its name.
shown() { (cd new && find . -type f | sort -V | while read -r f; do echo "== ${f#./}"; cat "$f"; done); }
change="SET LOCAL lock_timeout = '2s';
ALTER TABLE a ADD CONSTRAINT c CHECK (x > 0) NOT VALID;"
undo='ALTER TABLE a DROP CONSTRAINT c;'
validate='ALTER TABLE a VALIDATE CONSTRAINT c;'
nothing='-- Nothing to undo: what this part made goes with the parts before it.'
index='-- for searches
CREATE INDEX CONCURRENTLY a_x ON a (x);'
unindex='DROP INDEX CONCURRENTLY a_x;'

mkdir golang
echo "$table" >golang/0001_a.up.sql; echo 'DROP TABLE a;' >golang/0001_a.down.sql
echo "$up" >golang/0002_b.up.sql; echo "$down" >golang/0002_b.down.sql
echo 'CREATE TABLE n (y int);' >golang/0003_n.up.sql; echo 'DROP TABLE n;' >golang/0003_n.down.sql
fix golang
is 'golang-migrate: GO' "$status" 0
is 'golang-migrate: files' "$(shown)" "== 0002_b.down.sql
$undo
== 0002_b.up.sql
$change
== 0003_b_validate.down.sql
$nothing
== 0003_b_validate.up.sql
$validate
== 0004_b_concurrently.down.sql
$unindex
== 0004_b_concurrently.up.sql
$index
== 0005_n.down.sql
DROP TABLE n;
== 0005_n.up.sql
CREATE TABLE n (y int);"
says 'golang-migrate: what is fixed' out 'fixed  golang/0002_b.up.sql: check-add-scan (line 1), index-create-blocking (line 3)'
says 'golang-migrate: what moved' out 'moved  golang/0003_n.up.sql: unchanged, behind the new ones
         0005_n.up.sql'
is 'golang-migrate: the originals stay' "$(cat golang/0002_b.up.sql)" "$up"
lacks 'golang-migrate: the result is free of what was fixed' out 'check-add-scan  '

mkdir goose
printf -- '-- +goose Up\n%s\n' "$table" >goose/1_a.sql
printf -- '-- +goose Up\n%s\n-- +goose StatementBegin\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$;\n-- +goose StatementEnd\n-- +goose Down\nDROP FUNCTION f();\n%s\n' "$up" "$down" >goose/2_b.sql
fix goose
is 'goose: files' "$(shown)" "== 2_b.sql
-- +goose Up
SET LOCAL lock_timeout = '2s';
ALTER TABLE a ADD CONSTRAINT c CHECK (x > 0) NOT VALID;
-- +goose StatementBegin
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS \$\$ SELECT 1; \$\$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION f();
$undo
== 3_b_validate.sql
-- +goose Up
$validate

-- +goose Down
$nothing
== 4_b_concurrently.sql
-- +goose NO TRANSACTION
-- +goose Up
$index

-- +goose Down
$unindex"

mkdir dbmate
printf -- '-- migrate:up\n%s\n' "$table" >dbmate/20240101000001_a.sql
printf -- '-- migrate:up\n%s\n-- migrate:down\n%s\n' "$up" "$down" >dbmate/20240101000002_b.sql
fix dbmate
is 'dbmate: the index' "$(cat new/20240101000004_b_concurrently.sql)" "-- migrate:up transaction:false
$index

-- migrate:down transaction:false
$unindex"
is 'dbmate: the validation is in a transaction' "$(head -1 new/20240101000003_b_validate.sql)" '-- migrate:up'

mkdir flyway
echo "$table" >flyway/V1.1__a.sql; echo "$up" >flyway/V1.2__b.sql; echo "$down" >flyway/U1.2__b.sql; echo 'CREATE TABLE n (y int);' >flyway/V1.3__n.sql
fix flyway
is 'flyway: names' "$(cd new && echo *)" 'U1.2.1__b_validate.sql U1.2.2__b_concurrently.sql U1.2.2__b_concurrently.sql.conf U1.2__b.sql V1.2.1__b_validate.sql V1.2.2__b_concurrently.sql V1.2.2__b_concurrently.sql.conf V1.2__b.sql'
is 'flyway: outside' "$(cat new/V1.2.2__b_concurrently.sql.conf)" 'executeInTransaction=false'

mkdir -p diesel/2024-01-01-000001_a diesel/2024-01-01-000002_b
echo "$table" >diesel/2024-01-01-000001_a/up.sql; echo 'DROP TABLE a;' >diesel/2024-01-01-000001_a/down.sql
echo "$up" >diesel/2024-01-01-000002_b/up.sql; echo "$down" >diesel/2024-01-01-000002_b/down.sql
fix diesel
is 'diesel: outside' "$(cat new/2024-01-01-000004_b_concurrently/metadata.toml)" 'run_in_transaction = false'
is 'diesel: the index' "$(cat new/2024-01-01-000004_b_concurrently/up.sql)" "$index"
is 'diesel: the way back' "$(cat new/2024-01-01-000002_b/down.sql)" "$undo"

mkdir -p prisma/20240101000001_a prisma/20240101000002_b
echo "$table" >prisma/20240101000001_a/migration.sql; echo "$up" >prisma/20240101000002_b/migration.sql
fix prisma
is 'prisma: no down where there was none' "$(cd new && find . -type f | sort | tr '\n' ' ')" './20240101000002_b/migration.sql ./20240101000003_b_validate/migration.sql ./20240101000004_b_concurrently/migration.sql '

mkdir plain
echo "$table" >plain/20240101_a.sql; echo "$up" >plain/20240102_b.sql; echo "$down" >plain/20240102_b_down.sql
fix plain
is 'plain: names' "$(cd new && echo *)" '20240102_b.sql 20240102_b_2_validate.sql 20240102_b_2_validate_down.sql 20240102_b_3_concurrently.sql 20240102_b_3_concurrently_down.sql 20240102_b_down.sql'
fix --format json plain
is 'JSON: what was done' "$(python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); print(d["schema"], d["output"], len(d["files"]), [f["rule"] for f in d["fixed"]], d["stays"], d["assessment"]["schema"], d["assessment"]["verdict"])' "$tmp/out")" \
    "tminus/fix/1 new 6 ['check-add-scan', 'index-create-blocking'] [] tminus/assess/1 GO"

# --- what stays, and why
only() { rm -rf m; mkdir m; echo "CREATE TABLE a (id int PRIMARY KEY, x int);" >m/1_a.sql; printf '%s\n' "$1" >m/2_b.sql; fix m; }
stays()
{
    only "$2"
    says "stays: $1" out "$3"
    is "stays: $1: nothing is written" "$([ -e new ] && echo written)" ''
}
stays 'a table that is not known' 'CREATE INDEX i ON z (x);' 'the definition of public.z is not known (--schema FILE tells it)'
stays 'a type change' 'ALTER TABLE a ALTER x TYPE bigint;' 'needs a new column'
stays 'a savepoint' 'SAVEPOINT s; CREATE INDEX i ON a (x);' 'a savepoint (line 1) ties its statements to one session'
stays 'search_path' 'SET search_path = o; CREATE INDEX i ON public.a (x);' 'SET search_path (line 1) ties its statements to one session'
stays 'code' 'DO $$ BEGIN DROP TABLE b; END $$; CREATE INDEX i ON a (x);' 'line 1 is in the code of a DO block'
stays 'a placeholder' 'CREATE INDEX i ON a (x); DROP TABLE ${b};' 'line 1 holds the placeholder ${b}'
stays 'a statement that is not understood' 'CREATE INDEX i ON a (x); ALTER NONSENSE;' 'line 1 is not understood'
stays 'two transactions' 'BEGIN; CREATE INDEX i ON a (x); COMMIT; BEGIN; CREATE INDEX j ON a (x); COMMIT;' 'it begins and ends transactions itself'
stays 'IF NOT EXISTS' 'CREATE INDEX IF NOT EXISTS i ON a (x);' 'IF NOT EXISTS leaves an index invalid'
stays 'rows without WHERE' 'ALTER TABLE a ADD s int; UPDATE a SET s = 1;' 'without a WHERE it overwrites'
stays 'nothing to fix' 'CREATE TABLE n (y int);' 'Nothing is written: no statement has a safe form'

# --- what is given up, and what is not divided
stays 'a key in the place of another' 'ALTER TABLE a DROP CONSTRAINT a_pkey, ADD CONSTRAINT a_pkey PRIMARY KEY (id);' 'in parts, duplicate-index would be found'
echo "$down" | sed 's/^ALTER/UPDATE a SET x = 1;\nALTER/' >golang/0002_b.down.sql
fix golang
is 'a statement of the down that no part knows comes before what it came before' \
    "$(cat new/0002_b.down.sql; echo; cat new/0004_b_concurrently.down.sql)" "UPDATE a SET x = 1;
$undo

$unindex"
printf 'ALTER TABLE a DROP CONSTRAINT c;\nUPDATE a SET x = 1;\nDROP INDEX a_x;' >golang/0002_b.down.sql
fix golang
is 'a down that cannot be divided stays whole' "$(cat new/0002_b.down.sql)" "$(cat golang/0002_b.down.sql)"
is 'a down that cannot be divided: nothing else' "$(cat new/0004_b_concurrently.down.sql)" "$nothing"

# --- refused
only 'CREATE INDEX i ON a (x);'
mkdir full; touch full/mine
ends 2 'a folder that holds something' "$TMINUS" assess --fix --output full m
is 'a folder that holds something: said' "$(cat "$tmp/err")" "tminus: full: is there already, and not an empty folder
  hint: give --output a new folder; nothing is ever written over"
is 'a folder that holds something: left alone' "$(ls full)" mine
mkdir empty
ends 0 'an empty folder' "$TMINUS" assess --fix --output empty m
is 'an empty folder: filled, and nothing beside it' "$(ls empty; ls -d empty.* 2>/dev/null)" 2_b.sql
ends 2 'no --output' "$TMINUS" assess --fix m
says 'no --output: said' err '--fix needs --output DIR'
ends 2 '--output alone' "$TMINUS" assess --output new m
ends 2 'another format' "$TMINUS" assess --fix --output out2 --format md m
ends 2 'SQLite' "$TMINUS" assess --fix --output out2 --dialect sqlite m
says 'SQLite: said' err '--fix knows safe forms for PostgreSQL only'
mkdir -p sqitch/deploy
printf '%%project=p\n\na 2024-01-01T00:00:00Z x <x@y> # a\n' >sqitch/sqitch.plan; echo "$table" >sqitch/deploy/a.sql
ends 2 'sqitch' "$TMINUS" assess --fix --output out2 sqitch
says 'sqitch: by name' err "--fix writes no migrations of sqitch: its changes are planned by its own tool: add them with sqitch add"
is 'refused: nothing is written' "$([ -e out2 ] && echo written)" ''

# --- what is applied never moves
git init -q repo && cd repo || exit 1
git config user.email t@example.org; git config user.name t
mkdir m; echo "$table" >m/1_a.up.sql; echo 'CREATE INDEX old ON a (x);' >m/2_old.up.sql; echo 'CREATE TABLE n (y int);' >m/4_n.up.sql
git add -A; git commit -qm base
echo "$up" >m/3_b.up.sql
git add -A; git commit -qm change
fix --base HEAD~1 m
says 'released: no room' out 'no version is free behind it'
git mv m/3_b.up.sql m/5_b.up.sql; git commit -qm later
fix --base HEAD~2 m
is 'released: only the new one is fixed' "$(cd new && echo *)" '5_b.up.sql 6_b_validate.up.sql 7_b_concurrently.up.sql'
done_testing

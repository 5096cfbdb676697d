#!/bin/sh
# Every layout through tminus assess: order, directions, transactions as users see them, and refusals.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
cd "$tmp" || exit 1

# "up:1_a.sql:tx down:1_a.sql:no …" of a folder or of files.
order()
{
    run "$TMINUS" assess --dialect postgres --format json "$@"
    python3 - <<'P'
import json, os
d = json.load(open("out"))
print(" ".join("%s:%s:%s" % (m["direction"], os.path.relpath(m["path"]), "tx" if m["transaction"] else "no")
               for m in d["migrations"]))
P
}
put() { mkdir -p "$(dirname "$1")"; printf '%b' "$2" >"$1"; }

put gm/10_b.up.sql 'CREATE TABLE b (id int);'
put gm/9_a.up.sql 'CREATE TABLE a (id int);'
put gm/9_a.down.sql 'DROP TABLE a;'
is 'golang-migrate' "$(order gm)" 'up:gm/9_a.up.sql:tx down:gm/9_a.down.sql:tx up:gm/10_b.up.sql:tx'

put goose/1_a.sql '\055- +goose NO TRANSACTION\n\055- +goose Up\nCREATE TABLE a (id int);\n\055- +goose Down\nDROP TABLE a;\n'
is 'goose' "$(order goose)" 'up:goose/1_a.sql:no down:goose/1_a.sql:no'
put dbmate/1_a.sql '\055- migrate:up\nCREATE TABLE a (id int);\n\055- migrate:down transaction:false\nDROP TABLE a;\n'
is 'dbmate' "$(order dbmate)" 'up:dbmate/1_a.sql:tx down:dbmate/1_a.sql:no'
put fly/V1.10__b.sql 'CREATE TABLE b (id int);'
put fly/V1.2__a.sql 'CREATE TABLE a (id int);'
put fly/U1.2__a.sql 'DROP TABLE a;'
put fly/R__v.sql 'CREATE OR REPLACE VIEW v AS SELECT 1;'
is 'flyway' "$(order fly)" 'up:fly/V1.2__a.sql:tx down:fly/U1.2__a.sql:tx up:fly/V1.10__b.sql:tx up:fly/R__v.sql:tx'
put diesel/2024-01-01-000000_a/up.sql 'CREATE TABLE a (id int);'
put diesel/2024-01-01-000000_a/down.sql 'DROP TABLE a;'
put diesel/2024-01-01-000000_a/metadata.toml 'run_in_transaction = false\n'
is 'diesel' "$(order diesel)" \
    'up:diesel/2024-01-01-000000_a/up.sql:no down:diesel/2024-01-01-000000_a/down.sql:no'
put sg/1_z/up.sql 'CREATE TABLE z (id int);'
put sg/1_z/metadata.yaml 'name: z\nparents: [2]\n'
put sg/2_a/up.sql 'CREATE TABLE a (id int);'
put sg/2_a/metadata.yaml 'name: a\nparents: []\n'
is 'sourcegraph' "$(order sg)" 'up:sg/2_a/up.sql:tx up:sg/1_z/up.sql:tx'
put prisma/migration_lock.toml 'provider = "postgresql"\n'
put prisma/20240101000000_a/migration.sql 'CREATE TABLE a (id int);'
is 'prisma' "$(order prisma)" 'up:prisma/20240101000000_a/migration.sql:tx'
put sq/sqitch.plan '%project=x\nz 2024-01-01T00:00:00Z A <a@example.com> # z\na 2024-01-01T00:00:01Z A <a@example.com> # a\n'
put sq/deploy/z.sql 'BEGIN; CREATE TABLE z (id int); COMMIT;'
put sq/deploy/a.sql 'BEGIN; CREATE TABLE a (id int); COMMIT;'
put sq/revert/a.sql 'BEGIN; DROP TABLE a; COMMIT;'
is 'sqitch' "$(order sq)" 'up:sq/deploy/z.sql:no up:sq/deploy/a.sql:no down:sq/revert/a.sql:no'
put al/up.sql 'BEGIN;\n\n\055- Running upgrade  -> 1a\n\nCREATE TABLE a (id int);\n\nUPDATE alembic_version SET version_num=1;\n\nCOMMIT;\n'
is 'alembic' "$(order al)" 'up:al/up.sql:tx'
is 'alembic: its own record is no part of the migration' \
    "$(python3 -c 'import json; print([s["line"] for m in json.load(open("out"))["migrations"] for s in m["statements"]])')" '[5]'
put dj/0001_a.sql 'BEGIN;\n\055-\n\055- Create model A\n\055-\nCREATE TABLE a (id int);\n\055-\n\055- Raw Python operation\n\055-\n\055- THIS OPERATION CANNOT BE WRITTEN AS SQL\nCOMMIT;\n'
is 'django' "$(order dj)" 'up:dj/0001_a.sql:tx'
ends 3 'django: an operation in Python holds the verdict' "$TMINUS" assess --dialect postgres dj
put rails/development.log 'Migrating to AddA (20240101000000)\n  TRANSACTION (0.1ms)  BEGIN\n   (0.4ms)  CREATE TABLE "a" ("id" bigserial primary key)\n  TRANSACTION (0.1ms)  COMMIT\n'
is 'rails' "$(order rails)" 'up:rails/development.log:tx'
put plain/10_b.sql 'CREATE TABLE b (id int);'
put plain/2_a.sql 'CREATE TABLE a (id int);'
put plain/2_a.down.sql 'DROP TABLE a;'
is 'plain' "$(order plain)" 'up:plain/2_a.sql:tx down:plain/2_a.down.sql:tx up:plain/10_b.sql:tx'
is 'single files, in the given order' "$(order plain/10_b.sql gm/9_a.up.sql)" \
    'up:plain/10_b.sql:tx up:gm/9_a.up.sql:tx down:gm/9_a.down.sql:tx'

refused() # NAME TEXT PATH…
{
    name=$1
    text=$2
    shift 2
    ends 2 "$name" "$TMINUS" assess "$@"
    says "$name: said" err "$text"
    is "$name: nothing on stdout" "$(cat out)" ''
}
refused 'no such file' 'none.sql' none.sql
mkdir empty
refused 'a folder without migrations' 'no migration in this folder' empty
put two/1_a.up.sql 'SELECT 1;'
put two/01_b.up.sql 'SELECT 1;'
refused 'two of one version' "two/1_a.up.sql" two
says 'two of one version: the other file too' err 'two/01_b.up.sql'
ln -s .. gm/loop
refused 'a loop of links' 'gm/loop' gm
put py/0001_a.py 'class Migration(migrations.Migration):\n    pass\n'
refused 'migrations in Python' 'sqlmigrate' py
put rb/1_a.rb 'class A < ActiveRecord::Migration[7.1]\nend\n'
refused 'migrations in Ruby' 'bin/rails db:migrate' rb
done_testing

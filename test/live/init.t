#!/bin/sh
# tminus init: what it finds, that its file is right, that it never writes over one.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
unset DATABASE_URL
export GIT_CEILING_DIRECTORIES="$(dirname "$tmp")"

mkdir -p "$tmp/empty" && cd "$tmp/empty" || exit 1
ends 0 'an empty folder' "$TMINUS" init
ends 0 'an empty folder: the file is right' "$TMINUS" config check
says 'an empty folder: named after itself' out 'service empty'

mkdir -p "$tmp/shop/db/migrations" && cd "$tmp/shop" || exit 1
git init -q && git remote add origin git@example.com:team/web-shop.git
echo 'CREATE TABLE emails (id int);' >db/migrations/0001_mail.up.sql
mkdir db/post_migrations && echo 'DROP TABLE old;' >db/post_migrations/0001_old.up.sql
touch haproxy.cfg
ends 0 'a project' "$TMINUS" init
says 'a project: the remote names the service' shop/tminus.yaml 'service: "web-shop"'
says 'a project: migrations and their layout' shop/tminus.yaml 'migrations: db/migrations # 1 migration of golang-migrate'
says 'a project: migrations after the release' shop/tminus.yaml 'post_migrations: db/post_migrations'
says 'a project: its proxy' shop/tminus.yaml 'traffic: {kind: haproxy}'
ends 0 'a project: the file is right' "$TMINUS" config check

echo 'service: mine' >tminus.yaml
ends 2 'an existing file' "$TMINUS" init
says 'an existing file: said' err 'tminus.yaml: is there already'
is 'an existing file: untouched' "$(cat tminus.yaml)" 'service: mine'
ends 0 'print' "$TMINUS" init --print
says 'print: the text' out 'service: "web-shop"'
is 'print: the file is untouched' "$(cat tminus.yaml)" 'service: mine'

rm tminus.yaml
export DATABASE_URL='sqlite:/var/lib/shop.db'
ends 0 'DATABASE_URL is set' "$TMINUS" init
says 'DATABASE_URL is set: used by name' shop/tminus.yaml 'url: "${DATABASE_URL}"'
lacks 'DATABASE_URL is set: its value is not written' shop/tminus.yaml '/var/lib/shop.db'
unset DATABASE_URL

rm tminus.yaml
sqlite3 'shop "1".db' 'CREATE TABLE t (a)'
ends 0 'a database file' "$TMINUS" init
ends 0 'a database file with an odd name: the file is right' "$TMINUS" config check
says 'a database file with an odd name: shown' out 'sqlite:shop "1".db'

mkdir -p "$tmp/rails/db/migrate" && cd "$tmp/rails" || exit 1
echo 'class A < ActiveRecord::Migration[7.1]' >db/migrate/20240101000000_a.rb
ends 0 'migrations in code' "$TMINUS" init
says 'migrations in code: what to do' rails/tminus.yaml 'bin/rails db:migrate'
ends 0 'migrations in code: the file is right' "$TMINUS" config check
mkdir -p "$tmp/full" && cd "$tmp/full" || exit 1
ends 2 'a folder that does not exist' "$TMINUS" init --config none/tminus.yaml
done_testing

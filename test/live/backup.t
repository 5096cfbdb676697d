#!/bin/sh
# tminus backup: what is taken, listed and checked, on SQLite and PostgreSQL, and every way it can go wrong.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/postgres.sh"
postgres_shared
cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state"

member() { python3 -c 'import json, sys
value = json.load(open(sys.argv[1]))
for name in sys.argv[2:]:
    value = value[int(name) if name.isdigit() else name]
print(value)' "$tmp/out" "$@"; }
only() { find "$1" -mindepth 1 -maxdepth 1 ! -name '*.json'; }
modes() { find "$1" -mindepth 0 -printf '%m\n' | sort -u | tr '\n' ' '; }

rows="CREATE TABLE emails (id INTEGER PRIMARY KEY, status VARCHAR(20) NOT NULL, note VARCHAR(80));
      INSERT INTO emails SELECT i, 'new', 'note ' || i * 7919 % 3001 FROM"

# --- SQLite
echo "$rows (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) SELECT i FROM n);" | sqlite3 shop.db
cat >tminus.yaml <<'Y'
service: shop
environments:
  production:
    database: {url: "sqlite:shop.db"}
    backup: {kind: sqlite, directory: kept/here}
Y
ends 1 'SQLite: no backup yet is NO-GO' "$TMINUS" backup --list
says 'SQLite: no backup yet: it says so' out "NO-GO  kept/here: there is no backup"
ends 0 'SQLite: a backup is taken' "$TMINUS" backup
says 'SQLite: with fingerprints of its own instant' out "fingerprints of 1 tables, 3,000 rows, at the backup's own instant"
ends 3 'SQLite: one that was never restored holds' "$TMINUS" backup --list
says 'SQLite: why' out 'HOLD  none of them was ever restored and compared: tminus restore --prove'
ends 0 'SQLite: it can be read to its end' "$TMINUS" backup --check
says 'SQLite: which proves little' out 'whether its values are right only a restore shows'
is 'SQLite: nobody else may read it' "$(modes kept/here)" '600 700 '
ends 3 'SQLite: as JSON' "$TMINUS" backup --list --format json
is 'SQLite: JSON: schema' "$(member schema)" tminus/backup/1
is 'SQLite: JSON: verdict' "$(member verdict)" HOLD
is 'SQLite: JSON: no damage' "$(member backups 0 damage)" None
is 'SQLite: JSON: the path is there' "$(test -f "$(member backups 0 path)" && echo yes)" yes
run "$TMINUS" journal show
says 'SQLite: the journal has it' out backup-taken

ends 0 'SQLite: as JSON: taken' "$TMINUS" backup --format json
is 'SQLite: JSON: rows' "$(member backup rows)" 3000
is 'SQLite: JSON: the digest is of the file' "$(member backup sha256)" "$(sha256sum "$(member backup path)" | cut -d' ' -f1)"

newest=$(only kept/here | sort | tail -1)
truncate -s 5000 "$newest"
ends 1 'SQLite: the newest one is cut off' "$TMINUS" backup --list
says 'SQLite: cut off: it is seen at once' out 'DAMAGED: cut off: it is shorter than its head says'
ends 1 'SQLite: cut off: so says the check' "$TMINUS" backup --check "$(basename "$newest")"
: >"$newest"
ends 1 'SQLite: the newest one is empty' "$TMINUS" backup --list
says 'SQLite: empty: it is seen at once' out 'DAMAGED: empty'
rm "$newest" "$newest".*
touch -d '2 hours ago' kept/here/*.db
old=$(only kept/here)
mv "$old" kept/here/old.db
mv "$old".fingerprints.json kept/here/old.db.fingerprints.json
touch -d '2 hours ago' kept/here/old.db
ends 1 'SQLite: the newest one is too old' "$TMINUS" backup --list
says 'SQLite: too old: the limit is said' out '1 h 0 min are allowed'

ends 2 'no such backup' "$TMINUS" backup --check nothing
says 'no such backup: it says so' err "no backup 'nothing'"
ends 2 'two questions at once' "$TMINUS" backup --check --list
ends 2 'a name without --check' "$TMINUS" backup old.db
echo x >file
ends 2 'a directory that is a file' "$TMINUS" backup --directory file
says 'a directory that is a file: it says so' err 'file: a file, not a folder for backups'
if [ "$(id -u)" -ne 0 ]; then
    mkdir -m 0500 closed
    ends 2 'no permission' "$TMINUS" backup --directory closed
    says 'no permission: it says so' err 'closed: cannot be written'
else
    skip 'no permission' 'root may write everywhere'
fi
sqlite3 large.db "CREATE TABLE t (a); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
    INSERT INTO t SELECT 'note number ' || i FROM n"
(ulimit -f 400; run "$TMINUS" backup --database sqlite:large.db --directory small; echo "$status" >"$tmp/status"; cp "$tmp/err" "$tmp/no_room")
is 'no room' "$(cat "$tmp/status")" 2
says 'no room: it says so' no_room 'cannot be written'
is 'no room: nothing is left' "$(ls small)" ''
cat >none.yaml <<'Y'
environments: {production: {database: {url: "sqlite:shop.db"}}}
Y
ends 2 'nothing is configured' "$TMINUS" backup --config none.yaml
says 'nothing is configured: what to write' err 'backup: {kind: pg_dump, directory: …}'
sed 's/kind: sqlite/kind: barman/' tminus.yaml >barman.yaml
ends 2 'a kind that is not supported' "$TMINUS" backup --config barman.yaml
says 'a kind that is not supported: those that are' err 'pg_dump, sqlite'

# --- two at once
flock kept/here sleep 3 &
sleep 0.5
ends 6 'two at once: the second is refused' "$TMINUS" backup
says 'two at once: why' err 'another backup is being taken into it'
wait

# --- PostgreSQL
postgres_database backup_t
postgres_sql backup_t "$rows generate_series(1, 3000) i" || exit 2
cat >pg.yaml <<Y
service: shop_pg
environments:
  production:
    database: {url: "$database_url"}
    backup: {kind: pg_dump, directory: dumps}
Y
ends 0 'PostgreSQL: a backup is taken' "$TMINUS" backup --config pg.yaml
says 'PostgreSQL: with fingerprints of its own instant' out "3,000 rows, at the backup's own instant"
is 'PostgreSQL: nobody else may read it' "$(modes dumps)" '600 700 '
ends 0 'PostgreSQL: it can be read to its end' "$TMINUS" backup --config pg.yaml --check
ends 3 'PostgreSQL: listed as JSON' "$TMINUS" backup --config pg.yaml --list --format json
is 'PostgreSQL: JSON: database' "$(member backups 0 database)" backup_t
is 'PostgreSQL: JSON: the system is known' "$(member backups 0 system)" \
    "$(postgres_super backup_t 'SELECT system_identifier FROM pg_control_system()')"

# The password stands in no list of processes, and in no output.
mkdir fake
cat >fake/watch <<'S'
#!/bin/sh
while :; do ps -eo args | grep -F 'pg_dump --format' | grep -v grep >>"$1"; sleep 0.05; done
S
chmod +x fake/watch
fake/watch "$tmp/processes" &
watcher=$!
secret_url=$(echo "$database_url" | sed 's/deployer@/deployer:hush-hush@/')
ends 0 'a password: taken' "$TMINUS" backup --database "$secret_url" --directory dumps
kill $watcher
is 'a password: pg_dump was seen running' "$(grep -c pg_dump "$tmp/processes" | sed 's/^[1-9].*/some/')" some
is 'a password: in no list of processes' "$(grep -c hush "$tmp/processes")" 0
lacks 'a password: not in the output' out hush
is 'a password: not in a file' "$(grep -rl hush-hush dumps state | wc -l)" 0

# A writer that never stops: the fingerprints are of the dump's instant all the same.
(while :; do postgres_sql backup_t "UPDATE emails SET status = left(random()::text, 15)" >/dev/null || exit; done) 2>/dev/null &
writer=$!
ends 0 'while it is written to' "$TMINUS" backup --config pg.yaml
kill $writer
wait $writer 2>/dev/null
ends 0 'while it is written to: the restore is equal' "$TMINUS" restore --config pg.yaml --prove
ends 0 'then the list is GO' "$TMINUS" backup --config pg.yaml --list

# A killed one leaves nothing behind the next.
mkdir -p dumps/x-2026-01-01T00-00-00.000Z.dump.partial
ends 0 'after a killed one' "$TMINUS" backup --config pg.yaml
is 'after a killed one: it is removed' "$(ls dumps | grep -c partial)" 0

ends 3 'no server' "$TMINUS" backup --database postgresql://deployer@127.0.0.1:1/x --directory never
is 'no server: nothing is made' "$(ls -d never 2>/dev/null)" ''
postgres_super backup_t 'CREATE TABLE locked (i int); DROP ROLE IF EXISTS backup_t_reader;
    CREATE ROLE backup_t_reader LOGIN; GRANT SELECT ON emails TO backup_t_reader'
ends 2 'a table that may not be read' "$TMINUS" backup --directory denied \
    --database "$(echo "$database_url" | sed 's/deployer@/backup_t_reader@/')"
says 'a table that may not be read: which' err 'permission denied for table locked'
is 'a table that may not be read: nothing is left' "$(ls denied)" ''
postgres_super backup_t 'DROP TABLE locked; REVOKE ALL ON emails FROM backup_t_reader; DROP ROLE backup_t_reader'

# --- a command
cat >take <<'S'
#!/bin/sh
echo 'taking …'
name=one.$$.sqlite
sqlite3 "${TMINUS_DATABASE_URL#sqlite:}" ".backup $TMINUS_BACKUP_DIRECTORY/$name"
echo "$name"
S
cat >give <<'S'
#!/bin/sh
cp "$TMINUS_BACKUP_DIRECTORY/$TMINUS_BACKUP_ID" "$TMINUS_DATABASE_URL"
S
chmod +x take give
cat >command.yaml <<Y
service: shop_command
environments:
  production:
    database: {url: "sqlite:shop.db"}
    backup: {kind: command, directory: by_command, command: [./take], restore: [./give]}
Y
ends 0 'command: a backup is taken' "$TMINUS" backup --config command.yaml
says 'command: equal before and after' out 'equal before and after it'
ends 0 'command: given back and equal' "$TMINUS" restore --config command.yaml --into given.db
printf '#!/bin/sh\necho no room >&2\nexit 3\n' >take
ends 2 'command: it fails' "$TMINUS" backup --config command.yaml
says 'command: it fails: in its own words' err './take: no room'
printf '#!/bin/sh\n' >take
ends 2 'command: it says nothing' "$TMINUS" backup --config command.yaml
says 'command: it says nothing: what it must' err 'the last line that it prints must name the backup'
sed 's#\[./take\]#["echo $TMINUS_BACKUP_DIRECTORY/by-shell; : >$TMINUS_BACKUP_DIRECTORY/by-shell"], shell: true#' command.yaml >shell.yaml
ends 2 'command: by a shell, an empty file' "$TMINUS" backup --config shell.yaml
says 'command: by a shell, an empty file: it says so' err 'by-shell: empty'
done_testing

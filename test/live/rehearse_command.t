#!/bin/sh
# A change that is a program (rehearsal: {runner: command}), on a copy of an SQLite file.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state"
sqlite3 shop.db "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')"
cat >tminus.yaml <<'END'
service: shop
environments:
  production:
    database: {url: "sqlite:shop.db"}
    rehearsal: {runner: command, up: [./tool, up], down: [./tool, down]}
END
# tool UP DOWN: a tool that runs this SQL on the database that it is given.
tool() {
    cat >tool <<END
#!/bin/sh
case \$1 in
up) exec sqlite3 "\${TMINUS_DATABASE_URL#sqlite:}" "$1" ;;
down) exec sqlite3 "\${TMINUS_DATABASE_URL#sqlite:}" "$2" ;;
esac
END
    chmod +x tool
}

before=$(sha256sum <shop.db)
tool "ALTER TABLE t ADD COLUMN x TEXT; UPDATE t SET x = name" "ALTER TABLE t DROP COLUMN x"
ends 0 'a change that goes back' "$TMINUS" rehearse
says 'what it did is found by comparing' out 'x: new, filled in 4 rows'
says 'and so is the way back' out 'the downs bring schema and data back'

tool "DELETE FROM t WHERE id > 2" "SELECT 1"
ends 3 'rows that do not come back' "$TMINUS" rehearse
says 'which rows' out 'removed 2 rows: id=3, id=4'

tool "ALTER TABLE t ADD COLUMN x TEXT" "SELECT 1"
ends 1 'a down that leaves the column' "$TMINUS" rehearse
says 'is no way back' out 'the downs leave another schema behind'

tool "ALTER TABLE missing ADD COLUMN x TEXT" "SELECT 1"
ends 1 'a tool that fails' "$TMINUS" rehearse
says 'with what it wrote' out 'no such table: missing'

is 'the database was only read' "$(sha256sum <shop.db)" "$before"
is 'of the copies nothing is left behind' "$(find "$TMINUS_STATE" -path '*rehearsal/*' -type f ! -name calibration.json | wc -l)" 0
done_testing

#!/bin/sh
# tminus clean: nothing, what a killed run left, what is somebody else's, a server that does not answer.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state"
clean() { "$TMINUS" clean "$@"; }
# A mark as the program writes it, of a process: leave NAME KIND PID START BOOT
leave()
{
    mkdir -p "state/rehearsal/tminus-copy-$1"
    echo data >"state/rehearsal/tminus-copy-$1/before.db"
    printf 'tminus copy {"boot":"%s","kind":"%s","pid":%s,"since":"2026-11-22T08:00:00.000Z","started":%s,"token":7}\n' \
        "$5" "$2" "$3" "$4" >"state/rehearsal/tminus-copy-$1.mark"
}
boot=$(cat /proc/sys/kernel/random/boot_id)
start=$(sed 's/.*) //' /proc/$$/stat | cut -d' ' -f20)

ends 0 'nothing is left over' clean
is 'nothing is left over: said' "$(cat out)" 'nothing is left over'

leave 00000001 sqlite 999999999 1 "$boot"
leave 00000002 sqlite $$ "$start" "$boot"
leave 00000003 sqlite $$ 1 "$boot"
leave 00000004 sqlite $$ "$start" another-boot
leave 00000005 unheard-of 999999999 1 "$boot"
mkdir state/rehearsal/tminus-copy-00000006 state/rehearsal/mine
echo mine >state/rehearsal/tminus-copy-00000006.mark
ln -s "$tmp/elsewhere" state/rehearsal/tminus-copy-00000001/link
mkdir elsewhere
echo keep >elsewhere/file

ends 1 'dry run: something is left over' clean --dry-run
is 'dry run: each is named' "$(sed 's/.*tminus-copy-\([0-9]*\),.*/\1/' out | tr '\n' ' ')" '00000001 00000003 00000004 '
says 'dry run: since when' out 'since 2026-11-22T08:00:00.000Z'
is 'dry run: nothing is removed' "$(ls state/rehearsal | wc -l)" 13
ends 1 'dry run in JSON' clean --dry-run --format json
is 'dry run in JSON: what a program reads' \
    "$(python3 -c 'import json; d=json.load(open("out")); print(d["schema"], d["dry_run"], len(d["leftovers"]), d["leftovers"][0]["removed"], d["not_asked"])')" \
    'tminus/clean/1 True 3 False []'

ends 0 'removed' clean
is 'removed: each is said' "$(grep -c '^removed  copies of an SQLite database in ' out)" 3
is 'what runs, what is unknown and what has no mark of ours stays' "$(ls state/rehearsal | tr '\n' ' ')" \
    'mine tminus-copy-00000002 tminus-copy-00000002.mark tminus-copy-00000005 tminus-copy-00000005.mark tminus-copy-00000006 tminus-copy-00000006.mark '
is 'a link is not followed' "$(cat elsewhere/file)" keep
ends 0 'again: nothing' clean

# --- half-written backups
cat >tminus.yaml <<'END'
service: shop
environments:
  here:
    database: {url: "sqlite:shop.db"}
    backup: {kind: sqlite, directory: kept}
END
mkdir kept
half=kept/shop-2026-11-22T08-00-00.000Z.db.partial
echo half >"$half"
echo whole >kept/shop-2026-11-22T07-00-00.000Z.db
echo mine >kept/mine.partial
flock kept "$TMINUS" clean >out 2>&1
is 'while a backup is taken, its half is not left over' "$(cat out)" 'nothing is left over'
[ -e "$half" ]
result $? 'while one is taken it stays'
ends 1 'a half-written backup: found' clean --dry-run
says 'a half-written backup: which' out "half-written backup $half, 5 B"
ends 0 'a half-written backup: removed' clean
is 'whole ones and what is not ours stay' "$(ls kept | tr '\n' ' ')" 'mine.partial shop-2026-11-22T07-00-00.000Z.db '

cat >tminus.yaml <<'END'
service: shop
environments:
  staging:
    database: {url: "sqlite:shop.db"}
    rehearsal: {server: "postgresql://nobody@127.0.0.1:1/postgres"}
END
ends 3 'a server that does not answer' clean
says 'a server that does not answer: said' err 'not asked: 127.0.0.1:1/postgres'
ends 2 'an environment that is not there' clean --env production
ends 2 'an argument' clean everything
done_testing

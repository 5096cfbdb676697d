#!/bin/sh
# tminus verify on the mail example: what is lost and doubled is named, taken back is proven, mended passes.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

cd "$tmp" || exit 1
export TMINUS_STATE="$tmp/state" DATABASE_URL=sqlite:mail.db
cp -r "$SOURCE/examples/mail/migrations" "$SOURCE/examples/mail/tminus.yaml" .
"$SOURCE/examples/mail/make-database" mail.db 40000

ends 1 'the baseline contradicts the flawed change' "$TMINUS" baseline save
says 'unmapped values, with counts' out "'task' (4,000), 'Brief' (2,100), NULL (1,210)"
says 'doubled in the lookup' out "'digest' (2)"
"$TMINUS" migrate >/dev/null 2>&1
is 'every count is equal' "$(sqlite3 mail.db 'SELECT count(*) FROM emails')" 40000
ends 1 'verify: NO-GO' "$TMINUS" verify
says 'lost: how many, which, what they share' out "7,310 rows are gone: id=1, id=2, id=3, id=4, id=5, … (every row whose category is NULL, 'task' or 'Brief')"
says 'doubled: how many, which, what they share' out "7,310 rows stand more than once: id=7311, id=7312, id=7313, id=7314, id=7315, … (every row whose category is 'digest' or 'newsletter')"
says 'the promise of tminus.yaml' out 'brief emails stay selectable: 2,100 are gone'
is 'no longer than a screen' "$(test "$(wc -l <out)" -le 40 && echo yes)" yes
ends 1 'verify in JSON' "$TMINUS" verify --format json
is 'JSON: shape and numbers' "$(python3 - <<'PY'
import json
d = json.load(open('out'))
t = d['tables'][0]
r = d['invariants'][0]
assert set(r) >= {'name', 'status', 'required', 'command', 'expected', 'observed', 'value', 'unit', 'detail', 'layer', 'took_ms', 'at'}
print(d['schema'], d['verdict'], t['table'], t['equal'], t['missing_keys'], t['extra_keys'], t['duplicated_keys'], t['samples']['missing'][:2])
PY
)" "tminus/verify/1 NO_GO main.emails False 7310 0 7310 ['id=1', 'id=2']"
lost=$(sqlite3 mail.db 'SELECT count(*) FROM emails_unclassified WHERE id NOT IN (SELECT id FROM emails)')
is 'the number is what sqlite3 counts' "$lost" 7310
"$TMINUS" migrate --undo --steps 1 >/dev/null 2>&1
ends 0 'taken back: GO' "$TMINUS" verify
says 'taken back: said' out 'not applied, and everything is as at the baseline'
sqlite3 mail.db "UPDATE emails SET subject = subject || '!' WHERE id = 4711"
ends 1 'taken back, and one value differs' "$TMINUS" verify
says 'one value: column and key' out 'subject differs in 1 row: id=4711'
sqlite3 mail.db "UPDATE emails SET subject = rtrim(subject, '!') WHERE id = 4711"

cp "$SOURCE"/examples/mail/mended/* migrations/
ends 1 'the old baseline is not of the mended text' "$TMINUS" verify
ends 0 'mended: baseline' "$TMINUS" baseline save
"$TMINUS" migrate >/dev/null 2>&1
ends 0 'mended: GO' "$TMINUS" verify
says 'mended: said' out 'every difference is explained by the migration'
is 'the journal has it all' "$("$TMINUS" journal show | grep -c verified)" 5
ends 0 'the journal is intact' "$TMINUS" journal verify
done_testing

#!/bin/sh
# rules: of tminus.yaml: off, another severity, rules of style.
#
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
cd "$tmp" || exit 2
mkdir db
printf "SET lock_timeout = '2s';\nSET statement_timeout = '5s';\nDROP TABLE a;\nCREATE TABLE b (id int PRIMARY KEY, name varchar(20));\n" >db/1.up.sql

# found: the rules and severities of the findings.
found()
{
    python3 -c 'import json, sys
print(" ".join(f["rule"] + "=" + f["severity"] for f in json.load(open(sys.argv[1]))["findings"] if f["rule"] in sys.argv[2:]))' "$tmp/out" \
        drop-table prefer-text prefer-bigint-key
}

echo 'service: shop' >tminus.yaml
ends 1 'without rules' "$TMINUS" assess --format json db
is 'style is off' "$(found)" 'drop-table=stop'
echo 'rules: {style: true, drop-table: warn}' >tminus.yaml
ends 0 'a severity decides the verdict' "$TMINUS" assess --format json db
is 'style is on' "$(found)" 'drop-table=warn prefer-bigint-key=note prefer-text=note'
echo 'rules: {prefer-text: warn, drop-table: off}' >tminus.yaml
ends 0 'off' "$TMINUS" assess --format json db
is 'one rule of style' "$(found)" 'prefer-text=warn'
echo 'rules: {style: true, prefer-text: off}' >tminus.yaml
ends 1 'style but one' "$TMINUS" assess --format json db
is 'is left out' "$(found)" 'drop-table=stop prefer-bigint-key=note'
echo 'rules: {drop-tabel: off}' >tminus.yaml
ends 2 'an unknown rule' "$TMINUS" assess db
says 'with its place' err "tminus.yaml:1:21: no rule is called 'drop-tabel'"
says 'and the nearest' err "did you mean 'drop-table'?"
echo 'rules: {syntax-not-understood: off}' >tminus.yaml
ends 2 'what was not read is never off' "$TMINUS" assess db
says 'and why' err "rule 'syntax-not-understood' cannot be less than"
echo 'rules: {drop-table: silent}' >tminus.yaml
ends 2 'an unknown setting' "$TMINUS" assess db
says 'what is known' err 'expected off, note, warn or stop'
echo 'rules: {style: often}' >tminus.yaml
ends 2 'style is a switch' "$TMINUS" config check
says 'and says so' err 'expected true or false'
rm tminus.yaml
ends 0 'explain' "$TMINUS" explain
says 'lists style as off' out 'off   prefer-text'
ends 0 'explain RULE' "$TMINUS" explain prefer-text
says 'says so' out 'prefer-text (off by default; note): varchar(n)'
done_testing

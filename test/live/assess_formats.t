#!/bin/sh
# tminus assess: every format is well-formed and agrees with the others; the verdict is the status.
#
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

cases="$SOURCE/test/golden/email-categories/migrations"

# python NAME PROGRAM: a program that reads $tmp/out and fails by exception.
python()
{
    name=$1
    if python3 -c "$2" "$tmp/out" >"$tmp/python" 2>&1; then
        result 0 "$name"
    else
        result 1 "$name"
        show "$tmp/python"
    fi
}

for format in text json md sarif junit github gitlab; do
    ends 1 "$format: NO-GO is status 1" "$TMINUS" assess --format "$format" "$cases"
    is "$format: nothing on stderr" "$(cat "$tmp/err")" ''
    cp "$tmp/out" "$tmp/out.$format"
done

cp "$tmp/out.json" "$tmp/out"
python 'json: the members that design fixes' '
import json, sys
d = json.load(open(sys.argv[1]))
assert d["schema"] == "tminus/assess/1" and d["verdict"] == "NO_GO" and d["risk"] == "high", d["risk"]
assert d["dialect"] == "postgres" and d["pg_version"] == 15
assert [(m["path"].split("/")[-1], m["direction"]) for m in d["migrations"]] == [
    ("001_emails.up.sql", "up"), ("001_emails.down.sql", "down"),
    ("002_classify.up.sql", "up"), ("002_classify.down.sql", "down")]
for m in d["migrations"]:
    for s in m["statements"]:
        assert set(s) >= {"path", "line", "offset", "kind", "sql", "effects"}
        assert set(s["effects"]) >= {"locks", "rewrites", "scans", "index_builds",
                                     "blocks_writes_long", "destroys", "layer"}
        text = open(s["path"], "rb").read()
        assert text[s["offset"]:].startswith(s["sql"].encode()), s
        assert text[:s["offset"]].count(b"\n") + 1 == s["line"], s
for f in d["findings"]:
    assert set(f) >= {"rule", "severity", "path", "line", "column", "message", "hint", "layer",
                      "fingerprint"}
assert d["coverage"] == {"statements": 9, "understood": 9, "not_understood": [],
                         "schema_doubts": []}
'
cp "$tmp/out.sarif" "$tmp/out"
python 'sarif: as many results as findings' '
import json, sys
d = json.load(open(sys.argv[1]))
n = len(json.load(open(sys.argv[1] + ".json"))["findings"])
assert len(d["runs"][0]["results"]) == n > 5, (len(d["runs"][0]["results"]), n)
'
cp "$tmp/out.junit" "$tmp/out"
python 'junit: well-formed, one case a file, one fails' '
import sys, xml.etree.ElementTree as e
suite = e.parse(sys.argv[1]).getroot().find("testsuite")
assert len(suite.findall("testcase")) == int(suite.get("tests")) == 4
assert len(suite.findall("testcase/failure")) == int(suite.get("failures")) == 1
'
cp "$tmp/out.gitlab" "$tmp/out"
python 'gitlab: fingerprints are unique' '
import json, sys
d = json.load(open(sys.argv[1]))
n = len(json.load(open(sys.argv[1] + ".json"))["findings"])
assert len({f["fingerprint"] for f in d}) == len(d) == n, (len(d), n)
'

# Our own SARIF, taken in as another tool's: the same severities.
run "$TMINUS" assess --format sarif "$cases"
cp "$tmp/out" "$tmp/ours.sarif"
mkdir "$tmp/good"
echo 'CREATE TABLE a (id int PRIMARY KEY);' >"$tmp/good/001_a.up.sql"
ends 0 'GO is status 0' "$TMINUS" assess "$tmp/good"
ends 1 'a finding of another tool of level error is a stop' \
    "$TMINUS" assess --findings "$tmp/ours.sarif" --format json "$tmp/good"
python 'its tool and fingerprint are kept' '
import json, sys
d = json.load(open(sys.argv[1]))
ours = json.load(open(sys.argv[1] + ".json"))["findings"]
assert [f["severity"] for f in d["findings"]] == [f["severity"] for f in ours], ours
assert {f["tool"] for f in d["findings"]} == {"tminus"}
'
ends 3 'HOLD is status 3' "$TMINUS" assess "$SOURCE/test/golden/not-understood/migrations"

# This folder's files are called by their names; notes of one rule have one head, and each its place.
mkdir "$tmp/notes" && cd "$tmp/notes" || exit 1
echo 'CREATE TABLE a (id int PRIMARY KEY, n int); CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY);' >001_make.up.sql
echo 'ALTER TABLE a ADD COLUMN m int;' >002_a.up.sql
echo 'ALTER TABLE b ADD COLUMN m int;' >003_b.up.sql
run "$TMINUS" assess -v .
lacks 'no ./ before a name' out './0'
says 'two notes stand alone' out 'note  003_b.up.sql:1:1  no-lock-timeout'
is 'a hint is said once' "$(grep -c "> SET LOCAL lock_timeout" "$tmp/out")" 1
echo 'ALTER TABLE c ADD COLUMN m int;' >004_c.up.sql
run "$TMINUS" assess -v ./.
lacks 'no ./ either' out './0'
says 'three notes have one head' out 'note  3 places  no-lock-timeout'
says 'and each its place' out '      004_c.up.sql:1:1  waits without limit for public.c, and every reader and writer waits behind it'
is 'a hint is said once for three' "$(grep -c "> SET LOCAL lock_timeout" "$tmp/out")" 1
cd "$SOURCE" || exit 1

# stdout that is no terminal has no colours; a closed pipe is no crash.
is 'no colours' "$(grep -c "$(printf '\033')" "$tmp/out.text")" 0
done_testing

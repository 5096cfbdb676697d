#!/bin/sh
# Bad input for tminus assess: one clear message, the right exit status, nothing on stdout.
#
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

cd "$tmp" || exit 1

# judge NAME STATUS FILE PATTERN ARGUMENT…: the exit status, and a line of $tmp/FILE that matches.
judge()
{
    name=$1 wanted=$2 file=$3 pattern=$4
    shift 4
    run timeout 120 "$TMINUS" assess "$@"
    bad=0
    [ "$status" -eq "$wanted" ] || bad="status $status instead of $wanted"
    grep -q -e "$pattern" "$tmp/$file" || bad="no '$pattern' in $file"
}

# told NAME: the result of the last judge.
told()
{
    if [ "$bad" = 0 ]; then
        result 0 "$name"
    else
        result 1 "$name"
        echo "# $bad"
        show "$tmp/out"
        show "$tmp/err"
    fi
}

# refuse NAME STATUS PATTERN ARGUMENT…: one message of at most two lines, nothing on stdout.
refuse()
{
    refused=$1 by=$2 saying=$3
    shift 3
    judge "$refused" "$by" err "$saying" "$@"
    [ "$(wc -l <"$tmp/err")" -le 2 ] || bad='more than two lines'
    [ ! -s "$tmp/out" ] || bad='something on stdout'
    told
}

# answer NAME STATUS PATTERN ARGUMENT…: an answer on stdout, no message.
answer()
{
    answered=$1 by=$2 saying=$3
    shift 3
    judge "$answered" "$by" out "$saying" "$@"
    [ ! -s "$tmp/err" ] || bad='something on stderr'
    told
}

refuse 'no such file' 2 'no/such/file' no/such/file
mkdir empty
refuse 'folder without migrations' 2 'empty' empty
mkdir twice
echo 'CREATE TABLE a (id int);' >twice/001_a.up.sql
echo 'CREATE TABLE b (id int);' >twice/001_b.up.sql
refuse 'two migrations of one version name both files' 2 '001_b.up.sql.*001_a.up.sql' twice
mkdir latin
printf 'CREATE TABLE a (id int);\n-- caf\351\n' >latin/001_a.up.sql
refuse 'SQL in Latin-1: the place and what to do' 2 'latin/001_a.up.sql:2:7.*UTF-8' latin
mkdir loop
ln -s ../loop loop/loop
refuse 'symlink loop' 2 'loop' loop
mkdir binary
printf 'CREATE TABLE\0' >binary/001_a.up.sql
refuse 'a NUL byte' 2 'binary/001_a.up.sql:1:13' binary

mkdir long
{ printf 'SELECT 1 -- '; head -c 104857600 /dev/zero | tr '\0' 'x'; echo; } >long/001_a.up.sql
refuse 'a line of 100 MB: the file and the limit' 2 'long/001_a.up.sql.*limit of 67108864' long
rm -rf long
mkdir deep
{ printf 'SELECT '; head -c 100000 /dev/zero | tr '\0' '('; printf 1
  head -c 100000 /dev/zero | tr '\0' ')'; echo ';'; } >deep/001_a.up.sql
refuse 'an expression nested 100,000 deep for SQLite: the place and the limit' 2 'deep/001_a.up.sql:1:.*2,*000' --dialect sqlite deep
answer 'for PostgreSQL: its own statement only' 3 'nested 100000 deep; the limit is 2000' --dialect postgres deep

mkdir good
echo 'CREATE TABLE a (id int);' >good/001_a.up.sql
refuse 'an option that does not exist' 2 'no-such-option' --no-such-option good
refuse 'a dialect that does not exist' 2 'mysql' --dialect mysql good
refuse 'a version that is no number' 2 'pg-version' --pg-version fifteen good
refuse 'a format of another verb' 2 'nagios' --format nagios good
refuse 'a schema that is not there' 2 'missing.sql' --schema missing.sql good
refuse 'sizes that are not there' 2 'missing.yaml' --sizes missing.yaml good
echo '{public.a: {rows: many}}' >sizes.yaml
refuse 'sizes that are no numbers: the place' 2 'sizes.yaml:1:19' --sizes sizes.yaml good
echo '{public.a: {lines: 3}}' >sizes.yaml
refuse 'sizes with an unknown key: the place' 2 "sizes.yaml:1:13.*'lines'" --sizes sizes.yaml good
refuse 'findings that are not there' 2 'missing.sarif' --findings missing.sarif good
refuse 'neither PATH nor tminus.yaml' 2 'nothing to assess'
printf 'environments:\n  production:\n    databse: {}\n' >tminus.yaml
refuse 'a YAML key that does not exist: the place and the nearest' 2 'tminus.yaml:3:5.*databse'
rm tminus.yaml

echo '{"version": "2.1.0", "runs": [' >cut.sarif
answer 'malformed findings are unknown: HOLD' 3 'HOLD' --findings cut.sarif good
echo '{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}}]}' >unfinished.sarif
answer 'findings of a tool that did not finish: HOLD' 3 'did not finish' \
    --findings unfinished.sarif good
mkdir broken
printf 'CREATE TABLE a (id int);\nALTER TABEL a ADD b int;\nDROP TABLE gone;\n' >broken/001_a.up.sql
answer 'a statement that does not parse: its place, and the rest is judged' 1 \
    'broken/001_a.up.sql:2:7  syntax-not-understood' broken
says 'the statement behind it is judged' out 'broken/001_a.up.sql:3:1  drop-table'
printf 'CREATE TABLE a (id int);\nALTER TABEL a ADD b int;\n' >broken/001_a.up.sql
answer 'not understood alone: HOLD' 3 '^HOLD' broken
printf '' >broken/001_a.up.sql
answer 'an empty migration' 0 '^GO' broken

done_testing

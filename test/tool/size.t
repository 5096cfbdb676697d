#!/bin/sh
# tool/check-size accepts what is small, names what is large, fails at what is too large.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

check()
{
    "$SOURCE/tool/check-size" "$tmp"
}

# lines N TEXT
lines()
{
    awk -v n="$1" -v text="$2" 'BEGIN { for (i = 0; i < n; i++) print text }'
}

# function_of N: a function of N lines.
function_of()
{
    echo 'int f(void)'
    echo '{'
    lines $(($1 - 4)) '    g();'
    echo '    return 0;'
    echo '}'
}

mkdir -p "$tmp/src/base"
c=$tmp/src/base/x.c
{ lines 730 '//'; function_of 70; } >"$c"
ends 0 '800 lines and a function of 70' check
says 'more than 500 lines are named' out 'src/base/x.c:1: note: 800 lines'
{ lines 731 '//'; function_of 70; } >"$c"
ends 1 '801 lines' check
says '801 lines are named' out 'src/base/x.c:1: 801 lines, the limit is 800'
function_of 71 >"$c"
ends 1 'a function of 71' check
says 'a function of 71 is named' out 'src/base/x.c:1: f has 71 lines, the limit is 70'
mkdir -p "$tmp/test" && mv "$c" "$tmp/test/x.c"
ends 0 'a test of 71 does not fail' check
says 'a test of 71 is named' out 'test/x.c:1: note: f has 71 lines'
rm "$tmp/test/x.c"
echo 'int f(TALLOC_CTX *mem, int a, int b, int c, int d, void (*e)(int, int), struct error *err) { }' >"$c"
ends 0 'five parameters beside memory and error' check
is 'five parameters are not named' "$(cat "$tmp/out")" ''
echo 'int f(int a, int b, int c, int d, int e, int g) { }' >"$c"
ends 0 'six parameters do not fail' check
says 'six parameters are named' out 'note: f has 6 parameters'
rm -rf "$tmp/src"
ends 1 'a tree without sources is no good tree' check
ends 0 'this project' "$SOURCE/tool/check-size" "$SOURCE"
done_testing

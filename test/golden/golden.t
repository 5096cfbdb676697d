#!/bin/sh
# Golden cases: test/golden/CASE/ holds `migrations/` (and what else the arguments name), `args`
# with the arguments of tminus, `expected` with its output and `status` with its exit status.
#
#   test/golden/golden.t            compare
#   test/golden/golden.t --update   write what is said now; look at the diff before committing it
#
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

# A plan is named by the repository that it lies in: ours is another one with each commit.
export GIT_CEILING_DIRECTORIES="$SOURCE"
# It tells when it was made.
mend='s/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/TIME/g'

update=
[ "${1-}" != --update ] || update=1

for folder in "$SOURCE"/test/golden/*/; do
    case_name=$(basename "$folder")
    cd "$folder" || exit 1
    # The arguments are ours: words without blanks.
    # shellcheck disable=SC2046
    run "$TMINUS" $(cat args)
    sed -i -E "$mend" "$tmp/out"
    if [ -n "$update" ]; then
        cp "$tmp/out" expected
        echo "$status" >status
    fi
    is "$case_name: status" "$status" "$(cat status)"
    if diff -u expected "$tmp/out" >"$tmp/diff"; then
        result 0 "$case_name: output"
    else
        result 1 "$case_name: output"
        show "$tmp/diff"
    fi
    is "$case_name: nothing on stderr" "$(cat "$tmp/err")" ''
done
done_testing

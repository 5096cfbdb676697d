#!/bin/sh
# The verbs, their help, usage errors, and output that cannot be written.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

ends 0 'help' "$TMINUS" help
says 'help lists the verbs' out '  version '
cp "$tmp/out" "$tmp/help"
ends 0 '--help' "$TMINUS" --help
is '--help is help' "$(cat "$tmp/out")" "$(cat "$tmp/help")"
is 'groups in order' "$(grep -xE 'before|during|after|always' "$tmp/help" |
    awk '{ print index("before during after always", $1) }' | sort -nc 2>&1)" ''
is 'summaries are aligned' "$(sed -n 's/…/./g; s/^\(  [^ ].*  \)[^ ].*$/\1/p' "$tmp/help" |
    awk '{ print length($0) }' | sort -u | wc -l)" 1
ends 2 'no verb' "$TMINUS"
says 'no verb: the list on stderr' err 'usage: tminus VERB'
is 'no verb: nothing on stdout' "$(cat "$tmp/out")" ''
ends 2 'a verb that is nearly right' "$TMINUS" vresion
says 'a verb that is nearly right: suggested' err "did you mean 'version'?"
ends 2 'a verb that is nothing' "$TMINUS" frobnicate
says 'a verb that is nothing: where to look' err "'tminus help' lists the verbs"
ends 2 'an option before the verb' "$TMINUS" --env production version
says 'an option before the verb: said' err 'options follow the verb'
ends 2 'help on an unknown verb' "$TMINUS" help vresion
ends 2 'help on an unknown option' "$TMINUS" help --nonsense

for verb in $(sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' "$tmp/help"); do
    [ "$verb" != help ] || continue
    ends 0 "help $verb" "$TMINUS" help "$verb"
    says "help $verb: usage" out "Usage: tminus $verb"
    ends 0 "$verb --help" "$TMINUS" "$verb" --help
    ends 2 "$verb --no-such-option" "$TMINUS" "$verb" --no-such-option
    says "$verb --no-such-option: named" err "tminus $verb: unrecognized option '--no-such-option'"
    ends 2 "$verb in an unknown format" "$TMINUS" "$verb" --format jsn
    says "$verb in an unknown format: suggested" err "did you mean 'json'?"
done

ends 0 'version' "$TMINUS" version
says 'version: a number' out 'tminus 0.'
says 'version: the grammars' out '(reads SQL as PostgreSQL 15 and SQLite 3.'
ends 0 '--version' "$TMINUS" --version
ends 0 'version in JSON' "$TMINUS" version --format json
says 'version in JSON: schema' out '"schema": "tminus/version/1"'
says 'version in JSON: grammars' out '"postgres": "PostgreSQL 15"'
ends 2 'version in SARIF' "$TMINUS" version --format sarif
says 'version in SARIF: what there is' err 'it writes text, json'
ends 2 'version with an argument' "$TMINUS" version x

ends 2 'a full disk' sh -c '"$TMINUS" help >/dev/full'
says 'a full disk: said' err 'standard output cannot be written: No space left on device'
ends 2 "a full disk, argp's own help" sh -c '"$TMINUS" version --help >/dev/full'
ends 2 'no stdout' sh -c '"$TMINUS" help >&-'
says 'no stdout: said' err 'standard output cannot be written'
ends 0 'a reader that goes away' sh -c '{ sleep 0.3; "$TMINUS" help; echo $? >"$0"; } | :; exit "$(cat "$0")"' "$tmp/status"
is 'a reader that goes away: nothing is said' "$(cat "$tmp/err")" ''
done_testing

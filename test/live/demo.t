#!/bin/sh
# The demo of `make demo` with a fifth of its emails, on the optimised build where there is one: each answer is the
# expected one, to the end. The dirt is all there, so that what is found is what README shows.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

[ ! -x "${RELEASE:-}/tminus" ] || TMINUS=$RELEASE/tminus
ends 0 'the demo goes through' "$SOURCE/examples/mail/demo.sh" "$TMINUS" "$tmp/mail" 40000
says 'the rows that are gone are named' out 'gone: id=1, id=2, id=3'
says 'and what they have in common' out "every row whose category is NULL, 'task' or 'Brief'"
says 'the rows that stand twice are named' out 'more than once: id=7311, id=7312'
says 'README shows what it says' out "$(grep '^FAIL    emails' "$SOURCE/README.md")"
says 'on a copy it is said beforehand' out 'mined-unique: emails.id never had a value twice; now 7,310 rows have one that another has'
says 'and the mended change goes back' out 'the downs bring schema and data back'
says 'undone, it is as at the baseline' out 'everything is as at the baseline'
says 'the mended change goes' out 'every invariant holds'
says 'a whole flight, taken back and proven' out 'rolled_back: the flight is rolled back, and proven so'
says 'the journal is intact' out 'journal intact'
ends 1 'the flawed answer where none is expected stops it' env PATH="$PATH" sh -c "cp -r '$SOURCE/examples/mail' '$tmp/copy' &&
    sed -i 's/^run 1 assess/run 0 assess/' '$tmp/copy/demo.sh' && '$tmp/copy/demo.sh' '$TMINUS' '$tmp/mail2' 40000"
done_testing

#!/bin/sh
# tminus tag: an annotated tag here and at a real remote, never moved.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=T GIT_AUTHOR_EMAIL=t@example.com \
    GIT_COMMITTER_NAME=T GIT_COMMITTER_EMAIL=t@example.com GIT_CEILING_DIRECTORIES="$(dirname "$tmp")"
export TMINUS_STATE="$tmp/state"
git init -q --bare "$tmp/origin.git"
mkdir "$tmp/shop" && cd "$tmp/shop" || exit 1
git init -q -b main && git remote add origin "$tmp/origin.git"
printf 'service: shop\nenvironments: {production: {}}\n' >tminus.yaml
git add -A && git commit -qm One && git commit -qm Two --allow-empty && git push -q origin main
tag() { "$TMINUS" tag "$@"; }
here() { git for-each-ref --format='%(refname:short) %(objecttype) %(*objectname)' refs/tags; }
there() { git ls-remote --tags origin | cut -f2 | tr '\n' ' '; }
events() { "$TMINUS" journal show --format json | python3 -c 'import json, sys; print(*(e["event"] for e in json.load(sys.stdin)["events"]))'; }

ends 2 'no version' tag
for bad in 'v 1' 'v1..2' 'v1~1' 'v1.lock' '' 'a
b'; do
    ends 2 "'$bad' is no name" tag -- "$bad"
done
ends 2 "'-d' is no name" tag -- -d
ends 2 'no such revision' tag v1 --at nowhere
is 'nothing was made' "$(here)$(there)" ''

ends 0 'dry run' tag v1 --dry-run
says 'dry run: said' out 'TO DO  there is no tag v1'
is 'dry run: nothing was made' "$(here)$(there)$(ls "$TMINUS_STATE" 2>/dev/null)" ''
ends 0 'made and pushed' tag v1 --message 'First of all'
is 'annotated, at the commit' "$(here)" "v1 tag $(git rev-parse HEAD)"
is 'with its message' "$(git tag -l --format='%(contents:subject)' v1)" 'First of all'
is 'at the remote, annotated' "$(there)" 'refs/tags/v1 refs/tags/v1^{} '
is 'journaled' "$(events)" 'tag-started tagged'
ends 0 'again there is nothing to do' tag v1 --format json
is 'again: said' "$(python3 -c "import json; d = json.load(open('$tmp/out')); print(d['state'], d['was_there'], d['commit'] == '$(git rev-parse HEAD)')")" 'done True True'
is 'again: nothing is journaled' "$(events)" 'tag-started tagged'

# Never moved.
before=$(git rev-parse v1)
ends 1 'it stands at another commit' tag v1 --at HEAD~1
says 'another commit: said' out "NO-GO  v1 stands at $(git rev-parse HEAD | cut -c1-12) here, not at $(git rev-parse HEAD~1 | cut -c1-12): a tag is never moved"
git tag light
ends 1 'a lightweight tag of the name' tag light
says 'lightweight: said' out 'light is no annotated tag here'
git tag -d v1 >/dev/null
ends 1 'another commit, at the remote alone' tag v1 --at HEAD~1
says 'at the remote alone: said' out 'at origin, not at'
ends 0 'here it comes from the remote' tag v1
is 'the same tag as before' "$(git rev-parse v1)" "$before"
git tag -f -a -m Other v1 >/dev/null 2>&1
ends 1 'another tag at the same commit' tag v1
says 'another tag: said' out 'v1 is another tag at origin than here'
git push -q origin light:refs/tags/there && git tag -d light >/dev/null
ends 1 'a lightweight tag at the remote' tag there
is 'the remote is as it was' "$(there)" 'refs/tags/there refs/tags/v1 refs/tags/v1^{} '

# Not pushed.
ends 0 'here alone' tag v2 --no-push
is 'here alone: not there' "$(there)" 'refs/tags/there refs/tags/v1 refs/tags/v1^{} '
ends 0 'pushed later' tag v2
says 'pushed later: said' out 'DONE  v2 stands at'

# The remote refuses.
printf '#!/bin/sh\necho "no tags on sunday" >&2\nexit 1\n' >"$tmp/origin.git/hooks/pre-receive"
chmod +x "$tmp/origin.git/hooks/pre-receive"
ends 4 'refused by the remote' tag v3
says 'refused: said' out 'NOT DONE  git push: remote: no tags on sunday'
is 'refused: taken back here' "$(git tag -l v3)" ''
is 'refused: journaled' "$(events | tail -c 23)" 'tag-started tag-failed'
tag v4 --no-push >/dev/null
ends 5 'refused, and made before' tag v4
is 'what was made before stays' "$(git tag -l v4)" v4

# The remote is away.
mv "$tmp/origin.git" "$tmp/away.git"
ends 3 'remote away' tag v5
says 'remote away: said' out 'UNKNOWN  origin cannot be asked: '
is 'remote away: nothing was made' "$(git tag -l v5)" ''
cd "$tmp" && mkdir none && cp shop/tminus.yaml none/ && cd none || exit 1
ends 2 'no repository' tag v1
done_testing

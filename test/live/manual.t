#!/bin/sh
# The manual against the program: every verb, every option, every example.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

man=$SOURCE/man

# Long options of `tminus VERB --help`, and those that stand as items in pages.
options_of_help() { "$TMINUS" "$1" --help | grep -oE '^ +(-., )?--[a-z-]+|, --[a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u; }
options_of_pages() { sed -n 's/^\.It Fl //p' "$@" | grep -oE '(^|[ ])-[a-z][a-z-]+' | sed 's/^ *-/--/' | sort -u; }
# Every option that a page speaks of, wherever.
options_in() { grep -E '^\.(Op |It |Nm )?Fl ' "$1" | grep -oE ' -[a-z][a-z-]+' | sed 's/^ *-/--/' | sort -u; }

for page in "$man"/*.1; do
    is "$(basename "$page"): mandoc finds no fault" "$(mandoc -T lint -W warning "$page" 2>&1)" ''
    is "$(basename "$page"): installed" "$(grep -c "'$(basename "$page")'" "$man/meson.build")" 1
done

verbs=$("$TMINUS" help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p')
for verb in $verbs; do
    page=$man/tminus-$verb.1
    case $verb in
    help | version)
        is "$verb: described in tminus(1)" "$(grep -c "^\.It Cm $verb" "$man/tminus.1")" 1
        page=
        ;;
    *)
        is "$verb: listed in tminus(1)" "$(grep -c "^\.It Xr tminus-$verb 1" "$man/tminus.1")" 1
        is "$verb: described by its summary" "$(sed -n 's/^\.Nd //p' "$page")" \
            "$("$TMINUS" help | sed -n "s/^  $verb .*  //p")"
        ;;
    esac
    [ "$verb" != help ] || continue
    is "$verb: the options of --help stand in the manual" \
        "$(options_of_pages $page "$man/tminus.1")" "$(options_of_help "$verb")"
    [ -n "$page" ] || continue
    options_in "$page" >"$tmp/named"
    options_of_help "$verb" >"$tmp/known"
    is "$verb: no other option is spoken of" "$(comm -23 "$tmp/named" "$tmp/known")" ''
    is "$verb: every section" \
        "$(grep -xE '\.Sh (SYNOPSIS|DESCRIPTION|OPTIONS|EXIT STATUS|EXAMPLES|SEE ALSO)' "$page" | wc -l)" 6
    action=$(sed -n 's/^\.Cm \(check\|save\|verify\)$/\1/p' "$page" | head -1)
    run "$TMINUS" "$verb" $action --format prometheus
    sed -n 's/.*it writes //p' "$tmp/err" | tr -d ',' | tr ' ' '\n' >"$tmp/formats"
    is "$verb: its formats stand in its page" \
        "$(sed -n '/^\.It Fl -format/,/^\.It\|^\.El/s/^\.Cm \([a-z]*\).*/\1/p' "$page" | sort)" "$(sort "$tmp/formats")"
done

# The examples run, on the mail database with a few rows.
cd "$tmp" || exit 1
mkdir bin
ln -s "$TMINUS" bin/tminus
PATH=$tmp/bin:$PATH
export PATH TMINUS_STATE="$tmp/state" DATABASE_URL=sqlite:mail.db
cp -r "$SOURCE/examples/mail/migrations" "$SOURCE/examples/mail/tminus.yaml" .
git init -q . && git add migrations tminus.yaml
commit() { git -c user.name=t -c user.email=t@example.org commit -q -m "$1" --allow-empty; }
git rm -q --cached migrations/0003_* && commit one
git add migrations && commit two
git update-ref refs/remotes/origin/main HEAD~1
{
    cat migrations/0001_mail.up.sql migrations/0002_category_map.up.sql
    echo "CREATE TABLE schema_migrations (version uint64, dirty bool);
          INSERT INTO schema_migrations VALUES (2, false);
          INSERT INTO emails VALUES (1, 'a@example.org', 'one', 'text', '2025-01-01', 'active', 'brief');"
} | sqlite3 mail.db

for page in "$man"/*.1; do
    refused=0
    case $page in # a plan is of what is pending, a verification of what is applied
    */tminus-plan.1) tminus migrate --undo --steps 1 --quiet >"$tmp/out" ;;
    */tminus-rehearse.1) cp "$SOURCE"/examples/mail/mended/* migrations/ ;; # the other one is HOLD: it loses the key
    */tminus-verify.1) tminus migrate --quiet >"$tmp/out" ;;
    # The gates stop the one that there is: who steers it is told that it has ended.
    */tminus-abort.1 | */tminus-go.1 | */tminus-hold.1 | */tminus-rollback.1) run tminus launch --quiet && refused=6 ;;
    esac
    sed -n '/^\.Bd -literal -offset indent$/,/^\.Ed$/p' "$page" | grep -E '^([A-Z_]+=[^ ]* )?tminus ' >"$tmp/examples"
    is "$(basename "$page"): has examples" "$(test -s "$tmp/examples" && echo yes)" yes
    while IFS= read -r line; do
        run sh -c "$line"
        [ "$status" -le 1 ] || [ "$status" -eq $refused ] # no error of usage or input
        is_right=$?
        result $is_right "$line"
        [ $is_right -eq 0 ] || show "$tmp/err"
    done <"$tmp/examples"
done

is 'docs/README.md lists what is there' \
    "$(sed -n 's/.*](\([^)]*\)).*/\1/p' "$SOURCE/docs/README.md" | sort)" "$(ls "$SOURCE/docs" | grep -v '^README' | sort)"
done_testing

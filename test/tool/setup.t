#!/bin/sh
# tool/setup says nothing when all is there, and fails clearly where it cannot work.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"

ends 0 'all is installed' "$SOURCE/tool/setup"
is 'all is installed: nothing is said' "$(cat "$tmp/out" "$tmp/err")" ''
ends 2 'a word that it does not know' "$SOURCE/tool/setup" everything
says 'a word that it does not know: usage' err 'usage: tool/setup [check]'

mkdir "$tmp/bin"
for tool in sh sed tr id env; do
    ln -s "$(command -v $tool)" "$tmp/bin/$tool"
done
ends 2 'no Debian' env PATH="$tmp/bin" "$SOURCE/tool/setup"
says 'no Debian: it says what is needed' err 'libtalloc-dev'

# A machine on which dpkg knows one package less, and apt-get notes what it is asked for.
cat >"$tmp/bin/dpkg-query" <<'S'
#!/bin/sh
/usr/bin/dpkg-query "$@" | grep -v '^libyaml-dev '
S
printf '#!/bin/sh\necho "$*" >>"%s"\n' "$tmp/asked" >"$tmp/bin/apt-get"
printf '#!/bin/sh\nexec "$@"\n' >"$tmp/bin/sudo"
chmod +x "$tmp/bin/dpkg-query" "$tmp/bin/apt-get" "$tmp/bin/sudo"
ends 0 'one package is missing' env PATH="$tmp/bin:$PATH" "$SOURCE/tool/setup"
says 'one package is missing: it says so' out 'tool/setup: installing libyaml-dev'
is 'one package is missing: only it is installed' "$(tail -n 1 "$tmp/asked")" \
    '-q -y --no-install-recommends install libyaml-dev'
printf '#!/bin/sh\nexit 100\n' >"$tmp/bin/apt-get"
ends 2 'apt-get fails' env PATH="$tmp/bin:$PATH" "$SOURCE/tool/setup"
says 'apt-get fails: it says so' err 'apt-get update failed'
done_testing

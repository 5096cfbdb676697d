#!/bin/sh
# tminus build: the artifact's digest is recorded, and must be what another environment verified.
# SPDX-License-Identifier: Apache-2.0
. "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}/test/support/tap.sh"
. "$SOURCE/test/support/http_server.sh"
export TMINUS_STATE="$tmp/state" WEB="$web"
unset TMINUS_STATE
export XDG_STATE_HOME="$tmp/state"
mkdir "$tmp/shop" && cd "$tmp/shop" || exit 1
sum() { sha256sum "$1" | cut -c1-64; }
cat >make.sh <<'END'
#!/bin/sh
echo "$1" >>ran
case $(cat manner) in
well) echo "program $1" >shop.bin ;;
fail) echo 'undefined reference' >&2; exit 2 ;;
nothing) rm -f shop.bin ;;
esac
END
printf '#!/bin/sh\necho "$1" >"$WEB/version"\n' >deploy.sh
chmod +x make.sh deploy.sh
configure() # RELEASE-of-production ARTIFACT
{
    common="build: [./make.sh, '{version}'], deploy: [./deploy.sh, '{version}'], environment: [WEB], artifact: ${2:-shop.bin}"
    health="[{name: version, http: 'http://127.0.0.1:$(port http)/health', expect: {json: {version: '{version}'}}}]"
    cat >tminus.yaml <<END
service: shop
environments:
  staging: {release: {$common}, health: $health}
  production: {release: {$common$1}, health: $health}
END
}
build() { "$TMINUS" build --version "$@"; }
runs() { [ -f ran ] && wc -l <ran | tr -d ' ' || echo 0; }
member() { python3 -c "import json; print(json.load(open('$tmp/out'))$1)"; }

printf 'service: shop\nenvironments: {production: {}}\n' >tminus.yaml
ends 2 'no build command' build 1.0
printf 'service: shop\nenvironments: {production: {release: {build: [./make.sh]}}}\n' >tminus.yaml
ends 2 'no artifact' build 1.0
says 'no artifact: said' err "it is not said what the build makes"
configure ''
echo well >manner
ends 2 'no version' "$TMINUS" build
ends 0 'dry run' build 1.0 --dry-run
says 'dry run: said' out 'TO DO  1.0 was not built'
is 'dry run: nothing was run' "$(runs)" 0
ends 0 'built' build 1.0
says 'built: said' out "DONE  its SHA-256 is $(sum shop.bin)"
ends 0 'built before' build 1.0 --format json
is 'built before: nothing was run' "$(runs) $(member '["was_there"]') $(member '["evidence"]["sha256"]')" "1 True $(sum shop.bin)"
echo other >shop.bin
ends 0 'what was built is there no longer' build 1.0
is 'it is built anew' "$(runs)" 2
echo fail >manner
ends 4 'the command fails' build 1.1
says 'the command fails: said' out 'NOT DONE  ./make.sh: ended with status 2: undefined reference; 1.1 was not built'
echo nothing >manner
ends 5 'it makes nothing' build 1.1
says 'it makes nothing: said' out 'NOT DONE  shop.bin: '
echo well >manner
configure '' '[sh, -c, "echo made; echo sha256:$(sha256sum shop.bin | cut -c1-64)"]'
ends 0 'a command prints the digest' build 1.2 --format json
is 'a command prints the digest: it' "$(member '["evidence"]["sha256"]')" "$(sum shop.bin)"
configure '' '[echo, none]'
ends 5 'a command prints none' build 1.3
says 'a command prints none: said' out 'release.artifact: echo prints no SHA-256'

# What staging verified.
configure ', verified_in: staging'
ends 3 'staging has not released it' build 2.0
says 'staging has not released it: said' out 'UNKNOWN  staging has not released a built 2.0 yet'
ends 0 'built in staging' build 2.0 --env staging
ends 3 'built there, not released' build 2.0
ends 0 'released in staging' "$TMINUS" release --version 2.0 --env staging
ends 0 'the same artifact' build 2.0
says 'the same artifact: said' out 'DONE  it is what staging verified: SHA-256'
sed -i 's/program/another program/' make.sh
echo >shop.bin
ends 1 'another artifact' build 2.0
says 'another artifact: said' out "NO-GO  it is $(sum shop.bin | cut -c1-12), and staging verified"
sed -i 's/another program/program/' make.sh
configure ', verified_in: stage'
ends 2 'no such environment' build 2.0

# Provenance.
configure ', provenance: shop.intoto.json'
rm -f shop.bin
ends 3 'no provenance' build 3.0
says 'no provenance: said' out 'UNKNOWN  shop.intoto.json: '
statement() { printf '{"_type": "https://in-toto.io/Statement/v1", "subject": [{"name": "shop.bin", "digest": {"sha256": "%s"}}],
"predicateType": "https://slsa.dev/provenance/v1", "predicate": {"runDetails": {"builder": {"id": "https://builder.example"}}}}' "$1"; }
statement "$(sum shop.bin)" >shop.intoto.json
ends 0 'a statement of it' build 3.0 --format json
is 'a statement of it: who built' "$(member '["evidence"]["provenance"]["builder"]')" https://builder.example
rm shop.bin
printf '{"payloadType": "application/vnd.in-toto+json", "payload": "%s", "signatures": []}\n{"more": 1}\n' \
    "$(statement "$(echo 'program 3.0' | sha256sum | cut -c1-64)" | base64 -w0)" >shop.intoto.json
ends 0 'in an envelope' build 3.0
rm shop.bin
statement 0000000000000000000000000000000000000000000000000000000000000000 >shop.intoto.json
ends 1 'of another artifact' build 3.0
says 'of another artifact: said' out 'NO-GO  shop.intoto.json speaks of 000000000000, and the artifact is'
rm shop.bin
echo '{"payload": "*"}' >shop.intoto.json
ends 3 'no statement' build 3.0
done_testing

#!/usr/bin/env bash
# fetch.sh VERSION: puts a built Keycloak into the cache and prints its directory.
#
# The distribution comes from Maven Central through Maven, is checked against the digest in
# sha256sums, and is unpacked and built (features are chosen at build time) once. A second call
# finds it and does nothing.
#
# Exit codes: 0 there, 2 wrong usage, 3 the artifact cannot be had (no Maven, no network, unknown
# version), 4 what arrived is not what sha256sums says, 5 unpacking or building failed, or there is
# no Java.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
version=${1:-}
cache=${FINSDK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/finsdk}
archive="keycloak-quarkus-dist-$version.tar.gz"
home="$cache/keycloak-$version"

say() { printf 'fetch.sh: %s\n' "$*" >&2; }
fail() { # CODE MESSAGE
	printf '\n*** Keycloak %s is not available: %s\n\n' "$version" "$2" >&2
	exit "$1"
}

if ! [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]]; then
	say "usage: fetch.sh VERSION, one of: $(sed -E 's/.*dist-(.*)\.tar\.gz/\1/' "$here/sha256sums" | paste -sd ' ')"
	exit 2
fi
pinned=$(awk -v f="$archive" '$2 == f { print $1 }' "$here/sha256sums")
[ -n "$pinned" ] || fail 3 "sha256sums has no digest for $archive"

mkdir -p "$cache"
# Two test runs may start at once; one of them unpacks.
exec 9>"$cache/keycloak-$version.lock"
flock 9

if [ -e "$home/.built" ]; then
	printf '%s\n' "$home"
	exit 0
fi
command -v java >/dev/null || fail 5 "no java; Debian: apt-get install openjdk-17-jre-headless"

digest() { sha256sum "$cache/$archive" | cut -d ' ' -f 1; }
if ! { [ -e "$cache/$archive" ] && [ "$(digest)" = "$pinned" ]; }; then
	command -v mvn >/dev/null || fail 3 "no mvn; Debian: apt-get install maven"
	say "fetching $archive with Maven (about 170 MB)"
	mvn -q -B -ntp dependency:copy "-Dartifact=org.keycloak:keycloak-quarkus-dist:$version:tar.gz" \
		"-DoutputDirectory=$cache" -Dmdep.useBaseVersion=true >&2 ||
		fail 3 "Maven could not get org.keycloak:keycloak-quarkus-dist:$version:tar.gz"
	[ -e "$cache/$archive" ] || fail 3 "Maven said nothing, and left no $archive"
	got=$(digest)
	if [ "$got" != "$pinned" ]; then
		rm -f "$cache/$archive"
		fail 4 "its sha256 is $got, and sha256sums says $pinned"
	fi
fi

say "unpacking and building Keycloak $version"
rm -rf "$home"
tar -C "$cache" -xzf "$cache/$archive" || fail 5 "$archive does not unpack"
# dev-file is the embedded database, which outlives a restart of the server.
JAVA_OPTS_KC_HEAP='-Xms64m -Xmx768m' "$home/bin/kc.sh" build --db=dev-file --health-enabled=false \
	--features=client-secret-rotation >"$home/build.log" 2>&1 || {
	cat "$home/build.log" >&2
	fail 5 "kc.sh build failed"
}
rm -f "$cache/$archive" # Maven's own repository still has it
touch "$home/.built"
printf '%s\n' "$home"

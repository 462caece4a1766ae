#!/usr/bin/env bash
# run.sh [GO TEST FLAGS]: tests against real Keycloaks, from fetching to stopping them; with -short
# less of them.
#
# KEYCLOAK_VERSIONS  the versions to test with, all that keycloak/sha256sums pins where unset
# KEYCLOAK_URL       a running server to use instead, with KEYCLOAK_ADMIN and KEYCLOAK_PASSWORD; the tests
#                    change its realms, so it should be one to throw away
# FINSDK_CACHE       where distributions are kept
#
# A server that cannot be fetched is no failure: its tests are skipped, the others run, and the last
# lines say what was left out. Anything else that goes wrong is one.
set -euo pipefail
cd "$(dirname "$0")"

missing=()
if [ -z "${KEYCLOAK_URL:-}" ]; then
	pinned=$(sed -E 's/.*keycloak-quarkus-dist-(.*)\.tar\.gz/\1/' keycloak/sha256sums)
	read -r -a versions <<<"${KEYCLOAK_VERSIONS:-$(paste -sd ' ' <<<"$pinned")}"
	for version in "${versions[@]}"; do
		code=0
		keycloak/fetch.sh "$version" >/dev/null || code=$?
		case $code in
		0) ;;
		3) missing+=("$version") ;;
		*) exit "$code" ;;
		esac
	done
fi

# In short form, only what asks a Keycloak: the other packages have targets of their own.
packages=(./...)
case " $* " in *" -short "*) packages=(. ./agreement ./keycloak ./sdk ./table) ;; esac

# One package at a time: each starts servers of its own, and the machine may be small. Within one,
# cases mostly wait.
status=0
go test -race -count=1 -p 1 -parallel 8 -timeout 30m "$@" "${packages[@]}" || status=$?

if [ ${#missing[@]} -gt 0 ]; then
	printf '\n%s\n' '********************************************************************************'
	printf '*** NOT TESTED against Keycloak %s: the artifact could not be had.\n' "${missing[@]}"
	printf '*** fetch.sh said why above. Everything else ran.\n'
	printf '%s\n' '********************************************************************************'
fi
exit "$status"

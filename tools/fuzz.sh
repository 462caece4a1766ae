#!/bin/sh
# Fuzzes each target of the root module in turn, for the time (30s) or the count (1000x) that is
# given.
#
# Up to Go 1.26 a run may end with "context deadline exceeded" when its time is up and nothing was
# found (golang/go#75804): whether its workers hear of the end before the coordinator reports it is
# a race. Such a run is taken for what it is. All else that fails a run, an input that was found
# first of all, fails here too.
set -eu
cd "$(dirname "$0")/.."
budget=$1
log=$(mktemp)
trap 'rm -f "$log" "$log.status"' EXIT

# Time was up: the deadline is all that the one failure says.
ended() {
	awk '
		/--- FAIL: / {failures++; line = NR}
		line && NR == line + 1 {deadline = $0 == "    context deadline exceeded"}
		line && NR == line + 2 {last = $0 == "FAIL"}
		END {exit !(failures == 1 && deadline && last)}' "$log"
}

run() {
	{
		go test -run '^$' -fuzz "^$2\$" -fuzztime "$budget" -fuzzminimizetime 10x "$1" </dev/null 2>&1
		echo $? >"$log.status"
	} | tee "$log"
	[ "$(cat "$log.status")" -eq 0 ] && return
	ended || return 1
	echo "The time was up: no input was found that fails $2."
}

listed=$(go test -list '^Fuzz' ./...) || { echo "$listed"; exit 1; }
targets=$(echo "$listed" | awk '/^Fuzz/ {t[n++] = $1} /^ok/ {for (i = 0; i < n; i++) print $2, t[i]; n = 0}')
[ -n "$targets" ] || { echo "There are no fuzz targets." >&2; exit 1; }
echo "$targets" | while read -r package target; do
	echo "$target in $package for $budget"
	run "$package" "$target" || exit 1
done

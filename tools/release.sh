#!/bin/sh
# Publishes a release: tools/release.sh v1.2.3 [remote]
#
# Tags the root module, then each nested module that people install or import, and pushes the tags.
# A nested module is tagged at a commit of its own, which requires the root's new version in place
# of the replace line: with that line in its go.mod, "go install …@latest" would refuse it. On the
# branch the line stays.
set -eu
root=github.com/finsdk/finsdk-go
version=${1:?which version, such as v1.2.3?}
remote=${2:-origin}
cd "$(dirname "$0")/.."
die() { echo "release: $*" >&2; exit 1; }

[ -z "$(git status --porcelain)" ] || die "there are uncommitted changes"
grep -q "^## ${version#v} " CHANGELOG.md || die "CHANGELOG.md has no heading '## ${version#v} (date)'"
grep -q "^const Version = \"${version#v}\"\$" version.go || die "Version in version.go is another one"

git tag -a -m "$version" "$version"
git push "$remote" "$version"

back=$(git symbolic-ref --quiet --short HEAD || git rev-parse HEAD)
trap 'git switch --quiet "$back" 2>/dev/null || git switch --quiet --detach "$back"' EXIT
# One that requires another stands behind it.
for module in auth/redisstore auth/otelauth cmd/finsdk; do
	[ -f "$module/go.mod" ] || continue
	git switch --quiet --detach "$version"
	for needed in $(sed -n "s|^replace \($root[^ ]*\) => .*|\1|p" "$module/go.mod"); do
		go -C "$module" mod edit -dropreplace "$needed" -require "$needed@$version"
	done
	go -C "$module" mod tidy
	git commit --quiet --all --message "$module $version"
	git tag -a -m "$module $version" "$module/$version"
	git push "$remote" "$module/$version"
done

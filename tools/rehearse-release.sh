#!/bin/sh
# Goes through a release of this very commit, with a copy of the repository in place of the public
# one, and installs the command from there as anybody would. Nothing outside a temporary folder
# changes.
set -eu
cd "$(dirname "$0")/.."
version=v0.99.0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

git clone --quiet --bare . "$tmp/public.git"
git clone --quiet "$tmp/public.git" "$tmp/work"

# github.com/finsdk/finsdk-go is the copy from here on, for git and so for go, whose module cache
# starts empty.
cat >"$tmp/gitconfig" <<-EOF
	[url "file://$tmp/public.git"]
		insteadOf = https://github.com/finsdk/finsdk-go
	[user]
		name = Rehearsal
		email = rehearsal@example.com
	[advice]
		detachedHead = false
EOF
export GIT_CONFIG_GLOBAL="$tmp/gitconfig" GOPRIVATE=github.com/finsdk/finsdk-go GOMODCACHE="$tmp/modules" GOBIN="$tmp/bin"
export GOFLAGS="-modcacherw ${GOFLAGS:-}"

cd "$tmp/work"
sed -i.old "s/^## Unreleased/&\n\n## ${version#v} (2000-01-01)/" CHANGELOG.md
sed -i.old "s/^const Version = .*/const Version = \"${version#v}\"/" version.go
rm CHANGELOG.md.old version.go.old
git commit --quiet --all --message "$version"
tools/release.sh "$version" origin
[ -z "$(git status --porcelain)" ] || { echo "The release left changes behind." >&2; exit 1; }

cd "$tmp"
go install github.com/finsdk/finsdk-go/cmd/finsdk@latest
said=$(bin/finsdk version)
echo "$said"
case $said in
"finsdk $version, "*) ;;
*) echo "That is not $version." >&2; exit 1 ;;
esac

#!/bin/bash
# SPDX-License-Identifier: MIT
# Which version a build calls itself: in a tarball, in an archive of git, in a checkout with and without a tag, changed or not.
# Usage: version.sh CMAKE
set -u
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
CMAKE=$1
SCRIPT=$root/cmake/version.cmake
folder TMP
# as a hook of git would have it, this would be about another checkout
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t
SRC=$TMP/src
mkdir "$SRC"
echo one >"$SRC/CMakeLists.txt"
TZ=UTC touch -d 2020-02-02 "$SRC/CMakeLists.txt"

ask() { # SOURCE
	"$CMAKE" -DSOURCE="$1" -DFALLBACK=0.1.0 -DOUT="$TMP/version.c" -P "$SCRIPT" &&
		sed -n 's/.*irqstorm_version\[\] = "\(.*\)";/\1/p' "$TMP/version.c"
}

expect() { # NAME REGEX
	local version
	version=$(ask "$SRC" 2>&1)
	result "$1" "$([[ $version =~ ^$2$ ]] && echo 1)" "'$version' is not $2"
	result "$1, as a Debian package" "$(dpkg --validate-version "$version-1" 2>/dev/null && echo 1)" "$version-1"
}

commit() { # TEXT
	echo "$1" >"$SRC/CMakeLists.txt"
	git -C "$SRC" add CMakeLists.txt
	git -C "$SRC" commit -q -m "$1"
}

expect "a tarball of unknown origin says so" '0\.1\.0\+unknown'
grep -q '"2020-02-02"' "$TMP/version.c"
result "a tarball has the day of its files" "$([ $? = 0 ] && echo 1)" "$(cat "$TMP/version.c")"

git init -q "$TMP"
git -C "$TMP" add src
git -C "$TMP" commit -q -m outer
git -C "$TMP" tag v9.9.9
expect "a tarball inside another checkout does not take that one's version" '0\.1\.0\+unknown'

git init -q "$SRC"
commit two
expect "a checkout without a tag names its commit" '0\.1\.0\+g[0-9a-f]{7,}'
before=$(stat -c %y "$TMP/version.c")
ask "$SRC" >/dev/null
result "the same version leaves the file alone" "$([ "$before" = "$(stat -c %y "$TMP/version.c")" ] && echo 1)" \
	"version.c was written again"
git -C "$SRC" tag nightly
expect "a tag that is no version is none" '0\.1\.0\+g[0-9a-f]{7,}'
git -C "$SRC" tag v2.0.0-rc1
expect "nor is that of a candidate" '0\.1\.0\+g[0-9a-f]{7,}'
git -C "$SRC" tag -a -m release v1.2.3
expect "a tag is the version" '1\.2\.3'
echo changed >>"$SRC/CMakeLists.txt"
expect "a changed file makes it dirty" '1\.2\.3\+dirty'
commit three
expect "a commit after the tag counts" '1\.2\.3\+1\.g[0-9a-f]{7,}'
grep -q "\"$(git -C "$SRC" log -1 --format=%cs)\"" "$TMP/version.c"
result "the date is that of the commit" "$([ $? = 0 ] && echo 1)" "$(cat "$TMP/version.c")"
later=$(ask "$SRC")
result "and sorts after the tag" "$(dpkg --compare-versions "$later-1" gt 1.2.3-1 && echo 1)" "$later"
result "and before the next one" "$(dpkg --compare-versions "$later-1" lt 1.2.4-1 && echo 1)" "$later"
echo changed >>"$SRC/CMakeLists.txt"
expect "a changed file is told there, too" '1\.2\.3\+1\.g[0-9a-f]{7,}\.dirty'
git -C "$SRC" checkout -q CMakeLists.txt
: >"$SRC/new"
expect "a file that git does not know changes nothing" '1\.2\.3\+1\.g[0-9a-f]{7,}'
git clone -q --depth 1 "file://$SRC" "$TMP/shallow"
archive() { # COMMIT: its archive is what is asked about from now on
	SRC=$TMP/archive-$1
	mkdir "$SRC"
	git -C "$TMP/src" archive "$1" | tar -x -C "$SRC"
}
mkdir "$TMP/src/cmake"
cp "$root/cmake/archive.txt" "$TMP/src/cmake"
cp "$root/.gitattributes" "$TMP/src"
git -C "$TMP/src" add cmake .gitattributes
commit four
hash=$(git -C "$TMP/src" rev-parse HEAD | cut -c1-9)
archive HEAD
expect "an archive of a checkout is what the checkout is" "1\.2\.3\+2\.g$hash"
grep -q "\"$(git -C "$TMP/src" log -1 --format=%cs)\"" "$TMP/version.c"
result "and of its commit's day" "$([ $? = 0 ] && echo 1)" "$(cat "$TMP/version.c")"
SRC=$TMP/src
git -C "$SRC" tag v1.3.0
archive v1.3.0
expect "an archive of a release is the release" '1\.3\.0'
git -C "$TMP/src" tag -d v1.3.0 >/dev/null
git -C "$TMP/src" tag -d v1.2.3 >/dev/null
archive HEAD~0
expect "an archive without a tag names its commit" "0\.1\.0\+g$hash"
cp "$root/cmake/archive.txt" "$SRC/cmake"
expect "a copy that git did not make an archive of is unknown" '0\.1\.0\+unknown'
SRC=$TMP/shallow
expect "a shallow clone names its commit" '0\.1\.0\+g[0-9a-f]{7,}'
finish

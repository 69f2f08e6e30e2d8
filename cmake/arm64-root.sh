#!/bin/bash
# SPDX-License-Identifier: MIT
# arm64-root.sh DIR PACKAGE...: Debian's packages for arm64, unpacked below DIR, for the preset arm64. Nothing is
# installed and no architecture is added to this machine: apt gets lists of its own, read as an ordinary user. What is
# there already is not fetched again.
set -euo pipefail
dir=$(realpath -m "$1")
shift
missing=()
for package in "$@"; do
	[ -e "$dir/.have/$package" ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
command -v apt-get >/dev/null || {
	echo "arm64-root.sh: no apt-get here: unpack ${missing[*]} of Debian's arm64 below $dir by hand" >&2
	exit 3
}
mkdir -p "$dir/.have" "$dir/.apt/lists/partial" "$dir/.apt/cache/archives/partial"
apt() {
	apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o Dir::State="$dir/.apt" \
		-o Dir::State::lists="$dir/.apt/lists" -o Dir::State::status=/dev/null -o Dir::Cache="$dir/.apt/cache" \
		-o APT::Sandbox::User= -o Debug::NoLocking=1 -o Acquire::Languages=none "$@"
}
cd "$dir/.apt"
rm -f ./*.deb
if ! { apt update && apt download "${missing[@]}"; } >log 2>&1; then
	grep -m 3 '^[EW]:' log >&2 || tail -3 log >&2
	echo "arm64-root.sh: apt-get has no ${missing[*]} for arm64: is the network up?" >&2
	exit 3
fi
for deb in *.deb; do
	dpkg-deb -x "$deb" "$dir"
done
rm -rf ./*.deb lists
for package in "${missing[@]}"; do
	: >"$dir/.have/$package"
done

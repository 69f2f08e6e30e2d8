#!/bin/bash
# SPDX-License-Identifier: MIT
# The Debian package of this build: made, unpacked somewhere else, and used from there.
# Usage: package.sh CPACK BUILD-FOLDER IRQSTORM
set -u
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
CPACK=$1 BUILD=$2 IRQSTORM=$3
folder TMP
cd "$TMP" || exit 3

why=$("$CPACK" --config "$BUILD/CPackConfig.cmake" -B "$TMP" 2>&1)
deb=$(echo "$TMP"/irqstorm_*.deb)
result "cpack makes one package" "$([ -f "$deb" ] && echo 1)" "$why"
[ -f "$deb" ] || finish

field() { dpkg-deb -f "$deb" "$1"; }
version=$("$IRQSTORM" --version)
version=${version#irqstorm }
result "it has the program's version" "$([ "$(field Version)" = "$version-1" ] && echo 1)" "$(field Version), not $version-1"
result "it is named for its machine" "$([ "$(field Package) $(field Architecture)" = "irqstorm $(dpkg --print-architecture)" ] &&
	echo 1)" "$(field Package) $(field Architecture)"
result "it needs no other package" "$([ -z "$(field Depends)" ] && echo 1)" "$(field Depends)"
result "it recommends what guests need" "$([ "$(field Recommends)" = "qemu-system-x86, xz-utils" ] && echo 1)" \
	"$(field Recommends)"

root=$TMP/root
# a scratch database and root: the checks that dpkg makes of a package, without being the system's
mkdir -p "$root/var/lib/dpkg/updates" "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/triggers"
: >"$root/var/lib/dpkg/status"
why=$(dpkg --root="$root" --force-not-root --force-script-chrootless --log=/dev/null -i "$deb" 2>&1)
result "dpkg installs it" "$([ $? = 0 ] && [ -x "$root/usr/bin/irqstorm" ] && echo 1)" "$why"
why=$(find "$root/usr" -perm /022 ! -type l)
result "nobody else may write to its files" "$([ -z "$why" ] && echo 1)" "$why"

# As on a machine without anything of this one: no library, no build folder, no source.
installed() { env -i HOME="$TMP" PATH=/none "$root/usr/bin/irqstorm" "$@"; }
why=$(installed --version 2>&1)
result "the installed program runs" "$([ "$why" = "irqstorm $version" ] && echo 1)" "$why"
why=$(installed stress --duration 1s --no-control --quiet 2>&1)
result "it storms" "$([ $? = 0 ] && echo 1)" "$why"
why=$(installed run "$root"/usr/share/irqstorm/corpus/rules/*.irq 2>&1)
result "it runs the installed corpus" "$([ $? = 0 ] && echo 1)" "$(tail -1 <<<"$why")"
corpus=$(cd "$(dirname "$0")/../../corpus" && pwd)
corpus_differs() { diff -r -x .gitkeep "$corpus" "$root/usr/share/irqstorm/corpus" 2>&1; }
why=$(corpus_differs)
result "the corpus is whole" "$([ -z "$why" ] && echo 1)" "$why"
rm "$root/usr/share/irqstorm/corpus/rules/msi_then_msix.irq"
result "a program that is not there would be told" "$(corpus_differs | grep -q msi_then_msix && echo 1)" "it is not"
cmp -s "$(dirname "$0")/../../gate/default.gate" "$root/usr/share/irqstorm/gate/default.gate"
result "an example of a gate file is there" "$([ $? = 0 ] && echo 1)" "$(ls -R "$root/usr/share/irqstorm" | head -5)"
examples=$root/usr/share/doc/irqstorm/examples
program=$(sed -n 's/^ExecStart=\([^ ]*\) .*/\1/p' "$examples/irqstorm-nightly.service")
result "the service for every night starts the installed program" "$([ -x "$root$program" ] && [ -n "$program" ] &&
	[ -f "$examples/irqstorm-nightly.timer" ] && [ -f "$examples/irqstorm-nightly.yml" ] && echo 1)" "'$program', $(ls "$examples")"

pages_missing() {
	local sub
	for sub in "" $(installed --help | sed -n 's/^  \([a-z]*\) .*/-\1/p'); do
		mman -M "$root/usr/share/man" -w "irqstorm$sub" >/dev/null 2>&1 || echo "irqstorm$sub"
	done
}
why=$(pages_missing)
result "man finds every page" "$([ -z "$why" ] && echo 1)" "$why"
rm "$root/usr/share/man/man1/irqstorm-run.1.gz"
why=$(pages_missing)
result "a page that is not there would be told" "$([ "$why" = irqstorm-run ] && echo 1)" "$why"
completion=$root/usr/share/bash-completion/completions/irqstorm
result "bash finds the completion" "$(installed manual --completion | cmp -s - "$completion" && echo 1)" "$completion differs"
doc=$root/usr/share/doc/irqstorm
# links FOLDER ROOT: those of its documents that lead nowhere in the installation
links() {
	(cd "$1" && find . -name '*.md' | while read -r file; do
		grep -oE '\]\([^)#]+' "$file" | sed 's/^](//' | grep -vE '^[a-z]+:' | while read -r link; do
			case $link in /*) at=$2$link ;; *) at=$(dirname "$file")/$link ;; esac
			[ -e "$at" ] || echo "$file: $link"
		done
	done)
}
why=$(links "$doc" "$root")
result "each link of each document leads there" "$([ -f "$doc/README.md" ] && [ -f "$doc/docs/rules.md" ] && [ -z "$why" ] &&
	echo 1)" "$why"
mv "$doc/results/losses-2026-11.svg" "$TMP/"
why=$(links "$doc" "$root")
result "a picture that is not there would be told" "$(grep -qx "./README.md: results/losses-2026-11.svg" <<<"$why" && echo 1)" "$why"
mv "$TMP/losses-2026-11.svg" "$doc/results/"
why=$(grep -rhoE '/usr/share/irqstorm/corpus/[a-z*./]+' "$doc/README.md" | sort -u | while read -r at; do
	ls $root$at >/dev/null 2>&1 || echo "$at"
done)
result "its commands name the installed corpus" "$(grep -q 'irqstorm run /usr/share/irqstorm/corpus/rules/' "$doc/README.md" &&
	[ -z "$why" ] && echo 1)" "$why"
result "the licence is there" "$(grep -q 'MIT License' "$doc/copyright" && echo 1)" "no licence"
if command -v lintian >/dev/null; then
	why=$(lintian --allow-root --fail-on error,warning "$deb" 2>&1)
	result "lintian has nothing to say" "$([ $? = 0 ] && [ -z "$why" ] && echo 1)" "$why"
else
	skip "lintian has nothing to say" "no lintian: apt-get install lintian"
fi

# The same without a package, below DESTDIR; what is for packages alone is not there.
why=$(DESTDIR=$TMP/dest cmake --install "$BUILD" --prefix /opt/storm 2>&1)
result "cmake --install honours DESTDIR" "$([ $? = 0 ] && [ "$(ls "$TMP/dest")" = opt ] &&
	[ "$("$TMP/dest/opt/storm/bin/irqstorm" --version)" = "irqstorm $version" ] && echo 1)" "$why $(ls "$TMP/dest")"
why=$(find "$TMP/dest" -path '*lintian*' -o -name 'changelog*')
result "and installs nothing of the package's own" "$([ -z "$why" ] && echo 1)" "$why"
(cd "$TMP" && gzip -dc dest/opt/storm/share/man/man1/irqstorm-run.1.gz | cmp -s - <("$IRQSTORM" manual run))
result "with the manual" $((1 - $?)) "$(ls "$TMP/dest/opt/storm/share/man/man1" | head -2)"
why=$(grep -rlF "$BUILD" "$root/usr/share" 2>/dev/null)
result "no text names the build folder" "$([ -z "$why" ] && echo 1)" "$why"
finish

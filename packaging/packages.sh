#!/bin/sh
# SPDX-License-Identifier: MIT
# packages.sh [DIR]: both Debian packages, irqstorm and irqstorm-fuzz, into DIR (default: build/packages), which has the
# builds, too. Besides what irqstorm itself needs it takes clang with its libFuzzer (apt-get install clang libclang-rt-14-dev on Debian 12, clang
# libclang-rt-19-dev on 13), dpkg-dev, and, for AFL++, afl++. A package built on Debian 12 runs on 13, too.
set -eu
cd "$(dirname "$0")/.."
out=$(realpath -m "${1:-build/packages}")
mkdir -p "$out"
presets="release fuzz-bare zoo"
if command -v afl-clang-fast >/dev/null; then
	presets="$presets afl zoo-afl"
else
	echo "packages.sh: no afl-clang-fast, so irqstorm-fuzz is without AFL++: apt-get install afl++" >&2
fi
for preset in $presets; do
	echo "packages.sh: building $preset"
	case $preset in
	release) targets="irqstorm manual" ;;
	zoo) targets="irqstorm fuzz/all" ;;
	*) targets=fuzz/all ;;
	esac
	# shellcheck disable=SC2086 # words
	cmake --preset "$preset" -B "$out/$preset" -DIRQSTORM_TESTS=OFF >"$out/$preset.log" 2>&1 &&
		ninja -C "$out/$preset" $targets >>"$out/$preset.log" 2>&1 || {
		tail -5 "$out/$preset.log" >&2
		echo "packages.sh: the $preset build failed, see $out/$preset.log" >&2
		exit 3
	}
done
for config in CPackConfig CPackFuzzConfig; do
	cpack --config "$out/release/$config.cmake" -B "$out" >"$out/cpack.log" 2>&1 || {
		tail -5 "$out/cpack.log" >&2
		exit 3
	}
done
ls "$out"/irqstorm_*.deb "$out"/irqstorm-fuzz_*.deb

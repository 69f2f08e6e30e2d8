#!/bin/bash
# SPDX-License-Identifier: MIT
# What the corpora reach in the emulator and in the model, by llvm-cov: lines of each file and of all.
#   fuzz/coverage.sh [--grow SECONDS] [--html DIR] [--missed] [TARGET=DIR...]
# The seeds of corpus/ are always in; TARGET=DIR: so are inputs of a campaign. --grow: each target
# runs under libFuzzer (preset fuzz-bare) for so long first. --missed: the lines that nothing reached.
# Code of planted bugs does not count. Exit 1: less than IRQSTORM_COVERAGE_MIN percent (default 0).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=${IRQSTORM_COVERAGE_BUILD:-$root/build/coverage}
html='' missed=0 grow=0
targets="fuzz_irq_program fuzz_irq_faults fuzz_irq_interleave fuzz_set_irqs_raw fuzz_irq_stress fuzz_msix_guest"

tool() { # llvm-cov, by the version of clang that there is
	command -v "$1" || command -v "$1-14" || {
		echo "coverage.sh: $1 is missing: apt-get install llvm" >&2
		exit 3
	}
}
profdata=$(tool llvm-profdata) cov=$(tool llvm-cov)

more=()
while [ $# -gt 0 ]; do
	case $1 in
	--html)
		html=$2
		shift
		;;
	--grow)
		grow=$2
		shift
		;;
	--missed) missed=1 ;;
	--help)
		sed -n '3,7s/^# \{0,1\}//p' "$0"
		exit 0
		;;
	*=*) more+=("$1") ;;
	*)
		echo "coverage.sh: '$1' is not TARGET=DIR" >&2
		exit 2
		;;
	esac
	shift
done

mkdir -p "$build"
flags="-fprofile-instr-generate -fcoverage-mapping"
{
	cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_COMPILER=clang \
		-DCMAKE_C_FLAGS="$flags" -DIRQSTORM_TESTS=OFF && ninja -C "$build" fuzz/all
} >"$build/build.log" 2>&1 || {
	tail -20 "$build/build.log" >&2
	exit 3
}

if [ "$grow" != 0 ]; then
	(cd "$root" && cmake --preset fuzz-bare && ninja -C build/fuzz-bare $targets) >"$build/grow.log" 2>&1 || {
		tail -20 "$build/grow.log" >&2
		exit 3
	}
	for t in $targets; do
		mkdir -p "$build/grown/$t" "$build/seeds/$t"
		[ ! -d "$root/corpus/$t" ] || "$build/fuzz/$t" --encode "$root/corpus/$t" "$build/seeds/$t"
		"$root/build/fuzz-bare/fuzz/$t" -max_total_time="$grow" -max_len=256 -len_control=0 \
			"$build/grown/$t" "$build/seeds/$t" >"$build/grow-$t.log" 2>&1 || {
			tail -20 "$build/grow-$t.log" >&2
			exit 1
		}
		more+=("$t=$build/grown/$t")
	done
fi

rm -f "$build"/*.profraw
for t in $targets; do
	dirs=("$root/corpus/$t")
	[ "$t" = fuzz_set_irqs_raw ] || [ "$t" = fuzz_msix_guest ] || dirs+=("$root/corpus/rules")
	for m in "${more[@]}"; do
		[ "${m%%=*}" != "$t" ] || dirs+=("${m#*=}")
	done
	LLVM_PROFILE_FILE="$build/$t-%p.profraw" "$build/fuzz/$t" "${dirs[@]}"
done
"$profdata" merge -o "$build/corpus.profdata" "$build"/*.profraw

objects=("$build/fuzz/${targets%% *}")
for t in ${targets#* }; do
	objects+=(-object "$build/fuzz/$t")
done
common=("${objects[@]}" -instr-profile "$build/corpus.profdata" "$root/harness/emulator" "$root/harness/model")
if [ -n "$html" ]; then
	"$cov" show "${common[@]}" --format=html -o "$html" >/dev/null
	echo "report: $html/index.html"
fi
"$cov" show -show-instantiations=false "${common[@]}" |
	awk -v missed="$missed" -v min="${IRQSTORM_COVERAGE_MIN:-0}" -f "$root/fuzz/coverage.awk"

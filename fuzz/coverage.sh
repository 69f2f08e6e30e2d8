#!/bin/bash
# SPDX-License-Identifier: MIT
# What a corpus reaches in the emulator and in the model, by llvm-cov: lines of each file and, at the
# end, of both folders.
#   fuzz/coverage.sh [--html DIR] [--missed] [CORPUS...]
# CORPUS: TARGET=DIR for inputs beyond the seeds of corpus/, which are always in. --missed lists the
# lines that nothing reached. Exit 1 when less than IRQSTORM_COVERAGE_MIN percent (default 0).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=${IRQSTORM_COVERAGE_BUILD:-$root/build/coverage}
html='' missed=''
targets="fuzz_irq_program fuzz_irq_faults fuzz_irq_interleave fuzz_set_irqs_raw"

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
	--missed) missed=1 ;;
	--help)
		sed -n '3,8s/^# \{0,1\}//p' "$0"
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

rm -f "$build"/*.profraw
for t in $targets; do
	dirs=("$root/corpus/$t")
	[ "$t" = fuzz_set_irqs_raw ] || dirs+=("$root/corpus/rules")
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
"$cov" report -show-region-summary=false -show-branch-summary=false "${common[@]}" |
	tee "$build/report.txt"
if [ -n "$missed" ]; then
	"$cov" show "${common[@]}" | awk '/^[^ ].*:$/ { file = $0 }
		/^ *[0-9]+\| *0\|/ { sub(/^ */, ""); print file $0 }' | sed "s#$root/##"
fi
if [ -n "$html" ]; then
	"$cov" show "${common[@]}" --format=html -o "$html" >/dev/null
	echo "report: $html/index.html"
fi
awk -v min="${IRQSTORM_COVERAGE_MIN:-0}" '/^TOTAL/ {
	# ... lines, missed, percent
	percent = $NF; sub(/%/, "", percent); print "lines: " percent " %"; exit percent + 0 < min }' "$build/report.txt"

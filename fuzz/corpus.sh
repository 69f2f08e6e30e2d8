#!/bin/bash
# SPDX-License-Identifier: MIT
# Corpora of the fuzz targets, whichever engine grew them.
#   fuzz/corpus.sh seeds TARGET OUT           the seeds of corpus/ as inputs of TARGET
#   fuzz/corpus.sh import OUT DIR...          inputs from AFL++ or libFuzzer folders, named by sha1
#   fuzz/corpus.sh merge TARGET OUT DIR...    the fewest inputs that reach all that DIRs reach (libFuzzer)
#   fuzz/corpus.sh cmin TARGET OUT DIR...     the same by what AFL++ sees (afl-cmin)
#   fuzz/corpus.sh crashes TARGET DIR         crashes of AFL++ or libFuzzer into corpus/regressions/TARGET
# IRQSTORM_BUILD: the folder of builds (default: build), with release, fuzz and afl in it;
# IRQSTORM_REPLAY: a folder with the targets to use, whatever they were built for;
# IRQSTORM_REGRESSIONS: where crashes go instead of corpus/regressions.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=${IRQSTORM_BUILD:-$root/build}

die() {
	echo "corpus.sh: $*" >&2
	exit 3
}

program() { # PRESET... TARGET: the first build that has it
	local target=${!#}
	if [ -x "${IRQSTORM_REPLAY:-}/$target" ]; then
		echo "$IRQSTORM_REPLAY/$target"
		return
	fi
	while [ $# -gt 1 ]; do
		if [ -x "$build/$1/fuzz/$target" ]; then
			echo "$build/$1/fuzz/$target"
			return
		fi
		shift
	done
	die "$target is not built: cmake --preset ... && cmake --build --preset ..."
}

# Names of AFL++ hold ':' and ','; sha1 is what libFuzzer names by. Notes and states stay behind.
import() { # OUT DIR...
	local out=$1 f n=0
	shift
	mkdir -p "$out"
	while IFS= read -r -d '' f; do
		cp "$f" "$out/$(sha1sum <"$f" | cut -d' ' -f1)"
		n=$((n + 1))
	done < <(find "$@" -type f ! -path '*/.*' ! -name 'README*' ! -name 'fuzzer_*' ! -name cmdline \
		! -name fuzz_bitmap ! -name plot_data ! -name target_hash ! -name is_main_node \
		! -name '*.irq' ! -name '*.guest' -print0)
	echo "$n inputs, $(find "$out" -type f | wc -l) different, in $out"
}

seeds() { # TARGET OUT
	local target=$1 out=$2 replay
	replay=$(program release release-clang debug "$target")
	"$replay" --encode "$root/corpus/$target" "$out"
	case $target in
	fuzz_irq_program | fuzz_irq_faults | fuzz_irq_interleave | fuzz_program_text)
		"$replay" --encode "$root/corpus/rules" "$out"
		;;
	esac
	if [ -n "$(find "$root/corpus/regressions/$target" -type f ! -name '.*' 2>/dev/null)" ]; then
		"$replay" --encode "$root/corpus/regressions/$target" "$out"
	fi
}

merge() { # TARGET OUT DIR...
	local target=$1 out=$2 fuzzer all
	shift 2
	fuzzer=$(program fuzz-bare fuzz "$target")
	all=$(mktemp -d)
	import "$all" "$@"
	mkdir -p "$out"
	"$fuzzer" -set_cover_merge=1 -error_exitcode=1 "$out" "$all" 2>"$all.log" || {
		tail -20 "$all.log" >&2
		die "the merge failed"
	}
	rm -rf "$all" "$all.log"
	echo "$(find "$out" -type f | wc -l) inputs in $out"
}

cmin() { # TARGET OUT DIR...
	local target=$1 out=$2 fuzzer all
	shift 2
	fuzzer=$(program afl "$target")
	command -v afl-cmin >/dev/null || die "afl-cmin is missing: apt-get install afl++"
	# afl-showmap creates no file below /dev, so not in /dev/shm
	case ${TMPDIR:-} in
	/dev/*) all=$(mktemp -d -p /tmp) ;;
	*) all=$(mktemp -d) ;;
	esac
	import "$all" "$@"
	# afl-cmin refuses folders below /tmp unless told.
	AFL_ALLOW_TMP=1 afl-cmin -i "$all" -o "$all.min" -- "$fuzzer" >"$all.log" 2>&1 || {
		tail -20 "$all.log" >&2
		die "afl-cmin failed"
	}
	import "$out" "$all.min"
	rm -rf "$all" "$all.min" "$all.log"
}

crashes() { # TARGET DIR
	local out=${IRQSTORM_REGRESSIONS:-$root/corpus/regressions}/$1 f n=0
	mkdir -p "$out"
	while IFS= read -r -d '' f; do
		cp "$f" "$out/crash-$(sha1sum <"$f" | cut -d' ' -f1)"
		n=$((n + 1))
	done < <(find "$2" -type f \( -name 'crash-*' -o -path '*/crashes/id*' \) -print0)
	echo "$n crashes, $(find "$out" -name 'crash-*' | wc -l) different, in $out: name each after its bug, and write down which"
}

[ $# -ge 3 ] || {
	sed -n '3,11s/^# \{0,1\}//p' "$0"
	exit 2
}
command=$1
shift
case $command in
seeds | import | merge | cmin | crashes) "$command" "$@" ;;
*) die "unknown command $command" ;;
esac

#!/bin/bash
# SPDX-License-Identifier: MIT
# The targets under their engines: builds of the presets fuzz and afl, short runs without a finding,
# and that what feedback.c tells reaches each engine.
#   engines.sh BUILD-FOLDER FOLDER-OF-REPLAY-DRIVERS
set -u
. "$(dirname "$0")/../lib.sh"
build=$1 replay=$2
folder work
export AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_ALLOW_TMP=1 AFL_QUIET=1
export AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1

for tool in clang afl-clang-fast afl-fuzz afl-showmap; do
	command -v $tool >/dev/null || {
		result "$tool is there" 0 "apt-get install clang libclang-rt-14-dev afl++"
		finish
	}
done
for preset in fuzz afl; do
	log=$build/$preset.log
	# with the bugs of the zoo, which are off here: tests/zoo looks for them with these builds
	(cd "$root" && cmake --preset $preset -B "$build/$preset" -DIRQSTORM_ZOO=ON && ninja -C "$build/$preset" fuzz/all) >"$log" 2>&1
	status=$?
	result "preset $preset builds" $((status == 0)) "$(grep -m5 -E 'error|Error' "$log")"
	[ $status = 0 ] || finish
done

seeds() { # TARGET
	IRQSTORM_REPLAY=$replay "$root/fuzz/corpus.sh" seeds "$1" "$work/$1" >/dev/null
}

# One thread each: as many at a time as there are CPUs.
# Every night has a campaign of each, for hours.
runs=5000
run_target() { # TARGET
	local dict=$root/fuzz/dict/$1.dict

	seeds "$1"
	cd "$work" || exit 3
	"$build/fuzz/fuzz/$1" -error_exitcode=1 -runs=$runs -seed=1 -max_len=200 -reload=0 \
		$([ ! -f "$dict" ] || echo "-dict=$dict") "$work/$1" >"$work/$1.log" 2>&1
	echo $? >"$work/$1.status"
}
targets="fuzz_irq_program fuzz_irq_faults fuzz_irq_interleave fuzz_set_irqs_raw fuzz_program_text fuzz_msix_guest fuzz_storm"
for target in $targets; do
	run_target $target &
	[ "$(jobs -r | wc -l)" -lt "$(nproc)" ] || wait -n
done
wait
for target in $targets; do
	log=$work/$target.log status=$(cat "$work/$target.status" 2>/dev/null)
	result "$target: $runs runs" $((${status:-1} == 0)) "exit ${status:-unknown}: $(grep -m3 -E 'finding|ERROR|runtime error' "$log")"
done

# options_libfuzzer.c: what libFuzzer says of its power schedule
powers() { # WORD...: 1, it has one
	"$build/fuzz/fuzz/fuzz_irq_program" -runs=1 -seed=1 "$@" 2>&1 | grep -c 'entropic power schedule'
}
ours=$(powers) theirs=$(powers -entropic=1)
result "libFuzzer keeps no book on rare features unless it is told to" \
	$([ "$ours$theirs" = 01 ] && echo 1 || echo 0) "power schedules: $ours without a word, $theirs when asked"

# libFuzzer: eight inputs that differ in nothing but what feedback.c is told.
mkdir "$work/toy"
for i in 1 2 3 4 5 6 7 8; do
	# shellcheck disable=SC2059
	printf "\\x0$i" >"$work/toy/$i"
done
features() { # DEFINE...
	clang -O2 -fsanitize=fuzzer -I"$root" -DIRQSTORM_FEEDBACK_LIBFUZZER "$@" "$here/toy_feedback.c" \
		"$root/fuzz/feedback.c" -o "$work/toy-libfuzzer" &&
		"$work/toy-libfuzzer" -runs=8 -seed=1 "$work/toy" 2>&1 | sed -n 's/.*INITED .*ft: \([0-9]*\).*/\1/p'
}
with=$(features) without=$(features -DTOY_SILENT)
result "libFuzzer sees the states" $((${with:-0} >= ${without:-99} + 8)) \
	"features: ${with:-none} with feedback, ${without:-none} without"

afl-clang-fast -O2 -fsanitize=fuzzer -I"$root" -DIRQSTORM_FEEDBACK_AFL "$here/toy_feedback.c" \
	"$root/fuzz/feedback.c" -o "$work/toy-afl" >"$work/toy-afl.log" 2>&1
map() { # PROGRAM INPUT: what afl-showmap sees
	afl-showmap -q -o "$work/map" -- "$1" "$2" >/dev/null 2>&1
	sort "$work/map"
}
a=$(map "$work/toy-afl" "$work/toy/1") b=$(map "$work/toy-afl" "$work/toy/2")
again=$(map "$work/toy-afl" "$work/toy/1")
result "AFL++ sees the states" $([ -n "$a" ] && [ "$a" != "$b" ] && [ "$a" = "$again" ] && echo 1 || echo 0) \
	"maps of two states: $(head -c 60 <<<"$a") and $(head -c 60 <<<"$b")"

run_afl() { # TARGET
	AFL_CUSTOM_MUTATOR_LIBRARY=$build/afl/fuzz/$1_mutator.so timeout 60 \
		afl-fuzz -V 4 -s 1 -i "$work/$1" -o "$work/afl-$1" -- "$build/afl/fuzz/$1" \
		>"$work/afl-$1.log" 2>&1
}
for target in fuzz_irq_program fuzz_irq_faults; do
	run_afl $target &
done
wait
for target in fuzz_irq_program fuzz_irq_faults; do
	stats=$work/afl-$target/default/fuzzer_stats
	execs=$(sed -n 's/^execs_done *: //p' "$stats" 2>/dev/null)
	crashes=$(sed -n 's/^saved_crashes *: //p' "$stats" 2>/dev/null)
	result "$target under afl-fuzz" $((${execs:-0} > 500 && ${crashes:-1} == 0)) \
		"${execs:-no} runs, ${crashes:-?} crashes: $(tail -3 "$work/afl-$target.log")"
done

some() { # FROM TO: a hundred of the inputs
	mkdir "$2"
	find "$1" -maxdepth 1 -type f | sort | head -n 100 | xargs cp -t "$2"
}
some "$work/fuzz_irq_program" "$work/some-libfuzzer"
some "$work/afl-fuzz_irq_program/default/queue" "$work/some-afl"
IRQSTORM_BUILD=$build "$root/fuzz/corpus.sh" merge fuzz_irq_program "$work/merged" \
	"$work/some-libfuzzer" "$work/some-afl" >"$work/merge.log" 2>&1
n=$(find "$work/merged" -type f 2>/dev/null | wc -l)
result "corpora of both engines merge" $((n > 10)) "$n inputs: $(tail -3 "$work/merge.log")"
# afl-showmap makes no file below /dev
TMPDIR=/dev/shm IRQSTORM_BUILD=$build "$root/fuzz/corpus.sh" cmin fuzz_irq_program "$work/fewest" \
	"$work/merged" >"$work/cmin.log" 2>&1
fewest=$(find "$work/fewest" -type f 2>/dev/null | wc -l)
result "and AFL++ makes them fewer" $((fewest > 5 && fewest <= n)) "$fewest of $n: $(tail -3 "$work/cmin.log")"

mkdir -p "$work/found/default/crashes"
echo a >"$work/found/default/crashes/id:000000,sig:06"
cp "$work/found/default/crashes/id:000000,sig:06" "$work/found/crash-1"
echo b >"$work/found/crash-2"
IRQSTORM_REGRESSIONS=$work/kept "$root/fuzz/corpus.sh" crashes fuzz_irq_program "$work/found" >/dev/null
n=$(find "$work/kept/fuzz_irq_program" -type f -name 'crash-*' | wc -l)
result "crashes of both engines are kept once" $((n == 2)) "$n kept"
finish

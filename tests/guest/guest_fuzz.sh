#!/bin/bash
# SPDX-License-Identifier: MIT
# fuzz_irq_device on a real device in a guest, and what survives of a guest: the last programs.
#   guest_fuzz.sh IRQSTORM GUEST_PROGRAM BUILD-FOLDER
set -u
. "$(dirname "$0")/../lib.sh"
bin=$(realpath "$1") program=$(realpath "$2") build=$(realpath "$3")/fuzz-bare
folder work
cd "$work" || exit 3

in_guest() { # OPTION... -- COMMAND...; sets code, fills out and err
	"$bin" guest --accel tcg "$@" >out 2>err </dev/null
	code=$?
}

said() { # WORD... : the last lines
	tail -n 6 out err | cut -c 1-200
}

(cd "$root" && cmake --preset fuzz-bare -B "$build" -DIRQSTORM_TESTS=OFF &&
	ninja -C "$build" fuzz_irq_device) >build.log 2>&1
result "the static target builds" $(($? == 0)) "$(grep -m5 -E 'error|Error' build.log)"

# What is refused, and how.
in_guest --fuzz-dir "$work" -- fuzz_irq_device
result "a target that is not built is told with the preset" \
	$((code == 3)) "exit $code: $(said)"
grep -q "cmake --preset fuzz-bare" err
result "and its name is there" $(($? == 0)) "$(said)"
clang -fsanitize=fuzzer "$root/fuzz/fuzz_empty.c" -I"$root/harness" -I"$root" -o fuzz_empty
in_guest --fuzz-dir "$work" -- fuzz_empty
grep -q "fuzz_empty does not run in a guest, as it is not static.*preset fuzz-bare" err
result "a target that is not static is refused" $(($? == 0 && code == 3)) "exit $code: $(said)"

# A kernel that dies: 20 programs were recorded, the last 16 come back, each whole.
in_guest --devices xhci -- "$program" record 20 panic
result "a panic is a finding" $((code == 1)) "exit $code: $(said)"
last=$(ls -d irqstorm-guest-*.last 2>/dev/null)
files=$(cd "$last" && echo *.irq)
want=$(printf '%02d.irq ' {0..15})
result "the last 16 programs are there" $([ "$files " = "$want" ] && echo 1 || echo 0) "$files"
right=1
for i in {0..15}; do
	printf '# target emu\nwrite e0 %d\n' $((i + 5)) | cmp -s - "$last/$(printf %02d "$i").irq" || right=0
done
result "each is what was written, the newest last" $right "$(head -3 "$last"/*.irq)"
command=$(sed -n 's/.*repeat that with: //p' err)
result "the command that repeats it is told" \
	$([[ $command == "irqstorm guest --kernel debian:6.12 --devices xhci --smp 2 -- run --target emu --trace ./$last/15.irq" ]] &&
		echo 1 || echo 0) "$command"
"$bin" run --target emu "$last"/*.irq >out 2>err
result "they run" $(($? == 0)) "$(said)"
rm -rf "$last" irqstorm-guest-*.log

# Real operations on a real device, whatever it was doing when it was killed: later, where it had not booted yet.
for limit in 15 30 60 120 240; do
	rm -rf irqstorm-guest-*
	in_guest --devices xhci --timeout ${limit}s -- diff --target vfio:auto --ops 100M --quiet
	last=$(ls -d irqstorm-guest-*.last 2>/dev/null)
	[ -z "$last" ] || break
done
result "a guest that is killed leaves its programs" $([ $code = 3 ] && [ -n "$last" ] && echo 1 || echo 0) \
	"exit $code: $(said)"
ops=$(cat "$last"/*.irq 2>/dev/null | grep -vc '^#')
result "they have operations" $((ops > 16)) "$ops in $last"
command=$(sed -n 's/.*repeat that with: irqstorm //p' err)
# shellcheck disable=SC2086
"$bin" $command >out 2>err </dev/null
code=$?
result "the newest repeats on the device" $((code == 0)) "exit $code: $(said)"
rm -rf "$last" irqstorm-guest-*

# The fuzzer itself, from a corpus.
mkdir corpus
for i in {1..9}; do
	head -c $((i * 9)) "$program" >corpus/$i
done
in_guest --devices xhci --fuzz-dir "$build/fuzz" -- fuzz_irq_device -max_total_time=8 -max_len=200 -seed=1 corpus
runs=$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' err)
grep '^Done' err | sed 's/^/# /'
result "fuzz_irq_device runs on a real device without a finding" \
	$((code == 0 && ${runs:-0} >= 50)) "exit $code, ${runs:-no} runs: $(said)"
grep -q "INFO: *9 files found in /in/0.folder" err
result "it starts from the corpus that it was given" $(($? == 0)) "$(grep INFO err | tail -n 3)"
result "and leaves nothing behind" $((! $(ls -d irqstorm-guest-* 2>/dev/null | wc -l))) "$(ls)"

# A finding gets out: the emulator with a fault, in place of the device.
IRQSTORM_TARGET=emu:fault=drop:1 in_guest --devices xhci --fuzz-dir "$build/fuzz" -- fuzz_irq_device \
	-runs=20000 -max_len=200 -seed=1
result "a difference is exit code 1" $((code == 1)) "exit $code: $(said)"
grep -q "^irqstorm: finding: counter" err && grep -q "^key:    " err
result "it is told with its key" $(($? == 0)) "$(said)"
grep -q "^The last program shows it alone in a fresh guest (1 booted).$" out
result "and was tried in a guest of its own" $(($? == 0)) "$(said)"
last=$(ls -d irqstorm-guest-*.last 2>/dev/null)
newest=$(ls "$last"/*.irq 2>/dev/null | tail -n 1)
"$bin" run --target emu:fault=drop:1 "$newest" >out 2>err
code=$?
result "the newest of the last programs shows it" $((code == 1)) "exit $code: $(said)"

# A program that the first guest has by the name that the fresh one gives to its own.
printf 'set_irqs msix trigger eventfd fds=e0,e1\nfire msix 1\n' >00.irq
in_guest --quiet -- minimize --target vfio:auto,fault=drop:1 --runs 1 --budget 1s 00.irq -o small.irq
grep -q '^This program shows it alone in a fresh guest (1 booted).$' out
result "a minimized program is tried in a fresh guest" $((1 - $?)) "exit $code: $(said)"
grep -q '^00.irq: counter:' out && grep -q -- ' --trace small.irq$' out
result "its files are told by the names that the host knows" $((1 - $?)) "$(said)"

# The same every night, with a command that shows it again.
IRQSTORM_TARGET=emu:fault=drop:1 "$bin" nightly --out nights --hours 20s --seed 1 --kernels debian:6.12 \
	--steps device --fuzz-dir "$build/fuzz" >out 2>err </dev/null
code=$?
result "a night has a step for it" $((code == 1)) "exit $code: $(said)"
# a fire that is dropped is missing in a counter, or among the pending bits
grep -Eq "^NEW   debian-6.12:(counter|masked):[RP][0-9]+:" out
result "whose finding has the key that diff would give it" $(($? == 0)) "$(said)"
newest=$(sed -n 's/^ *irqstorm guest .* -- run --target emu:fault=drop:1 --trace //p' out)
"$bin" run --target emu:fault=drop:1 "$newest" >run.out 2>&1
code=$?
result "and the program that shows it" $((code == 1)) "exit $code: $(tail -n 3 run.out)"
finish

#!/bin/bash
# SPDX-License-Identifier: MIT
# Every seed and every input that ever showed a bug, through the target it belongs to.
#   regressions.sh FOLDER-OF-TARGETS
set -u
. "$(dirname "$0")/../lib.sh"

for dir in "$root"/corpus/fuzz_* "$root"/corpus/regressions/fuzz_*; do
	target=$(basename "$dir")
	out=$("$1/$target" "$dir" 2>&1)
	status=$?
	result "${dir#"$root/"}" $((status == 0)) "exit $status: $(tail -5 <<<"$out")"
done
for target in fuzz_irq_program fuzz_irq_faults fuzz_irq_interleave fuzz_program_text; do
	out=$("$1/$target" "$root/corpus/rules" 2>&1)
	status=$?
	result "corpus/rules by $target" $((status == 0)) "exit $status: $(tail -5 <<<"$out")"
done
# The device's target takes the same inputs; here on an emulator in the device's place.
for dir in corpus/fuzz_irq_program corpus/regressions/fuzz_irq_program corpus/rules; do
	out=$(IRQSTORM_TARGET=emu "$1/fuzz_irq_device" "$root/$dir" 2>&1)
	status=$?
	result "$dir by fuzz_irq_device on the emulator" $((status == 0)) "exit $status: $(tail -5 <<<"$out")"
done
out=$(IRQSTORM_TARGET=emu:fault=drop:1 "$1/fuzz_irq_device" "$root/corpus/fuzz_irq_program" 2>&1)
status=$?
grep -q "run --target emu:fault=drop:1" <<<"$out"
result "it sees a fault that is planted there" $(($? == 0 && status > 128)) "exit $status: $(tail -5 <<<"$out")"
finish

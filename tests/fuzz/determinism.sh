#!/bin/bash
# SPDX-License-Identifier: MIT
# The same bytes give the same digest: twice in a row, in another order, and in another process.
#   determinism.sh FOLDER-OF-TARGETS
set -u
. "$(dirname "$0")/../lib.sh"

for target in fuzz_irq_program fuzz_irq_faults fuzz_irq_interleave fuzz_set_irqs_raw fuzz_program_text fuzz_msix_guest fuzz_storm; do
	dirs=("$root/corpus/$target" "$root/corpus/regressions/$target")
	[ $target = fuzz_set_irqs_raw ] || [ $target = fuzz_msix_guest ] || [ $target = fuzz_storm ] || dirs+=("$root/corpus/rules")
	for seed in 1 2; do
		out=$("$1/$target" --twice --shuffle $seed "${dirs[@]}" 2>&1)
		result "$target: twice and shuffled by $seed" $(($? == 0)) "$(tail -5 <<<"$out")"
	done
	first=$("$1/$target" --digest "${dirs[@]}")
	second=$(setarch -R "$1/$target" --digest "${dirs[@]}")
	result "$target: in another process" \
		$([ -n "$first" ] && [ "$first" = "$second" ] && echo 1 || echo 0) \
		"$(diff <(echo "$first") <(echo "$second") | head -4)"
done

out=$(IRQSTORM_TARGET=emu "$1/fuzz_irq_device" --twice --shuffle 3 "$root/corpus/fuzz_irq_program" 2>&1)
result "fuzz_irq_device: twice and shuffled" $(($? == 0)) "$(tail -5 <<<"$out")"

# A digest that never changes would pass all that.
different=$("$1/fuzz_irq_program" --digest "$root/corpus/fuzz_irq_program" | cut -d' ' -f1 | sort -u | wc -l)
result "digests tell programs apart" $((different > 10)) "$different different ones"
finish

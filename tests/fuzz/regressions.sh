#!/bin/bash
# SPDX-License-Identifier: MIT
# Every seed and every input that ever showed a bug, through the target it belongs to.
#   regressions.sh FOLDER-OF-TARGETS
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$here/../lib.sh"

for dir in "$root"/corpus/fuzz_* "$root"/corpus/regressions/fuzz_*; do
	target=$(basename "$dir")
	out=$("$1/$target" "$dir" 2>&1)
	status=$?
	result "${dir#"$root/"}" $((status == 0)) "exit $status: $(tail -5 <<<"$out")"
done
for target in fuzz_irq_program fuzz_irq_faults fuzz_program_text; do
	out=$("$1/$target" "$root/corpus/rules" 2>&1)
	status=$?
	result "corpus/rules by $target" $((status == 0)) "exit $status: $(tail -5 <<<"$out")"
done
finish

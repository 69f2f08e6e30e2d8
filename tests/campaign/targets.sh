#!/bin/bash
# SPDX-License-Identifier: MIT
# A short campaign of each engine on a target of fuzz/, from its seeds.
#   targets.sh IRQSTORM FOLDER-WITH-BUILDS FOLDER-OF-REPLAY-DRIVERS
set -u
. "$(dirname "$0")/../lib.sh"
. "$here/../cli/check.sh"
bin=$1 builds=$2
folder work

IRQSTORM_REPLAY=$3 "$root/fuzz/corpus.sh" seeds fuzz_irq_program "$work/seeds" >/dev/null
for engine in libfuzzer:fuzz afl:afl; do
	preset=${engine#*:} engine=${engine%:*} out=$work/$engine
	"$bin" campaign --engine $engine --fuzz-target fuzz_irq_program --fuzz-dir "$builds/$preset/fuzz" \
		--for 3 --jobs 1 --corpus "$work/seeds" --out "$out" >"$out.txt" 2>&1
	result "$engine: no finding" $(($? == 0)) "$(tail -5 "$out.txt")"
	execs=$(json "$out/campaign.json" execs) corpus=$(json "$out/campaign.json" corpus)
	result "$engine: it ran" $((execs > 100 && corpus > 10)) "$execs executions, $corpus inputs"
	is_mutator=$(grep -c "fuzz_irq_program_mutator.so" "$out/engine/0.log")
	[ $engine != afl ] || result "afl: with the mutator" $((is_mutator > 0)) "$(tail -5 "$out/engine/0.log")"
done
finish

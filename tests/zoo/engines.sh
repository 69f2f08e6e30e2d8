#!/bin/bash
# SPDX-License-Identifier: MIT
# irqstorm zoo: planted bugs are found from nothing by the generator and by both engines, and what
# it says of that is right.
#   engines.sh IRQSTORM IRQSTORM-WITH-BUGS FOLDER-WITH-ENGINE-BUILDS
set -u
. "$(dirname "$0")/../lib.sh"
plain=$1 zoo=$2 builds=$3
. "$here/../cli/check.sh"
folder tmp
# What is planted leaks on purpose.
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:symbolize=0 TMPDIR=$tmp
ulimit -c 0

bin=$plain
one_line "a build without bugs says where there are some" 2 'cmake --preset zoo' zoo
bin=$zoo
one_line "a bug that nobody knows" 2 'docs/zoo.md' zoo --bug B42,B999
one_line "targets that are not there" 3 'fuzz_irq_program' zoo --bug B42 --fuzz-dir /nonexistent

# hunt NAME CONDITION OPTION...: CONDITION is Python over the JSON j and its bugs by id b
hunt() {
	local name=$1 condition=$2 code why
	shift 2
	rm -f "$tmp/j"
	out=$("$zoo" zoo --quiet --seed 1 --json "$tmp/j" "$@" 2>&1)
	code=$?
	why=$(python3 -c '
import json, sys
j = json.load(open(sys.argv[1]))
b = {x["id"]: x for x in j["bugs"]}
code = int(sys.argv[3])
sys.exit(not eval("(" + sys.argv[2] + ")"))' "$tmp/j" "$condition" $code 2>&1)
	result "$name" $((1 - $?)) "exit $code: $out $why"
}

hunt "the generator finds what one caller shows" \
	'code == 0 and j["found"] == j["total"] == 2 and b["B42"]["found_seeds"] == 3 and
	 b["B26"]["median_execs"] > 0 and b["B42"]["oracle"] and b["B05"]["seeds"] == 0' \
	--engine random --bug B42,B26,B05 --seeds 3 --budget 20s
hunt "what is not found in time is told, with exit code 1" \
	'code == 1 and j["found"] == 0 and j["total"] == 1 and b["B07"]["median_s"] is None' \
	--engine libfuzzer-plain --fuzz-dir "$builds/fuzz/fuzz" --bug B07 --seeds 1 --budget 1s
for engine in libfuzzer:fuzz afl:afl; do
	preset=${engine#*:} engine=${engine%:*}
	hunt "$engine finds planted bugs from an empty corpus" \
		'code == 0 and j["complete"] and j["found"] == j["total"] == 3 and
		 all(x["reached"] and x["found_seeds"] == 1 and x["oracle"] for x in j["bugs"])' \
		--engine $engine --fuzz-dir "$builds/$preset/fuzz" --bug B26,B42,B14 --seeds 1 --budget 2m
done
result "nothing is left behind" $(($(find "$tmp" -mindepth 1 ! -name j | wc -l) == 0)) "$(ls "$tmp")"

# A signal in mid-hunt: what is over by then is told.
"$zoo" zoo --quiet --seed 1 --json "$tmp/j" --engine libfuzzer-plain --fuzz-dir "$builds/fuzz/fuzz" \
	--bug B47,B07 --seeds 1 --budget 5m >"$tmp/out" 2>&1 &
pid=$!
sleep 6
kill -INT $pid
wait $pid
code=$?
result "a signal ends it with what there is" \
	$([ $code = 130 ] && grep -q '"complete": *false' "$tmp/j" && echo 1 || echo 0) "exit $code: $(cat "$tmp/out")"
result "and stops its engine" $([ -z "$(pgrep -f "$tmp/irqstorm-zoo-")" ] && echo 1 || echo 0) "it runs on"
finish

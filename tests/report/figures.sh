#!/bin/bash
# SPDX-License-Identifier: MIT
# Figures mean what they say: what a sentence and a table show is what the JSON has, to the digit, and
# that is what its counts come to, worked out here anew. Usage: figures.sh IRQSTORM
set -u
bin=$1
here=$(dirname "$0")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
. "$here/../lib.sh"
. "$here/../cli/check.sh"

# sentence JSON TEXT: the verdict of one run; row SUMMARY TEXT: rows and sentence of a bench
figures() {
	local name=$1 told
	shift
	told=$(python3 "$here/figures.py" "$@" 2>&1)
	result "$name" $([ $? = 0 ] && echo 1 || echo 0) "$told"
}

# refuted NAME SAYS ARGUMENT...: with a fault in it, figures.py says so
refuted() {
	local name=$1 says=$2 told
	shift 2
	told=$(python3 "$here/figures.py" "$@" 2>&1)
	[ $? != 0 ] && grep -q "$says" <<<"$told"
	result "a planted fault is told: $name" $((1 - $?)) "${told:-it passes}"
}

run="stress --duration 300ms --vectors 16 --quiet"
for resize in teardown none; do
	"$bin" $run --mode open --resize-rate max --resize $resize --rate max --json "$tmp/$resize.json" >"$tmp/$resize.txt" 2>/dev/null
	figures "stress --resize $resize: the headline is the JSON's" sentence "$tmp/$resize.json" "$tmp/$resize.txt"
done
"$bin" $run --rate 100M --json "$tmp/slow.json" >"$tmp/slow.txt" 2>/dev/null
grep -q '^  the rate was not reached: [0-9,]* fires a second of 100,000,000' "$tmp/slow.txt" &&
	[ "$(json "$tmp/slow.json" rate_reached)" = False ]
result "a rate that was not reached is told" $((1 - $?)) "$(cat "$tmp/slow.txt")"
# whether a busy machine reaches this one is its own affair: text, JSON and counts agree
"$bin" $run --rate 100 --resize none --json "$tmp/slow.json" >"$tmp/slow.txt" 2>/dev/null
figures "one that was is not" rate "$tmp/slow.json" "$tmp/slow.txt"
sed 's/"rate_reached": .*,/"rate_reached": null,/' "$tmp/slow.json" >"$tmp/bad.json"
refuted "a rate of which nothing is said" 'rate_reached is' rate "$tmp/bad.json" "$tmp/slow.txt"
[ "$(json "$tmp/none.json" rate_reached)" = None ]
result "at full speed there is none to reach" $((1 - $?)) "$(json "$tmp/none.json" rate_reached)"

"$bin" bench --quick --duration 100ms --warm-up 0 --vectors 16 --quiet --repeats 3 --no-resize-cost \
	--load open:100M --strategy none,teardown --target "emu:profile=6.1 emu:profile=6.12" \
	--out "$tmp/b" >"$tmp/b.txt" 2>"$tmp/err" || cat "$tmp/err"
figures "bench: rows and verdict are the JSON's" rows "$tmp/b/summary.json" "$tmp/b.txt"
grep -q '^The rate was not reached in 4 of 4 cells: at the least [0-9,]* fires a second of 100,000,000' "$tmp/b.txt"
result "bench tells of rates that were not reached" $((1 - $?)) "$(tail -4 "$tmp/b.txt")"

# a summary of before has the median alone, of repeats of which most lost nothing
python3 - "$tmp" <<'END'
import json, sys
s = json.load(open(sys.argv[1] + '/b/summary.json'))
for c in s['cells']:
    c['metrics']['lost_per_million'].update(median=12345, lo=1, hi=99999)
    del c['lost_per_million']
json.dump(s, open(sys.argv[1] + '/before.json', 'w'))
END
"$bin" report "$tmp/before.json" >"$tmp/before.txt"
figures "a summary of before is computed anew from its counts" rows "$tmp/before.json" "$tmp/before.txt"

sed -E '0,/teardown/s/(teardown +[0-9,]+ +[0-9,]+ +[0-9]+ +)[0-9]/\19/' "$tmp/b.txt" >"$tmp/bad.txt"
refuted "another rate in a row" 'lost per M' rows "$tmp/b/summary.json" "$tmp/bad.txt"
sed -E 's/\(([0-9,.]+) per million/(9\1 per million/' "$tmp/b.txt" >"$tmp/bad.txt"
refuted "another rate in the sentence" 'sentence' rows "$tmp/b/summary.json" "$tmp/bad.txt"
sed -E 's/^(PASS  [0-9]+ lost of )/\19/' "$tmp/teardown.txt" >"$tmp/bad.txt"
refuted "another number of fires" 'headline' sentence "$tmp/teardown.json" "$tmp/bad.txt"
sed -E 's/"hi": ([0-9])/"hi": 9\1/' "$tmp/none.json" >"$tmp/bad.json"
refuted "another bound in the JSON" 'hi' sentence "$tmp/bad.json" "$tmp/none.txt"

# what is published was computed by this rule
root=$here/../..
figures "tables of README and results/ are of their own counts" published "$root/README.md" "$root"/results/resize-*.md
sed 's/^\(vfio:auto *teardown .* \)18,575 /\118,999 /' "$root/README.md" >"$tmp/README.md"
refuted "the median of three rates in README" '1417 of 76287 is 18,575' published "$tmp/README.md"
sed 's/^\(| `swap` | 611,894 | 15 | \)24.5 /\138.7 /' "$root"/results/resize-2026-11.md >"$tmp/resize.md"
refuted "one in results/" '15 of 611894 is 24.5' published "$tmp/resize.md"
finish

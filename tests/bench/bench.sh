#!/bin/bash
# SPDX-License-Identifier: MIT
# irqstorm bench: the folder it leaves, and that a bench that is stopped, killed or out of room goes
# on with nothing lost. Usage: bench.sh IRQSTORM SCHEMA
set -u
. "$(dirname "$0")/../lib.sh"
bin=$1
schema=$2
folder tmp
. "$here/../cli/check.sh"

short="--duration 50ms --warm-up 10ms --vectors 8 --quiet"
storms="$short --no-resize-cost"

# valid NAME FILE: against the schema
valid() {
	local out
	out=$(python3 "$here/validate.py" "$schema" "$2" 2>&1)
	result "$1" $((1 - $?)) "$out"
}

# whole DIR: every JSON file in it parses
whole() {
	find "$1" -name '*.json' -print0 | xargs -0 -r -n1 python3 -c '
import json, sys
json.load(open(sys.argv[1]))'
}

one_line "a strategy that is none" 2 'frob: must be one of none, teardown' bench --strategy frob
one_line "a load that is none" 2 'shut' bench --load shut:1k
one_line "nothing left to measure" 2 'nothing is left' bench --resize-cost --no-resize-cost
one_line "a target that is none" 2 'must be emu' bench $storms --target qemu
one_line "a folder that cannot be made" 3 'cannot make the folder' bench $storms --out /proc/x
one_line "--repeats 0" 2 '--repeats 0: must be' bench --repeats 0
mkdir "$tmp/other" && touch "$tmp/other/file"
one_line "a folder of other things" 2 'is not empty' bench $storms --out "$tmp/other"
check "a target that can do none of it is skipped" 4 'NORESIZE' \
	bench $storms --strategy dynamic --target emu:profile=6.1
check "a row says what cannot be done" 0 'dynamic +cannot: this kernel does not add' \
	bench $storms --repeats 1 --strategy none,dynamic --target emu:profile=6.1
check "vectors beyond the device are a row, too" 0 'cannot: .*has 16 MSI-X vectors' \
	bench $storms --repeats 1 --strategy none --vectors 8,64 --target emu:vectors=16
check "a planted drop is a finding" 1 'finding; repeat with: irqstorm stress .*drop:20.*--seed' \
	bench $storms --repeats 1 --strategy none --target emu:fault=drop:20
check "and the verdict" 1 '^FINDING .*lost with no rule' \
	bench $storms --repeats 1 --strategy none --target emu:fault=drop:20

# one of everything
out=$tmp/all
"$bin" bench $short --quick --repeats 2 --strategy none,dynamic --consumer uring,epoll \
	--load closed:50k,open:max --target "emu:profile=6.1,vectors=8 emu:profile=6.12,vectors=8" \
	--out "$out" >"$tmp/all.txt" 2>"$tmp/all.err"
code=$?
[ $code = 0 ]
result "a matrix of everything runs" $((1 - $?)) "exit $code: $(tail -2 "$tmp/all.err")"
valid "its summary fits the schema" "$out/summary.json"
[ "$(find "$out/cells" -name '*.r?.json' | wc -l)" = 32 ]
result "each repeat of each cell is a file" $((1 - $?)) "$(ls "$out/cells")"
python3 - "$out" <<'EOF'
import json, sys
out = sys.argv[1]
s = json.load(open(out + '/summary.json'))
assert s['complete'] and len(s["cells"]) == 16 and len(s["resize_cost"]) == 2
measured = [c for c in s['cells'] if c['state'] == 'measured']
assert len(measured) == 12, len(measured)
for c in measured:
    runs = [json.load(open('%s/cells/%s.r%d.json' % (out, c['name'], r)))['stress'] for r in (1, 2)]
    assert c['counts']['fired'] == sum(r['fired'] for r in runs)
    m = c['metrics']['response_p50_ns']
    assert sorted(m['values']) == sorted(r['latency_ns']['response']['p50'] for r in runs)
    assert m['lo'] <= m['median'] <= m['hi']
    merged = sum(n for rows in ('steady', 'resize', 'settle') for _, n in c['histogram_ns'][rows])
    assert merged == sum(r['latency_ns']['response']['n'] for r in runs)
    hgrm = open('%s/cells/%s.hgrm' % (out, c['name'])).read()
    assert ('Total count    = %12d' % merged) in hgrm, c['name']
    for r in runs:
        t = r['series']
        sums = dict(zip(t['columns'], map(sum, zip(*t['slices']))))
        assert sums['fired'] == r['fired'] and sums['resizes'] == r['resizes'], (sums, r['fired'])
        assert sums['lost_explained'] == r['lost']['explained']
EOF
result "the summary and the series add up to the runs" $((1 - $?)) "see above"
grep -q '</html>' "$out/report.html" && [ "$(json "$out/manifest.json" schema)" = irqstorm.bench-manifest/1 ]
result "the folder has manifest and page" $((1 - $?)) "$(ls "$out")"
[ -z "$(find "$out" -name '*.tmp.*')" ]
result "no temporary file is left" $((1 - $?)) "$(find "$out" -name '*.tmp.*')"

# the validator sees what it is for
python3 - "$out/summary.json" "$tmp" <<'EOF'
import copy, json, sys
good = json.load(open(sys.argv[1]))
def plant(name, change):
    bad = copy.deepcopy(good)
    change(bad)
    json.dump(bad, open('%s/bad-%s.json' % (sys.argv[2], name), 'w'))
plant('missing', lambda d: d.pop('verdict'))
plant('type', lambda d: d['cells'][0].update(repeats='2'))
plant('enum', lambda d: d['cells'][0].update(state='maybe'))
plant('extra', lambda d: d.update(surprise=1))
plant('row', lambda d: d['cells'][0]['histogram_ns']['steady'].append([1]))
EOF
for bad in missing type enum extra row; do
	! python3 "$here/validate.py" "$schema" "$tmp/bad-$bad.json" >/dev/null
	result "a summary with a planted $bad does not fit" $((1 - $?)) "it does"
done

# finished, other options, the seed
check "a finished folder says so" 0 'is finished: nothing is left' bench $short --quick --repeats 2 \
	--strategy none,dynamic --consumer uring,epoll --load closed:50k,open:max \
	--target "emu:profile=6.1,vectors=8 emu:profile=6.12,vectors=8" --out "$out"
check "other options are told by name" 2 'begun with another options.duration_ns' bench --quick \
	--duration 60ms --warm-up 10ms --vectors 8 --quiet --repeats 2 --strategy none,dynamic \
	--consumer uring,epoll --load closed:50k,open:max \
	--target "emu:profile=6.1,vectors=8 emu:profile=6.12,vectors=8" --out "$out"

# killed: what was finished stays as it is, the rest is done
long="--duration 300ms --warm-up 0 --vectors 8 --quiet --no-resize-cost --repeats 2 --seed 42
	--strategy none,dynamic --target emu:vectors=8"
killed=$tmp/killed
"$bin" bench $long --out "$killed" >/dev/null 2>&1 &
pid=$!
for _ in $(seq 100); do
	sleep 0.1
	[ "$(find "$killed/cells" -name '*.json' 2>/dev/null | wc -l)" -ge 1 ] && break
done
kill -9 $pid
wait $pid 2>/dev/null
before=$(find "$killed/cells" -name '*.json' | wc -l)
(cd "$killed/cells" && sha256sum ./*.json) >"$tmp/sums"
whole "$killed"
result "a killed bench leaves only whole files" $((1 - $?)) "$(ls "$killed/cells")"
[ "$before" -ge 1 ] && [ "$before" -lt 4 ]
result "it was killed in the middle" $((1 - $?)) "$before of 4 runs were done"
touch "$killed/cells/half.json.tmp.1"
check "the same command goes on" 0 'going on where it ended' bench $long --out "$killed"
(cd "$killed/cells" && sha256sum --quiet -c "$tmp/sums") >/dev/null 2>&1 &&
	[ "$(find "$killed/cells" -name '*.r?.json' | wc -l)" = 4 ] &&
	[ "$(json "$killed/summary.json" complete)" = True ] && [ ! -e "$killed/cells/half.json.tmp.1" ]
result "and keeps what was finished" $((1 - $?)) "$(ls "$killed/cells")"
valid "the summary of both parts fits the schema" "$killed/summary.json"

# stopped by a signal
"$bin" bench $long --out "$tmp/int" --json "$tmp/int.json" >"$tmp/int.out" 2>"$tmp/int.err" &
pid=$!
sleep 0.7
kill -INT $pid
wait $pid
code=$?
[ $code = 130 ] && grep -q 'the same command goes on' "$tmp/int.err" &&
	grep -q '^STOPPED  by SIGINT: [0-9]* of [0-9]* runs are done' "$tmp/int.out" &&
	[ "$(json "$tmp/int.json" complete)" = False ]
result "SIGINT keeps what is complete" $((1 - $?)) "exit $code: $(cat "$tmp/int.err")"
valid "the summary of an interrupted bench fits the schema" "$tmp/int.json"

# no room: a limit on the size of files stands for a full disk
(
	ulimit -f 4
	"$bin" bench $storms --strategy none --target emu:vectors=8 --repeats 1 --duration 300ms \
		--out "$tmp/full" >/dev/null 2>"$tmp/full.err"
)
code=$?
[ $code = 3 ] && grep -q 'cannot write .*cells.*File too large' "$tmp/full.err"
result "a full disk is an error" $((1 - $?)) "exit $code: $(cat "$tmp/full.err")"
whole "$tmp/full"
result "and leaves no half-written file" $((1 - $?)) "$(ls -R "$tmp/full")"
check "with room again the same command goes on" 0 'going on' bench $storms --strategy none \
	--target emu:vectors=8 --repeats 1 --duration 300ms --out "$tmp/full"

"$bin" bench $short --quick --resize-cost --strategy dynamic,teardown --target emu:vectors=32 --json - \
	2>/dev/null >"$tmp/cost.json"
code=$?
[ $code = 0 ] && [ "$(json "$tmp/cost.json" resize_cost 0 points 5 held)" = 31 ]
result "--resize-cost alone, --json - on stdout" $((1 - $?)) "exit $code"
valid "fits the schema" "$tmp/cost.json"
"$bin" bench $storms --strategy none --repeats 1 --target emu --json /dev/full >/dev/null 2>"$tmp/full.err"
code=$?
[ $code = 3 ] && grep -q 'No space left' "$tmp/full.err"
result "--json on a full disk is an error" $((1 - $?)) "exit $code: $(cat "$tmp/full.err")"

finish

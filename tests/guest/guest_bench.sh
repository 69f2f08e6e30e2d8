#!/bin/bash
# SPDX-License-Identifier: MIT
# A bench on real vfio-pci whose folder comes out of the guest, and goes in again to be gone on with.
# Never skips. Usage: guest_bench.sh IRQSTORM
set -u
bin=$1
here=$(dirname "$0")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
. "$here/../lib.sh"
out=$tmp/folder

bench() {
	"$bin" guest --kernel debian:6.12 -- bench --quick --target vfio:auto --strategy none,dynamic \
		--duration 300ms --warm-up 50ms --vectors 8 --repeats 2 --out "$out" >"$tmp/out" 2>"$tmp/err" \
		</dev/null
}

bench
code=$?
[ $code = 0 ] && grep -q '^PASS' "$tmp/out"
result "a bench in a guest" $((1 - $?)) "exit $code: $(tail -3 "$tmp/err")"
python3 "$here/../bench/validate.py" "$here/../../results/bench.schema.json" "$out/summary.json" >"$tmp/why" 2>&1
result "its summary comes out and fits the schema" $((1 - $?)) "$(cat "$tmp/why")"
[ "$(find "$out/cells" -name '*.r?.json' | wc -l)" = 4 ] && [ "$(find "$out/cells" -name '*.hgrm' | wc -l)" = 2 ] &&
	[ -s "$out/cost/1.json" ] && grep -q '</html>' "$out/report.html"
result "with all that is in the folder" $((1 - $?)) "$(find "$out")"
[ -z "$(find "$out" -name '*.tmp.*')" ]
result "and nothing half-written" $((1 - $?)) "$(find "$out")"
python3 - "$out/summary.json" <<'EOF'
import json, sys
s = json.load(open(sys.argv[1]))
d = [c for c in s['resize_cost'] if c['strategy'] == 'dynamic'][0]
print('# dynamic on a real kernel, add, by vectors in use: ' +
      ', '.join('%d: %.0f us' % (p['held'], p['add_ns']['median'] / 1000) for p in d['points']))
sys.exit(not all(p['add_ns']['median'] > 0 and p['remove_ns']['median'] > 0 for p in d['points']))
EOF
result "the cost of a resize was measured" $((1 - $?)) "see above"

# as a bench that was killed would have left it
lost=$(find "$out/cells" -name '*dynamic*.r2.json')
rm "$lost" "$out/summary.json"
kept=$(cd "$out/cells" && sha256sum ./*.r1.json)
bench
code=$?
[ $code = 0 ] && grep -q 'going on where it ended' "$tmp/err" && [ -s "$lost" ] && [ -s "$out/summary.json" ] &&
	[ "$(cd "$out/cells" && sha256sum ./*.r1.json)" = "$kept" ]
result "the folder goes in, and the bench goes on" $((1 - $?)) "exit $code: $(tail -3 "$tmp/err")"

finish

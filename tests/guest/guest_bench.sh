#!/bin/bash
# SPDX-License-Identifier: MIT
# A bench on real vfio-pci that is killed: its folder has come out, and goes in again to be gone on with.
# Never skips. Usage: guest_bench.sh IRQSTORM
set -u
. "$(dirname "$0")/../lib.sh"
bin=$1
folder tmp
out=$tmp/folder

# One CPU: with more, a busy host can have the kernel misroute an interrupt (R80), which is not what is looked at here.
bench() {
	exec "$bin" guest --kernel debian:6.12 --smp 1 -- bench --quick --target vfio:auto --strategy none,dynamic \
		--duration 3s --warm-up 50ms --vectors 8 --repeats 2 --out "$out" >"$tmp/out" 2>"$tmp/err" </dev/null
}

# what was finished comes out while the bench runs
bench &
pid=$!
for _ in $(seq 900); do
	[ -n "$(find "$out/cells" -name '*.json' 2>/dev/null)" ] && break
	kill -0 $pid 2>/dev/null || break
	sleep 0.1
done
kill -9 $pid
wait $pid 2>/dev/null
code=$?
kept=$(cd "$out/cells" && sha256sum ./*.json)
[ $code = 137 ] && [ -n "$kept" ] && [ ! -e "$out/report.html" ] && [ -s "$out/manifest.json" ]
result "a bench in a guest that is killed leaves what was finished" $((1 - $?)) "exit $code: $(find "$out") $(tail -3 "$tmp/err")"

(bench)
code=$?
[ $code = 0 ] && grep -q '^PASS' "$tmp/out" && grep -q 'going on where it ended' "$tmp/err"
result "the same command goes on" $((1 - $?)) "exit $code: $(tail -3 "$tmp/err")"
echo "$kept" >"$tmp/kept"
(cd "$out/cells" && sha256sum --quiet -c "$tmp/kept") >"$tmp/why" 2>&1
result "with what was there" $((1 - $?)) "$(cat "$tmp/why")"
python3 "$here/../bench/validate.py" "$here/../../results/bench.schema.json" "$out/summary.json" >"$tmp/why" 2>&1
result "its summary comes out and fits the schema" $((1 - $?)) "$(cat "$tmp/why")"
[ "$(find "$out/cells" -name '*.r?.json' | wc -l)" = 4 ] && [ "$(find "$out/cells" -name '*.hgrm' | wc -l)" = 2 ] &&
	[ -s "$out/cost/1.json" ] && grep -q '</html>' "$out/report.html"
result "with all that is in the folder" $((1 - $?)) "$(find "$out")"
find "$out" -name '*.json' -exec python3 -c 'import json, sys; [json.load(open(f)) for f in sys.argv[1:]]' {} + >"$tmp/why" 2>&1
result "and whole" $((1 - $?)) "$(cat "$tmp/why")"
grep -qx "$out/report.html shows it" "$tmp/err"
result "the page is told by its name on the host" $((1 - $?)) "$(tail -3 "$tmp/err")"
grep -rlE '/(in|out)/[0-9]+\.' "$out" "$tmp/out" "$tmp/err" >"$tmp/why"
result "and nowhere is a name that only the guest has" $(($? == 1)) "$(cat "$tmp/why")"
command=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["command"])' "$out/summary.json")
[[ $command == "irqstorm guest --kernel debian:6.12 "*"-- bench --quick "*"--out $out" ]] &&
	sed "s#</*span[^>]*>##g" "$out/report.html" | grep -qF "irqstorm guest --kernel debian:6.12 "
result "its command is that of the host" $((1 - $?)) "$command"
python3 - "$out/summary.json" <<'EOF'
import json, sys
s = json.load(open(sys.argv[1]))
d = [c for c in s['resize_cost'] if c['strategy'] == 'dynamic'][0]
print('# dynamic on a real kernel, add, by vectors in use: ' +
      ', '.join('%d: %.0f us' % (p['held'], p['add_ns']['median'] / 1000) for p in d['points']))
sys.exit(not all(p['add_ns']['median'] > 0 and p['remove_ns']['median'] > 0 for p in d['points']))
EOF
result "the cost of a resize was measured" $((1 - $?)) "see above"

finish

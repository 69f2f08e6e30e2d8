#!/bin/bash
# SPDX-License-Identifier: MIT
# The main job on real vfio-pci: stress in a guest of each kernel, and the checks of the VFIO backend
# inside it. Never skips. Usage: guest_stress.sh IRQSTORM GUEST_VFIO
set -u
bin=$1 guest_vfio=$2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
. "$(dirname "$0")/../lib.sh"

# storm NAME KERNEL EXIT CONDITION OPTION...: one stress run in a guest. CONDITION is Python over its
# JSON j; with an empty one only the exit code counts.
storm() {
	local name=$1 kernel=$2 want=$3 condition=$4 code why
	shift 4
	rm -f "$tmp/r.json"
	"$bin" guest --kernel "debian:$kernel" -- stress --seed 1 --json "$tmp/r.json" "$@" \
		>"$tmp/out" 2>&1 </dev/null
	code=$?
	if [ "$code" != "$want" ]; then
		result "$kernel: $name" 0 "exit $code, not $want: $(tail -5 "$tmp/out")"
		return
	fi
	if [ -n "$condition" ]; then
		why=$(python3 -c '
import json, sys
j = json.load(open(sys.argv[1]))
keys = ("fired", "delivered", "lost", "spurious", "misrouted", "resizes", "planted")
print({k: j.get(k) for k in keys})
sys.exit(not eval(sys.argv[2]))' "$tmp/r.json" "$condition" 2>&1)
		result "$kernel: $name" $((1 - $?)) "$why"
		echo "# $why"
	else
		result "$kernel: $name" 1 ""
	fi
}

clean="j['spurious'] == 0 and j['misrouted'] == 0 and j['lost']['unexplained'] == 0"
ivshmem="--target vfio:auto,trigger=ivshmem --vectors 64 --stable 8"

storm "dynamic loses nothing" 6.12 0 \
	"$clean and j['lost']['total'] == 0 and j['fired'] > 5000 and j['resizes'] > 100" \
	$ivshmem --resize dynamic --duration 6s
storm "dynamic cannot (NORESIZE)" 6.1 4 "" $ivshmem --resize dynamic --duration 6s
for kernel in 6.12 6.1; do
	storm "teardown loses in its gap only" $kernel 0 "$clean and j['lost']['explained'] > 0" \
		$ivshmem --resize teardown --duration 6s
	storm "upfront loses nothing" $kernel 0 "$clean and j['lost']['total'] == 0" \
		$ivshmem --resize upfront --duration 4s
	storm "random moves are all accounted for" $kernel 0 "$clean" \
		$ivshmem --resize random --duration 4s
	storm "loopback delivers exactly what was fired" $kernel 0 \
		"$clean and j['fired'] == j['delivered'] > 1000" \
		--target vfio:auto,trigger=loopback --duration 2s
	"$bin" guest --kernel debian:$kernel --devices ivshmem,e1000e -- "$guest_vfio" $kernel \
		>"$tmp/out" 2>&1 </dev/null
	result "$kernel: the VFIO backend's own checks" $((1 - $?)) "$(grep -v '^ok' "$tmp/out")"
	tail -1 "$tmp/out" | sed 's/^/# /'
done
storm "swap loses only what was in flight" 6.12 0 "$clean" $ivshmem --resize swap --duration 4s
storm "a planted drop is found exactly" 6.12 1 \
	"j['lost']['unexplained'] == j['planted']['drop'] > 0" \
	--target vfio:auto,trigger=ivshmem,fault=drop:1000 --duration 4s

finish

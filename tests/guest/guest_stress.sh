#!/bin/bash
# SPDX-License-Identifier: MIT
# The main job on real vfio-pci: stress in a guest of each kernel, and the checks of the VFIO backend
# inside it. Never skips. Usage: guest_stress.sh IRQSTORM GUEST_PROGRAM GUEST_VFIO TIMES
# TIMES: how much longer than 1 to 3 seconds each storm is.
set -u
. "$(dirname "$0")/../lib.sh"
bin=$1 program=$2 guest_vfio=$3 times=$4
folder tmp
. "$here/in_guest.sh"
. "$here/several.sh"

storm() { # NAME EXIT CONDITION OPTION...: later
	local name=$1 want=$2 condition=$3
	shift 3
	later "$name" "$want" "$condition" stress --quiet --seed 1 "$@"
}

clean="j['spurious'] == 0 and j['misrouted'] == 0 and j['lost']['unexplained'] == 0"
device=vfio:$(device_at two ivshmem)
ivshmem="--target $device,trigger=ivshmem --vectors 64 --stable 8"

for kernel in 6.12 6.1; do
	if [ $kernel = 6.12 ]; then
		storm "dynamic loses nothing" 0 \
			"$clean and j['lost']['total'] == 0 and j['fired'] > $((2500 * times)) and j['resizes'] > $((50 * times))" \
			$ivshmem --resize dynamic --duration $((3 * times))s
		storm "swap loses only what was in flight" 0 "$clean" $ivshmem --resize swap --duration $((2 * times))s
	else
		storm "dynamic cannot (NORESIZE)" 4 "" $ivshmem --resize dynamic --duration $((3 * times))s
	fi
	storm "teardown loses in its gap only" 0 "$clean and j['lost']['explained'] > 0" \
		$ivshmem --resize teardown --duration $((3 * times))s
	storm "upfront loses nothing" 0 "$clean and j['lost']['total'] == 0" \
		$ivshmem --resize upfront --duration $((2 * times))s
	storm "random moves are all accounted for" 0 "$clean" \
		$ivshmem --resize random --duration $((2 * times))s
	storm "loopback delivers exactly what was fired" 0 \
		"$clean and j['fired'] == j['delivered'] > $((500 * times))" \
		--target $device,trigger=loopback --resize none --duration ${times}s
	boot two $kernel
	in_guest two $kernel -- "$guest_vfio" $kernel \
		>"$tmp/out" 2>&1 </dev/null
	result "$kernel: the VFIO backend's own checks" $((1 - $?)) "$(grep -v '^ok' "$tmp/out")"
	tail -1 "$tmp/out" | sed 's/^/# /'
done

# One alone, whose result comes out as a file; and again from that file, in a guest of its kind.
"$bin" guest --kernel debian:6.12 --devices ivshmem=8,edu --smp 1 -- stress --seed 1 --duration 1s --vectors 8 --resize none \
	--target vfio:auto,trigger=ivshmem,fault=drop:10 --json "$tmp/r.json" >"$tmp/out" 2>&1 </dev/null
code=$?
python3 -c "import json, sys
j = json.load(open(sys.argv[1]))
sys.exit(not j['lost']['unexplained'] == j['planted']['drop'] > 0)" "$tmp/r.json"
result "6.12: a planted drop is found exactly" $(($? == 0 && code == 1)) "exit $code: $(tail -5 "$tmp/out")"
"$bin" run "$tmp/r.json" >"$tmp/out" 2>&1 </dev/null
code=$?
grep -q '^guest: 6\.12\..* 1 CPU, ivshmem=8,edu, booted' "$tmp/out" &&
	grep -q '^FINDING  lost [1-9][0-9]* unexplained' "$tmp/out"
result "6.12: and found again, in a guest with the same devices" $(($? == 0 && code == 1)) \
	"exit $code: $(tail -20 "$tmp/out")"
finish

#!/bin/bash
# SPDX-License-Identifier: MIT
# The model against real kernels: random programs with a fresh seed on every device, and all small
# programs on the one that has every index. Never skips. Usage: guest_diff.sh IRQSTORM
set -u
bin=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
. "$(dirname "$0")/../lib.sh"

# in_guest NAME KERNEL DEVICE CONDITION SUBCOMMAND...: CONDITION is Python over its JSON j
in_guest() {
	local name="$2 $3: $1" kernel=$2 device=$3 condition=$4 code why
	shift 4
	rm -f "$tmp/r.json"
	"$bin" guest --kernel "debian:$kernel" --devices "$device" -- "$@" --target vfio:auto \
		--json "$tmp/r.json" >"$tmp/out" 2>&1 </dev/null
	code=$?
	if [ "$code" != 0 ]; then
		result "$name" 0 "exit $code: $(grep -v '^  [a-z]* *[A-Za-z0-9].*,' "$tmp/out" | tail -40)"
		return
	fi
	why=$(python3 -c '
import json, sys
j = json.load(open(sys.argv[1]))
keys = ("seed", "ops", "programs", "states", "skipped", "complete", "divergences", "ratio")
print({k: j[k] for k in keys if k in j})
sys.exit(not eval(sys.argv[2]))' "$tmp/r.json" "$condition" 2>&1)
	result "$name" $((1 - $?)) "$why"
	echo "# $why"
}

for kernel in 6.12 6.1; do
	for device in xhci ivshmem edu e1000e; do
		in_guest "random programs behave as the model says" $kernel $device \
			"j['divergences'] == 0 and j['complete'] and j['ops'] >= 4000" \
			diff --quiet --ops 4k
	done
	in_guest "all programs of two operations behave as the model says" $kernel xhci \
		"j['divergences'] == 0 and j['complete'] and j['alphabet'] >= 25" \
		explore --quiet --depth 2
done

finish

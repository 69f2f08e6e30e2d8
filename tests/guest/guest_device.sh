#!/bin/bash
# SPDX-License-Identifier: MIT
# What can be done to real devices beside the interrupt ioctls, in a guest of each kernel: with and
# without interrupt remapping, and with INTx masked at the interrupt controller. Never skips.
# Usage: guest_device.sh IRQSTORM GUEST_DEVICE
set -u
. "$(dirname "$0")/../lib.sh"
bin=$1 guest_device=$2
folder tmp
. "$here/in_guest.sh"

# device NAME KERNEL REMAPPING MACHINE: all checks of guest_device in one guest.
device() {
	local name=$1 kernel=$2 remapping=$3 machine=$4
	in_guest "$machine" "$kernel" -- "$guest_device" "$kernel" "$remapping" >"$tmp/out" 2>&1 </dev/null
	result "$kernel: $name" $((1 - $?)) "$(grep -v '^ok' "$tmp/out" | tail -20)"
	grep '^#' "$tmp/out"
	tail -1 "$tmp/out" | sed 's/^/# /'
}

for kernel in 6.12 6.1; do
	device "devices" $kernel on all
	device "no interrupt remapping" $kernel off unmapped
	device "INTx not masked by DisINTx" $kernel on nointxmask
done

finish

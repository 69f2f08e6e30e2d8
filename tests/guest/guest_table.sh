#!/bin/bash
# SPDX-License-Identifier: MIT
# Does a device change the size of its MSI-X table behind the kernel (P13)? On real kernels: one that
# does, those that do not, and one without a table. Never skips.
# Usage: guest_table.sh IRQSTORM GUEST_TABLE
set -u
. "$(dirname "$0")/../lib.sh"
bin=$1 guest_table=$2
folder tmp
cd "$tmp" || exit 3
. "$here/in_guest.sh"

for kernel in 6.12 6.1; do
	IRQSTORM_QEMU=$here/nvme_flexible.sh "$bin" guest --kernel debian:$kernel --smp 1 \
		--append vfio-pci.enable_sriov=1 --devices nvme,ivshmem=64,xhci,e1000e,nvme=2048,edu -- \
		"$guest_table" $kernel >out 2>&1 </dev/null
	result "$kernel: a device that changes its table, and others" $((1 - $?)) "$(grep -v '^ok' out)"
	sed 's/^\(# \)*/# /' out
done

in_guest all 6.12 -- info --check --target "vfio:$(device_at all ivshmem)" >out 2>&1 </dev/null
[ $? = 0 ] && grep -q '^check    ok  .* vector 63 of 64 could be added$' out
result "info --check finds no change" $((1 - $?)) "$(tail -3 out)"

finish

#!/bin/bash
# SPDX-License-Identifier: MIT
# The model against real kernels: random programs with a fresh seed on every device, and all small
# programs on the one that has every index. Never skips. Usage: guest_diff.sh IRQSTORM GUEST_PROGRAM OPERATIONS
set -u
. "$(dirname "$0")/../lib.sh"
bin=$1 program=$2 ops=$3
folder tmp
. "$here/in_guest.sh"
. "$here/several.sh"

orders=(program "set_irqs msix trigger eventfd count=2048 fds=e0")
for kernel in 6.12 6.1; do
	for device in xhci ivshmem edu e1000e; do
		later "$device: random programs behave as the model says" 0 \
			"j['divergences'] == 0 and j['complete'] and j['ops'] >= $ops" \
			diff --quiet --ops $ops --target "vfio:$(device_at all $device)"
	done
	later "xhci: all programs of two operations behave as the model says" 0 \
		"j['divergences'] == 0 and j['complete'] and j['alphabet'] >= 25" \
		explore --quiet --depth 2 --target "vfio:$(device_at all xhci)"
	later "edu: what it cannot raise is no operation of the alphabet" 0 \
		"j['divergences'] == 0 and j['complete'] and j['alphabet'] == 42" \
		explore --quiet --depth 1 --target "vfio:$(device_at all edu)"
	later "nvme: vectors that the host has not are refused by it" 4 \
		"j['programs'][0]['refused'] == 1 and not j['programs'][0]['difference'] and \
		 'no free interrupt vectors' in j['programs'][0]['refusal']['reason']" \
		run --target "vfio:$(device_at all nvme=2048)" /tmp/program.irq
	later "nvme: and that is known beforehand" 0 \
		"any('the device can ask for 2048' in t for t in j['host_limits'])" \
		info --target "vfio:$(device_at all nvme=2048)"
	boot all $kernel
done

finish

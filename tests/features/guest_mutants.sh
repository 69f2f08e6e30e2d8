#!/bin/bash
# SPDX-License-Identifier: MIT
# The same on real kernels: each feature that an ivshmem can show, switched the wrong way in the
# model, is found by `diff` within 20,000 operations, and nothing when the device is taken as it
# shows itself: guest_mutants.sh IRQSTORM [KERNEL...]   (as --kernel takes them)
set -u
. "$(dirname "$0")/../lib.sh"
bin=$1
shift
[ $# -gt 0 ] || set -- debian:6.1 debian:6.12 debian:7.3
folder work
session=
at_end() {
	[ -z "$session" ] || "$bin" guest --session "$session" --end >/dev/null 2>&1
}

in_session() { # SUBCOMMAND...
	"$bin" guest --session "$session" --kernel "$kernel" --devices ivshmem --smp 1 --quiet \
		--timeout 8m -- "$@" 2>&1
}

# A conventional PCI function with MSI-X: INTX, MSI and ERR of others it has not.
features="dyn-msix contexts-within-nvec empty-enable negative-fd-refused-err-req err-any-function"

for kernel; do
	session=$work/$(basename "$kernel" | tr -c 'a-z0-9.\n' _)
	info=$(in_session info --target vfio:auto --json -)
	code=$?
	if [ $code = 3 ]; then
		skip "$kernel" "$(tail -n 1 <<<"$info")"
		continue
	fi
	has=$(tr -d ' \n' <<<"$info" | grep -o '"features":\[[^]]*\]')
	result "$kernel tells its features" $((1 - (code != 0) )) "exit $code: $info"
	result "$kernel: a probe has nothing against its version" \
		"$(tr -d ' \n' <<<"$info" | grep -c '"unusual":\[\]')" "$info"
	for feature in $features; do
		sign=+
		grep -q "\"$feature\"" <<<"$has" && sign=-
		out=$(in_session diff --target "vfio:auto,rules=$sign$feature" --ops 20k --seed 1 --quiet)
		code=$?
		ok=0
		[ $code = 1 ] && grep -q '^DIFFERENCE' <<<"$out" && ok=1
		result "$kernel: diff sees $sign$feature" $ok "exit $code: $(tail -n 3 <<<"$out")"
	done
	out=$(in_session diff --target vfio:auto --ops 20k --seed 1 --quiet)
	result "$kernel: and nothing else" $((1 - ($? != 0))) "$(tail -n 3 <<<"$out")"
	at_end
	session=
done
skip "msix-domain-keeps-size" "takes a table that grows: guest_table"
skip "err-req-rcu" "takes a kernel that has no memory at the moment"
skip "intx-count-needs-irq" "takes a device whose pin leads nowhere"
finish

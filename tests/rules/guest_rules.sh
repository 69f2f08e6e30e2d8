#!/bin/bash
# SPDX-License-Identifier: MIT
# Every program of corpus/rules on the real devices and kernels that it names, the kernels side by
# side: guest_rules.sh IRQSTORM CORPUS [DEVICE...]
set -u
. "$(dirname "$0")/../lib.sh"
bin=$1 corpus=$2
shift 2
. "$here/../guest/in_guest.sh"
folder work
kernels=(6.1 6.12)

# A device with a colon is that device in another guest.
machine_of() { # DEVICE
	case $1 in
	*:intremap=off) echo unmapped ;;
	*:nointxmask) echo nointxmask ;;
	*) echo all ;;
	esac
}

boot() { # KERNEL DEVICE PROGRAM...
	local kernel=$1 device=$2 machine
	shift 2
	machine=$(machine_of "$device")
	in_guest "$machine" "$kernel" --quiet --timeout 2m -- run \
		--target "vfio:$(device_at "$machine" "${device%%:*}")" "$@" >"$work/$kernel" 2>&1
}

# Its results: a file comes back by the name that it was given by.
judge() { # KERNEL DEVICE EXIT PROGRAM...
	local kernel=$1 device=$2 code=$3 name line
	shift 3
	for program; do
		name=$(basename "$program" .irq)
		line=$(grep -A1 -E "(^|/)$name\.irq: " "$work/$kernel")
		case $line in
		*": ok, "*) result "$kernel $device $name" 1 ;;
		"") result "$kernel $device $name" 0 "no result" ;;
		*) result "$kernel $device $name" 0 "$(echo $line)" ;;
		esac
	done
	if [ "$code" = 0 ]; then
		result "$kernel $device guest" 1
	else
		result "$kernel $device guest" 0 "exit $code: $(tail -n 5 "$work/$kernel")"
	fi
}

programs_of() { # KERNEL DEVICE
	awk -f "$here/select.awk" -v kernel="$1" -v device="$2" "$corpus"/*.irq
}

[ $# -gt 0 ] || set -- xhci ivshmem edu e1000e xhci:intremap=off edu:nointxmask
for device; do
	pids=()
	for kernel in "${kernels[@]}"; do
		mapfile -t programs < <(programs_of $kernel "$device")
		boot $kernel "$device" "${programs[@]}" &
		pids+=($!)
	done
	for i in "${!kernels[@]}"; do
		wait "${pids[i]}"
		code=$?
		mapfile -t programs < <(programs_of "${kernels[i]}" "$device")
		judge "${kernels[i]}" "$device" $code "${programs[@]}"
	done
	echo "# $device: $SECONDS s so far"
done
finish

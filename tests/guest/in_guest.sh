# SPDX-License-Identifier: MIT
# For tests that do not test a boot: guests that several of them share. Wants $bin.
#	in_guest MACHINE KERNEL OPTION... -- SUBCOMMAND...    as irqstorm guest
# With IRQSTORM_SESSIONS, a folder, each machine and kernel is one session in it, which outlives the
# script (guest_sessions.sh ends them); without, each call boots. The address of the I-th device is
# 0000:00:04.0, 05, ...: device_at MACHINE NAME.
declare -A machines=(
	# One CPU: see guest --help.
	[all]="--devices xhci,ivshmem,edu,e1000e,nvme,nvme=2048 --smp 1"
	[unmapped]="--devices xhci,edu --smp 1 --intremap off"
	# Four slots apart two devices have one line.
	[nointxmask]="--devices edu,xhci,xhci,xhci,edu --smp 1 --append vfio-pci.nointxmask=1"
	[two]="--devices ivshmem,e1000e --smp 2"
)

in_guest() {
	local machine=$1 kernel=$2 session=()
	shift 2
	[ -z "${IRQSTORM_SESSIONS:-}" ] || session=(--session "$IRQSTORM_SESSIONS/$machine-$kernel")
	# shellcheck disable=SC2086
	"$bin" guest "${session[@]}" --kernel "debian:$kernel" ${machines[$machine]} "$@"
}

device_at() { # MACHINE NAME: the first of that name
	local list i
	read -r _ list _ <<<"${machines[$1]}"
	IFS=, read -ra list <<<"$list"
	for i in "${!list[@]}"; do
		[ "${list[i]}" = "$2" ] || continue
		printf '0000:00:%02x.0' $((i + 4))
		return
	done
}

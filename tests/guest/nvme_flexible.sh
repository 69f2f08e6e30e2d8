#!/bin/bash
# SPDX-License-Identifier: MIT
# QEMU, but that the first nvme device gets SR-IOV and, of its 16 interrupt resources, 8 flexible
# ones: for IRQSTORM_QEMU, see guest_table.c.
args=() done=
for arg; do
	if [[ $arg == nvme,* && ! $done ]]; then
		args+=("nvme-subsys,id=subsys" -device)
		arg="${arg%,msix_qsize=*},subsys=subsys,msix_qsize=16,max_ioqpairs=8,sriov_max_vfs=1"
		arg+=",sriov_vq_flexible=2,sriov_vi_flexible=8"
		done=1
	fi
	args+=("$arg")
done
exec qemu-system-x86_64 "${args[@]}"

/* SPDX-License-Identifier: MIT */
/*
 * What can be seen of a real device behind the ioctls: the handlers in /proc/interrupts, and which
 * index is on from the hardware's own enable bits. VFIO's config region shows the MSI enable bit
 * as the user wrote it (R23), so it is read from sysfs, which takes CAP_SYS_ADMIN.
 */
#include <endian.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vfio/state.h"

void inspect_start(struct vfio_backend *v, const char *sysfs)
{
	char path[PATH_MAX];
	uint8_t byte;

	if (procirq_open(&v->procirq))
		v->procirq.fd = -1;
	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/config", sysfs, v->pci.bdf);
	v->sysfs_head = open(path, O_RDONLY | O_CLOEXEC);
	v->sysfs_config =
		v->sysfs_head >= 0 && pread(v->sysfs_head, &byte, 1, PCI_STD_HEADER_SIZEOF) == 1
			? v->sysfs_head
			: -1;
}

void inspect_stop(struct vfio_backend *v)
{
	procirq_close(&v->procirq);
	if (v->sysfs_head >= 0)
		close(v->sysfs_head);
}

uint32_t inspect_bits(const struct vfio_backend *v)
{
	if (v->procirq.fd < 0)
		return 0;
	return INSPECT_ACTIVE | (v->sysfs_config < 0 ? 0 : INSPECT_TYPE);
}

/* Whether @bits of the 16-bit register at @cap + @reg are set; false for cap 0. */
static bool enabled(const struct vfio_backend *v, uint32_t cap, uint32_t reg, uint16_t bits)
{
	uint16_t value = 0;

	if (!cap || pread(v->sysfs_config, &value, sizeof(value), (off_t)(cap + reg)) !=
			    (ssize_t)sizeof(value))
		return false;
	return le16toh(value) & bits;
}

int inspect_do(struct backend *be, struct backend_inspect *out)
{
	struct vfio_backend *v = to_vfio(be);
	struct procirq_lines lines;
	int err;

	memset(out, 0, sizeof(*out));
	if (v->procirq.fd < 0)
		return 0;
	err = procirq_read(&v->procirq, v->pci.bdf, &lines);
	if (err)
		return err;
	out->valid = inspect_bits(v);
	out->words = IRQ_MAX_VECTORS / 64;
	memcpy(out->active, lines.active, sizeof(out->active));
	/* INTX has its line in /proc/interrupts as long as it is enabled (R26). */
	out->type = VFIO_PCI_NUM_IRQS;
	if (v->sysfs_config < 0)
		return 0;
	if (enabled(v, v->cap_msix, PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE))
		out->type = VFIO_PCI_MSIX_IRQ_INDEX;
	else if (enabled(v, v->cap_msi, PCI_MSI_FLAGS, PCI_MSI_FLAGS_ENABLE))
		out->type = VFIO_PCI_MSI_IRQ_INDEX;
	else if (lines.intx)
		out->type = VFIO_PCI_INTX_IRQ_INDEX;
	return 0;
}

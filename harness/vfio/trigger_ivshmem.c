/* SPDX-License-Identifier: MIT */
/*
 * QEMU's ivshmem-doorbell: a write of `peer << 16 | vector` to Doorbell makes that peer's vector
 * interrupt, and the device may be its own peer. A real MSI-X message: it passes the vector table,
 * the IOMMU and the interrupt controller. While MSI-X is disabled the device drops it.
 */
#include <endian.h>
#include <errno.h>

#include "backend/backend.h"
#include "uapi/vfio_irq.h"
#include "vfio/trigger.h"

#define IVSHMEM_VENDOR 0x1af4
#define IVSHMEM_DEVICE 0x1110

/* BAR0, QEMU's docs/specs/ivshmem-spec. */
#define IVSHMEM_IVPOSITION 8
#define IVSHMEM_DOORBELL   12
#define IVSHMEM_REGS_SIZE  16

static bool matches(uint16_t vendor, uint16_t device)
{
	return vendor == IVSHMEM_VENDOR && device == IVSHMEM_DEVICE;
}

static int setup(struct trigger *t, struct errmsg *e)
{
	uint32_t id;
	int err;

	if (!t->msix_count)
		return errmsg_set(
			e, -ENODEV, EXIT_ENVIRONMENT,
			"this ivshmem has no MSI-X, so no doorbell: start QEMU with -device "
			"ivshmem-doorbell,vectors=N, not ivshmem-plain");
	err = region_map(t->device_fd, 0, IVSHMEM_REGS_SIZE, &t->bar, e);
	if (err)
		return err;
	id = le32toh(*region_reg32(&t->bar, IVSHMEM_IVPOSITION));
	if (id > UINT16_MAX) {
		region_unmap(&t->bar);
		return errmsg_set(
			e, -ENODEV, EXIT_ENVIRONMENT,
			"ivshmem has no peer id yet (IVPosition 0x%x): is its server running?", id);
	}
	t->id = id;
	/* QEMU makes the MSI-X table as long as its vectors property: there is no other number. */
	t->fire_max = t->msix_count;
	return 0;
}

static int fire(struct trigger *t, uint32_t index, uint32_t vector)
{
	(void)index; /* MSI-X is all it has */
	*region_reg32(&t->bar, IVSHMEM_DOORBELL) = htole32(t->id << 16 | vector);
	return 0;
}

const struct trigger_type trigger_ivshmem = {
	.name = "ivshmem",
	.needs = "QEMU's ivshmem-doorbell (1af4:1110)",
	.caps = BACKEND_HW_FIRE,
	.fires = 1u << VFIO_PCI_MSIX_IRQ_INDEX,
	/* Peers are eventfds to QEMU, this device's own as well: its main loop reads them. */
	.fires_late = true,
	.matches = matches,
	.setup = setup,
	.fire = fire,
};

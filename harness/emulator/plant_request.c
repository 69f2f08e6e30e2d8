/* SPDX-License-Identifier: MIT */
/* plant_request: bugs on the way in of the two ioctls, for validate.c. */
#include <errno.h>

#include "emulator/planted.h"

/* B17, B31: n as the ioctls see it. */
static uint32_t seen_count(struct emu *emu, uint32_t index)
{
	uint32_t n = emu_irq_count(emu, index);

	if (index == VFIO_PCI_INTX_IRQ_INDEX && ZOO_WHEN(emu, B17, !n))
		return 1;
	if (index == VFIO_PCI_MSIX_IRQ_INDEX &&
	    ZOO_WHEN(emu, B31, emu->msix_domain && emu->msix_domain != n))
		return emu->msix_domain;
	return n;
}

/*
 * What emu_validate() refuses and a check of less lets through. B01: NONE, whatever comes with it,
 * has no size and no range. B02: the same for the product nvec * sizeof(context) of a first enable.
 * B03, B40: start + count in 32 bits; descriptors that come beside the message are not part of its
 * size. Z10: flags that are not known.
 */
static bool passes(struct emu *emu, const struct vfio_irq_set *hdr, uint32_t n, uint32_t *data_size)
{
	const uint32_t set =
		VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
	uint32_t type = hdr->flags & VFIO_IRQ_SET_DATA_TYPE_MASK;
	bool enables = hdr->flags == set && irq_index_is_msi(hdr->index);
	struct vfio_irq_set known = *hdr;
	uint64_t end = (uint64_t)hdr->start + hdr->count;
	bool wraps = hdr->start < n && hdr->start + hdr->count <= n && end > n;

	known.flags &= IRQ_SET_FLAG_MASK;
	if (ZOO(emu, Z10) && known.flags != hdr->flags && !emu_validate(&known, n, data_size)) {
		ZOO_TRIGGERED(emu, Z10);
		return true;
	}
	*data_size = 0;
	if (known.flags != hdr->flags || hdr->argsz < IRQ_SET_HDR_SIZE ||
	    hdr->index >= VFIO_PCI_NUM_IRQS)
		return false;
	return ZOO_WHEN(emu, B01, type & VFIO_IRQ_SET_DATA_NONE) ||
	       ZOO_WHEN(emu, B02, enables && end * 32 > UINT32_MAX) ||
	       ZOO_WHEN(emu, B03, wraps && type == VFIO_IRQ_SET_DATA_NONE) ||
	       ZOO_WHEN(emu, B40, wraps && type == VFIO_IRQ_SET_DATA_EVENTFD);
}

/* B01, B02: what the handlers of that time made of several data types at once. */
static uint32_t type_of_several(struct emu *emu, const struct vfio_irq_set *hdr)
{
	if (!(hdr->flags & VFIO_IRQ_SET_DATA_EVENTFD) || !hdr->count)
		return VFIO_IRQ_SET_DATA_NONE;
	if (hdr->index == VFIO_PCI_INTX_IRQ_INDEX && (hdr->flags & VFIO_IRQ_SET_ACTION_TRIGGER)) {
		ZOO_OOPS(emu, ZOO_NULL_DEREF); /* the descriptor that there is not */
		return VFIO_IRQ_SET_DATA_NONE;
	}
	return irq_index_is_msi(hdr->index) ? VFIO_IRQ_SET_DATA_EVENTFD : VFIO_IRQ_SET_DATA_NONE;
}

bool plant_check_header(struct emu *emu, struct vfio_irq_set *hdr, uint32_t *data_size, int *err)
{
	uint32_t n = seen_count(emu, hdr->index);

	if (n != emu_irq_count(emu, hdr->index))
		*err = emu_validate(hdr, n, data_size);
	if (!*err || !passes(emu, hdr, n, data_size))
		return false;
	*err = 0;
	if ((ZOO_ON(emu, B01) || ZOO_ON(emu, B02)) && (hdr->flags & VFIO_IRQ_SET_DATA_NONE))
		hdr->flags = (hdr->flags & ~(uint32_t)VFIO_IRQ_SET_DATA_TYPE_MASK) |
			     type_of_several(emu, hdr);
	return true;
}

/* B10: ERR and REQ without igate. B14: ERR takes a lock under it that others take outside. */
bool plant_set_irqs(struct emu *emu, const struct request *req, uint32_t flags, uint32_t fail,
		    int *err)
{
	const char *where = "emu_set_irqs";
	bool open, device;

	/* The failure that was armed is igate's to guard. */
	open = !fail && req->index >= VFIO_PCI_ERR_IRQ_INDEX && ZOO(emu, B10);
	device = req->index == VFIO_PCI_ERR_IRQ_INDEX && ZOO_WHEN(emu, B14, true);
	if (!open && !device)
		return false;
	if (!open)
		lock_take_at(&emu->igate, where);
	if (device)
		lock_take_at(&emu->device_lock, where);
	*err = emu_handle(emu, req, flags, fail);
	if (device)
		lock_drop_at(&emu->device_lock, where);
	if (!open)
		lock_drop_at(&emu->igate, where);
	return true;
}

/* Z01 */
bool plant_no_handler(struct emu *emu, int *err)
{
	if (!ZOO_WHEN(emu, Z01, true))
		return false;
	*err = -EINVAL;
	return true;
}

/* Z13, and B17 and B31 */
bool plant_get_info(struct emu *emu, uint32_t index, uint32_t *flags, uint32_t *count)
{
	if (index == VFIO_PCI_MSIX_IRQ_INDEX && ZOO_WHEN(emu, Z13, emu->dyn))
		*flags |= VFIO_IRQ_INFO_NORESIZE;
	*count = seen_count(emu, index);
	return false;
}

/* Z16: written before anything is checked. */
bool plant_irq_info(struct emu *emu, struct vfio_irq_info *info)
{
	if (ZOO_WHEN(emu, Z16, info->argsz < IRQ_INFO_SIZE || !seen_count(emu, info->index)))
		info->count = 0;
	return false;
}

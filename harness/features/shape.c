/* SPDX-License-Identifier: MIT */
#include "features/shape.h"

#include <linux/pci_regs.h>
#include <string.h>

#include "features/features.h"

static void read_capability(struct shape *s, uint32_t head)
{
	uint32_t control = head >> 16;

	switch (head & 0xff) {
	case PCI_CAP_ID_EXP:
		s->pcie = true;
		break;
	case PCI_CAP_ID_MSI:
		s->msi = (uint16_t)(1u << ((control & PCI_MSI_FLAGS_QMASK) >> 1));
		break;
	case PCI_CAP_ID_MSIX:
		s->msix = (uint16_t)((control & PCI_MSIX_FLAGS_QSIZE) + 1);
		break;
	}
}

int shape_read(int (*read)(void *data, uint32_t reg, uint32_t *value), void *data,
	       struct shape *out)
{
	uint32_t v, at;
	int err;

	memset(out, 0, sizeof(*out));
	err = read(data, PCI_INTERRUPT_LINE, &v);
	if (err)
		return err;
	out->pin = (uint8_t)(v >> 8);
	err = read(data, PCI_COMMAND, &v);
	if (err)
		return err;
	if (v >> 16 & PCI_STATUS_CAP_LIST) {
		err = read(data, PCI_CAPABILITY_LIST, &at);
		/* As many steps as the list can have: a broken device may link it into a ring. */
		for (int i = 0; !err && i < PCI_CFG_SPACE_SIZE / 4; i++) {
			at &= 0xfc;
			if (at < PCI_STD_HEADER_SIZEOF)
				break;
			err = read(data, at, &v);
			if (!err)
				read_capability(out, v);
			at = v >> 8;
		}
	}
	out->known = !err;
	return err;
}

uint32_t shape_count(const struct shape *s, uint32_t features, uint32_t index)
{
	switch (index) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		return s->pin && !s->vf &&
		       !(s->irqless && feature_in(features, FEATURE_INTX_COUNT_NEEDS_IRQ));
	case VFIO_PCI_MSI_IRQ_INDEX:
		return s->msi;
	case VFIO_PCI_MSIX_IRQ_INDEX:
		return s->msix;
	case VFIO_PCI_ERR_IRQ_INDEX:
		return s->pcie || feature_in(features, FEATURE_ERR_ANY_FUNCTION);
	case VFIO_PCI_REQ_IRQ_INDEX:
		return 1;
	default:
		return 0;
	}
}

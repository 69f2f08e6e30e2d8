/* SPDX-License-Identifier: MIT */
/*
 * vfio_irq: the interrupt part of the VFIO uAPI (<linux/vfio.h>) and the names that irqstorm prints
 * for it. <linux/vfio.h> of Debian 12 is that of 6.1: what later kernels added and irqstorm needs
 * is defined here under #ifndef.
 */
#ifndef IRQSTORM_UAPI_VFIO_IRQ_H
#define IRQSTORM_UAPI_VFIO_IRQ_H

#include <linux/vfio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IRQ_SET_HDR_SIZE  ((uint32_t)offsetof(struct vfio_irq_set, data)) /* 20 bytes, R3 */
#define IRQ_INFO_SIZE     ((uint32_t)sizeof(struct vfio_irq_info))        /* 16 bytes, R14 */
#define IRQ_MAX_VECTORS   2048u /* MSI-X Table Size is 11 bits, PCIe 5.0 7.7.2.2 */
#define IRQ_MAX_MSI       32u
#define IRQ_SET_FLAG_MASK (VFIO_IRQ_SET_DATA_TYPE_MASK | VFIO_IRQ_SET_ACTION_TYPE_MASK)

static inline bool irq_index_is_msi(uint32_t index)
{
	return index == VFIO_PCI_MSI_IRQ_INDEX || index == VFIO_PCI_MSIX_IRQ_INDEX;
}

/* "INTX", "MSI", "MSIX", "ERR", "REQ", or "?" for another number. */
const char *irq_index_name(uint32_t index);

/* "EVENTFD|NORESIZE" of GET_IRQ_INFO flags, "0" for none. Returns @buf. */
const char *irq_info_flags(uint32_t flags, char *buf, size_t size);

#endif

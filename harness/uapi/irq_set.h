/* SPDX-License-Identifier: MIT */
/*
 * irq_set: builds struct vfio_irq_set requests. A buffer holds one request and its payload and can
 * be reused; the builders return the request, owned by the buffer. Not thread-safe.
 */
#ifndef IRQSTORM_UAPI_IRQ_SET_H
#define IRQSTORM_UAPI_IRQ_SET_H

#include "uapi/vfio_irq.h"

struct irq_set_buf {
	_Alignas(struct vfio_irq_set)
		uint8_t raw[sizeof(struct vfio_irq_set) + IRQ_MAX_VECTORS * sizeof(int32_t)];
};

/* TRIGGER|NONE, count 0: disable the index (R19). */
const struct vfio_irq_set *irq_set_disable(struct irq_set_buf *b, uint32_t index);

/* TRIGGER|EVENTFD of @count vectors from @start; fds[i] < 0 removes a trigger (R42). */
const struct vfio_irq_set *irq_set_eventfds(struct irq_set_buf *b, uint32_t index, uint32_t start,
					    uint32_t count, const int32_t *fds);

/* TRIGGER|NONE, count 1: loopback, the kernel signals the vector's trigger (R59). */
const struct vfio_irq_set *irq_set_loopback(struct irq_set_buf *b, uint32_t index, uint32_t vector);

/* "TRIGGER|EVENTFD MSIX start 3 count 1" for error messages. Returns @buf. */
const char *irq_set_format(const struct vfio_irq_set *set, char *buf, size_t size);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * backend: what irqstorm can drive. A backend is one open VFIO device, emulated or real, behind the
 * two interrupt ioctls, plus a way to make the device interrupt. It knows nothing of who calls it:
 * no accounting, no strategies, no rules about what a caller should do.
 *
 * Threading: set_irqs, irq_info, fire and reset may be called from any thread at any moment; the
 * backend serialises SET_IRQS as the kernel does (igate, R10 in docs/rules.md). close is called
 * once, when no other call is running. Signals arrive on the eventfds that the caller passed in a
 * SET_IRQS request; the backend takes its own references (R65), so the caller may close its fds.
 *
 * Errors are negative errno values; nothing is printed.
 */
#ifndef IRQSTORM_BACKEND_BACKEND_H
#define IRQSTORM_BACKEND_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uapi/irq_set.h"

enum backend_caps {
	/*
	 * When fire() returns, the signal it caused (if any) is in the eventfd. Without it an
	 * interrupt may still be on its way: through a bus, an interrupt controller, a handler.
	 */
	BACKEND_SYNC_FIRE = 1u << 0,
	/* fire() raises a hardware interrupt and passes MSI-X masks and pending bits; without it
	 * fire() is the loopback of SET_IRQS, which does not (R59). */
	BACKEND_HW_FIRE = 1u << 1,
	/* reset() works. */
	BACKEND_RESET = 1u << 2,
};

struct backend_desc {
	char target[160];  /* canonical target, as --target takes it: repeats this backend */
	char device[128];  /* "emulated PCIe function", "1af4:1110 at 0000:00:03.0" */
	char kernel[128];  /* "6.12 (emulated)", or uname release of the running kernel */
	char profile[16];  /* whose rules hold: "6.1", "6.12"; "" when not known */
	char trigger[32];  /* how fire() works: "device", "loopback", "ivshmem" */
	uint32_t caps;     /* enum backend_caps */
	uint32_t fire_max; /* fire() takes vectors below this on the MSI-X index */
	struct {
		uint32_t flags; /* VFIO_IRQ_INFO_* */
		uint32_t count; /* 0: the index is absent */
	} irq[VFIO_PCI_NUM_IRQS];
};

struct backend;

struct backend_ops {
	/* What the device is and can do, read now. 0 or -errno. */
	int (*describe)(struct backend *be, struct backend_desc *desc);

	/* VFIO_DEVICE_GET_IRQ_INFO with the caller's own argument. 0 or -errno. */
	int (*irq_info)(struct backend *be, struct vfio_irq_info *info);

	/*
	 * VFIO_DEVICE_SET_IRQS with the caller's own bytes, whatever they are: nothing is checked
	 * or mended on the way. @size is how many bytes at @arg may be read; a request that needs
	 * more faults (-EFAULT), as the end of a mapping would make it. Returns what the ioctl
	 * returns: 0, -errno, or the positive number of vectors to be had (R48).
	 */
	int (*set_irqs)(struct backend *be, const void *arg, size_t size);

	/*
	 * Make the device raise @vector of @index, as hardware would: whether a signal follows is
	 * up to the state of the device. 0 when the device was told to; -errno when it could not be
	 * (-EINVAL out of range or refused, -EOPNOTSUPP no way to raise that index).
	 */
	int (*fire)(struct backend *be, uint32_t index, uint32_t vector);

	/* VFIO_DEVICE_RESET: touches no interrupt state (R22). 0 or -errno. */
	int (*reset)(struct backend *be);

	/* Last close of the device (R21); frees @be. */
	void (*close)(struct backend *be);
};

/* Embedded as the first member of each backend's own struct. */
struct backend {
	const struct backend_ops *ops;
};

static inline int backend_describe(struct backend *be, struct backend_desc *desc)
{
	return be->ops->describe(be, desc);
}

static inline int backend_irq_info(struct backend *be, struct vfio_irq_info *info)
{
	return be->ops->irq_info(be, info);
}

static inline int backend_set_irqs(struct backend *be, const struct vfio_irq_set *set)
{
	return be->ops->set_irqs(be, set, set->argsz);
}

static inline int backend_fire(struct backend *be, uint32_t index, uint32_t vector)
{
	return be->ops->fire(be, index, vector);
}

static inline int backend_reset(struct backend *be)
{
	return be->ops->reset(be);
}

static inline void backend_close(struct backend *be)
{
	if (be)
		be->ops->close(be);
}

#endif

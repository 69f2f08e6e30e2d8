/* SPDX-License-Identifier: MIT */
/*
 * The loopback of SET_IRQS: the kernel signals the trigger itself. It works on every device and
 * every index, and the signal is in the eventfd on return; it passes no hardware, so masks and
 * pending bits do not matter (R59).
 */
#include <errno.h>
#include <sys/ioctl.h>

#include "backend/backend.h"
#include "uapi/vfio_irq.h"
#include "vfio/trigger.h"

static bool matches(uint16_t vendor, uint16_t device)
{
	(void)vendor;
	(void)device;
	return true;
}

static int setup(struct trigger *t, struct errmsg *e)
{
	(void)e;
	t->fire_max = t->msix_count;
	return 0;
}

static int fire(struct trigger *t, uint32_t index, uint32_t vector)
{
	struct vfio_irq_set set = {
		.argsz = IRQ_SET_HDR_SIZE,
		.flags = VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_NONE,
		.index = index,
		.start = vector,
		.count = 1,
	};

	return ioctl(t->device_fd, VFIO_DEVICE_SET_IRQS, &set) < 0 ? -errno : 0;
}

const struct trigger_type trigger_loopback = {
	.name = "loopback",
	.caps = BACKEND_SYNC_FIRE,
	.matches = matches,
	.setup = setup,
	.fire = fire,
};

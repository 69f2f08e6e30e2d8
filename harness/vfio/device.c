/* SPDX-License-Identifier: MIT */
/* What can be done to a real device apart from the interrupt ioctls: config writes and reopening.
 */
#include <linux/pci_regs.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vfio/state.h"

#define DRAIN_MS 500 /* for a message that was pending; far more than any takes */

#define OP(op) (1u << BACKEND_DEV_##op)

static uint32_t find_flr(const struct pciconf *c)
{
	uint32_t cap = pciconf_find(c, PCI_CAP_ID_EXP), devcap = 0;

	if (!cap || pciconf_read32(c, cap + PCI_EXP_DEVCAP, &devcap))
		return 0;
	return devcap & PCI_EXP_DEVCAP_FLR ? cap : 0;
}

/*
 * Wait until @want signals have come. A message still on its way when its vector is given up (R80)
 * could interrupt whoever is given that vector next.
 */
static void take_signals(int fd, uint64_t want)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint64_t n;

	while (want && poll(&p, 1, DRAIN_MS) == 1 && read(fd, &n, sizeof(n)) == (ssize_t)sizeof(n))
		want -= n < want ? n : want;
}

/*
 * What was pending when the device was closed is still so where a reset does not reach the pending
 * bits: QEMU's ivshmem has none, its e1000e only one by power state that resets nothing. Let those
 * messages go to an eventfd of nobody. Best effort: what stays pending is seen by ENTRY.
 */
static void drain_pending(struct vfio_backend *v)
{
	int32_t fds[IRQ_MAX_VECTORS];
	struct irq_set_buf buf;
	uint32_t n = 0, pending = 0;
	int fd = -1;

	if (!v->msix.table.base)
		return;
	for (uint32_t i = 0; i < v->msix.count; i++) {
		fds[i] = -1;
		if (!msix_view_pending(&v->msix, i))
			continue;
		if (fd < 0)
			fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		fds[i] = fd;
		n = i + 1;
		pending++;
	}
	if (fd < 0)
		return;
	if (!ioctl(v->fds.device, VFIO_DEVICE_SET_IRQS,
		   irq_set_eventfds(&buf, VFIO_PCI_MSIX_IRQ_INDEX, 0, n, fds))) {
		take_signals(fd, pending);
		ioctl(v->fds.device, VFIO_DEVICE_SET_IRQS,
		      irq_set_disable(&buf, VFIO_PCI_MSIX_IRQ_INDEX));
	}
	close(fd);
}

void device_start(struct vfio_backend *v)
{
	/* Capabilities do not move, and a reopen should be quick. */
	if (!v->caps_known) {
		v->cap_msi = pciconf_find(&v->conf, PCI_CAP_ID_MSI);
		v->cap_msix = pciconf_find(&v->conf, PCI_CAP_ID_MSIX);
		v->cap_pm = pciconf_find(&v->conf, PCI_CAP_ID_PM);
		v->cap_flr = find_flr(&v->conf);
		v->caps_known = true;
	}
	msix_view_open(&v->msix, &v->conf, v->cap_msix);
	drain_pending(v);
}

void device_stop(struct vfio_backend *v)
{
	msix_view_close(&v->msix);
}

uint32_t device_ops(const struct vfio_backend *v)
{
	return OP(DISINTX) | OP(MEMORY) | OP(REOPEN) | (v->cap_pm ? OP(POWER) : 0) |
	       (v->cap_flr ? OP(FLR) : 0) | (v->msix.table.base ? OP(ENTRY) : 0) |
	       (v->trigger.type->line ? OP(LINE) : 0);
}

/*
 * Bring COMMAND to what the user wants, and the trigger's registers with it. A reset or a return
 * from D3hot may have cleared Memory and bus mastering, without which no message leaves.
 */
static int settle(struct vfio_backend *v, bool wiped)
{
	const uint16_t mask = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	int err = 0;

	if (v->d0)
		err = pciconf_change16(&v->conf, PCI_COMMAND, mask,
				       v->memory ? mask : PCI_COMMAND_MASTER);
	v->answers = !err && v->memory && v->d0;
	if (wiped)
		v->trigger.stale = true;
	if (v->answers && v->trigger.stale) {
		if (v->trigger.type->restart)
			v->trigger.type->restart(&v->trigger);
		v->trigger.stale = false;
	}
	return err;
}

int device_was_reset(struct vfio_backend *v)
{
	v->d0 = true;
	return settle(v, true);
}

static int set_power(struct vfio_backend *v, uint32_t state)
{
	int err;

	if (state != 0 && state != 3)
		return -EINVAL;
	if (state)
		v->answers = false;
	/* The kernel does the transition, with what it takes to save and restore (R61). */
	err = pciconf_change16(&v->conf, v->cap_pm + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK,
			       (uint16_t)state);
	if (err)
		return err;
	v->d0 = !state;
	/* Coming from D3hot a device without No_Soft_Reset has lost its registers. */
	return settle(v, !state);
}

static int flr(struct vfio_backend *v)
{
	int err = pciconf_change16(&v->conf, v->cap_flr + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR,
				   PCI_EXP_DEVCTL_BCR_FLR);

	return err ? err : device_was_reset(v);
}

static int reopen(struct vfio_backend *v)
{
	struct errmsg e = {0};
	int err;

	vfio_stop(v);
	err = way_reopen(&v->roots, &v->pci, &v->fds, &e);
	if (!err)
		err = vfio_start(v, &e);
	/* Half a device is none: every call then fails with -EBADF until a reopen works. */
	if (err && v->fds.device >= 0) {
		vfio_stop(v);
		close(v->fds.device);
		v->fds.device = -1;
	}
	if (err)
		snprintf(v->lost, sizeof(v->lost), "%.500s", e.text);
	return err;
}

static int locked_do(struct vfio_backend *v, enum backend_device_op op, uint32_t arg)
{
	switch (op) {
	case BACKEND_DEV_LINE:
		return v->answers ? v->trigger.type->line(&v->trigger, arg) : -EIO;
	case BACKEND_DEV_DISINTX:
		return pciconf_change16(&v->conf, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE,
					arg ? PCI_COMMAND_INTX_DISABLE : 0);
	case BACKEND_DEV_MEMORY:
		v->memory = arg;
		/* In D3hot too: the bit is there to be written, it is the BARs that do not answer.
		 */
		if (!v->d0)
			return pciconf_change16(&v->conf, PCI_COMMAND, PCI_COMMAND_MEMORY,
						arg ? PCI_COMMAND_MEMORY : 0);
		return settle(v, false);
	case BACKEND_DEV_POWER:
		return set_power(v, arg);
	case BACKEND_DEV_FLR:
		return flr(v);
	case BACKEND_DEV_REOPEN:
		return reopen(v);
	case BACKEND_DEV_ENTRY:
		return v->answers ? msix_view_entry(&v->msix, arg) : -EIO;
	default:
		return -EOPNOTSUPP;
	}
}

int device_do(struct backend *be, enum backend_device_op op, uint32_t arg)
{
	struct vfio_backend *v = to_vfio(be);
	int ret;

	if ((uint32_t)op >= 32 || !(device_ops(v) & 1u << op))
		return -EOPNOTSUPP;
	/* A reopen that failed has left nothing to act on but another reopen. */
	if (v->fds.device < 0 && op != BACKEND_DEV_REOPEN)
		return -EBADF;
	serial_lock(v);
	ret = locked_do(v, op, arg);
	serial_unlock(v);
	return ret;
}

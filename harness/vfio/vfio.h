/* SPDX-License-Identifier: MIT */
/*
 * vfio: a real device through vfio-pci, by group and container (/dev/vfio/N). Implements backend.h.
 * The kernel does the work; this module opens, maps, explains what is wrong when it cannot, and
 * knows how to make a device interrupt (its trigger).
 *
 * sysfs.h reads facts, find.h picks the device and explains, group.h opens it, guard.h, region.h
 * and trigger.h use the device fd and do not care how it was opened: iommufd and its cdev would be
 * a second opener beside group.h, chosen in vfio_open.
 *
 * fire() returns -EOPNOTSUPP for an index that the trigger cannot raise: edu raises INTX and MSI,
 * ivshmem and e1000e MSI-X, loopback what is enabled. Where it writes registers it returns -EIO
 * while the user has taken them away (Memory off, D3hot). The line of BACKEND_DEV_LINE (edu) keeps
 * its level through everything but a reopen. After a reopen that failed every call is -EBADF until
 * one succeeds. inspect() sees handlers: a vector that has an irq but no trigger (R56) is not seen.
 */
#ifndef IRQSTORM_VFIO_VFIO_H
#define IRQSTORM_VFIO_VFIO_H

#include "backend/backend.h"
#include "support/errmsg.h"

struct vfio_config {
	const char *bdf; /* "0000:00:03.0", "00:03.0", or "auto": the only suitable bound device */
	/* "loopback", "ivshmem", "edu", "e1000e", or NULL: the best one the device has */
	const char *trigger;
	/* Borrowed until the backend is closed. */
	const char *sysfs; /* NULL: "/sys"; tests give a made tree */
	const char *dev;   /* NULL: "/dev" */
};

/* 0 or -errno with @e filled: one line that says what is wrong and what to do (exit 3 for the
 * machine, 2 for a malformed address). The caller owns *@out: backend_close(). */
int vfio_open(const struct vfio_config *cfg, struct backend **out, struct errmsg *e);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * vfio: a real device through vfio-pci. Implements backend.h.
 * The kernel does the work; this module opens, maps, explains what is wrong when it cannot, and
 * knows how to make a device interrupt (its trigger).
 *
 * sysfs.h reads facts, find.h picks the device and explains, way.h opens it by its group (group.h)
 * or its cdev (cdev.h), guard.h, region.h and trigger.h use the device fd and do not care how it
 * was opened.
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
#include "vfio/fds.h"

enum vfio_attach { VFIO_ATTACH_AUTO, VFIO_ATTACH_NO, VFIO_ATTACH_YES };

struct vfio_config {
	const char *bdf; /* "0000:00:03.0", "00:03.0", or "auto": the only suitable bound device */
	/* "loopback", "ivshmem", "edu", "e1000e", or NULL: the best one the device has */
	const char *trigger;
	enum vfio_via via;
	/*
	 * By cdev, give the device an I/O address space: VFIO_ATTACH_AUTO does so where the IOMMU
	 * translates the messages that the trigger has the device write, which on x86 go past it.
	 */
	enum vfio_attach attach;
	/* Borrowed until the backend is closed. */
	const char *sysfs; /* NULL: "/sys"; tests give a made tree */
	const char *dev;   /* NULL: "/dev" */
};

/* 0 or -errno with @e filled: one line that says what is wrong and what to do (exit 3 for the
 * machine, 2 for a malformed address). The caller owns *@out: backend_close(). */
int vfio_open(const struct vfio_config *cfg, struct backend **out, struct errmsg *e);

#endif

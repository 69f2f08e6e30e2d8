/* SPDX-License-Identifier: MIT */
/*
 * vfio: a real device through vfio-pci, by group and container (/dev/vfio/N). Implements backend.h.
 * The kernel does the work; this module opens, maps, explains what is wrong when it cannot, and
 * knows how to make a device interrupt (its trigger).
 */
#ifndef IRQSTORM_VFIO_VFIO_H
#define IRQSTORM_VFIO_VFIO_H

#include "backend/backend.h"
#include "support/errmsg.h"

struct vfio_config {
	const char *bdf;     /* "0000:00:03.0", "00:03.0", or "auto": the only suitable bound device */
	const char *trigger; /* "loopback", "ivshmem", or NULL: the best one the device has */
	const char *sysfs;   /* NULL: "/sys"; tests give a made tree */
	const char *dev;     /* NULL: "/dev" */
};

/* 0 or -errno with @e filled: one line that says what is wrong and what to do (exit 3 for the
 * machine, 2 for a malformed address). The caller owns *@out: backend_close(). */
int vfio_open(const struct vfio_config *cfg, struct backend **out, struct errmsg *e);

#endif

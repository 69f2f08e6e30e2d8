/* SPDX-License-Identifier: MIT */
/*
 * alive: does a device still answer? One that is in D3cold, that a reset has lost, or that was
 * pulled out reads as all ones: each count is then as large as it can be, each bit is set, and what
 * follows from that is no fault of the kernel. It is looked for when a device is opened and before
 * anything is told as found on it.
 */
#ifndef IRQSTORM_VFIO_ALIVE_H
#define IRQSTORM_VFIO_ALIVE_H

#include "support/errmsg.h"
#include "vfio/pciconf.h"
#include "vfio/sysfs.h"

/*
 * By VFIO's config region of an open device. Two reads of hardware: the kernel keeps a copy of the
 * vendor ID for users (vfio_pci_config.c, init_pci_cap_basic_perm), which outlives the device. 0,
 * or -ENODEV (all ones) or -errno (it cannot be read) with @e (exit 3).
 */
int alive_region(const struct pciconf *c, const struct vfio_roots *r, const char *bdf,
		 struct errmsg *e);

/* By sysfs, with nothing opened. As above, and 0 where sysfs does not tell. */
int alive_sysfs(const struct vfio_roots *r, const char *bdf, struct errmsg *e);

/* The line of both for a device that reads as all ones. Returns -ENODEV. */
int alive_gone(const struct vfio_roots *r, const char *bdf, struct errmsg *e);

#endif

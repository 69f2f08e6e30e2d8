/* SPDX-License-Identifier: MIT */
/*
 * cdev: from a device's own node, /dev/vfio/devices/vfioN, to an open device: the node opens for
 * anybody who may, and answers nothing (R1) until it is bound to an iommufd, which one opener at a
 * time can do. Kernels have it since 6.6 with CONFIG_VFIO_DEVICE_CDEV; Debian's do not.
 */
#ifndef IRQSTORM_VFIO_CDEV_H
#define IRQSTORM_VFIO_CDEV_H

#include "support/errmsg.h"
#include "vfio/fds.h"
#include "vfio/sysfs.h"

/* With @fds->attach set by the caller. 0, or -errno with @e (exit 3): what is wrong, what to do. */
int cdev_open(const struct vfio_roots *r, const struct pci_device *dev, struct vfio_fds *fds,
	      struct errmsg *e);

/* Gives the device back; it must have no other open fds. */
void cdev_close(struct vfio_fds *fds);

/* As group_reopen(). The iommufd stays. */
int cdev_reopen(const struct vfio_roots *r, const struct pci_device *dev, struct vfio_fds *fds,
		struct errmsg *e);

#endif

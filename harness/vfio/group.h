/* SPDX-License-Identifier: MIT */
/*
 * group: from an IOMMU group to an open device: container, group, device. This is the only way in
 * that Debian's kernels have; cdev.h is the other one. The container may be iommufd's own.
 */
#ifndef IRQSTORM_VFIO_GROUP_H
#define IRQSTORM_VFIO_GROUP_H

#include "support/errmsg.h"
#include "vfio/fds.h"
#include "vfio/sysfs.h"

/* 0, or -errno with @e (exit 3): what is wrong and what to do. */
int group_open(const struct vfio_roots *r, const struct pci_device *dev, struct vfio_fds *fds,
	       struct errmsg *e);

/* Gives the group back; the device must have no other open fds. */
void group_close(struct vfio_fds *fds);

/*
 * Close the device, which is its last close (R21) when no other fd of it is open, and get it anew.
 * Container and group stay. On failure there is no device fd.
 */
int group_reopen(const struct vfio_roots *r, const struct pci_device *dev, struct vfio_fds *fds,
		 struct errmsg *e);

#endif

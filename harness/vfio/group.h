/* SPDX-License-Identifier: MIT */
/*
 * group: from an IOMMU group to an open device: container, group, device. This is the only way in
 * that Debian's kernels have; the cdev way (/dev/vfio/devices/vfioN bound to an iommufd, R1) would
 * stand beside it as another file that fills the same struct vfio_fds.
 */
#ifndef IRQSTORM_VFIO_GROUP_H
#define IRQSTORM_VFIO_GROUP_H

#include "support/errmsg.h"
#include "vfio/sysfs.h"

struct vfio_fds {
	int container; /* /dev/vfio/vfio: where the IOMMU is */
	int group;     /* /dev/vfio/N: one opener at a time */
	int device;    /* -1 when a reopen failed */
};

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

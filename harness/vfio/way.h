/* SPDX-License-Identifier: MIT */
/*
 * way: which way a device is opened: by its group and a container (group.h), as all kernels have
 * it, or by its cdev and an iommufd (cdev.h), as newer ones may. Both end in a device fd that
 * answers alike; the kernel lets a device be used by one of them at a time.
 */
#ifndef IRQSTORM_VFIO_WAY_H
#define IRQSTORM_VFIO_WAY_H

#include "support/errmsg.h"
#include "vfio/fds.h"
#include "vfio/sysfs.h"

/* "auto", "group", "cdev" */
extern const char *const way_names[];

/* False when @word is none of them. */
bool way_find(const char *word, enum vfio_via *via);

/*
 * What AUTO means for @dev: the group where this user can open its nodes, else the cdev where that
 * holds for it; when neither can be opened, the one of which there is more, so that what is said
 * next is of use. From file names and modes alone: nothing is opened.
 */
enum vfio_via way_choose(const struct vfio_roots *r, const struct pci_device *dev);

/*
 * Open @dev by @via. @attach: by a cdev, also give it an I/O address space, which a device needs
 * whose writes the IOMMU translates. 0, or -errno with @e (exit 3). way_close() ends it.
 */
int way_open(const struct vfio_roots *r, const struct pci_device *dev, enum vfio_via via,
	     bool attach, struct vfio_fds *fds, struct errmsg *e);

/* As group_reopen(): the last close of the device (R21), and the device anew. */
int way_reopen(const struct vfio_roots *r, const struct pci_device *dev, struct vfio_fds *fds,
	       struct errmsg *e);

/* Gives the device back; it must have no other open fds. */
void way_close(struct vfio_fds *fds);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * advice: what keeps a device from being used, and what to do about it, each cause apart. The facts
 * are those of sysfs, /dev and /proc; nothing is opened but what can be read by anybody. `irqstorm
 * doctor` asks beforehand, group.h and cdev.h when a call has failed, so that both say the same.
 * Nothing that is advised takes a device from the host that it uses (hostuse.h).
 */
#ifndef IRQSTORM_VFIO_ADVICE_H
#define IRQSTORM_VFIO_ADVICE_H

#include <sys/types.h>

#include "vfio/sysfs.h"

enum obstacle {
	OBSTACLE_NONE,
	OBSTACLE_NO_GROUP,      /* no IOMMU group */
	OBSTACLE_NO_IOMMU,      /* VFIO runs without an IOMMU */
	OBSTACLE_GONE,          /* reads as all ones */
	OBSTACLE_HOST_USES,     /* its group holds what the host needs */
	OBSTACLE_NOT_VIABLE,    /* a host driver has a device of its group */
	OBSTACLE_CDEV_ONLY,     /* its cdev is there, the node of its group is not */
	OBSTACLE_GROUP_ONLY,    /* the other way round */
	OBSTACLE_NO_NODE,       /* neither is */
	OBSTACLE_NO_PERMISSION, /* this user or this container may not open the node */
	OBSTACLE_BUSY,          /* somebody has it open */
	OBSTACLE_REFUSED,       /* the IOMMU, or the driver, does not give it */
	OBSTACLE_ASLEEP,        /* it does not wake from D3 */
	OBSTACLE_NO_INTERRUPT,
};

struct advice {
	enum obstacle obstacle;
	char why[400];  /* "" when there is none */
	char todo[400]; /* likewise */
};

/* All of it for a device of VFIO's, the first obstacle that can be seen from outside. */
void advice_device(const struct vfio_roots *r, const struct pci_device *dev, struct advice *a);

/* Who else is in the group and keeps VFIO from it. */
void advice_group(const struct vfio_roots *r, const struct pci_device *dev, struct advice *a);

/* open() of the group's node, or of the container's, failed with the errno @err. */
void advice_node(const struct vfio_roots *r, const struct pci_device *dev, int err,
		 struct advice *a);
void advice_container(const struct vfio_roots *r, int err, struct advice *a);

/* The same of the device's cdev, and of /dev/iommu. */
void advice_cdev_node(const struct vfio_roots *r, const struct pci_device *dev, int err,
		      struct advice *a);
void advice_iommufd(const struct vfio_roots *r, int err, struct advice *a);

/*
 * VFIO_DEVICE_BIND_IOMMUFD failed with the errno @err on a cdev that the caller has closed again:
 * somebody has the device by its cdev (EINVAL) or a device of its group (EBUSY), or the IOMMU does
 * not give it.
 */
void advice_bind(const struct vfio_roots *r, const struct pci_device *dev, int err,
		 struct advice *a);

/* VFIO_SET_IOMMU of the group failed with EPERM. */
void advice_refused(const struct vfio_roots *r, const struct pci_device *dev, struct advice *a);

/* VFIO_GROUP_GET_DEVICE_FD failed with the errno @err: the device may be asleep, or another's. */
void advice_no_device(const struct vfio_roots *r, const struct pci_device *dev, int err,
		      struct advice *a);

/* @dev is in no IOMMU group. */
void advice_no_group(const struct vfio_roots *r, const struct pci_device *dev, struct advice *a);

/* The process that has @path open, 0 when none can be seen (they may belong to another user). */
pid_t advice_holder(const char *path);

#endif

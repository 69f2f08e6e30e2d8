/* SPDX-License-Identifier: MIT */
/* fds: what an open device consists of, by either way in (way.h). */
#ifndef IRQSTORM_VFIO_FDS_H
#define IRQSTORM_VFIO_FDS_H

#include <stdbool.h>
#include <stdint.h>

enum vfio_via {
	VFIO_VIA_AUTO, /* what is there: see way_choose() */
	VFIO_VIA_GROUP,
	VFIO_VIA_CDEV,
};

/* What is not of the way that was gone is -1. */
struct vfio_fds {
	enum vfio_via via;
	int container; /* /dev/vfio/vfio: where the IOMMU is */
	int group;     /* /dev/vfio/N: one opener at a time */
	int iommufd;   /* /dev/iommu, which the cdev is bound to */
	bool attach;   /* by cdev: give the device an address space, too */
	uint32_t ioas; /* that space, for as long as the iommufd is open */
	int device;    /* -1 when a reopen failed */
};

#endif

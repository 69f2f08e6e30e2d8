/* SPDX-License-Identifier: MIT */
/* advice_parts: what the advice on groups (advice.c) and that on cdevs (advice_cdev.c) share. */
#ifndef IRQSTORM_VFIO_ADVICE_PARTS_H
#define IRQSTORM_VFIO_ADVICE_PARTS_H

#include "vfio/advice.h"

__attribute__((format(printf, 4, 5))) void advice_set(struct advice *a, enum obstacle obstacle,
						      const char *todo, const char *fmt, ...);

/* Is @root@leaf@name there? */
bool advice_exists(const char *root, const char *leaf, const char *name);

/* Did @path not open, with the errno @err, for want of descriptors? */
bool advice_out_of_fds(const char *path, int err, struct advice *a);

/* Or for want of a permission? */
bool advice_not_allowed(const char *path, int err, struct advice *a);

/* @path is not there, though the kernel has it. @also: what else to pass in, or what for. */
void advice_not_passed_in(const char *path, const char *also, struct advice *a);

/* The kernel did not give the device through its @way, for a reason of the device's. */
void advice_does_not_open(const struct vfio_roots *r, const struct pci_device *dev, const char *way,
			  int err, struct advice *a);

/*
 * A node that keeps @dev from others, and the process that has it: that of its group, or the cdev
 * of a device of its group, the first that one of the processes that can be seen has open. 0 and ""
 * when there is none.
 */
pid_t advice_group_holder(const struct vfio_roots *r, const struct pci_device *dev, char *path,
			  size_t size);

/* @path, which @pid has open, or (0) somebody who is not seen. */
void advice_busy(const struct vfio_roots *r, const struct pci_device *dev, const char *path,
		 pid_t pid, struct advice *a);

#endif

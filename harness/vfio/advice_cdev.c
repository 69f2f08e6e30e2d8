/* SPDX-License-Identifier: MIT */
/* What keeps a device from being opened by its cdev. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "vfio/advice_parts.h"

#define OWN_KERNEL                                                                                 \
	"use via=group, or a kernel with CONFIG_IOMMUFD and CONFIG_VFIO_DEVICE_CDEV=y (Linux 6.6 " \
	"and later; Debian's have neither, irqstorm kernel build makes one)"

/* Since 6.1 sysfs has vfio-dev/vfioN of every device, but a number only where there is a cdev. */
static bool has_cdev(const struct vfio_roots *r, const struct pci_device *dev)
{
	char leaf[128];

	snprintf(leaf, sizeof(leaf), "/bus/pci/devices/%s/vfio-dev/%s/dev", dev->bdf, dev->cdev);
	return *dev->cdev && advice_exists(r->sysfs, leaf, "");
}

static void no_cdev(const struct vfio_roots *r, const struct pci_device *dev, const char *path,
		    struct advice *a)
{
	char todo[400];

	if (!has_cdev(r, dev)) {
		advice_set(a, OBSTACLE_GROUP_ONLY, OWN_KERNEL, "this kernel has no cdev of %s",
			   dev->bdf);
		return;
	}
	snprintf(todo, sizeof(todo),
		 "the kernel has it: in a container, start it with --device %.100s --device "
		 "%.100s/iommu; else see why udev or devtmpfs did not make it (dmesg)",
		 path, r->dev);
	advice_set(a, OBSTACLE_NO_NODE, todo, "no %.100s", path);
}

void advice_cdev_node(const struct vfio_roots *r, const struct pci_device *dev, int err,
		      struct advice *a)
{
	char path[PATH_MAX];

	memset(a, 0, sizeof(*a));
	snprintf(path, sizeof(path), "%s/vfio/devices/%s", r->dev, dev->cdev);
	if (!strncmp(dev->cdev, "noiommu-", 8))
		advice_set(a, OBSTACLE_NO_IOMMU,
			   "enable the IOMMU in the firmware (VT-d, AMD-Vi, SMMU), and boot x86 "
			   "with intel_iommu=on or amd_iommu=on",
			   "%s is VFIO's without an IOMMU, as %s, which is not supported", dev->bdf,
			   dev->cdev);
	else if (advice_not_allowed(path, err, a))
		return;
	else if (err == ENOENT)
		no_cdev(r, dev, path, a);
	else if (err == ENODEV || err == ENXIO)
		advice_set(a, OBSTACLE_REFUSED, "was it just unbound?",
			   "%.100s has no VFIO device (any more): %s", path, strerror(err));
	else
		advice_set(a, OBSTACLE_NO_NODE, "dmesg may say why", "cannot open %.100s: %s", path,
			   strerror(err));
}

void advice_iommufd(const struct vfio_roots *r, int err, struct advice *a)
{
	char path[PATH_MAX];

	memset(a, 0, sizeof(*a));
	snprintf(path, sizeof(path), "%s/iommu", r->dev);
	if (advice_not_allowed(path, err, a))
		return;
	if (err == ENOENT && advice_exists(r->sysfs, "/class/misc/iommu", "")) {
		advice_not_passed_in(path, "which a cdev is bound to", a);
		return;
	}
	advice_set(a, OBSTACLE_NO_NODE,
		   "a cdev is bound to it; as root: modprobe iommufd, where the kernel has it "
		   "(CONFIG_IOMMUFD), or use via=group",
		   "cannot open %.100s: %s", path, strerror(err));
}

/* The group is somebody's, by its own node or by a neighbour's cdev; or a host driver is in it. */
static void group_taken(const struct vfio_roots *r, const struct pci_device *dev, struct advice *a)
{
	char held[PATH_MAX];
	pid_t pid = advice_group_holder(r, dev, held, sizeof(held));

	if (!pid) {
		advice_group(r, dev, a);
		if (a->obstacle)
			return;
		snprintf(held, sizeof(held), "%s/vfio/%s", r->dev, dev->group);
	}
	advice_busy(r, dev, held, pid, a);
}

/* Any number of openers, one that is bound: the others are told EINVAL. */
static void bound_already(const struct vfio_roots *r, const struct pci_device *dev,
			  struct advice *a)
{
	char path[PATH_MAX];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/vfio/devices/%s", r->dev, dev->cdev);
	pid = advice_holder(path);
	if (pid) {
		advice_busy(r, dev, path, pid, a);
		return;
	}
	advice_set(a, OBSTACLE_BUSY,
		   "stop who has it, as root fuser -v names it; when nobody has, the IOMMU is not "
		   "coherent with the caches, and iommufd does not take such: use via=group",
		   "%.100s cannot be bound to an iommufd: %s; most often another process has", path,
		   strerror(EINVAL));
}

static void not_isolated(const struct pci_device *dev, struct advice *a)
{
	advice_set(a, OBSTACLE_REFUSED,
		   "for want of interrupt remapping (dmesg says so): enable it (firmware, or "
		   "intremap=on in QEMU), or accept, on a test machine, that a device can raise "
		   "any interrupt of the host: iommufd.allow_unsafe_interrupts=1 on the kernel "
		   "command line",
		   "iommufd refuses %s", dev->bdf);
}

void advice_bind(const struct vfio_roots *r, const struct pci_device *dev, int err,
		 struct advice *a)
{
	memset(a, 0, sizeof(*a));
	if (err == EBUSY)
		group_taken(r, dev, a);
	else if (err == EINVAL)
		bound_already(r, dev, a);
	else if (err == EPERM)
		not_isolated(dev, a);
	else if (err == EACCES)
		advice_set(a, OBSTACLE_REFUSED,
			   "its physical function is VFIO's as well: bind that one to its host "
			   "driver, or use another device",
			   "%s wants a VF token", dev->bdf);
	else
		advice_does_not_open(r, dev, "cdev", err, a);
}

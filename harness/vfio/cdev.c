/* SPDX-License-Identifier: MIT */
#include "vfio/cdev.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "uapi/vfio_iommufd.h"
#include "vfio/advice.h"

static int tell(const struct advice *a, int err, struct errmsg *e)
{
	return errmsg_set(e, -err, EXIT_ENVIRONMENT, "%s; %s", a->why, a->todo);
}

static int open_iommufd(const struct vfio_roots *r, int *fd, struct errmsg *e)
{
	char path[PATH_MAX];
	struct advice a;
	int err;

	snprintf(path, sizeof(path), "%s/iommu", r->dev);
	*fd = open(path, O_RDWR | O_CLOEXEC);
	if (*fd >= 0)
		return 0;
	err = errno;
	advice_iommufd(r, err, &a);
	return tell(&a, err, e);
}

static int open_node(const struct vfio_roots *r, const struct pci_device *dev, int *fd,
		     struct errmsg *e)
{
	char path[PATH_MAX];
	struct advice a;
	int err = ENOENT;

	*fd = -1;
	/* noiommu-vfioN opens, too, and is not what anybody should use. */
	if (*dev->cdev && strncmp(dev->cdev, "noiommu-", 8)) {
		snprintf(path, sizeof(path), "%s/vfio/devices/%s", r->dev, dev->cdev);
		*fd = open(path, O_RDWR | O_CLOEXEC);
		err = errno;
	}
	if (*fd >= 0)
		return 0;
	advice_cdev_node(r, dev, err, &a);
	return tell(&a, err, e);
}

static int bind_device(const struct vfio_fds *fds)
{
	struct vfio_device_bind_iommufd bind = {.argsz = sizeof(bind), .iommufd = fds->iommufd};

	return ioctl(fds->device, VFIO_DEVICE_BIND_IOMMUFD, &bind) ? -errno : 0;
}

/* An empty address space of its own: nothing is to be read or written there but messages. */
static int alloc_ioas(struct vfio_fds *fds, const struct pci_device *dev, struct errmsg *e)
{
	struct iommu_ioas_alloc ioas = {.size = sizeof(ioas)};

	if (ioctl(fds->iommufd, IOMMU_IOAS_ALLOC, &ioas))
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT,
				  "%s: the iommufd gives no address space (IOMMU_IOAS_ALLOC): %s",
				  dev->bdf, strerror(errno));
	fds->ioas = ioas.out_ioas_id;
	return 0;
}

static int attach_device(const struct vfio_fds *fds)
{
	struct vfio_device_attach_iommufd_pt pt = {.argsz = sizeof(pt), .pt_id = fds->ioas};

	return ioctl(fds->device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &pt) ? -errno : 0;
}

/* Open, bind and attach; without a device fd when it fails. */
static int get_device(const struct vfio_roots *r, const struct pci_device *dev,
		      struct vfio_fds *fds, struct errmsg *e)
{
	bool bound;
	struct advice a;
	int err;

	err = open_node(r, dev, &fds->device, e);
	if (err)
		return err;
	err = bind_device(fds);
	bound = !err;
	if (bound && fds->attach)
		err = attach_device(fds);
	if (!err)
		return 0;
	/* Before a holder is looked for, which would be ourselves. */
	close(fds->device);
	fds->device = -1;
	if (bound)
		return errmsg_set(e, err, EXIT_ENVIRONMENT,
				  "%s cannot be attached to the IOMMU "
				  "(VFIO_DEVICE_ATTACH_IOMMUFD_PT): %s; dmesg may say why, "
				  "attach=0 goes without",
				  dev->bdf, strerror(-err));
	advice_bind(r, dev, -err, &a);
	return tell(&a, -err, e);
}

int cdev_open(const struct vfio_roots *r, const struct pci_device *dev, struct vfio_fds *fds,
	      struct errmsg *e)
{
	int err, node;

	/* The node first: without it there is nothing to bind, whatever else is missing. */
	err = open_node(r, dev, &node, e);
	if (err)
		return err;
	close(node);
	err = open_iommufd(r, &fds->iommufd, e);
	if (err)
		return err;
	err = fds->attach ? alloc_ioas(fds, dev, e) : 0;
	if (!err)
		err = get_device(r, dev, fds, e);
	if (err)
		close(fds->iommufd);
	return err;
}

int cdev_reopen(const struct vfio_roots *r, const struct pci_device *dev, struct vfio_fds *fds,
		struct errmsg *e)
{
	if (fds->device >= 0)
		close(fds->device);
	return get_device(r, dev, fds, e);
}

void cdev_close(struct vfio_fds *fds)
{
	if (fds->device >= 0)
		close(fds->device);
	close(fds->iommufd);
}

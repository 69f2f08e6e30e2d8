/* SPDX-License-Identifier: MIT */
#include "vfio/group.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vfio/advice.h"

/* One line of what @a says. */
static int tell(const struct advice *a, int err, struct errmsg *e)
{
	return errmsg_set(e, -err, EXIT_ENVIRONMENT, "%s; %s", a->why, a->todo);
}

static int open_container(const struct vfio_roots *r, int *fd, struct errmsg *e)
{
	char path[PATH_MAX];
	struct advice a;
	int err;

	snprintf(path, sizeof(path), "%s/vfio/vfio", r->dev);
	*fd = open(path, O_RDWR | O_CLOEXEC);
	if (*fd >= 0)
		return 0;
	err = errno;
	advice_container(r, err, &a);
	return tell(&a, err, e);
}

static int open_group(const struct vfio_roots *r, const struct pci_device *dev, int *fd,
		      struct errmsg *e)
{
	char path[PATH_MAX];
	struct advice a;
	int err;

	snprintf(path, sizeof(path), "%s/vfio/%s", r->dev, dev->group);
	*fd = open(path, O_RDWR | O_CLOEXEC);
	if (*fd >= 0)
		return 0;
	err = errno;
	advice_node(r, dev, err, &a);
	return tell(&a, err, e);
}

static int check_container(const struct vfio_roots *r, int fd, int *type, struct errmsg *e)
{
	static const int types[] = {VFIO_TYPE1v2_IOMMU, VFIO_TYPE1_IOMMU};
	int version = ioctl(fd, VFIO_GET_API_VERSION);

	if (version < 0)
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT,
				  "%s/vfio/vfio does not answer as VFIO: %s; what is that file?",
				  r->dev, strerror(errno));
	if (version != VFIO_API_VERSION)
		return errmsg_set(e, -EPROTO, EXIT_ENVIRONMENT,
				  "the kernel's VFIO API is version %d, irqstorm knows %d", version,
				  VFIO_API_VERSION);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (ioctl(fd, VFIO_CHECK_EXTENSION, types[i]) > 0) {
			*type = types[i];
			return 0;
		}
	}
	return errmsg_set(e, -ENODEV, EXIT_ENVIRONMENT,
			  "VFIO has no Type1 IOMMU driver; as root: modprobe vfio_iommu_type1");
}

static int check_viable(const struct vfio_roots *r, const struct pci_device *dev, int fd,
			struct errmsg *e)
{
	struct vfio_group_status status = {.argsz = sizeof(status)};
	struct advice a;

	if (ioctl(fd, VFIO_GROUP_GET_STATUS, &status))
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT,
				  "%s/vfio/%s does not answer as a VFIO group: %s", r->dev,
				  dev->group, strerror(errno));
	if (status.flags & VFIO_GROUP_FLAGS_VIABLE)
		return 0;
	advice_group(r, dev, &a);
	if (!a.obstacle)
		return errmsg_set(e, -EPERM, EXIT_ENVIRONMENT,
				  "IOMMU group %s of %s is not viable, and sysfs shows no PCI "
				  "device of it with a host driver; dmesg may say why",
				  dev->group, dev->bdf);
	return errmsg_set(e, -EPERM, EXIT_ENVIRONMENT, "IOMMU group %s of %s: %s; %s", dev->group,
			  dev->bdf, a.why, a.todo);
}

static int attach(const struct vfio_roots *r, const struct pci_device *dev, struct vfio_fds *fds,
		  int type, struct errmsg *e)
{
	struct advice a;
	int err;

	if (ioctl(fds->group, VFIO_GROUP_SET_CONTAINER, &fds->container))
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT,
				  "cannot put IOMMU group %s into a container: %s", dev->group,
				  strerror(errno));
	if (!ioctl(fds->container, VFIO_SET_IOMMU, type))
		return 0;
	err = errno;
	ioctl(fds->group, VFIO_GROUP_UNSET_CONTAINER);
	if (err == EPERM) {
		advice_refused(r, dev, &a);
		return tell(&a, err, e);
	}
	return errmsg_set(e, -err, EXIT_ENVIRONMENT,
			  "cannot attach IOMMU group %s to the IOMMU: %s; dmesg may say why",
			  dev->group, strerror(err));
}

static int get_device(const struct vfio_roots *r, const struct pci_device *dev,
		      struct vfio_fds *fds, struct errmsg *e)
{
	struct advice a;
	int err;

	fds->device = ioctl(fds->group, VFIO_GROUP_GET_DEVICE_FD, dev->bdf);
	if (fds->device >= 0)
		return 0;
	err = errno;
	advice_no_device(r, dev, err, &a);
	return tell(&a, err, e);
}

int group_open(const struct vfio_roots *r, const struct pci_device *dev, struct vfio_fds *fds,
	       struct errmsg *e)
{
	int err, type = 0;

	err = open_container(r, &fds->container, e);
	if (err)
		return err;
	err = open_group(r, dev, &fds->group, e);
	if (err)
		goto err_container;
	err = check_container(r, fds->container, &type, e);
	if (err)
		goto err_group;
	err = check_viable(r, dev, fds->group, e);
	if (err)
		goto err_group;
	err = attach(r, dev, fds, type, e);
	if (err)
		goto err_group;
	err = get_device(r, dev, fds, e);
	if (err)
		goto err_attached;
	return 0;

err_attached:
	ioctl(fds->group, VFIO_GROUP_UNSET_CONTAINER);
err_group:
	close(fds->group);
err_container:
	close(fds->container);
	return err;
}

int group_reopen(const struct vfio_roots *r, const struct pci_device *dev, struct vfio_fds *fds,
		 struct errmsg *e)
{
	if (fds->device >= 0)
		close(fds->device);
	return get_device(r, dev, fds, e);
}

void group_close(struct vfio_fds *fds)
{
	if (fds->device >= 0)
		close(fds->device);
	ioctl(fds->group, VFIO_GROUP_UNSET_CONTAINER);
	close(fds->group);
	close(fds->container);
}

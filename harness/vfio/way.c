/* SPDX-License-Identifier: MIT */
#include "vfio/way.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vfio/cdev.h"
#include "vfio/group.h"

const char *const way_names[] = {
	[VFIO_VIA_AUTO] = "auto",
	[VFIO_VIA_GROUP] = "group",
	[VFIO_VIA_CDEV] = "cdev",
};

#define N_WAYS (sizeof(way_names) / sizeof(way_names[0]))

bool way_find(const char *word, enum vfio_via *via)
{
	for (size_t i = 0; i < N_WAYS; i++) {
		if (!strcmp(word, way_names[i])) {
			*via = (enum vfio_via)i;
			return true;
		}
	}
	return false;
}

/* Of two nodes that have to be opened: 2 for each that this user can open, 1 for each that is
 * there. */
static int weigh(const struct vfio_roots *r, const char *one, const char *other)
{
	const char *const leaf[] = {one, other};
	char path[PATH_MAX];
	int sum = 0;

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", r->dev, leaf[i]);
		if (!faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS))
			sum += 2;
		else if (!faccessat(AT_FDCWD, path, F_OK, AT_EACCESS))
			sum += 1;
	}
	return sum;
}

static bool noiommu(const struct vfio_roots *r, const struct pci_device *dev)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/vfio/noiommu-%s", r->dev, dev->group);
	return !strncmp(dev->cdev, "noiommu-", 8) || !faccessat(AT_FDCWD, path, F_OK, AT_EACCESS);
}

enum vfio_via way_choose(const struct vfio_roots *r, const struct pci_device *dev)
{
	char group[64], cdev[64];

	/* Of a device without an IOMMU the group's advice says it. */
	if (!*dev->cdev || noiommu(r, dev))
		return VFIO_VIA_GROUP;
	snprintf(group, sizeof(group), "vfio/%s", dev->group);
	snprintf(cdev, sizeof(cdev), "vfio/devices/%s", dev->cdev);
	return weigh(r, cdev, "iommu") > weigh(r, group, "vfio/vfio") ? VFIO_VIA_CDEV
								      : VFIO_VIA_GROUP;
}

int way_open(const struct vfio_roots *r, const struct pci_device *dev, enum vfio_via via,
	     bool attach, struct vfio_fds *fds, struct errmsg *e)
{
	*fds = (struct vfio_fds){.container = -1, .group = -1, .iommufd = -1, .device = -1};
	fds->via = via == VFIO_VIA_AUTO ? way_choose(r, dev) : via;
	fds->attach = attach;
	return fds->via == VFIO_VIA_CDEV ? cdev_open(r, dev, fds, e) : group_open(r, dev, fds, e);
}

int way_reopen(const struct vfio_roots *r, const struct pci_device *dev, struct vfio_fds *fds,
	       struct errmsg *e)
{
	return fds->via == VFIO_VIA_CDEV ? cdev_reopen(r, dev, fds, e)
					 : group_reopen(r, dev, fds, e);
}

void way_close(struct vfio_fds *fds)
{
	if (fds->via == VFIO_VIA_CDEV)
		cdev_close(fds);
	else
		group_close(fds);
}

/* SPDX-License-Identifier: MIT */
/*
 * find: the device that a target names, or one line that says why it cannot be used and what to do.
 * Everything that can be known without opening a device node is checked here; group.h goes on.
 */
#ifndef IRQSTORM_VFIO_FIND_H
#define IRQSTORM_VFIO_FIND_H

#include "support/errmsg.h"
#include "vfio/sysfs.h"
#include "vfio/trigger.h"

/*
 * The device at @text (pci_parse_bdf): there, in an IOMMU group, bound to vfio-pci, and alive
 * (alive.h) as far as sysfs tells. 0 or -errno.
 */
int find_device(const struct vfio_roots *r, const char *text, struct pci_device *dev,
		struct errmsg *e);

/*
 * The only device bound to vfio-pci that suits: it can interrupt, and it has the trigger @type when
 * that is not NULL. Several are an error that lists them: a test must not pick one by chance.
 */
int find_only(const struct vfio_roots *r, const struct trigger_type *type, struct pci_device *dev,
	      struct errmsg *e);

/* "0000:00:03.0 (1af4:1110, vfio-pci), ..." without the device @except (NULL: all). */
void find_format(const struct pci_device *devs, size_t n, const struct pci_device *except,
		 char *buf, size_t size);

#endif

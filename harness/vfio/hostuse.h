/* SPDX-License-Identifier: MIT */
/*
 * hostuse: what the host itself does with a device, and would stop doing if it was taken away for
 * VFIO: a disk that is mounted or holds swap or a volume, a network interface that is up, the
 * display. No advice to unbind a driver may be given without having looked here.
 */
#ifndef IRQSTORM_VFIO_HOSTUSE_H
#define IRQSTORM_VFIO_HOSTUSE_H

#include "vfio/sysfs.h"

/* True, and what in a few words: "disk sda is in use". A device of VFIO is in no use of the host.
 */
bool hostuse_find(const struct vfio_roots *r, const struct pci_device *dev, char *what,
		  size_t size);

#endif

/* SPDX-License-Identifier: MIT */
/* guest_vfio: what its parts share. */
#ifndef IRQSTORM_TESTS_VFIO_GUEST_VFIO_H
#define IRQSTORM_TESTS_VFIO_GUEST_VFIO_H

#include "guest_check.h"
#include "vfio/sysfs.h"

extern const struct check doorbell_checks[]; /* the ivshmem device is open */
extern const struct check loopback_checks[]; /* it is closed, and opened anew for the loopback */

/* Some device of the machine that is (not) bound to vfio-pci and is not an ivshmem. */
bool find_other(bool bound, struct pci_device *out);

#endif

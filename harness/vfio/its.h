/* SPDX-License-Identifier: MIT */
/*
 * its: does a GICv3 ITS give this host's devices their messages? It is seen from what firmware
 * tells of the interrupt controller, as an interrupt that goes through one need not exist yet.
 * Facts only; thread-safe.
 */
#ifndef IRQSTORM_VFIO_ITS_H
#define IRQSTORM_VFIO_ITS_H

#include "vfio/sysfs.h"

/* 1 or 0; -1 when nothing that may be read says. */
int its_present(const struct vfio_roots *r);

#endif

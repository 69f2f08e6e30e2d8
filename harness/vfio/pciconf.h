/* SPDX-License-Identifier: MIT */
/*
 * pciconf: config space through VFIO's config region, where the kernel stands between: it
 * virtualizes some bits (DisINTx, R34), acts on others (PMCSR, FLR) and drops the rest (R23).
 */
#ifndef IRQSTORM_VFIO_PCICONF_H
#define IRQSTORM_VFIO_PCICONF_H

#include <stdint.h>

#include "support/errmsg.h"

struct pciconf {
	int fd;          /* of the device, borrowed */
	uint64_t offset; /* of the region */
};

/* 0, or -errno with @e (exit 3). */
int pciconf_init(struct pciconf *c, int device_fd, struct errmsg *e);

/* 0 or -errno; -EIO for a short transfer. */
int pciconf_read8(const struct pciconf *c, uint32_t reg, uint8_t *value);
int pciconf_read16(const struct pciconf *c, uint32_t reg, uint16_t *value);
int pciconf_read32(const struct pciconf *c, uint32_t reg, uint32_t *value);

/* Bits of @mask in the 16-bit register @reg become those of @value; always writes. 0 or -errno. */
int pciconf_change16(const struct pciconf *c, uint32_t reg, uint16_t mask, uint16_t value);

/* Where the capability @id begins, 0 when there is none or config space cannot be read. */
uint32_t pciconf_find(const struct pciconf *c, uint8_t id);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * region: a device's registers, as VFIO lays them out behind the device fd: BARs mapped into the
 * process. Config space is pciconf.h's. Nothing here takes a lock.
 */
#ifndef IRQSTORM_VFIO_REGION_H
#define IRQSTORM_VFIO_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/errmsg.h"

struct bar_map {
	void *base; /* NULL when not mapped */
	size_t size;
};

/* Map all of BAR @bar, which must have @min_size bytes. 0, or -errno with @e (exit 3). */
int region_map(int device_fd, uint32_t bar, size_t min_size, struct bar_map *map, struct errmsg *e);
void region_unmap(struct bar_map *map);

/*
 * Map BAR @bar, which holds the MSI-X table or PBA, or leave @map empty where VFIO does not allow
 * that (before 4.16, or when the BAR shares a page): no error, the table is just out of sight.
 */
void region_map_msix(int device_fd, uint32_t bar, size_t min_size, bool table, struct bar_map *map);

/* One 32-bit register of a mapped BAR, little endian as PCI has it. */
static inline volatile uint32_t *region_reg32(const struct bar_map *map, size_t offset)
{
	return (volatile uint32_t *)((char *)map->base + offset);
}

#endif

/* SPDX-License-Identifier: MIT */
#include "vfio/region.h"

#include <endian.h>
#include <errno.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

static int region_info(int device_fd, uint32_t index, struct vfio_region_info *info,
		       struct errmsg *e)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	info->index = index;
	if (ioctl(device_fd, VFIO_DEVICE_GET_REGION_INFO, info))
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT, "VFIO region %u: %s", index,
				  strerror(errno));
	return 0;
}

int region_map(int device_fd, uint32_t bar, size_t min_size, struct bar_map *map, struct errmsg *e)
{
	struct vfio_region_info info;
	void *base;
	int err;

	err = region_info(device_fd, VFIO_PCI_BAR0_REGION_INDEX + bar, &info, e);
	if (err)
		return err;
	if (info.size < min_size)
		return errmsg_set(
			e, -ENODEV, EXIT_ENVIRONMENT,
			"BAR%u has %llu bytes, the trigger needs %zu; use trigger=loopback", bar,
			(unsigned long long)info.size, min_size);
	/* vfio_pci_probe_mmaps leaves out a BAR that shares its page with another. */
	if (!(info.flags & VFIO_REGION_INFO_FLAG_MMAP))
		return errmsg_set(e, -ENODEV, EXIT_ENVIRONMENT,
				  "BAR%u cannot be mapped (smaller than a page and not alone in "
				  "it): boot with "
				  "pci=resource_alignment=BDF, or use trigger=loopback",
				  bar);
	base = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED, device_fd,
		    (off_t)info.offset);
	if (base == MAP_FAILED)
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot map BAR%u: %s", bar,
				  strerror(errno));
	map->base = base;
	map->size = info.size;
	return 0;
}

void region_unmap(struct bar_map *map)
{
	if (map->base)
		munmap(map->base, map->size);
	map->base = NULL;
}

/* True when the region @index says that the MSI-X table in it may be mapped. */
static bool table_mappable(int device_fd, uint32_t index)
{
	union {
		struct vfio_region_info info;
		char bytes[1024];
	} u = {.info = {.argsz = sizeof(u), .index = index}};
	uint32_t at;

	if (ioctl(device_fd, VFIO_DEVICE_GET_REGION_INFO, &u.info) || u.info.argsz > sizeof(u) ||
	    !(u.info.flags & VFIO_REGION_INFO_FLAG_CAPS))
		return false;
	/* As many steps as capabilities fit: the chain is the kernel's, but it costs nothing. */
	at = u.info.cap_offset;
	for (int steps = 0; at && steps < 64; steps++) {
		struct vfio_info_cap_header cap;

		if (at > sizeof(u) - sizeof(cap))
			return false;
		memcpy(&cap, u.bytes + at, sizeof(cap));
		if (cap.id == VFIO_REGION_INFO_CAP_MSIX_MAPPABLE)
			return true;
		at = cap.next;
	}
	return false;
}

void region_map_msix(int device_fd, uint32_t bar, size_t min_size, bool table, struct bar_map *map)
{
	map->base = NULL;
	if (!table || table_mappable(device_fd, VFIO_PCI_BAR0_REGION_INDEX + bar))
		region_map(device_fd, bar, min_size, map, NULL);
}

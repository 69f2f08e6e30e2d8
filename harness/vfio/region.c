/* SPDX-License-Identifier: MIT */
#include "vfio/region.h"

#include <endian.h>
#include <errno.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

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

static int config_error(uint32_t reg, ssize_t got, struct errmsg *e)
{
	int err = got < 0 ? errno : EIO;

	return errmsg_set(e, -err, EXIT_ENVIRONMENT, "config register 0x%x: %s", reg,
			  strerror(err));
}

int region_config_set16(int device_fd, uint32_t reg, uint16_t bits, struct errmsg *e)
{
	struct vfio_region_info info;
	uint16_t value;
	ssize_t n;
	int err;

	err = region_info(device_fd, VFIO_PCI_CONFIG_REGION_INDEX, &info, e);
	if (err)
		return err;
	n = pread(device_fd, &value, sizeof(value), (off_t)(info.offset + reg));
	if (n != sizeof(value))
		return config_error(reg, n, e);
	value = htole16(le16toh(value) | bits);
	n = pwrite(device_fd, &value, sizeof(value), (off_t)(info.offset + reg));
	if (n != sizeof(value))
		return config_error(reg, n, e);
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "vfio/pciconf.h"

#include <endian.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <unistd.h>

int pciconf_init(struct pciconf *c, int device_fd, struct errmsg *e)
{
	struct vfio_region_info info = {.argsz = sizeof(info),
					.index = VFIO_PCI_CONFIG_REGION_INDEX};

	if (ioctl(device_fd, VFIO_DEVICE_GET_REGION_INFO, &info))
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT, "VFIO config region: %s",
				  strerror(errno));
	c->fd = device_fd;
	c->offset = info.offset;
	return 0;
}

static int done(ssize_t got, size_t want)
{
	if (got < 0)
		return -errno;
	return got == (ssize_t)want ? 0 : -EIO;
}

static int get(const struct pciconf *c, uint32_t reg, void *value, size_t size)
{
	return done(pread(c->fd, value, size, (off_t)(c->offset + reg)), size);
}

int pciconf_read8(const struct pciconf *c, uint32_t reg, uint8_t *value)
{
	return get(c, reg, value, sizeof(*value));
}

int pciconf_read16(const struct pciconf *c, uint32_t reg, uint16_t *value)
{
	int err = get(c, reg, value, sizeof(*value));

	*value = le16toh(*value);
	return err;
}

int pciconf_read32(const struct pciconf *c, uint32_t reg, uint32_t *value)
{
	int err = get(c, reg, value, sizeof(*value));

	*value = le32toh(*value);
	return err;
}

int pciconf_change16(const struct pciconf *c, uint32_t reg, uint16_t mask, uint16_t value)
{
	uint16_t v = 0;
	int err = pciconf_read16(c, reg, &v);

	if (err)
		return err;
	v = htole16((uint16_t)((v & ~mask) | (value & mask)));
	return done(pwrite(c->fd, &v, sizeof(v), (off_t)(c->offset + reg)), sizeof(v));
}

uint32_t pciconf_find(const struct pciconf *c, uint8_t id)
{
	uint16_t status = 0;
	uint8_t at = 0, found = 0;

	if (pciconf_read16(c, PCI_STATUS, &status) || !(status & PCI_STATUS_CAP_LIST) ||
	    pciconf_read8(c, PCI_CAPABILITY_LIST, &at))
		return 0;
	/* As many steps as the list can have: a broken device may link it into a ring. */
	for (int steps = 0; steps < PCI_CFG_SPACE_SIZE / 4; steps++) {
		at &= (uint8_t)~3u;
		if (at < PCI_STD_HEADER_SIZEOF || pciconf_read8(c, at, &found))
			return 0;
		if (found == id)
			return at;
		if (pciconf_read8(c, at + PCI_CAP_LIST_NEXT, &at))
			return 0;
	}
	return 0;
}

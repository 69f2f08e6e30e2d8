/* SPDX-License-Identifier: MIT */
#include "vfio/sysfs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* True when @text looks like @pattern: 'x' a hex digit, 'o' a function number, else itself. */
static bool looks_like(const char *text, const char *pattern)
{
	for (; *pattern; pattern++, text++) {
		bool ok = *text == *pattern;

		if (*pattern == 'x')
			ok = isxdigit((unsigned char)*text);
		else if (*pattern == 'o')
			ok = *text >= '0' && *text <= '7';
		if (!ok)
			return false;
	}
	return !*text;
}

bool pci_parse_bdf(const char *text, char bdf[BDF_SIZE])
{
	const char *prefix = "";

	if (looks_like(text, "xx:xx.o"))
		prefix = "0000:";
	else if (!looks_like(text, "xxxx:xx:xx.o"))
		return false;
	snprintf(bdf, BDF_SIZE, "%s%s", prefix, text);
	for (char *p = bdf; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	/* A device number has five bits. */
	return bdf[8] <= '1';
}

static void device_path(char path[PATH_MAX], const struct vfio_roots *r, const char *bdf,
			const char *leaf)
{
	snprintf(path, PATH_MAX, "%s/bus/pci/devices/%s%s", r->sysfs, bdf, leaf);
}

/* The last part of what the link @leaf of the device points to; "" when there is no such link. */
static void read_link_name(const struct vfio_roots *r, const char *bdf, const char *leaf, char *out,
			   size_t size)
{
	char path[PATH_MAX], to[PATH_MAX];
	const char *name;
	ssize_t len;

	device_path(path, r, bdf, leaf);
	len = readlink(path, to, sizeof(to) - 1);
	to[len > 0 ? len : 0] = '\0';
	name = strrchr(to, '/');
	snprintf(out, size, "%.*s", (int)size - 1, name ? name + 1 : to);
}

static int is_cdev(const struct dirent *d)
{
	return !strncmp(d->d_name, "vfio", 4) || !strncmp(d->d_name, "noiommu-vfio", 12);
}

/* BDF/vfio-dev/vfioN, which VFIO's core makes for each of its devices, whatever their driver. */
static void read_cdev(const struct vfio_roots *r, const char *bdf, char *out, size_t size)
{
	char path[PATH_MAX];
	struct dirent **names;
	int n;

	*out = '\0';
	device_path(path, r, bdf, "/vfio-dev");
	n = scandir(path, &names, is_cdev, alphasort);
	for (int i = 0; i < n; i++) {
		if (!i)
			snprintf(out, size, "%.*s", (int)size - 1, names[i]->d_name);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

static uint16_t read_id(const struct vfio_roots *r, const char *bdf, const char *leaf)
{
	char path[PATH_MAX];
	unsigned int id = 0;
	FILE *f;

	device_path(path, r, bdf, leaf);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%x", &id) != 1)
		id = 0;
	fclose(f);
	return (uint16_t)id;
}

bool pci_read(const struct vfio_roots *r, const char *bdf, struct pci_device *dev)
{
	char path[PATH_MAX];
	struct stat st;

	device_path(path, r, bdf, "");
	if (stat(path, &st))
		return false;
	memset(dev, 0, sizeof(*dev));
	snprintf(dev->bdf, sizeof(dev->bdf), "%s", bdf);
	dev->vendor = read_id(r, bdf, "/vendor");
	dev->device = read_id(r, bdf, "/device");
	read_link_name(r, bdf, "/driver", dev->driver, sizeof(dev->driver));
	read_link_name(r, bdf, "/iommu_group", dev->group, sizeof(dev->group));
	read_cdev(r, bdf, dev->cdev, sizeof(dev->cdev));
	dev->vfio = *dev->cdev || pci_driver_is_vfio(dev->driver);
	return true;
}

static int is_bdf(const struct dirent *d)
{
	return looks_like(d->d_name, "xxxx:xx:xx.o");
}

int pci_list(const struct vfio_roots *r, const struct pci_device *group, struct pci_device **out,
	     size_t *n)
{
	char path[PATH_MAX];
	struct dirent **names;
	int found;

	*out = NULL;
	*n = 0;
	device_path(path, r, group ? group->bdf : "", group ? "/iommu_group/devices" : "");
	found = scandir(path, &names, is_bdf, alphasort);
	if (found < 0)
		return -errno;
	*out = calloc((size_t)found + 1, sizeof(**out));
	for (int i = 0; i < found; i++) {
		if (*out && pci_read(r, names[i]->d_name, &(*out)[*n]))
			(*n)++;
		free(names[i]);
	}
	free(names);
	return *out ? 0 : -ENOMEM;
}

bool pci_driver_is_vfio(const char *driver)
{
	static const char *const ends[] = {"vfio-pci", "vfio_pci"};
	size_t len = strlen(driver);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t n = strlen(ends[i]);

		if (len >= n && !strcmp(driver + len - n, ends[i]))
			return true;
	}
	return false;
}

bool pci_lets_vfio(const struct pci_device *dev)
{
	static const char *const harmless[] = {"", "pci-stub", "pcieport"};

	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
		if (!strcmp(dev->driver, harmless[i]))
			return true;
	}
	return dev->vfio;
}

bool pci_can_interrupt(const struct vfio_roots *r, const struct pci_device *dev)
{
	char path[PATH_MAX];
	uint8_t cfg[PCI_CFG_SPACE_SIZE];
	size_t len, at;
	FILE *f;

	device_path(path, r, dev->bdf, "/config");
	f = fopen(path, "re");
	if (!f)
		return true;
	len = fread(cfg, 1, sizeof(cfg), f);
	fclose(f);
	if (len < PCI_STD_HEADER_SIZEOF || cfg[PCI_INTERRUPT_PIN])
		return true;
	if (!(cfg[PCI_STATUS] & PCI_STATUS_CAP_LIST))
		return false;
	at = cfg[PCI_CAPABILITY_LIST] & ~3u;
	/* As many steps as the list can have: a broken device may link it into a ring. */
	for (int steps = 0; at && steps < PCI_CFG_SPACE_SIZE / 4; steps++) {
		if (at + PCI_CAP_LIST_NEXT >= len)
			return true;
		if (cfg[at] == PCI_CAP_ID_MSI || cfg[at] == PCI_CAP_ID_MSIX)
			return true;
		at = cfg[at + PCI_CAP_LIST_NEXT] & ~3u;
	}
	return false;
}

bool pci_read_config(const struct vfio_roots *r, const char *bdf, void *bytes, size_t size)
{
	char path[PATH_MAX];
	size_t len;
	FILE *f;

	device_path(path, r, bdf, "/config");
	f = fopen(path, "re");
	if (!f)
		return false;
	len = fread(bytes, 1, size, f);
	fclose(f);
	return len == size;
}

void pci_power_state(const struct vfio_roots *r, const char *bdf, char *buf, size_t size)
{
	char path[PATH_MAX];
	FILE *f;

	*buf = '\0';
	device_path(path, r, bdf, "/power_state");
	f = fopen(path, "re");
	if (!f)
		return;
	if (fgets(buf, (int)size, f))
		buf[strcspn(buf, "\n")] = '\0';
	fclose(f);
}

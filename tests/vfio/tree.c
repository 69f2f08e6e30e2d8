/* SPDX-License-Identifier: MIT */
#include "tree.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void run(const char *fmt, ...)
{
	char command[PATH_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	cr_assert_eq(system(command), 0, "%s", command);
}

static void put(const char *path, const void *bytes, size_t size)
{
	FILE *f = fopen(path, "w");

	cr_assert_not_null(f, "%s", path);
	cr_assert_eq(fwrite(bytes, 1, size, f), size, "%s", path);
	fclose(f);
}

static void put_id(const struct tree *t, const char *bdf, const char *leaf, unsigned int id)
{
	char path[PATH_MAX], text[16];
	int n = snprintf(text, sizeof(text), "0x%04x\n", id);

	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/%s", t->sysfs, bdf, leaf);
	put(path, text, (size_t)n);
}

void tree_make(struct tree *t)
{
	strcpy(t->root, "/tmp/irqstorm-vfio-XXXXXX");
	cr_assert_not_null(mkdtemp(t->root), "mkdtemp");
	/* other users have to get in: a test becomes nobody */
	cr_assert_eq(chmod(t->root, 0755), 0, "chmod");
	snprintf(t->sysfs, sizeof(t->sysfs), "%s/sys", t->root);
	snprintf(t->dev, sizeof(t->dev), "%s/dev", t->root);
	run("mkdir -p %s/bus/pci/devices %s/bus/pci/drivers/vfio-pci %s", t->sysfs, t->sysfs,
	    t->dev);
	t->roots = (struct vfio_roots){.sysfs = t->sysfs, .dev = t->dev};
}

void tree_remove(struct tree *t)
{
	run("rm -rf %s", t->root);
}

/* As the kernel lays it out: the bus folder holds links to the devices' own folders. */
void tree_device(struct tree *t, const char *bdf, uint16_t vendor, uint16_t device,
		 const char *driver, const char *group)
{
	const char *s = t->sysfs;

	run("mkdir -p %s/devices/pci0000:00/%s", s, bdf);
	run("ln -s ../../../devices/pci0000:00/%s %s/bus/pci/devices/%s", bdf, s, bdf);
	put_id(t, bdf, "vendor", vendor);
	put_id(t, bdf, "device", device);
	if (driver) {
		run("mkdir -p %s/bus/pci/drivers/%s", s, driver);
		run("ln -s ../../../bus/pci/drivers/%s %s/bus/pci/devices/%s/driver", driver, s,
		    bdf);
	}
	if (group) {
		run("mkdir -p %s/kernel/iommu_groups/%s/devices", s, group);
		run("ln -s ../../../../devices/pci0000:00/%s %s/kernel/iommu_groups/%s/devices/%s",
		    bdf, s, group, bdf);
		run("ln -s ../../../kernel/iommu_groups/%s %s/bus/pci/devices/%s/iommu_group",
		    group, s, bdf);
	}
}

void tree_config(struct tree *t, const char *bdf, const void *bytes, size_t size)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/config", t->sysfs, bdf);
	put(path, bytes, size);
}

void tree_node(struct tree *t, const char *name)
{
	run("mkdir -p %s/vfio && touch %s/vfio/%s", t->dev, t->dev, name);
}

void tree_drop(struct tree *t, const char *path)
{
	run("rm -r %s/%s", t->root, path);
}

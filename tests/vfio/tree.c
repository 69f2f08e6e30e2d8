/* SPDX-License-Identifier: MIT */
#include "tree.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* By calls and not by mkdir, ln and rm: hundreds of trees are made, and a process costs more than a
 * tree. */
void tree_folder(const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	for (char *end = strchr(path + 1, '/'); end; end = strchr(end + 1, '/')) {
		*end = '\0';
		cr_assert(!mkdir(path, 0777) || errno == EEXIST, "%s: %s", path, strerror(errno));
		*end = '/';
	}
	cr_assert(!mkdir(path, 0777) || errno == EEXIST, "%s: %s", path, strerror(errno));
}

/* A link that says @to. */
__attribute__((format(printf, 2, 3))) static void link_to(const char *to, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	cr_assert_eq(symlink(to, path), 0, "%s: %s", path, strerror(errno));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void remove_all(const char *path)
{
	cr_assert_eq(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0, "%s: %s", path,
		     strerror(errno));
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
	tree_folder("%s/bus/pci/devices", t->sysfs);
	tree_folder("%s/bus/pci/drivers/vfio-pci", t->sysfs);
	tree_folder("%s", t->dev);
	t->roots = (struct vfio_roots){.sysfs = t->sysfs, .dev = t->dev};
}

void tree_remove(struct tree *t)
{
	remove_all(t->root);
}

/* As the kernel lays it out: the bus folder holds links to the devices' own folders. */
void tree_device(struct tree *t, const char *bdf, uint16_t vendor, uint16_t device,
		 const char *driver, const char *group)
{
	const char *s = t->sysfs;
	char to[PATH_MAX];

	tree_folder("%s/devices/pci0000:00/%s", s, bdf);
	snprintf(to, sizeof(to), "../../../devices/pci0000:00/%s", bdf);
	link_to(to, "%s/bus/pci/devices/%s", s, bdf);
	put_id(t, bdf, "vendor", vendor);
	put_id(t, bdf, "device", device);
	if (driver) {
		tree_folder("%s/bus/pci/drivers/%s", s, driver);
		snprintf(to, sizeof(to), "../../../bus/pci/drivers/%s", driver);
		link_to(to, "%s/bus/pci/devices/%s/driver", s, bdf);
	}
	if (group) {
		tree_folder("%s/kernel/iommu_groups/%s/devices", s, group);
		snprintf(to, sizeof(to), "../../../../devices/pci0000:00/%s", bdf);
		link_to(to, "%s/kernel/iommu_groups/%s/devices/%s", s, group, bdf);
		snprintf(to, sizeof(to), "../../../kernel/iommu_groups/%s", group);
		link_to(to, "%s/bus/pci/devices/%s/iommu_group", s, bdf);
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
	char path[PATH_MAX];

	tree_folder("%s/vfio", t->dev);
	snprintf(path, sizeof(path), "%s/vfio/%s", t->dev, name);
	put(path, "", 0);
}

void tree_drop(struct tree *t, const char *path)
{
	char whole[PATH_MAX];

	snprintf(whole, sizeof(whole), "%s/%s", t->root, path);
	remove_all(whole);
}

/* SPDX-License-Identifier: MIT */
/*
 * tree: a made /sys and /dev in a temporary folder, with as much of PCI and VFIO as the checks look
 * at. One at a time; everything asserts.
 */
#ifndef IRQSTORM_TESTS_VFIO_TREE_H
#define IRQSTORM_TESTS_VFIO_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "vfio/sysfs.h"

struct tree {
	char root[64], sysfs[80], dev[80];
	struct vfio_roots roots;
};

/* With an empty /sys/bus/pci, the vfio-pci driver, and no /dev/vfio. */
void tree_make(struct tree *t);
void tree_remove(struct tree *t);

/* A folder, with those that it is in, as `mkdir -p` makes it. */
__attribute__((format(printf, 1, 2))) void tree_folder(const char *fmt, ...);
/* @driver NULL: bound to none; @group NULL: in none. */
void tree_device(struct tree *t, const char *bdf, uint16_t vendor, uint16_t device,
		 const char *driver, const char *group);
/* The device's config space: @size bytes. */
void tree_config(struct tree *t, const char *bdf, const void *bytes, size_t size);
/* An empty file /dev/vfio/@name. */
void tree_node(struct tree *t, const char *name);
/* Take a file, link or folder away, by its path below the root. */
void tree_drop(struct tree *t, const char *path);

#endif

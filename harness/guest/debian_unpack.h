/* SPDX-License-Identifier: MIT */
/* debian_unpack: from the packages of a kernel to the files that a guest needs of it. */
#ifndef IRQSTORM_GUEST_DEBIAN_UNPACK_H
#define IRQSTORM_GUEST_DEBIAN_UNPACK_H

#include "guest/apt_index.h"
#include "support/errmsg.h"

/* Unpack the file @deb of package @name below @root. 0, or -errno with @e; -EINTR when stopped. */
int debian_unpack(const char *name, const char *deb, const char *root, int sigfd, struct errmsg *e);

/*
 * Put vmlinuz and modules/ (the few that VFIO needs, decompressed) of the unpacked kernel that
 * package @image stands for into the folder @dir. Before 7.2 the image is boot/vmlinuz-RELEASE,
 * since then usr/lib/modules/RELEASE/vmlinuz. 0, or -errno with @e: it is of another series than
 * @want says, of another architecture, lacks the image or vfio-pci, ...
 */
int debian_keep(const struct debian_want *want, const char *image, const char *root,
		const char *dir, int sigfd, struct errmsg *e);

#endif

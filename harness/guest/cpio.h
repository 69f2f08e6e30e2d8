/* SPDX-License-Identifier: MIT */
/*
 * cpio: writes, and reads, the "newc" archive that Linux unpacks as its first root file system.
 * Device nodes are only headers in it, so no root is needed on the host. Times are 0: the same
 * input gives the same archive.
 */
#ifndef IRQSTORM_GUEST_CPIO_H
#define IRQSTORM_GUEST_CPIO_H

#include <sys/types.h>

#include "guest/bytes.h"

/* All return 0 or -errno; names have no leading slash and folders come before what is in them. */
int cpio_dir(struct bytes *b, const char *name);
int cpio_file(struct bytes *b, const char *name, mode_t mode, const void *data, size_t len);
int cpio_chardev(struct bytes *b, const char *name, mode_t mode, unsigned int major,
		 unsigned int minor);
int cpio_end(struct bytes *b);

/*
 * Write what such an archive of files and folders has, below the folder @root. For archives that we
 * wrote: names are taken as they are. 0 or -errno, -EINVAL for what is none or cut short.
 */
int cpio_unpack(const void *data, size_t len, const char *root);

#endif

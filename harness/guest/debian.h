/* SPDX-License-Identifier: MIT */
/*
 * debian: kernels from Debian's packages. apt says which package and version is current, fetches
 * it and checks its signature; dpkg-deb unpacks it; the image and the few modules that VFIO needs
 * are kept in the cache under the package's name and version.
 */
#ifndef IRQSTORM_GUEST_DEBIAN_H
#define IRQSTORM_GUEST_DEBIAN_H

#include <stddef.h>

#include "support/errmsg.h"

/*
 * The cache folder (with vmlinuz and modules/) of the newest kernel of @series. When apt cannot
 * help, an older one from the cache serves, with a note. 0, or -errno with @e; -EINTR if stopped.
 */
int debian_kernel(const char *series, int sigfd, char *dir, size_t size, struct errmsg *e);

/* "6.1" -> "linux-image-amd64", "6.12" -> "linux-image-6.12-amd64". Returns @buf. */
const char *debian_meta(const char *series, char *buf, size_t size);

#endif

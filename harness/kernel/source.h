/* SPDX-License-Identifier: MIT */
/*
 * source: where a kernel of our own comes from: Debian's package of a series, fetched through the
 * same apt as kernels are and unpacked once into ${XDG_CACHE_HOME:-~/.cache}/irqstorm/sources,
 * where it only appears whole; or a tree of the user's, which stays as it is.
 */
#ifndef IRQSTORM_KERNEL_SOURCE_H
#define IRQSTORM_KERNEL_SOURCE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "support/errmsg.h"

struct kernel_source {
	char dir[PATH_MAX / 2];
	char id[NAME_MAX - 64]; /* a name for it: "linux-source-7.3_7.3.4-1", or of the folder */
	bool fixed;             /* what has this name never changes */
};

/*
 * @text is "debian:SERIES", "debian:newest" or a folder. 0, or -errno with @e: exit 2 for what is
 * none of them, 3 for what is not to be had; -EINTR when stopped.
 */
int source_open(const char *text, int sigfd, struct kernel_source *s, struct errmsg *e);

/* Are @mb megabytes free where @path is? 0, or -ENOSPC with @e. */
int source_space(const char *path, uint32_t mb, const char *what, struct errmsg *e);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * kernel: finds the kernel to boot: Debian's newest of a series (fetched once with apt into a
 * cache, nothing is installed and no root is needed) or an image of the user's own.
 */
#ifndef IRQSTORM_GUEST_KERNEL_H
#define IRQSTORM_GUEST_KERNEL_H

#include <limits.h>
#include <stdbool.h>

#include "guest/arch.h"
#include "guest/debian.h"
#include "guest/modules.h"
#include "support/errmsg.h"

struct kernel_spec {
	bool debian;
	struct debian_want want; /* of Debian's */
	char image[PATH_MAX];    /* of the user's own */
	char modules[PATH_MAX];  /* "" for none */
};

struct kernel {
	char image[PATH_MAX];
	char release[96]; /* as the image itself says it; "" if it does not */
	struct modules modules;
};

/* "debian:6.12" (debian_want_parse() has all forms) or "PATH[,modules=DIR]". -EINVAL with @e (exit
 * 2). */
int kernel_spec_parse(const char *text, struct kernel_spec *spec, struct errmsg *e);

/*
 * The architecture that the kernel is for, before anything is fetched: of an image, what is in it.
 * 0, or -errno with @e (exit 3) when it cannot be read or is no kernel.
 */
int kernel_arch(const struct kernel_spec *spec, const struct guest_arch **arch, struct errmsg *e);

/*
 * Make the kernel ready to boot. 0, or -errno with @e; -EINTR when a stop signal came at @sigfd
 * while something was fetched. Free with kernel_free().
 */
int kernel_prepare(const struct kernel_spec *spec, int sigfd, struct kernel *k, struct errmsg *e);

void kernel_free(struct kernel *k);

/* The folder for what irqstorm keeps between runs. 0, or -errno with @e when there is none. */
int kernel_cache_dir(char *path, size_t size, struct errmsg *e);

/*
 * What the file @image is: *@arch in Debian's words ("amd64": a bzImage, "arm64": an Image), and
 * the release, where it says one ("" otherwise). 0, -ENOEXEC when it is neither, else -errno.
 */
int kernel_image_probe(const char *image, const char **arch, char *release, size_t size);

#endif

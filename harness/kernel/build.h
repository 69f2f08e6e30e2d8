/* SPDX-License-Identifier: MIT */
/*
 * build: kernels of our own, for guests: a source (source.h), tinyconfig and a recipe's fragments
 * (recipe.h), made by the kernel's own make. Objects stay in the cache, in
 * objects/SOURCE-RECIPE-HASH, so that what a killed run has made is not made again; the result is a
 * folder with bzImage, config, System.map, what a recipe keeps beside, made-of, which tells what it
 * came from, and SHA256SUMS. It only ever appears whole, by a rename.
 */
#ifndef IRQSTORM_KERNEL_BUILD_H
#define IRQSTORM_KERNEL_BUILD_H

#include <stddef.h>
#include <stdint.h>

#include "support/errmsg.h"

struct kernel_build {
	const char *source; /* "debian:7.3", "debian:newest", or a folder */
	const char *config; /* a recipe's name */
	const char *out;    /* NULL: own/SOURCE-RECIPE in the cache */
	uint32_t jobs;      /* of make; 0: as many as there are CPUs */
};

/*
 * Build it, or find that it is there. @image gets the path of the bzImage. 0, or -errno with @e:
 * exit 2 for the command line, 3 for the machine; -EINTR when stopped.
 */
int kernel_build(const struct kernel_build *b, int sigfd, char *image, size_t size,
		 struct errmsg *e);

/* Print a line for each kernel that was built into the cache. */
int kernel_build_list(int sigfd, struct errmsg *e);

/* Remove the sources, objects and kernels of ours below the cache folder @base. 0, or -errno with
 * @e: -EWOULDBLOCK while one is made. */
int kernel_build_clear(const char *base, struct errmsg *e);

#endif

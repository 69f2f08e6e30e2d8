/* SPDX-License-Identifier: MIT */
/*
 * kernel_cache: the kernels that were fetched, in ${XDG_CACHE_HOME:-~/.cache}/irqstorm/kernels. An
 * entry is a folder PACKAGE_VERSION with vmlinuz, modules/, packages (what it was unpacked from)
 * and SHA256SUMS over all of them; it only ever appears whole, by a rename. While one is made, it
 * is in .fetch-PACKAGE_VERSION, which belongs to who holds .lock-PACKAGE_VERSION.
 */
#ifndef IRQSTORM_GUEST_KERNEL_CACHE_H
#define IRQSTORM_GUEST_KERNEL_CACHE_H

#include <limits.h>
#include <stdint.h>

#include "guest/apt_index.h"
#include "support/errmsg.h"

struct kernel_entry {
	char name[NAME_MAX + 1]; /* of its folder */
	char series[APT_SERIES_MAX], arch[8];
	bool rt;
	uint64_t size; /* of its files, bytes */
};

struct kernel_entries {
	struct kernel_entry *v; /* oldest version first */
	size_t n;
};

/* The cache's folder, which is made. 0, or -errno with @e. */
int kernel_cache_open(char *kernels, size_t size, struct errmsg *e);

/* What there is, sealed or not. 0, or -errno with @e. Free with kernel_entries_free(). */
int kernel_cache_list(const char *kernels, struct kernel_entries *list, struct errmsg *e);
void kernel_entries_free(struct kernel_entries *list);

/* Write the sums of all files of the new entry @dir. 0, or -errno with @e. */
int kernel_cache_seal(const char *dir, int sigfd, struct errmsg *e);

/*
 * Is the entry @dir what was sealed? 0; -ENOENT: there is none, or one without sums; -EBADMSG with
 * @e: a file is damaged or missing; -EINTR or another -errno with @e: cannot tell.
 */
int kernel_cache_check(const char *dir, int sigfd, struct errmsg *e);

/* The newest entry that fits @want and is as it was sealed. 0, -ENOENT, or -EINTR with @e. */
int kernel_cache_newest(const char *kernels, const struct debian_want *want, int sigfd, char *dir,
			size_t size, struct errmsg *e);

/* The right to make the entry @name. The fd to close, or -errno with @e. */
int kernel_cache_lock(const char *kernels, const char *name, int sigfd, struct errmsg *e);

/* Remove what killed runs have left half-made; what others are making stays. */
void kernel_cache_sweep(const char *kernels);

/* Remove the entry @name. 0; -EWOULDBLOCK with @e while somebody makes it; -errno with @e. */
int kernel_cache_remove(const char *kernels, const char *name, struct errmsg *e);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * apt_view: an apt of irqstorm's own, in its cache: sources, lists and settings apart from the
 * host's, so that the kernels of every Debian release are there on any host, for any user, and
 * nothing of the host's is read for what it is or changed. From the host come the mirror that its
 * own sources name, and its settings of how to download (proxies). Lists are verified by apt
 * against Debian's archive keys; packages against the lists.
 *
 * The environment: IRQSTORM_MIRROR=URI takes all from there; IRQSTORM_APT_SOURCES=FILE is a sources
 * list in the place of ours (.sources or .list), with keys and suites of its own.
 */
#ifndef IRQSTORM_GUEST_APT_VIEW_H
#define IRQSTORM_GUEST_APT_VIEW_H

#include <limits.h>

#include "guest/apt_index.h"
#include "support/errmsg.h"

struct apt_view {
	char dir[PATH_MAX / 2];       /* its folder in the cache */
	char conf[PATH_MAX / 2 + 16]; /* apt's settings */
	char arch[8];
};

/* The view of @arch below the cache folder @base; nothing is made yet. 0 or -errno with @e. */
int apt_view_init(struct apt_view *v, const char *base, const char *arch, struct errmsg *e);

/*
 * The kernels that there are. When what is known is older than @max_age_s seconds the lists are
 * fetched, and *@fresh says so; where that does not work out whole, what there is serves, with a
 * note. 0, or -errno with @e: nothing is known and nothing can be fetched; -EINTR when stopped.
 */
int apt_view_index(const struct apt_view *v, long max_age_s, int sigfd, struct apt_index *x,
		   bool *fresh, struct errmsg *e);

/*
 * Fetch @n packages at the same time, as @dir/0.deb, @dir/1.deb, ..., whole and with the hash that
 * the lists have. 0, or -errno with @e; -EINTR when stopped.
 */
int apt_view_fetch(const struct apt_view *v, const struct apt_package *const *parts, int n,
		   const char *dir, int sigfd, struct errmsg *e);

/* Remove all views below @base. 0; -EWOULDBLOCK with @e while one is used; or -errno with @e. */
int apt_view_clear(const char *base, struct errmsg *e);

#endif

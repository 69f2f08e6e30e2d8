/* SPDX-License-Identifier: MIT */
/*
 * debian: kernels from Debian's packages, by series. The newest that Debian has in any release is
 * fetched through an apt of our own (apt_view.h), unpacked by dpkg-deb, compared with what was
 * asked for, and what a guest needs of it is kept in the cache (kernel_cache.h).
 */
#ifndef IRQSTORM_GUEST_DEBIAN_H
#define IRQSTORM_GUEST_DEBIAN_H

#include <stddef.h>

#include "guest/apt_index.h"
#include "support/errmsg.h"

/*
 * "6.12", "newest", "6.12-rt", "6.12/arm64", "6.12-rt/arm64": what follows "debian:". -EINVAL with
 * @e (exit 2): not of that form, or an architecture that there are no guests of.
 */
int debian_want_parse(const char *text, struct debian_want *want, struct errmsg *e);

/* "debian:6.12-rt/arm64", as one would say it. Returns @buf. */
const char *debian_want_text(const struct debian_want *want, char *buf, size_t size);

/*
 * The cache folder (with vmlinuz and modules/) of the newest kernel that fits @want. When it cannot
 * be fetched an older one from the cache serves, with a note. @max_age_s: how old, in seconds, what
 * is known of Debian's lists may be. 0, or -errno with @e; -EINTR if stopped.
 */
int debian_kernel(const struct debian_want *want, long max_age_s, int sigfd, char *dir, size_t size,
		  struct errmsg *e);

/* How old lists may be for a guest, and for who asks what there is. */
#define DEBIAN_WEEK_S (7 * 24 * 3600L)
#define DEBIAN_HOUR_S 3600L

/* Print a line for each series that Debian has for @arch, to stdout. 0, or -errno with @e. */
int debian_print_available(const char *arch, int sigfd, struct errmsg *e);

#endif

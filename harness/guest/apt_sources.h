/* SPDX-License-Identifier: MIT */
/*
 * apt_sources: what apt is told for a view of irqstorm's own: its settings, and the releases of
 * Debian that kernels are taken from, with the mirror of the host's own sources.
 */
#ifndef IRQSTORM_GUEST_APT_SOURCES_H
#define IRQSTORM_GUEST_APT_SOURCES_H

#include "guest/bytes.h"
#include "support/errmsg.h"

/*
 * Write apt.conf, sources.list and the folders that apt wants into @dir, for packages of @arch.
 * 0, or -errno with @e: no mirror is known, the archive's keys are not there, ...
 */
int apt_sources_write(const char *dir, const char *arch, int sigfd, struct errmsg *e);

/*
 * The lines of sources.list, from the host's repositories as apt lists them (@host: lines of "URI
 * SUITE COMPONENT") or, when @mirror is not NULL, from there alone. @options: "signed-by=...".
 * 0, -ENOENT when neither names a mirror of Debian, or -ENOMEM.
 */
int apt_sources_lines(const char *host, const char *mirror, const char *options,
		      struct bytes *lines);

#endif

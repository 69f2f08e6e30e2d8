/* SPDX-License-Identifier: MIT */
/*
 * lockfile: one irqstorm at a time. The lock is on an empty file that stays, as one that is removed
 * while somebody waits for it would be locked by two; it ends with its holder, however that dies.
 */
#ifndef IRQSTORM_GUEST_LOCKFILE_H
#define IRQSTORM_GUEST_LOCKFILE_H

#include "support/errmsg.h"

/*
 * Take the lock on @path, whose folder is there. When another has it, say once what that one is
 * doing (@doing: "fetching a kernel") and wait. The fd to close, or -errno with @e; -EINTR when a
 * signal came at @sigfd.
 */
int lockfile_take(const char *path, const char *doing, int sigfd, struct errmsg *e);

/* The fd to close, -EWOULDBLOCK when another has the lock, or another -errno. */
int lockfile_try(const char *path);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * initramfs: the guest's whole file system, built in memory: irqstorm itself as /init, the kernel
 * modules, the files that go in, and the command file that tells init what to do.
 */
#ifndef IRQSTORM_GUEST_INITRAMFS_H
#define IRQSTORM_GUEST_INITRAMFS_H

#include "guest/guest.h"

/* A memfd with the archive, close-on-exec; or -errno with @e. A session's has no command yet. */
int initramfs_build(const struct guest_config *c, struct errmsg *e);

/*
 * What a session's guest gets for one command (mailbox.h): the command file and what crosses. The
 * same, and -EFBIG when the mailbox cannot hold it.
 */
int initramfs_request(const struct guest_config *c, struct errmsg *e);

/*
 * Read the program at @path, which has to be static, as nothing else is in the guest for it to
 * load, and for guests of @arch (NULL: not known yet). @ours: it is irqstorm itself. 0, or -errno
 * with @e (exit 3).
 */
int initramfs_program(struct bytes *b, const char *path, const struct guest_arch *arch, bool ours,
		      struct errmsg *e);

#endif

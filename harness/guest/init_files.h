/* SPDX-License-Identifier: MIT */
/*
 * init_files: brings the files that the subcommand writes out of the guest: those of folders
 * whenever it asks for that (support/handover.h), the rest when it has ended. Each goes as a whole;
 * a folder's file that is written again goes again. Part of the guest's init: one thread.
 */
#ifndef IRQSTORM_GUEST_INIT_FILES_H
#define IRQSTORM_GUEST_INIT_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "guest/bytes.h"

/* The line to the host. */
struct link {
	int channel;
	uint8_t seq;
};
void link_send(struct link *link, uint8_t type, const void *data, size_t len);

struct outgoing {
	struct link *link;
	const struct bytes *cmd; /* the command file, whose `out` are the paths */
	uint32_t *sent;          /* files of each folder so far */
	int64_t since;           /* when it was last asked for, seconds */
};

/* @link and @cmd are the caller's, and stay. 0 or -ENOMEM. */
int outgoing_init(struct outgoing *o, struct link *link, const struct bytes *cmd);
void outgoing_free(struct outgoing *o);
/* What is new in folders. */
void outgoing_folders(struct outgoing *o);
/* The same, and files by themselves. */
void outgoing_rest(struct outgoing *o);

#endif

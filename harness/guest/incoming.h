/* SPDX-License-Identifier: MIT */
/*
 * incoming: the files that a guest delivers. A file by itself goes into its open outfile, for
 * judge.h to commit; the files of a folder are written one by one as they come.
 */
#ifndef IRQSTORM_GUEST_INCOMING_H
#define IRQSTORM_GUEST_INCOMING_H

#include "guest/frame.h"
#include "guest/guest.h"

struct incoming {
	struct guest_outfile *out;
	size_t n;
	struct guest_outfile *now; /* being received */
};

/* FRAME_FILE_BEGIN, FRAME_FILE_DATA, FRAME_FILE_END or FRAME_FOLDER_END. */
void incoming_frame(struct incoming *in, const struct frame *f);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * console: the guest's kernel log. Kept in memory with a bound (the beginning and the end survive,
 * the middle goes), copied to a file as it comes when the user wants one, and scanned for splats.
 */
#ifndef IRQSTORM_GUEST_CONSOLE_H
#define IRQSTORM_GUEST_CONSOLE_H

#include <stdio.h>

#include "guest/bytes.h"
#include "guest/splat.h"

struct console {
	struct bytes log;
	uint64_t dropped; /* bytes cut out behind CONSOLE_HEAD */
	FILE *copy;       /* borrowed; NULL for none */
	int copy_errno;   /* the first failure to write there */
	struct splat_scan scan;
};

#define CONSOLE_HEAD (1U << 20)
#define CONSOLE_MAX  (4U << 20)

/* 0 or -ENOMEM. */
int console_feed(struct console *c, const void *data, size_t len);

void console_finish(struct console *c);

/* Write what is kept to a new file. 0 or -errno. */
int console_save(const struct console *c, const char *path);

/* The beginning of the last @lines lines inside .log; the log is not NUL-terminated. */
size_t console_tail(const struct console *c, unsigned int lines);

void console_free(struct console *c);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * outfile: a result file that appears whole or not at all. It is opened (as NAME.tmp.PID beside its
 * final place) before a run starts, so that an unwritable path is refused at once, and renamed to
 * its final name when everything is written. "-" is stdout. An existing file that is not regular
 * (a pipe, /dev/null, /dev/full) is written in place.
 */
#ifndef IRQSTORM_SUPPORT_OUTFILE_H
#define IRQSTORM_SUPPORT_OUTFILE_H

#include <stdio.h>

#include "support/errmsg.h"

struct outfile {
	FILE *f;          /* NULL when not open */
	const char *path; /* borrowed from the caller */
	char *tmp;        /* NULL when written in place */
};

/* @path NULL: leaves @o closed, returns 0. Errors: negative errno, @e filled (exit 3). */
int outfile_open(struct outfile *o, const char *path, struct errmsg *e);
/* Flush, sync the name. Errors: negative errno, @e filled; the temporary file is removed. */
int outfile_commit(struct outfile *o, struct errmsg *e);
/* A file of @len bytes, all three at once. @data may be NULL when there are none. */
int outfile_write(const char *path, const void *data, size_t len, struct errmsg *e);
/* Forget an open file; nothing appears under its final name. Safe on a closed one. */
void outfile_abort(struct outfile *o);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * folder: where a bench keeps what it has measured, so that one that was killed can go on.
 *
 *	manifest.json         what is run, in full; a second start must agree with it
 *	cells/NAME.rN.json    repeat N of a cell, written when it ends
 *	cost/N.json           the cost of a resize on target N
 *	cells/NAME.hgrm       response times of all repeats of a cell
 *	summary.json          what it all comes to
 *	report.html
 *
 * Each file appears whole or not at all (outfile.h). A lock keeps two benches out of one folder.
 * Without a path nothing is written and everything is kept in memory.
 */
#ifndef IRQSTORM_BENCH_FOLDER_H
#define IRQSTORM_BENCH_FOLDER_H

#include <jansson.h>
#include <stdbool.h>

#include "support/errmsg.h"

struct folder {
	const char *path; /* NULL: memory alone */
	int lock;
	bool resumed;
	json_t *kept; /* name -> document, of all that was stored or found */
};

/*
 * Makes @path if need be, or finds what an earlier bench left there. @manifest (borrowed) is
 * written, or compared with the one found: a difference is -EEXIST with @e (exit 2). A folder that
 * holds other things is refused likewise, one that cannot be written is exit 3. folder_close() in
 * any case.
 */
int folder_open(struct folder *f, const char *path, const json_t *manifest, struct errmsg *e);
void folder_close(struct folder *f);

/* The seed in the manifest of an earlier bench in @path, as text; NULL: there is none. To be freed.
 */
char *folder_seed(const char *path);

/* What was stored as @name ("cells/x.r1"), now or by an earlier bench. Borrowed; NULL: not yet. */
const json_t *folder_find(struct folder *f, const char *name);

/* Writes NAME.json; @doc is taken over. 0 or -errno with @e (exit 3). */
int folder_store(struct folder *f, const char *name, json_t *doc, struct errmsg *e);

/* PATH/NAME, to be freed; NULL without a folder, or without memory. */
char *folder_path(const struct folder *f, const char *name);

#endif

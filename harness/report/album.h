/* SPDX-License-Identifier: MIT */
/*
 * album: where charts go. Into a page, each with a link to itself as a file of its own and its
 * name; or, of all the charts that a page would have, the one that was asked for by its name,
 * alone. Owns the names that were given so far; its FILEs are the caller's.
 */
#ifndef IRQSTORM_REPORT_ALBUM_H
#define IRQSTORM_REPORT_ALBUM_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "report/svg.h"

struct album {
	FILE *page;         /* NULL: no page */
	const char *want;   /* NULL: no chart alone */
	FILE *alone;        /* where that one goes */
	bool found;         /* it was there */
	const char *source; /* below a chart that stands alone: where it comes from */
	const char *prefix; /* of names, as "run2-"; NULL: none */
	json_t *names;      /* of all charts, an array */
};

/* An album of @page; album_free() in any case. */
void album_init(struct album *a, FILE *page);
void album_free(struct album *a);

/* "percentiles-in place-emulator 6.12" as a name that no chart of @a has. Returns @buf. */
const char *album_name(struct album *a, const char *text, char *buf, size_t size);

/* The names of all charts, a line each. */
void album_list(const struct album *a, FILE *f);

/* Finishes @c, puts it where it belongs and frees it. */
void album_put(struct album *a, struct svg_chart *c);

#endif

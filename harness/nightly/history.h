/* SPDX-License-Identifier: MIT */
/*
 * history: history.jsonl, one line of JSON for each night that ended (schema
 * irqstorm.nightly-history/1): name, when, version, verdict, counts of findings and all figures of
 * its steps. A line is appended with one write and is on the disk when that returns; one that was
 * cut short by a power cut is passed over by readers and stays alone on its line.
 */
#ifndef IRQSTORM_NIGHTLY_HISTORY_H
#define IRQSTORM_NIGHTLY_HISTORY_H

#include "nightly/doc.h"

/* All lines that are whole, an array; NULL: out of memory. No file: an empty one. */
json_t *history_load(const char *path);
/* Adds @line, unless there is one of its "night" already. 0 or -errno with @e (exit 3). */
int history_append(const char *path, const json_t *line, struct errmsg *e);
/* The line of @night (night.json), with findings as in @known. To be given back. */
json_t *history_line(const json_t *night, const json_t *known);

enum figure_unit { FIGURE_PLAIN, FIGURE_NS, FIGURE_SECONDS };

/* How figures whose names end in a word are to be read; for charts. */
struct figure_kind {
	const char *ends, *label;
	enum figure_unit unit;
};
/* Never NULL. */
const struct figure_kind *figure_kind(const char *name);

#endif

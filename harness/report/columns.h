/* SPDX-License-Identifier: MIT */
/*
 * columns: what a table of cells shows, as data. The same table on the terminal and in the page:
 * each column names a path in a cell of a summary, and how its number is written.
 */
#ifndef IRQSTORM_REPORT_COLUMNS_H
#define IRQSTORM_REPORT_COLUMNS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum column_format {
	COLUMN_COUNT, /* 12,345 */
	COLUMN_NS,    /* 12.3 us */
	COLUMN_RATIO, /* 0.97 */
	COLUMN_RATE,  /* 3 digits: 0.12, 12.3, 1,230 */
};

struct column {
	const char *group; /* a heading over several; NULL: as the one before */
	const char *heading;
	const char *path;
	const char *help; /* what it says, in one sentence */
	enum column_format format;
	bool interval;  /* the path is a metric: its median, with lo and hi */
	const char *at; /* beside lo and hi, in place of the median */
	bool terminal;  /* in the table for the terminal, too */
};

extern const struct column columns[]; /* ends with a NULL heading */

/* "-" where there is none. Returns @buf. */
const char *column_format(enum column_format format, double v, char *buf, size_t size);

/* The number that stands in the table; NaN: none. */
double column_value(const struct column *c, const json_t *cell);

/* "10.9 - 12.2 us" of a metric with two values or more, "< 25" of a rate of none, else "". */
const char *column_interval(const struct column *c, const json_t *cell, char *buf, size_t size);

/* "emulator 6.12", or the address of a device. */
const char *column_target(const json_t *cell, char *buf, size_t size);

/* "uring, 64 vectors, closed:100k" */
const char *column_setting(const json_t *cell, char *buf, size_t size);

#endif

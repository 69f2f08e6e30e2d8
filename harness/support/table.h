/* SPDX-License-Identifier: MIT */
/*
 * table: the one writer of tables for a terminal. What a table has is described once, as data: its
 * columns, what each means (--help and docs/words.md say it), and which go first where there is no
 * room. All columns are as wide as what stands in them; those of the highest rank are left out
 * until a line fits, and a last line names them. Columns that name groups of rows go over
 * them instead. --wide, or a pipe, has all.
 *
 * Cells are copied. Memory that cannot be had makes table_write() return -ENOMEM. One thread.
 */
#ifndef IRQSTORM_SUPPORT_TABLE_H
#define IRQSTORM_SUPPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "support/terminal.h"

enum table_align {
	TABLE_RIGHT, /* numbers */
	TABLE_LEFT,
	TABLE_FOLD, /* left, and folded to the room that is left; the last column alone */
};

struct table_column {
	const char *heading;
	const char *help; /* what it says, in a sentence; NULL: needs no word */
	enum table_align align;
	uint32_t rank; /* 0: is never left out; the highest goes first, the rightmost of equals */
};

/* Ends with a NULL heading. */
#define TABLE_COLUMNS_END                                                                          \
	{                                                                                          \
		.heading = NULL                                                                    \
	}

#define TABLE_COLUMNS_MAX 24u

struct table {
	const struct table_column *columns;
	uint32_t n_columns;
	uint32_t indent; /* before every line */
	/*
	 * The first columns that name a group of rows: where there is no room they are written once
	 * over the rows of each, instead of being left out. 0: none.
	 */
	uint32_t group;
	bool over_rows; /* so also where there is room */
	bool no_head;
	struct table_cell *cell;
	size_t n, room;
	int err;
};

/* @columns is borrowed. */
void table_init(struct table *t, const struct table_column *columns);
void table_free(struct table *t);

/* The next cell, row after row. */
__attribute__((format(printf, 2, 3))) void table_cell(struct table *t, const char *fmt, ...);
__attribute__((format(printf, 3, 4))) void table_styled(struct table *t, enum terminal_style style,
							const char *fmt, ...);
/* In place of all cells that the row still wants: a text, folded to the width. */
__attribute__((format(printf, 2, 3))) void table_rest(struct table *t, const char *fmt, ...);

/* Tells what the headings mean that have a .help. */
void table_words(const struct table_column *columns,
		 void (*tell)(const char *word, const char *meaning, void *data), void *data);

/* 0, or -ENOMEM. */
int table_write(const struct table *t, FILE *f);

#endif

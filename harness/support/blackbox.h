/* SPDX-License-Identifier: MIT */
/*
 * blackbox: a flight recorder: the last texts that were written to a memory which outlives the
 * writer, down to the line that it was at. It owns the layout of that memory: records of one size,
 * each with a number and a checksum of its own, so that nothing depends on the others being whole.
 * A record is complete after every blackbox_add(), which is three stores. One writer at a time; the
 * next one goes on where the last stopped. Whoever reads trusts nothing of what he reads.
 */
#ifndef IRQSTORM_SUPPORT_BLACKBOX_H
#define IRQSTORM_SUPPORT_BLACKBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The environment variable that names the file of such a memory to the programs that write. */
#define BLACKBOX_VARIABLE "IRQSTORM_BLACKBOX"

#define BLACKBOX_RECORD 32768u /* bytes of one record */
#define BLACKBOX_TEXT   (BLACKBOX_RECORD - 24u)

struct blackbox_record {
	uint32_t magic, unused;
	uint64_t number; /* 1 for the first, 0: none */
	uint64_t state;  /* length, BLACKBOX_CUT, checksum: one store */
	char text[BLACKBOX_TEXT];
};
_Static_assert(sizeof(struct blackbox_record) == BLACKBOX_RECORD, "a record has one size");

struct blackbox {
	struct blackbox_record *at; /* NULL: closed, and writing does nothing */
	uint32_t n;
	struct blackbox_record *now;
	uint64_t number;
	bool mapped;
};

/* The file at @path, all of it. 0, or -errno: -ENOSPC when it cannot hold two records. */
int blackbox_open(struct blackbox *b, const char *path);
/* The same in memory that is the caller's and aligned to 8. */
int blackbox_attach(struct blackbox *b, void *memory, size_t size);
void blackbox_close(struct blackbox *b);

/* A new record, empty, in place of the oldest. */
void blackbox_begin(struct blackbox *b);
/* Append to it; what does not fit is left out, and the record says so. */
void blackbox_add(struct blackbox *b, const char *text, size_t len);

struct blackbox_view {
	const char *text; /* in the memory, no NUL */
	uint32_t len;
	uint64_t number;
	bool cut;  /* it was longer */
	bool torn; /* the checksum is wrong: any of it may be */
};

/* The newest records of @memory, at most @max, the newest last. Returns how many. */
uint32_t blackbox_last(const void *memory, size_t size, struct blackbox_view *views, uint32_t max);

#endif

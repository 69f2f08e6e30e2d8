/* SPDX-License-Identifier: MIT */
/*
 * splat: finds the kernel's own bug reports in a console log as it streams by: BUG, WARNING, Oops,
 * KASAN, lockdep, RCU stalls, hung tasks, lockups and panics. A user program's crash, firmware
 * complaints and the words "bug" or "warning" in an ordinary boot line are not reports.
 */
#ifndef IRQSTORM_GUEST_SPLAT_H
#define IRQSTORM_GUEST_SPLAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Kernel taint bits that mean a splat happened even if its text never reached the console. */
#define TAINT_BAD_PAGE (1ULL << 5)
#define TAINT_DIE      (1ULL << 7)
#define TAINT_WARN     (1ULL << 9)
#define TAINT_LOCKUP   (1ULL << 14)
#define TAINT_SPLAT    (TAINT_BAD_PAGE | TAINT_DIE | TAINT_WARN | TAINT_LOCKUP)

#define SPLAT_LINE  256 /* a longer console line is judged by its beginning */
#define SPLAT_LINES 12  /* kept from the first splat on */

struct splat_scan {
	char line[SPLAT_LINE];
	size_t len;
	unsigned int found;   /* splats seen */
	unsigned int n_lines; /* used of .lines */
	char lines[SPLAT_LINES][SPLAT_LINE];
	char panic[SPLAT_LINE]; /* the panic line, "" if there was none */
};

/* True when @line (with or without the [timestamp]) begins a splat. */
bool splat_line(const char *line);

/* @line without its "[   12.345678]" and "[  T123]" prefixes. */
const char *splat_text(const char *line);

void splat_feed(struct splat_scan *s, const void *data, size_t len);

/* The log has ended: judge a last line that had no newline. */
void splat_finish(struct splat_scan *s);

/* "W (a kernel warning), D (an oops)" for the bits of TAINT_SPLAT in @tainted. Returns @buf. */
const char *splat_taint(uint64_t tainted, char *buf, size_t size);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * export: programs as others can use them. Text and binary forms are text.h and binary.h. Here: a C
 * file that needs nothing but libc and <linux/vfio.h>, a syzkaller program, a Criterion test.
 * Whether the writes worked, ferror() of the stream tells. Thread-safe.
 */
#ifndef IRQSTORM_PROGRAM_EXPORT_H
#define IRQSTORM_PROGRAM_EXPORT_H

#include <stdio.h>

#include "program/program.h"

/* Kernels that answer differently (docs/rules.md). */
enum export_kernel {
	EXPORT_6_1,
	EXPORT_6_12,
	EXPORT_6_12_FIXED, /* 6.5 and later where the host cannot add MSI-X vectors (R17) */
	EXPORT_KERNELS,
};

/* What one operation must answer on one kernel. */
struct export_answer {
	int32_t ret;    /* INT32_MIN: anything */
	bool has_value; /* READ with ret 0 */
	uint64_t value;
	uint32_t info_flags; /* IRQ_INFO with ret 0 */
};

struct export_answers {
	uint32_t kernels;                  /* 1 << enum export_kernel: recorded */
	uint32_t count[VFIO_PCI_NUM_IRQS]; /* n of each index, of the device recorded for */
	struct export_answer (*op)[EXPORT_KERNELS];      /* one an operation of the program */
	uint64_t counter[EXPORT_KERNELS][PROGRAM_SLOTS]; /* of the eventfds at the end */
	uint32_t known[EXPORT_KERNELS]; /* slots whose counter can be told, a bit each */
};

/*
 * Can a real device do it, and a program of its own? NULL: yes, otherwise why not. Others are left
 * out, and those who make answers leave them out, too.
 */
const char *export_skips(const struct op *op);
uint32_t export_skipped(const struct program *p);

struct export_names {
	const char *program; /* where it came from */
	const char *about;   /* a line on what it shows, or NULL */
	const char *target;  /* for the Criterion test */
	const char *bdf;     /* for syzkaller, which looks nothing up */
	uint32_t group;
};

void export_c(const struct program *p, const struct export_answers *a,
	      const struct export_names *names, FILE *f);
void export_syz(const struct program *p, const struct export_names *names, FILE *f);
/* The description that those programs need beside syzkaller's own. */
void export_syz_description(FILE *f);
void export_criterion(const struct program *p, const struct export_names *names, FILE *f);

/* The program as text, every line after @before, which may end a comment line or be a quote. */
void export_listing(const struct program *p, const char *before, const char *after, FILE *f);

#endif

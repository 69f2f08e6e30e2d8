/* SPDX-License-Identifier: MIT */
/*
 * withheld: the requests that are made of no device, real or emulated, and written into no exported
 * form: docs/rules.md, R39. What a program's own operations say decides, no answer does, so that
 * every target leaves out the same ones. One owner, not thread-safe.
 */
#ifndef IRQSTORM_PROGRAM_WITHHELD_H
#define IRQSTORM_PROGRAM_WITHHELD_H

#include "program/program.h"

struct withheld {
	uint32_t id[PROGRAM_SLOTS], next;
	uint8_t seen[PROGRAM_SLOTS];
	bool set, fails, unordered;
};

/* Before the first operation of a program. */
void withheld_start(struct withheld *w);
/* What follows is carried out in an order that is not the program's. */
void withheld_unordered(struct withheld *w);
/* The next operation: is it to be left out? */
bool withheld_op(struct withheld *w, const struct op *op);
/* Takes those out of @p, and what they were expected to answer. Returns how many. */
uint32_t withheld_strip(struct program *p);

#endif

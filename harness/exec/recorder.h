/* SPDX-License-Identifier: MIT */
/*
 * recorder: the programs that an executor runs, as text, into the flight recorder that the
 * environment's IRQSTORM_BLACKBOX names (a file that can be mapped; irqstorm guest gives every
 * guest one). An operation is there before it is carried out, and only if it is: the last line is
 * where the machine went down. Without that variable none of it costs anything.
 */
#ifndef IRQSTORM_EXEC_RECORDER_H
#define IRQSTORM_EXEC_RECORDER_H

#include "program/program.h"
#include "support/blackbox.h"

struct recorder {
	struct blackbox box;
	uint32_t block; /* operations left of an at block */
};

/* A recorder that cannot be opened is told of and done without. */
void recorder_open(struct recorder *r);
void recorder_close(struct recorder *r);

static inline bool recorder_on(const struct recorder *r)
{
	return r->box.at;
}

void recorder_write_begin(struct recorder *r, const char *target, const struct program *p);
void recorder_write_op(struct recorder *r, const struct op *op);

/* A program begins on @target; of @p only the device is taken. */
static inline void recorder_begin(struct recorder *r, const char *target, const struct program *p)
{
	if (recorder_on(r))
		recorder_write_begin(r, target, p);
}

static inline void recorder_op(struct recorder *r, const struct op *op)
{
	if (recorder_on(r))
		recorder_write_op(r, op);
}

#endif

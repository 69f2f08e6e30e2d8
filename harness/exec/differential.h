/* SPDX-License-Identifier: MIT */
/*
 * differential: random programs against the model until a difference or enough operations. On the
 * emulator every so many programs get another device, within what the target leaves open. A part
 * of the programs also runs bare, which tells what looking costs. The last programs
 * are kept: what was found may be their doing.
 */
#ifndef IRQSTORM_EXEC_DIFFERENTIAL_H
#define IRQSTORM_EXEC_DIFFERENTIAL_H

#include "exec/executor.h"
#include "exec/sequence.h"
#include "program/generator.h"

struct diff_options {
	uint64_t ops; /* end after so many */
	uint64_t seed;
	uint32_t length; /* operations of a program, about */
	/* Called between programs; true ends the run. */
	bool (*stop)(void *data, uint64_t ops, uint64_t programs);
	void *data;
};

struct diff_result {
	uint64_t ops, programs, skipped;
	uint64_t refused;                    /* calls that the host refused, as it may */
	char refusal[256];                   /* the first: why */
	uint64_t digest;                     /* of all programs' outcomes */
	bool stopped;                        /* before the end */
	double ops_per_s, control_ops_per_s; /* of the programs that ran both ways; 0: none did */
	double overall_ops_per_s;
	/* The first difference; difference DIFF_NONE when there was none. */
	struct exec_result found;
	struct program program; /* that showed it, as short as it gets; the caller frees */
	/*
	 * On an emulator: does the program show it on a new one, too? Where it does not, the
	 * sequence that does (FRESH_SEQUENCE). On a real device FRESH_NOT_TRIED. Where it is not
	 * known what does show it the sequence has the last programs, as they were found.
	 */
	struct settled settled;
	struct sequence sequence; /* the caller frees */
};

/* What the generator may make for the device that @x is open on. */
void differential_config(const struct executor *x, struct generator_config *c);

/* 0 or -errno with @e; a difference is no error. @x counts into x->matrix if there is one. */
int differential_run(struct executor *x, const struct diff_options *o, struct diff_result *r,
		     struct errmsg *e);

#endif

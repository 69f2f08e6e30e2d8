/* SPDX-License-Identifier: MIT */
/*
 * oracle: compares what an operation answered with what the model expects, and what can be seen
 * behind the ioctls with the model's state. Part of the executor; one oracle a program.
 */
#ifndef IRQSTORM_EXEC_ORACLE_H
#define IRQSTORM_EXEC_ORACLE_H

#include "exec/executor.h"

/* What a call wrote to the caller's memory. */
enum outcome_write {
	WROTE_RIGHT,      /* what it is to */
	WROTE_ARGSZ,      /* IRQ_INFO: argsz or index came back changed */
	WROTE_AND_FAILED, /* IRQ_INFO: it failed, and wrote all the same */
	WROTE_BEYOND,     /* IRQ_INFO: outside its 16 bytes */
	WROTE_REQUEST,    /* SET_IRQS: to the request */
};
/* "argsz or index came back changed"; NULL of WROTE_RIGHT. */
const char *outcome_write_text(enum outcome_write w);

/* What an operation answered. */
struct outcome {
	int32_t ret;
	uint64_t value;                  /* READ with ret 0 */
	uint32_t info_flags, info_count; /* IRQ_INFO with ret 0 */
	enum outcome_write wrote;
};

/* Carries @op out, and nothing else. */
void executor_perform(struct executor *x, const struct op *op, struct outcome *out);

struct oracle {
	struct executor *x;
	struct exec_result *r;
	struct outcome last; /* for `expect` */
	bool has_last, last_skipped;
	bool last_refused; /* and counted in r->refused */
	char why[256];     /* then */
	bool adrift;       /* nobody can tell what a refused call has done */
	struct op last_op; /* that answered so */
	uint32_t since;    /* operations since the last inspection */
	int err;           /* the machine failed while looking */
	const char *doing; /* at what */
	uint32_t rule;     /* of the difference, plus 1: as finding_rule() has it */
};

void oracle_init(struct oracle *o, struct executor *x, struct exec_result *r);
/* False: what ran would have stopped a kernel, which is the difference (emulator/zoo.h). */
bool oracle_lives(struct oracle *o);
void oracle_compare(struct oracle *o, const struct op *op, const struct expectation *want,
		    const struct outcome *got);
/* After an OP_AT call: take what was seen for the model to go on from. */
void oracle_observe(struct oracle *o, uint32_t slots);
/* And then: each event of a block that ran inside its call came to something, and to one thing. */
void oracle_check_events(struct oracle *o);
/* Counters, and now and then everything; digest and trace. */
void oracle_after(struct oracle *o, const struct op *op, const struct expectation *want,
		  const struct outcome *got, uint32_t at);
/* @more: what else there is to say, or NULL. */
void oracle_trace(struct oracle *o, const struct op *op, const struct outcome *got, uint32_t at,
		  const char *more);
void oracle_expect(struct oracle *o, const struct op *op);
void oracle_skip(struct oracle *o);
/* At the end of a program: everything, and that a last close leaves nothing behind (R21, R66). */
void oracle_finish(struct oracle *o);

/* Part of executor_open(): what a program needs while it runs. 0 or -ENOMEM. */
int executor_alloc(struct executor *x);

#endif

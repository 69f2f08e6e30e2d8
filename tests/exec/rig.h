/* SPDX-License-Identifier: MIT */
/*
 * rig: an executor on the emulator, behind a backend that can lie about one call and that notes
 * what is going on.
 */
#ifndef IRQSTORM_TESTS_EXEC_RIG_H
#define IRQSTORM_TESTS_EXEC_RIG_H

#include "exec/executor.h"

enum lie {
	HONEST,
	WRONG_ERRNO,      /* -ENOTTY comes back as -EINVAL */
	LOST_SIGNAL,      /* fires do nothing */
	DOUBLE_SIGNAL,    /* a fire is two, the second after the call that it came in */
	KEPT_REFERENCE,   /* dropping REQ does nothing and says 0 */
	WRONG_FLAGS,      /* GET_IRQ_INFO without EVENTFD */
	WRONG_COUNT,      /* of GET_IRQ_INFO, one too many, when it is described, too */
	CHANGED_ARGSZ,    /* of GET_IRQ_INFO */
	WRITES_AND_FAILS, /* GET_IRQ_INFO that fails still says a count */
	WRITES_BEYOND,    /* GET_IRQ_INFO writes 20 bytes */
	WRITES_REQUEST,   /* SET_IRQS writes how much it did into its argument */
	NEVER_CLOSES,     /* REOPEN does nothing */
	STRAY_ENTRY,      /* vector control of entry 1 is inverted */
	LEFT_ALLOCATION,  /* A is said to have vector 7 */
	LEFT_HANDLER,     /* C is */
	DIES,             /* from the die_at-th call on nothing works, and answers() says so */
	DIES_AND_REFUSES, /* likewise, and a REOPEN fails */
};

struct rig {
	struct backend be;
	struct backend_ops ops;
	struct backend *inner;
	enum lie lie;
	bool in_call;
	uint32_t fires_in_call, fires;
	uint32_t calls, die_at; /* of all kinds */
	bool again;             /* what to fire when the call is over */
	uint32_t vector;
	/* A host that refuses in the @on_call-th SET_IRQS (from 1; 0: never): */
	uint32_t on_call, set_calls;
	uint32_t every;      /* or in each @every-th of them, 0: in none */
	uint32_t fail_nth;   /* at this fallible step of the emulator, */
	int32_t answer;      /* or with this answer, and the call is not made */
	uint32_t hide;       /* enum backend_inspect_bits that cannot be seen */
	int32_t fire_answer; /* of every fire that is not 0: the device did nothing */
};

/* x->be is @rig from now on, and closed with @x. */
void rig_open(struct rig *rig, struct executor *x, const char *target, enum lie lie);
/* Runs the text; no error of the machine. @p gets the program unless it is NULL. */
struct exec_result rig_run(struct executor *x, const char *text, struct program *p);

#endif

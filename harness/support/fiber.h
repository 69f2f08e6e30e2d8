/* SPDX-License-Identifier: MIT */
/*
 * fiber: functions that take turns on one thread, each with a stack of its own. Sanitizers are told
 * of each switch. A fiber whose function has not come to its end can be started anew, or forgotten.
 * All of it is of one thread. A switch is a dozen instructions and no system call (swapcontext()
 * makes two, for the signal mask, which stays the thread's here).
 */
#ifndef IRQSTORM_SUPPORT_FIBER_H
#define IRQSTORM_SUPPORT_FIBER_H

#include <stddef.h>

struct fiber {
	void *sp;    /* where it stood when it was left: its saved registers are above */
	void *stack; /* NULL: the thread's own */
	size_t size;
	void (*fn)(void *data);
	void *data;
	struct fiber *from; /* who switched to it last */
	/* For sanitizers. */
	const void *bottom;
	size_t bottom_size;
	void *fake_stack;
	void *tsan;
};

/* 0 or -ENOMEM. The thread's own needs no stack: it is {0}. */
int fiber_init(struct fiber *f);
void fiber_fini(struct fiber *f);
/* When it is switched to, @fn(@data) begins. It must not return: it switches away for ever. */
void fiber_prepare(struct fiber *f, void (*fn)(void *data), void *data);
/* From @from, which runs, to @to. */
void fiber_switch(struct fiber *from, struct fiber *to);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * perform: carries a plan out on a backend, and tells the strategy what each call returned. One
 * owner; the backend and what gives eventfds stay the caller's.
 */
#ifndef IRQSTORM_VMM_PERFORM_H
#define IRQSTORM_VMM_PERFORM_H

#include "backend/backend.h"
#include "vmm/strategy.h"

/* What CALL_FENCE and CALL_VISIT ask of the machine: 0 or -errno. */
struct performer_host {
	int (*fence)(void *data);
	int (*visit)(void *data);
	void *data;
};

struct performer {
	struct backend *be;
	uint32_t index;
	/* The number that goes into a request for @vector, its eventfd @side. */
	int32_t (*fd)(void *data, uint32_t vector, uint32_t side);
	void *data;
	int32_t *fds;               /* for one request */
	struct performer_host host; /* this machine, if the caller does not put another here */
	bool flies; /* a message may be under way when fire() has returned: a fence has a meaning */
	struct irq_set_buf buf;
	uint64_t calls;
	int error; /* an answer that no VMM can deal with, and to what */
	char text[96];
};

/* Whether this process may run on every CPU that is online, as CALL_VISIT must. */
bool performer_may_visit(void);

/* For up to @vectors. 0, -ENOMEM, or what describe() says; performer_fini() in any case. */
int performer_init(struct performer *p, struct backend *be, uint32_t index, uint32_t vectors,
		   int32_t (*fd)(void *data, uint32_t vector, uint32_t side), void *data);
void performer_fini(struct performer *p);

/* 0, or what a call returned that strategy_result() gives up at: p->error and p->text tell. */
int performer_carry_out(struct performer *p, struct vmm_state *s, struct vmm_plan *plan);
/* Any other request; what it returned is told likewise if it is not 0. */
int performer_call(struct performer *p, const struct vfio_irq_set *set);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * fine: the model for several callers at once. Handlers are one step to each other (R10), but not
 * to what igate does not hold back: events of the device, descriptors that are closed, and eventfds
 * that are read or written. So each operation is here a sequence of steps that nobody comes in
 * between, and who steps when is up to the owner. What an operation does is as in the rest of the
 * model; where it can be interrupted is read from the kernel functions that the rules name.
 *
 * Plain data, may be copied; the operations must outlive it. MSI-X tables of up to 64 entries. None
 * of OP_AT, OP_EXPECT, OP_FAIL (see fine_start()) and what changes the table's size.
 */
#ifndef IRQSTORM_MODEL_FINE_H
#define IRQSTORM_MODEL_FINE_H

#include "model/model.h"

#define FINE_CALLERS 3u /* two callers, and the device */

enum fine_result {
	FINE_MORE,    /* a step was made */
	FINE_DONE,    /* the last one */
	FINE_BLOCKED, /* none can be made until another caller has made one */
};

/* Which routine goes on where, innermost last. */
enum fine_level {
	FINE_OPERATION,
	FINE_HANDLER,
	FINE_ENABLE,
	FINE_BLOCK,
	FINE_PART,
	FINE_WAKE,
	FINE_RAISE,
	FINE_LEVELS,
};

struct fine_caller {
	const struct op *op; /* NULL: none under way */
	uint16_t at[FINE_LEVELS];
	struct request_head h;
	uint32_t type; /* VFIO_IRQ_SET_DATA_* of a call */
	uint32_t fail; /* steps until one of this call fails, 0: none does */
	uint32_t item, end, nvec;
	int32_t err, first_err;
	uint32_t epoch;              /* of the message that is on its way */
	uint64_t pending;            /* bits that are left to be replayed */
	uint8_t object, old, waking; /* eventfds */
	uint8_t plan;                /* what a handler has decided to do */
	bool sends, signals, again, closed;
	bool finished; /* all steps are made */
	struct expectation out;
};

struct fine {
	struct model m;
	uint32_t epoch;    /* enables of MSI and MSI-X: a message does not outlive its own */
	uint32_t works;    /* work items of the virqfd that run */
	uint8_t gate, irq; /* who holds igate, handles INTX's irq: caller + 1, 0: nobody */
	uint8_t watched;   /* the eventfd that wakes the virqfd; m.intx_unmask is attached */
	bool inject;       /* a work item is queued */
	bool sending;      /* who holds irq will see to it */
	bool off;          /* D3hot, as the line sees it */
	bool half_enabled; /* MSI-X is enabled, by a call that is going to fail */
	bool unsure;       /* what follows is no longer known: anything goes */
	struct fine_caller caller[FINE_CALLERS];
};

/* Goes on from @m, where nothing is under way. */
void fine_init(struct fine *f, const struct model *m);
/* @op of caller @who, whose last one is finished. @fail: OP_FAIL for this call, 0: none. */
void fine_start(struct fine *f, uint32_t who, const struct op *op, uint32_t fail);
/* One step of it. When it is done, f->caller[who].out is what it answers. */
enum fine_result fine_step(struct fine *f, uint32_t who);
/* Equal states, equal numbers. */
uint64_t fine_digest(const struct fine *f);

#endif

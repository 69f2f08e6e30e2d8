/* SPDX-License-Identifier: MIT */
/*
 * generator: random programs that mean something. It keeps a guess of the device's state, which
 * generator_note() keeps right, and makes operations that fit it, mixed with boundary values,
 * short stories (disarm, fire, arm again, read) and some garbage.
 *
 * Part of the SET_IRQS requests walk through the whole matrix index x action x data x start x count
 * x argsz in an order that repeats nothing before all was made, one walk for each enabled index:
 * keep one generator over the programs of a run to get through it.
 *
 * Same configuration, same rng, same notes: same operations. Allocates nothing. Not thread-safe.
 */
#ifndef IRQSTORM_PROGRAM_GENERATOR_H
#define IRQSTORM_PROGRAM_GENERATOR_H

#include "program/program.h"
#include "support/rng.h"

#define GENERATOR_QUEUE  12u
#define GENERATOR_RECENT 8u

struct generator_config {
	uint32_t count[VFIO_PCI_NUM_IRQS]; /* n per index, 0: absent */
	bool dyn;                          /* MSI-X vectors can be added while it is enabled */
	uint32_t device_ops;               /* 1 << enum backend_device_op: what may be made */
	bool no_reset;                     /* no VFIO_DEVICE_RESET */
	bool fire[VFIO_PCI_NUM_IRQS];      /* OP_FIRE works on that index */
	uint32_t fire_max;                 /* on MSI-X vectors below this */
	uint32_t max_vectors;              /* most vectors to set in one request, 0: no limit */
	/*
	 * A real device: nothing that touches its memory while that is off or in D3hot, no change
	 * of the line while MSI or MSI-X is enabled nor enabling of these while it is asserted, no
	 * fire on an MSI vector without a trigger.
	 */
	bool real;
};

struct generator {
	struct generator_config cfg;
	struct rng *rng;

	/* The guess. */
	uint32_t count[VFIO_PCI_NUM_IRQS];
	uint32_t type; /* the enabled index, VFIO_PCI_NUM_IRQS for none */
	uint32_t nvec; /* vectors of the first enable */
	uint64_t armed[IRQ_MAX_VECTORS / 64];
	uint32_t recent[GENERATOR_RECENT]; /* vectors set lately, most of them armed */
	uint32_t recents;
	bool err, req, line, masked, disintx, memory_off, d3hot;
	bool pends;   /* an MSI-X vector may have its pending bit set */
	uint8_t open; /* slots, a bit each */

	struct op queue[GENERATOR_QUEUE]; /* made already */
	uint32_t queue_at, queued;
	uint32_t block;    /* operations left of an AT block */
	bool call_due;     /* the SET_IRQS that a block waits for */
	struct op last[4]; /* SET_IRQS made lately */
	uint32_t lasts;
	uint32_t cursor[VFIO_PCI_NUM_IRQS + 1]; /* walks through the matrix */
};

/* @rng stays the caller's and must live on. Calls generator_start(). */
void generator_init(struct generator *g, const struct generator_config *cfg, struct rng *rng);
/* A new program: the state after open. The walks go on. */
void generator_start(struct generator *g);
/*
 * One operation. After an AT come the op.n operations of its block and then a SET_IRQS, after a
 * FAIL comes the ioctl that it is meant for: end a program only when generator_may_end().
 */
void generator_next(struct generator *g, struct op *out);
bool generator_may_end(const struct generator *g);
/* What the operation returned, before the next one is made. */
void generator_note(struct generator *g, const struct op *op, int ret);
/*
 * Does the target, and its safety, allow @op now? All that generator_next() makes is allowed; for
 * operations that come from elsewhere: ask, carry out, note. Not within an AT block.
 */
bool generator_allows(const struct generator *g, const struct op *op);

/* A random device; its profile is left as it is. */
void generator_device(struct rng *rng, struct program_device *device);

#endif

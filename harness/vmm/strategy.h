/* SPDX-License-Identifier: MIT */
/*
 * strategy: how a VMM resizes its MSI-X vectors. A strategy decides which vectors change next and
 * by which SET_IRQS calls; it performs none itself, so that the caller can announce the change,
 * time it and account for what is in flight. Pure: no fds, no threads, no clock; everything random
 * comes from the rng it is given.
 */
#ifndef IRQSTORM_VMM_STRATEGY_H
#define IRQSTORM_VMM_STRATEGY_H

#include <stdbool.h>
#include <stdint.h>

#include "support/rng.h"
#include "uapi/vfio_irq.h"

enum resize_kind {
	RESIZE_IN_PLACE, /* vectors of the range are added or removed, nothing else is touched */
	RESIZE_SWAP,     /* the trigger of live vectors is replaced; they are wanted all through */
	RESIZE_TEARDOWN, /* the index is disabled and enabled again */
};

/* One resize: at most a disable and one TRIGGER|EVENTFD over [set_start, set_start + set_count). */
struct resize {
	enum resize_kind kind;
	bool disable_first;
	uint32_t set_start, set_count;
	/* vectors whose state the calls may touch: [first, first + count) */
	uint32_t first, count;
};

struct program;

/* Where a workload stands; the strategy's memory. Arrays of `vectors` entries, by the caller. */
struct vmm_state {
	uint32_t vectors, stable; /* [0, stable) are meant to stay live, the rest churns */
	uint8_t *wanted;          /* 1: armed, or to be armed by the resize just planned */
	uint8_t *side;            /* which of a vector's two eventfds is its trigger */
	uint32_t live;            /* teardown: vectors [0, live) are enabled */
	bool shrinking;
	bool dynamic;                 /* vectors can be added in place (NORESIZE is clear) */
	const struct program *script; /* what script.h plays, and the operation that is next */
	uint32_t script_at;
	struct rng rng;
};

struct strategy {
	const char *name;
	const char *summary; /* for --help and reports */
	bool needs_dynamic;  /* NORESIZE must be clear */
	bool needs_churn;    /* some vectors must not be stable */
	bool two_sides;      /* uses a second eventfd for each vector */
	/* Plan the first enable, from a disabled index. */
	void (*start)(struct vmm_state *s, struct resize *r);
	/* Plan the next resize; NULL: there is none ever. */
	void (*next)(struct vmm_state *s, struct resize *r);
};

/* In the order of their names in strategy_names; both NULL-terminated. */
extern const struct strategy *const strategies[];
extern const char *const strategy_names[];

#endif

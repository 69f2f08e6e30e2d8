/* SPDX-License-Identifier: MIT */
/*
 * strategy: how a VMM turns what its guest does to MSI-X or MSI into SET_IRQS calls. The guest
 * enables and disables the capability, and uses and releases vectors (unmasks and masks them); a
 * strategy answers each of these with a plan: the calls, and which vectors they may disturb. It
 * performs none itself, so that the caller can announce the change, time it and account for what is
 * in flight; of each call the caller tells the result, as a VMM must look at it. docs/strategies.md
 * has each strategy's origin and calls.
 *
 * Pure: no fds, no threads, no clock; everything random comes from the rng it is given.
 */
#ifndef IRQSTORM_VMM_STRATEGY_H
#define IRQSTORM_VMM_STRATEGY_H

#include <stdbool.h>
#include <stdint.h>

#include "support/rng.h"
#include "uapi/vfio_irq.h"

enum vmm_event {
	VMM_ENABLE,  /* the guest sets Enable; vectors that are wanted are unmasked already */
	VMM_USE,     /* it unmasks a vector */
	VMM_RELEASE, /* it masks one */
	VMM_DISABLE, /* it clears Enable: all vectors are released with it */
};

enum plan_kind {
	PLAN_IN_PLACE, /* vectors of the range are added or removed, nothing else is touched */
	PLAN_SWAP,     /* the trigger of live vectors is replaced; they are wanted all through */
	PLAN_TEARDOWN, /* the index is disabled and enabled again */
};

enum call_kind {
	CALL_DISABLE, /* TRIGGER|NONE 0 0 */
	CALL_SET,     /* TRIGGER|EVENTFD start count: of each vector the eventfd of its side where
			 it is wanted, else -1 */
	CALL_REMOVE,  /* the same with -1 for all */
	CALL_ARM,     /* the same with an eventfd for all, wanted or not */
	CALL_MASK,  /* the mask bit of entries [start, start + count), in the device's mapped table
		     */
	CALL_FENCE, /* membarrier(GLOBAL): a grace period of RCU */
	CALL_VISIT, /* the thread runs on every CPU: each has taken what it had accepted */
};

struct vmm_call {
	enum call_kind kind;
	uint32_t start, count;
};
#define PLAN_CALLS 4u

struct vmm_plan {
	enum plan_kind kind;
	/* vectors whose state the calls may touch: [first, first + count) */
	uint32_t first, count;
	uint32_t n; /* 0: nothing is to be done at the host */
	struct vmm_call calls[PLAN_CALLS];
};

struct program;

/* What a strategy knows; the caller's, with arrays of `vectors` entries by vmm_state_init(). */
struct vmm_state {
	uint32_t vectors, stable; /* [0, stable) are meant to stay live, the rest churns */
	uint8_t *wanted;          /* 1: to have a trigger when the plan is carried out */
	uint8_t *side;            /* which of a vector's two eventfds is its trigger */
	uint8_t *held;            /* a host vector is allocated for it */
	uint8_t *refused;         /* the host could not give it one: the guest waits in vain */
	uint32_t n_held, most_held;
	uint64_t refusals; /* times that one was refused */
	uint32_t live;     /* vectors of the last enable: [0, live) can be set in place anywhere */
	uint32_t limit;    /* what the host can give, as it said (R48) */
	bool enabled;      /* at the host */
	bool dynamic;      /* vectors can be added in place (NORESIZE is clear) */
	const struct program *script; /* what script.h plays, and the operation that is next */
	uint32_t script_at;
	struct rng rng;
};

/* Where a strategy may lose an interrupt that its guest waits for. */
enum vmm_gap {
	GAP_TEARDOWN = 1u << 0, /* at any vector, while all are torn down and set up again */
	GAP_LAZY = 1u << 1,     /* at a masked vector, while none is used: the host is disabled */
	GAP_REPLACE = 1u << 2,  /* at the vector whose trigger is replaced: in flight (R80) */
	GAP_REMOVE = 1u << 3,   /* at the vector whose trigger is removed: in flight (R80) */
	GAP_NO_MASK = 1u << 4,  /* at a released vector: MSI has no pending bit */
};

struct strategy {
	const char *name;
	const char *summary; /* for --help and reports */
	uint32_t index;      /* VFIO_PCI_MSIX_IRQ_INDEX or VFIO_PCI_MSI_IRQ_INDEX */
	bool needs_dynamic;  /* NORESIZE must be clear */
	bool needs_churn;    /* some vectors must not be stable */
	bool two_sides;      /* uses a second eventfd for each vector */
	bool keeps;          /* a released vector stays live */
	bool needs_table;    /* BACKEND_MASK_ENTRY */
	bool needs_cpus;     /* the thread may run on every CPU: performer_may_visit() */
	uint32_t gaps;       /* enum vmm_gap */
	const char *pattern; /* of pattern.h: what shows it best; NULL: it heeds no guest */
	void (*plan)(struct vmm_state *s, enum vmm_event event, uint32_t vector,
		     struct vmm_plan *p);
	/* Resizes by itself (random, program:FILE); `plan` then is asked for the enable alone. */
	void (*next)(struct vmm_state *s, struct vmm_plan *p);
};

/* In the order of their names in strategy_names; both NULL-terminated. */
extern const struct strategy *const strategies[];
extern const char *const strategy_names[];
/* NULL: none of that name. */
const struct strategy *strategy_find(const char *name);

/*
 * What `auto` comes to on a device with so many vectors of MSI-X and MSI, whose GET_IRQ_INFO flags
 * of MSI-X are @flags: a strategy of the table. *why is a sentence for the user.
 */
extern const struct strategy strategy_auto;
const struct strategy *strategy_choose(uint32_t msix, uint32_t msi, uint32_t flags,
				       const char **why);

/* Does anything follow the enable? */
static inline bool strategy_resizes(const struct strategy *st)
{
	return st->next || st->pattern || st == &strategy_auto;
}

/* @grows: NORESIZE is clear. 0 or -ENOMEM; vmm_state_fini() in either case. */
int vmm_state_init(struct vmm_state *s, uint32_t vectors, uint32_t stable, bool grows,
		   uint64_t seed);
void vmm_state_fini(struct vmm_state *s);

/* What follows from @event. The first is VMM_ENABLE, with `wanted` as the guest has unmasked. */
void strategy_plan(const struct strategy *st, struct vmm_state *s, enum vmm_event event,
		   uint32_t vector, struct vmm_plan *p);

enum vmm_then {
	VMM_GO_ON,   /* to the next call */
	VMM_AGAIN,   /* the same call, which was changed to what can be had */
	VMM_GIVE_UP, /* an answer that no VMM can deal with */
};
/*
 * Call @i of @p returned @ret. Where the host has not enough vectors, as many are asked for as it
 * has, and the others refused: `wanted` is 0 and `refused` 1.
 */
enum vmm_then strategy_result(struct vmm_state *s, struct vmm_plan *p, uint32_t i, int ret);

#endif

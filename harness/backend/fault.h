/* SPDX-License-Identifier: MIT */
/*
 * fault: a backend around another one that plants delivery faults, so that the accounting can be
 * seen to find them, or makes the device slower. Of fires it touches only those whose outcome is
 * certain: the vector of MSI-X or MSI is armed and no SET_IRQS call covers it. What it planted it
 * counts, but for drops of which fired() then tells that a call was about to begin: the books may
 * explain those.
 *
 * Which fire a fault strikes is for its counter of eligible fires to say, and that outlives a
 * program: what wants to see the same again carries the counter along (KIND:N+COUNT).
 */
#ifndef IRQSTORM_BACKEND_FAULT_H
#define IRQSTORM_BACKEND_FAULT_H

#include "backend/backend.h"

enum fault_kind {
	FAULT_DROP,        /* the fire does nothing */
	FAULT_DOUBLE,      /* the device fires twice */
	FAULT_MISROUTE,    /* the next armed vector fires instead */
	FAULT_DELAY,       /* the fire happens later; the caller waits */
	FAULT_SLOW_RESIZE, /* every SET_IRQS call takes longer */
	FAULT_DIE,         /* from the N-th fire on the device is gone, as after a lost reset */
	FAULT_KINDS,
};

extern const char *const fault_names[]; /* in enum order, NULL-terminated */

struct fault_config {
	/* every N-th fire; of SET_IRQS per cent more time; of a death which fire; 0: off */
	uint64_t n[FAULT_KINDS];
	uint64_t before[FAULT_KINDS]; /* eligible fires as if they had been, less than n */
	uint64_t delay_ns;
};

/* Eligible fires since the last one that was struck, by kind. */
struct fault_counter {
	uint64_t n[FAULT_KINDS];
};

struct fault_counts {
	uint64_t planted[FAULT_KINDS];
	uint64_t beside_calls; /* drops that a call was about to cover: not planted, see above */
};

/*
 * "KIND:N", "delay:N:DURATION" (200 ms when not said) or "slow-resize:PERCENT" added to @cfg; all
 * but the last with "+COUNT" behind them, the counter at the start. 0 or -EINVAL.
 */
int fault_parse(struct fault_config *cfg, const char *text);

static inline bool fault_any(const struct fault_config *cfg)
{
	for (int i = 0; i < FAULT_KINDS; i++) {
		if (cfg->n[i])
			return true;
	}
	return false;
}

/*
 * @text, as fault_parse() takes it, with @c as the counter at the start, into @buf. 0, -EINVAL, or
 * -ENAMETOOLONG.
 */
int fault_with_counter(const char *text, const struct fault_counter *c, char *buf, size_t size);

/* Takes @inner over on success (closing *@out closes it). 0 or -ENOMEM. */
int fault_wrap(struct backend *inner, const struct fault_config *cfg, struct backend **out);

/* False when @be plants no faults. Call when nothing fires any more. */
bool fault_counts(struct backend *be, struct fault_counts *counts);

/* Does @be plant a fault that strikes fires? */
bool fault_on_fires(struct backend *be);

/*
 * The counter between programs, and setting it; NULL: as at the start. False, with @c all 0, when
 * @be plants no faults. Call when nothing fires.
 */
bool fault_get_counter(struct backend *be, struct fault_counter *c);
void fault_set_counter(struct backend *be, const struct fault_counter *c);

#endif

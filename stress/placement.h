/* SPDX-License-Identifier: MIT */
/*
 * placement: which CPU each thread of a run is pinned to. On one CPU nothing is pinned and waiting
 * threads yield. On two the producers have the first and consumer and resizer share the second, so
 * that a resize runs beside the fires it may lose. With more the resizer and the consumer have one
 * each at the end and the producers share the rest. CPUs are those of the process's affinity mask.
 * A wish (`--place`) overrules this role by role: where an interrupt is raised, taken and resized
 * decides what R80 can lose.
 */
#ifndef IRQSTORM_STRESS_PLACEMENT_H
#define IRQSTORM_STRESS_PLACEMENT_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/errmsg.h"

enum place_role {
	PLACE_PRODUCER, /* all of them */
	PLACE_CONSUMER,
	PLACE_RESIZER,
	PLACE_ROLES,
};

#define PLACE_DEFAULT (-2) /* as the plan has it */
#define PLACE_ANY     (-1) /* not pinned */

struct placement_wish {
	int cpu[PLACE_ROLES]; /* a CPU, PLACE_DEFAULT or PLACE_ANY */
};

struct placement {
	uint32_t cpus;    /* available */
	int producer[64]; /* CPU of producer i % 64; -1: not pinned */
	int consumer, resizer;
	bool crowded; /* producers may share a CPU with whom they wait for: they yield */
};

/* "producer=0,resizer=1,consumer=any", or NULL for no wish. -EINVAL with @e (usage). */
int placement_parse(const char *text, struct placement_wish *wish, struct errmsg *e);
/* @wish: NULL for none. */
void placement_plan(struct placement *p, uint32_t producers, const struct placement_wish *wish);
/* Pin the calling thread; -1 leaves it alone. A refusal is ignored: placement is advice. */
void placement_pin(int cpu);
const char *placement_format(const struct placement *p, uint32_t producers, char *buf, size_t size);

/* What a waiting thread does: spin where the other side has a CPU of its own, else give way. */
static inline void placement_relax(const struct placement *p)
{
	if (p->crowded) {
		sched_yield();
		return;
	}
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#endif
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * placement: which CPU each thread of a run is pinned to. On one CPU nothing is pinned and waiting
 * threads yield. On two the producers have the first and consumer and resizer share the second, so
 * that a resize runs beside the fires it may lose. With more the resizer and the consumer have one
 * each at the end and the producers share the rest. CPUs are those of the process's affinity mask.
 */
#ifndef IRQSTORM_STRESS_PLACEMENT_H
#define IRQSTORM_STRESS_PLACEMENT_H

#include <sched.h>
#include <stddef.h>
#include <stdint.h>

struct placement {
	uint32_t cpus;    /* available */
	int producer[64]; /* CPU of producer i % 64; -1: not pinned */
	int consumer, resizer;
};

void placement_plan(struct placement *p, uint32_t producers);
/* Pin the calling thread; -1 leaves it alone. A refusal is ignored: placement is advice. */
void placement_pin(int cpu);
const char *placement_format(const struct placement *p, uint32_t producers, char *buf, size_t size);

/* What a waiting thread does: spin where it has a CPU of its own, else give way. */
static inline void placement_relax(const struct placement *p)
{
	if (p->cpus == 1) {
		sched_yield();
		return;
	}
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#endif
}

#endif

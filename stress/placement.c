/* SPDX-License-Identifier: MIT */
#include "stress/placement.h"

#include <sched.h>
#include <stdio.h>

static int nth_cpu(const cpu_set_t *set, uint32_t n)
{
	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, set) && !n--)
			return (int)cpu;
	}
	return -1;
}

void placement_plan(struct placement *p, uint32_t producers)
{
	uint32_t share;
	cpu_set_t set;

	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof(set), &set))
		CPU_SET(0, &set);
	p->cpus = (uint32_t)CPU_COUNT(&set);
	if (p->cpus == 1) {
		p->consumer = p->resizer = -1;
		for (uint32_t i = 0; i < 64; i++)
			p->producer[i] = -1;
		return;
	}
	p->consumer = nth_cpu(&set, p->cpus - 1);
	p->resizer = nth_cpu(&set, p->cpus > 2 ? p->cpus - 2 : p->cpus - 1);
	share = p->cpus > 2 ? p->cpus - 2 : 1;
	for (uint32_t i = 0; i < 64; i++)
		p->producer[i] = nth_cpu(&set, i % (producers < share ? producers : share));
}

void placement_pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

const char *placement_format(const struct placement *p, uint32_t producers, char *buf, size_t size)
{
	int n;

	if (p->cpus == 1) {
		snprintf(buf, size, "1 CPU: nothing pinned, waiting threads yield");
		return buf;
	}
	n = snprintf(buf, size, "%u CPUs: producer%s on", p->cpus, producers > 1 ? "s" : "");
	for (uint32_t i = 0; i < producers && i < 8; i++)
		n += snprintf(buf + n, size - (size_t)n, " %d", p->producer[i]);
	if (producers > 8)
		n += snprintf(buf + n, size - (size_t)n, " ...");
	snprintf(buf + n, size - (size_t)n, ", consumer on %d, resizer on %d", p->consumer,
		 p->resizer);
	return buf;
}

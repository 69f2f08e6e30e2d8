/* SPDX-License-Identifier: MIT */
#include "stress/placement.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const role_names[PLACE_ROLES] = {
	[PLACE_PRODUCER] = "producer",
	[PLACE_CONSUMER] = "consumer",
	[PLACE_RESIZER] = "resizer",
};

static int nth_cpu(const cpu_set_t *set, uint32_t n)
{
	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, set) && !n--)
			return (int)cpu;
	}
	return -1;
}

static void own_cpus(cpu_set_t *set)
{
	CPU_ZERO(set);
	if (sched_getaffinity(0, sizeof(*set), set))
		CPU_SET(0, set);
}

/* One "role=CPU" of @len characters. */
static int parse_role(const char *item, size_t len, struct placement_wish *wish, struct errmsg *e)
{
	const char *value = memchr(item, '=', len);
	size_t name = value ? (size_t)(value - item) : 0, digits;
	cpu_set_t set;
	int role = 0;

	while (role < PLACE_ROLES &&
	       (strlen(role_names[role]) != name || strncmp(role_names[role], item, name)))
		role++;
	if (role == PLACE_ROLES)
		goto bad;
	value++;
	len -= name + 1;
	if (len == 3 && !strncmp(value, "any", 3)) {
		wish->cpu[role] = PLACE_ANY;
		return 0;
	}
	digits = strspn(value, "0123456789");
	if (!digits || digits != len || len > 5)
		goto bad;
	wish->cpu[role] = atoi(value);
	own_cpus(&set);
	if (wish->cpu[role] < CPU_SETSIZE && CPU_ISSET((size_t)wish->cpu[role], &set))
		return 0;
	return errmsg_set(e, -EINVAL, EXIT_USAGE,
			  "--place: CPU %d is none that this process may use", wish->cpu[role]);
bad:
	return errmsg_set(e, -EINVAL, EXIT_USAGE,
			  "--place: '%.*s' is not producer|consumer|resizer=CPU|any",
			  (int)strcspn(item, ","), item);
}

int placement_parse(const char *text, struct placement_wish *wish, struct errmsg *e)
{
	for (int role = 0; role < PLACE_ROLES; role++)
		wish->cpu[role] = PLACE_DEFAULT;
	while (text) {
		size_t len = strcspn(text, ",");
		int err = parse_role(text, len, wish, e);

		if (err)
			return err;
		text = text[len] ? text + len + 1 : NULL;
	}
	return 0;
}

static void plan(struct placement *p, uint32_t producers)
{
	uint32_t share;
	cpu_set_t set;

	own_cpus(&set);
	p->cpus = (uint32_t)CPU_COUNT(&set);
	if (p->cpus == 1) {
		p->consumer = p->resizer = PLACE_ANY;
		for (uint32_t i = 0; i < 64; i++)
			p->producer[i] = PLACE_ANY;
		return;
	}
	p->consumer = nth_cpu(&set, p->cpus - 1);
	p->resizer = nth_cpu(&set, p->cpus > 2 ? p->cpus - 2 : p->cpus - 1);
	share = p->cpus > 2 ? p->cpus - 2 : 1;
	for (uint32_t i = 0; i < 64; i++)
		p->producer[i] = nth_cpu(&set, i % (producers < share ? producers : share));
}

void placement_plan(struct placement *p, uint32_t producers, const struct placement_wish *wish)
{
	static const struct placement_wish none = {
		.cpu = {PLACE_DEFAULT, PLACE_DEFAULT, PLACE_DEFAULT},
	};

	if (!wish)
		wish = &none;
	plan(p, producers);
	if (wish->cpu[PLACE_CONSUMER] != PLACE_DEFAULT)
		p->consumer = wish->cpu[PLACE_CONSUMER];
	if (wish->cpu[PLACE_RESIZER] != PLACE_DEFAULT)
		p->resizer = wish->cpu[PLACE_RESIZER];
	p->crowded = p->cpus == 1 || p->consumer == PLACE_ANY;
	for (uint32_t i = 0; i < 64; i++) {
		if (wish->cpu[PLACE_PRODUCER] != PLACE_DEFAULT)
			p->producer[i] = wish->cpu[PLACE_PRODUCER];
		if (p->producer[i] == p->consumer || p->producer[i] == PLACE_ANY)
			p->crowded = true;
	}
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

static int format_cpu(const char *before, int cpu, char *buf, size_t size)
{
	return cpu < 0 ? snprintf(buf, size, "%sany", before)
		       : snprintf(buf, size, "%s%d", before, cpu);
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
		n += format_cpu(" ", p->producer[i], buf + n, size - (size_t)n);
	if (producers > 8)
		n += snprintf(buf + n, size - (size_t)n, " ...");
	n += format_cpu(", consumer on ", p->consumer, buf + n, size - (size_t)n);
	format_cpu(", resizer on ", p->resizer, buf + n, size - (size_t)n);
	return buf;
}

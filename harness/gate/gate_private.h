/* SPDX-License-Identifier: MIT */
/* What the parts of a gate run share: its state, and how a child of it is run. */
#ifndef IRQSTORM_GATE_PRIVATE_H
#define IRQSTORM_GATE_PRIVATE_H

#include "gate/command.h"
#include "gate/gate.h"
#include "gate/outcome.h"
#include "support/log.h"

struct gate_run {
	const struct gate_config *c;
	struct gate_result *r;
	struct progress progress;
	uint64_t start;
	unsigned int children;
	size_t at; /* the check that is run */
	bool stopped;
};

/* A new check, seeded by its name; NULL: out of memory. Pointers to earlier ones end here. */
struct gate_check *gate_add(struct gate_run *g, const struct scenario *s, const char *part);

/* Is this check wanted (--only)? */
bool gate_wants(const struct gate_run *g, const struct scenario *s, const char *part);

/* The job of @s as far as scenario and configuration tell; @check NULL: nothing is planted. */
void gate_job(struct gate_run *g, const struct scenario *s, uint64_t seed, struct gate_job *job);

/*
 * Run one child for @check. @out has what it measured when PASS is returned; else @check->says why,
 * with artifacts kept and a command that repeats it.
 */
enum gate_verdict gate_child(struct gate_run *g, struct gate_check *check,
			     const struct gate_job *job, struct outcome *out);

/* How many checks @s is, whether they can be run or not. */
size_t gate_planned_stress(const struct gate_run *g, const struct scenario *s);
size_t gate_planned_latency(const struct gate_run *g, const struct scenario *s);

/* What a child of @check left is thrown away. */
void gate_discard(struct gate_run *g, const struct gate_check *check);

/*
 * @target with what is planted for @check, if anything is. @typical_ns: the latency that a planted
 * percentage is of. Returns @buf or @target; NULL when it does not fit.
 */
const char *gate_plant(const struct gate_run *g, const struct gate_check *check, const char *target,
		       double typical_ns, char *buf, size_t size);

/* One a kind. 0, or -errno with @e when the gate cannot go on. */
int gate_programs(struct gate_run *g, const struct scenario *s, struct errmsg *e);
int gate_stress(struct gate_run *g, const struct scenario *s, struct errmsg *e);
int gate_latency(struct gate_run *g, const struct scenario *s, struct errmsg *e);

#endif

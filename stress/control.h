/* SPDX-License-Identifier: MIT */
/*
 * control: the bare limit of the machine at this moment, to quote a run's figures against: a thread
 * that stamps and writes eventfds, in the same mode and with as many vectors, and the same
 * consumer, with no device, no ledger and no resizer between them.
 */
#ifndef IRQSTORM_STRESS_CONTROL_H
#define IRQSTORM_STRESS_CONTROL_H

#include "stress/engine.h"
#include "stress/placement.h"

struct control_sum {
	uint64_t signals, elapsed_ns;
	struct hist latency;
};

/* Runs for @duration_ns and adds to @sum. 0 or -errno with @e. */
int control_run(const struct stress_config *cfg, const struct placement *place,
		uint64_t duration_ns, struct control_sum *sum, struct errmsg *e);

void control_result(const struct control_sum *sum, struct stress_control *out);

#endif

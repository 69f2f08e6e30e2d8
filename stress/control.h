/* SPDX-License-Identifier: MIT */
/*
 * control: the bare limit of the machine at this moment, to quote a run's figures against: threads
 * that stamp and write eventfds, as many as the storm has producers, in the same mode, by the same
 * schedule and with as many vectors as the storm has in use, and the same consumer, which sleeps
 * where the storm's sleeps; with no device, no ledger and no resizer between them. 1.00 is the most
 * that a storm can come to, within the noise that is told (tests/stress/test_limit.c).
 */
#ifndef IRQSTORM_STRESS_CONTROL_H
#define IRQSTORM_STRESS_CONTROL_H

#include "stress/storm.h"

#define CONTROL_SLICES STRESS_SLICES

/* The slices of a run: one before each segment of the storm, one after the last. */
struct control_sum {
	uint64_t signals, elapsed_ns;
	struct hist latency;
	uint32_t n;
	double per_s[CONTROL_SLICES]; /* throughput of each */
	uint64_t written[64];         /* by each writer: its place in the schedule of all slices */
};

/* Runs one slice of @duration_ns and adds it to @sum. 0 or -errno with @e. */
int control_run(struct storm *s, uint64_t duration_ns, struct control_sum *sum, struct errmsg *e);

/*
 * @segments: delivered a second in the segments of the storm. Each is compared with the mean of the
 * slices before and after it, and the median is taken: a machine that was busy elsewhere for a
 * while spoils some of these and not the result.
 */
void control_result(const struct control_sum *sum, const double *segments, uint32_t n,
		    struct stress_control *out);

#endif

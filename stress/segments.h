/* SPDX-License-Identifier: MIT */
/*
 * segments: the time of a run. The storm is cut into segments, with slices of control before,
 * between and after them, so that both meet the same machine. Runs in the main thread.
 */
#ifndef IRQSTORM_STRESS_SEGMENTS_H
#define IRQSTORM_STRESS_SEGMENTS_H

#include <signal.h>

#include "stress/control.h"
#include "stress/storm.h"

struct segments {
	struct control_sum control;
	uint32_t want_segments, n_segments;
	double segments[CONTROL_SLICES - 1];
	uint64_t slice_ns;
};

void segments_plan(const struct stress_config *cfg, struct segments *run);

/* One slice of control, unless the run goes without. 0 or -errno with @e. */
int segments_control(struct storm *s, struct segments *run, struct errmsg *e);

/*
 * Sit through the storm, with progress and intermissions, until it is over, a signal comes
 * (@r->interrupted) or a thread fails (storm.failed). 0 or -errno with @e.
 */
int segments_blow(struct storm *s, struct segments *run, struct stress_result *r,
		  const sigset_t *signals, struct errmsg *e);

#endif

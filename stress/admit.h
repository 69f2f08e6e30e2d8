/* SPDX-License-Identifier: MIT */
/*
 * admit: what a device can be asked for, and what is said when it cannot. Nothing here touches the
 * device: the backend's description and the configuration decide. Called by the engine's thread.
 */
#ifndef IRQSTORM_STRESS_ADMIT_H
#define IRQSTORM_STRESS_ADMIT_H

#include "stress/engine.h"
#include "stress/storm.h"
#include "support/errmsg.h"

/* What `auto` comes to on this device, and the pattern that goes with the strategy. */
void admit_choose(struct storm *s, struct stress_result *r);

/* What cannot be run is refused before anything is touched. 0 or -errno with @e. */
int admit_check(const struct storm *s, struct errmsg *e);

/* Why the first enable failed: @ret is what it returned, not 0. -errno with @e. */
int admit_enable_error(struct storm *s, int ret, struct errmsg *e);

#endif

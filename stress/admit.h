/* SPDX-License-Identifier: MIT */
/*
 * admit: what a device can be asked for, and what is said when it cannot. The backend's description
 * and the configuration decide; only to tell a host's limit, after it has refused an enable, is the
 * device asked again. One thread, while nothing else uses the backend.
 */
#ifndef IRQSTORM_STRESS_ADMIT_H
#define IRQSTORM_STRESS_ADMIT_H

#include "stress/engine.h"
#include "stress/storm.h"
#include "support/errmsg.h"

#define ADMIT_VECTORS                                                                              \
	64u /* that are used where the user names no number and the device has them                \
	     */

/*
 * Fill in what the user left open (0 vectors, STRESS_STABLE_OWN), by what a device described by @d
 * has for the strategy's index. What he gave himself is not touched.
 */
void admit_fit(struct stress_config *cfg, const struct backend_desc *d);

/* What `auto` comes to on this device, and the pattern that goes with the strategy. */
void admit_choose(struct storm *s, struct stress_result *r);

/* What cannot be run is refused before anything is touched. 0 or -errno with @e. */
int admit_check(const struct storm *s, struct errmsg *e);

/* Why the first enable failed: @ret is what it returned, not 0. -errno with @e. */
int admit_enable_error(struct storm *s, int ret, struct errmsg *e);

/*
 * A finished run that is no pass: what a device lost that does not answer is not the kernel's
 * fault. 0 when it may be told, else -errno with @e (exit 3).
 */
int admit_blame(struct backend *be, const struct stress_result *r, struct errmsg *e);

#endif

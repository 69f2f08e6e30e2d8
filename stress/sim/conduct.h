/* SPDX-License-Identifier: MIT */
/*
 * conduct: how a simulated storm went about things, besides the books: resizes at the rate that was
 * asked for, at most half of the time inside calls and none in a slice of control, with another
 * eventfd where a trigger is swapped, drawn in the series where they were; control's throughput;
 * and no last disable while a message is under way that is not lost yet.
 */
#ifndef IRQSTORM_STRESS_SIM_CONDUCT_H
#define IRQSTORM_STRESS_SIM_CONDUCT_H

#include <stddef.h>

#include "stress/engine.h"
#include "stress/sim/truth.h"

/* True when it kept to that; else @why has the first thing that it did not. */
bool conduct_is_good(const struct truth *t, bool sync, const struct stress_config *cfg,
		     const struct stress_result *r, char *why, size_t size);

#endif

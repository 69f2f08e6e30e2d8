/* SPDX-License-Identifier: MIT */
/*
 * accountant: makes the books of a simulated storm from what really happened (truth.h), by the
 * rules of docs/accounting.md and with no line of the engine, and says where the engine's differ.
 * Exactly where an eventfd can tell, else inside the interval that it leaves open:
 *
 *	- An eventfd only counts. In open loop several fires of a vector may be outstanding, and
 *which of them a missing signal belonged to is not to be seen: their classes may be exchanged.
 *	- A signal without a fire, or one that comes after its fire was given up, may pass for that
 *of a fire that is missing.
 *	- Without a synchronous fire() a call explains a loss when it began within about two flights
 *	  (100 ms) of the fire: about, as the consumer looks every 2 ms and a slow machine has
 *longer flights.
 *	- A loss that a call explains is unarmed when its message is seen at the newcomer of its
 *slot, as its vector was out then: which fire's it was is known to the simulation alone.
 *	- The schedule stands still for slices of control: when exactly, each producer knows alone.
 */
#ifndef IRQSTORM_STRESS_SIM_ACCOUNTANT_H
#define IRQSTORM_STRESS_SIM_ACCOUNTANT_H

#include <stddef.h>

#include "stress/engine.h"
#include "stress/sim/truth.h"

/* True when the books agree; else @why has the first difference in a line. */
bool accountant_agrees(const struct truth *t, bool sync, const struct stress_config *cfg,
		       const struct stress_result *r, char *why, size_t size);

#endif

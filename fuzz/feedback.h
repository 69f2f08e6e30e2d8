/* SPDX-License-Identifier: MIT */
/*
 * feedback: tells the engine where in the state space an input got: one counter for each (state of
 * the model, operation, result), apart from the coverage of the code. libFuzzer takes it as extra
 * counters, AFL++ as edges; a driver without engine not at all. Not thread-safe.
 */
#ifndef IRQSTORM_FUZZ_FEEDBACK_H
#define IRQSTORM_FUZZ_FEEDBACK_H

#include <stdint.h>

#define FEEDBACK_BITS  14
#define FEEDBACK_CELLS (1u << FEEDBACK_BITS)

void feedback_hit(uint32_t state, uint32_t event);
/*
 * At the end of an input: how often code ran, which makes seven features of one, is forgotten, and
 * that it ran at all if it did before.
 */
void feedback_end(void);

#endif

/* SPDX-License-Identifier: MIT */
/* mutate_private: what the parts of the mutator share. Private to harness/program. */
#ifndef IRQSTORM_PROGRAM_MUTATE_PRIVATE_H
#define IRQSTORM_PROGRAM_MUTATE_PRIVATE_H

#include "program/mutate.h"

/* mutate_tweak.c: false when nothing of it can be changed. */
bool mutate_tweak(struct op *op, struct rng *rng);
void mutate_device(struct program *p, struct rng *rng);

/* mutate.c: a block of AT ends where it has to: at an operation that cannot be in it, or at the
 * end. */
void mutate_mend(struct program *p);

#endif

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

/*
 * mutate_known.c: m->now becomes the program of these bytes, and m->origins[m->which] where it lies
 * in them. 0, -ENOMEM, or -EBADMSG: as mutator_program().
 */
int mutate_read(struct mutator *m, const uint8_t *data, size_t size);
/* m->now is about to change. */
void mutate_forget(struct mutator *m);
/* m->now was written to m->room[mutate_other(m)], and noted in m->origins of that number. */
void mutate_wrote(struct mutator *m);
static inline uint32_t mutate_other(const struct mutator *m)
{
	return !m->which;
}
#define MUTATE_CROSSED 2u /* the origin of the program that is crossed over with */

#endif

/* SPDX-License-Identifier: MIT */
/* generator_private: what the parts of the generator share. Private to harness/program. */
#ifndef IRQSTORM_PROGRAM_GENERATOR_PRIVATE_H
#define IRQSTORM_PROGRAM_GENERATOR_PRIVATE_H

#include "program/generator.h"

#define GEN_TRIGGER VFIO_IRQ_SET_ACTION_TRIGGER
#define GEN_EVENTFD (GEN_TRIGGER | VFIO_IRQ_SET_DATA_EVENTFD)
#define GEN_NONE    (GEN_TRIGGER | VFIO_IRQ_SET_DATA_NONE)
#define GEN_BOOL    (GEN_TRIGGER | VFIO_IRQ_SET_DATA_BOOL)
#define GEN_MASK    VFIO_IRQ_SET_ACTION_MASK
#define GEN_UNMASK  VFIO_IRQ_SET_ACTION_UNMASK

static inline uint32_t gen_below(struct generator *g, uint32_t n)
{
	return n ? rng_below(g->rng, n) : 0;
}

static inline bool gen_percent(struct generator *g, uint32_t percent)
{
	return rng_below(g->rng, 100) < percent;
}

static inline bool gen_is_armed(const struct generator *g, uint32_t vector)
{
	return vector < IRQ_MAX_VECTORS && (g->armed[vector / 64] >> vector % 64 & 1);
}

static inline bool gen_can(const struct generator *g, uint32_t device_op)
{
	return g->cfg.device_ops >> device_op & 1;
}

static inline void gen_put(struct op *op, uint32_t index, uint32_t flags, uint32_t start,
			   uint32_t count)
{
	op_init(op, OP_SET_IRQS);
	op->index = index;
	op->flags = flags;
	op->start = start;
	op->count = count;
}

static inline void gen_put_fd(struct op *op, uint32_t index, uint32_t start, int32_t fd)
{
	gen_put(op, index, GEN_EVENTFD, start, 1);
	op->n = 1;
	op->data[0] = fd;
}

static inline struct op gen_set(uint32_t index, uint32_t flags, uint32_t start, uint32_t count)
{
	struct op op;

	gen_put(&op, index, flags, start, count);
	return op;
}

static inline struct op gen_set_fd(uint32_t index, uint32_t start, int32_t fd)
{
	struct op op;

	gen_put_fd(&op, index, start, fd);
	return op;
}

/* generator_set.c: SET_IRQS requests. */
int32_t gen_slot(struct generator *g);                    /* an open one, most times */
int32_t gen_bad_fd(struct generator *g);                  /* names no eventfd */
uint32_t gen_vector(struct generator *g, uint32_t index); /* below n(index), when that is not 0 */
uint32_t gen_vectors_at_once(const struct generator *g, uint32_t count);
void gen_valid(struct generator *g, struct op *op); /* fits the state */
void gen_any_set(struct generator *g, struct op *op);

/* generator_matrix.c */
#define GEN_MATRIX (6u * 5u * 11u * 5u * 6u * 7u)
void gen_matrix(struct generator *g, struct op *op);
void gen_mutate(struct generator *g, struct op *op);
void gen_raw(struct generator *g, struct op *op);

/* generator_story.c: a sequence into the queue. */
void gen_story(struct generator *g);
void gen_push(struct generator *g, struct op op);

#endif

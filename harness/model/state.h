/* SPDX-License-Identifier: MIT */
/* state: what the parts of the model offer each other. Private to harness/model. */
#ifndef IRQSTORM_MODEL_STATE_H
#define IRQSTORM_MODEL_STATE_H

#include <errno.h>
#include <string.h>

#include "model/model.h"

static inline bool is_msix(const struct model *m)
{
	return m->type == VFIO_PCI_MSIX_IRQ_INDEX;
}

static inline void rule(struct model *m, uint32_t r)
{
	if (m->counts) {
		m->counts->n[r]++;
		m->counts->last = r + 1;
	}
}

/* Rule @r says what becomes of @what, unless a later one does. */
static inline void decides(struct model *m, enum ruled what, uint32_t r)
{
	if (m->counts)
		m->counts->by[what] = r + 1;
}

/* @ret, by rule @r. */
static inline int answer(struct model *m, uint32_t r, int ret)
{
	decides(m, RULED_RETURN, r);
	return ret;
}

static inline void vector_add(struct vector_set *s, uint32_t v)
{
	s->bits[v / 64] |= UINT64_C(1) << v % 64;
}

static inline void vector_del(struct vector_set *s, uint32_t v)
{
	s->bits[v / 64] &= ~(UINT64_C(1) << v % 64);
}

static inline void vector_put(struct vector_set *s, uint32_t v, bool in)
{
	if (in)
		vector_add(s, v);
	else
		vector_del(s, v);
}

/* Words of a vector_set that can hold anything now. */
static inline uint32_t set_words(const struct model *m)
{
	uint32_t n = m->msix_count > IRQ_MAX_MSI ? m->msix_count : IRQ_MAX_MSI;

	return (n + 63) / 64;
}

static inline void vector_clear(const struct model *m, struct vector_set *s)
{
	memset(s->bits, 0, set_words(m) * sizeof(s->bits[0]));
}

/* A fallible step is reached: true when it is the one to fail (docs/fallible-steps.md). */
static inline bool step_fails(struct model *m)
{
	return m->fail && !--m->fail;
}

/*
 * Something of the host is taken: 0, or the answer of a host that refuses it here (refusal.h), by
 * @r unless it is a number of vectors. @wanted: vectors of an enable.
 */
int model_host_refuses(struct model *m, enum host_resource what, uint32_t wanted, uint32_t r);

static inline int host_refuses(struct model *m, enum host_resource what, uint32_t wanted,
			       uint32_t r)
{
	return m->refusal.ret ? model_host_refuses(m, what, wanted, r) : 0;
}

/* A SET_IRQS that passed validation. */
struct call {
	const struct op *op;
	struct request_head h;
	uint32_t type; /* VFIO_IRQ_SET_DATA_* */
};

static inline bool has_items(const struct call *c)
{
	return c->h.count > 0 && c->type != VFIO_IRQ_SET_DATA_NONE;
}

/* NONE, or a BOOL that is not 0: is item @i selected? */
static inline bool selects(const struct call *c, uint32_t i)
{
	return c->type == VFIO_IRQ_SET_DATA_NONE || op_request_bool(c->op, i) != 0;
}

/* eventfd.c */
/* Lookup of an fd code: 0 and *@out with a reference taken, or -EBADF, -EINVAL. */
int model_eventfd_get(struct model *m, int32_t code, uint8_t *out);
void model_eventfd_put(struct model *m, uint8_t object);
void model_eventfd_signal(struct model *m, uint8_t object);
int model_eventfd_read(struct model *m, uint32_t slot, uint64_t *lo, uint64_t *hi);
int model_eventfd_write(struct model *m, uint32_t slot, uint64_t value);
int model_eventfd_close(struct model *m, uint32_t slot);
void model_eventfd_open(struct model *m, uint32_t slot, bool semaphore);
int model_eventfd_dup(struct model *m, uint32_t from, uint32_t to);
bool model_eventfd_nonzero(const struct model *m, uint8_t object);
void model_eventfd_touch(struct model *m, uint8_t object);
void model_eventfd_consume(struct model *m, uint8_t object);
/* Nobody can see @object any more. */
void model_eventfd_orphan(struct model *m, uint8_t object);

/* intx.c */
int model_intx_mask(struct model *m, const struct call *c);
int model_intx_unmask(struct model *m, const struct call *c);
int model_intx_trigger(struct model *m, const struct call *c);
void model_intx_disable(struct model *m);
void model_intx_line(struct model *m, bool asserted);
void model_intx_set_disintx(struct model *m, bool disabled);
/* The counter of the unmask virqfd's eventfd was written, or signalled. */
void model_intx_wake(struct model *m);

/* R33. True: the line is still up, so the user is to be signalled again. */
bool model_intx_try_unmask(struct model *m);

/* msi.c */
int model_msi_trigger(struct model *m, const struct call *c);
int model_msi_allocate(struct model *m, uint32_t vector);  /* R55: for exactly this one */
void model_msi_register(struct model *m, uint32_t vector); /* R70 */
int model_msi_enable(struct model *m, uint32_t index, uint32_t nvec); /* R46-R48 */
void model_msi_disable(struct model *m);

/* single.c */
int model_single_trigger(struct model *m, const struct call *c, uint8_t *trigger);

/* function.c: the PCI function and the config space that programs it */
void model_function_unmask(struct model *m, uint32_t vector);
void model_function_mask(struct model *m, uint32_t vector);
void model_function_write_message(struct model *m, uint32_t vector);
void model_function_enable(struct model *m);
void model_function_enable_failed(struct model *m);
void model_function_disable(struct model *m);
void model_function_set_mask(struct model *m, bool masked);
int model_function_step(struct model *m, const struct op *op);

/* enter.c: the way in of the ioctls */
/* Up to the handler: 0 and @c, or the error. */
int model_enter_check(struct model *m, const struct op *op, struct call *c);
int model_enter_set_irqs(struct model *m, const struct op *op);
int model_enter_irq_info(struct model *m, const struct op *op, struct expectation *out);
/* An array of nvec contexts: nothing beyond it can be addressed (section 1.10). */
static inline bool contexts_are_array(const struct model *m)
{
	return model_has(m, FEATURE_CONTEXTS_WITHIN_NVEC);
}

uint32_t model_irq_count(const struct model *m, uint32_t index);

#endif

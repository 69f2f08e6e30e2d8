/* SPDX-License-Identifier: MIT */
/*
 * fine_msi: MSI and MSI-X in steps. A message is a step away from the fire that sent it: what
 * happens to its vector meanwhile decides who gets it, or that nobody does (R80).
 */
#include "model/fine_private.h"

static bool msi_enabled(const struct model *m)
{
	return is_msix(m) || m->type == VFIO_PCI_MSI_IRQ_INDEX;
}

/* A message of @vector leaves the function. */
static void send(struct fine *f, struct fine_caller *c, uint32_t vector)
{
	const struct model *m = &f->m;
	const struct vector_set *used = m->cfg.message_cached ? &m->sends : &m->message;

	c->sends = !is_msix(m) || vector_in(used, vector);
	c->epoch = f->epoch;
}

/* It arrives. */
static void deliver(struct fine *f, struct fine_caller *c, uint32_t vector)
{
	struct model *m = &f->m;

	if (c->sends && c->epoch == f->epoch && msi_enabled(m) && vector_in(&m->active, vector))
		fine_count(m, m->trigger[vector]);
}

/* P8: what was pended leaves when nothing holds it back. */
static bool replay(struct fine *f, struct fine_caller *c, uint32_t vector)
{
	struct model *m = &f->m;

	if (m->function_mask || !vector_in(&m->pending, vector) || !vector_in(&m->unmasked, vector))
		return false;
	vector_del(&m->pending, vector);
	send(f, c, vector);
	return true;
}

static bool unmask(struct fine *f, struct fine_caller *c, uint32_t vector)
{
	struct model *m = &f->m;

	if (!is_msix(m) || m->d3hot)
		return false;
	vector_add(&m->unmasked, vector);
	vector_put(&m->sends, vector, vector_in(&m->message, vector)); /* P2 */
	return replay(f, c, vector);
}

/* R50: the order of its steps. */
static enum fine_result set_vector(struct fine *f, struct fine_caller *c, uint32_t v, int32_t fd)
{
	struct model *m = &f->m;

	ROUTINE(c, FINE_PART)
	c->err = 0;
	if (contexts_are_array(m) && v >= m->nvec) {
		c->err = -EINVAL;
		DONE();
	}
	if (vector_in(&m->active, v)) {
		/* free_irq(): the entry is masked, and then the handler goes (R52, P8, R80). */
		vector_del(&m->producer, v);
		if (is_msix(m))
			model_function_mask(m, v);
		STEP();
		vector_del(&m->active, v);
		model_eventfd_put(m, m->trigger[v]);
		m->trigger[v] = MODEL_NO_OBJECT;
		STEP();
	}
	if (fd < 0)
		DONE();
	if (!vector_in(&m->allocated, v)) {
		c->err = model_msi_allocate(m, v);
		if (c->err)
			DONE();
		STEP();
	}
	if ((!contexts_are_array(m) && step_fails(m)) || step_fails(m)) {
		c->err = -ENOMEM;
		DONE();
	}
	STEP();
	c->err = step_fails(m) ? -EBADF : model_eventfd_get(m, fd, &c->object);
	if (c->err)
		DONE();
	STEP();
	if (is_msix(m) && !step_fails(m))
		model_function_write_message(m, v);
	if (step_fails(m)) {
		model_eventfd_put(m, c->object);
		c->err = -ENOSPC;
		DONE();
	}
	STEP();
	/* request_irq(): there is a handler, and then the entry is unmasked. */
	m->trigger[v] = c->object;
	c->object = MODEL_NO_OBJECT;
	vector_add(&m->active, v);
	STEP();
	if (unmask(f, c, v)) {
		STEP();
		deliver(f, c, v);
	}
	STEP();
	model_msi_register(m, v);
	ROUTINE_END();
}

static int32_t item_fd(const struct fine_caller *c)
{
	return c->h.count ? op_request_fd(c->op, c->item) : -1;
}

static enum fine_result set_block(struct fine *f, struct fine_caller *c)
{
	struct model *m = &f->m;

	ROUTINE(c, FINE_BLOCK)
	c->err = 0;
	if ((!c->h.count && c->h.start >= m->nvec && !model_has(m, FEATURE_EMPTY_ENABLE)) ||
	    (contexts_are_array(m) && c->h.count && c->h.start + c->h.count > m->nvec)) {
		c->err = -EINVAL;
		DONE();
	}
	for (c->item = 0; c->item < c->h.count; c->item++) {
		RUN(set_vector(f, c, c->h.start + c->item, item_fd(c)));
		if (c->err)
			break;
		STEP();
	}
	if (!c->err)
		DONE();
	/* R53 */
	c->first_err = c->err;
	c->end = c->item + 1;
	STEP();
	for (c->item = 0; c->item < c->end; c->item++) {
		RUN(set_vector(f, c, c->h.start + c->item, -1));
		STEP();
	}
	c->err = c->first_err;
	ROUTINE_END();
}

/* R57 */
enum fine_result fine_msi_disable(struct fine *f, struct fine_caller *c)
{
	struct model *m = &f->m;

	ROUTINE(c, FINE_BLOCK)
	while (m->active.bits[0]) {
		c->item = (uint32_t)__builtin_ctzll(m->active.bits[0]);
		RUN(set_vector(f, c, c->item, -1));
	}
	model_msi_disable(m);
	ROUTINE_END();
}

/* Does an enable that fails go so far that the function is enabled for a while? */
static bool half_enables(const struct model *m, const struct fine_caller *c)
{
	return c->h.index == VFIO_PCI_MSIX_IRQ_INDEX && c->nvec && !m->d3hot &&
	       !(contexts_are_array(m) && m->fail == 1);
}

static enum fine_result enable(struct fine *f, struct fine_caller *c)
{
	struct model *m = &f->m;

	ROUTINE(c, FINE_ENABLE)
	c->nvec = c->h.start + c->h.count;
	c->again = half_enables(m, c);
	c->err = model_msi_enable(m, c->h.index, c->nvec);
	if (c->err && c->again) {
		f->half_enabled = true; /* P9: masked, so what fires is pended */
		STEP();
		f->half_enabled = false;
		if (m->cfg.pba_cleared)
			vector_clear(m, &m->pending);
	}
	if (c->err)
		DONE();
	f->epoch++;
	STEP();
	RUN(set_block(f, c));
	if (c->err) {
		c->first_err = c->err;
		RUN(fine_msi_disable(f, c)); /* R45 */
		c->err = c->first_err;
	}
	ROUTINE_END();
}

static enum fine_result loopback(struct fine *f, struct fine_caller *c)
{
	struct call call = {.op = c->op, .h = c->h, .type = c->type};
	struct model *m = &f->m;

	ROUTINE(c, FINE_BLOCK)
	c->err = 0;
	if (contexts_are_array(m) && c->h.start + c->h.count > m->nvec) {
		c->err = -EINVAL;
		DONE();
	}
	for (c->item = 0; c->item < c->h.count; c->item++) {
		if (vector_in(&m->active, c->h.start + c->item) && selects(&call, c->item))
			fine_count(m, m->trigger[c->h.start + c->item]);
		STEP();
	}
	ROUTINE_END();
}

enum plan { REFUSED, DISABLE, ENABLE, SET, LOOPBACK };

/* R18, R19 and the table of section 1.5. */
static enum plan decide(const struct model *m, struct fine_caller *c)
{
	bool on = m->type == c->h.index;

	c->err = -EINVAL;
	if (on && !c->h.count && c->type == VFIO_IRQ_SET_DATA_NONE)
		return DISABLE;
	if (!on && m->type != VFIO_PCI_NUM_IRQS)
		return REFUSED;
	if (c->type == VFIO_IRQ_SET_DATA_EVENTFD)
		return on ? SET : ENABLE;
	return on ? LOOPBACK : REFUSED;
}

enum fine_result fine_msi(struct fine *f, struct fine_caller *c)
{
	ROUTINE(c, FINE_HANDLER)
	c->plan = (uint8_t)decide(&f->m, c);
	if (c->plan == REFUSED)
		DONE();
	c->err = 0;
	if (c->plan == DISABLE)
		RUN(fine_msi_disable(f, c));
	else if (c->plan == ENABLE)
		RUN(enable(f, c));
	else if (c->plan == SET)
		RUN(set_block(f, c));
	else
		RUN(loopback(f, c));
	ROUTINE_END();
}

enum fine_result fine_fire_msi(struct fine *f, struct fine_caller *c)
{
	uint32_t v = c->op->start, index = c->op->index, sending = 1;
	struct model *m = &f->m;

	ROUTINE(c, FINE_HANDLER)
	c->err = 0;
	if (v >= model_irq_count(m, index)) {
		c->err = -EINVAL;
		DONE();
	}
	if (index == VFIO_PCI_MSIX_IRQ_INDEX && f->half_enabled && !m->d3hot) {
		vector_add(&m->pending, v);
		DONE();
	}
	if (m->d3hot || m->type != index)
		DONE();
	if (is_msix(m) && (!vector_in(&m->unmasked, v) || m->function_mask)) {
		vector_add(&m->pending, v); /* P3 */
		DONE();
	}
	while (sending < m->nvec)
		sending *= 2; /* R47 */
	if (!is_msix(m) && v >= sending)
		DONE();
	send(f, c, v);
	STEP();
	deliver(f, c, v);
	ROUTINE_END();
}

/* P5 */
enum fine_result fine_function_mask(struct fine *f, struct fine_caller *c, bool masked)
{
	struct model *m = &f->m;
	uint64_t open = m->unmasked.bits[0];

	ROUTINE(c, FINE_HANDLER)
	c->again = m->function_mask && !masked;
	m->function_mask = masked;
	if (!c->again || !is_msix(m) || m->d3hot)
		DONE();
	m->sends.bits[0] = (m->sends.bits[0] & ~open) | (m->message.bits[0] & open);
	for (c->pending = m->pending.bits[0] & open; c->pending; c->pending &= c->pending - 1) {
		c->item = (uint32_t)__builtin_ctzll(c->pending);
		if (replay(f, c, c->item)) {
			STEP();
			deliver(f, c, c->item);
			STEP();
		}
	}
	ROUTINE_END();
}

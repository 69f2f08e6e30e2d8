/* SPDX-License-Identifier: MIT */
/*
 * fine_intx: INTX and its virqfd in steps. Handlers of the irq exclude each other (f->irq), from
 * the look at the line to the last signal; a wake comes in between all the same, and leaves what it
 * has to signal to whoever is sending, or to a work item (R38).
 */
#include "model/fine_private.h"

static bool enabled(const struct model *m)
{
	return m->type == VFIO_PCI_INTX_IRQ_INDEX;
}

static bool event_signals(struct fine *f, enum fine_event event)
{
	struct model *m = &f->m;

	if (event == FINE_LINE) { /* R30 */
		if (!enabled(m) || !m->line || m->intx_masked)
			return false;
		m->intx_masked = true;
	} else if (event == FINE_WORK) {
		if (!f->inject)
			return false;
		f->inject = false;
	}
	return enabled(m) && !m->virq_disabled; /* R31 */
}

static void signal_trigger(struct fine *f)
{
	struct model *m = &f->m;

	if (m->intx_trigger != MODEL_NO_OBJECT)
		fine_count(m, m->intx_trigger);
}

enum fine_result fine_raise(struct fine *f, struct fine_caller *c, enum fine_event event)
{
	ROUTINE(c, FINE_RAISE)
	WAIT_FOR(!f->irq);
	f->irq = fine_name(f, c);
	c->signals = event_signals(f, event);
	while (c->signals || f->inject) {
		f->sending = true;
		STEP();
		if (c->signals)
			signal_trigger(f);
		STEP();
		f->sending = false;
		c->signals = event_signals(f, FINE_WORK);
	}
	f->irq = 0;
	ROUTINE_END();
}

/* virqfd_wakeup() */
enum fine_result fine_wake(struct fine *f, struct fine_caller *c)
{
	ROUTINE(c, FINE_WAKE)
	if (c->waking == MODEL_NO_OBJECT)
		DONE();
	STEP();
	if (f->watched != c->waking)
		DONE();
	model_eventfd_consume(&f->m, c->waking); /* R37 */
	STEP();
	if (!model_intx_try_unmask(&f->m))
		DONE();
	f->inject = true;
	if (f->sending)
		DONE();
	f->works++;
	STEP();
	RUN(fine_raise(f, c, FINE_WORK));
	f->works--;
	ROUTINE_END();
}

enum fine_result fine_hup(struct fine *f, struct fine_caller *c)
{
	struct model *m = &f->m;

	ROUTINE(c, FINE_WAKE)
	if (f->watched != c->old)
		DONE();
	f->watched = MODEL_NO_OBJECT;
	if (m->intx_unmask != c->old)
		DONE(); /* who detaches it puts it */
	m->intx_unmask = MODEL_NO_OBJECT;
	f->works++;
	STEP();
	RUN(fine_raise(f, c, FINE_WORK));
	m->references--;
	f->works--;
	ROUTINE_END();
}

static bool has_descriptor(const struct model *m, uint8_t object)
{
	for (uint32_t s = 0; s < PROGRAM_SLOTS; s++) {
		if (m->slot[s] == object)
			return true;
	}
	return false;
}

/* R36 */
static enum fine_result attach(struct fine *f, struct fine_caller *c)
{
	struct model *m = &f->m;

	ROUTINE(c, FINE_PART)
	c->err = step_fails(m) ? -ENOMEM : 0;
	if (c->err)
		DONE();
	STEP();
	c->err = step_fails(m) ? -EBADF : model_eventfd_get(m, op_request_fd(c->op, 0), &c->object);
	if (c->err)
		DONE();
	STEP();
	if (m->intx_unmask != MODEL_NO_OBJECT) {
		model_eventfd_put(m, c->object);
		c->err = -EBUSY;
		DONE();
	}
	m->intx_unmask = c->object;
	STEP();
	f->watched = c->object;
	STEP();
	if (c->object == MODEL_ORPHAN) {
		f->unsure = true; /* its counter is out of sight, and decides */
		DONE();
	}
	c->again = model_eventfd_nonzero(m, c->object);
	c->closed = !has_descriptor(m, c->object);
	STEP();
	if (c->closed) {
		c->old = c->object;
		RUN(fine_hup(f, c));
	}
	if (c->again && model_intx_try_unmask(m)) {
		f->inject = true;
		STEP();
		RUN(fine_raise(f, c, FINE_WORK));
	}
	ROUTINE_END();
}

static enum fine_result detach(struct fine *f, struct fine_caller *c)
{
	struct model *m = &f->m;

	ROUTINE(c, FINE_PART)
	c->err = 0;
	c->old = m->intx_unmask;
	m->intx_unmask = MODEL_NO_OBJECT;
	STEP();
	if (c->old != MODEL_NO_OBJECT) {
		if (f->watched == c->old)
			f->watched = MODEL_NO_OBJECT;
		STEP();
		if (c->old < PROGRAM_SLOTS)
			model_eventfd_consume(m, c->old);
		STEP();
		RUN(fine_raise(f, c, FINE_WORK));
		model_eventfd_put(m, c->old);
	}
	WAIT_FOR(!f->works); /* flush_workqueue() */
	ROUTINE_END();
}

/* R35 */
enum fine_result fine_intx_disable(struct fine *f, struct fine_caller *c)
{
	struct model *m = &f->m;

	ROUTINE(c, FINE_BLOCK)
	RUN(detach(f, c));
	STEP();
	WAIT_FOR(!f->irq);
	m->type = VFIO_PCI_NUM_IRQS;
	m->intx_masked = false;
	f->inject = false;
	model_eventfd_put(m, m->intx_trigger);
	m->intx_trigger = MODEL_NO_OBJECT;
	ROUTINE_END();
}

static enum fine_result unmask(struct fine *f, struct fine_caller *c)
{
	ROUTINE(c, FINE_PART)
	c->err = 0;
	c->again = model_intx_try_unmask(&f->m);
	STEP();
	RUN(fine_raise(f, c, c->again ? FINE_SEND : FINE_WORK));
	ROUTINE_END();
}

/* R25-R27, R28: both look the eventfd up first. */
static enum fine_result set_eventfd(struct fine *f, struct fine_caller *c)
{
	static const int errors[] = {-ENOMEM, -ENOMEM, -EBUSY}; /* name, context, request_irq */
	struct model *m = &f->m;
	int32_t fd = op_request_fd(c->op, 0);

	ROUTINE(c, FINE_BLOCK)
	c->err = 0;
	c->object = MODEL_NO_OBJECT;
	if (fd >= 0) {
		c->err = step_fails(m) ? -EBADF : model_eventfd_get(m, fd, &c->object);
		if (c->err)
			DONE();
		STEP();
	}
	if (!enabled(m) && m->cfg.irqless) {
		model_eventfd_put(m, c->object);
		c->err = -ENODEV;
		DONE();
	}
	for (c->item = 0; !enabled(m) && c->item < 3; c->item++) {
		if (step_fails(m)) {
			model_eventfd_put(m, c->object);
			c->err = errors[c->item];
			DONE();
		}
		STEP();
	}
	WAIT_FOR(!f->irq);
	c->old = m->intx_trigger;
	m->intx_trigger = c->object;
	c->object = MODEL_NO_OBJECT;
	STEP();
	if (enabled(m)) {
		RUN(fine_raise(f, c, FINE_WORK));
		model_eventfd_put(m, c->old);
		DONE();
	}
	m->intx_masked = m->virq_disabled;
	m->type = VFIO_PCI_INTX_IRQ_INDEX;
	STEP();
	RUN(fine_raise(f, c, FINE_LINE));
	ROUTINE_END();
}

enum plan { REFUSED, NOTHING, MASK, UNMASK, ATTACH, DETACH, DISABLE, SET, LOOPBACK };

/* What a request comes to: R18, R19, R24 and the table of section 1.4. */
static enum plan decide(struct model *m, struct fine_caller *c)
{
	struct call call = {.op = c->op, .h = c->h, .type = c->type};
	uint32_t action = c->h.flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;
	bool eventfd = c->type == VFIO_IRQ_SET_DATA_EVENTFD, trigger;

	trigger = action == VFIO_IRQ_SET_ACTION_TRIGGER;
	c->err = -EINVAL;
	if (trigger && enabled(m) && !c->h.count && c->type == VFIO_IRQ_SET_DATA_NONE)
		return DISABLE;
	if ((!enabled(m) && (!trigger || m->type != VFIO_PCI_NUM_IRQS)) || c->h.start ||
	    c->h.count != 1)
		return REFUSED;
	if (trigger && eventfd)
		return SET;
	if (!enabled(m))
		return REFUSED;
	if (eventfd && action == VFIO_IRQ_SET_ACTION_MASK) {
		c->err = -ENOTTY;
		return REFUSED;
	}
	if (eventfd)
		return op_request_fd(c->op, 0) >= 0 ? ATTACH : DETACH;
	if (!selects(&call, 0))
		return NOTHING;
	if (trigger)
		return LOOPBACK;
	return action == VFIO_IRQ_SET_ACTION_MASK ? MASK : UNMASK;
}

enum fine_result fine_intx(struct fine *f, struct fine_caller *c)
{
	ROUTINE(c, FINE_HANDLER)
	c->plan = (uint8_t)decide(&f->m, c);
	if (c->plan == REFUSED)
		DONE();
	c->err = 0;
	if (c->plan == MASK)
		f->m.intx_masked = true;
	else if (c->plan == UNMASK)
		RUN(unmask(f, c));
	else if (c->plan == ATTACH)
		RUN(attach(f, c));
	else if (c->plan == DETACH)
		RUN(detach(f, c));
	else if (c->plan == DISABLE)
		RUN(fine_intx_disable(f, c));
	else if (c->plan == SET)
		RUN(set_eventfd(f, c));
	else if (c->plan == LOOPBACK)
		RUN(fine_raise(f, c, FINE_SEND));
	ROUTINE_END();
}

/* R34 */
enum fine_result fine_disintx(struct fine *f, struct fine_caller *c, bool disabled)
{
	struct model *m = &f->m;

	ROUTINE(c, FINE_HANDLER)
	if (m->virq_disabled == disabled)
		DONE();
	m->virq_disabled = disabled;
	if (disabled && enabled(m))
		m->intx_masked = true;
	STEP();
	if (disabled)
		RUN(fine_raise(f, c, FINE_WORK));
	else
		RUN(unmask(f, c));
	c->err = 0;
	ROUTINE_END();
}

enum fine_result fine_line(struct fine *f, struct fine_caller *c, bool asserted)
{
	ROUTINE(c, FINE_PART)
	f->m.line = asserted;
	STEP();
	RUN(fine_raise(f, c, FINE_LINE));
	ROUTINE_END();
}

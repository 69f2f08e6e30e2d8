/* SPDX-License-Identifier: MIT */
/*
 * intx: the legacy interrupt (section 1.4 of docs/rules.md). With DisINTx or without, what a user
 * can see is the same, so the model does not tell the two apart.
 */
#include "model/state.h"

static bool enabled(const struct model *m)
{
	return m->type == VFIO_PCI_INTX_IRQ_INDEX;
}

/* R31: hardware or loopback, a signal needs a trigger and the user's DisINTx clear. */
static void send(struct model *m)
{
	rule(m, R(31));
	decides(m, RULED_COUNTER, R(31));
	if (enabled(m) && !m->virq_disabled && m->intx_trigger != MODEL_NO_OBJECT)
		model_eventfd_signal(m, m->intx_trigger);
}

/* A level interrupt reaches the handler: R30. */
static void evaluate(struct model *m)
{
	if (!enabled(m) || !m->line || m->intx_masked)
		return;
	rule(m, R(30));
	m->intx_masked = true;
	decides(m, RULED_MASKED, R(30));
	if (m->intx_trigger == MODEL_NO_OBJECT)
		rule(m, R(29));
	send(m);
	if (!m->virq_disabled)
		decides(m, RULED_COUNTER, m->intx_trigger == MODEL_NO_OBJECT ? R(29) : R(30));
}

/* R33. True: the line is still up, so the user is to be signalled again. */
bool model_intx_try_unmask(struct model *m)
{
	rule(m, R(33));
	decides(m, RULED_MASKED, R(33));
	decides(m, RULED_COUNTER, R(33));
	if (!enabled(m) || !m->intx_masked || m->virq_disabled)
		return false;
	m->intx_masked = m->line;
	return m->line;
}

static void unmask(struct model *m)
{
	if (model_intx_try_unmask(m))
		send(m);
	decides(m, RULED_COUNTER, R(33));
}

static void mask(struct model *m)
{
	rule(m, R(32));
	decides(m, RULED_MASKED, R(32));
	m->intx_masked = true;
}

/*
 * The virqfd takes what was counted and unmasks. When that has to signal again, a work item does it
 * (R38).
 */
void model_intx_wake(struct model *m)
{
	rule(m, R(37));
	model_eventfd_consume(m, m->intx_unmask);
	if (!model_intx_try_unmask(m)) {
		decides(m, RULED_COUNTER, R(37));
		return;
	}
	rule(m, R(38));
	decides(m, RULED_MASKED, R(37));
	send(m);
	decides(m, RULED_COUNTER, R(38));
}

void model_intx_line(struct model *m, bool asserted)
{
	m->line = asserted && !m->d3hot && m->cfg.count[VFIO_PCI_INTX_IRQ_INDEX];
	evaluate(m);
}

void model_intx_set_disintx(struct model *m, bool disabled)
{
	rule(m, R(34));
	if (disabled == m->virq_disabled)
		return;
	m->virq_disabled = disabled;
	if (!enabled(m))
		return;
	if (disabled)
		mask(m);
	else
		unmask(m);
	decides(m, RULED_MASKED, R(34));
	decides(m, RULED_COUNTER, R(34));
}

static bool addresses_line(struct model *m, const struct call *c)
{
	rule(m, R(24));
	decides(m, RULED_RETURN, R(24));
	return enabled(m) && c->h.start == 0 && c->h.count == 1;
}

int model_intx_mask(struct model *m, const struct call *c)
{
	if (!addresses_line(m, c))
		return -EINVAL;
	if (c->type == VFIO_IRQ_SET_DATA_EVENTFD)
		return -ENOTTY;
	if (selects(c, 0))
		mask(m);
	return answer(m, R(32), 0);
}

static int attach(struct model *m, int32_t fd)
{
	uint8_t object;
	int err;

	rule(m, R(36));
	decides(m, RULED_RETURN, R(36));
	if (step_fails(m))
		return -ENOMEM;
	if (step_fails(m))
		return -EBADF;
	err = model_eventfd_get(m, fd, &object);
	if (err)
		return err;
	if (m->intx_unmask != MODEL_NO_OBJECT) {
		model_eventfd_put(m, object);
		return -EBUSY;
	}
	m->intx_unmask = object;
	if (model_eventfd_nonzero(m, object)) {
		rule(m, R(37)); /* runs at once and leaves the counter */
		if (model_intx_try_unmask(m))
			send(m);
		decides(m, RULED_MASKED, R(37));
		decides(m, RULED_COUNTER, R(37));
	}
	return 0;
}

/* eventfd_ctx_remove_wait_queue() reads what the counter holds, as a read() would. */
static void detach(struct model *m)
{
	uint8_t object = m->intx_unmask;

	m->intx_unmask = MODEL_NO_OBJECT;
	if (object < PROGRAM_SLOTS)
		model_eventfd_consume(m, object);
	model_eventfd_put(m, object);
}

int model_intx_unmask(struct model *m, const struct call *c)
{
	if (!addresses_line(m, c))
		return -EINVAL;
	if (c->type == VFIO_IRQ_SET_DATA_EVENTFD) {
		int32_t fd = op_request_fd(c->op, 0);

		if (fd >= 0)
			return attach(m, fd);
		detach(m);
		decides(m, RULED_COUNTER, R(37));
		return answer(m, R(37), 0);
	}
	if (selects(c, 0))
		unmask(m);
	return answer(m, R(33), 0);
}

static int enable(struct model *m, uint8_t object)
{
	static const int errors[] = {-ENOMEM, -ENOMEM, -EBUSY}; /* name, context, request_irq */
	int err = 0;

	rule(m, R(25));
	decides(m, RULED_RETURN, R(25));
	decides(m, RULED_TYPE, R(25));
	decides(m, RULED_ACTIVE, R(25));
	if (m->cfg.irqless)
		err = -ENODEV;
	for (uint32_t i = 0; !err && i < 3; i++)
		err = step_fails(m) ? errors[i] : 0;
	if (!err)
		err = host_refuses(m, HOST_LINE, 0, R(25));
	if (err) {
		model_eventfd_put(m, object);
		return err;
	}
	if (object == MODEL_NO_OBJECT) {
		rule(m, R(26));
		decides(m, RULED_RETURN, R(26));
		decides(m, RULED_TYPE, R(26));
	}
	rule(m, R(27));
	decides(m, RULED_MASKED, R(27));
	decides(m, RULED_COUNTER, R(27));
	m->type = VFIO_PCI_INTX_IRQ_INDEX;
	m->intx_trigger = object;
	m->intx_masked = m->virq_disabled;
	evaluate(m);
	return 0;
}

void model_intx_disable(struct model *m)
{
	rule(m, R(35));
	decides(m, RULED_RETURN, R(35));
	decides(m, RULED_TYPE, R(35));
	decides(m, RULED_ACTIVE, R(35));
	decides(m, RULED_MASKED, R(35));
	detach(m);
	decides(m, RULED_COUNTER, R(35));
	model_eventfd_put(m, m->intx_trigger);
	m->intx_trigger = MODEL_NO_OBJECT;
	m->intx_masked = false;
	m->type = VFIO_PCI_NUM_IRQS;
}

static int set_eventfd(struct model *m, int32_t fd)
{
	uint8_t object = MODEL_NO_OBJECT;
	int err;

	decides(m, RULED_RETURN, enabled(m) ? R(28) : R(25));
	decides(m, RULED_TYPE, enabled(m) ? R(28) : R(25));
	if (fd >= 0) {
		if (step_fails(m))
			return -EBADF;
		err = model_eventfd_get(m, fd, &object);
		if (err)
			return err; /* R28: the old trigger stays */
	}
	if (!enabled(m))
		return enable(m, object);
	rule(m, R(28));
	if (object == MODEL_NO_OBJECT) {
		decides(m, RULED_RETURN, R(29));
		decides(m, RULED_TYPE, R(29));
		decides(m, RULED_ACTIVE, R(29));
	}
	decides(m, RULED_MASKED, R(28));
	decides(m, RULED_COUNTER, R(28));
	model_eventfd_put(m, m->intx_trigger);
	m->intx_trigger = object;
	return 0;
}

int model_intx_trigger(struct model *m, const struct call *c)
{
	bool none = m->type == VFIO_PCI_NUM_IRQS;

	if (enabled(m) && !c->h.count && c->type == VFIO_IRQ_SET_DATA_NONE) {
		rule(m, R(19));
		model_intx_disable(m);
		return 0;
	}
	decides(m, RULED_RETURN, R(12));
	if (!enabled(m)) {
		if (!none)
			rule(m, R(18));
		decides(m, RULED_RETURN,
			c->h.count || c->type != VFIO_IRQ_SET_DATA_NONE ? R(18) : R(19));
	}
	if ((!enabled(m) && !none) || c->h.start != 0 || c->h.count != 1)
		return -EINVAL;
	if (c->type == VFIO_IRQ_SET_DATA_EVENTFD)
		return set_eventfd(m, op_request_fd(c->op, 0));
	decides(m, RULED_COUNTER, R(31));
	if (!enabled(m))
		return answer(m, R(26), -EINVAL);
	if (selects(c, 0))
		send(m);
	decides(m, RULED_MASKED, R(31));
	return answer(m, R(31), 0);
}

/* SPDX-License-Identifier: MIT */
/* fine: see fine.h. The operations apart from the handlers of INTX, MSI and MSI-X. */
#include "model/fine.h"

#include "model/fine_private.h"
#include "support/digest.h"

void fine_init(struct fine *f, const struct model *m)
{
	memset(f, 0, sizeof(*f));
	f->m = *m;
	f->m.counts = NULL;
	f->watched = m->intx_unmask;
	f->off = m->d3hot;
}

void fine_start(struct fine *f, uint32_t who, const struct op *op, uint32_t fail)
{
	struct fine_caller *c = &f->caller[who];

	memset(c, 0, sizeof(*c));
	c->op = op;
	c->fail = fail;
	c->object = c->old = c->waking = MODEL_NO_OBJECT;
}

/* A signal from where the virqfd may be watching: ERR and REQ can share its eventfd. */
static enum fine_result signal_single(struct fine *f, struct fine_caller *c, uint8_t object)
{
	ROUTINE(c, FINE_PART)
	if (object == MODEL_NO_OBJECT)
		DONE();
	fine_count(&f->m, object);
	c->waking = f->watched == object ? object : MODEL_NO_OBJECT;
	RUN(fine_wake(f, c));
	ROUTINE_END();
}

static uint8_t *single_of(struct model *m, uint32_t index)
{
	return index == VFIO_PCI_ERR_IRQ_INDEX ? &m->err : &m->req;
}

/* model_single_trigger() */
static enum fine_result single(struct fine *f, struct fine_caller *c)
{
	struct model *m = &f->m;
	uint8_t *trigger = single_of(m, c->h.index);
	int32_t fd;

	ROUTINE(c, FINE_HANDLER)
	c->err = 0;
	if (c->type == VFIO_IRQ_SET_DATA_EVENTFD) {
		c->err = -EINVAL;
		if (!c->h.count)
			DONE();
		fd = op_request_fd(c->op, 0);
		if (fd < -1) {
			c->err = model_has(m, FEATURE_NEGATIVE_FD_REFUSED_ERR_REQ) ? -EINVAL : 0;
			DONE();
		}
		c->err = 0;
		if (fd >= 0) {
			c->err = step_fails(m) ? -EBADF : model_eventfd_get(m, fd, &c->object);
			if (c->err)
				DONE();
			if (model_has(m, FEATURE_ERR_REQ_RCU) && step_fails(m)) {
				model_eventfd_put(m, c->object);
				c->err = -ENOMEM;
				DONE();
			}
			STEP();
		}
		model_eventfd_put(m, *trigger);
		*trigger = c->object;
		c->object = MODEL_NO_OBJECT;
		DONE();
	}
	if ((c->type == VFIO_IRQ_SET_DATA_BOOL && !c->h.count) ||
	    (c->type == VFIO_IRQ_SET_DATA_NONE && *trigger == MODEL_NO_OBJECT)) {
		c->err = -EINVAL;
		DONE();
	}
	if (!c->h.count) {
		model_eventfd_put(m, *trigger);
		*trigger = MODEL_NO_OBJECT;
		DONE();
	}
	if (c->type == VFIO_IRQ_SET_DATA_BOOL && !op_request_bool(c->op, 0))
		DONE();
	RUN(signal_single(f, c, *trigger));
	ROUTINE_END();
}

/* R11 */
static enum fine_result handler(struct fine *f, struct fine_caller *c)
{
	uint32_t action = c->h.flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;

	if (c->h.index == VFIO_PCI_INTX_IRQ_INDEX &&
	    (action == VFIO_IRQ_SET_ACTION_MASK || action == VFIO_IRQ_SET_ACTION_UNMASK ||
	     action == VFIO_IRQ_SET_ACTION_TRIGGER))
		return fine_intx(f, c);
	if (action != VFIO_IRQ_SET_ACTION_TRIGGER) {
		c->err = -ENOTTY;
		return FINE_DONE;
	}
	switch (c->h.index) {
	case VFIO_PCI_ERR_IRQ_INDEX:
	case VFIO_PCI_REQ_IRQ_INDEX:
		return single(f, c);
	case VFIO_PCI_INTX_IRQ_INDEX:
		c->err = -ENOTTY;
		return FINE_DONE;
	default:
		return fine_msi(f, c);
	}
}

static enum fine_result set_irqs(struct fine *f, struct fine_caller *c)
{
	struct call call;

	ROUTINE(c, FINE_OPERATION)
	c->err = model_enter_check(&f->m, c->op, &call);
	if (c->err)
		DONE();
	c->h = call.h;
	c->type = call.type;
	WAIT_FOR(!f->gate); /* R10 */
	f->gate = fine_name(f, c);
	RUN(handler(f, c));
	f->gate = 0;
	ROUTINE_END();
}

static enum fine_result reset(struct fine *f, struct fine_caller *c)
{
	struct op op = op_make(OP_RESET);
	bool line;

	ROUTINE(c, FINE_HANDLER)
	f->off = false;
	STEP();
	RUN(fine_line(f, c, false));
	STEP();
	f->m.function_mask =
		true; /* as long as it takes (P16): what fires is pended, and forgotten */
	STEP();
	line = f->m.line;
	model_function_step(&f->m, &op);
	f->m.line = line; /* that was before */
	ROUTINE_END();
}

static enum fine_result power_off(struct fine *f, struct fine_caller *c)
{
	ROUTINE(c, FINE_HANDLER)
	f->off = f->m.d3hot = true;
	STEP();
	RUN(fine_line(f, c, false));
	ROUTINE_END();
}

static enum fine_result power(struct fine *f, struct fine_caller *c)
{
	if (c->at[FINE_HANDLER])
		return c->op->value ? power_off(f, c) : reset(f, c);
	c->err = c->op->value != 0 && c->op->value != 3 ? -EINVAL : 0;
	if (c->err || f->m.d3hot == (c->op->value == 3))
		return FINE_DONE;
	return c->op->value ? power_off(f, c) : reset(f, c);
}

/* R21: the last close of the device, and the first open; with the driver unbound in between, too.
 */
static enum fine_result reopen(struct fine *f, struct fine_caller *c)
{
	struct model *m = &f->m;

	ROUTINE(c, FINE_ENABLE)
	c->plan = m->type;
	if (c->plan == VFIO_PCI_INTX_IRQ_INDEX)
		RUN(fine_intx_disable(f, c));
	else if (c->plan != VFIO_PCI_NUM_IRQS)
		RUN(fine_msi_disable(f, c));
	STEP();
	model_eventfd_put(m, m->err);
	m->err = MODEL_NO_OBJECT;
	STEP();
	model_eventfd_put(m, m->req);
	m->req = MODEL_NO_OBJECT;
	STEP();
	m->virq_disabled = false;
	STEP();
	RUN(reset(f, c));
	if (c->op->kind == OP_REBIND)
		m->domain_size = 0; /* P13 */
	c->err = 0;
	ROUTINE_END();
}

static enum fine_result in_gate(struct fine *f, struct fine_caller *c)
{
	switch (c->op->kind) {
	case OP_RESET:
	case OP_FLR:
		return reset(f, c);
	case OP_POWER:
		return power(f, c);
	case OP_REOPEN:
	case OP_REBIND:
		return reopen(f, c);
	case OP_DISINTX:
		return fine_disintx(f, c, c->op->value != 0);
	case OP_FUNCTION_MASK:
		return fine_function_mask(f, c, c->op->value != 0);
	default: /* one step to everybody */
		c->err = model_function_step(&f->m, c->op);
		return FINE_DONE;
	}
}

/* What is written to the device, or to its config space. */
static enum fine_result device(struct fine *f, struct fine_caller *c)
{
	ROUTINE(c, FINE_OPERATION)
	c->err = 0;
	if (c->op->kind == OP_RESET && step_fails(&f->m)) {
		c->err = -EIO;
		DONE();
	}
	WAIT_FOR(!f->gate); /* R78 */
	f->gate = fine_name(f, c);
	RUN(in_gate(f, c));
	f->gate = 0;
	ROUTINE_END();
}

/* The line does not ask for igate; whether the device has power was looked at before. */
static enum fine_result line(struct fine *f, struct fine_caller *c, bool asserted)
{
	ROUTINE(c, FINE_OPERATION)
	c->err = 0;
	if (f->off || !f->m.cfg.count[VFIO_PCI_INTX_IRQ_INDEX])
		DONE();
	STEP();
	RUN(fine_line(f, c, asserted));
	ROUTINE_END();
}

static enum fine_result fire(struct fine *f, struct fine_caller *c)
{
	struct model *m = &f->m;

	if (c->op->index != VFIO_PCI_INTX_IRQ_INDEX && c->op->index < VFIO_PCI_ERR_IRQ_INDEX)
		return fine_fire_msi(f, c);
	if (c->op->start >= model_irq_count(m, c->op->index)) {
		c->err = -EINVAL;
		return FINE_DONE;
	}
	if (c->op->index == VFIO_PCI_INTX_IRQ_INDEX)
		return line(f, c, true);
	return signal_single(f, c, *single_of(m, c->op->index)); /* R64 */
}

static enum fine_result write_eventfd(struct fine *f, struct fine_caller *c)
{
	struct model *m = &f->m;
	uint8_t object = m->slot[c->op->slot], unmask = m->intx_unmask;

	ROUTINE(c, FINE_OPERATION)
	m->intx_unmask = MODEL_NO_OBJECT; /* the wake is a step of its own */
	c->err = model_eventfd_write(m, c->op->slot, c->op->value);
	m->intx_unmask = unmask;
	if (c->err)
		DONE();
	c->waking = f->watched == object ? object : MODEL_NO_OBJECT;
	RUN(fine_wake(f, c));
	ROUTINE_END();
}

/* The last descriptor of @object has gone: R36, R65. */
static void forget(struct fine *f, uint8_t object)
{
	struct model *m = &f->m;
	uint8_t unmask = m->intx_unmask;

	m->intx_unmask = MODEL_NO_OBJECT;
	model_eventfd_orphan(m, object);
	m->intx_unmask = unmask == object ? MODEL_ORPHAN : unmask;
	if (f->watched == object)
		f->watched = MODEL_NO_OBJECT;
	for (uint32_t i = 0; i < FINE_CALLERS; i++) {
		struct fine_caller *c = &f->caller[i];

		if (c->object == object)
			c->object = MODEL_ORPHAN;
		if (c->old == object)
			c->old = MODEL_ORPHAN;
		if (c->waking == object)
			c->waking = MODEL_ORPHAN;
	}
}

/* A descriptor of @c->old is no more. */
static enum fine_result released(struct fine *f, struct fine_caller *c)
{
	struct model *m = &f->m;

	ROUTINE(c, FINE_PART)
	if (m->eventfd[c->old].files > 1) {
		m->eventfd[c->old].files--;
		DONE();
	}
	if (f->watched == c->old) {
		STEP();
		RUN(fine_hup(f, c));
	}
	m->eventfd[c->old].files = 0;
	forget(f, c->old);
	ROUTINE_END();
}

static enum fine_result close_slot(struct fine *f, struct fine_caller *c)
{
	struct model *m = &f->m;

	ROUTINE(c, FINE_BLOCK)
	c->err = -EBADF;
	c->old = m->slot[c->op->slot];
	if (c->old == MODEL_NO_OBJECT)
		DONE();
	c->err = 0;
	m->slot[c->op->slot] = MODEL_NO_OBJECT;
	RUN(released(f, c));
	ROUTINE_END();
}

/* One that is being closed still counts; the model has as many eventfds as slots. */
static bool has_room(const struct model *m)
{
	for (uint32_t i = 0; i < PROGRAM_SLOTS; i++) {
		if (!m->eventfd[i].files)
			return true;
	}
	return false;
}

static enum fine_result open_slot(struct fine *f, struct fine_caller *c)
{
	ROUTINE(c, FINE_OPERATION)
	RUN(close_slot(f, c));
	c->err = 0;
	STEP();
	if (f->m.slot[c->op->slot] != MODEL_NO_OBJECT)
		c->err = -EBUSY; /* somebody else was faster: a program's own affair */
	else if (!has_room(&f->m))
		f->unsure = true;
	else
		model_eventfd_open(&f->m, c->op->slot, c->op->value & 1);
	ROUTINE_END();
}

static enum fine_result dup_slot(struct fine *f, struct fine_caller *c)
{
	struct model *m = &f->m;
	uint32_t from = c->op->slot, to = c->op->slot2;

	ROUTINE(c, FINE_OPERATION)
	c->err = m->slot[from] == MODEL_NO_OBJECT ? -EBADF : 0;
	if (c->err || from == to)
		DONE();
	c->old = m->slot[to];
	m->eventfd[m->slot[from]].files++;
	m->slot[to] = m->slot[from];
	if (c->old != MODEL_NO_OBJECT)
		RUN(released(f, c));
	ROUTINE_END();
}

static enum fine_result operation(struct fine *f, struct fine_caller *c)
{
	switch (c->op->kind) {
	case OP_SET_IRQS:
	case OP_RAW:
		return set_irqs(f, c);
	case OP_FIRE:
		return fire(f, c);
	case OP_LINE:
		return line(f, c, c->op->value != 0);
	case OP_WRITE:
		return write_eventfd(f, c);
	case OP_CLOSE:
		return close_slot(f, c);
	case OP_OPEN:
		return open_slot(f, c);
	case OP_DUP:
		return dup_slot(f, c);
	case OP_READ:
	case OP_IRQ_INFO:
		model_step(&f->m, c->op, &c->out);
		c->err = c->out.ret;
		return FINE_DONE;
	default:
		return device(f, c);
	}
}

enum fine_result fine_step(struct fine *f, uint32_t who)
{
	struct fine_caller *c = &f->caller[who];
	enum fine_result r;

	f->m.fail = c->fail;
	r = operation(f, c);
	c->fail = f->m.fail;
	f->m.fail = 0;
	c->finished = r == FINE_DONE;
	c->out.ret = c->err;
	return r;
}

_Static_assert(sizeof(struct fine_caller) % sizeof(uint64_t) == 0, "whole words");
_Static_assert(offsetof(struct fine_caller, op) == 0, "first");

uint64_t fine_digest(const struct fine *f)
{
	uint64_t h = model_digest(&f->m), word;

	h = digest_add(digest_add(h, f->epoch), f->works);
	h = digest_add(h, (uint64_t)f->gate << 24 | (uint64_t)f->irq << 16 | f->watched);
	h = digest_add(h, (uint64_t)f->inject << 4 | (uint64_t)f->sending << 3 |
				  (uint64_t)f->off << 2 | (uint64_t)f->half_enabled << 1);
	/* Whatever op is, it is the same where two states are compared: at one place of one run. */
	for (uint32_t who = 0; who < FINE_CALLERS; who++) {
		const uint8_t *c = (const uint8_t *)&f->caller[who];

		for (size_t i = sizeof(c); i < sizeof(f->caller[who]); i += sizeof(word)) {
			memcpy(&word, c + i, sizeof(word));
			h = digest_add(h, word);
		}
	}
	return h;
}

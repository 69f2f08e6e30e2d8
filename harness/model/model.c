/* SPDX-License-Identifier: MIT */
/* model: see model.h. The state at the start, one step, and what a step may be told afterwards. */
#include "model/model.h"

#include <stdio.h>

#include "model/state.h"
#include "support/digest.h"

const char *rule_name(uint32_t rule, char *buf)
{
	bool pci = rule >= RULES_R;

	snprintf(buf, 8, "%c%u", pci ? 'P' : 'R', (rule - (pci ? RULES_R : 0)) % 1000 + 1);
	return buf;
}

uint32_t vector_set_size(const struct model *m, const struct vector_set *s)
{
	uint32_t n = 0;

	for (uint32_t w = 0; w < m->words; w++)
		n += s->bits[w] ? (uint32_t)__builtin_popcountll(s->bits[w]) : 0;
	return n;
}

/* What is neither a set nor an array of vectors. */
static void clear_fields(struct model *m)
{
	uint8_t *at = (uint8_t *)m;

	memset(at, 0, offsetof(struct model, allocated));
	memset(at + offsetof(struct model, msix_count), 0,
	       offsetof(struct model, unmasked) - offsetof(struct model, msix_count));
	memset(at + offsetof(struct model, fail), 0, sizeof(*m) - offsetof(struct model, fail));
}

void model_init(struct model *m, const struct model_config *cfg, struct rule_counts *counts)
{
	memset(m, 0, sizeof(*m));
	m->words = MODEL_WORDS;
	model_renew(m, cfg, counts);
}

void model_renew(struct model *m, const struct model_config *cfg, struct rule_counts *counts)
{
	uint32_t words = m->words;

	for (uint32_t w = 0; w < words; w++) {
		m->allocated.bits[w] = m->active.bits[w] = m->producer.bits[w] = 0;
		m->unmasked.bits[w] = m->pending.bits[w] = m->maybe.bits[w] = 0;
		m->message.bits[w] = m->sends.bits[w] = 0;
	}
	memset(m->trigger, MODEL_NO_OBJECT, words * 64);
	clear_fields(m);
	m->cfg = *cfg;
	m->counts = counts;
	m->msix_count = cfg->count[VFIO_PCI_MSIX_IRQ_INDEX];
	for (uint32_t v = 0; cfg->entries_open && v < m->msix_count; v++)
		vector_add(&m->unmasked, v);
	m->words = set_words(m);
	m->type = VFIO_PCI_NUM_IRQS;
	m->intx_trigger = MODEL_NO_OBJECT;
	m->intx_unmask = MODEL_NO_OBJECT;
	m->err = MODEL_NO_OBJECT;
	m->req = MODEL_NO_OBJECT;
	for (uint8_t slot = 0; slot < PROGRAM_SLOTS; slot++) {
		m->slot[slot] = slot;
		m->eventfd[slot].files = 1;
	}
}

static int step_user(struct model *m, const struct op *op, struct expectation *out)
{
	int ret;

	switch (op->kind) {
	case OP_READ:
		decides(m, RULED_RETURN, R(67));
		ret = model_eventfd_read(m, op->slot, &out->value_lo, &out->value_hi);
		out->has_value = !ret;
		return ret;
	case OP_WRITE:
		decides(m, RULED_RETURN, R(67));
		return model_eventfd_write(m, op->slot, op->value);
	case OP_CLOSE:
		return model_eventfd_close(m, op->slot);
	case OP_OPEN:
		model_eventfd_open(m, op->slot, op->value & 1);
		return 0;
	case OP_DUP:
		return model_eventfd_dup(m, op->slot, op->slot2);
	}
	return 0;
}

static int step(struct model *m, const struct op *op, struct expectation *out)
{
	int ret;

	switch (op->kind) {
	case OP_SET_IRQS:
	case OP_RAW:
		ret = model_enter_set_irqs(m, op);
		break;
	case OP_IRQ_INFO:
		ret = model_enter_irq_info(m, op, out);
		break;
	case OP_RESET:
		ret = step_fails(m) ? answer(m, R(2), -EIO) : model_function_step(m, op);
		break;
	case OP_READ:
	case OP_WRITE:
	case OP_CLOSE:
	case OP_OPEN:
	case OP_DUP:
		return step_user(m, op, out);
	case OP_FAIL:
		m->fail = op->value < UINT32_MAX ? (uint32_t)op->value : UINT32_MAX;
		return 0;
	default:
		return model_function_step(m, op);
	}
	m->fail = 0; /* what an ioctl did not reach is forgotten */
	return ret;
}

static uint32_t touched_slots(const struct model *m)
{
	uint32_t slots = 0;

	for (uint32_t s = 0; m->touched && s < PROGRAM_SLOTS; s++) {
		if (m->slot[s] != MODEL_NO_OBJECT && (m->touched >> m->slot[s] & 1))
			slots |= 1u << s;
	}
	return slots;
}

void model_step(struct model *m, const struct op *op, struct expectation *out)
{
	bool masked = m->intx_masked;

	memset(out, 0, sizeof(*out));
	m->touched = 0;
	out->ret = step(m, op, out);
	out->slots = touched_slots(m);
	/* An automask with no one to tell (R29). */
	out->silent = m->intx_masked && !masked && m->line && !m->touched;
}

/* An event at an unknown moment of a call that changes its vector: each of @objects may get it. */
static void may_signal(struct model *m, uint8_t object)
{
	if (object >= PROGRAM_SLOTS || (m->touched >> (16 + object) & 1))
		return;
	m->touched |= 1u << (16 + object); /* once for each event */
	m->eventfd[object].hi += m->eventfd[object].hi < UINT64_MAX;
	model_eventfd_touch(m, object);
}

/* Does the call change what becomes of an event on @vector? */
static bool call_covers(const struct model *before, const struct model *after,
			const struct request_head *h, uint32_t index, uint32_t vector)
{
	/* an enable that fails was enabled for a while */
	if (irq_index_is_msi(index) && (before->type != after->type ||
					(before->type == VFIO_PCI_NUM_IRQS && h->index == index)))
		return true;
	if (h->index != index)
		return false;
	return !irq_index_is_msi(index) || (vector >= h->start && vector - h->start < h->count);
}

static uint8_t trigger_of(const struct model *m, uint32_t index, uint32_t vector)
{
	if (index == VFIO_PCI_ERR_IRQ_INDEX)
		return m->err;
	return index == VFIO_PCI_REQ_IRQ_INDEX ? m->req : m->trigger[vector];
}

/* Is what @vector signals now seen on a counter, by way of a message that is right? */
static bool shows(const struct model *m, uint32_t vector)
{
	const struct vector_set *used = m->cfg.message_cached ? &m->sends : &m->message;

	return m->trigger[vector] < PROGRAM_SLOTS && vector_in(used, vector);
}

/*
 * Does a fire on @v, somewhere in a call that covers it, end in a counter or in the pending bit?
 * Where MSI-X stays enabled the entry is either open, with a handler behind it, or masked: free_irq
 * masks first. But with posted messages one can be under way then, and is lost (R80).
 */
static bool never_lost(struct model *m, const struct model *before, const struct request_head *h,
		       uint32_t v, int ret)
{
	if (before->type != VFIO_PCI_MSIX_IRQ_INDEX || m->type != VFIO_PCI_MSIX_IRQ_INDEX)
		return false;
	if (m->d3hot || vector_in(&before->pending, v) || vector_in(&m->pending, v))
		return false;
	if ((vector_in(&before->active, v) && !shows(before, v)) ||
	    (vector_in(&m->active, v) && !shows(m, v)))
		return false;
	if (!m->cfg.posted || !(h->flags & VFIO_IRQ_SET_DATA_EVENTFD) ||
	    (!vector_in(&before->active, v) && !ret))
		return true;
	rule(m, R(80));
	return false;
}

static void fire_at(struct model *m, const struct model *before, const struct op *call, int ret,
		    const struct op *fire)
{
	bool msix = fire->index == VFIO_PCI_MSIX_IRQ_INDEX;
	uint32_t v = fire->start;
	struct request_head h;

	op_request_head(call, &h);
	if (v >= model_irq_count(m, fire->index) || fire->index == VFIO_PCI_INTX_IRQ_INDEX ||
	    !call_covers(before, m, &h, fire->index, v)) {
		model_function_step(m, fire);
		decides(m, RULED_COUNTER, R(54));
		return;
	}
	m->touched &= 0xffffu;
	may_signal(m, trigger_of(before, fire->index, v));
	may_signal(m, trigger_of(m, fire->index, v));
	if (v >= h.start && v - h.start < h.count && (h.flags & VFIO_IRQ_SET_DATA_EVENTFD) &&
	    h.size >= IRQ_SET_HDR_SIZE + 4 * h.count) {
		int32_t fd = op_request_fd(call, v - h.start);

		if (fd >= 0 && fd < (int32_t)PROGRAM_SLOTS)
			may_signal(m, m->slot[fd]); /* set, and rolled back */
	}
	m->touched &= 0xffffu;
	decides(m, RULED_COUNTER, P(8));
	m->events.most++;
	if (!msix || vector_in(&m->pending, v) || vector_in(&m->maybe, v))
		return;
	vector_add(&m->maybe, v);
	/* Further ones may find the bit set. */
	m->events.least += never_lost(m, before, &h, v, ret);
}

void model_step_at(struct model *m, const struct op *op, const struct op *block, uint32_t block_n,
		   struct expectation *out, struct expectation *block_out)
{
	struct model before = *m;
	uint32_t touched;

	model_step(m, op, out);
	memset(&m->events, 0, sizeof(m->events));
	for (uint32_t i = 0; i < block_n; i++) {
		struct expectation *x = &block_out[i];

		if (block[i].kind != OP_FIRE) {
			touched = m->touched;
			model_step(m, &block[i], x);
			m->touched |= touched;
			if (block[i].kind == OP_READ) {
				/* before or after the signals of the call */
				uint8_t o = m->slot[block[i].slot];

				x->has_value = false;
				x->ret = INT32_MIN; /* any: the counter may be 0 as yet */
				if (o != MODEL_NO_OBJECT) {
					m->eventfd[o].lo = 0;
					m->eventfd[o].hi = UINT64_MAX;
					model_eventfd_touch(m, o);
				}
			} else if (block[i].kind == OP_IRQ_INFO) {
				x->ret = x->ret == -EIO ? 0 : x->ret;
			}
			continue;
		}
		memset(x, 0, sizeof(*x));
		x->ret = block[i].start >= model_irq_count(m, block[i].index) ? -EINVAL : 0;
		fire_at(m, &before, op, out->ret, &block[i]);
	}
	out->slots = touched_slots(m);
}

void model_counter(const struct model *m, uint32_t slot, uint64_t *lo, uint64_t *hi)
{
	uint8_t object = m->slot[slot];

	*lo = object == MODEL_NO_OBJECT ? 0 : m->eventfd[object].lo;
	*hi = object == MODEL_NO_OBJECT ? 0 : m->eventfd[object].hi;
}

void model_observe_counter(struct model *m, uint32_t slot, uint64_t value)
{
	struct model_eventfd *e;

	if (m->slot[slot] == MODEL_NO_OBJECT)
		return;
	e = &m->eventfd[m->slot[slot]];
	if (e->hi == UINT64_MAX)
		m->events.blind = true;
	if (value >= e->lo && value <= e->hi) {
		m->events.seen += value - e->lo;
		e->lo = e->hi = value;
	}
}

void model_observe_pending(struct model *m, uint32_t vector, bool pending)
{
	if (!vector_in(&m->maybe, vector))
		return;
	vector_del(&m->maybe, vector);
	vector_put(&m->pending, vector, pending);
	m->events.seen += pending;
}

int model_observe_events(const struct model *m)
{
	const struct model_events *e = &m->events;

	if (e->blind)
		return 0;
	return e->seen < e->least ? -1 : e->seen > e->most;
}

static uint64_t digest_set(uint64_t h, const struct vector_set *s)
{
	for (uint32_t w = 0; w < MODEL_WORDS; w++) {
		if (s->bits[w])
			h = digest_add(digest_add(h, w), s->bits[w]);
	}
	return digest_add(h, 0x5e7);
}

/* An eventfd by the first slot that has it: numbers inside the model do not matter. */
static uint64_t canonical(const struct model *m, uint8_t object)
{
	for (uint32_t s = 0; s < PROGRAM_SLOTS; s++) {
		if (object < PROGRAM_SLOTS && m->slot[s] == object)
			return s;
	}
	return object;
}

uint64_t model_digest(const struct model *m)
{
	uint64_t h = 1;

	for (uint32_t s = 0; s < PROGRAM_SLOTS; s++) {
		const struct model_eventfd *e = &m->eventfd[m->slot[s] % PROGRAM_SLOTS];

		h = digest_add(h, canonical(m, m->slot[s]));
		if (m->slot[s] != MODEL_NO_OBJECT)
			h = digest_add(digest_add(h, e->lo),
				       (e->hi - e->lo) << 1 | (uint64_t)e->semaphore);
	}
	h = digest_add(h, canonical(m, m->intx_trigger) << 24 | canonical(m, m->intx_unmask) << 16 |
				  canonical(m, m->err) << 8 | canonical(m, m->req));
	h = digest_add(h, (uint64_t)m->type << 8 | (uint64_t)m->intx_masked << 4 |
				  (uint64_t)m->virq_disabled << 3 | (uint64_t)m->line << 2 |
				  (uint64_t)m->d3hot << 1 | (uint64_t)m->function_mask);
	h = digest_add(digest_add(h, m->nvec), m->references);
	h = digest_add(digest_add(digest_add(h, m->msix_count), m->domain_size), m->fail);
	h = digest_set(digest_set(digest_set(h, &m->allocated), &m->active), &m->producer);
	h = digest_set(digest_set(digest_set(h, &m->unmasked), &m->pending), &m->message);
	h = digest_set(digest_set(h, &m->sends), &m->maybe);
	for (uint32_t w = 0; w < MODEL_WORDS; w++) {
		for (uint64_t bits = m->active.bits[w]; bits; bits &= bits - 1)
			h = digest_add(
				h,
				canonical(m, m->trigger[w * 64 + (uint32_t)__builtin_ctzll(bits)]));
	}
	return h;
}

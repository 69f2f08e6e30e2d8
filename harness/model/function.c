/* SPDX-License-Identifier: MIT */
/*
 * function: what the PCI function does with an event, and what config space, resets and D-states do
 * to it (section 2.1 of docs/rules.md). The kernel's mask bit of an entry follows the handler: an
 * entry is open when its vector is in C, unless someone went behind the kernel's back.
 */
#include "backend/backend.h"
#include "model/state.h"

/* A message leaves: does anyone take it? */
static void deliver(struct model *m, uint32_t vector)
{
	const struct vector_set *used = m->cfg.message_cached ? &m->sends : &m->message;

	if (vector_in(used, vector) && vector_in(&m->active, vector))
		model_eventfd_signal(m, m->trigger[vector]);
}

static void replay(struct model *m, uint32_t vector)
{
	if (m->function_mask || !vector_in(&m->pending, vector))
		return;
	rule(m, P(8));
	decides(m, RULED_COUNTER, P(8));
	vector_del(&m->pending, vector);
	deliver(m, vector);
}

static void fire_msix(struct model *m, uint32_t vector)
{
	if (!vector_in(&m->unmasked, vector) || m->function_mask) {
		rule(m, P(3));
		decides(m, RULED_COUNTER, m->function_mask ? P(5) : P(3));
		decides(m, RULED_ENTRIES, P(3));
		vector_add(&m->pending, vector);
	} else {
		deliver(m, vector);
	}
}

/* MSI has no mask bits: a message with no handler behind it is lost. */
static void fire_msi(struct model *m, uint32_t vector)
{
	if (vector_in(&m->active, vector))
		model_eventfd_signal(m, m->trigger[vector]);
}

void model_function_unmask(struct model *m, uint32_t vector)
{
	if (m->d3hot)
		return; /* R61: lost, and made good at D0 */
	vector_add(&m->unmasked, vector);
	rule(m, P(2));
	vector_put(&m->sends, vector, vector_in(&m->message, vector));
	replay(m, vector);
}

void model_function_mask(struct model *m, uint32_t vector)
{
	vector_del(&m->unmasked, vector);
}

void model_function_write_message(struct model *m, uint32_t vector)
{
	if (m->d3hot) {
		rule(m, R(61));
		return;
	}
	rule(m, P(10));
	vector_add(&m->message, vector);
}

/* P9 */
void model_function_enable(struct model *m)
{
	rule(m, P(9));
	decides(m, RULED_ENTRIES, P(9));
	decides(m, RULED_CONTROL, P(9));
	vector_clear(m, &m->unmasked);
	m->function_mask = false;
}

/* P15 */
void model_function_disable(struct model *m)
{
	rule(m, P(15));
	vector_clear(m, &m->unmasked);
	m->function_mask = false;
	if (m->cfg.pba_cleared)
		vector_clear(m, &m->pending);
}

void model_function_set_mask(struct model *m, bool masked)
{
	bool cleared = m->function_mask && !masked;

	rule(m, P(5));
	decides(m, RULED_COUNTER, P(5));
	decides(m, RULED_CONTROL, P(5));
	m->function_mask = masked;
	if (!cleared || !is_msix(m) || m->d3hot)
		return;
	for (uint32_t w = 0; w < set_words(m); w++) {
		uint64_t open = m->unmasked.bits[w];

		m->sends.bits[w] = (m->sends.bits[w] & ~open) | (m->message.bits[w] & open);
		for (open &= m->pending.bits[w]; open; open &= open - 1)
			replay(m, w * 64 + (uint32_t)__builtin_ctzll(open));
	}
}

uint32_t model_control(const struct model *m)
{
	uint32_t vectors = 1, mask = m->function_mask ? BACKEND_CONTROL_MASK : 0;

	if (is_msix(m))
		return mask | BACKEND_CONTROL_MSIX;
	if (m->type != VFIO_PCI_MSI_IRQ_INDEX)
		return mask;
	while (vectors < m->nvec)
		vectors *= 2; /* R47 */
	return mask | BACKEND_CONTROL_MSI | vectors << BACKEND_CONTROL_MME_SHIFT;
}

/* P9: an enable of MSI-X that failed has set Enable and Function Mask, and clears both. */
void model_function_enable_failed(struct model *m)
{
	rule(m, P(9));
	decides(m, RULED_CONTROL, P(9));
	m->function_mask = false;
}

/* The function with all that the kernel knows put back into it (P16). */
static void restore(struct model *m)
{
	rule(m, P(16));
	decides(m, RULED_ENTRIES, P(16));
	decides(m, RULED_CONTROL, P(16));
	m->d3hot = false;
	model_intx_line(m, false);
	m->function_mask = false;
	for (uint32_t w = 0; w < set_words(m); w++) {
		m->message.bits[w] = is_msix(m) ? m->allocated.bits[w] : 0;
		m->sends.bits[w] = m->message.bits[w];
		m->unmasked.bits[w] = is_msix(m) ? m->active.bits[w] : 0;
	}
}

/* After a reset (R22): where it reaches them, pending bits are gone, too. */
static void reset(struct model *m)
{
	if (!m->cfg.pba_survives)
		vector_clear(m, &m->pending);
	restore(m);
}

/* A backdoor reset: the table alone, and nobody knows (R50 (6)). */
static int wipe(struct model *m)
{
	vector_clear(m, &m->message);
	vector_clear(m, &m->sends);
	vector_clear(m, &m->unmasked);
	vector_clear(m, &m->pending);
	return 0;
}

static int scribble(struct model *m, uint32_t vector)
{
	if (vector >= m->msix_count)
		return -EINVAL;
	rule(m, P(1));
	vector_del(&m->message, vector);
	return 0;
}

bool model_fire_shows(const struct model *m, const struct op *op)
{
	uint32_t v = op->start;

	if (op->index != VFIO_PCI_MSIX_IRQ_INDEX || !is_msix(m) || v >= m->msix_count)
		return false;
	return vector_in(&m->active, v) && vector_in(&m->unmasked, v) && !m->function_mask &&
	       !m->d3hot && m->trigger[v] < PROGRAM_SLOTS &&
	       m->eventfd[m->trigger[v]].hi < UINT64_MAX;
}

static int fire(struct model *m, uint32_t index, uint32_t vector)
{
	uint32_t sending = 1;

	decides(m, RULED_RETURN, R(16));
	if (vector >= model_irq_count(m, index))
		return -EINVAL;
	if (index == VFIO_PCI_ERR_IRQ_INDEX || index == VFIO_PCI_REQ_IRQ_INDEX) {
		uint8_t object = index == VFIO_PCI_ERR_IRQ_INDEX ? m->err : m->req;

		rule(m, R(64));
		decides(m, RULED_COUNTER, R(64));
		if (object != MODEL_NO_OBJECT)
			model_eventfd_signal(m, object);
		return 0;
	}
	if (index == VFIO_PCI_INTX_IRQ_INDEX) {
		model_intx_line(m, true);
		return 0;
	}
	decides(m, RULED_COUNTER, m->d3hot ? R(61) : m->type != index ? P(6) : R(50));
	if (m->d3hot || m->type != index)
		return 0; /* P6, P8: nowhere to go */
	if (is_msix(m)) {
		fire_msix(m, vector);
		return 0;
	}
	while (sending < m->nvec)
		sending *= 2; /* R47 */
	if (vector < sending)
		fire_msi(m, vector);
	return 0;
}

static int entry(const struct model *m, uint32_t vector)
{
	if (vector >= m->msix_count)
		return -EINVAL;
	if (m->d3hot)
		return -EIO;
	return (vector_in(&m->unmasked, vector) ? 0 : 1) | (vector_in(&m->pending, vector) ? 2 : 0);
}

static int power(struct model *m, uint64_t state)
{
	if (state != 0 && state != 3)
		return -EINVAL;
	if (state == 0 && m->d3hot) {
		reset(m);
	} else if (state == 3 && !m->d3hot) {
		m->d3hot = true;
		model_intx_line(m, false);
	}
	return 0;
}

static void resize(struct model *m, uint32_t size)
{
	m->msix_count = size;
	m->words = set_words(m) > m->words ? set_words(m) : m->words;
}

/* P13: the size that hardware shows, as GET_IRQ_INFO reads it. */
static int grow(struct model *m, uint64_t size)
{
	if (!m->msix_count || size <= m->msix_count || size > IRQ_MAX_VECTORS)
		return -EINVAL;
	resize(m, (uint32_t)size);
	return 0;
}

/* R21: last close and first open. */
static int reopen(struct model *m)
{
	rule(m, R(21));
	if (m->type == VFIO_PCI_INTX_IRQ_INDEX)
		model_intx_disable(m);
	else if (m->type != VFIO_PCI_NUM_IRQS)
		model_msi_disable(m);
	model_eventfd_put(m, m->err);
	model_eventfd_put(m, m->req);
	m->err = MODEL_NO_OBJECT;
	m->req = MODEL_NO_OBJECT;
	m->virq_disabled = false;
	vector_clear(m, &m->pending);
	restore(m);
	for (uint32_t i = 0; i < RULED_ASPECTS; i++)
		decides(m, (enum ruled)i, R(21));
	return 0;
}

static int rebind(struct model *m, uint64_t size)
{
	if (size > IRQ_MAX_VECTORS || (size && !m->msix_count))
		return -EINVAL;
	reopen(m);
	m->domain_size = 0;
	if (size)
		resize(m, (uint32_t)size);
	return 0;
}

int model_function_step(struct model *m, const struct op *op)
{
	switch (op->kind) {
	case OP_FIRE:
		return fire(m, op->index, op->start);
	case OP_LINE:
		model_intx_line(m, op->value != 0);
		return 0;
	case OP_DISINTX:
		model_intx_set_disintx(m, op->value != 0);
		return 0;
	case OP_MEMORY:
		rule(m, R(60)); /* decides nothing about interrupts */
		return 0;
	case OP_POWER:
		return power(m, op->value);
	case OP_RESET:
	case OP_FLR:
		rule(m, R(22));
		reset(m);
		decides(m, RULED_COUNTER, R(22));
		return 0;
	case OP_REOPEN:
		return reopen(m);
	case OP_REBIND:
		return rebind(m, op->value);
	case OP_SRIOV_COUNT:
		return answer(m, P(13), -EBUSY);
	case OP_TABLE_SIZE:
		return answer(m, P(13), grow(m, op->value));
	case OP_FUNCTION_MASK:
		model_function_set_mask(m, op->value != 0);
		return 0;
	case OP_ENTRY:
		return answer(m, P(3), entry(m, op->start));
	case OP_WIPE:
		return wipe(m);
	case OP_SCRIBBLE:
		return scribble(m, op->start);
	}
	return -EINVAL;
}

/* SPDX-License-Identifier: MIT */
/*
 * msi: SET_IRQS of MSI and MSI-X (section 1.5 of docs/rules.md). A vector is in A when it holds a
 * host irq and in C when it has a trigger.
 */
#include "model/state.h"

static void allocate(struct model *m, uint32_t vector)
{
	vector_add(&m->allocated, vector);
	if (is_msix(m))
		model_function_write_message(m, vector);
}

/* R50 (1) */
static void teardown(struct model *m, uint32_t vector)
{
	vector_del(&m->producer, vector);
	decides(m, RULED_PRODUCERS, R(73));
	vector_del(&m->active, vector);
	if (is_msix(m))
		model_function_mask(m, vector);
	model_eventfd_put(m, m->trigger[vector]);
	m->trigger[vector] = MODEL_NO_OBJECT;
}

/* R55: a host irq for exactly this vector. */
int model_msi_allocate(struct model *m, uint32_t vector)
{
	int err;

	if (!is_msix(m) || !m->cfg.dyn)
		return answer(m, R(50), -EINVAL);
	rule(m, R(55));
	decides(m, RULED_RETURN, R(55));
	if (step_fails(m))
		return -ENOSPC;
	if (vector >= m->domain_size && model_has(m, FEATURE_MSIX_DOMAIN_KEEPS_SIZE)) {
		rule(m, P(13));
		return answer(m, P(13), -ERANGE);
	}
	if (m->cfg.host_vectors && vector_set_size(m, &m->allocated) >= m->cfg.host_vectors)
		return -ENOSPC; /* R49 */
	err = host_refuses(m, HOST_ADDED, 1, R(55));
	if (err)
		return err;
	decides(m, RULED_ALLOCATED, R(55));
	allocate(m, vector);
	return 0;
}

/* R70-R73: the first vector of an eventfd has the producer. */
void model_msi_register(struct model *m, uint32_t vector)
{
	rule(m, R(70));
	decides(m, RULED_PRODUCERS, R(70));
	if (step_fails(m)) {
		rule(m, R(71));
		decides(m, RULED_PRODUCERS, R(71));
		return;
	}
	for (uint32_t w = 0; w < set_words(m); w++) {
		for (uint64_t bits = m->producer.bits[w]; bits; bits &= bits - 1) {
			if (m->trigger[w * 64 + (uint32_t)__builtin_ctzll(bits)] ==
			    m->trigger[vector]) {
				rule(m, R(58));
				decides(m, RULED_PRODUCERS, R(58));
				return;
			}
		}
	}
	vector_add(&m->producer, vector);
}

static int set_vector(struct model *m, uint32_t vector, int32_t fd)
{
	uint8_t object;
	int err;

	decides(m, RULED_RETURN, R(50));
	if (contexts_are_array(m) && vector >= m->nvec)
		return -EINVAL;
	rule(m, R(50));
	if (fd < 0)
		decides(m, RULED_RETURN,
			fd == -1 && !vector_in(&m->active, vector) ? R(51) : R(42));
	else if (vector_in(&m->active, vector))
		decides(m, RULED_RETURN, R(52));
	if (vector_in(&m->active, vector))
		teardown(m, vector); /* R52: before the new one is looked at */
	else if (fd < 0)
		rule(m, R(51));
	if (fd < 0) {
		rule(m, R(42));
		decides(m, RULED_ACTIVE, R(42));
		return 0;
	}
	if (!vector_in(&m->allocated, vector)) {
		err = model_msi_allocate(m, vector);
		if (err)
			return err;
	}
	rule(m, R(56)); /* whatever fails now, the vector stays in A */
	decides(m, RULED_ALLOCATED, R(56));
	if (!contexts_are_array(m) && step_fails(m))
		return -ENOMEM;
	if (step_fails(m))
		return -ENOMEM;
	if (step_fails(m))
		return -EBADF;
	err = model_eventfd_get(m, fd, &object);
	if (err)
		return err;
	if (is_msix(m) && !step_fails(m))
		model_function_write_message(m, vector);
	err = step_fails(m) ? -ENOSPC : host_refuses(m, HOST_VECTOR, 1, R(50));
	if (err) {
		model_eventfd_put(m, object);
		return answer(m, R(49), err);
	}
	m->trigger[vector] = object;
	vector_add(&m->active, vector);
	decides(m, RULED_RETURN, R(50));
	decides(m, RULED_ACTIVE, R(50));
	model_msi_register(m, vector);
	if (is_msix(m))
		model_function_unmask(m, vector);
	return 0;
}

/* R53 */
static int set_block(struct model *m, const struct call *c)
{
	uint32_t start = c->h.start, end = c->h.start + c->h.count;
	uint32_t v = start, by = 0;
	int err = 0;

	decides(m, RULED_RETURN, R(53));
	if (!c->h.count && start >= m->nvec && !model_has(m, FEATURE_EMPTY_ENABLE))
		return -EINVAL;
	if (contexts_are_array(m) && c->h.count && end > m->nvec)
		return -EINVAL;
	rule(m, R(54));
	decides(m, RULED_RETURN, R(50));
	decides(m, RULED_TYPE, R(53));
	decides(m, RULED_ACTIVE, R(54));
	decides(m, RULED_COUNTER, R(54));
	decides(m, RULED_ENTRIES, R(54));
	while (v < end && !err) {
		err = set_vector(m, v, op_request_fd(c->op, v - start));
		v++;
	}
	if (!err)
		return 0;
	rule(m, R(53));
	if (m->counts) {
		m->counts->failed = v;
		by = m->counts->by[RULED_RETURN];
	}
	for (uint32_t u = start; u < v; u++)
		set_vector(m, u, -1);
	decides(m, RULED_ACTIVE, R(53));
	if (m->counts)
		m->counts->by[RULED_RETURN] = by; /* what failed decides, not the roll-back */
	return err;
}

/* R46-R48: what the MSI core makes of a first enable. */
int model_msi_enable(struct model *m, uint32_t index, uint32_t nvec)
{
	bool msix = index == VFIO_PCI_MSIX_IRQ_INDEX;
	uint32_t limit = m->cfg.host_vectors;
	int err;

	decides(m, RULED_RETURN, R(46));
	decides(m, RULED_TYPE, R(46));
	if (contexts_are_array(m) && step_fails(m))
		return -ENOMEM;
	rule(m, R(46));
	/* Which of the two comes first depends on the kind. */
	if (!msix && m->d3hot)
		return -EINVAL;
	if (!nvec)
		return -ERANGE;
	if (m->d3hot)
		return -EINVAL;
	/* P13: a domain of either kind replaces the other's. Not every kernel has them. */
	if (!msix)
		m->domain_size = 0;
	else if (!m->domain_size || !model_has(m, FEATURE_MSIX_DOMAIN_KEEPS_SIZE))
		m->domain_size = m->msix_count;
	err = host_refuses(m, HOST_VECTORS, nvec, R(46));
	if (err)
		return err;
	if (!msix && nvec > 1 && !m->cfg.msi_multi) {
		rule(m, R(48));
		return answer(m, R(48), 1);
	}
	if (step_fails(m)) {
		if (msix)
			model_function_enable_failed(m);
		return -ENOSPC;
	}
	if (msix && nvec > m->domain_size) {
		rule(m, P(13));
		model_function_enable_failed(m);
		return answer(m, P(13), -ERANGE);
	}
	if (!msix && limit && nvec > limit) {
		rule(m, R(48));
		return answer(m, R(48), (int)limit);
	}
	if (limit && nvec > limit) {
		model_function_enable_failed(m);
		return -ENOSPC;
	}

	rule(m, R(43));
	decides(m, RULED_RETURN, R(43));
	decides(m, RULED_TYPE, R(43));
	decides(m, RULED_ALLOCATED, R(43));
	m->type = (uint8_t)index;
	m->nvec = nvec;
	if (msix)
		model_function_enable(m);
	else
		rule(m, R(47));
	if (!msix)
		decides(m, RULED_CONTROL, R(47));
	for (uint32_t v = 0; v < nvec; v++)
		allocate(m, v);
	return 0;
}

/* R57 */
void model_msi_disable(struct model *m)
{
	rule(m, R(57));
	decides(m, RULED_TYPE, R(57));
	decides(m, RULED_ACTIVE, R(57));
	decides(m, RULED_ALLOCATED, R(57));
	decides(m, RULED_ENTRIES, P(15));
	decides(m, RULED_CONTROL, P(15));
	decides(m, RULED_COUNTER, R(57));
	for (uint32_t w = 0; w < set_words(m); w++) {
		while (m->active.bits[w])
			teardown(m, w * 64 + (uint32_t)__builtin_ctzll(m->active.bits[w]));
	}
	vector_clear(m, &m->allocated);
	m->nvec = 0;
	if (is_msix(m))
		model_function_disable(m);
	m->type = VFIO_PCI_NUM_IRQS;
}

static int enable(struct model *m, const struct call *c)
{
	int err = model_msi_enable(m, c->h.index, c->h.start + c->h.count);

	if (err)
		return err;
	err = set_block(m, c);
	if (err) {
		rule(m, R(45));
		model_msi_disable(m);
		decides(m, RULED_TYPE, R(45));
		decides(m, RULED_ACTIVE, R(45));
		decides(m, RULED_ALLOCATED, R(45));
	} else if (!vector_set_size(m, &m->active)) {
		rule(m, R(44));
		decides(m, RULED_TYPE, R(44));
	}
	/* All vectors were set: what could have failed is the enable itself. */
	if (!err && m->counts && m->counts->by[RULED_RETURN] == R(50) + 1)
		decides(m, RULED_RETURN, R(43));
	return err;
}

static int loopback(struct model *m, const struct call *c)
{
	decides(m, RULED_RETURN, R(59));
	if (contexts_are_array(m) && c->h.start + c->h.count > m->nvec)
		return -EINVAL;
	rule(m, R(59));
	decides(m, RULED_COUNTER, R(59));
	for (uint32_t i = 0; i < c->h.count; i++) {
		uint32_t v = c->h.start + i;

		if (vector_in(&m->active, v) && selects(c, i))
			model_eventfd_signal(m, m->trigger[v]);
	}
	return 0;
}

int model_msi_trigger(struct model *m, const struct call *c)
{
	bool enabled = m->type == c->h.index;

	if (enabled && !c->h.count && c->type == VFIO_IRQ_SET_DATA_NONE) {
		rule(m, R(41));
		rule(m, R(19));
		model_msi_disable(m);
		return answer(m, R(41), 0);
	}
	decides(m, RULED_RETURN, R(19));
	if (!enabled && m->type != VFIO_PCI_NUM_IRQS) {
		rule(m, R(18));
		decides(m, RULED_TYPE, R(18));
		return answer(m, R(18), -EINVAL);
	}
	if (c->type == VFIO_IRQ_SET_DATA_EVENTFD)
		return enabled ? set_block(m, c) : enable(m, c);
	if (!enabled)
		return -EINVAL;
	return loopback(m, c);
}

/* SPDX-License-Identifier: MIT */
/*
 * coarse: see coarse.h. What is kept of the state are the things that the rules turn on; how many
 * vectors there are, and which, is left to the coverage of the code.
 */
#include "model/coarse.h"

#include "model/state.h"

/* None, some or all of the vectors of the first enable have a handler. */
static uint32_t filled(const struct model *m)
{
	uint32_t n = (uint32_t)__builtin_popcountll(m->active.bits[0]);

	if (!n)
		return 0;
	return n < m->nvec && n < 64 ? 1 : 2;
}

/* 6 bits for MSI and MSI-X: vectors, A beyond C (R56), something pending, the function silent. */
static uint32_t coarse_msi(const struct model *m)
{
	bool beyond = m->allocated.bits[0] & ~m->active.bits[0];
	bool silent = m->d3hot || m->function_mask;

	return filled(m) | (uint32_t)beyond << 2 | (uint32_t)(m->pending.bits[0] != 0) << 3 |
	       (uint32_t)silent << 4;
}

static uint32_t coarse_intx(const struct model *m)
{
	return (uint32_t)m->intx_masked | (uint32_t)m->virq_disabled << 1 | (uint32_t)m->line << 2 |
	       (uint32_t)(m->intx_unmask != MODEL_NO_OBJECT) << 3 |
	       (uint32_t)(m->intx_trigger == MODEL_NO_OBJECT) << 4;
}

uint32_t model_coarse(const struct model *m)
{
	switch (m->type) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		return coarse_intx(m);
	case VFIO_PCI_MSI_IRQ_INDEX:
		return 32 | coarse_msi(m);
	case VFIO_PCI_MSIX_IRQ_INDEX:
		return 64 | coarse_msi(m);
	default:
		return 96 | (uint32_t)(m->pending.bits[0] != 0) | (uint32_t)m->d3hot << 1 |
		       (uint32_t)(m->domain_size != 0) << 2 |
		       (uint32_t)(m->err != MODEL_NO_OBJECT || m->req != MODEL_NO_OBJECT) << 3 |
		       (uint32_t)m->virq_disabled << 4;
	}
}

static uint32_t result_class(int32_t ret)
{
	switch (ret) {
	case 0:
		return 0;
	case -EINVAL:
		return 1;
	case -EBADF:
		return 2;
	case -ENOMEM:
	case -ENOSPC:
		return 3;
	case -EFAULT:
	case -EIO:
		return 4;
	case -EAGAIN:
		return 5;
	default:
		return ret > 0 ? 6 : 7;
	}
}

/* 0..63: OP_SET_IRQS and OP_RAW by index and action, then the other kinds. */
static uint32_t what(const struct op *op)
{
	uint32_t action;

	if (op->kind != OP_SET_IRQS)
		return 40 + op->kind % 24u;
	if (op->index >= VFIO_PCI_NUM_IRQS)
		return 40;
	action = op->flags >> 3 & 7; /* MASK, UNMASK, TRIGGER, and mixtures, which are all one */
	action = action == 4 ? (op->flags & VFIO_IRQ_SET_DATA_EVENTFD ? 0u : 1u) + 5u : action & 3u;
	return op->index * 8 + action;
}

uint32_t model_coarse_event(const struct op *op, int32_t ret)
{
	return what(op) << 3 | result_class(ret);
}

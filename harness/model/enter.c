/* SPDX-License-Identifier: MIT */
/* enter: the way in of the ioctls, for every index (sections 1.1 and 1.2 of docs/rules.md). */
#include "model/state.h"

uint32_t model_irq_count(const struct model *m, uint32_t index)
{
	if (index >= VFIO_PCI_NUM_IRQS)
		return 0;
	return index == VFIO_PCI_MSIX_IRQ_INDEX ? m->msix_count : m->cfg.count[index];
}

static int item_size(uint32_t flags)
{
	switch (flags & VFIO_IRQ_SET_DATA_TYPE_MASK) {
	case VFIO_IRQ_SET_DATA_NONE:
		return 0;
	case VFIO_IRQ_SET_DATA_BOOL:
		return 1;
	case VFIO_IRQ_SET_DATA_EVENTFD:
		return 4;
	}
	return -1;
}

/* R5-R8. */
static int validate(struct model *m, const struct request_head *h)
{
	uint32_t n = model_irq_count(m, h->index); /* R4 */
	int size = item_size(h->flags);

	rule(m, R(4));
	rule(m, R(5));
	if (h->argsz < IRQ_SET_HDR_SIZE || h->index >= VFIO_PCI_NUM_IRQS ||
	    h->count >= UINT32_MAX - h->start || (h->flags & ~0x3fu))
		return answer(m, R(5), -EINVAL);
	rule(m, R(6));
	if (h->start >= n || h->start + h->count > n) {
		if (h->index != VFIO_PCI_ERR_IRQ_INDEX || n)
			return answer(m, R(6), -EINVAL);
		rule(m, R(62));
		return answer(m, R(62), -EINVAL);
	}
	rule(m, R(7));
	if (size < 0)
		return answer(m, R(7), -EINVAL);
	rule(m, R(8));
	if (h->argsz - IRQ_SET_HDR_SIZE < h->count * (uint32_t)size)
		return answer(m, R(8), -EINVAL);
	return 0;
}

/* R11: one action that the index has. */
static int dispatch(struct model *m, const struct call *c)
{
	uint32_t action = c->h.flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;

	rule(m, R(11));
	if (has_items(c) == false && c->type != VFIO_IRQ_SET_DATA_NONE)
		rule(m, R(12));
	decides(m, RULED_RETURN, R(11));
	if (c->h.index == VFIO_PCI_INTX_IRQ_INDEX) {
		if (action == VFIO_IRQ_SET_ACTION_MASK)
			return model_intx_mask(m, c);
		if (action == VFIO_IRQ_SET_ACTION_UNMASK)
			return model_intx_unmask(m, c);
	}
	if (action != VFIO_IRQ_SET_ACTION_TRIGGER)
		return -ENOTTY;
	switch (c->h.index) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		return model_intx_trigger(m, c);
	case VFIO_PCI_ERR_IRQ_INDEX:
		return model_single_trigger(m, c, &m->err);
	case VFIO_PCI_REQ_IRQ_INDEX:
		return model_single_trigger(m, c, &m->req);
	default:
		return model_msi_trigger(m, c);
	}
}

int model_enter_check(struct model *m, const struct op *op, struct call *c)
{
	uint32_t bytes;
	int err;

	c->op = op;
	rule(m, R(2));
	if (step_fails(m))
		return answer(m, R(2), -EIO);
	op_request_head(op, &c->h);
	rule(m, R(3));
	if (c->h.size < IRQ_SET_HDR_SIZE)
		return answer(m, R(3), -EFAULT);
	err = validate(m, &c->h);
	if (err)
		return err;
	c->type = c->h.flags & VFIO_IRQ_SET_DATA_TYPE_MASK;
	bytes = c->h.count * (uint32_t)item_size(c->h.flags);
	if (bytes) {
		rule(m, R(9));
		if (step_fails(m) || host_refuses(m, HOST_MEMORY, 0, R(9)))
			return answer(m, R(9), -ENOMEM);
		if (c->h.size < IRQ_SET_HDR_SIZE + bytes)
			return answer(m, R(9), -EFAULT);
	}
	rule(m, R(10));
	return 0;
}

int model_enter_set_irqs(struct model *m, const struct op *op)
{
	struct call c;
	int err = model_enter_check(m, op, &c);

	if (err)
		return err;
	rule(m, R(13));
	return dispatch(m, &c);
}

/* R15, R16 */
static uint32_t info_flags(const struct model *m, uint32_t index)
{
	switch (index) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		return VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
	case VFIO_PCI_MSIX_IRQ_INDEX:
		return VFIO_IRQ_INFO_EVENTFD | (m->cfg.dyn ? 0 : VFIO_IRQ_INFO_NORESIZE);
	default:
		return VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE;
	}
}

int model_enter_irq_info(struct model *m, const struct op *op, struct expectation *out)
{
	uint32_t argsz = op->argsz == PROGRAM_AUTO ? IRQ_INFO_SIZE : op->argsz;

	rule(m, R(2));
	if (step_fails(m))
		return answer(m, R(2), -EIO);
	rule(m, R(14));
	decides(m, RULED_RETURN, R(14));
	if (argsz < IRQ_INFO_SIZE || op->index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	if (op->index == VFIO_PCI_ERR_IRQ_INDEX && !m->cfg.count[op->index])
		return -EINVAL;
	rule(m, R(15));
	rule(m, R(16));
	rule(m, R(17));
	out->has_info = true;
	out->info_flags = info_flags(m, op->index);
	out->info_count = model_irq_count(m, op->index);
	return 0;
}

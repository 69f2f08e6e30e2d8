/* SPDX-License-Identifier: MIT */
/*
 * perform: one operation on the device: whether it can, the call, and what the call wrote to the
 * caller's memory.
 */
#include <string.h>

#include "emulator/lock.h"
#include "exec/oracle.h"

static int32_t fd_of(void *data, int32_t code)
{
	struct executor *x = data;

	return x->slots->ops->fd(x->slots, code);
}

/*
 * Has the trigger a way to raise it? What the device does not have is raised all the same, and
 * refused (the rules say so of a vector); an emulated device does everything.
 */
static bool can_fire(const struct executor *x, const struct op *op)
{
	const struct backend_desc *d = &x->desc;
	uint32_t reach = op->index == VFIO_PCI_MSIX_IRQ_INDEX ? d->fire_max : 1;

	if (!(d->caps & BACKEND_HW_FIRE))
		return false;
	if (x->emulated)
		return true;
	if (op->index >= VFIO_PCI_NUM_IRQS || !(d->fires >> op->index & 1))
		return false;
	return op->start < reach || op->start >= d->irq[op->index].count;
}

bool executor_can(const struct executor *x, const struct op *op)
{
	int needs = op_device_op((enum op_kind)op->kind);

	if (op->kind >= OP_KINDS)
		return false;
	if (op->kind == OP_RESET)
		return x->desc.caps & BACKEND_RESET;
	if (op->kind == OP_AT)
		return x->be->ops->set_step_hook != NULL;
	if (op->kind == OP_FIRE)
		return can_fire(x, op);
	return needs < 0 || (x->desc.device_ops >> needs & 1);
}

/* An operation that is one call of backend_device(). */
static int on_device(struct executor *x, const struct op *op)
{
	bool entry = op->kind == OP_ENTRY || op->kind == OP_SCRIBBLE;
	uint32_t value = op->value < UINT32_MAX ? (uint32_t)op->value : UINT32_MAX;

	return backend_device(x->be, (enum backend_device_op)op_device_op((enum op_kind)op->kind),
			      entry ? op->start : value);
}

/* What a call may write to, with what lies around it, which it may not. */
struct info_buffer {
	uint32_t before[4];
	struct vfio_irq_info info;
	uint32_t after[4];
};

#define NOT_WRITTEN 0xdeadbeefu /* ignored, and overwritten if the call succeeds (R14) */

static void fill(struct info_buffer *b, uint32_t index, uint32_t argsz)
{
	for (uint32_t i = 0; i < 4; i++)
		b->before[i] = b->after[i] = NOT_WRITTEN;
	b->info.argsz = argsz;
	b->info.flags = b->info.count = NOT_WRITTEN;
	b->info.index = index;
}

/* R14: 16 bytes are written, whatever argsz says; a call that fails writes nothing. */
static enum outcome_write written(const struct info_buffer *b, const struct info_buffer *given,
				  int ret)
{
	if (memcmp(b->before, given->before, sizeof(b->before)) ||
	    memcmp(b->after, given->after, sizeof(b->after)))
		return WROTE_BEYOND;
	if (ret && memcmp(&b->info, &given->info, sizeof(b->info)))
		return WROTE_AND_FAILED;
	if (b->info.argsz != given->info.argsz || b->info.index != given->info.index)
		return WROTE_ARGSZ;
	return WROTE_RIGHT;
}

static int get_info(struct executor *x, const struct op *op, struct outcome *out)
{
	struct info_buffer b, given;
	int ret;

	fill(&b, op->index, op->argsz == PROGRAM_AUTO ? IRQ_INFO_SIZE : op->argsz);
	given = b;
	ret = backend_irq_info(x->be, &b.info);
	out->info_flags = b.info.flags;
	out->info_count = b.info.count;
	out->wrote = written(&b, &given, ret);
	return ret;
}

/*
 * The request is the caller's, and read only (R3, R9). Only what the kernel is given can be looked
 * at; of a long one the beginning.
 */
#define REQUEST_LOOKED_AT 64u

static int set_irqs(struct executor *x, const struct op *op, struct outcome *out)
{
	uint32_t size = program_request(op, fd_of, x, x->request), looked;
	uint8_t given[REQUEST_LOOKED_AT];
	int ret;

	looked = size < sizeof(given) ? size : (uint32_t)sizeof(given);
	memcpy(given, x->request, looked);
	ret = x->be->ops->set_irqs(x->be, x->request, size);
	/* By turns it is every caller's, and another may have used it since. */
	if (!lock_scheduler() && memcmp(given, x->request, looked))
		out->wrote = WROTE_REQUEST;
	return ret;
}

void executor_perform(struct executor *x, const struct op *op, struct outcome *out)
{
	const struct slots_ops *slots = x->slots->ops;

	out->value = 0;
	out->wrote = WROTE_RIGHT;
	switch (op->kind) {
	case OP_SET_IRQS:
	case OP_RAW:
		out->ret = set_irqs(x, op, out);
		break;
	case OP_IRQ_INFO:
		out->ret = get_info(x, op, out);
		break;
	case OP_FIRE:
		out->ret = backend_fire(x->be, op->index, op->start);
		break;
	case OP_RESET:
		out->ret = backend_reset(x->be);
		break;
	case OP_READ:
		out->ret = slots->read(x->slots, op->slot, &out->value);
		break;
	case OP_WRITE:
		out->ret = slots->write(x->slots, op->slot, op->value);
		break;
	case OP_CLOSE:
		out->ret = slots->close(x->slots, op->slot);
		break;
	case OP_OPEN:
		out->ret = slots->open(x->slots, op->slot, op->value & 1);
		break;
	case OP_DUP:
		out->ret = slots->dup(x->slots, op->slot, op->slot2);
		break;
	default:
		out->ret = on_device(x, op);
	}
}

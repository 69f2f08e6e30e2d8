/* SPDX-License-Identifier: MIT */
#include "rig.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "program/text.h"

static struct rig *rig_of(struct backend *be)
{
	return (struct rig *)be;
}

/* Has it died by now? Counts the calls. */
static bool dead(struct rig *rig)
{
	return rig->lie >= DIES && ++rig->calls >= rig->die_at;
}

static int answers(struct backend *be, char *why, size_t size)
{
	struct rig *rig = rig_of(be);

	if (rig->lie < DIES || rig->calls < rig->die_at)
		return 0;
	snprintf(why, size, "it does not answer");
	return -ENODEV;
}

static int describe(struct backend *be, struct backend_desc *desc)
{
	int err = backend_describe(rig_of(be)->inner, desc);

	for (uint32_t i = 0; rig_of(be)->lie == WRONG_COUNT && i < VFIO_PCI_NUM_IRQS; i++)
		desc->irq[i].count++;
	return err;
}

static int irq_info(struct backend *be, struct vfio_irq_info *info)
{
	int ret = backend_irq_info(rig_of(be)->inner, info);

	if (rig_of(be)->lie == WRONG_FLAGS)
		info->flags &= ~(uint32_t)VFIO_IRQ_INFO_EVENTFD;
	if (rig_of(be)->lie == WRONG_COUNT && !ret)
		info->count++;
	if (rig_of(be)->lie == CHANGED_ARGSZ)
		info->argsz += 4;
	if (rig_of(be)->lie == WRITES_AND_FAILS && ret)
		info->count = 0;
	if (rig_of(be)->lie == WRITES_BEYOND)
		info[1].argsz = 0;
	return ret;
}

static int set_irqs(struct backend *be, const void *arg, size_t size)
{
	const struct vfio_irq_set *set = arg;
	struct rig *rig = rig_of(be);
	int ret;

	if (dead(rig))
		return -EIO;
	if (rig->lie == KEPT_REFERENCE && size >= IRQ_SET_HDR_SIZE &&
	    set->index == VFIO_PCI_REQ_IRQ_INDEX && !set->count)
		return 0;
	rig->set_calls++;
	if (rig->set_calls == rig->on_call || (rig->every && rig->set_calls % rig->every == 0)) {
		if (rig->answer)
			return rig->answer;
		backend_device(rig->inner, BACKEND_DEV_FAIL, rig->fail_nth);
	}
	rig->in_call = true;
	ret = rig->inner->ops->set_irqs(rig->inner, arg, size);
	rig->in_call = false;
	if (rig->lie == WRITES_REQUEST && size >= IRQ_SET_HDR_SIZE)
		((struct vfio_irq_set *)(uintptr_t)arg)->count = 0;
	if (rig->again) {
		rig->again = false;
		backend_fire(rig->inner, VFIO_PCI_MSIX_IRQ_INDEX, rig->vector);
	}
	return rig->lie == WRONG_ERRNO && ret == -ENOTTY ? -EINVAL : ret;
}

static int fire(struct backend *be, uint32_t index, uint32_t vector)
{
	struct rig *rig = rig_of(be);

	if (rig->fire_answer)
		return rig->fire_answer;
	rig->fires++;
	rig->fires_in_call += rig->in_call;
	rig->again = rig->lie == DOUBLE_SIGNAL && rig->in_call;
	rig->vector = vector;
	if (dead(rig))
		return 0;
	return rig->lie == LOST_SIGNAL ? 0 : backend_fire(rig->inner, index, vector);
}

static int reset(struct backend *be)
{
	return backend_reset(rig_of(be)->inner);
}

static int device(struct backend *be, enum backend_device_op op, uint32_t arg)
{
	struct rig *rig = rig_of(be);
	int ret;

	if (rig->lie == DIES_AND_REFUSES && rig->calls >= rig->die_at)
		return -EIO;
	if (rig->lie == NEVER_CLOSES && op == BACKEND_DEV_REOPEN)
		return 0;
	ret = backend_device(rig->inner, op, arg);
	if (rig->lie == STRAY_ENTRY && op == BACKEND_DEV_ENTRY && arg == 1)
		ret ^= BACKEND_ENTRY_MASKED;
	return ret;
}

static int inspect(struct backend *be, struct backend_inspect *out)
{
	int err = backend_inspect(rig_of(be)->inner, out);

	if (rig_of(be)->lie == LEFT_ALLOCATION)
		out->allocated[0] |= 0x80;
	if (rig_of(be)->lie == LEFT_HANDLER)
		out->active[0] |= 0x80;
	out->valid &= ~rig_of(be)->hide;
	return err;
}

static void set_step_hook(struct backend *be, backend_step_hook fn, void *data)
{
	struct backend *inner = rig_of(be)->inner;

	inner->ops->set_step_hook(inner, fn, data);
}

static void close_inner(struct backend *be)
{
	backend_close(rig_of(be)->inner);
}

void rig_open(struct rig *rig, struct executor *x, const char *target, enum lie lie)
{
	struct errmsg e = {0};

	memset(rig, 0, sizeof(*rig));
	cr_assert_eq(executor_open(x, target, &e), 0, "%s", e.text);
	rig->ops = (struct backend_ops){
		.describe = describe,
		.irq_info = irq_info,
		.set_irqs = set_irqs,
		.fire = fire,
		.reset = reset,
		.device = device,
		.inspect = inspect,
		.set_step_hook = set_step_hook,
		.answers = answers,
		.close = close_inner,
	};
	rig->be.ops = &rig->ops;
	rig->inner = x->be;
	rig->lie = lie;
	x->be = &rig->be;
	x->inspect_every = 1;
}

struct exec_result rig_run(struct executor *x, const char *text, struct program *p)
{
	struct errmsg e = {0};
	struct exec_result r;
	struct program own;

	if (!p)
		p = &own;
	program_init(p);
	cr_assert_eq(text_parse(text, strlen(text), "test", p, &e), 0, "%s", e.text);
	cr_assert_eq(executor_run(x, p, &r, &e), 0, "%s", e.text);
	if (p == &own)
		program_free(p);
	return r;
}

/* SPDX-License-Identifier: MIT */
#include "wrapper.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static struct wrapper *wrapper_of(struct backend *be)
{
	return (struct wrapper *)be;
}

static int describe(struct backend *be, struct backend_desc *desc)
{
	return backend_describe(wrapper_of(be)->inner, desc);
}

static int irq_info(struct backend *be, struct vfio_irq_info *info)
{
	return backend_irq_info(wrapper_of(be)->inner, info);
}

static int set_irqs(struct backend *be, const void *arg, size_t size)
{
	struct wrapper *w = wrapper_of(be);
	int ret = w->inner->ops->set_irqs(w->inner, arg, size);

	if (w->wrong == SOMETIMES_INVALID && ret == -ENOTTY && ++*w->calls % 3 == 0)
		return -EINVAL;
	return ret;
}

static int fire(struct backend *be, uint32_t index, uint32_t vector)
{
	return backend_fire(wrapper_of(be)->inner, index, vector);
}

static int reset(struct backend *be)
{
	return backend_reset(wrapper_of(be)->inner);
}

static int device(struct backend *be, enum backend_device_op op, uint32_t arg)
{
	struct wrapper *w = wrapper_of(be);

	if (op == BACKEND_DEV_FLR && w->wrong == CRASH_IN_FLR)
		raise(SIGSEGV);
	while (op == BACKEND_DEV_FLR && w->wrong == HANG_IN_FLR)
		++*(volatile uint32_t *)w->calls;
	return backend_device(w->inner, op, arg);
}

static int inspect(struct backend *be, struct backend_inspect *out)
{
	return backend_inspect(wrapper_of(be)->inner, out);
}

static void close_inner(struct backend *be)
{
	backend_close(wrapper_of(be)->inner);
}

void wrapper_put(struct wrapper *w, struct executor *x, enum wrong wrong)
{
	memset(w, 0, sizeof(*w));
	w->ops = (struct backend_ops){
		.describe = describe,
		.irq_info = irq_info,
		.set_irqs = set_irqs,
		.fire = fire,
		.reset = reset,
		.device = device,
		.inspect = inspect,
		.close = close_inner,
	};
	w->be.ops = &w->ops;
	w->inner = x->be;
	w->wrong = wrong;
	w->calls = mmap(NULL, sizeof(*w->calls), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (w->calls == MAP_FAILED)
		abort();
	x->be = &w->be;
}

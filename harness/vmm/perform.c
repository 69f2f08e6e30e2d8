/* SPDX-License-Identifier: MIT */
#include "vmm/perform.h"

#include <linux/membarrier.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void performer_fini(struct performer *p)
{
	free(p->fds);
	p->fds = NULL;
}

static const struct vfio_irq_set *request(struct performer *p, const struct vmm_state *s,
					  const struct vmm_call *call)
{
	if (call->kind == CALL_DISABLE)
		return irq_set_disable(&p->buf, p->index);
	for (uint32_t i = 0; i < call->count; i++) {
		uint32_t v = call->start + i;
		bool arm = call->kind == CALL_ARM || (call->kind == CALL_SET && s->wanted[v]);

		p->fds[i] = arm ? p->fd(p->data, v, s->side[v]) : -1;
	}
	return irq_set_eventfds(&p->buf, p->index, call->start, call->count, p->fds);
}

static int mask(struct performer *p, const struct vmm_call *call)
{
	int err = p->be->ops->mask_entry ? 0 : -EOPNOTSUPP;

	for (uint32_t i = 0; i < call->count && !err; i++)
		err = p->be->ops->mask_entry(p->be, call->start + i);
	return err;
}

/*
 * Runs on each CPU for a moment, and then where it ran before. A CPU that is offline takes no
 * interrupts; one that this process may not use (a cpuset) may have some.
 */
static int visit(void *data)
{
	long all = sysconf(_SC_NPROCESSORS_CONF), online = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t before, one;

	(void)data;
	if (sched_getaffinity(0, sizeof(before), &before))
		return -errno;
	for (long cpu = 0; cpu < all && cpu < CPU_SETSIZE; cpu++) {
		CPU_ZERO(&one);
		CPU_SET((size_t)cpu, &one);
		online -= !sched_setaffinity(0, sizeof(one), &one);
	}
	if (sched_setaffinity(0, sizeof(before), &before))
		return -errno;
	return online > 0 ? -EPERM : 0;
}

bool performer_may_visit(void)
{
	return !visit(NULL);
}

static int fence(void *data)
{
	(void)data;
	return syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) ? -errno : 0;
}

int performer_init(struct performer *p, struct backend *be, uint32_t index, uint32_t vectors,
		   int32_t (*fd)(void *data, uint32_t vector, uint32_t side), void *data)
{
	struct backend_desc desc;
	int err = backend_describe(be, &desc);

	memset(p, 0, sizeof(*p));
	if (err)
		return err;
	p->flies = !(desc.caps & BACKEND_SYNC_FIRE);
	p->be = be;
	p->index = index;
	p->host = (struct performer_host){.fence = fence, .visit = visit};
	p->fd = fd;
	p->data = data;
	p->fds = calloc(vectors, sizeof(*p->fds));
	return p->fds ? 0 : -ENOMEM;
}

static int perform(struct performer *p, const struct vmm_state *s, const struct vmm_call *call)
{
	const struct vfio_irq_set *set;
	int ret;

	switch (call->kind) {
	case CALL_MASK:
		ret = mask(p, call);
		snprintf(p->text, sizeof(p->text), "the mask bit of entry %u", call->start);
		return ret;
	case CALL_FENCE:
		snprintf(p->text, sizeof(p->text), "membarrier(GLOBAL)");
		return p->flies ? p->host.fence(p->host.data) : 0;
	case CALL_VISIT:
		snprintf(p->text, sizeof(p->text), "a visit to every CPU");
		return p->flies ? p->host.visit(p->host.data) : 0;
	default:
		set = request(p, s, call);
		p->calls++;
		ret = backend_set_irqs(p->be, set);
		if (ret)
			irq_set_format(set, p->text, sizeof(p->text));
		return ret;
	}
}

int performer_carry_out(struct performer *p, struct vmm_state *s, struct vmm_plan *plan)
{
	for (uint32_t i = 0; i < plan->n;) {
		int ret = perform(p, s, &plan->calls[i]);

		switch (strategy_result(s, plan, i, ret)) {
		case VMM_GO_ON:
			i++;
			break;
		case VMM_AGAIN:
			break;
		case VMM_GIVE_UP:
			p->error = ret;
			return ret;
		}
	}
	return 0;
}

int performer_call(struct performer *p, const struct vfio_irq_set *set)
{
	int ret = backend_set_irqs(p->be, set);

	p->calls++;
	if (ret) {
		p->error = ret;
		irq_set_format(set, p->text, sizeof(p->text));
	}
	return ret;
}

/* SPDX-License-Identifier: MIT */
#include "vmm/perform.h"

#include <stdlib.h>
#include <string.h>

int performer_init(struct performer *p, struct backend *be, uint32_t index, uint32_t vectors,
		   int32_t (*fd)(void *data, uint32_t vector, uint32_t side), void *data)
{
	memset(p, 0, sizeof(*p));
	p->be = be;
	p->index = index;
	p->fd = fd;
	p->data = data;
	p->fds = calloc(vectors, sizeof(*p->fds));
	return p->fds ? 0 : -ENOMEM;
}

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

static int fail(struct performer *p, const struct vfio_irq_set *set, int ret)
{
	p->error = ret;
	irq_set_format(set, p->text, sizeof(p->text));
	return ret;
}

int performer_carry_out(struct performer *p, struct vmm_state *s, struct vmm_plan *plan)
{
	for (uint32_t i = 0; i < plan->n;) {
		const struct vfio_irq_set *set = request(p, s, &plan->calls[i]);
		int ret = backend_set_irqs(p->be, set);

		p->calls++;
		switch (strategy_result(s, plan, i, ret)) {
		case VMM_GO_ON:
			i++;
			break;
		case VMM_AGAIN:
			break;
		case VMM_GIVE_UP:
			return fail(p, set, ret);
		}
	}
	return 0;
}

int performer_call(struct performer *p, const struct vfio_irq_set *set)
{
	int ret = backend_set_irqs(p->be, set);

	p->calls++;
	return ret ? fail(p, set, ret) : 0;
}

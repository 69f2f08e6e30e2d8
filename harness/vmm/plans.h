/* SPDX-License-Identifier: MIT */
/* plans: what each strategy answers to the guest, and how a plan is put together. Private to vmm.
 */
#ifndef IRQSTORM_VMM_PLANS_H
#define IRQSTORM_VMM_PLANS_H

#include "support/must.h"
#include "vmm/strategy.h"

static inline void plan_begin(struct vmm_plan *p, enum plan_kind kind, uint32_t first,
			      uint32_t count)
{
	*p = (struct vmm_plan){.kind = kind, .first = first, .count = count};
}

static inline void plan_add(struct vmm_plan *p, enum call_kind kind, uint32_t start, uint32_t count)
{
	must(p->n < PLAN_CALLS);
	p->calls[p->n++] = (struct vmm_call){.kind = kind, .start = start, .count = count};
}

/* One beyond the highest vector that is wanted. */
static inline uint32_t plan_top(const struct vmm_state *s)
{
	uint32_t top = s->vectors;

	while (top && !s->wanted[top - 1])
		top--;
	return top;
}

void plan_teardown(struct vmm_state *s, enum vmm_event event, uint32_t vector, struct vmm_plan *p);
void plan_track_guest_v0(struct vmm_state *s, enum vmm_event event, uint32_t vector,
			 struct vmm_plan *p);
void plan_dynamic(struct vmm_state *s, enum vmm_event event, uint32_t vector, struct vmm_plan *p);
void plan_track_guest(struct vmm_state *s, enum vmm_event event, uint32_t vector,
		      struct vmm_plan *p);
void plan_keep(struct vmm_state *s, enum vmm_event event, uint32_t vector, struct vmm_plan *p);
void plan_upfront(struct vmm_state *s, enum vmm_event event, uint32_t vector, struct vmm_plan *p);
void plan_swap(struct vmm_state *s, enum vmm_event event, uint32_t vector, struct vmm_plan *p);
void plan_swap_masked(struct vmm_state *s, enum vmm_event event, uint32_t vector,
		      struct vmm_plan *p);
void plan_swap_visited(struct vmm_state *s, enum vmm_event event, uint32_t vector,
		       struct vmm_plan *p);
void plan_swap_fenced(struct vmm_state *s, enum vmm_event event, uint32_t vector,
		      struct vmm_plan *p);
void plan_random(struct vmm_state *s, struct vmm_plan *p);

#endif

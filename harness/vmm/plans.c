/* SPDX-License-Identifier: MIT */
/*
 * plans: see plans.h. On VMM_USE and VMM_RELEASE the vector is not in `wanted` yet: what its being
 * wanted means is the strategy's own.
 */
#include "vmm/plans.h"

#include <string.h>

static void set_one(struct vmm_state *s, enum vmm_event event, uint32_t vector, struct vmm_plan *p)
{
	s->wanted[vector] = event == VMM_USE;
	plan_add(p, CALL_SET, vector, 1);
}

/* TRIGGER|NONE 0 0, then EVENTFD 0 @enable: every vector is touched. */
static void tear_down(struct vmm_state *s, struct vmm_plan *p, uint32_t enable)
{
	plan_begin(p, PLAN_TEARDOWN, 0, s->vectors);
	plan_add(p, CALL_DISABLE, 0, 0);
	if (enable)
		plan_add(p, CALL_SET, 0, enable);
}

/*
 * QEMU before 8.2 (vfio_msix_vector_do_use, Q2): vectors are enabled lazily, and one above the
 * present maximum means disable and enable with one more. QEMU never goes back; here the highest
 * vector, when released, is given back by the same means, so that a run has no end of teardowns.
 */
void plan_teardown(struct vmm_state *s, enum vmm_event event, uint32_t vector, struct vmm_plan *p)
{
	uint32_t top;

	if (event != VMM_ENABLE)
		s->wanted[vector] = event == VMM_USE;
	top = plan_top(s);
	if (!s->enabled) {
		if (top)
			plan_add(p, CALL_SET, 0, top);
		return;
	}
	if (event == VMM_USE ? vector >= s->live : vector + 1 == s->live)
		tear_down(s, p, top);
	else
		plan_add(p, CALL_SET, vector, 1);
}

/*
 * QEMU 2013 (b0223e29af) to 8.1 (Q1): the kernel refuses to enable MSI-X with no vector, so vector
 * 0 gets a trigger and loses it at once: host MSI-X follows the guest. The rest is teardown.
 */
void plan_track_guest_v0(struct vmm_state *s, enum vmm_event event, uint32_t vector,
			 struct vmm_plan *p)
{
	plan_teardown(s, event, vector, p);
	if (p->n && (p->calls[p->n - 1].kind != CALL_DISABLE))
		return;
	if (event == VMM_ENABLE || p->n) {
		plan_add(p, CALL_ARM, 0, 1);
		plan_add(p, CALL_REMOVE, 0, 1);
	}
}

/* Add and remove in place. The host enables with the guest: with fd -1 when nothing is used (R44).
 */
void plan_dynamic(struct vmm_state *s, enum vmm_event event, uint32_t vector, struct vmm_plan *p)
{
	uint32_t top = plan_top(s);

	if (event == VMM_ENABLE)
		plan_add(p, top ? CALL_SET : CALL_REMOVE, 0, top ? top : 1);
	else
		set_one(s, event, vector, p);
}

/* QEMU since 8.2 where NORESIZE is clear (vfio_enable_msix_no_vec, Q1, Q4). */
void plan_track_guest(struct vmm_state *s, enum vmm_event event, uint32_t vector,
		      struct vmm_plan *p)
{
	if (event == VMM_ENABLE) {
		plan_add(p, CALL_REMOVE, 0, 1);
		if (plan_top(s))
			plan_add(p, CALL_SET, 0, plan_top(s));
		return;
	}
	set_one(s, event, vector, p);
}

/*
 * As QEMU since 8.2 without irqfds, whose release makes no call: a vector that was used once stays
 * armed, and what comes while its guest masks it the VMM holds itself.
 */
void plan_keep(struct vmm_state *s, enum vmm_event event, uint32_t vector, struct vmm_plan *p)
{
	if (event == VMM_ENABLE)
		plan_dynamic(s, event, vector, p);
	else if (event == VMM_USE && !s->wanted[vector])
		set_one(s, event, vector, p);
}

/* The whole table at once, -1 where nothing is wanted yet (R42). */
void plan_upfront(struct vmm_state *s, enum vmm_event event, uint32_t vector, struct vmm_plan *p)
{
	if (event == VMM_ENABLE)
		plan_add(p, CALL_SET, 0, s->limit);
	else
		set_one(s, event, vector, p);
}

/*
 * QEMU with KVM's irqfds (vfio_msix_vector_release, Q3): a masked vector is not taken away but
 * switched to an eventfd that QEMU itself reads, so that it can show the pending bit; unmasked, it
 * goes back to the irqfd. Each switch replaces the trigger of a live vector (R80).
 */
static void swap_after(struct vmm_state *s, enum vmm_event event, uint32_t vector, bool mask,
		       enum call_kind fence, struct vmm_plan *p)
{
	if (event == VMM_ENABLE) {
		plan_add(p, CALL_SET, 0, s->limit);
		return;
	}
	if (s->wanted[vector]) {
		p->kind = PLAN_SWAP;
		s->side[vector] = event == VMM_RELEASE;
		if (mask)
			plan_add(p, CALL_MASK, vector, 1);
		if (fence != CALL_SET)
			plan_add(p, fence, 0, 0);
	}
	s->wanted[vector] = 1;
	plan_add(p, CALL_SET, vector, 1);
}

void plan_swap(struct vmm_state *s, enum vmm_event event, uint32_t vector, struct vmm_plan *p)
{
	swap_after(s, event, vector, false, CALL_SET, p);
}

/*
 * What comes from now on is held by the pending bit, and the read that follows the write has pushed
 * out what was sent before; but a CPU may have accepted that and not handled it yet.
 */
void plan_swap_masked(struct vmm_state *s, enum vmm_event event, uint32_t vector,
		      struct vmm_plan *p)
{
	swap_after(s, event, vector, true, CALL_SET, p);
}

/*
 * membarrier(MEMBARRIER_CMD_GLOBAL) is synchronize_rcu(): a CPU that runs passes through user mode
 * or a context switch, and takes on the way what its interrupt controller has accepted for it. One
 * that idles counts as having done so, and may not have woken up yet.
 */
void plan_swap_fenced(struct vmm_state *s, enum vmm_event event, uint32_t vector,
		      struct vmm_plan *p)
{
	swap_after(s, event, vector, true, CALL_FENCE, p);
}

/*
 * A thread that runs in user mode on a CPU finds that CPU's interrupts taken, up to those that were
 * accepted before it came.
 */
void plan_swap_visited(struct vmm_state *s, enum vmm_event event, uint32_t vector,
		       struct vmm_plan *p)
{
	swap_after(s, event, vector, true, CALL_VISIT, p);
}

/* A run of churned vectors set or removed by one call; @end: of the vectors. */
static void random_block(struct vmm_state *s, struct vmm_plan *p, uint32_t end)
{
	uint32_t first = s->stable + rng_below(&s->rng, end - s->stable);
	uint32_t most = end - first < 8 ? end - first : 8;
	uint32_t count = 1 + rng_below(&s->rng, most);

	/* only what changes: to set a live vector again is a swap, which may lose (R80) */
	for (uint32_t i = 1; i < count; i++) {
		if (s->wanted[first + i] != s->wanted[first])
			count = i;
	}
	memset(s->wanted + first, s->wanted[first] ^ 1, count);
	plan_begin(p, PLAN_IN_PLACE, first, count);
	plan_add(p, CALL_SET, first, count);
}

static void random_one(struct vmm_state *s, struct vmm_plan *p, uint32_t vector, bool swap)
{
	plan_begin(p, swap ? PLAN_SWAP : PLAN_IN_PLACE, vector, 1);
	if (swap)
		s->side[vector] ^= 1;
	else
		s->wanted[vector] ^= 1;
	plan_add(p, CALL_SET, vector, 1);
}

/*
 * Every move there is, weighted towards the small ones. A teardown enables all vectors with -1 in
 * the unwanted slots, so that moves in place stay within nvec on kernels without dynamic MSI-X.
 */
void plan_random(struct vmm_state *s, struct vmm_plan *p)
{
	uint32_t dice = rng_below(&s->rng, 100);

	if (dice < 10) {
		for (uint32_t v = s->stable; v < s->limit; v++)
			s->wanted[v] = rng_u64(&s->rng) & 1;
		tear_down(s, p, s->limit);
	} else if (dice < 30 || s->stable >= s->limit) {
		uint32_t v = rng_below(&s->rng, s->limit);

		random_one(s, p, v, s->wanted[v]);
	} else if (dice < 60) {
		random_block(s, p, s->limit);
	} else {
		random_one(s, p, s->stable + rng_below(&s->rng, s->limit - s->stable), false);
	}
}

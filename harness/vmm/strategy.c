/* SPDX-License-Identifier: MIT */
/* strategy: see strategy.h. What all strategies have in common; plans.c has what sets them apart.
 */
#include "vmm/strategy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/plans.h"

static const struct strategy none = {
	.name = "none",
	.summary = "all vectors live, no resize",
	.index = VFIO_PCI_MSIX_IRQ_INDEX,
	.plan = plan_upfront,
};

static const struct strategy teardown = {
	.name = "teardown",
	.summary = "disable the index, enable it with one vector more or less (QEMU before 8.2)",
	.index = VFIO_PCI_MSIX_IRQ_INDEX,
	.needs_churn = true,
	.pattern = "ramp",
	.gaps = GAP_TEARDOWN | GAP_LAZY | GAP_REMOVE,
	.plan = plan_teardown,
};

static const struct strategy track_guest_v0 = {
	.name = "track-guest-v0",
	.summary = "teardown, and enabled with vector 0 used and released (QEMU 2013 to 8.1)",
	.index = VFIO_PCI_MSIX_IRQ_INDEX,
	.needs_churn = true,
	.pattern = "ramp",
	.gaps = GAP_TEARDOWN | GAP_REMOVE,
	.plan = plan_track_guest_v0,
};

static const struct strategy dynamic = {
	.name = "dynamic",
	.summary = "add and remove one vector in place (needs NORESIZE clear, Linux 6.5+)",
	.index = VFIO_PCI_MSIX_IRQ_INDEX,
	.needs_dynamic = true,
	.needs_churn = true,
	.pattern = "toggle",
	.gaps = GAP_REMOVE,
	.plan = plan_dynamic,
};

static const struct strategy track_guest = {
	.name = "track-guest",
	.summary = "dynamic, enabled with fd -1 when the guest enables (QEMU since 8.2)",
	.index = VFIO_PCI_MSIX_IRQ_INDEX,
	.needs_dynamic = true,
	.needs_churn = true,
	.pattern = "toggle",
	.gaps = GAP_REMOVE,
	.plan = plan_track_guest,
};

static const struct strategy keep = {
	.name = "keep",
	.summary = "track-guest, and a masked vector stays armed (QEMU since 8.2, no irqfds)",
	.index = VFIO_PCI_MSIX_IRQ_INDEX,
	.needs_dynamic = true,
	.needs_churn = true,
	.keeps = true,
	.pattern = "ramp",
	.plan = plan_keep,
};

static const struct strategy upfront = {
	.name = "upfront",
	.summary = "allocate the maximum once, arm and disarm inside it",
	.index = VFIO_PCI_MSIX_IRQ_INDEX,
	.needs_churn = true,
	.pattern = "toggle",
	.gaps = GAP_REMOVE,
	.plan = plan_upfront,
};

static const struct strategy swap = {
	.name = "swap",
	.summary = "replace a live vector's eventfd by another, as for an irqfd switch",
	.index = VFIO_PCI_MSIX_IRQ_INDEX,
	.two_sides = true,
	.keeps = true,
	.pattern = "toggle",
	.gaps = GAP_REPLACE,
	.plan = plan_swap,
};

static const struct strategy swap_masked = {
	.name = "swap-masked",
	.summary = "swap, with the entry masked in the device's mapped table first",
	.index = VFIO_PCI_MSIX_IRQ_INDEX,
	.two_sides = true,
	.keeps = true,
	.needs_table = true,
	.pattern = "toggle",
	.gaps = GAP_REPLACE,
	.plan = plan_swap_masked,
};

static const struct strategy swap_fenced = {
	.name = "swap-fenced",
	.summary = "swap-masked, and membarrier() in between: all but an idle CPU has caught up",
	.index = VFIO_PCI_MSIX_IRQ_INDEX,
	.two_sides = true,
	.keeps = true,
	.needs_table = true,
	.pattern = "toggle",
	.gaps = GAP_REPLACE,
	.plan = plan_swap_fenced,
};

static const struct strategy swap_visited = {
	.name = "swap-visited",
	.summary = "swap-masked, and every CPU is visited in between: nothing is in flight",
	.index = VFIO_PCI_MSIX_IRQ_INDEX,
	.two_sides = true,
	.keeps = true,
	.needs_table = true,
	.needs_cpus = true,
	.pattern = "toggle",
	.plan = plan_swap_visited,
};

static const struct strategy msi_all = {
	.name = "msi-all",
	.summary = "MSI: allocate the maximum once, arm and disarm inside it",
	.index = VFIO_PCI_MSI_IRQ_INDEX,
	.needs_churn = true,
	.pattern = "toggle",
	.gaps = GAP_REMOVE | GAP_NO_MASK,
	.plan = plan_upfront,
};

static const struct strategy msi_teardown = {
	.name = "msi-teardown",
	.summary = "MSI: disable, enable with one vector more or less",
	.index = VFIO_PCI_MSI_IRQ_INDEX,
	.needs_churn = true,
	.pattern = "ramp",
	.gaps = GAP_TEARDOWN | GAP_LAZY | GAP_REMOVE | GAP_NO_MASK,
	.plan = plan_teardown,
};

static const struct strategy random_moves = {
	.name = "random",
	.summary = "all of the moves on MSI-X, at random from the seed",
	.index = VFIO_PCI_MSIX_IRQ_INDEX,
	.two_sides = true,
	.plan = plan_upfront,
	.next = plan_random,
};

const struct strategy strategy_auto = {
	.name = "auto",
	.summary = "what GET_IRQ_INFO says: track-guest where NORESIZE is clear, else upfront; "
		   "msi-all without MSI-X",
	.index = VFIO_PCI_MSIX_IRQ_INDEX,
};

const struct strategy *const strategies[] = {
	&none,         &teardown, &track_guest_v0, &dynamic,      &track_guest,
	&keep,         &upfront,  &swap,           &swap_masked,  &swap_fenced,
	&swap_visited, &msi_all,  &msi_teardown,   &random_moves, NULL,
};

const char *const strategy_names[] = {
	"none",         "teardown", "track-guest-v0", "dynamic",     "track-guest",
	"keep",         "upfront",  "swap",           "swap-masked", "swap-fenced",
	"swap-visited", "msi-all",  "msi-teardown",   "random",      NULL,
};

const struct strategy *strategy_find(const char *name)
{
	if (!strcmp(name, strategy_auto.name))
		return &strategy_auto;
	for (int i = 0; strategies[i]; i++) {
		if (!strcmp(strategies[i]->name, name))
			return strategies[i];
	}
	return NULL;
}

const struct strategy *strategy_choose(uint32_t msix, uint32_t msi, uint32_t flags,
				       const char **why)
{
	if (!msix && msi) {
		*why = "the device has no MSI-X, and MSI cannot grow in place: all of its MSI "
		       "vectors are allocated at once";
		return &msi_all;
	}
	if (flags & VFIO_IRQ_INFO_NORESIZE) {
		*why = "NORESIZE is set, so that adding a vector would mean to tear all of them "
		       "down: the whole table is allocated at once, at the cost of as many host "
		       "vectors";
		return &upfront;
	}
	*why = "NORESIZE is clear: vectors are added in place when the guest unmasks them, and "
	       "cost no host vector before";
	return &track_guest;
}

int vmm_state_init(struct vmm_state *s, uint32_t vectors, uint32_t stable, bool grows,
		   uint64_t seed)
{
	memset(s, 0, sizeof(*s));
	s->vectors = vectors;
	s->stable = stable;
	s->dynamic = grows;
	s->limit = vectors;
	rng_init(&s->rng, seed, 1);
	s->wanted = calloc(vectors, 1);
	s->side = calloc(vectors, 1);
	s->held = calloc(vectors, 1);
	s->refused = calloc(vectors, 1);
	return s->wanted && s->side && s->held && s->refused ? 0 : -ENOMEM;
}

void vmm_state_fini(struct vmm_state *s)
{
	free(s->wanted);
	free(s->side);
	free(s->held);
	free(s->refused);
	memset(s, 0, sizeof(*s));
}

static void refuse(struct vmm_state *s, uint32_t vector)
{
	s->wanted[vector] = 0;
	s->refused[vector] = 1;
	s->refusals++;
}

static void plan_disable(struct vmm_state *s, struct vmm_plan *p)
{
	memset(s->wanted, 0, s->vectors);
	plan_begin(p, PLAN_TEARDOWN, 0, s->vectors);
	/* Whether a vector is in use or not (Q6), but not to an index that is not enabled (R19). */
	if (s->enabled)
		plan_add(p, CALL_DISABLE, 0, 0);
}

void strategy_plan(const struct strategy *st, struct vmm_state *s, enum vmm_event event,
		   uint32_t vector, struct vmm_plan *p)
{
	plan_begin(p, PLAN_IN_PLACE, vector, 1);
	switch (event) {
	case VMM_ENABLE:
		plan_begin(p, PLAN_IN_PLACE, 0, s->vectors);
		s->limit = s->vectors; /* what the host could not give before it may have now */
		memset(s->refused, 0, s->vectors);
		break;
	case VMM_USE:
		if (vector >= s->limit) {
			refuse(s, vector);
			return;
		}
		s->refused[vector] = 0;
		break;
	case VMM_RELEASE:
		if (!s->wanted[vector])
			return;
		break;
	case VMM_DISABLE:
		plan_disable(s, p);
		return;
	}
	st->plan(s, event, vector, p);
}

static void hold(struct vmm_state *s, uint32_t vector)
{
	s->n_held += !s->held[vector];
	s->held[vector] = 1;
	if (s->n_held > s->most_held)
		s->most_held = s->n_held;
}

static void succeeded(struct vmm_state *s, const struct vmm_call *call)
{
	uint32_t end = call->start + call->count;

	if (call->kind == CALL_MASK || call->kind == CALL_FENCE || call->kind == CALL_VISIT)
		return;
	if (call->kind == CALL_DISABLE) {
		s->enabled = false;
		s->n_held = 0;
		memset(s->held, 0, s->vectors);
		return;
	}
	if (!s->enabled) {
		/* An enable allocates everything below its end (R41). */
		s->enabled = true;
		s->live = end;
		for (uint32_t v = 0; v < end; v++)
			hold(s, v);
		return;
	}
	for (uint32_t v = call->start; v < end; v++) {
		if (call->kind == CALL_ARM || (call->kind == CALL_SET && s->wanted[v]))
			hold(s, v);
	}
}

/* Only [start, start + count) of @call, or up to there when it enables. */
static enum vmm_then shrink(struct vmm_state *s, struct vmm_call *call, uint32_t count)
{
	if (!count)
		return VMM_GIVE_UP;
	for (uint32_t v = call->start + count; v < call->start + call->count; v++) {
		if (s->wanted[v])
			refuse(s, v);
	}
	call->count = count;
	return VMM_AGAIN;
}

enum vmm_then strategy_result(struct vmm_state *s, struct vmm_plan *p, uint32_t i, int ret)
{
	struct vmm_call *call = &p->calls[i];

	if (!ret) {
		succeeded(s, call);
		return VMM_GO_ON;
	}
	if (call->kind != CALL_SET && call->kind != CALL_REMOVE && call->kind != CALL_ARM)
		return VMM_GIVE_UP;
	if (ret < 0 && ret != -ENOSPC)
		return VMM_GIVE_UP;
	if (!s->enabled && !call->start) {
		uint32_t can = ret > 0 ? (uint32_t)ret : call->count / 2;

		/* What worked until a moment ago is the best guess. */
		if (ret < 0 && p->kind == PLAN_TEARDOWN && s->live < call->count)
			can = s->live;
		if (can >= call->count)
			return VMM_GIVE_UP;
		s->limit = can;
		return shrink(s, call, can);
	}
	if (call->count > 1)
		return shrink(s, call, call->count / 2);
	refuse(s, call->start); /* R53: it has no context, and nothing else was touched */
	return VMM_GO_ON;
}

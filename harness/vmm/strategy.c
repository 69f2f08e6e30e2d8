/* SPDX-License-Identifier: MIT */
#include "vmm/strategy.h"

#include <stddef.h>
#include <string.h>

static void want_range(struct vmm_state *s, uint32_t first, uint32_t end, uint8_t wanted)
{
	memset(s->wanted + first, wanted, end - first);
}

static void plan(struct resize *r, enum resize_kind kind, uint32_t start, uint32_t count)
{
	*r = (struct resize){
		.kind = kind,
		.set_start = start,
		.set_count = count,
		.first = start,
		.count = count,
	};
}

/* TRIGGER|NONE 0 0, then EVENTFD 0 @live: every vector is touched. */
static void plan_teardown(struct vmm_state *s, struct resize *r, uint32_t enable)
{
	plan(r, RESIZE_TEARDOWN, 0, enable);
	r->disable_first = true;
	r->count = s->vectors;
}

static void enable_all(struct vmm_state *s, struct resize *r)
{
	want_range(s, 0, s->vectors, 1);
	plan(r, RESIZE_IN_PLACE, 0, s->vectors);
}

/*
 * QEMU before 8.2 (vfio_msix_vector_do_use, Q2): vectors are enabled lazily, and one above the
 * present maximum means disable and enable with one more. Here: one more until all are live, then
 * one less until only the stable ones are.
 */
static void teardown_start(struct vmm_state *s, struct resize *r)
{
	s->live = s->stable ? s->stable : 1;
	want_range(s, 0, s->live, 1);
	plan(r, RESIZE_IN_PLACE, 0, s->live);
}

static void teardown_next(struct vmm_state *s, struct resize *r)
{
	uint32_t least = s->stable ? s->stable : 1;

	if (s->live >= s->vectors)
		s->shrinking = true;
	if (s->live <= least)
		s->shrinking = false;
	if (s->live > least && s->shrinking)
		s->live--;
	else if (s->live < s->vectors)
		s->live++;
	want_range(s, 0, s->live, 1);
	want_range(s, s->live, s->vectors, 0);
	plan_teardown(s, r, s->live);
}

/* Toggle one churned vector, in place. */
static void toggle_next(struct vmm_state *s, struct resize *r)
{
	uint32_t v = s->stable + rng_below(&s->rng, s->vectors - s->stable);

	s->wanted[v] ^= 1;
	plan(r, RESIZE_IN_PLACE, v, 1);
}

/* QEMU since 8.2 where NORESIZE is clear: a vector is added by an EVENTFD of its own. */
static void dynamic_start(struct vmm_state *s, struct resize *r)
{
	want_range(s, 0, s->stable, 1);
	/* with no stable vector: the enable with fd -1 that makes no interrupt (R44) */
	plan(r, RESIZE_IN_PLACE, 0, s->stable ? s->stable : 1);
}

/* Allocate the maximum once (-1 where nothing is wanted yet, R42), arm and disarm inside it. */
static void upfront_start(struct vmm_state *s, struct resize *r)
{
	want_range(s, 0, s->stable, 1);
	plan(r, RESIZE_IN_PLACE, 0, s->vectors);
}

/* QEMU switching a vector between a user-space eventfd and an irqfd (Q3, R80). */
static void swap_next(struct vmm_state *s, struct resize *r)
{
	uint32_t v = rng_below(&s->rng, s->vectors);

	s->side[v] ^= 1;
	plan(r, RESIZE_SWAP, v, 1);
}

/* A run of churned vectors set or removed by one call. */
static void block_next(struct vmm_state *s, struct resize *r)
{
	uint32_t churned = s->vectors - s->stable;
	uint32_t first = s->stable + rng_below(&s->rng, churned);
	uint32_t most = s->vectors - first < 8 ? s->vectors - first : 8;
	uint32_t count = 1 + rng_below(&s->rng, most);

	/* only what changes: to set a live vector again is a swap, which may lose (R80) */
	for (uint32_t i = 1; i < count; i++) {
		if (s->wanted[first + i] != s->wanted[first])
			count = i;
	}
	want_range(s, first, first + count, s->wanted[first] ^ 1);
	plan(r, RESIZE_IN_PLACE, first, count);
}

/*
 * Every move there is, weighted towards the small ones. A teardown enables all vectors with -1 in
 * the unwanted slots, so that moves in place stay within nvec on kernels without dynamic MSI-X.
 */
static void random_next(struct vmm_state *s, struct resize *r)
{
	uint32_t dice = rng_below(&s->rng, 100);

	if (dice < 10) {
		for (uint32_t v = s->stable; v < s->vectors; v++)
			s->wanted[v] = rng_u64(&s->rng) & 1;
		plan_teardown(s, r, s->vectors);
	} else if (dice < 30 || s->stable == s->vectors) {
		uint32_t v = rng_below(&s->rng, s->vectors);

		if (s->wanted[v]) {
			s->side[v] ^= 1;
			plan(r, RESIZE_SWAP, v, 1);
		} else {
			s->wanted[v] = 1;
			plan(r, RESIZE_IN_PLACE, v, 1);
		}
	} else if (dice < 60) {
		block_next(s, r);
	} else {
		toggle_next(s, r);
	}
}

static const struct strategy none = {
	.name = "none",
	.summary = "all vectors live, no resize",
	.start = enable_all,
};

static const struct strategy teardown = {
	.name = "teardown",
	.summary = "disable the index, enable it with one vector more or less (QEMU before 8.2)",
	.start = teardown_start,
	.next = teardown_next,
};

static const struct strategy dynamic = {
	.name = "dynamic",
	.summary = "add and remove one vector in place (needs NORESIZE clear, Linux 6.5+)",
	.needs_dynamic = true,
	.needs_churn = true,
	.start = dynamic_start,
	.next = toggle_next,
};

static const struct strategy upfront = {
	.name = "upfront",
	.summary = "allocate the maximum once, arm and disarm inside it",
	.needs_churn = true,
	.start = upfront_start,
	.next = toggle_next,
};

static const struct strategy swap = {
	.name = "swap",
	.summary = "replace a live vector's eventfd by another, as for an irqfd switch",
	.two_sides = true,
	.start = enable_all,
	.next = swap_next,
};

static const struct strategy random_moves = {
	.name = "random",
	.summary = "all of these moves, at random from the seed",
	.two_sides = true,
	.start = upfront_start,
	.next = random_next,
};

const struct strategy *const strategies[] = {
	&none, &teardown, &dynamic, &upfront, &swap, &random_moves, NULL,
};

const char *const strategy_names[] = {
	"none", "teardown", "dynamic", "upfront", "swap", "random", NULL,
};

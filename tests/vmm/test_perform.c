/* SPDX-License-Identifier: MIT */
/* The hands of a VMM: what a plan's calls do to a backend, which here only writes them down. */
#include <criterion/criterion.h>
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "vmm/perform.h"
#include "vmm/plans.h"

#define VECTORS 8u

struct notebook {
	struct backend be;
	uint32_t caps;
	uint32_t sets, masked; /* requests; a bit each */
	int32_t fds[VECTORS];
	struct vfio_irq_set last; /* the header alone */
};

static int note_describe(struct backend *be, struct backend_desc *desc)
{
	memset(desc, 0, sizeof(*desc));
	desc->caps = ((struct notebook *)be)->caps;
	return 0;
}

static int note_set(struct backend *be, const void *arg, size_t size)
{
	struct notebook *n = (struct notebook *)be;

	n->sets++;
	memcpy(&n->last, arg, sizeof(n->last));
	memcpy(n->fds, (const uint8_t *)arg + sizeof(n->last), size - sizeof(n->last));
	return 0;
}

static int note_mask(struct backend *be, uint32_t vector)
{
	((struct notebook *)be)->masked |= 1u << vector;
	return 0;
}

static const struct backend_ops ops = {
	.describe = note_describe,
	.set_irqs = note_set,
	.mask_entry = note_mask,
};

static int32_t fd_of(void *data, uint32_t vector, uint32_t side)
{
	(void)data;
	return (int32_t)(100 * side + vector);
}

static struct notebook book;
static struct performer hands;
static struct vmm_state state;

static void start(void)
{
	book = (struct notebook){.be.ops = &ops};
	cr_assert_eq(
		performer_init(&hands, &book.be, VFIO_PCI_MSIX_IRQ_INDEX, VECTORS, fd_of, NULL), 0);
	cr_assert_eq(vmm_state_init(&state, VECTORS, 0, true, 0), 0);
}

static void stop(void)
{
	vmm_state_fini(&state);
	performer_fini(&hands);
}

TestSuite(perform, .init = start, .fini = stop);

static void carry_out(enum call_kind kind, uint32_t first, uint32_t count)
{
	struct vmm_plan p;

	plan_begin(&p, PLAN_IN_PLACE, first, count);
	plan_add(&p, kind, first, count);
	cr_assert_eq(performer_carry_out(&hands, &state, &p), 0);
}

Test(perform, a_mask_is_of_every_entry_that_the_call_names_and_no_request)
{
	carry_out(CALL_MASK, 2, 3);
	cr_assert_eq(book.masked, 0x1cu);
	cr_assert_eq(hands.calls, 0);
	cr_assert_eq(book.sets, 0);
}

Test(perform, a_set_arms_what_is_wanted_by_its_side_and_is_counted)
{
	state.wanted[2] = state.wanted[3] = 1;
	state.side[3] = 1;
	carry_out(CALL_SET, 1, 3);
	cr_assert(book.last.start == 1 && book.last.count == 3);
	cr_assert(book.fds[0] == -1 && book.fds[1] == 2 && book.fds[2] == 103);
	carry_out(CALL_REMOVE, 2, 1);
	cr_assert_eq(book.fds[0], -1, "wanted or not");
	carry_out(CALL_ARM, 0, 1);
	cr_assert_eq(book.fds[0], 0, "wanted or not");
	carry_out(CALL_DISABLE, 0, 0);
	cr_assert_eq(book.last.count, 0);
	cr_assert_eq(hands.calls, 4);
	cr_assert_eq(book.sets, 4);
}

Test(perform, a_fence_and_a_visit_are_for_devices_whose_messages_fly)
{
	struct performer other;

	cr_assert(hands.flies);
	book.caps = BACKEND_SYNC_FIRE;
	cr_assert_eq(
		performer_init(&other, &book.be, VFIO_PCI_MSIX_IRQ_INDEX, VECTORS, fd_of, NULL), 0);
	cr_assert_not(other.flies);
	performer_fini(&other);
}

Test(perform, a_visit_leaves_the_thread_where_it_may_run_as_it_was)
{
	cpu_set_t before, after;

	cr_assert_eq(sched_getaffinity(0, sizeof(before), &before), 0);
	if (performer_may_visit())
		carry_out(CALL_VISIT, 0, 0);
	cr_assert_eq(sched_getaffinity(0, sizeof(after), &after), 0);
	cr_assert(CPU_EQUAL(&before, &after));
}

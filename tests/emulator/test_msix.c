/* SPDX-License-Identifier: MIT */
/* MSI and MSI-X requests: enable, per-vector steps, rollback, loopback, disable (section 1.5). */
#include <criterion/criterion.h>
#include <errno.h>

#include "fixture.h"

static const enum profile profiles[] = {PROFILE_6_1, PROFILE_6_12};

#define for_each_profile(p) for (size_t p = 0; p < 2; p++)

static void expect(struct fixture *f, uint32_t type, uint32_t allocated, uint32_t active)
{
	struct emu_state s = state_of(f->be);

	cr_assert_eq(s.type, type, "type %u, not %u", s.type, type);
	cr_assert_eq(s.allocated, allocated, "A is %u, not %u", s.allocated, allocated);
	cr_assert_eq(s.active, active, "C is %u, not %u", s.active, active);
	cr_assert_eq(s.references, signal_mem_total_references(f->mem), "references as counted");
}

Test(msix, one_of_intx_msi_and_msix_at_a_time)
{
	for_each_profile(p)
	{
		for (uint32_t on = INTX; on <= MSIX; on++) {
			struct fixture f;

			fixture_open(&f, profiles[p]);
			cr_assert_eq(set_fd(f.be, on, 0, 0), 0, "enable %u", on);
			for (uint32_t other = INTX; other <= MSIX; other++) {
				if (other == on)
					continue;
				cr_assert_eq(set_fd(f.be, other, 0, 1), -EINVAL, "R18 %u", other);
				cr_assert_eq(disable(f.be, other), -EINVAL, "R19 %u", other);
				cr_assert_eq(loopback(f.be, other, 0), -EINVAL, "loop %u", other);
			}
			cr_assert_eq(state_of(f.be).type, on, "still enabled");
			cr_assert_eq(disable(f.be, on), 0, "disable %u", on);
			cr_assert_eq(disable(f.be, on), -EINVAL, "second disable %u", on);
			fixture_close(&f);
		}
	}
}

Test(msix, first_enable_allocates_from_zero)
{
	for_each_profile(p)
	{
		struct fixture f;

		fixture_open(&f, profiles[p]);
		cr_assert_eq(set_fd(f.be, MSIX, 2, 5), 0, "start 2 count 1");
		expect(&f, MSIX, 3, 1);
		cr_assert(vector_of(f.be, 2).active, "C is {2}");
		cr_assert(vector_of(f.be, 0).allocated, "A holds 0 (R43)");
		cr_assert(vector_of(f.be, 0).masked, "a vector without context is masked");
		cr_assert_not(vector_of(f.be, 2).masked, "one with a context is not");
		fixture_close(&f);
	}
}

Test(msix, enable_with_no_vector_is_an_enable)
{
	for_each_profile(p)
	{
		struct fixture f;

		fixture_open(&f, profiles[p]);
		cr_assert_eq(set_fd(f.be, MSIX, 0, -1), 0, "QEMU's idiom (R44)");
		expect(&f, MSIX, 1, 0);
		cr_assert_eq(disable(f.be, MSIX), 0, "and is disabled as any");
		expect(&f, NO_TYPE, 0, 0);
		fixture_close(&f);
	}
}

Test(msix, first_enable_is_all_or_nothing)
{
	const int32_t fds[] = {0, SLOT_CLOSED, 2};

	for_each_profile(p)
	{
		struct fixture f;

		fixture_open(&f, profiles[p]);
		cr_assert_eq(set_fds(f.be, MSIX, 0, 3, fds), -EBADF, "bad fd at 1");
		expect(&f, NO_TYPE, 0, 0);
		cr_assert_eq(set_fd(f.be, MSIX, 0, SLOT_OTHER), -EINVAL, "not an eventfd");
		expect(&f, NO_TYPE, 0, 0);
		cr_assert_eq(signal_mem_total_references(f.mem), 0, "no reference (R45)");
		fixture_close(&f);
	}
}

struct count0 {
	const char *what;
	uint32_t flags, start;
	int none, other, here_6_1, here_6_12; /* in which state, what comes back */
};

/* Section 1.5 with count 0; "this type" has 4 vectors. */
static const struct count0 count0[] = {
	{"BOOL", TRIGGER | BOOL, 0, -EINVAL, -EINVAL, 0, 0},
	{"BOOL start 4", TRIGGER | BOOL, 4, -EINVAL, -EINVAL, 0, 0},
	/* The loop of 6.1 asks for start + count <= nvec before it looks at count. */
	{"BOOL start 5", TRIGGER | BOOL, 5, -EINVAL, -EINVAL, -EINVAL, 0},
	{"EVENTFD start 0", TRIGGER | EVENTFD, 0, -ERANGE, -EINVAL, 0, 0},
	{"EVENTFD start 2", TRIGGER | EVENTFD, 2, 1, -EINVAL, 0, 0},
	{"EVENTFD start 4", TRIGGER | EVENTFD, 4, 1, -EINVAL, -EINVAL, 0},
	{"EVENTFD start 9", TRIGGER | EVENTFD, 9, 1, -EINVAL, -EINVAL, 0},
	{"NONE start 0", TRIGGER | NONE, 0, -EINVAL, -EINVAL, 0, 0},
	{"NONE start 9", TRIGGER | NONE, 9, -EINVAL, -EINVAL, 0, 0},
};

static int ask(struct fixture *f, uint32_t index, const struct count0 *c)
{
	return request(f->be, c->flags, index, c->start, 0, NULL, 0);
}

Test(msix, count_zero_as_section_1_5_has_it)
{
	const int32_t fds[4] = {0, 1, 2, 3};

	for (uint32_t index = MSI; index <= MSIX; index++) {
		for_each_profile(p)
		{
			for (size_t i = 0; i < sizeof(count0) / sizeof(count0[0]); i++) {
				const struct count0 *c = &count0[i];
				bool v61 = profiles[p] == PROFILE_6_1;
				struct fixture f;
				int ret;

				fixture_open(&f, profiles[p]);
				ret = ask(&f, index, c);
				if (c->none != 1) {
					cr_assert_eq(ret, c->none, "%s, none: %d", c->what, ret);
					expect(&f, NO_TYPE, 0, 0);
				} else if (v61) {
					cr_assert_eq(ret, -EINVAL, "%s, 6.1: %d", c->what, ret);
					expect(&f, NO_TYPE, 0, 0);
				} else {
					cr_assert_eq(ret, 0, "%s, 6.12: %d", c->what, ret);
					expect(&f, index, c->start, 0);
					cr_assert_eq(disable(f.be, index), 0, "disable");
				}

				cr_assert_eq(set_fd(f.be, INTX, 0, 9), 0, "INTX on");
				ret = ask(&f, index, c);
				cr_assert_eq(ret, c->other, "%s, other: %d", c->what, ret);
				expect(&f, INTX, 0, 0);
				cr_assert_eq(disable(f.be, INTX), 0, "INTX off");

				cr_assert_eq(set_fds(f.be, index, 0, 4, fds), 0, "enable 4");
				ret = ask(&f, index, c);
				cr_assert_eq(ret, v61 ? c->here_6_1 : c->here_6_12, "%s, here: %d",
					     c->what, ret);
				if (c->flags & NONE)
					expect(&f, NO_TYPE, 0, 0);
				else
					expect(&f, index, 4, 4);
				fixture_close(&f);
			}
		}
	}
}

Test(msix, vectors_are_added_one_by_one_in_6_12)
{
	struct fixture f;

	fixture_open(&f, PROFILE_6_12);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "enable");
	cr_assert_eq(set_fd(f.be, MSIX, 63, 1), 0, "add the last");
	expect(&f, MSIX, 2, 2);
	cr_assert_not(vector_of(f.be, 62).allocated, "and nothing between");
	cr_assert_eq(set_fd(f.be, MSIX, 40, -1), 0, "-1 of one never allocated (R51)");
	expect(&f, MSIX, 2, 2);
	fixture_close(&f);
}

Test(msix, nothing_is_added_where_the_host_cannot)
{
	struct emu_config cfg;
	struct fixture f;

	emu_config_default(&cfg);
	cfg.host_dyn = false;
	fixture_open_with(&f, cfg);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "enable");
	cr_assert_eq(set_fd(f.be, MSIX, 3, 1), -EINVAL, "B28");
	cr_assert_eq(set_fd(f.be, MSIX, 3, -1), 0, "R51");
	expect(&f, MSIX, 1, 1);
	fixture_close(&f);
}

Test(msix, nothing_beyond_nvec_in_6_1)
{
	const int32_t fds[] = {-1, 7};
	struct fixture f;

	fixture_open(&f, PROFILE_6_1);
	cr_assert_eq(set_fd(f.be, MSIX, 1, 1), 0, "enable 2");
	cr_assert_eq(set_fd(f.be, MSIX, 2, 2), -EINVAL, "add");
	cr_assert_eq(set_fd(f.be, MSIX, 2, -1), -EINVAL, "-1 beyond (R51)");
	cr_assert_eq(set_fds(f.be, MSIX, 1, 2, fds), -EINVAL, "a block across the end");
	cr_assert(vector_of(f.be, 1).active, "is refused before anything changes");
	cr_assert_eq(loopback(f.be, MSIX, 2), -EINVAL, "loopback beyond");
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "within");
	expect(&f, MSIX, 2, 2);
	fixture_close(&f);
}

Test(msix, msi_is_never_added_to)
{
	for_each_profile(p)
	{
		struct fixture f;

		fixture_open(&f, profiles[p]);
		cr_assert_eq(set_fd(f.be, MSI, 1, 1), 0, "enable 2");
		cr_assert_eq(set_fd(f.be, MSI, 2, 2), -EINVAL, "add");
		expect(&f, MSI, 2, 1);
		cr_assert_eq(set_fd(f.be, MSI, 9, -1), profiles[p] == PROFILE_6_1 ? -EINVAL : 0,
			     "-1 beyond (R51)");
		fixture_close(&f);
	}
}

Test(msix, a_bad_fd_tears_down_the_vector_it_was_meant_for)
{
	for_each_profile(p)
	{
		struct fixture f;

		fixture_open(&f, profiles[p]);
		cr_assert_eq(set_fd(f.be, MSIX, 1, 1), 0, "enable");
		cr_assert_eq(set_fd(f.be, MSIX, 1, SLOT_CLOSED), -EBADF, "R52");
		expect(&f, MSIX, 2, 0);
		cr_assert_eq(signal_mem_references(f.mem, 1), 0, "the old trigger is gone");
		cr_assert_eq(set_fd(f.be, MSIX, 1, SLOT_OTHER), -EINVAL, "not an eventfd");
		expect(&f, MSIX, 2, 0);
		fixture_close(&f);
	}
}

Test(msix, failed_block_ends_without_what_it_reached_and_leaves_the_rest)
{
	const int32_t fds[] = {0, 1, SLOT_CLOSED, 3};

	for_each_profile(p)
	{
		struct fixture f;

		fixture_open(&f, profiles[p]);
		cr_assert_eq(set_fd(f.be, MSIX, 3, 13), 0, "only 3 active of 4");
		cr_assert_eq(set_fd(f.be, MSIX, 0, 10), 0, "and 0");
		cr_assert_eq(set_fds(f.be, MSIX, 0, 4, fds), -EBADF, "bad fd at 2");
		expect(&f, MSIX, 4, 1);
		cr_assert_eq(backend_fire(f.be, MSIX, 3), 0, "fire 3");
		cr_assert_eq(signals(&f, 13), 1, "3 kept its old trigger (R53)");
		fixture_close(&f);
	}
}

Test(msix, failed_add_leaves_live_vectors_as_the_kernel_does)
{
	const int32_t fds[] = {4, SLOT_OTHER, 6};
	struct fixture f;

	fixture_open(&f, PROFILE_6_12);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "enable");
	cr_assert_eq(set_fds(f.be, MSIX, 4, 3, fds), -EINVAL, "add 4..6, 5 is no eventfd");
	expect(&f, MSIX, 3, 1);
	cr_assert(vector_of(f.be, 4).allocated, "4 stays in A (R56)");
	cr_assert(vector_of(f.be, 5).allocated, "so does 5, which failed after its irq");
	cr_assert_not(vector_of(f.be, 6).allocated, "6 was not reached");
	cr_assert_eq(backend_fire(f.be, MSIX, 0), 0, "fire 0");
	cr_assert_eq(signals(&f, 0), 1, "0 is alive (R54)");
	fixture_close(&f);
}

Test(msix, a_vector_keeps_its_host_irq_until_disable)
{
	for_each_profile(p)
	{
		const int32_t fds[4] = {0, 1, 2, 3};
		struct fixture f;
		uint32_t irq;

		fixture_open(&f, profiles[p]);
		cr_assert_eq(set_fds(f.be, MSIX, 0, 4, fds), 0, "enable");
		irq = vector_of(f.be, 2).host_irq;
		cr_assert_neq(irq, vector_of(f.be, 1).host_irq, "each has its own");
		cr_assert_eq(set_fd(f.be, MSIX, 2, -1), 0, "disarm");
		cr_assert_eq(vector_of(f.be, 2).host_irq, irq, "kept while disarmed");
		cr_assert_eq(set_fd(f.be, MSIX, 2, SLOT_CLOSED), -EBADF, "failed set");
		cr_assert_eq(set_fd(f.be, MSIX, 2, 9), 0, "arm");
		cr_assert_eq(vector_of(f.be, 2).host_irq, irq, "R56");
		cr_assert_eq(disable(f.be, MSIX), 0, "disable");
		cr_assert_not(vector_of(f.be, 2).allocated, "gone with the index");
		fixture_close(&f);
	}
}

Test(msix, loopback_signals_what_it_selects)
{
	const int32_t fds[4] = {0, 1, -1, 3};
	const uint8_t bools[4] = {0, 2, 1, 1};

	for (uint32_t index = MSI; index <= MSIX; index++) {
		for_each_profile(p)
		{
			struct fixture f;

			fixture_open(&f, profiles[p]);
			cr_assert_eq(set_fds(f.be, index, 0, 4, fds), 0, "enable");
			cr_assert_eq(set_none(f.be, TRIGGER, index, 0, 4), 0, "all of them");
			cr_assert_eq(request(f.be, TRIGGER | BOOL, index, 0, 4, bools, 4), 0,
				     "some of them");
			cr_assert_eq(signals(&f, 0), 1, "not selected by its bool");
			cr_assert_eq(signals(&f, 1), 2, "2 is true (R59)");
			cr_assert_eq(signals(&f, 3), 2, "selected twice");
			fixture_close(&f);
		}
	}
}

Test(msix, loopback_skips_what_has_no_context_in_6_12)
{
	struct fixture f;

	fixture_open(&f, PROFILE_6_12);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "enable");
	cr_assert_eq(set_none(f.be, TRIGGER, MSIX, 0, 64), 0, "all 64");
	cr_assert_eq(loopback(f.be, MSIX, 63), 0, "one far out");
	cr_assert_eq(signals(&f, 0), 1, "the one there is");
	fixture_close(&f);
}

Test(msix, loopback_passes_masks_and_saturates)
{
	struct fixture f;

	fixture_open(&f, PROFILE_6_12);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "enable");
	backend_device(f.be, BACKEND_DEV_FUNCTION_MASK, true);
	cr_assert_eq(signal_mem_write(f.mem, 0, UINT64_MAX - 1), 0, "as far as a user gets");
	cr_assert_eq(signal_mem_write(f.mem, 0, 1), -EAGAIN, "R67");
	cr_assert_eq(loopback(f.be, MSIX, 0), 0, "one more");
	cr_assert_eq(loopback(f.be, MSIX, 0), 0, "and one that vanishes");
	cr_assert_eq(signals(&f, 0), UINT64_MAX, "R59");
	fixture_close(&f);
}

Test(msix, one_eventfd_may_serve_many_vectors)
{
	const int32_t fds[3] = {7, 7, 7};
	struct fixture f;

	fixture_open(&f, PROFILE_6_12);
	cr_assert_eq(set_fds(f.be, MSIX, 0, 3, fds), 0, "enable");
	cr_assert_eq(signal_mem_references(f.mem, 7), 3, "a reference each (R66)");
	for (uint32_t v = 0; v < 3; v++)
		cr_assert_eq(backend_fire(f.be, MSIX, v), 0, "fire %u", v);
	cr_assert_eq(signals(&f, 7), 3, "R58");
	cr_assert_eq(set_fd(f.be, MSIX, 1, -1), 0, "one goes");
	cr_assert_eq(signal_mem_references(f.mem, 7), 2, "with its reference");
	fixture_close(&f);
}

Test(msix, closing_the_fd_does_not_stop_the_signals)
{
	struct fixture f;

	fixture_open(&f, PROFILE_6_12);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "enable");
	cr_assert_eq(signal_mem_close(f.mem, 0), 0, "user closes");
	cr_assert_eq(signal_mem_open(f.mem, 0, SIGNAL_MEM_EVENTFD), 0, "the number is used again");
	cr_assert_eq(backend_fire(f.be, MSIX, 0), 0, "fire");
	cr_assert_eq(signals(&f, 0), 0, "the new one is another (R65)");
	cr_assert_eq(state_of(f.be).sent, 1, "the old one got it");
	fixture_close(&f);
}

Test(msix, reset_touches_no_interrupt)
{
	struct fixture f;

	fixture_open(&f, PROFILE_6_12);
	cr_assert_eq(set_fd(f.be, MSIX, 3, 3), 0, "enable");
	cr_assert_eq(backend_reset(f.be), 0, "reset");
	cr_assert_eq(backend_fire(f.be, MSIX, 3), 0, "fire");
	cr_assert_eq(signals(&f, 3), 1, "R22");
	fixture_close(&f);
}

Test(msix, references_are_the_stored_triggers)
{
	const int32_t fds[4] = {0, 1, 2, 3};

	for_each_profile(p)
	{
		struct fixture f;

		fixture_open(&f, profiles[p]);
		cr_assert_eq(set_fds(f.be, MSIX, 0, 4, fds), 0, "enable");
		cr_assert_eq(set_fd(f.be, ERR, 0, 10), 0, "ERR");
		cr_assert_eq(set_fd(f.be, REQ, 0, 11), 0, "REQ");
		cr_assert_eq(state_of(f.be).references, 6, "4 vectors, ERR, REQ");
		cr_assert_eq(set_fd(f.be, MSIX, 0, 20), 0, "replace");
		cr_assert_eq(signal_mem_references(f.mem, 0), 0, "the old one is dropped");
		cr_assert_eq(set_fd(f.be, MSIX, 1, -1), 0, "disarm");
		cr_assert_eq(state_of(f.be).references, 5, "3 vectors, ERR, REQ");
		cr_assert_eq(disable(f.be, MSIX), 0, "disable");
		cr_assert_eq(state_of(f.be).references, 2, "ERR and REQ survive (R20)");
		fixture_close(&f);
	}
}

Test(msix, close_drops_every_reference)
{
	for (uint32_t index = INTX; index <= MSIX; index++) {
		struct fixture f;

		fixture_open(&f, PROFILE_6_12);
		cr_assert_eq(set_fd(f.be, index, 0, 0), 0, "enable %u", index);
		cr_assert_eq(set_fd(f.be, ERR, 0, 1), 0, "ERR");
		cr_assert_eq(set_fd(f.be, REQ, 0, 2), 0, "REQ");
		cr_assert_eq(signal_mem_total_references(f.mem), 3, "three are held");
		fixture_close(&f); /* asserts that none is left: R21, B12 */
	}
}

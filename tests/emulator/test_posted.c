/* SPDX-License-Identifier: MIT */
/* Messages under way while a call works on their vector, step by step: which are lost (R80). */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "fixture.h"

static struct fixture f;

static void open_with(bool posted)
{
	struct emu_config cfg;

	emu_config_default(&cfg);
	cfg.posted = posted;
	fixture_open_with(&f, cfg);
}

static void setup(void)
{
	open_with(true);
}

static void teardown(void)
{
	fixture_close(&f);
}

TestSuite(posted, .init = setup, .fini = teardown);
TestSuite(not_posted);

/* Fires of @vector at the @nth step of a call. */
struct shot {
	uint32_t index, vector, times;
	uint32_t nth, n;
	const char *where; /* what that step is called, NULL: there is none */
};

static void on_step(void *data, const char *where)
{
	struct shot *s = data;

	if (++s->n != s->nth)
		return;
	s->where = where;
	for (uint32_t i = 0; i < s->times; i++)
		cr_assert_eq(backend_fire(f.be, s->index, s->vector), 0, "fire");
}

static void hook(struct shot *s)
{
	f.be->ops->set_step_hook(f.be, s ? on_step : NULL, s);
}

/* A call on the device that is enabled with e0 on vector 0 and e1 on vector 1. */
typedef void (*call)(void);

static void swap(void)
{
	cr_assert_eq(set_fd(f.be, MSIX, 0, 2), 0, "swap");
}

static void removal(void)
{
	cr_assert_eq(set_fd(f.be, MSIX, 0, -1), 0, "removal");
}

static void addition(void)
{
	cr_assert_eq(set_fd(f.be, MSIX, 5, 5), 0, "add");
}

static void swap_rolled_back(void)
{
	cr_assert_eq(set_fds(f.be, MSIX, 0, 2, (int32_t[]){2, SLOT_CLOSED}), -EBADF, "fails");
}

static void turn_off(void)
{
	cr_assert_eq(disable(f.be, MSIX), 0, "disable");
}

static void expect_no_fire_missing(uint64_t fires)
{
	struct emu_state s = state_of(f.be);

	cr_assert_eq(s.sent + s.coalesced + s.pending + s.dropped_disabled + s.dropped_shutdown,
		     fires, "every fire ended");
}

/*
 * @made with one fire of vector 0 at each of its steps in turn, on a device of its own; then vector
 * 0 is armed again. How many of the fires were lost, each at a step called @lost_at.
 */
static uint32_t losses(bool posted, call made, const char *lost_at)
{
	uint32_t lost = 0;

	for (uint32_t nth = 1;; nth++) {
		struct shot s = {.index = MSIX, .nth = nth, .times = 1};
		uint64_t arrived;

		open_with(posted);
		cr_assert_eq(set_fds(f.be, MSIX, 0, 2, (int32_t[]){0, 1}), 0, "enable");
		hook(&s);
		made();
		hook(NULL);
		cr_assert_eq(set_fd(f.be, MSIX, 0, 3), 0, "arm again");
		arrived = signals(&f, 0) + signals(&f, 2) + signals(&f, 3);
		if (!s.where) {
			fixture_close(&f);
			cr_assert_gt(nth, 3, "it has steps");
			return lost;
		}
		cr_assert_leq(arrived, 1, "%s: %lu", s.where, arrived);
		cr_assert_eq(state_of(f.be).dropped_shutdown + state_of(f.be).dropped_disabled,
			     1 - arrived, "%s: accounted for", s.where);
		if (!arrived)
			cr_assert_str_eq(s.where, lost_at, "lost at another step");
		lost += !arrived;
		expect_no_fire_missing(1);
		fixture_close(&f);
	}
}

Test(not_posted, a_swap_or_removal_loses_nothing_at_any_step)
{
	cr_assert_eq(losses(false, swap, ""), 0, "swap");
	cr_assert_eq(losses(false, removal, ""), 0, "removal");
	cr_assert_eq(losses(false, swap_rolled_back, ""), 0, "a swap that is rolled back");
}

Test(not_posted, with_it_a_swap_loses_only_what_left_just_before_the_mask)
{
	cr_assert_eq(losses(true, swap, "before free_irq"), 1, "R80");
}

Test(not_posted, with_it_a_removal_loses_the_same)
{
	cr_assert_eq(losses(true, removal, "before free_irq"), 1, "R80");
}

Test(not_posted, with_it_a_roll_back_loses_twice_as_it_tears_down_twice)
{
	cr_assert_eq(losses(true, swap_rolled_back, "before free_irq"), 2, "R53, R80");
}

Test(not_posted, with_it_a_vector_added_in_place_costs_the_others_nothing)
{
	cr_assert_eq(losses(true, addition, ""), 0, "R54");
}

Test(posted, a_disable_loses_what_is_under_way_apart_from_what_finds_it_disabled)
{
	static const struct {
		const char *where;
		uint64_t shutdown, disabled, arrived;
	} steps[] = {
		{"before free_irq", 1, 0, 0},
		{"after free_irq", 0, 0, 1}, /* the pending bit outlives the disable */
		{"after Enable is cleared", 0, 1, 0},
		{"before the call returns", 0, 1, 0},
	};
	uint32_t seen = 0;

	for (uint32_t nth = 1, last = 0; !last; nth++) {
		struct shot s = {.index = MSIX, .nth = nth, .times = 1};
		struct emu_state before = state_of(f.be), after;

		cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "enable");
		hook(&s);
		turn_off();
		hook(NULL);
		last = !s.where;
		cr_assert_eq(set_fd(f.be, MSIX, 0, 3), 0, "enable again");
		after = state_of(f.be);
		for (uint32_t i = 0; s.where && i < 4; i++) {
			if (strcmp(steps[i].where, s.where))
				continue;
			seen |= 1u << i;
			cr_assert_eq(after.dropped_shutdown - before.dropped_shutdown,
				     steps[i].shutdown, "%s: shut down", s.where);
			cr_assert_eq(after.dropped_disabled - before.dropped_disabled,
				     steps[i].disabled, "%s: disabled", s.where);
			cr_assert_eq(after.sent - before.sent, steps[i].arrived, "%s: sent",
				     s.where);
		}
		turn_off();
	}
	cr_assert_eq(seen, 0xf, "each of the steps was there: %#x", seen);
}

Test(posted, what_is_under_way_at_the_end_arrives_before_the_call_returns)
{
	struct shot s = {.index = MSIX, .vector = 1, .times = 1};

	cr_assert_eq(set_fds(f.be, MSIX, 0, 2, (int32_t[]){0, 1}), 0, "enable");
	hook(&s);
	swap(); /* how many steps are there? */
	s = (struct shot){.index = MSIX, .vector = 1, .times = 1, .nth = s.n};
	swap();
	cr_assert_str_eq(s.where, "before the call returns");
	cr_assert_eq(signals(&f, 1), 1, "arrived");
}

Test(posted, outside_of_a_call_messages_arrive_at_once)
{
	struct shot s = {.nth = UINT32_MAX};

	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "enable");
	hook(&s);
	cr_assert_eq(backend_fire(f.be, MSIX, 0), 0, "fire");
	cr_assert_eq(signals(&f, 0), 1, "there");
}

Test(posted, more_than_can_be_under_way_all_arrive)
{
	struct shot s = {.index = MSIX, .vector = 1, .times = 1000, .nth = 2};

	cr_assert_eq(set_fds(f.be, MSIX, 0, 2, (int32_t[]){0, 1}), 0, "enable");
	hook(&s);
	swap();
	cr_assert_eq(signals(&f, 1), 1000, "R54");
	expect_no_fire_missing(1000);
}

Test(posted, msi_has_no_mask_so_it_loses_what_msix_would_keep)
{
	static const struct {
		const char *where;
		bool arrives;
	} steps[] = {
		{"before the producer goes", true},
		{"before free_irq", false},
		{"after free_irq", false},
		{"before request_irq", true}, /* under way until there is a handler */
		{"after request_irq", true},
	};
	uint32_t seen = 0, lost = 0;

	cr_assert_eq(set_fd(f.be, MSI, 0, 0), 0, "enable");
	for (uint32_t nth = 1;; nth++) {
		struct shot s = {.index = MSI, .nth = nth, .times = 1};
		uint64_t arrived;

		hook(&s);
		cr_assert_eq(set_fd(f.be, MSI, 0, 1), 0, "swap");
		hook(NULL);
		if (!s.where)
			break;
		arrived = signals(&f, 0) + signals(&f, 1);
		lost += !arrived;
		for (uint32_t i = 0; i < 5; i++) {
			if (strcmp(steps[i].where, s.where))
				continue;
			seen |= 1u << i;
			cr_assert_eq(arrived, steps[i].arrives, "%s", s.where);
		}
		cr_assert_eq(set_fd(f.be, MSI, 0, 0), 0, "back");
	}
	cr_assert_eq(seen, 0x1f, "each of the steps was there: %#x", seen);
	cr_assert_eq(state_of(f.be).dropped_shutdown, lost, "accounted for");
}

/* SPDX-License-Identifier: MIT */
/*
 * The guest's oracle by itself: what it must say of a frontend that a test has set up, where no
 * strategy, right or wrong, would bring one.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "vmm/guest_oracle.h"

#define VECTORS 4u

static struct guest_entry entries[VECTORS];
static struct guest_program program;
static struct guest_result result;
static struct guest_oracle oracle;
static struct frontend front;

/* A guest that uses vectors 0 and 1 and masks the others, all of them with a trigger. */
static void start_as(const char *strategy)
{
	program = (struct guest_program){.vectors = VECTORS};
	program.strategy = strategy_find(strategy);
	memset(&result, 0, sizeof(result));
	memset(entries, 0, sizeof(entries));
	memset(&front, 0, sizeof(front));
	front.st = program.strategy;
	front.entries = entries;
	front.enabled = true;
	cr_assert_eq(vmm_state_init(&front.s, VECTORS, 0, true, 0), 0);
	front.s.enabled = true;
	memset(front.s.wanted, 1, VECTORS);
	entries[2].masked = entries[3].masked = true;
	guest_oracle_init(&oracle, &program, &result);
	guest_oracle_begin(&oracle, &front, GUEST_POLL);
}

static void start(void)
{
	start_as("dynamic");
}

static void stop(void)
{
	vmm_state_fini(&front.s);
}

TestSuite(guest_oracle, .init = start, .fini = stop);

static void again(const char *strategy)
{
	stop();
	start_as(strategy);
}

static void deliver(uint32_t vector)
{
	guest_oracle_delivered(&oracle, &front, vector, &entries[vector].message);
}

static void finds(const char *name)
{
	cr_assert(result.finding, "%s is not found", name);
	cr_assert_str_eq(result.oracle, name, "%s", result.text);
}

Test(guest_oracle, an_interrupt_that_nobody_raised_is_spurious)
{
	guest_oracle_fired(&oracle, &front, 0, false);
	deliver(0);
	cr_assert_not(result.finding);
	deliver(0);
	finds("spurious");
}

Test(guest_oracle, fires_that_came_as_one_are_not_owed_once_more)
{
	guest_oracle_fired(&oracle, &front, 0, false);
	guest_oracle_fired(&oracle, &front, 0, false);
	deliver(0);
	guest_oracle_end(&oracle, &front, true);
	cr_assert_not(result.finding && !strcmp(result.oracle, "spurious"));
	result.finding = false;
	guest_oracle_begin(&oracle, &front, GUEST_POLL);
	deliver(0);
	finds("spurious");
}

Test(guest_oracle, an_interrupt_with_another_address_or_data_has_a_wrong_message)
{
	struct guest_message other = {.address = 0xfee01000u, .data = 7};

	for (uint32_t k = 0; k < 2; k++) {
		again("dynamic");
		entries[0].message = other;
		guest_oracle_fired(&oracle, &front, 0, false);
		other.address ^= k ? 0 : 0x1000u;
		other.data ^= k;
		guest_oracle_delivered(&oracle, &front, 0, &other);
		finds("message");
	}
	again("dynamic");
	entries[0].violated = true; /* the guest wrote it while unmasked: undefined (P1) */
	guest_oracle_fired(&oracle, &front, 0, false);
	guest_oracle_delivered(&oracle, &front, 0, &other);
	cr_assert_not(result.finding);
}

Test(guest_oracle, what_a_used_vector_had_before_a_teardown_is_owed_after_it)
{
	again("teardown");
	guest_oracle_fired(&oracle, &front, 0, false);
	front.teardowns++;
	guest_oracle_end(&oracle, &front, true);
	finds("lost");
	again("teardown");
	guest_oracle_fired(&oracle, &front, 0, true);
	front.teardowns++;
	guest_oracle_end(&oracle, &front, true);
	cr_assert_not(result.finding, "in the middle of it: that is its gap");
	cr_assert_eq(result.gone[0], 1);
}

Test(guest_oracle, an_unmask_can_lose_what_is_in_flight_and_nothing_else)
{
	for (int posted = 0; posted < 2; posted++) {
		again("swap");
		program.posted = posted;
		entries[0].masked = true;
		guest_oracle_begin(&oracle, &front, GUEST_UNMASK);
		guest_oracle_fired(&oracle, &front, 0, true);
		entries[0].masked = false;
		guest_oracle_end(&oracle, &front, true);
		cr_assert_eq(result.finding, !posted, "%s", result.text);
	}
}

Test(guest_oracle, what_the_host_refused_one_vector_excuses_that_one_alone)
{
	front.s.refusals = 1;
	front.s.refused[1] = 1;
	guest_oracle_fired(&oracle, &front, 1, false);
	guest_oracle_end(&oracle, &front, true);
	cr_assert_not(result.finding, "%s", result.text);
	guest_oracle_fired(&oracle, &front, 0, false);
	guest_oracle_end(&oracle, &front, true);
	finds("lost");
}

Test(guest_oracle, a_pending_bit_must_be_set_and_clear_when_it_is_due)
{
	guest_oracle_pending(&oracle, &front, 2, true);
	finds("pending");
	again("dynamic");
	guest_oracle_fired(&oracle, &front, 2, false);
	guest_oracle_pending(&oracle, &front, 2, true);
	cr_assert_not(result.finding);
	guest_oracle_pending(&oracle, &front, 2, false);
	finds("pending");
}

Test(guest_oracle, intx_with_the_line_down_is_spurious)
{
	guest_oracle_line(&oracle, true);
	guest_oracle_intx(&oracle);
	cr_assert_not(result.finding);
	guest_oracle_line(&oracle, false);
	guest_oracle_eoi(&oracle);
	front.enabled = false;
	front.intx = true;
	guest_oracle_end(&oracle, &front, true);
	cr_assert_not(result.finding);
	guest_oracle_intx(&oracle);
	finds("spurious");
}

Test(guest_oracle, intx_is_armed_when_it_has_to_be_and_not_else)
{
	static const struct {
		bool no_pin, enabled, armed, right;
	} all[] = {
		{false, false, true, true}, {false, false, false, false},
		{false, true, false, true}, {false, true, true, false},
		{true, false, false, true}, {true, false, true, false},
		{true, true, false, true},  {true, true, true, false},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		again("dynamic");
		program.no_pin = all[i].no_pin;
		front.enabled = all[i].enabled;
		front.intx = all[i].armed;
		guest_oracle_end(&oracle, &front, true);
		cr_assert_eq(result.finding, !all[i].right, "case %zu", i);
	}
}

Test(guest_oracle, anything_that_is_left_is_a_leak)
{
	for (uint32_t k = 0; k < 4; k++) {
		again("dynamic");
		guest_oracle_left(&oracle, k == 1, k == 2, k == 3);
		cr_assert_eq(result.finding, k > 0, "case %u", k);
	}
}

Test(guest_oracle, a_call_that_fails_is_told_whatever_it_returned)
{
	guest_oracle_failed(&oracle, &front, -EINVAL);
	finds("call");
	again("dynamic");
	guest_oracle_failed(&oracle, &front, 3);
	finds("call");
}

/* SPDX-License-Identifier: MIT */
/* Verdicts by age and what takes them back, holds over teardowns and swaps, the end of the lags. */
#include "ledger_rig.h"

#define SEC 1000000000ULL

TestSuite(age, .init = setup, .fini = teardown);
TestSuite(hold, .init = setup, .fini = teardown);

static const struct account_rules timed = {
	.timed = true, .deadline_ns = 1000, .lost_after_ns = SEC, .flight_ns = 1000};

static void fire_due(uint64_t due, uint64_t now)
{
	uint64_t slot = 0;

	cr_assert(ledger_begin(&l, due, now, PHASE_STEADY, &slot), "room");
	ledger_end(&l, slot);
}

static void resolve(uint64_t now)
{
	struct account_mark m;

	account_mark(&l, &m);
	account_resolve(&l, t, &timed, &m, now);
}

static void read_at(uint64_t count, uint64_t now)
{
	account_read(&l, t, &timed, count, now);
}

static void lose(uint64_t ns, uint32_t vector)
{
	t->missing.at[t->missing.n++] =
		(struct account_event){.ns = ns, .vector = vector, .count = 1};
}

Test(age, a_response_of_just_the_deadline_is_in_time)
{
	fire_due(5000, 5500);
	read_at(1, 6000);
	cr_assert_eq(t->late, 0);
	fire_due(7000, 7500);
	read_at(1, 8001);
	cr_assert_eq(t->late, 1);
}

Test(age, the_longest_lag_stays_the_longest)
{
	static const uint64_t hours9 = 9 * 3600 * SEC;

	for (uint64_t lag = 16; lag < hours9; lag += lag / 3 + 1) {
		uint64_t back = stamp_lag(stamp_pack(lag, PHASE_SETTLE));

		cr_assert(back <= lag && lag - back <= 16 + (lag >> 25), "%lu becomes %lu",
			  (unsigned long)lag, (unsigned long)back);
		cr_assert_eq(stamp_phase(stamp_pack(lag, PHASE_SETTLE)), PHASE_SETTLE);
	}
	cr_assert_geq(stamp_lag(stamp_pack(2 * hours9, PHASE_RESIZE)), hours9);
	cr_assert_geq(stamp_lag(stamp_pack(UINT64_MAX, PHASE_RESIZE)), hours9);
	cr_assert_eq(stamp_phase(stamp_pack(UINT64_MAX, PHASE_RESIZE)), PHASE_RESIZE);
}

Test(age, age_begins_when_the_fire_was_made)
{
	fire_due(1000, 1000 + SEC / 2);
	resolve(1000 + SEC);
	cr_assert_eq(t->lost_unexplained, 0, "half a second old, and due a second ago");
	resolve(1000 + SEC + SEC / 2);
	cr_assert_eq(t->lost_unexplained, 1);
	cr_assert_eq(t->missing.at[0].ns, 1000 + SEC / 2);
	cr_assert_eq(t->missing.at[0].vector, 7);
}

Test(age, a_signal_long_after_the_verdict_takes_nothing_back)
{
	fire_due(1000, 1000);
	resolve(1000 + SEC);
	cr_assert_eq(t->lost_unexplained, 1);
	read_at(1, 1001 + 3 * SEC);
	cr_assert_eq(t->lost_unexplained, 1, "the verdict stands");
	cr_assert_eq(t->extra, 1);
}

Test(age, a_signal_soon_after_the_verdict_takes_it_back_and_is_late)
{
	fire_due(1000, 1000);
	resolve(1000 + SEC);
	read_at(1, 1000 + 3 * SEC);
	cr_assert_eq(t->lost_unexplained, 0);
	cr_assert_eq(t->delivered, 1);
	cr_assert_eq(t->late, 1);
	cr_assert_eq(t->untimed, 1, "its stamp is gone");
	cr_assert_eq(t->missing.n, 0);
}

Test(age, a_verdict_is_taken_back_once)
{
	fire_due(1000, 1000);
	resolve(1000 + SEC);
	read_at(2, 2000 + SEC);
	cr_assert_eq(t->delivered, 1);
	cr_assert_eq(t->extra, 1);
	read_at(1, 3000 + SEC);
	cr_assert_eq(t->delivered, 1);
	cr_assert_eq(t->extra, 2);
}

Test(age, of_two_verdicts_the_worse_is_taken_back)
{
	fire_due(1000, 1000);
	ledger_set_state(&l, VEC_REMOVING);
	ledger_set_state(&l, VEC_DISARMED);
	resolve(3000);
	ledger_set_state(&l, VEC_ADDING);
	ledger_set_state(&l, VEC_ARMED);
	resolve(10000);
	resolve(20000);
	cr_assert_eq(t->unarmed, 1);
	fire_due(21000, 21000);
	resolve(21000 + SEC);
	cr_assert_eq(t->lost_unexplained, 1);
	read_at(1, 30000 + SEC);
	cr_assert_eq(t->lost_unexplained, 0);
	cr_assert_eq(t->unarmed, 1);
}

Test(age, what_is_taken_back_is_of_its_own_vector)
{
	lose(900, 3);
	fire_due(1000, 1000);
	resolve(1000 + SEC);
	lose(1100, 4);
	cr_assert_eq(t->missing.n, 3);
	read_at(1, 2000 + SEC);
	cr_assert_eq(t->missing.n, 2);
	for (uint32_t i = 0; i < t->missing.n; i++)
		cr_assert_neq(t->missing.at[i].vector, 7);
}

/* Removed, and resolved while it is; then it is added. */
Test(age, only_a_fire_whose_entry_was_open_then_or_later_leaves_a_message)
{
	fire_due(1000, 1000);
	ledger_set_state(&l, VEC_REMOVING);
	ledger_set_state(&l, VEC_DISARMED);
	resolve(3000);
	cr_assert_eq(t->departed.n, 1, "it was armed");
	fire_due(4000, 4000);
	resolve(6000);
	cr_assert_eq(t->departed.n, 1, "it was masked, and is");
	fire_due(7000, 7000);
	ledger_set_state(&l, VEC_ADDING);
	resolve(9000);
	cr_assert_eq(t->departed.n, 2, "it was masked, and is open now");
}

/* @n fires that a removal meets; then their vector comes back. */
static void depart_and_come_back(uint64_t n, uint64_t signals)
{
	for (uint64_t i = 0; i < n; i++)
		fire_due(1000 + i, 1000 + i);
	ledger_set_state(&l, VEC_REMOVING);
	ledger_set_state(&l, VEC_DISARMED);
	resolve(3000);
	cr_assert_eq(t->departed.n, n);
	if (signals)
		read_at(signals, 4000);
	ledger_set_state(&l, VEC_ADDING);
	ledger_set_state(&l, VEC_ARMED);
	cr_assert_eq(t->departed.n, n - signals, "what came is not under way");
	resolve(10000);
	resolve(20000);
}

Test(age, what_came_or_was_merged_is_no_message_that_may_stray)
{
	depart_and_come_back(2, 1);
	cr_assert_eq(t->coalesced, 1);
	cr_assert_eq(t->departed.n, 0);
}

Test(age, what_is_taken_back_is_no_message_that_may_stray)
{
	depart_and_come_back(1, 0);
	cr_assert_eq(t->unarmed, 1);
	cr_assert_eq(t->departed.n, 1);
	read_at(1, 30000);
	cr_assert_eq(t->unarmed, 0);
	cr_assert_eq(t->departed.n, 0);
}

Test(age, during_a_call_the_trigger_may_be_new)
{
	ledger_renew(&l, 50);
	read_at(1, 100);
	cr_assert_eq(t->extras.at[0].renewed, 50);
	ledger_set_state(&l, VEC_SWAPPING);
	read_at(1, 200);
	cr_assert_eq(t->extras.at[1].renewed, 200);
	ledger_set_state(&l, VEC_ARMED);
	ledger_set_state(&l, VEC_REMOVING);
	read_at(1, 300);
	cr_assert_eq(t->extras.at[2].renewed, 50, "being removed, it has the old one");
	ledger_set_state(&l, VEC_DISARMED);
	ledger_set_state(&l, VEC_ADDING);
	read_at(1, 400);
	cr_assert_eq(t->extras.at[3].renewed, 400);
}

/* Held by a removed vector, long ago. */
static void hold_removed(void)
{
	ledger_set_state(&l, VEC_REMOVING);
	ledger_set_state(&l, VEC_DISARMED);
	fire_due(1000, 1000);
	resolve(3000);
	resolve(SEC);
	ledger_set_state(&l, VEC_ADDING);
	ledger_set_state(&l, VEC_ARMED);
	resolve(SEC + 10);
	cr_assert_eq(t->unarmed, 0, "its replay may be under way");
}

Test(age, a_replay_has_two_flights_from_when_the_vector_is_armed_again)
{
	hold_removed();
	resolve(SEC + 2010);
	cr_assert_eq(t->unarmed, 0);
	resolve(SEC + 2011);
	cr_assert_eq(t->unarmed, 1);
}

Test(age, a_vector_that_is_removed_once_more_has_to_be_armed_once_more)
{
	hold_removed();
	ledger_set_state(&l, VEC_REMOVING);
	ledger_set_state(&l, VEC_DISARMED);
	resolve(SEC + 1000);
	ledger_set_state(&l, VEC_ADDING);
	ledger_set_state(&l, VEC_ARMED);
	resolve(SEC + 5000);
	cr_assert_eq(t->unarmed, 0);
	resolve(SEC + 7001);
	cr_assert_eq(t->unarmed, 1);
}

/* A fire that a swap meets, given up a flight later. */
static void lose_to_a_swap(uint64_t now)
{
	fire_due(now, now);
	ledger_set_state(&l, VEC_SWAPPING);
	ledger_set_state(&l, VEC_ARMED);
	resolve(now + 1000);
}

Test(age, what_a_swap_holds_is_judged_two_flights_after_the_first_of_it)
{
	lose_to_a_swap(1000);
	lose_to_a_swap(2500);
	resolve(4000);
	cr_assert_eq(t->lost_explained, 0);
	resolve(4001);
	cr_assert_eq(t->lost_explained, 2, "swaps may follow one another without an end");
}

Test(age, what_was_held_does_not_say_how_long_a_flight_is)
{
	lose_to_a_swap(1000);
	read_at(1, 3500);
	cr_assert_eq(t->delivered, 1);
	cr_assert_eq(t->service.n, 1);
	cr_assert_eq(t->slowest_ns, 0, "it was a replay, or the verdict had begun");
	fire_due(4000, 4000);
	read_at(1, 4300);
	cr_assert_eq(t->slowest_ns, 300);
}

Test(age, each_loss_is_listed)
{
	for (uint64_t i = 0; i < 3; i++)
		fire_due(1000 + i, 1000 + i);
	resolve(2000 + SEC);
	cr_assert_eq(t->lost_unexplained, 3);
	cr_assert_eq(t->missing.n, 3);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(t->missing.at[i].count, 1);
}

/* ---- held over a call, with a synchronous fire */

static const struct account_rules sync = {.sync_fire = true, .deadline_ns = SEC};

/* A fire, and the call that begins before it returns. */
static void fire_before(enum vector_state call, uint64_t now)
{
	uint64_t slot = 0;

	cr_assert(ledger_begin(&l, now, now, PHASE_STEADY, &slot), "room");
	if (word_state(l.word) != call)
		ledger_set_state(&l, call);
	ledger_end(&l, slot);
}

static void pass(void)
{
	struct account_mark m;

	account_mark(&l, &m);
	account_resolve(&l, t, &sync, &m, 100);
}

/* Three fires, of which one signal comes; the vector is armed again. */
static void replay_one_of_three(enum vector_state call)
{
	for (uint64_t i = 0; i < 3; i++)
		fire_before(call, 10 + i);
	pass();
	account_read(&l, t, &sync, 1, 100);
	ledger_set_state(&l, VEC_ARMED);
	pass();
}

Test(hold, what_a_swap_holds_is_merged_with_its_replay)
{
	replay_one_of_three(VEC_SWAPPING);
	cr_assert_eq(t->delivered, 1);
	cr_assert_eq(t->coalesced, 2);
	cr_assert_eq(t->lost_explained, 0);
}

Test(hold, what_a_teardown_drops_is_merged_with_nothing)
{
	replay_one_of_three(VEC_TEARDOWN);
	cr_assert_eq(t->delivered, 1);
	cr_assert_eq(t->coalesced, 0);
	cr_assert_eq(t->lost_explained, 2);
}

Test(hold, a_swap_after_a_teardown_is_a_swap_and_a_teardown_after_that_is_one)
{
	replay_one_of_three(VEC_TEARDOWN);
	replay_one_of_three(VEC_SWAPPING);
	cr_assert_eq(t->coalesced, 2);
	cr_assert_eq(t->lost_explained, 2);
	replay_one_of_three(VEC_TEARDOWN);
	cr_assert_eq(t->coalesced, 2);
	cr_assert_eq(t->lost_explained, 4);
}

Test(hold, the_oldest_is_the_one_that_is_replayed)
{
	replay_one_of_three(VEC_SWAPPING);
	cr_assert_eq(t->response[PHASE_STEADY].n, 1);
	cr_assert_eq(t->response[PHASE_STEADY].max, 100 - 10);
}

Test(hold, of_many_held_fires_some_are_delivered_untimed)
{
	for (uint64_t i = 0; i < HELD_STAMPS + 3; i++)
		fire_before(VEC_SWAPPING, 10 + i);
	pass();
	account_read(&l, t, &sync, HELD_STAMPS + 2, 100);
	cr_assert_eq(t->delivered, HELD_STAMPS + 2);
	cr_assert_eq(t->response[PHASE_STEADY].n, HELD_STAMPS);
	cr_assert_eq(t->untimed, 2);
}

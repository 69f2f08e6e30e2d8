/* SPDX-License-Identifier: MIT */
/*
 * Signals too many and what they are paired with, verdicts by age that are taken back, and the ends
 * of the scales: by hand, where a simulation would have to wait for a coincidence.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "stress/account.h"

#define SEC 1000000000ULL

static struct tally *t;
static struct ledger l;

static void setup(void)
{
	t = malloc(sizeof(*t));
	cr_assert_not_null(t);
	tally_init(t);
	cr_assert_eq(ledger_init(&l, 7, 64, VEC_ARMED), 0);
}

static void teardown(void)
{
	ledger_destroy(&l);
	free(t);
}

TestSuite(pair, .init = setup, .fini = teardown);
TestSuite(age, .init = setup, .fini = teardown);

static void add(struct account_events *ev, uint64_t ns, uint32_t vector, uint32_t count,
		uint64_t renewed)
{
	ev->at[ev->n++] = (struct account_event){ns, vector, count, renewed};
}

static struct tally_pairs pair(void)
{
	struct tally_pairs pairs;

	tally_pair(t, 1000, 500, &pairs);
	return pairs;
}

Test(pair, a_loss_pairs_with_one_signal)
{
	add(&t->missing, 100, 1, 1, 0);
	add(&t->extras, 100, 2, 1, 0);
	add(&t->extras, 100, 3, 5, 0);
	cr_assert_eq(pair().misrouted, 1);
}

Test(pair, a_signal_pairs_with_one_loss)
{
	for (uint32_t i = 0; i < 5; i++)
		add(&t->missing, 100, 1, 1, 0);
	add(&t->extras, 100, 2, 1, 0);
	add(&t->extras, 100, 3, 2, 0);
	cr_assert_eq(pair().misrouted, 3);
}

Test(pair, a_loss_and_a_signal_of_one_vector_are_two_faults)
{
	add(&t->missing, 100, 1, 1, 0);
	add(&t->extras, 100, 1, 1, 0);
	cr_assert_eq(pair().misrouted, 0);
}

Test(pair, a_loss_and_a_signal_far_apart_are_two_faults)
{
	add(&t->missing, 5000, 1, 1, 0);
	add(&t->extras, 6001, 2, 1, 0);
	add(&t->extras, 3999, 2, 1, 0);
	cr_assert_eq(pair().misrouted, 0);
	add(&t->extras, 6000, 2, 1, 0);
	cr_assert_eq(pair().misrouted, 1, "the window's end is in it");
}

/* Fire at 1 leaves for a slot whose newcomer, 2, was set up at 150 and is signalled at 200. */
static uint64_t strays(uint64_t sent, uint32_t gone, uint64_t renewed, uint64_t at)
{
	t->departed.n = t->extras.n = 0;
	add(&t->departed, sent, gone, 1, 0);
	add(&t->extras, at, 2, 1, renewed);
	return pair().strays;
}

Test(pair, a_stray_is_the_message_of_a_removed_vector_at_a_newcomer)
{
	cr_assert_eq(strays(100, 1, 150, 200), 1);
	cr_assert_eq(strays(100, 2, 150, 200), 0, "its own message");
	cr_assert_eq(strays(100, 1, 99, 200), 0, "the trigger is older than the message");
	cr_assert_eq(strays(100, 1, 150, 600), 1, "just within a flight");
	cr_assert_eq(strays(100, 1, 150, 601), 0, "no message is under way for so long");
	cr_assert_eq(strays(300, 1, 350, 200), 0, "it came before it was sent");
}

Test(pair, a_message_strays_once)
{
	add(&t->departed, 100, 1, 1, 0);
	add(&t->extras, 200, 2, 3, 150);
	add(&t->extras, 200, 3, 1, 150);
	cr_assert_eq(pair().strays, 1);
}

Test(pair, what_is_misrouted_is_no_stray)
{
	add(&t->missing, 100, 1, 1, 0);
	add(&t->departed, 100, 1, 1, 0);
	add(&t->extras, 200, 2, 1, 150);
	cr_assert_eq(pair().misrouted, 1);
	cr_assert_eq(pair().strays, 0);
}

/* ---- by age */

static const struct account_rules timed = {
	.timed = true, .deadline_ns = 1000, .lost_after_ns = SEC, .flight_ns = 1000};

static void fire_due(uint64_t due, uint64_t now)
{
	uint64_t slot;

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
	add(&t->missing, 900, 3, 1, 0);
	fire_due(1000, 1000);
	resolve(1000 + SEC);
	add(&t->missing, 1100, 4, 1, 0);
	cr_assert_eq(t->missing.n, 3);
	read_at(1, 2000 + SEC);
	cr_assert_eq(t->missing.n, 2);
	for (uint32_t i = 0; i < t->missing.n; i++)
		cr_assert_neq(t->missing.at[i].vector, 7);
}

Test(age, only_a_fire_at_an_open_entry_leaves_a_message)
{
	fire_due(1000, 1000);
	ledger_set_state(&l, VEC_REMOVING);
	ledger_set_state(&l, VEC_DISARMED);
	resolve(3000);
	cr_assert_eq(t->departed.n, 1, "it was armed");
	fire_due(4000, 4000);
	resolve(6000);
	cr_assert_eq(t->departed.n, 1, "it was masked");
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

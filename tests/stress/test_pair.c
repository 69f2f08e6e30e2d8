/* SPDX-License-Identifier: MIT */
/*
 * Signals too many and what they are paired with, by hand: a simulation would have to wait for a
 * loss and a signal that are just so far apart.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "stress/account.h"

static struct tally *t;

static void setup(void)
{
	t = malloc(sizeof(*t));
	cr_assert_not_null(t);
	tally_init(t);
}

static void teardown(void)
{
	free(t);
}

TestSuite(pair, .init = setup, .fini = teardown);

static void add(struct account_events *ev, uint64_t ns, uint32_t vector, uint32_t count,
		uint64_t renewed)
{
	ev->at[ev->n++] = (struct account_event){
		.ns = ns, .vector = vector, .count = count, .renewed = renewed};
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

Test(pair, a_signal_moves_to_the_loss_that_another_signal_cannot_have)
{
	add(&t->missing, 100, 1, 1, 0);
	add(&t->missing, 100, 9, 1, 0);
	add(&t->extras, 100, 5, 1, 0);
	add(&t->extras, 100, 9, 1, 0);
	cr_assert_eq(pair().misrouted, 2);
	add(&t->extras, 100, 7, 1, 0);
	cr_assert_eq(pair().misrouted, 2, "both are taken");
	t->extras.n = 2;
	t->missing.at[1].ns = 9000;
	cr_assert_eq(pair().misrouted, 1, "that one is too far away to move to");
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

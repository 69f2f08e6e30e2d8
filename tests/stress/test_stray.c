/* SPDX-License-Identifier: MIT */
/*
 * Losses that a call explains, of a vector that was removed, too: their message may be the stray of
 * another vector. Flights are 1000 ns here.
 */
#include "ledger_rig.h"

static const struct account_rules async = {
	.timed = true, .deadline_ns = 1000, .lost_after_ns = 1000000, .flight_ns = 1000};
/* The consumer is asked by age, and fire() is known to be over when it returns. */
static const struct account_rules sync = {.timed = true,
					  .sync_fire = true,
					  .deadline_ns = 1000,
					  .lost_after_ns = 1000000,
					  .flight_ns = 1000};

TestSuite(stray, .init = setup, .fini = teardown);

static uint64_t begin(uint64_t now)
{
	uint64_t slot = 0;

	cr_assert(ledger_begin(&l, now, now, PHASE_STEADY, &slot), "room");
	return slot;
}

static void fire(uint64_t now)
{
	ledger_end(&l, begin(now));
}

/* A letter is a call, whole; a small one has only begun: remove, add, swap, tear down. */
static void calls(const char *word)
{
	static const struct {
		char name;
		enum vector_state during, after;
	} table[] = {
		{'R', VEC_REMOVING, VEC_DISARMED},
		{'A', VEC_ADDING, VEC_ARMED},
		{'S', VEC_SWAPPING, VEC_ARMED},
		{'T', VEC_TEARDOWN, VEC_ARMED},
	};

	for (; *word; word++) {
		for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
			if ((*word & ~0x20) != table[i].name)
				continue;
			ledger_set_state(&l, table[i].during);
			if (*word == table[i].name)
				ledger_set_state(&l, table[i].after);
		}
	}
}

static void resolve(const struct account_rules *r, uint64_t now)
{
	struct account_mark m;

	account_mark(&l, &m);
	account_resolve(&l, t, r, &m, now);
}

static struct tally_pairs pair(uint64_t signal, uint64_t renewed)
{
	struct tally_pairs pairs;

	t->extra = t->extras.n = 1;
	t->extras.at[0] =
		(struct account_event){.ns = signal, .vector = 3, .count = 1, .renewed = renewed};
	tally_pair(t, 1000000, 2000, &pairs);
	tally_settle(t, &pairs);
	return pairs;
}

/* Fired at 1000 while armed, then these calls; resolved for good. */
static void live_through(const char *first, const char *then)
{
	teardown();
	setup();
	fire(1000);
	calls(first);
	resolve(&async, 2500);
	calls(then);
	resolve(&async, 20000);
	resolve(&async, 30000);
}

Test(stray, a_vector_that_is_removed_added_and_torn_down_has_its_message_at_the_newcomer)
{
	static const char *const histories[][2] = {
		{"RAT", ""},   {"RAS", ""},   {"TRAS", ""},   {"SSRAT", ""},
		{"RASSS", ""}, {"RATTT", ""}, {"RAt", "A"},   {"T", "RA"},
		{"S", "RA"},   {"SS", "RAT"}, {"RARAT", "S"},
	};

	for (size_t i = 0; i < sizeof(histories) / sizeof(histories[0]); i++) {
		const char *of = histories[i][0], *then = histories[i][1];
		struct tally_pairs p;

		live_through(of, then);
		cr_assert_eq(t->lost_explained, 1, "%s,%s", of, then);
		p = pair(2000, 1500);
		cr_expect_eq(p.strays, 1, "%s,%s", of, then);
		cr_expect_eq(p.misrouted, 0, "%s,%s", of, then);
		cr_expect_eq(t->unarmed, 1, "%s,%s: its vector was out", of, then);
		cr_expect_eq(t->lost_explained, 0, "%s,%s", of, then);
	}
}

Test(stray, a_vector_that_was_never_removed_has_no_message_elsewhere)
{
	static const char *const histories[][2] = {
		{"T", ""},  {"S", ""},  {"TS", ""},  {"STSTST", ""},
		{"T", "S"}, {"t", "S"}, {"S", "TT"},
	};

	for (size_t i = 0; i < sizeof(histories) / sizeof(histories[0]); i++) {
		const char *of = histories[i][0], *then = histories[i][1];

		live_through(of, then);
		cr_assert_eq(t->lost_explained, 1, "%s,%s", of, then);
		cr_expect_eq(pair(2000, 1500).strays, 0, "%s,%s: a spurious signal", of, then);
		cr_expect_eq(t->lost_explained, 1, "%s,%s", of, then);
		cr_expect_eq(t->unarmed, 0, "%s,%s", of, then);
	}
}

Test(stray, a_signal_that_is_not_its_message_is_spurious)
{
	live_through("RAT", "");
	cr_assert_eq(pair(2000, 900).strays, 0, "the newcomer's trigger is older than the fire");
	cr_assert_eq(pair(3001, 1500).strays, 0, "beyond two flights");
	cr_assert_eq(pair(999, 1500).strays, 0, "before the fire");
	cr_assert_eq(t->lost_explained, 1);
	cr_assert_eq(pair(3000, 1000).strays, 1, "just within them");
}

Test(stray, a_fire_made_in_a_call_is_removed_after_it)
{
	uint64_t slot;

	for (int torn = 0; torn < 2; torn++) {
		for (int removed = 0; removed < 2; removed++) {
			teardown();
			setup();
			ledger_set_state(&l, torn ? VEC_TEARDOWN : VEC_SWAPPING);
			slot = begin(1000);
			ledger_set_state(&l, VEC_ARMED);
			ledger_end(&l, slot);
			calls(removed ? "RAT" : "TS");
			resolve(&async, 2500);
			resolve(&async, 20000);
			cr_assert_eq(t->lost_explained, 1);
			cr_expect_eq(pair(2000, 1500).strays, (uint64_t)removed, "%d %d", torn,
				     removed);
		}
	}
}

Test(stray, a_fire_still_held_at_the_end_has_its_message_too)
{
	struct account_rules end = async;

	fire(1000);
	calls("RAT");
	account_finish(&l, t, &end, 2500);
	cr_assert_eq(t->lost_explained, 1);
	cr_assert_eq(pair(2000, 1500).strays, 1);
}

Test(stray, a_removal_that_has_only_begun_after_a_swap_is_one)
{
	fire(1000);
	calls("Sr");
	account_finish(&l, t, &async, 2500);
	cr_assert_eq(t->lost_explained, 1);
	cr_assert_eq(pair(2000, 1500).strays, 1);
}

Test(stray, a_message_is_as_old_as_its_fire_and_not_as_its_schedule)
{
	uint64_t slot = 0;

	cr_assert(ledger_begin(&l, 200, 1000, PHASE_STEADY, &slot), "due at 200");
	ledger_end(&l, slot);
	calls("RAT");
	account_finish(&l, t, &async, 2500);
	cr_assert_eq(pair(2000, 500).strays, 0, "the newcomer was there before the fire");
	cr_assert_eq(pair(2000, 1500).strays, 1);
}

Test(stray, a_fire_that_was_delivered_has_no_message_elsewhere)
{
	fire(1000);
	calls("RAS");
	resolve(&async, 2500);
	account_read(&l, t, &async, 1, 2600);
	resolve(&async, 20000);
	cr_assert_eq(t->delivered, 1);
	cr_assert_eq(pair(2000, 1500).strays, 0);
}

Test(stray, what_was_merged_with_a_replay_has_no_message_elsewhere)
{
	fire(1000);
	fire(1001);
	calls("RAS");
	resolve(&async, 2500);
	account_read(&l, t, &async, 1, 2600);
	resolve(&async, 20000);
	cr_assert_eq(t->coalesced, 1);
	cr_assert_eq(pair(2000, 1500).strays, 0);
}

Test(stray, an_explained_loss_that_is_taken_back_has_no_message_elsewhere)
{
	live_through("RAT", "");
	cr_assert_eq(t->departed.n, 1);
	account_read(&l, t, &async, 1, 31000);
	cr_assert_eq(t->lost_explained, 0);
	cr_assert_eq(t->delivered, 1);
	cr_assert_eq(pair(2000, 1500).strays, 0);
}

Test(stray, what_is_taken_back_is_of_its_own_kind)
{
	live_through("RAT", "");
	t->departed.at[t->departed.n++] =
		(struct account_event){.ns = 1100, .vector = 7, .count = 1};
	account_read(&l, t, &async, 1, 31000);
	cr_assert_eq(t->departed.n, 1);
	cr_assert_not(t->departed.at[0].explained, "the unarmed one is still under way");
}

Test(stray, a_synchronous_device_has_none)
{
	uint64_t slot = begin(1000);

	calls("RAT");
	ledger_end(&l, slot);
	resolve(&sync, 2500);
	resolve(&sync, 20000);
	cr_assert_eq(t->lost_explained, 1);
	cr_assert_eq(pair(2000, 1500).strays, 0);
}

Test(stray, an_unarmed_fire_is_paired_before_a_loss_that_is_explained)
{
	live_through("RAT", "");
	t->unarmed = 1;
	t->departed.at[t->departed.n++] =
		(struct account_event){.ns = 1100, .vector = 5, .count = 1};
	cr_assert_eq(pair(2000, 1500).strays, 1);
	cr_assert_eq(t->lost_explained, 1, "nothing says that it was not the call");
	cr_assert_eq(t->unarmed, 1);
}

Test(stray, one_message_is_one_stray)
{
	struct tally_pairs p;

	live_through("RAT", "");
	t->extras.n = 1;
	t->extras.at[0] =
		(struct account_event){.ns = 2000, .vector = 3, .count = 2, .renewed = 1500};
	tally_pair(t, 1000000, 2000, &p);
	cr_assert_eq(p.strays, 1, "the other signal is spurious");
	cr_assert_eq(p.kind[0], SIGNAL_SPURIOUS, "and is what is told of both");
	t->extras.at[0].count = 1;
	tally_pair(t, 1000000, 2000, &p);
	tally_settle(t, &p);
	cr_assert_eq(t->extras.at[0].kind, SIGNAL_STRAY);
}

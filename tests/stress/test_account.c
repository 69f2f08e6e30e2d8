/* SPDX-License-Identifier: MIT */
/* The ledger, without threads or devices: each class and each fault, counted by hand. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "stress/account.h"
#include "support/rng.h"

static const struct account_rules sync_rules = {
	.sync_fire = true,
	.deadline_ns = 1000,
};

static const struct account_rules timed_rules = {
	.timed = true,
	.deadline_ns = 1000,
	.lost_after_ns = 100000,
	.flight_ns = 1000,
};

struct bench {
	struct ledger l;
	struct tally *t;
	const struct account_rules *r;
	uint64_t now;
};

static void bench_init(struct bench *b, const struct account_rules *r, enum vector_state state)
{
	cr_assert_eq(ledger_init(&b->l, 7, 64, state), 0, "ledger_init");
	b->t = malloc(sizeof(*b->t));
	tally_init(b->t);
	b->r = r;
	b->now = 1000000;
}

static void bench_fini(struct bench *b)
{
	ledger_destroy(&b->l);
	free(b->t);
}

/* A fire; the state becomes @during before it returns, unless that is the present one. */
static void fire_into(struct bench *b, enum vector_state during)
{
	uint64_t slot = 0;

	b->now += 10;
	cr_assert(ledger_begin(&b->l, b->now, b->now, PHASE_STEADY, &slot), "ring has room");
	if (word_state(b->l.word) != during)
		ledger_set_state(&b->l, during);
	ledger_end(&b->l, slot);
}

static void fire(struct bench *b)
{
	fire_into(b, word_state(b->l.word));
}

static void arrive(struct bench *b, uint64_t count)
{
	b->now += 10;
	account_read(&b->l, b->t, b->r, count, b->now);
}

static void resolve(struct bench *b)
{
	struct account_mark m;

	account_mark(&b->l, &m);
	account_resolve(&b->l, b->t, b->r, &m, b->now);
}

static void expect(struct bench *b, uint64_t delivered, uint64_t coalesced, uint64_t unarmed,
		   uint64_t explained, uint64_t unexplained)
{
	uint64_t fired = b->l.fired;

	account_finish(&b->l, b->t, b->r, b->now);
	cr_assert_eq(b->t->delivered, delivered, "delivered %lu", b->t->delivered);
	cr_assert_eq(b->t->coalesced, coalesced, "coalesced %lu", b->t->coalesced);
	cr_assert_eq(b->t->unarmed, unarmed, "unarmed %lu", b->t->unarmed);
	cr_assert_eq(b->t->lost_explained, explained, "explained %lu", b->t->lost_explained);
	cr_assert_eq(b->t->lost_unexplained, unexplained, "unexplained %lu",
		     b->t->lost_unexplained);
	cr_assert_eq(b->l.finalised, fired, "every fire has one class");
	bench_fini(b);
}

Test(account, a_fire_that_arrives_is_delivered_with_its_latency)
{
	struct bench b;

	bench_init(&b, &sync_rules, VEC_ARMED);
	fire(&b);
	b.now += 490;
	arrive(&b, 1);
	cr_assert_eq(b.t->response[PHASE_STEADY].max, 500, "response from the intended time");
	cr_assert_eq(b.t->late, 0, "in time");
	fire(&b);
	b.now += 2000;
	arrive(&b, 1);
	cr_assert_eq(b.t->late, 1, "over the deadline");
	expect(&b, 2, 0, 0, 0, 0);
}

Test(account, signals_are_summed_not_wakeups_counted)
{
	struct bench b;

	bench_init(&b, &sync_rules, VEC_ARMED);
	for (int i = 0; i < 5; i++)
		fire(&b);
	arrive(&b, 5);
	cr_assert_eq(b.t->wakeups, 1, "one wake-up");
	cr_assert_eq(b.t->service.n, 1, "service is per wake-up");
	cr_assert_eq(b.t->response[PHASE_STEADY].n, 5, "response is per fire");
	expect(&b, 5, 0, 0, 0, 0);
}

Test(account, an_armed_vector_that_stays_silent_has_lost_unexplained)
{
	struct bench b;

	bench_init(&b, &sync_rules, VEC_ARMED);
	for (int i = 0; i < 10; i++)
		fire(&b);
	arrive(&b, 7);
	resolve(&b);
	cr_assert_eq(b.t->lost_unexplained, 3, "known at once, not only at the end");
	expect(&b, 7, 0, 0, 0, 3);
}

Test(account, a_fire_not_yet_returned_is_not_lost)
{
	struct account_mark m;
	struct bench b;
	uint64_t slot = 0;

	bench_init(&b, &sync_rules, VEC_ARMED);
	cr_assert(ledger_begin(&b.l, 1, 1, PHASE_STEADY, &slot), "room");
	account_mark(&b.l, &m);
	account_resolve(&b.l, b.t, b.r, &m, b.now);
	cr_assert_eq(b.t->lost_unexplained, 0, "fire() is still running");
	ledger_end(&b.l, slot);
	arrive(&b, 1);
	expect(&b, 1, 0, 0, 0, 0);
}

Test(account, a_teardown_in_flight_explains_a_loss)
{
	struct bench b;

	bench_init(&b, &sync_rules, VEC_ARMED);
	fire_into(&b, VEC_TEARDOWN);
	fire(&b);
	resolve(&b);
	cr_assert_eq(b.t->lost_explained, 0, "a replay may still come");
	ledger_set_state(&b.l, VEC_ARMED);
	resolve(&b);
	cr_assert_eq(b.t->lost_explained, 2, "armed again, and nothing came");
	expect(&b, 0, 0, 0, 2, 0);
}

Test(account, a_fire_after_the_teardown_is_not_explained_by_it)
{
	struct bench b;

	bench_init(&b, &sync_rules, VEC_ARMED);
	ledger_set_state(&b.l, VEC_TEARDOWN);
	ledger_set_state(&b.l, VEC_ARMED);
	fire(&b);
	expect(&b, 0, 0, 0, 0, 1);
}

Test(account, fires_held_over_a_swap_coalesce_into_one_replay)
{
	struct bench b;

	bench_init(&b, &sync_rules, VEC_ARMED);
	fire_into(&b, VEC_SWAPPING);
	fire(&b);
	fire(&b);
	resolve(&b);
	ledger_set_state(&b.l, VEC_ARMED);
	arrive(&b, 1);
	resolve(&b);
	expect(&b, 1, 2, 0, 0, 0);
}

Test(account, a_swap_without_replay_explains_its_loss)
{
	struct bench b;

	bench_init(&b, &sync_rules, VEC_ARMED);
	fire_into(&b, VEC_SWAPPING);
	ledger_set_state(&b.l, VEC_ARMED);
	expect(&b, 0, 0, 0, 1, 0);
}

Test(account, fires_at_a_removed_vector_are_unarmed)
{
	struct bench b;

	bench_init(&b, &sync_rules, VEC_DISARMED);
	fire(&b);
	fire(&b);
	resolve(&b);
	cr_assert_eq(b.l.finalised, 0, "open until the vector comes back");
	expect(&b, 0, 0, 2, 0, 0);
}

Test(account, the_pending_bit_of_a_removed_vector_delivers_one_and_coalesces_the_rest)
{
	struct bench b;

	bench_init(&b, &sync_rules, VEC_ARMED);
	fire_into(&b, VEC_REMOVING);
	ledger_set_state(&b.l, VEC_DISARMED);
	fire(&b);
	fire(&b);
	resolve(&b);
	ledger_set_state(&b.l, VEC_ADDING);
	arrive(&b, 1);
	ledger_set_state(&b.l, VEC_ARMED);
	resolve(&b);
	expect(&b, 1, 2, 0, 0, 0);
}

Test(account, a_must_is_not_lost_because_an_earlier_may_took_its_signal)
{
	struct bench b;

	bench_init(&b, &sync_rules, VEC_ARMED);
	fire_into(&b, VEC_TEARDOWN);
	ledger_set_state(&b.l, VEC_ARMED);
	fire(&b);
	arrive(&b, 1);
	resolve(&b);
	expect(&b, 1, 0, 0, 1, 0);
}

Test(account, a_signal_without_a_fire_is_extra)
{
	struct tally_pairs pairs;
	struct bench b;

	bench_init(&b, &sync_rules, VEC_ARMED);
	fire(&b);
	arrive(&b, 3);
	cr_assert_eq(b.t->extra, 2, "two too many");
	tally_pair(b.t, 1000000, 1000000, &pairs);
	cr_assert_eq(pairs.misrouted + pairs.strays, 0, "no loss to pair them with");
	expect(&b, 1, 0, 0, 0, 0);
}

Test(account, an_extra_signal_and_a_loss_elsewhere_are_a_misroute)
{
	struct tally *t = malloc(sizeof(*t));
	struct tally_pairs pairs;

	tally_init(t);
	t->missing.at[t->missing.n++] = (struct account_event){.ns = 1000, .vector = 3, .count = 1};
	t->missing.at[t->missing.n++] = (struct account_event){.ns = 1000, .vector = 4, .count = 1};
	t->extras.at[t->extras.n++] = (struct account_event){.ns = 1500, .vector = 5, .count = 1};
	t->extras.at[t->extras.n++] = (struct account_event){.ns = 1500, .vector = 3, .count = 1};
	t->extras.at[t->extras.n++] = (struct account_event){.ns = 900000, .vector = 5, .count = 1};
	tally_pair(t, 1000, 0, &pairs);
	cr_assert_eq(pairs.misrouted, 2, "3 came as 5, 4 as 3; the last is too far away");
	free(t);
}

Test(account, a_signal_gives_way_to_one_that_can_pair_with_no_other_loss)
{
	struct tally *t = malloc(sizeof(*t));
	struct tally_pairs pairs;

	tally_init(t);
	/* of 3 came as 4, and of 4 as 5: the signal at 5 could be either loss's, that at 4 cannot
	 */
	t->missing.at[t->missing.n++] = (struct account_event){.ns = 1000, .vector = 3, .count = 1};
	t->missing.at[t->missing.n++] = (struct account_event){.ns = 1000, .vector = 4, .count = 1};
	t->extras.at[t->extras.n++] = (struct account_event){.ns = 1100, .vector = 5, .count = 1};
	t->extras.at[t->extras.n++] = (struct account_event){.ns = 1200, .vector = 4, .count = 1};
	tally_pair(t, 1000, 0, &pairs);
	cr_assert_eq(pairs.misrouted, 2, "%lu", pairs.misrouted);
	free(t);
}

Test(account, by_age_a_fire_is_lost_only_when_it_is_old)
{
	struct bench b;

	bench_init(&b, &timed_rules, VEC_ARMED);
	fire(&b);
	b.now += 50000;
	resolve(&b);
	cr_assert_eq(b.t->lost_unexplained, 0, "still young");
	b.now += 60000;
	resolve(&b);
	cr_assert_eq(b.t->lost_unexplained, 1, "old");
	cr_assert_eq(b.t->missing.n, 1, "and listed");
	arrive(&b, 1);
	cr_assert_eq(b.t->missing.n, 0, "taken off the list");
	cr_assert_eq(b.t->late, 1, "late");
	expect(&b, 1, 0, 0, 0, 0);
}

Test(account, by_age_a_call_that_began_in_flight_explains_a_loss)
{
	struct bench b;

	bench_init(&b, &timed_rules, VEC_ARMED);
	fire(&b);
	ledger_set_state(&b.l, VEC_SWAPPING);
	ledger_set_state(&b.l, VEC_ARMED);
	b.now += 5000;
	resolve(&b);
	b.now += 5000;
	resolve(&b);
	cr_assert_eq(b.t->lost_explained, 1, "explained");
	arrive(&b, 1);
	cr_assert_eq(b.t->extra, 0, "a late arrival takes the verdict back");
	expect(&b, 1, 0, 0, 0, 0);
}

Test(account, a_full_ring_makes_the_producer_wait)
{
	struct bench b;
	uint64_t slot = 0;

	bench_init(&b, &sync_rules, VEC_ARMED);
	for (int i = 0; i < 64; i++)
		fire(&b);
	cr_assert(!ledger_begin(&b.l, 1, 1, PHASE_STEADY, &slot), "no room");
	arrive(&b, 1);
	fire(&b);
	arrive(&b, 64);
	expect(&b, 65, 0, 0, 0, 0);
}

/* A simulated device over many seeds: whatever happens, the identity holds, and in closed loop the
 * planted losses are found exactly. */
Test(account, identity_and_exact_losses_over_random_histories)
{
	for (uint64_t seed = 1; seed <= 200; seed++) {
		uint64_t dropped = 0, doubled = 0, gap = 0;
		struct bench b;
		struct rng rng;

		bench_init(&b, &sync_rules, VEC_ARMED);
		rng_init(&rng, seed, 0);
		for (int step = 0; step < 2000; step++) {
			uint32_t dice = rng_below(&rng, 100);

			if (!ledger_idle(&b.l)) {
				resolve(&b);
				cr_assert(ledger_idle(&b.l), "closed loop goes on");
			}
			if (dice < 5) { /* a teardown; the fire in its gap is gone */
				ledger_set_state(&b.l, VEC_TEARDOWN);
				fire(&b);
				ledger_set_state(&b.l, VEC_ARMED);
				gap++;
			} else if (dice < 10) {
				fire(&b);
				dropped++;
			} else if (dice < 12) {
				fire(&b);
				arrive(&b, 2);
				doubled++;
			} else {
				fire(&b);
				arrive(&b, 1);
			}
		}
		cr_assert_eq(b.t->extra, doubled, "seed %lu: extra %lu", seed, b.t->extra);
		expect(&b, 2000 - dropped - gap, 0, 0, gap, dropped);
	}
}

Test(account, a_replay_that_came_before_a_fire_does_not_coalesce_it)
{
	struct bench b;

	bench_init(&b, &sync_rules, VEC_DISARMED);
	fire(&b);
	resolve(&b);
	ledger_set_state(&b.l, VEC_ADDING);
	arrive(&b, 1);
	ledger_set_state(&b.l, VEC_DISARMED);
	fire(&b);
	resolve(&b);
	expect(&b, 1, 0, 1, 0, 0);
}

Test(account, by_age_a_replay_has_the_time_of_a_flight_after_the_vector_came_back)
{
	struct bench b;

	bench_init(&b, &timed_rules, VEC_DISARMED);
	fire(&b);
	b.now += 500000;
	resolve(&b);
	ledger_set_state(&b.l, VEC_ARMED);
	b.now += 10;
	resolve(&b);
	cr_assert_eq(b.t->unarmed, 0, "its pending bit may be under way");
	arrive(&b, 1);
	expect(&b, 1, 0, 0, 0, 0);
}

Test(account, by_age_a_call_long_after_the_fire_explains_nothing)
{
	struct bench b;

	bench_init(&b, &timed_rules, VEC_ARMED);
	fire(&b);
	b.now += 3000;
	resolve(&b);
	ledger_set_state(&b.l, VEC_REMOVING);
	ledger_set_state(&b.l, VEC_DISARMED);
	b.now += 100000;
	resolve(&b);
	cr_assert_eq(b.t->lost_unexplained, 1,
		     "it was under way for three flights before the call");
	expect(&b, 0, 0, 0, 0, 1);
}

Test(account, a_replay_that_a_younger_fire_took_is_still_owed_to_the_older_one)
{
	struct account_mark m;
	struct bench b;

	bench_init(&b, &sync_rules, VEC_DISARMED);
	fire(&b);
	resolve(&b); /* held: its pending bit is set */
	ledger_set_state(&b.l, VEC_ADDING);
	ledger_set_state(&b.l, VEC_ARMED); /* one signal in the eventfd */
	fire(&b);                          /* two */
	account_mark(&b.l, &m);
	ledger_set_state(&b.l, VEC_REMOVING);
	ledger_set_state(&b.l, VEC_DISARMED);
	fire(&b); /* pending */
	arrive(&b, 2);
	account_resolve(&b.l, b.t, b.r, &m, b.now);
	ledger_set_state(&b.l, VEC_ADDING);
	arrive(&b, 1);
	ledger_set_state(&b.l, VEC_ARMED);
	resolve(&b);
	cr_assert_eq(b.t->extra, 0, "each of the three fires has its signal");
	expect(&b, 3, 0, 0, 0, 0);
}

Test(account, a_fire_that_took_the_replay_of_an_older_one_may_take_its_time_to_send_its_own)
{
	uint64_t slot = 0;
	struct bench b;

	bench_init(&b, &sync_rules, VEC_DISARMED);
	fire(&b);
	resolve(&b); /* held: its pending bit is set */
	ledger_set_state(&b.l, VEC_ADDING);
	ledger_set_state(&b.l, VEC_ARMED); /* one signal in the eventfd */
	cr_assert(ledger_begin(&b.l, b.now, b.now, PHASE_STEADY, &slot), "ring has room");
	arrive(&b, 1); /* and the producer is off the CPU for a long time */
	b.now += 10000000000;
	resolve(&b);
	resolve(&b);
	cr_assert_eq(b.t->unarmed, 0, "not given up: a signal is still to come");
	ledger_end(&b.l, slot);
	arrive(&b, 1);
	resolve(&b);
	cr_assert_eq(b.t->extra, 0, "it is no spurious one");
	arrive(&b, 1);
	cr_assert_eq(b.t->extra, 1, "a third is");
	expect(&b, 2, 0, 0, 0, 0);
}

Test(account, after_a_complete_pass_a_signal_is_nobodys_however_soon_it_comes)
{
	struct bench b;

	bench_init(&b, &sync_rules, VEC_DISARMED);
	fire(&b);
	ledger_set_state(&b.l, VEC_ARMED);
	resolve(&b);
	cr_assert_eq(b.t->unarmed, 1, "given up");
	arrive(&b, 1);
	cr_assert_eq(b.t->extra, 1, "spurious");
	fire(&b);
	resolve(&b);
	arrive(&b, 1);
	cr_assert_eq(b.t->lost_unexplained, 1, "what had to arrive stays lost");
	cr_assert_eq(b.t->extra, 2, "and its late signal is extra");
	expect(&b, 0, 0, 1, 0, 1);
}

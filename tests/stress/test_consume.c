/* SPDX-License-Identifier: MIT */
/*
 * The consumer thread of a run, driven pass by pass: what it makes of a slow machine, and what it
 * says is still to come. A test's step happens inside each pass, on a clock of its own.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "stress/consume.h"

#define MS NSEC_PER_MSEC

static struct bench {
	struct world world;
	struct consumer consumer;
	struct stress_config cfg;
	struct storm s;
	struct ledger ledgers[2];
	struct series series;
	struct consume *c;
	struct errmsg e;
	uint64_t now;
	int passes;
	void (*step)(int pass);
} b;

static uint64_t bench_now(struct world *w)
{
	(void)w;
	return b.now;
}

static void bench_pin(struct world *w, int cpu)
{
	(void)w;
	(void)cpu;
}

static int bench_pass(struct consumer *c, uint64_t timeout_ns)
{
	(void)c;
	(void)timeout_ns;
	b.step(b.passes++);
	b.now += 2 * SWEEP_NS; /* the next pass begins with a sweep */
	return 0;
}

static void bench_destroy(struct consumer *c)
{
	(void)c;
}

static const struct consumer_ops bench_consumer = {bench_pass, bench_destroy};

static int bench_create(struct world *w, enum consumer_kind kind, const int32_t *fds, uint32_t n,
			consumer_signal_fn signal, void *arg, struct consumer **out,
			struct errmsg *e)
{
	(void)w;
	(void)kind;
	(void)fds;
	(void)n;
	(void)e;
	b.consumer = (struct consumer){.ops = &bench_consumer, .signal = signal, .arg = arg};
	*out = &b.consumer;
	return 0;
}

static const struct world_ops bench_ops = {
	.now = bench_now, .pin = bench_pin, .consumer = bench_create};

static void setup(void)
{
	b.world.ops = &bench_ops;
	b.now = 1000 * NSEC_PER_SEC;
	b.cfg = (struct stress_config){.vectors = 2, .consumer = CONSUMER_EPOLL};
	b.s.cfg = &b.cfg;
	b.s.world = &b.world;
	b.s.ledgers = b.ledgers;
	b.s.series = &b.series;
	b.s.rules = (struct account_rules){
		.timed = true,
		.deadline_ns = NSEC_PER_SEC,
		.lost_after_ns = NSEC_PER_SEC,
		.flight_ns = 50 * MS,
	};
	for (uint32_t v = 0; v < 2; v++)
		cr_assert_eq(ledger_init(&b.ledgers[v], v, 16, VEC_ARMED), 0);
	b.c = calloc(1, sizeof(*b.c));
	cr_assert_eq(consume_init(b.c, &b.s, &b.e), 0);
}

static void teardown(void)
{
	consume_destroy(b.c);
	free(b.c);
	ledger_destroy(&b.ledgers[0]);
	ledger_destroy(&b.ledgers[1]);
}

TestSuite(consume, .init = setup, .fini = teardown);

static void run(void (*step)(int pass))
{
	b.step = step;
	consume_main(b.c);
	cr_assert_eq(b.c->err, 0);
}

static void fire(uint32_t v)
{
	uint64_t slot = 0;

	cr_assert(ledger_begin(&b.ledgers[v], b.now, b.now, PHASE_STEADY, &slot));
	ledger_end(&b.ledgers[v], slot);
}

static void arrive(uint32_t v)
{
	b.consumer.signal(b.consumer.arg, v, 1, b.now);
}

static void swap(uint32_t v)
{
	ledger_set_state(&b.ledgers[v], VEC_SWAPPING);
	ledger_set_state(&b.ledgers[v], VEC_ARMED);
}

static void stop(void)
{
	atomic_store(&b.s.stop_consume, true);
}

/* A fire, a swap 300 ms later, and a long time. */
static void swap_after_300_ms(int pass)
{
	if (pass == 0) {
		fire(0);
		b.now += 300 * MS;
	} else if (pass == 1) {
		swap(0);
	} else if (pass == 4) {
		stop();
	} else {
		b.now += 20 * NSEC_PER_SEC;
	}
}

Test(consume, a_call_300_ms_after_a_fire_does_not_explain_its_loss)
{
	run(swap_after_300_ms);
	cr_assert_eq(b.c->tally.lost_unexplained, 1);
	cr_assert_eq(b.c->tally.lost_explained, 0);
}

Test(consume, unless_a_sleeper_has_slept_so_long)
{
	b.s.stall_ns = 400 * MS;
	run(swap_after_300_ms);
	cr_assert_eq(b.c->tally.lost_explained, 1);
	cr_assert_eq(b.c->tally.lost_unexplained, 0);
	cr_assert_eq(b.s.slow_ns, 400 * MS, "and the others are told");
}

/* The other vector's fire has taken 400 ms. */
static void swap_after_a_slow_delivery(int pass)
{
	if (pass == 0) {
		fire(1);
		b.now += 400 * MS;
	} else if (pass == 1) {
		arrive(1);
	} else {
		swap_after_300_ms(pass - 2);
	}
}

Test(consume, or_a_delivery_has_taken_so_long)
{
	run(swap_after_a_slow_delivery);
	cr_assert_eq(b.c->tally.lost_explained, 1);
	cr_assert_eq(b.c->tally.lost_unexplained, 0);
	cr_assert_geq(b.s.slow_ns, 400 * MS);
}

static uint64_t lost_at_3_s;

static void never_arrives(int pass)
{
	if (pass == 0) {
		fire(0);
		b.now += 3 * NSEC_PER_SEC;
	} else if (pass == 2) {
		lost_at_3_s = b.s.live_lost_unexplained;
		b.now += 3 * NSEC_PER_SEC;
	} else if (pass == 4) {
		stop();
	}
}

Test(consume, a_fire_is_lost_after_a_second_and_four_times_what_the_machine_stood_still)
{
	b.s.stall_ns = NSEC_PER_SEC;
	run(never_arrives);
	cr_assert_eq(lost_at_3_s, 0, "of five");
	cr_assert_eq(b.c->tally.lost_unexplained, 1);
}

Test(consume, a_fire_is_lost_after_a_second_on_a_machine_that_does_not)
{
	run(never_arrives);
	cr_assert_eq(lost_at_3_s, 1);
}

/* Fires in the ring, and held ones of a vector that is armed or not: what the sweep after says. */
static uint32_t pending[8];

static void hold_and_queue(int pass)
{
	pending[pass] = b.c->pending;
	if (pass == 0) {
		fire(0);
		swap(0);
	} else if (pass == 1) {
		b.now += 60 * MS; /* a flight: it is held for a replay */
	} else if (pass == 3) {
		ledger_set_state(&b.ledgers[0], VEC_REMOVING);
		ledger_set_state(&b.ledgers[0], VEC_DISARMED);
	} else if (pass == 5) {
		stop();
	}
}

Test(consume, what_is_pending_is_in_a_ring_or_held_by_an_armed_vector)
{
	run(hold_and_queue);
	cr_assert_eq(pending[0], 0, "nothing was fired");
	cr_assert_eq(pending[1], 1, "in the ring");
	cr_assert_eq(pending[3], 1, "held, and armed");
	cr_assert_eq(pending[4], 0, "held, and removed: it comes when it is added again, or never");
}

/* With a synchronous fire. */
static void arrives_in_the_next_pass(int pass)
{
	if (pass == 0)
		fire(0);
	else if (pass == 1)
		arrive(0);
	else
		stop();
}

Test(consume, a_fire_is_missing_after_a_pass_that_began_later)
{
	b.s.rules.timed = false;
	b.s.rules.sync_fire = true;
	run(arrives_in_the_next_pass);
	cr_assert_eq(b.c->tally.delivered, 1);
	cr_assert_eq(b.c->tally.lost_unexplained, 0);
	cr_assert_eq(b.c->tally.extra, 0);
}

static void arrives_on_the_other_side(int pass)
{
	if (pass == 0) {
		fire(1);
		arrive(3);
	} else {
		stop();
	}
}

Test(consume, an_eventfd_of_the_second_side_belongs_to_its_vector)
{
	run(arrives_on_the_other_side);
	cr_assert_eq(b.c->tally.delivered, 1);
	cr_assert_eq(b.c->tally.extra, 0);
}

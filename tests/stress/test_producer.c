/* SPDX-License-Identifier: MIT */
/* When a fire was made, against the resizer's calls: a producer that fires once, at a known time.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "stress/storm.h"

#define NOW (5 * NSEC_PER_SEC)

static struct bench {
	struct world world;
	struct backend be;
	struct stress_config cfg;
	struct storm s;
	struct ledger ledger;
	struct producer producer;
	uint32_t turns; /* at which nothing was fired */
	uint32_t fires; /* until the last one */
} b;

static uint64_t bench_now(struct world *w)
{
	(void)w;
	return NOW;
}

static void bench_pin(struct world *w, int cpu)
{
	(void)w;
	(void)cpu;
}

static void bench_relax(struct world *w, const struct placement *p)
{
	(void)w;
	(void)p;
	b.turns++;
}

static const struct world_ops bench_world = {
	.now = bench_now, .pin = bench_pin, .relax = bench_relax};

static int bench_fire(struct backend *be, uint32_t index, uint32_t vector)
{
	(void)be;
	(void)index;
	(void)vector;
	b.s.stop_fire = !--b.fires;
	return 0;
}

static const struct backend_ops bench_device = {.fire = bench_fire};

static void produce(enum stress_mode mode, enum vector_state state, uint32_t fires)
{
	b.world.ops = &bench_world;
	b.be.ops = &bench_device;
	b.cfg = (struct stress_config){.vectors = 1, .producers = 1, .mode = mode};
	b.s.cfg = &b.cfg;
	b.s.world = &b.world;
	b.s.be = &b.be;
	b.s.strategy = strategy_find("none");
	b.s.ledgers = &b.ledger;
	b.producer = (struct producer){.storm = &b.s, .end = 1};
	b.fires = fires;
	cr_assert_eq(ledger_init(&b.ledger, 0, 4, state), 0);
	producer_main(&b.producer);
	cr_assert_eq(b.ledger.fired, fires);
}

static enum phase phase_of_a_fire(bool in_resize, uint64_t resize_end)
{
	enum phase phase;

	memset(&b, 0, sizeof(b));
	b.s.in_resize = in_resize;
	b.s.resize_end = resize_end;
	produce(STRESS_CLOSED, VEC_ARMED, 1);
	phase = stamp_phase(b.ledger.ring[0].lag);
	ledger_destroy(&b.ledger);
	return phase;
}

Test(producer, a_fire_is_of_the_resize_under_way_or_of_the_millisecond_after_one)
{
	cr_assert_eq(phase_of_a_fire(true, NOW - 10), PHASE_RESIZE);
	cr_assert_eq(phase_of_a_fire(false, NOW), PHASE_SETTLE);
	cr_assert_eq(phase_of_a_fire(false, NOW - NSEC_PER_MSEC + 1), PHASE_SETTLE);
	cr_assert_eq(phase_of_a_fire(false, NOW - NSEC_PER_MSEC), PHASE_STEADY);
	cr_assert_eq(phase_of_a_fire(false, 0), PHASE_STEADY, "there was no resize");
}

Test(producer, in_open_loop_a_removed_vector_has_one_fire_in_sixteen)
{
	produce(STRESS_OPEN, VEC_DISARMED, 3);
	cr_assert_eq(b.turns, 3 * 15);
	ledger_destroy(&b.ledger);
	memset(&b, 0, sizeof(b));
	produce(STRESS_OPEN, VEC_ARMED, 3);
	cr_assert_eq(b.turns, 0);
	ledger_destroy(&b.ledger);
}

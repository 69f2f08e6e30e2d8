/* SPDX-License-Identifier: MIT */
/*
 * What the resizer tells the ledgers around each call: a backend that looks at them while it is
 * called, and a guest of a few steps. After the call every vector is what the plan made of it.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "stress/storm.h"

#define VECTORS 4

/* "AARD": each vector's state, as the ledger has it. */
static const char letters[] = {
	[VEC_DISARMED] = 'D', [VEC_ARMED] = 'A',    [VEC_ADDING] = '+',
	[VEC_REMOVING] = '-', [VEC_SWAPPING] = 'S', [VEC_TEARDOWN] = 'T',
};

static struct bench {
	struct world world;
	struct backend be;
	struct stress_config cfg;
	struct storm s;
	struct ledger ledgers[VECTORS];
	struct series series;
	struct hist hist;
	int32_t fds[2 * VECTORS];
	uint64_t now;
	const char *const *steps; /* of the guest: "+2" uses vector 2, "-2" releases it */
	uint64_t called;          /* when the last call ended */
	char seen[256];           /* states at each call, and after each resize */
	char renewed[64];         /* after each resize: whose trigger the last call set up */
} b;

static void note(char mark)
{
	size_t n = strlen(b.seen);

	b.seen[n++] = mark;
	for (uint32_t v = 0; v < VECTORS; v++)
		b.seen[n++] = letters[word_state(b.ledgers[v].word)];
	b.seen[n] = '\0';
	n = strlen(b.renewed);
	for (uint32_t v = 0; v < VECTORS && mark == '>'; v++)
		b.renewed[n++] = b.called && b.ledgers[v].renewed == b.called ? 'r' : '.';
	if (mark == '>')
		b.renewed[n] = ' ';
}

static int bench_set_irqs(struct backend *be, const void *arg, size_t size)
{
	(void)be;
	(void)arg;
	(void)size;
	note(' ');
	b.called = b.now += 1000;
	return 0;
}

static int bench_describe(struct backend *be, struct backend_desc *d)
{
	(void)be;
	memset(d, 0, sizeof(*d));
	return 0;
}

static const struct backend_ops bench_device = {.describe = bench_describe,
						.set_irqs = bench_set_irqs};

static uint64_t bench_now(struct world *w)
{
	(void)w;
	return b.now;
}

static void bench_sleep_until(struct world *w, uint64_t when)
{
	(void)w;
	b.now = when > b.now ? when : b.now;
}

static void bench_pin(struct world *w, int cpu)
{
	(void)w;
	(void)cpu;
}

static const struct world_ops bench_world = {
	.now = bench_now, .sleep_until = bench_sleep_until, .pin = bench_pin};

static enum vmm_event guest_next(struct pattern_state *ps, uint32_t *vector)
{
	const char *step = *b.steps++;

	(void)ps;
	if (b.s.resizer.resizes)
		note('>');
	*vector = (uint32_t)(step[1] - '0');
	if (!*b.steps)
		atomic_store(&b.s.stop_resize, true);
	return *step == '+' ? VMM_USE : VMM_RELEASE;
}

static const struct pattern guest = {"guest", "a few steps", guest_next};

/* The states at each call of the first enable and of each step, and after each; and renewals. */
static void expect(const char *strategy, const char *const *steps, const char *seen,
		   const char *renewed)
{
	memset(&b, 0, sizeof(b));
	b.world.ops = &bench_world;
	b.be.ops = &bench_device;
	b.now = NSEC_PER_SEC;
	b.steps = steps;
	hist_init(&b.hist);
	b.cfg = (struct stress_config){.vectors = VECTORS, .resize_rate_hz = 1000, .seed = 1};
	b.cfg.strategy = strategy_find(strategy);
	b.s.cfg = &b.cfg;
	b.s.world = &b.world;
	b.s.be = &b.be;
	b.s.strategy = b.cfg.strategy;
	b.s.pattern = &guest;
	b.s.ledgers = b.ledgers;
	b.s.fds = b.fds;
	b.s.series = &b.series;
	b.s.rules.timed = true;
	b.s.resizer.hist = &b.hist;
	for (uint32_t v = 0; v < VECTORS; v++)
		cr_assert_eq(ledger_init(&b.ledgers[v], v, 16, VEC_DISARMED), 0);
	cr_assert_eq(resizer_init(&b.s), 0);
	cr_assert_eq(resizer_start(&b.s), 0);
	note('>');
	resizer_main(&b.s);
	note('>');
	cr_assert_eq(b.s.failed, 0, "%s: %s", strategy, b.s.resizer.broken);
	cr_assert_str_eq(b.seen, seen, "%s:\n%s, not\n%s", strategy, b.seen, seen);
	cr_assert_str_eq(b.renewed, renewed, "%s:\n%s, not\n%s", strategy, b.renewed, renewed);
	resizer_destroy(&b.s);
	for (uint32_t v = 0; v < VECTORS; v++)
		ledger_destroy(&b.ledgers[v]);
}

Test(resizer, a_vector_that_comes_is_being_added_and_one_that_goes_removed)
{
	expect("dynamic", (const char *const[]){"+1", "+3", "-1", NULL},
	       " DDDD>DDDD D+DD>DADD DAD+>DADA D-DA>DDDA", ".... .r.. ...r .... ");
}

Test(resizer, a_teardown_covers_all_that_are_live)
{
	expect("teardown", (const char *const[]){"+0", "+1", "-1", NULL},
	       ">DDDD +DDD>ADDD T+DD T+DD>AADD T-DD T-DD>ADDD", ".... r... rr.. r... ");
}

Test(resizer, a_swap_covers_the_vector_whose_trigger_changes)
{
	expect("swap", (const char *const[]){"-1", "+1", NULL}, " ++++>AAAA ASAA>AAAA ASAA>AAAA",
	       "rrrr .r.. .r.. ");
}

Test(resizer, a_vector_that_is_kept_is_not_touched_again)
{
	expect("keep", (const char *const[]){"+1", "-1", "+1", "+2", NULL},
	       " DDDD>DDDD D+DD>DADD>DADD>DADD DA+D>DAAD", ".... .r.. .r.. .r.. ..r. ");
}

Test(resizer, vectors_in_use_are_averaged_over_the_time_since_they_were_asked_for)
{
	static const struct stress_config cfg = {.vectors = 8, .stable = 2, .seed = 1};
	struct storm s = {
		.cfg = &cfg, .strategy = strategy_find("dynamic"), .pattern = pattern_find("ramp")};
	double live;

	s.resizer.live = calloc(cfg.vectors, 1);
	live = resizer_live(&s);
	cr_assert_float_eq(live, 5, .1, "from 2 to 8 and back: %f", live);
	s.resizer.lived_ns = 100;
	s.resizer.lived = 600;
	cr_assert_eq(resizer_live(&s), 6);
	s.resizer.lived_ns += 10;
	s.resizer.lived += 30;
	cr_assert_eq(resizer_live(&s), 3, "of the last 10 ns alone");
	s.resizer.live[0] = s.resizer.live[5] = 1;
	cr_assert_eq(resizer_live(&s), 2, "no time has passed: as it stands");
	s.strategy = strategy_find("none");
	s.pattern = NULL;
	cr_assert_eq(resizer_live(&s), 8, "all, where nobody resizes");
	free(s.resizer.live);
}

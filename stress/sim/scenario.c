/* SPDX-License-Identifier: MIT */
/*
 * scenario: what a simulated storm is made of, from a seed or from a fuzzer's bytes. Most are small
 * and short, so that there can be many: a few vectors, some ten resizes, some hundred fires.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "stress/sim/sim.h"
#include "support/rng.h"

/* Where choices come from: bytes while there are any, then the seed. */
struct choices {
	const uint8_t *data;
	size_t left;
	struct rng rng;
};

static uint32_t below(struct choices *c, uint32_t n)
{
	uint32_t v;

	if (!c->left)
		return rng_below(&c->rng, n);
	v = *c->data++;
	c->left--;
	if (n > 256 && c->left) {
		v = v << 8 | *c->data++;
		c->left--;
	}
	return v % n;
}

static bool one_in(struct choices *c, uint32_t n)
{
	return !below(c, n);
}

static uint64_t one_of(struct choices *c, const uint64_t *values, uint32_t n)
{
	return values[below(c, n)];
}

#define ONE_OF(c, ...)                                                                             \
	one_of(c, (const uint64_t[]){__VA_ARGS__},                                                 \
	       sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static uint32_t count(const char *const *names)
{
	uint32_t n = 0;

	while (names[n])
		n++;
	return n;
}

static void choose_size(struct choices *c, struct sim_scenario *sc)
{
	sc->vectors = 1 + below(c, 6);
	if (one_in(c, 16))
		sc->vectors = 1 + below(c, 64);
	else if (one_in(c, 4096))
		sc->vectors = 1 + below(c, 2048);
	if (sc->strategy->index == VFIO_PCI_MSI_IRQ_INDEX && sc->vectors > 32)
		sc->vectors = 32;
	if (sc->consumer == CONSUMER_READ && sc->vectors > 64)
		sc->vectors = 64;
	sc->stable = below(c, sc->vectors + 1);
	if (sc->strategy->needs_churn && sc->stable == sc->vectors)
		sc->stable--;
	sc->producers = 1 + below(c, sc->vectors < 3 ? sc->vectors : 3);
}

static void choose_machine(struct choices *c, struct sim_scenario *sc)
{
	sc->fire_ns = ONE_OF(c, 100, 500, 2000, 10000);
	sc->call_ns = ONE_OF(c, 100, 2000, 20000, 200000);
	sc->read_ns = ONE_OF(c, 100, 1000, 5000, 50000);
	sc->wake_ns = ONE_OF(c, 500, 5000, 50000);
	sc->relax_ns = ONE_OF(c, 2000, 10000, 20000);
	sc->write_ns = ONE_OF(c, 50000, 200000);
	sc->oversleep_ns = ONE_OF(c, 1, 1000, 50000, 500000);
	if (one_in(c, 2)) {
		sc->preempt = (uint32_t)ONE_OF(c, 200, 2000, 8000);
		sc->preempt_ns = ONE_OF(c, 1000, 50000, 1000000);
	}
	sc->partial = (uint32_t)ONE_OF(c, 0, 20000, 60000);
	sc->flight_ns = ONE_OF(c, 1000, 20000, 500000);
}

/* None in half of them, else one kind, and now and then several. */
static void choose_faults(struct choices *c, struct sim_scenario *sc)
{
	static const uint64_t delays[] = {1000,       100000,     5000000,     40000000,
					  1500000000, 4000000000, 100000000000};
	uint32_t *const kinds[] = {&sc->drop,  &sc->drop,  &sc->twice, &sc->misroute,
				   &sc->stray, &sc->delay, &sc->refuse};
	uint32_t n = one_in(c, 2) ? 0 : one_in(c, 8) ? 3 : 1;

	if (!sc->sync && one_in(c, 4))
		sc->stray = 1;

	while (n-- && !sc->stray)
		*kinds[below(c, sizeof(kinds) / sizeof(kinds[0]))] =
			(uint32_t)ONE_OF(c, 300, 2000, 8000);
	/* to be in a gap is rare enough */
	if (sc->stray)
		sc->stray = 65536;
	sc->delay_ns = one_of(c, delays, sizeof(delays) / sizeof(delays[0]));
	sc->gap_drop = (uint32_t)ONE_OF(c, 0, 0, 8000, 65536);
	sc->stale = (uint32_t)ONE_OF(c, 0, 0, 20000);
}

static void choose_times(struct choices *c, struct sim_scenario *sc)
{
	bool slow = !sc->sync || sc->consumer == CONSUMER_READ;

	sc->duration_ns = slow ? ONE_OF(c, 5000000, 5000000, 20000000, 150000000)
			       : ONE_OF(c, 500000, 500000, 2000000, 6000000);
	sc->resize_rate_hz = slow ? ONE_OF(c, 20, 200, 2000) : ONE_OF(c, 500, 3000, 20000, 0);
	sc->rate_hz = slow ? ONE_OF(c, 200, 1000, 5000) : ONE_OF(c, 5000, 20000, 100000, 0);
	sc->deadline_ns = ONE_OF(c, 10000, 1000000, 1000000000);
	if (one_in(c, 64)) { /* in segments, with slices of control between them */
		sc->control = true;
		sc->duration_ns = ONE_OF(c, 300000000, 1200000000, 2100000000);
		sc->rate_hz = ONE_OF(c, 200, 1000);
		sc->resize_rate_hz = ONE_OF(c, 20, 100);
	}
	if (one_in(c, 1024)) { /* a machine that stands still for minutes */
		sc->preempt = 2000;
		sc->preempt_ns = 100000000000;
		sc->duration_ns = 5000000000;
		sc->rate_hz = 20;
		sc->resize_rate_hz = 5;
		sc->control = false;
	}
	if (sc->stray && !sc->sync) { /* messages under way while others come and go */
		sc->flight_ns = 500000;
		sc->resize_rate_hz = 2000;
		sc->rate_hz = 5000;
	}
	if (one_in(c, 16))
		sc->stop_ns = 1 + below(c, 65536) * (sc->duration_ns / 65536);
	/* without a rate a fire follows the last one: not more than some hundred */
	if (!sc->rate_hz && sc->fire_ns < 2000)
		sc->fire_ns = 2000;
}

static void choose(struct choices *c, struct sim_scenario *sc)
{
	sc->strategy = strategies[below(c, count(strategy_names))];
	sc->pattern = one_in(c, 2) ? NULL : patterns[below(c, count(pattern_names))];
	sc->mode = one_in(c, 2) ? STRESS_OPEN : STRESS_CLOSED;
	sc->sync = !one_in(c, 4);
	sc->noresize = one_in(c, 4) && !sc->strategy->needs_dynamic;
	sc->consumer = one_in(c, 8) ? CONSUMER_READ : CONSUMER_URING;
	choose_size(c, sc);
	choose_machine(c, sc);
	choose_faults(c, sc);
	choose_times(c, sc);
}

void sim_scenario_random(struct sim_scenario *sc, uint64_t seed)
{
	struct choices c = {.left = 0};

	memset(sc, 0, sizeof(*sc));
	sc->seed = seed;
	rng_init(&c.rng, seed, 11);
	choose(&c, sc);
}

void sim_scenario_decode(struct sim_scenario *sc, const uint8_t *data, size_t size)
{
	struct choices c = {.data = data, .left = size};
	uint64_t seed = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < size; i++)
		seed = (seed ^ data[i]) * 0x100000001b3ULL;
	memset(sc, 0, sizeof(*sc));
	sc->seed = seed;
	rng_init(&c.rng, seed, 11);
	choose(&c, sc);
}

const char *sim_scenario_text(const struct sim_scenario *sc, char *buf, size_t size)
{
	snprintf(buf, size,
		 "%u vectors (%u stable), %u producers, %s loop, rate %" PRIu64
		 ", %s by %s at %" PRIu64 ", %s, %s%s, %" PRIu64 " ns%s%s; fire %" PRIu64
		 " call %" PRIu64 " read %" PRIu64 " wake %" PRIu64 " oversleep %" PRIu64
		 " preempt %u of %" PRIu64 " partial %u flight %" PRIu64
		 "; drop %u twice %u misroute %u refuse %u delay %u of %" PRIu64
		 " gap_drop %u stray %u stale %u",
		 sc->vectors, sc->stable, sc->producers, stress_mode_names[sc->mode], sc->rate_hz,
		 sc->strategy->name, sc->pattern ? sc->pattern->name : "its own",
		 sc->resize_rate_hz, consumer_names[sc->consumer], sc->sync ? "sync" : "async",
		 sc->noresize ? " noresize" : "", sc->duration_ns, sc->control ? " control" : "",
		 sc->stop_ns ? " stopped" : "", sc->fire_ns, sc->call_ns, sc->read_ns, sc->wake_ns,
		 sc->oversleep_ns, sc->preempt, sc->preempt_ns, sc->partial, sc->flight_ns,
		 sc->drop, sc->twice, sc->misroute, sc->refuse, sc->delay, sc->delay_ns,
		 sc->gap_drop, sc->stray, sc->stale);
	return buf;
}

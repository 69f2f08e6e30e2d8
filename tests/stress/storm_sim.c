/* SPDX-License-Identifier: MIT */
/*
 * Storms in a box: the engine in virtual time, and a second accountant who must come to the same
 * books (stress/sim). A history is what one vector lives through in one storm.
 *
 *	storm_sim [--seed N] [--histories N | --seconds N] [--show]
 *
 * From --seed on, each scenario is one more. The first that disagrees is told, with the command
 * that repeats it, and ends the run. Plain main: sanitizers can judge it, and it can run for hours.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stress/sim/accountant.h"
#include "stress/sim/conduct.h"
#include "stress/sim/sim.h"
#include "support/clock.h"

struct totals {
	uint64_t storms, histories, fires, lost, extra, strays, stopped;
};

static void show(const struct truth *t, uint32_t vectors)
{
	for (uint32_t v = 0; v < vectors; v++) {
		for (uint32_t i = 0; i < t->lanes[v].covers.n; i++) {
			const struct truth_cover *c = LANE_COVER(&t->lanes[v], i);

			printf("  vector %u: resize of kind %d, %" PRIu64 " to %" PRIu64 "\n", v,
			       c->kind, c->begin, c->end);
		}
	}
	for (uint32_t i = 0; i < t->fires.n; i++) {
		const struct truth_fire *f = TRUTH_FIRE(t, i);

		printf("  vector %u: fire %u due %" PRIu64 " made %" PRIu64 " returned %" PRIu64
		       " signalled %" PRIu64 " read %" PRIu64 " fate %d\n",
		       f->vector, i, f->due, f->sent, f->returned, f->signalled, f->read, f->fate);
	}
	for (uint32_t i = 0; i < t->extras.n; i++)
		printf("  vector %u: a signal without a fire, kind %d, at %" PRIu64 "\n",
		       TRUTH_EXTRA(t, i)->vector, TRUTH_EXTRA(t, i)->kind,
		       TRUTH_EXTRA(t, i)->signalled);
}

/* True when engine and accountant agree. */
static bool storm(struct sim *s, uint64_t seed, bool shown, struct totals *sum)
{
	const struct stress_config *cfg;
	const struct stress_result *r;
	const struct truth *t;
	struct sim_scenario sc;
	struct errmsg e = {0};
	char why[256] = "", text[700];
	bool ok;

	sim_scenario_random(&sc, seed);
	ok = !sim_run(s, &sc, &cfg, &r, &t, &e);
	if (!ok)
		snprintf(why, sizeof(why), "%.250s", e.text);
	else
		ok = accountant_agrees(t, sc.sync, cfg, r, why, sizeof(why)) &&
		     conduct_is_good(t, sc.sync, cfg, r, why, sizeof(why));
	if (shown || !ok)
		printf("%s\n", sim_scenario_text(&sc, text, sizeof(text)));
	if (shown)
		show(t, sc.vectors);
	if (!ok)
		printf("not ok: %s\n  repeat: storm_sim --seed %" PRIu64 " --histories 1 --show\n",
		       why, seed);
	sum->storms++;
	sum->histories += sc.vectors;
	sum->fires += t->fires.n;
	sum->lost += r->tally.lost_explained + r->tally.lost_unexplained;
	sum->extra += r->tally.extra;
	sum->strays += r->strays;
	sum->stopped += r->interrupted;
	return ok;
}

int main(int argc, char **argv)
{
	uint64_t seed = 1, histories = 0, seconds = 0, start = clock_ns();
	struct totals sum = {0};
	bool shown = false, ok = true;
	struct sim *s = sim_new();

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--show"))
			shown = true;
		else if (i + 1 < argc && !strcmp(argv[i], "--seed"))
			seed = strtoull(argv[++i], NULL, 0);
		else if (i + 1 < argc && !strcmp(argv[i], "--histories"))
			histories = strtoull(argv[++i], NULL, 0);
		else if (i + 1 < argc && !strcmp(argv[i], "--seconds"))
			seconds = strtoull(argv[++i], NULL, 0);
		else
			s = NULL;
	}
	if (!s || (!histories && !seconds)) {
		fprintf(stderr, "usage: storm_sim [--seed N] --histories N|--seconds N [--show]\n");
		return 2;
	}
	while (ok && (histories ? sum.histories < histories
				: clock_ns() - start < seconds * NSEC_PER_SEC))
		ok = storm(s, seed++, shown, &sum);
	printf("%" PRIu64 " histories in %" PRIu64 " storms, %" PRIu64 " fires, %" PRIu64
	       " lost, %" PRIu64 " signals too many, %" PRIu64 " strays, %" PRIu64
	       " stopped early; %.1f s\n",
	       sum.histories, sum.storms, sum.fires, sum.lost, sum.extra, sum.strays, sum.stopped,
	       (double)(clock_ns() - start) / 1e9);
	printf("%d passed, %d failed, 0 skipped\n", ok, !ok);
	sim_free(s);
	return !ok;
}

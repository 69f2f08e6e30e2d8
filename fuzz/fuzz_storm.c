/* SPDX-License-Identifier: MIT */
/*
 * fuzz_storm: an input is a storm in a box (stress/sim): what is run, on what a machine, by what a
 * device, choice by choice; what the bytes do not say is drawn from their digest. The stress engine
 * runs it in virtual time, and a second accountant must come to the same books.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/common.h"
#include "fuzz/feedback.h"
#include "stress/sim/accountant.h"
#include "stress/sim/conduct.h"
#include "stress/sim/sim.h"

/* Which fates there were in which kind of storm: what one storm can show. */
static void note_outcome(const struct sim_scenario *sc, const struct stress_result *r)
{
	const struct tally *t = &r->tally;
	uint32_t state = 0;

	for (uint32_t i = 0; strategies[i] && strategies[i] != sc->strategy; i++)
		state++;
	state = state << 3 | (uint32_t)sc->mode << 2 | (uint32_t)sc->sync << 1 |
		(sc->consumer == CONSUMER_READ);
	feedback_hit(state, (t->lost_explained ? 1u : 0) | (t->lost_unexplained ? 2u : 0) |
				    (t->coalesced ? 4u : 0) | (t->unarmed ? 8u : 0) |
				    (r->misrouted ? 16u : 0) | (r->spurious ? 32u : 0) |
				    (r->strays ? 64u : 0) | (t->untimed ? 128u : 0));
	feedback_end();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sim *sim;
	const struct stress_config *cfg;
	const struct stress_result *r;
	const struct truth *t;
	struct sim_scenario sc;
	char why[256], text[700];
	struct errmsg e = {0};

	if (!sim)
		sim = sim_new();
	if (!sim)
		abort();
	fuzz_digest_begin();
	sim_scenario_decode(&sc, data, size);
	sim_scenario_text(&sc, text, sizeof(text));
	if (sim_run(sim, &sc, &cfg, &r, &t, &e))
		fuzz_finding("storm", NULL, "%s: %s", e.text, text);
	if (!accountant_agrees(t, sc.sync, cfg, r, why, sizeof(why)))
		fuzz_finding("books", NULL, "%s: %s", why, text);
	if (!conduct_is_good(t, sc.sync, cfg, r, why, sizeof(why)))
		fuzz_finding("conduct", NULL, "%s: %s", why, text);
	note_outcome(&sc, r);
	fuzz_digest_add(r->fired);
	fuzz_digest_add(r->tally.delivered);
	fuzz_digest_add(r->tally.lost_explained);
	fuzz_digest_add(r->elapsed_ns);
	return 0;
}

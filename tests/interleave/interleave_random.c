/* SPDX-License-Identifier: MIT */
/*
 * Random programs under random schedules on an emulator with nothing wrong: no finding. And that
 * this says something: callers do come in between each other, and hardly an input goes unjudged.
 * Plain main: under every sanitizer.
 */
#include <stdio.h>
#include <stdlib.h>

#include "exec/interleave.h"
#include "program/generator.h"
#include "program/text.h"
#include "support/rng.h"

#define TURNS 13u
#define SEED  1u

static const struct generator_config everything = {
	.count = {1, 4, 8, 1, 1},
	.dyn = true,
	.device_ops = UINT32_MAX,
	.fire = {true, true, true, true, true},
	.fire_max = 8,
};

static uint32_t passed, failed;

static void result(bool ok, const char *name, unsigned long long value)
{
	printf("%s %s: %llu\n", ok ? "ok" : "not ok", name, value);
	passed += ok;
	failed += !ok;
}

static int make_program(struct rng *rng, struct generator *g, struct program *p)
{
	uint32_t n = 4 + rng_below(rng, 28);
	int err = 0;

	program_clear(p);
	p->has_device = true;
	p->device = (struct program_device){.flags = DEVICE_DEFAULT, .msix = 8, .msi = 4};
	p->device.profile = rng_below(rng, 2) ? PROFILE_6_1 : PROFILE_6_12;
	if (rng_below(rng, 2))
		p->device.flags |= DEVICE_PBA_CLEAR;
	if (rng_below(rng, 2))
		p->device.flags |= DEVICE_CACHED;
	if (!rng_below(rng, 4))
		p->device.host_vectors = 3;
	generator_start(g);
	while (!err && (p->n < n || !generator_may_end(g))) {
		struct op op;

		generator_next(g, &op);
		err = program_add(p, &op);
		generator_note(g, &op, 0);
	}
	return err;
}

static bool run(struct interleave *il, const struct program *p, struct rng *rng,
		struct interleave_result *r)
{
	uint8_t schedule[TURNS];
	struct interleave_plan plan = {.schedule = schedule, .turns = TURNS};
	struct errmsg e;

	plan.setup = rng_below(rng, 16);
	plan.dealt = (uint32_t)rng_u64(rng);
	for (uint32_t i = 0; i < TURNS; i++) {
		schedule[i] = (uint8_t)(rng_below(rng, 4) << 6);
		schedule[i] |= (uint8_t)rng_below(rng, 24);
	}
	if (interleave_run(il, p, &plan, r, &e)) {
		fprintf(stderr, "%s\n", e.text);
		exit(EXIT_ENVIRONMENT);
	}
	if (!r->finding)
		return true;
	printf("finding: %s: %s\n", r->key, r->text);
	interleave_print(il, stdout);
	text_print(p, stdout);
	return false;
}

int main(int argc, char **argv)
{
	uint64_t inputs = argc > 1 ? strtoull(argv[1], NULL, 0) : 10000;
	uint64_t switches = 0, unsure = 0, states = 0, n = 0;
	struct interleave_result r;
	struct interleave *il;
	struct executor x;
	struct generator g;
	struct program p;
	struct rng rng;
	struct errmsg e;
	bool fine = true;

	if (executor_open(&x, "emu", &e) || interleave_create(&x, &il)) {
		fprintf(stderr, "no emulator\n");
		return EXIT_ENVIRONMENT;
	}
	rng_init(&rng, SEED, 0);
	generator_init(&g, &everything, &rng);
	program_init(&p);
	for (; fine && n < inputs && !make_program(&rng, &g, &p); n++) {
		fine = run(il, &p, &rng, &r);
		switches += r.switches;
		unsure += r.unsure;
		states += r.states;
	}
	result(fine && n == inputs, "inputs without a finding", n);
	result(switches > inputs, "times that somebody came in between", switches);
	result(unsure < inputs / 50, "inputs that could not be judged", unsure);
	result(states > switches / 2, "states of the model that were looked at", states);
	program_free(&p);
	interleave_destroy(il);
	executor_close(&x);
	printf("%u passed, %u failed, 0 skipped\n", passed, failed);
	return failed ? EXIT_FINDING : EXIT_PASS;
}

/* SPDX-License-Identifier: MIT */
/*
 * The engine on the emulator, every strategy and consumer for a short time, as a plain program:
 * here ThreadSanitizer can run and a leak fails the test, which Criterion does not allow.
 *
 *	storm_engine all|pairs|each
 *
 * all: every strategy with every consumer on the rules of both kernels; pairs: every strategy with
 * every consumer once, the kernels in turns; each: every strategy once, the consumers in turns. And
 * every strategy with an open loop, in all of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/target.h"
#include "stress/report.h"
#include "support/clock.h"

struct tests {
	unsigned int passed, failed;
};

static bool run(struct tests *t, const char *target, const struct strategy *strategy,
		enum consumer_kind consumer, enum stress_mode mode)
{
	struct stress_config cfg = {
		.vectors = 16,
		.stable = 4,
		.producers = 2,
		.mode = mode,
		.rate_hz = mode == STRESS_OPEN ? 20000 : 0,
		.strategy = strategy,
		.resize_rate_hz = 500,
		.consumer = consumer,
		.duration_ns = 150 * NSEC_PER_MSEC,
		.deadline_ns = NSEC_PER_SEC,
		.seed = 1,
		.quiet = true,
	};
	struct stress_result *r = calloc(1, sizeof(*r));
	struct stress_report rep = {.cfg = &cfg, .result = r};
	struct errmsg e = {0};
	struct backend *be;
	bool ok = false;
	int err = 0;

	/* on a busy machine a producer may not get a CPU for all of the storm: once more */
	for (int again = 0; !err && !r->tally.delivered && again < 5; again++) {
		err = target_open_sized(target, cfg.vectors, &be, &e);
		if (err)
			break;
		err = stress_run(&cfg, be, r, &e);
		backend_close(be);
	}
	if (err == -EOPNOTSUPP && e.exit == EXIT_SKIP)
		ok = strategy->needs_dynamic && strstr(target, "6.1") && !strstr(target, "6.12");
	else if (!err)
		ok = r->tally.delivered > 0 && stress_verdict(r) == EXIT_PASS;
	printf("%s %s %s %s %s\n", ok ? "ok" : "not ok", target, strategy->name,
	       consumer_names[consumer], stress_mode_names[mode]);
	if (!ok && err)
		printf("# %s\n", e.text);
	else if (!ok)
		stress_report_text(&rep, stdout);
	t->passed += ok;
	t->failed += !ok;
	free(r);
	return ok;
}

static const char *const targets[] = {"emu:profile=6.1", "emu:profile=6.12"};

/* All consumers, or the next in turn. */
static void closed(struct tests *t, int target, int s, bool each)
{
	int n = 0;

	while (consumer_names[n])
		n++;
	for (int c = 0; c < n; c++) {
		if (!each || c == s % n)
			run(t, targets[target], strategies[s], (enum consumer_kind)c,
			    STRESS_CLOSED);
	}
}

/* One storm for each pair; where a kernel cannot, that is seen at once. */
static void pairs(struct tests *t, bool each)
{
	for (int s = 0; strategies[s]; s++) {
		int target = strategies[s]->needs_dynamic || s % 2;

		closed(t, target, s, each);
		run(t, targets[!target], strategies[s], CONSUMER_URING, STRESS_OPEN);
		if (strategies[s]->needs_dynamic)
			run(t, targets[target], strategies[s], CONSUMER_URING, STRESS_OPEN);
	}
}

static void all(struct tests *t)
{
	for (int target = 0; target < 2; target++) {
		for (int s = 0; strategies[s]; s++) {
			closed(t, target, s, false);
			run(t, targets[target], strategies[s], CONSUMER_URING, STRESS_OPEN);
		}
	}
}

int main(int argc, char **argv)
{
	const char *which = argc == 2 ? argv[1] : "";
	struct tests t = {0};

	if (!strcmp(which, "all")) {
		all(&t);
	} else if (!strcmp(which, "pairs") || !strcmp(which, "each")) {
		pairs(&t, !strcmp(which, "each"));
	} else {
		fprintf(stderr, "usage: storm_engine all|pairs|each\n");
		return 2;
	}
	printf("%u passed, %u failed, 0 skipped\n", t.passed, t.failed);
	return t.failed ? 1 : 0;
}

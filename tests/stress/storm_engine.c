/* SPDX-License-Identifier: MIT */
/*
 * The engine on the emulator, every strategy and consumer for a short time, as a plain program:
 * here ThreadSanitizer can run and a leak fails the test, which Criterion does not allow.
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

int main(void)
{
	static const char *const targets[] = {"emu:profile=6.1", "emu:profile=6.12"};
	struct tests t = {0};

	for (size_t p = 0; p < 2; p++) {
		for (int s = 0; strategies[s]; s++) {
			for (int c = 0; consumer_names[c]; c++)
				run(&t, targets[p], strategies[s], (enum consumer_kind)c,
				    STRESS_CLOSED);
			run(&t, targets[p], strategies[s], CONSUMER_URING, STRESS_OPEN);
		}
	}
	printf("%u passed, %u failed, 0 skipped\n", t.passed, t.failed);
	return t.failed ? 1 : 0;
}

/* SPDX-License-Identifier: MIT */
/* The scenarios that hold programs against the rules: from files, random, and from a fuzzer. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gate/gate_private.h"
#include "support/clock.h"
#include "support/units.h"

/* Where the engine's programs are, if they are to be used: never in a guest. */
static const char *engine_of(const struct gate_run *g, const struct scenario *s, const char *kernel)
{
	if (s->kind != GATE_FUZZ || kernel)
		return NULL;
	if (g->c->fuzz_dir)
		return g->c->fuzz_dir;
	return *s->fuzz_dir ? s->fuzz_dir : NULL;
}

static void describe(struct gate_check *check, const struct outcome *out)
{
	char a[32], b[32];

	check->unit = "operations";
	check->n = out->ops;
	if (out->executions) {
		check->unit = "executions";
		check->n = out->executions;
		snprintf(check->says, sizeof(check->says), "%s executions of %s",
			 units_format_count(out->executions, a, sizeof(a)), check->s->fuzz_target);
		return;
	}
	snprintf(check->says, sizeof(check->says), "%s programs, %s operations",
		 units_format_count(out->programs, a, sizeof(a)),
		 units_format_count(out->ops, b, sizeof(b)));
	if (out->skipped) {
		size_t n = strlen(check->says);

		snprintf(check->says + n, sizeof(check->says) - n,
			 ", %llu of them in part: the target or its host cannot do the rest",
			 (unsigned long long)out->skipped);
	}
}

int gate_programs(struct gate_run *g, const struct scenario *s, struct errmsg *e)
{
	uint64_t start = clock_ns();
	struct gate_check *check;
	struct outcome out;
	struct gate_job job;

	if (!gate_wants(g, s, NULL))
		return 0;
	check = gate_add(g, s, NULL);
	if (!check)
		return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	if (s->kind == GATE_CORPUS && !g->c->corpus && *s->programs != '/') {
		check->verdict = VERDICT_SKIP;
		snprintf(check->says, sizeof(check->says),
			 "no corpus folder here: name it with --corpus DIR");
		return 0;
	}
	gate_job(g, s, check->seed, &job);
	job.fuzz_dir = engine_of(g, s, job.kernel);
	check->verdict = gate_child(g, check, &job, &out);
	if (check->verdict == VERDICT_PASS && out.interrupted) {
		check->verdict = VERDICT_STOPPED;
		g->stopped = true;
	}
	if (check->verdict == VERDICT_PASS)
		describe(check, &out);
	if (check->verdict == VERDICT_PASS && !check->n)
		check->verdict = VERDICT_SKIP;
	if (check->verdict != VERDICT_FAIL && check->verdict != VERDICT_ERROR)
		gate_discard(g, check);
	check->seconds = (double)(clock_ns() - start) / 1e9;
	return 0;
}

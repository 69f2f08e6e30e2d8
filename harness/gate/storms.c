/* SPDX-License-Identifier: MIT */
/* The scenarios that fire at a device under each strategy, until enough fires could be lost. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/gate_private.h"
#include "support/clock.h"
#include "support/units.h"
#include "vmm/strategy.h"

/* One child takes at most so many times as long as the one before. */
#define LONGER 4

/* Nothing that a vector wants may be lost: removed ones have nothing to lose. */
static bool promises_all(const char *name)
{
	const struct strategy *st = strategy_find(name);

	return st && !st->next && !(st->gaps & (GAP_TEARDOWN | GAP_LAZY | GAP_REPLACE));
}

static bool judge(struct gate_check *check, const char *strategy)
{
	if (check->lost_unexplained || check->spurious || check->misrouted)
		snprintf(check->says, sizeof(check->says),
			 "%llu lost unexplained, %llu spurious, %llu misrouted in %llu fires",
			 (unsigned long long)check->lost_unexplained,
			 (unsigned long long)check->spurious, (unsigned long long)check->misrouted,
			 (unsigned long long)check->n);
	else if (check->lost_explained && promises_all(strategy))
		snprintf(check->says, sizeof(check->says),
			 "%llu lost in a gap, but %s is to have none (docs/strategies.md)",
			 (unsigned long long)check->lost_explained, strategy);
	else
		return false;
	return true;
}

static void add(struct gate_check *check, const struct outcome *out)
{
	check->n += out->at_risk;
	check->lost_unexplained += out->lost_unexplained;
	check->lost_explained += out->lost_explained;
	check->spurious += out->spurious;
	check->misrouted += out->misrouted;
}

static void describe(struct gate_check *check)
{
	uint64_t lost = check->lost_explained;
	char n[32], want[32];

	units_format_count(check->n, n, sizeof(n));
	if (check->n < check->s->fires) {
		check->verdict = VERDICT_UNTRUSTED;
		snprintf(check->says, sizeof(check->says),
			 "only %s fires of the %s wanted: a busy machine, or give it more attempts",
			 n, units_format_count(check->s->fires, want, sizeof(want)));
	} else if (lost) {
		snprintf(check->says, sizeof(check->says),
			 "%s fires, %llu lost in gaps that the rules allow", n,
			 (unsigned long long)lost);
	} else {
		snprintf(check->says, sizeof(check->says), "0 lost of %s fires (below %.2g)", n,
			 3 / (double)check->n);
	}
}

/* Long enough for what is left to be fired, by what the last one came to. */
static uint64_t next_duration(const struct gate_check *check, uint64_t last_ns, uint64_t fired)
{
	double left = (double)(check->s->fires - check->n) / (double)(fired ? fired : 1);

	return last_ns * (uint64_t)(left < 1 ? 1 : left > LONGER ? LONGER : left + 1);
}

static void storms(struct gate_run *g, struct gate_check *check, const char *strategy)
{
	struct gate_job job;
	struct outcome out;
	char planted[512];
	uint64_t seed = check->seed, duration = check->s->duration_ns;

	check->unit = "fires";
	check->verdict = VERDICT_PASS;
	for (uint64_t i = 0; i < check->s->attempts && check->n < check->s->fires; i++) {
		gate_job(g, check->s, seed + i, &job);
		job.strategy = strategy;
		job.control = false;
		job.duration_ns = duration;
		job.target = gate_plant(g, check, job.target, 0, planted, sizeof(planted));
		if (!job.target) {
			check->verdict = VERDICT_ERROR;
			snprintf(check->says, sizeof(check->says), "target and plant too long");
			return;
		}
		check->verdict = gate_child(g, check, &job, &out);
		add(check, &out);
		if ((check->verdict == VERDICT_PASS || check->verdict == VERDICT_FAIL) &&
		    judge(check, strategy) && check->verdict == VERDICT_PASS) {
			check->verdict = VERDICT_FAIL;
			snprintf(check->repeat, sizeof(check->repeat), "%s", out.repeat);
			snprintf(check->artifacts, sizeof(check->artifacts), "%s", g->r->folder);
		}
		if (check->verdict == VERDICT_PASS && out.interrupted) {
			check->verdict = VERDICT_STOPPED;
			g->stopped = true;
		}
		if (check->verdict != VERDICT_PASS)
			break;
		if (check->n < check->s->fires)
			duration = next_duration(check, duration, out.at_risk);
	}
	if (check->verdict == VERDICT_PASS)
		describe(check);
	if (check->verdict != VERDICT_FAIL && check->verdict != VERDICT_ERROR)
		gate_discard(g, check);
}

static int one(struct gate_run *g, const struct scenario *s, const char *strategy, struct errmsg *e)
{
	uint64_t start = clock_ns();
	struct gate_check *check;

	if (g->stopped || !gate_wants(g, s, strategy))
		return 0;
	check = gate_add(g, s, strategy);
	if (!check)
		return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	storms(g, check, strategy);
	check->seconds = (double)(clock_ns() - start) / 1e9;
	return 0;
}

/* The scenario's strategy at *@at, which goes on behind it; NULL behind the last. @word: room. */
static const char *next_strategy(const struct scenario *s, size_t *at, char word[SCENARIO_WORD])
{
	const char *list = s->strategy;
	size_t n;

	if (!strcmp(list, "all"))
		return strategies[*at] ? strategies[(*at)++]->name : NULL;
	*at += strspn(list + *at, " \t,");
	n = strcspn(list + *at, " \t,");
	snprintf(word, SCENARIO_WORD, "%.*s", (int)n, list + *at);
	*at += n;
	return n ? word : NULL;
}

size_t gate_planned_stress(const struct gate_run *g, const struct scenario *s)
{
	char word[SCENARIO_WORD];
	const char *strategy;
	size_t at = 0, n = 0;

	while ((strategy = next_strategy(s, &at, word)))
		n += gate_wants(g, s, strategy);
	return n;
}

int gate_stress(struct gate_run *g, const struct scenario *s, struct errmsg *e)
{
	char word[SCENARIO_WORD];
	const char *strategy;
	size_t at = 0;
	int err = 0;

	while (!err && (strategy = next_strategy(s, &at, word)))
		err = one(g, s, strategy, e);
	return err;
}

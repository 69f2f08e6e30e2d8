/* SPDX-License-Identifier: MIT */
/* The gate: its correctness is absolute, its latency is the bench's affair at night. */
#include <stdio.h>
#include <string.h>

#include "nightly/step.h"
#include "report/value.h"

static int expand(struct night_plan *p, const struct step_kind *k, struct errmsg *e)
{
	(void)e;
	night_step_add(p, k, "", "gate");
	return 0;
}

static void command(const struct night_plan *p, json_t *step, double seconds)
{
	(void)seconds; /* takes what its scenarios take */
	step_arg(step, "gate");
	step_arg(step, "--quiet");
	if (p->c->gate) {
		step_arg(step, "--file");
		step_arg(step, "%s", p->c->gate);
	}
	if (p->c->fuzz_dir) {
		step_arg(step, "--fuzz-dir");
		step_arg(step, "%s", p->c->fuzz_dir);
	}
	if (p->c->plant) {
		step_arg(step, "--plant-b");
		step_arg(step, "%s", p->c->plant);
	}
	step_arg_seed(p, step);
	step_arg_file(p, step, "--json", "result.json");
	step_arg_file(p, step, "--out", "failed");
}

static const char *wrong(const json_t *check)
{
	static const char *const counts[] = {"lost_unexplained", "spurious", "misrouted",
					     "lost_explained"};
	static const char *const words[] = {"lost", "spurious", "misrouted", "lost-in-a-gap"};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		if (value_number(check, counts[i]) > 0)
			return words[i];
	}
	return value_text(check, "kind");
}

static void result(const char *root, const char *dir, json_t *step)
{
	char artifact[DOC_PATH], key[512];
	json_t *r, *check;
	size_t i;

	step_artifact(root, dir, "result.json", artifact, sizeof(artifact));
	r = doc_try(dir, "result.json");
	json_array_foreach(value_at(r, "checks"), i, check)
	{
		if (!doc_is(check, "verdict", "fail"))
			continue;
		snprintf(key, sizeof(key), "gate:%s:%s", value_text(check, "name"), wrong(check));
		step_finding(step, key, value_text(check, "says"), artifact,
			     value_text(check, "repeat"));
	}
	json_decref(r);
}

const struct step_kind step_gate = {
	.name = "gate",
	.weight = 2,
	.about = "the scenarios of the gate",
	.expand = expand,
	.command = command,
	.result = result,
};

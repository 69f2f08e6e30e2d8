/* SPDX-License-Identifier: MIT */
/*
 * The gate, and in each kernel the scenarios that ask for one: its correctness is absolute, its
 * latency is the bench's affair at night.
 */
#include <stdio.h>
#include <string.h>

#include "gate/scenario.h"
#include "nightly/step.h"
#include "report/value.h"

#define ASKED_SIZE (SCENARIOS_MAX * (SCENARIO_NAME + 1))

/* The names of the scenarios that ask for a kernel, separated by commas. */
static void asked_of(const struct scenarios *s, char asked[ASKED_SIZE])
{
	size_t n = 0;

	*asked = '\0';
	for (size_t i = 0; i < s->n && n < ASKED_SIZE; i++) {
		if (!strcmp(s->at[i].guest, GATE_GUEST_ASK))
			n += (size_t)snprintf(asked + n, ASKED_SIZE - n, "%s%s", n ? "," : "",
					      s->at[i].name);
	}
}

static int expand(struct night_plan *p, const struct step_kind *k, struct errmsg *e)
{
	char kernel[DOC_PATH], word[128], asked[ASKED_SIZE], missing[STEP_WHY];
	const char *list = p->c->kernels;
	struct scenarios s;
	int err = scenarios_load(p->c->gate, &s, e);

	if (!err)
		asked_of(&s, asked);
	scenarios_free(&s);
	if (err)
		return err;
	night_step_add(p, k, "", "gate");
	while (*asked && step_kernel_next(&list, kernel, sizeof(kernel))) {
		json_t *step;

		step_word(kernel, word, sizeof(word));
		step = night_step_add(p, k, step_kernel_missing(kernel, missing), "gate-%s", word);
		if (!step)
			continue;
		doc_text(step, "kernel", kernel);
		doc_text(step, "only", asked);
	}
	return 0;
}

static void command(const struct night_plan *p, json_t *step, double seconds)
{
	bool guest = *value_text(step, "kernel") != '\0';

	(void)seconds; /* takes what its scenarios take */
	step_arg(step, "gate");
	step_arg(step, "--quiet");
	if (guest) {
		step_arg(step, "--guest");
		step_arg(step, "%s", value_text(step, "kernel"));
		step_arg(step, "--only");
		step_arg(step, "%s", value_text(step, "only"));
	}
	if (p->c->gate) {
		step_arg(step, "--file");
		step_arg(step, "%s", p->c->gate);
	}
	if (p->c->fuzz_dir && !guest) {
		step_arg(step, "--fuzz-dir");
		step_arg(step, "%s", p->c->fuzz_dir);
	}
	if (p->c->plant && !guest) {
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
		/* gate:CHECK:WHAT, or gate-KERNEL:CHECK:WHAT */
		snprintf(key, sizeof(key), "%s:%s:%s", value_text(step, "name"),
			 value_text(check, "name"), wrong(check));
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

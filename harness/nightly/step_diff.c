/* SPDX-License-Identifier: MIT */
/* Random programs against the rules: on the emulator as long as there is time, and in guests. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nightly/step.h"
#include "report/value.h"

static const char *const profiles[] = {"6.12", "6.1"};

/* A guest's kernel opens the device anew for each program; so many operations a second or more. */
#define GUEST_OPS_PER_S 300.0
#define GUEST_OPS_MIN   1000.0

static int expand(struct night_plan *p, const struct step_kind *k, struct errmsg *e)
{
	const char *list = p->c->kernels;
	char kernel[DOC_PATH], word[128], missing[STEP_WHY];
	json_t *step;

	(void)e;
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		step = night_step_add(p, k, "", "diff-emu-%s", profiles[i]);
		if (step)
			doc_text(step, "profile", profiles[i]);
	}
	while (step_kernel_next(&list, kernel, sizeof(kernel))) {
		step_word(kernel, word, sizeof(word));
		step = night_step_add(p, k, step_kernel_missing(kernel, missing), "diff-%s", word);
		if (step)
			doc_text(step, "kernel", kernel);
	}
	return 0;
}

static double guest_ops(const struct night_plan *p, const json_t *step, double seconds)
{
	char name[256];
	double rate;

	snprintf(name, sizeof(name), "diff/%s/ops_per_s", step_where(step));
	rate = json_number_value(json_object_get(p->last, name));
	return fmax(GUEST_OPS_MIN, floor((rate > 0 ? rate : GUEST_OPS_PER_S) * seconds * 0.8));
}

static void command(const struct night_plan *p, json_t *step, double seconds)
{
	bool guest = *value_text(step, "kernel") != '\0';

	if (guest)
		step_arg_guest(p, step, "xhci", 3 * seconds + STEP_BOOT_S);
	step_arg(step, "diff");
	step_arg(step, "--quiet");
	step_arg(step, "--target");
	if (guest) {
		step_arg(step, "vfio:auto");
		step_arg(step, "--ops");
		step_arg(step, "%.0f", guest_ops(p, step, seconds));
	} else {
		step_arg(step, "emu:profile=%s%s%s", value_text(step, "profile"),
			 p->c->plant ? "," : "", p->c->plant ? p->c->plant : "");
		step_arg(step, "--ops");
		step_arg(step, "1000000M");
		doc_number(step, "limit_s", seconds);
	}
	step_arg_seed(p, step);
	step_arg_file(p, step, "--json", "result.json");
}

static void result(const char *root, const char *dir, json_t *step)
{
	const char *kernel = value_text(step, "kernel");
	char key[512], artifact[DOC_PATH];
	const json_t *found;
	json_t *r;

	r = doc_try(dir, "result.json");
	found = value_at(r, "first_divergence");
	if (json_is_object(found)) {
		snprintf(key, sizeof(key), "%s%s%s", *kernel ? step_where(step) : "",
			 *kernel ? ":" : "", value_text(found, "key"));
		step_finding(step, key, value_text(found, "what"),
			     step_artifact(root, dir, "result.json", artifact, sizeof(artifact)),
			     "");
	}
	step_figure(step, value_number(r, "ops"), "diff/%s/ops", step_where(step));
	step_figure(step, value_number(r, "ops_per_s"), "diff/%s/ops_per_s", step_where(step));
	step_figure(step, value_number(r, "ratio"), "diff/%s/ratio", step_where(step));
	json_decref(r);
}

const struct step_kind step_diff = {
	.name = "diff",
	.weight = 15,
	.ends_at_first = true,
	.about = "random programs against the rules, on the emulator and in each kernel",
	.expand = expand,
	.command = command,
	.result = result,
};
